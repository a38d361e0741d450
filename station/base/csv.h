/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * csv.h - tables as spreadsheets write them: RFC 4180, and what Excel and WPS make of it.
 *
 * UTF-8 with or without a byte order mark, UTF-16 with one ("Unicode text"), or GB18030, which is told by its not
 * being UTF-8; commas, semicolons or tabs, as the first line has more of; line ends CRLF, LF or CR; quoted cells
 * with "" and line ends in them; a first line "sep=;". A cell is text and nothing else: what a spreadsheet would
 * run as a formula (="0012") or marks as text with ' is unwrapped where that says a text, and otherwise kept as
 * it stands. Pure but for iconv.
 */
#ifndef OSTEND_BASE_CSV_H
#define OSTEND_BASE_CSV_H

#include "station/base/err.h"

#define CSV_BYTES_MAX (64u << 20)
#define CSV_COLUMNS_MAX 256

struct csv_row {
	size_t line;		/* of the file, from 1: where the row begins */
	size_t count;
	char **cells;		/* UTF-8, trimmed of nothing */
};

struct csv {
	char encoding[16];	/* "UTF-8", "UTF-16LE", "UTF-16BE", "GB18030" */
	char separator;
	size_t count;
	struct csv_row *rows;	/* lines without any text are left out */
	char *text;		/* what the cells point into */
	char **cells;
};

/**
 * Read @len_bytes.
 *
 * @out    csv_clear() it; untouched on failure
 * @return 0; ERR_RANGE naming the line: neither encoding fits, a quote that is never closed, text after a closed
 *         quote, a zero byte, too many columns, too large; ERR_NOMEM
 */
int csv_read(struct csv *out, const char *bytes, size_t len_bytes, struct err *err);
void csv_clear(struct csv *csv);

/** "A" to "Z", "AA" ...: what a spreadsheet calls column @index, from 0. */
void csv_column_name(char name[4], size_t index);

#endif
