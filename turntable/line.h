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

/* One way to open and set up a descriptor; the rest is common. */
struct line_kind {
	const char *name;
	/** The open and configured descriptor, or ERR_*. @path has no symbolic links. */
	int (*open)(const char *path, const struct line_settings *settings, struct err *err);
	/** What the device calls itself, so that it is known again under another name; "" without one. */
	void (*identity)(const char *path, char *text, size_t size);
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
/** "usb 1a86:7523 0001"; "" when the device says nothing about itself. */
const char *line_identity(const struct line *line);

/** Where a device with @identity is now, into @path; ERR_GONE when it is not there. */
int line_find(const char *identity, char *path, size_t size, struct err *err);
/** Call @found with each serial device of this machine. */
void line_list(void (*found)(void *owner, const char *path), void *owner);

/** The process that holds a lock on @path, into @text as "process 712 (ostendd)"; false: nobody. */
bool line_holder(const char *path, char *text, size_t size);

#endif
