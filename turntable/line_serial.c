/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line_serial.c - a serial device, opened and configured by libserialport.
 *
 * Its descriptor is duplicated and the library's handle closed, so that nobody calls the library's
 * own I/O. 0.1.1 does not set close-on-exec, and it sets HUPCL, which drops DTR at the last close
 * and so resets an Arduino-type board: both are put right here.
 */
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
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

static void keep_dtr(int fd)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) < 0)
		return;
	tio.c_cflag &= (tcflag_t)~HUPCL;
	tcsetattr(fd, TCSANOW, &tio);
}

static int serial_open(const char *path, const struct line_settings *settings, struct err *err)
{
	CLEANUP(free_port) struct sp_port *port = NULL;
	enum sp_return rc = sp_get_port_by_name(path, &port);
	int fd, copy;

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
	if (copy >= 0)
		keep_dtr(copy);
	sp_close(port);
	if (copy < 0)
		return err_set(err, ERR_FULL, _("%s: no free descriptor"), path);
	fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK);
	return copy;
}

static void describe(struct sp_port *port, char *text, size_t size)
{
	const char *serial = sp_get_port_usb_serial(port);
	int vid = 0, pid = 0;

	text[0] = '\0';
	if (sp_get_port_transport(port) == SP_TRANSPORT_USB &&
	    sp_get_port_usb_vid_pid(port, &vid, &pid) == SP_OK)
		snprintf(text, size, "usb %04x:%04x %.100s", vid, pid, serial ? serial : "");
}

static void serial_identity(const char *path, char *text, size_t size)
{
	CLEANUP(free_port) struct sp_port *port = NULL;

	text[0] = '\0';
	if (sp_get_port_by_name(path, &port) == SP_OK)
		describe(port, text, size);
}

int line_find(const char *identity, char *path, size_t size, struct err *err)
{
	struct sp_port **ports = NULL;
	bool found = false;

	if (identity[0] && sp_list_ports(&ports) == SP_OK)
		for (size_t i = 0; ports[i] && !found; i++) {
			char text[LINE_IDENTITY_MAX];

			describe(ports[i], text, sizeof text);
			found = strcmp(text, identity) == 0;
			if (found)
				snprintf(path, size, "%s", sp_get_port_name(ports[i]));
		}
	if (ports)
		sp_free_port_list(ports);
	return found ? 0 : err_set(err, ERR_GONE, _("the turntable %s is not plugged in"), identity);
}

void line_list(void (*found)(void *owner, const char *path), void *owner)
{
	struct sp_port **ports = NULL;

	if (sp_list_ports(&ports) != SP_OK)
		return;
	for (size_t i = 0; ports[i]; i++)
		found(owner, sp_get_port_name(ports[i]));
	sp_free_port_list(ports);
}

const struct line_kind line_kind_serial = {
	.name = "serial", .open = serial_open, .identity = serial_identity,
};
