/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tty_clean.h - foreign text made safe for a terminal.
 *
 * Names, reasons and codes come from cameras, certificates and scanned labels. Whatever bytes they
 * hold, what comes out is printable characters of known width: no C0 or C1 control, no DEL, no
 * escape, nothing that reverses, joins, hides or takes no room. A "?" stands for each thing left out,
 * so that a trick is seen. Pure but for LC_CTYPE, which decides which characters the terminal has.
 */
#ifndef OSTEND_BASE_TTY_CLEAN_H
#define OSTEND_BASE_TTY_CLEAN_H

#include <stddef.h>
#include <stdint.h>

/**
 * Clean @len_bytes of @text into @out as UTF-8 with a NUL, at most @columns wide (negative: no limit).
 * A character that does not fit whole, in columns or in @out_size bytes, ends the copy.
 *
 * @return the columns @out takes on the terminal
 */
int tty_clean(char *out, size_t out_size, const char *text, size_t len_bytes, int columns);

/** Columns of one character: 1 or 2; 0 when it must not reach a terminal. */
int tty_clean_width(uint32_t character);

/**
 * Read one character at *@at, which lies before @end, and step over it. Strict UTF-8: an overlong form,
 * a surrogate or a stray byte is one step of one byte and gives UINT32_MAX.
 */
uint32_t tty_clean_next(const char **at, const char *end);

/** Write @character as UTF-8 into @out (4 bytes); returns how many were written. */
size_t tty_clean_put(char *out, uint32_t character);

#endif
