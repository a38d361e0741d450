/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line_tty.c - a line by plain termios: ptys have no modem lines, which libserialport asks for. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "turntable/line.h"

static speed_t speed_of(int baud)
{
	static const struct { int baud; speed_t speed; } speeds[] = {
		{ 2400, B2400 }, { 4800, B4800 }, { 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 },
		{ 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 },
	};

	for (size_t i = 0; i < ARRAY_LEN(speeds); i++)
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	return B0;
}

static int configure(int fd, const char *path, const struct line_settings *settings, struct err *err)
{
	speed_t speed = speed_of(settings->baud);
	struct termios tio;

	if (speed == B0)
		return err_set(err, ERR_UNSUPPORTED, _("%s: %d baud is not a speed of this line"), path,
			       settings->baud);
	if (tcgetattr(fd, &tio) < 0)
		return err_set(err, ERR_UNSUPPORTED, _("%s is not a serial line"), path);
	cfmakeraw(&tio);
	cfsetspeed(&tio, speed);
	tio.c_cflag |= CLOCAL | CREAD;
	tio.c_cflag &= (tcflag_t)~(HUPCL | CSTOPB | PARENB | CRTSCTS);
	if (settings->stop_bits == 2)
		tio.c_cflag |= CSTOPB;
	tio.c_cc[VMIN] = 0;
	tio.c_cc[VTIME] = 0;
	if (tcsetattr(fd, TCSANOW, &tio) < 0)
		return err_os(err, _("%s: line settings"), path);
	return 0;
}

static int tty_open(const char *path, const struct line_settings *settings, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_set(err, ERR_OS, "%s", path);	/* line_open says it by errno */
	if (settings->parity != 'N' || settings->data_bits != 8)
		return err_set(err, ERR_UNSUPPORTED, _("%s: a pty has no parity"), path);
	rc = configure(fd, path, settings, err);
	if (rc == ERR_OS)
		rc = err_set(err, ERR_UNSUPPORTED, "%s", err->text);
	if (rc == 0) {
		rc = fd;
		fd = -1;
	}
	return rc;
}

static void tty_identity(const char *path, char *text, size_t size)
{
	(void)path;	/* a pty has none: only its path finds it again */
	snprintf(text, size, "%s", "");
}

const struct line_kind line_kind_tty = { .name = "tty", .open = tty_open, .identity = tty_identity };
