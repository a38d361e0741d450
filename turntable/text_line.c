/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text_line.c - one byte at a time. */
#include "turntable/text_line.h"

enum text_line_result text_line_take(struct text_line *line, uint8_t byte)
{
	size_t len = line->len;
	bool over = line->over;

	if (byte == '\n' || byte == '\r') {
		line->text[len] = '\0';
		line->len = 0;
		line->over = false;
		return over ? TEXT_LINE_OVER : len ? TEXT_LINE_READY : TEXT_LINE_MORE;
	}
	if (len == TEXT_LINE_MAX - 1)
		line->over = true;
	else
		line->text[line->len++] = byte ? (char)byte : '\x01';
	return TEXT_LINE_MORE;
}
