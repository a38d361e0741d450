/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/term_probe.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "station/base/clock.h"

/* Read until "R", the report's last byte. What a user types meanwhile is lost with it. */
static bool read_report(int fd, char *text, size_t size)
{
	uint64_t deadline_ns = clock_mono_ns() + NS_PER_S;
	size_t used = 0;

	while (used < size - 1) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		if (poll(&ready, 1, clock_poll_ms(deadline_ns)) <= 0 ||
		    read(fd, text + used, 1) != 1)
			return false;
		text[++used] = '\0';
		if (text[used - 1] == 'R')
			return true;
	}
	return false;
}

static int column_of(const char *report)
{
	const char *start = strrchr(report, '\x1b'), *semicolon = start ? strchr(start, ';') : NULL;

	return semicolon ? atoi(semicolon + 1) : 0;
}

int term_probe_block_width(int fd)
{
	static const char ask[] = "\r\xe2\x96\x80\x1b[6n", erase[] = "\r\x1b[K";
	struct termios before, raw;
	char report[64];
	int column = 0;

	if (tcgetattr(fd, &before) < 0)
		return 1;
	raw = before;
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	tcsetattr(fd, TCSANOW, &raw);
	if (write(fd, ask, sizeof ask - 1) == (ssize_t)sizeof ask - 1 &&
	    read_report(fd, report, sizeof report))
		column = column_of(report);
	if (write(fd, erase, sizeof erase - 1) < 0)
		column = 0;
	tcsetattr(fd, TCSANOW, &before);
	return column > 1 ? column - 1 : 1;
}
