/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text_line.h - the bytes of a serial line, taken apart into lines of text.
 *
 * CR and LF both end a line; empty ones are left out. A NUL becomes \x01, so that it cannot hide the rest of its
 * line. Any thread.
 */
#ifndef OSTEND_TURNTABLE_TEXT_LINE_H
#define OSTEND_TURNTABLE_TEXT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_LINE_MAX 320	/* with the NUL; a Marlin names itself in some 250 characters */

struct text_line {
	char text[TEXT_LINE_MAX];
	size_t len;
	bool over;
};

enum text_line_result {
	TEXT_LINE_MORE,
	TEXT_LINE_READY,	/* @text holds one, until the next byte is taken */
	TEXT_LINE_OVER,		/* one has ended that was longer than any should be */
};

enum text_line_result text_line_take(struct text_line *line, uint8_t byte);

#endif
