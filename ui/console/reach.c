/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/reach.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "station/base/i18n.h"

#define STATE_DEFAULT "/var/lib/ostend"

void reach_demo_folder(char *path, size_t size)
{
	const char *state_home = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state_home && state_home[0] == '/')
		snprintf(path, size, "%s/ostend/demo", state_home);
	else if (home && home[0] == '/')
		snprintf(path, size, "%s/.local/state/ostend/demo", home);
	else
		snprintf(path, size, "/tmp/ostend-demo-%u", (unsigned)getuid());
}

static bool demo_is_there(const char *folder)
{
	char path[320];

	snprintf(path, sizeof path, "%s/control.sock", folder);
	return access(path, F_OK) == 0;
}

static int use_folder(struct reach *out, const char *folder, struct err *err)
{
	size_t len = strlen(folder);

	while (len > 1 && folder[len - 1] == '/')
		len--;
	if (len + sizeof "/control.sock" > sizeof((struct sockaddr_un *)0)->sun_path)
		return err_set(err, ERR_RANGE, _("%s: the path is too long for a socket in it"),
			       folder);
	snprintf(out->state, sizeof out->state, "%.*s", (int)len, folder);
	snprintf(out->control, sizeof out->control, "%s/control.sock", out->state);
	snprintf(out->table, sizeof out->table, "%s/table.sock", out->state);
	return 0;
}

/* The table's socket lies beside the station's. */
static int use_socket(struct reach *out, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');

	if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path)
		return err_set(err, ERR_RANGE, _("%s: too long for the path of a socket"), path);
	*out = (struct reach){ 0 };
	snprintf(out->control, sizeof out->control, "%s", path);
	snprintf(out->table, sizeof out->table, "%.*stable.sock",
		 slash ? (int)(slash - path) + 1 : 0, path);
	return 0;
}

int reach_find(struct reach *out, const char *state_dir, const char *socket_path, struct err *err)
{
	const char *from_environment = getenv("OSTEND_STATE");
	char demo[256];

	if (socket_path)
		return use_socket(out, socket_path, err);
	if (state_dir)
		return use_folder(out, state_dir, err);
	if (from_environment && *from_environment)
		return use_folder(out, from_environment, err);
	reach_demo_folder(demo, sizeof demo);
	if (demo_is_there(demo))
		return use_folder(out, demo, err);
	return use_folder(out, STATE_DEFAULT, err);
}

static int explain(const char *path, struct err *err)
{
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		return err_set(err, ERR_GONE, _("no station answers at %s: is ostendd running?"),
			       path);
	case EACCES:
		return err_set(err, ERR_DENIED, _("%s: you are not the user the station runs as"),
			       path);
	case EAGAIN:
		return err_set(err, ERR_TIMEOUT, _("%s: the station does not take connections"),
			       path);
	default:
		return err_os(err, "%s", path);
	}
}

int reach_connect(struct rpc_client **out, const char *path, int timeout_ms, struct err *err)
{
	/* a full backlog makes connect() wait, for as long as the send timeout says */
	struct timeval timeout = { .tv_sec = timeout_ms / 1000,
				   .tv_usec = timeout_ms % 1000 * 1000 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(util_closep) int fd = -1;
	int taken;

	if (strlen(path) >= sizeof address.sun_path)
		return err_set(err, ERR_RANGE, _("%s: too long for the path of a socket"), path);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_os(err, "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return explain(path, err);
	taken = fd;
	fd = -1;
	return rpc_client_adopt(out, taken, err);
}
