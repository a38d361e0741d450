/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/tool_note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/util.h"

#define PATH_SIZE 512

/* Make "a", "a/b" and "a/b/c" of "a/b/c/file"; what is there already is fine. */
static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
}

/* XDG_STATE_HOME/ostend/table-PORT, the port's slashes as '_'; false without a home. */
static bool note_path(char path[PATH_SIZE], const char *port)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int len;

	if (state && *state == '/')
		len = snprintf(path, PATH_SIZE, "%s/ostend/table-", state);
	else if (home && *home == '/')
		len = snprintf(path, PATH_SIZE, "%s/.local/state/ostend/table-", home);
	else
		return false;
	if (len < 0 || (size_t)len + strlen(port) >= PATH_SIZE)
		return false;
	for (size_t i = 0; i <= strlen(port); i++)
		path[(size_t)len + i] = port[i] == '/' ? '_' : port[i];
	return true;
}

bool tool_note_read(const char *port, int64_t *reported_mdeg)
{
	char path[PATH_SIZE], text[32] = "";
	CLEANUP(util_closep) int fd = -1;
	long long value;
	char end;

	if (!note_path(path, port))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || read(fd, text, sizeof text - 1) <= 0 || sscanf(text, "%lld%c", &value, &end) != 2 ||
	    end != '\n')
		return false;
	*reported_mdeg = value;
	return true;
}

void tool_note_leave(const char *port, bool homed, int64_t reported_mdeg)
{
	CLEANUP(util_closep) int fd = -1;
	char path[PATH_SIZE];

	if (!note_path(path, port))
		return;
	if (!homed) {
		(void)unlink(path);
		return;
	}
	make_folders(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		dprintf(fd, "%lld\n", (long long)reported_mdeg);
}
