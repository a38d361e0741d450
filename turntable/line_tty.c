/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line_tty.c - a line by plain termios: ptys have no modem lines, which libserialport asks for. */
#include <fcntl.h>
#include <unistd.h>

#include "turntable/line.h"

static int tty_open(const char *path, const struct line_settings *settings, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_set(err, ERR_OS, "%s", path);	/* line_open says it by errno */
	rc = line_termios_set(fd, path, settings, err);
	if (rc == 0) {
		rc = fd;
		fd = -1;
	}
	return rc;
}

const struct line_kind line_kind_tty = { .name = "tty", .open = tty_open };
