/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line.h - bytes to a table and back: a serial device, or a pty.
 *
 * Opening is exclusive and may reset the controller at the far end. All I/O is non-blocking; wait by
 * polling line_fd(). A hang-up is ERR_GONE at once, never a silent line. Thread: one.
 */
#ifndef OSTEND_TURNTABLE_LINE_H
#define OSTEND_TURNTABLE_LINE_H

#include <stdbool.h>

#include "turntable/driver.h"

struct line;

/* One way to open a descriptor and set it up; the rest is common. */
struct line_kind {
	const char *name;
	/** The open and configured descriptor, or ERR_*. @path has no symbolic links. */
	int (*open)(const char *path, const struct line_settings *settings, struct err *err);
};

extern const struct line_kind line_kind_serial;		/* libserialport */
extern const struct line_kind line_kind_tty;		/* plain termios: ptys, socat, ser2net */

#define LINE_IDENTITY_MAX 160

/**
 * Open @path (a device, a by-id link, a pty), discarding what was in its buffers.
 *
 * Takes some 50 ms, while which a board's answer to the opening is thrown away, but not its banner,
 * which a reset board sends later.
 * @return 0; ERR_GONE: not there; ERR_STATE: another process holds it, named in the sentence;
 *         ERR_DENIED; ERR_UNSUPPORTED: the device does not take the settings; ERR_OS
 */
int line_open(struct line **out, const char *path, const struct line_settings *settings, struct err *err);
struct line *line_close(struct line *line);
DEFINE_FREEP(line_close, struct line *)

int line_fd(const struct line *line);
/** A count; ERR_AGAIN; ERR_GONE: unplugged. */
int line_read(struct line *line, uint8_t *bytes, size_t size, struct err *err);
/** How many were taken, perhaps fewer; ERR_AGAIN: none now; ERR_GONE. */
int line_write(struct line *line, const uint8_t *bytes, size_t len_bytes, struct err *err);
/** Throw away what the kernel has not sent, if that is more than some bytes: whether it did. */
bool line_drop_unsent(struct line *line);
/** Other settings for an open line; what it has buffered in either direction is thrown away. ERR_UNSUPPORTED. */
int line_set(struct line *line, const struct line_settings *settings, struct err *err);
/** What its device says of itself, see line_describe(); "" when it says nothing. */
const char *line_identity(const struct line *line);

/** The process that holds a lock on @path, into @text as "process 712 (ostendd)"; false: nobody. */
bool line_holder(const char *path, char *text, size_t size);

/* --- which device: line_identity.c --- */

/**
 * What the device at @path says of itself, so that it is known again under another name:
 * "usb 1a86:7523 serial 0001 if 00", or, as most cheap adapters have no serial number, with the socket
 * it is plugged into: "usb 1a86:7523 at 1-1.2 if 00". "" for what is no USB device.
 */
void line_describe(const char *path, char *text, size_t size);
/** Where a device with @identity is now, into @path. ERR_GONE: not there; ERR_STATE: there are several. */
int line_find(const char *identity, char *path, size_t size, struct err *err);
/** Call @found with each serial device of this machine, in the order of their names. */
void line_list(void (*found)(void *owner, const char *path), void *owner);
/** Look below these folders instead of /sys and /dev: for tests. NULL: as usual. */
void line_look_below(const char *sys, const char *dev);

/* --- the settings of a descriptor: line_termios.c --- */

/**
 * Set raw mode and @settings, any speed, without modem lines and without dropping DTR at the last close.
 *
 * @return 0; ERR_UNSUPPORTED naming @path: it is no serial line, or has not taken them
 */
int line_termios_set(int fd, const char *path, const struct line_settings *settings, struct err *err);

#endif
