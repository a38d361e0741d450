/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line.c - what all lines do alike: exclusive opening, reading, writing, noticing the hang-up.
 *
 * libserialport opens and configures only. Its own waiting cannot tell an unplugged device from a
 * silent one (0.1.1: reads give 0 for ever), so reading, writing and polling are done here.
 */
#include "turntable/line.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "station/base/i18n.h"

#define LINE_PATH_MAX 128
#define UNSENT_MAX 64		/* 6 ms of line at 115200: what waits there may go first */

struct line {
	int fd;
	char path[LINE_PATH_MAX];	/* for sentences */
	char identity[LINE_IDENTITY_MAX];
};

/* A pty, or anything that sysfs does not list as a serial device, is opened by plain termios. */
static const struct line_kind *kind_of(const char *real_path)
{
	char entry[PATH_MAX];
	const char *name = strrchr(real_path, '/');

	if (strncmp(real_path, "/dev/pts/", 9) == 0 || !name)
		return &line_kind_tty;
	snprintf(entry, sizeof entry, "/sys/class/tty%s", name);
	return access(entry, F_OK) == 0 ? &line_kind_serial : &line_kind_tty;
}

bool line_holder(const char *path, char *text, size_t size)
{
	char row[256], comm[64], name[64] = "";
	FILE *locks = fopen("/proc/locks", "re");
	struct stat st;
	bool found = false;
	int pid = 0;

	if (!locks || stat(path, &st) < 0) {
		if (locks)
			fclose(locks);
		return false;
	}
	while (!found && fgets(row, sizeof row, locks)) {
		unsigned major_number, minor_number;
		unsigned long inode;

		found = sscanf(row, "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &major_number, &minor_number,
			       &inode) == 4 && inode == st.st_ino && major_number == major(st.st_dev) &&
			minor_number == minor(st.st_dev);
	}
	fclose(locks);
	if (!found)
		return false;
	snprintf(comm, sizeof comm, "/proc/%d/comm", pid);
	locks = fopen(comm, "re");
	if (locks) {
		if (fgets(name, sizeof name, locks))
			name[strcspn(name, "\n")] = '\0';
		fclose(locks);
	}
	snprintf(text, size, _("process %d (%s)"), pid, name[0] ? name : "?");
	return true;
}

static int refuse_held(const char *path, struct err *err)
{
	char holder[96];

	if (line_holder(path, holder, sizeof holder))
		return err_set(err, ERR_STATE, _("%s is in use by %s"), path, holder);
	return err_set(err, ERR_STATE, _("%s is in use by another process"), path);
}

static int open_failed(const char *path, struct err *err)
{
	if (errno == ENOENT || errno == ENXIO || errno == ENODEV || errno == EIO)
		return err_set(err, ERR_GONE, _("there is no turntable at %s"), path);
	if (errno == EBUSY)
		return refuse_held(path, err);
	if (errno == EACCES || errno == EPERM)
		return err_set(err, ERR_DENIED,
			       _("%s may not be opened by this user: put it into the group dialout"), path);
	return err_os(err, _("turntable at %s: open"), path);
}

/* Alone on the line: the flag keeps other opens out, the lock tells root, and names us. */
static int claim(int fd, const char *path, struct err *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return refuse_held(path, err);
	ioctl(fd, TIOCEXCL);
	return 0;
}

/* Between the opening and the settings the device may have echoed: let that pass, and drop it. */
static void settle(int fd)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	nanosleep(&pause, NULL);
	tcflush(fd, TCIOFLUSH);
}

int line_open(struct line **out, const char *path, const struct line_settings *settings, struct err *err)
{
	CLEANUP(line_closep) struct line *line = calloc(1, sizeof *line);
	char real[PATH_MAX];
	const struct line_kind *kind;
	int rc;

	if (!line)
		return err_set(err, ERR_NOMEM, "turntable at %s: out of memory", path);
	line->fd = -1;
	snprintf(line->path, sizeof line->path, "%s", path);
	if (!realpath(path, real))
		return open_failed(path, err);
	if (line_holder(real, line->identity, sizeof line->identity))
		return refuse_held(real, err);	/* before the opening, which would reset its controller */
	kind = kind_of(real);
	rc = kind->open(real, settings, err);
	if (rc < 0)
		return rc == ERR_OS ? open_failed(path, err) : rc;
	line->fd = rc;
	rc = claim(line->fd, real, err);
	if (rc < 0)
		return rc;
	settle(line->fd);
	line_describe(real, line->identity, sizeof line->identity);
	*out = MOVE(line);
	return 0;
}

struct line *line_close(struct line *line)
{
	if (line && line->fd >= 0) {
		ioctl(line->fd, TIOCNXCL);
		close(line->fd);
	}
	free(line);
	return NULL;
}

int line_set(struct line *line, const struct line_settings *settings, struct err *err)
{
	int rc = line_termios_set(line->fd, line->path, settings, err);

	if (rc == 0)
		tcflush(line->fd, TCIOFLUSH);
	return rc;
}

int line_fd(const struct line *line)
{
	return line->fd;
}

const char *line_identity(const struct line *line)
{
	return line->identity;
}

static int gone(struct err *err)
{
	return err_set(err, ERR_GONE, _("the table was unplugged or switched off"));
}

static bool hung_up(const struct line *line)
{
	struct pollfd poll_fd = { .fd = line->fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL));
}

int line_read(struct line *line, uint8_t *bytes, size_t size, struct err *err)
{
	ssize_t count = read(line->fd, bytes, size);

	if (count > 0)
		return (int)count;
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return hung_up(line) ? gone(err) : ERR_AGAIN;
	/* with VMIN 0 an empty line reads 0, as an unplugged one does */
	return count < 0 || hung_up(line) ? gone(err) : ERR_AGAIN;
}

int line_write(struct line *line, const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	ssize_t count = write(line->fd, bytes, len_bytes);

	if (count >= 0)
		return (int)count;
	if (errno == EAGAIN || errno == EINTR)
		return ERR_AGAIN;
	return gone(err);
}

bool line_drop_unsent(struct line *line)
{
	int waiting = 0;

	if (ioctl(line->fd, TIOCOUTQ, &waiting) < 0 || waiting <= UNSENT_MAX)
		return false;
	tcflush(line->fd, TCOFLUSH);
	return true;
}
