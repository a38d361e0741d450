/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line_serial.c - a serial device, opened and configured by libserialport.
 *
 * Its descriptor is duplicated and the library's handle closed, so that nobody calls the library's
 * own I/O. 0.1.1 does not set close-on-exec, sets HUPCL, which drops DTR at the last close and so resets
 * an Arduino-type board, and does not look whether its settings were taken: all put right here.
 */
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "turntable/line.h"

static void free_port(struct sp_port **port)
{
	if (*port)
		sp_free_port(*port);
}

static enum sp_return configure(struct sp_port *port, const struct line_settings *settings)
{
	enum sp_parity parity = settings->parity == 'E' ? SP_PARITY_EVEN :
				settings->parity == 'O' ? SP_PARITY_ODD : SP_PARITY_NONE;
	enum sp_return rc = sp_set_baudrate(port, settings->baud);

	if (rc == SP_OK)
		rc = sp_set_bits(port, settings->data_bits);
	if (rc == SP_OK)
		rc = sp_set_parity(port, parity);
	if (rc == SP_OK)
		rc = sp_set_stopbits(port, settings->stop_bits);
	if (rc == SP_OK)
		rc = sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE);
	return rc;
}

static int serial_open(const char *path, const struct line_settings *settings, struct err *err)
{
	CLEANUP(free_port) struct sp_port *port = NULL;
	enum sp_return rc = sp_get_port_by_name(path, &port);
	int fd, copy, checked;

	if (rc == SP_ERR_ARG)
		errno = ENOENT;
	if (rc == SP_OK)
		rc = sp_open(port, SP_MODE_READ_WRITE);
	if (rc != SP_OK)
		return err_set(err, ERR_OS, "%s", path);	/* line_open says it by errno */
	rc = configure(port, settings);
	if (rc != SP_OK) {
		sp_close(port);
		return err_set(err, ERR_UNSUPPORTED, _("%s does not take %d baud, %d%c%d"), path, settings->baud,
			       settings->data_bits, settings->parity, settings->stop_bits);
	}
	sp_get_port_handle(port, &fd);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0) {
		sp_close(port);
		return err_set(err, ERR_FULL, _("%s: no free descriptor"), path);
	}
	fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK);
	checked = line_termios_set(copy, path, settings, err);
	sp_close(port);
	if (checked < 0)
		close(copy);
	return checked < 0 ? checked : copy;
}

const struct line_kind line_kind_serial = { .name = "serial", .open = serial_open };
