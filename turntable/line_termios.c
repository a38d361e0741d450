/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line_termios.c - the settings of a serial descriptor, and whether it has really taken them.
 *
 * By struct termios2, whose speeds are numbers: 250000 is none of the B constants. The header that has
 * it does not go together with <termios.h>, hence a file of its own. Drivers in the kernel correct what
 * they cannot do without an error, so all is read back: a pty has no parity, and an adapter that cannot
 * make the speed would only be heard as garbage.
 */
#include <asm/termbits.h>
#include <linux/serial.h>
#include <sys/ioctl.h>

#include "station/base/i18n.h"
#include "turntable/line.h"

#define FLAGS_KEPT (CSIZE | CSTOPB | PARENB | PARODD | CMSPAR | CRTSCTS)

static tcflag_t character_flags(const struct line_settings *settings)
{
	static const tcflag_t sizes[] = { CS5, CS6, CS7, CS8 };
	tcflag_t flags = sizes[CLAMP(settings->data_bits, 5, 8) - 5];

	if (settings->stop_bits == 2)
		flags |= CSTOPB;
	if (settings->parity == 'E')
		flags |= PARENB;
	else if (settings->parity == 'O')
		flags |= PARENB | PARODD;
	return flags;
}

static void fill(struct termios2 *tio, const struct line_settings *settings)
{
	tio->c_iflag = settings->parity == 'N' ? 0 : INPCK | IGNPAR;	/* a damaged byte does not come */
	tio->c_oflag = 0;
	tio->c_lflag = 0;
	tio->c_cflag &= ~(tcflag_t)(FLAGS_KEPT | HUPCL | CBAUD | CBAUD << IBSHIFT);
	tio->c_cflag |= character_flags(settings) | CLOCAL | CREAD | BOTHER;
	tio->c_ospeed = tio->c_ispeed = (speed_t)settings->baud;
	tio->c_cc[VMIN] = 0;
	tio->c_cc[VTIME] = 0;
}

/* Three bits in a hundred: beyond that the tenth bit of a character is read as its neighbour. */
static bool speed_is_near(speed_t speed, int baud)
{
	int64_t off = (int64_t)speed - baud;

	return (off < 0 ? -off : off) * 100 <= (int64_t)baud * 3;
}

static int refused(const char *path, const struct line_settings *settings, struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED, _("%s does not take %d baud, %d%c%d"), path, settings->baud,
		       settings->data_bits, settings->parity, settings->stop_bits);
}

/* USB adapters of FTDI else hold back what comes for up to 16 ms. */
static void ask_for_low_latency(int fd)
{
	struct serial_struct serial;

	if (ioctl(fd, TIOCGSERIAL, &serial) < 0)
		return;
	serial.flags |= ASYNC_LOW_LATENCY;
	ioctl(fd, TIOCSSERIAL, &serial);
}

int line_termios_set(int fd, const char *path, const struct line_settings *settings, struct err *err)
{
	struct termios2 tio;

	if (ioctl(fd, TCGETS2, &tio) < 0)
		return err_set(err, ERR_UNSUPPORTED, _("%s is not a serial line"), path);
	fill(&tio, settings);
	if (ioctl(fd, TCSETS2, &tio) < 0 || ioctl(fd, TCGETS2, &tio) < 0)
		return refused(path, settings, err);
	if ((tio.c_cflag & FLAGS_KEPT) != character_flags(settings) ||
	    !speed_is_near(tio.c_ospeed, settings->baud) || tio.c_lflag & (ICANON | ECHO))
		return refused(path, settings, err);
	ask_for_low_latency(fd);
	return 0;
}
