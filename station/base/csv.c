/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes become UTF-8 first; then one walk over the text cuts it into cells, in place: a cell is never longer
 * than what stood for it in the file.
 */
#include "station/base/csv.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "station/base/i18n.h"
#include "station/base/tty_clean.h"

/* --- characters ------------------------------------------------------------------------------------ */

static size_t line_of(const char *text, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n' || (text[i] == '\r' && (i + 1 == offset || text[i + 1] != '\n'));
	return line;
}

/* Where @bytes stop being UTF-8; @len_bytes: they never do. */
static size_t utf8_len(const char *bytes, size_t len_bytes)
{
	const char *at = bytes, *end = bytes + len_bytes;

	while (at < end) {
		const char *before = at;

		if (tty_clean_next(&at, end) == UINT32_MAX)
			return (size_t)(before - bytes);
	}
	return len_bytes;
}

static int convert(struct csv *csv, const char *bytes, size_t len_bytes, size_t *made, struct err *err)
{
	size_t room = len_bytes * 3 + 4, left = room;	/* a byte of any of these gives three at most */
	char *in = (char *)bytes, *out = csv->text = malloc(room + 1);
	iconv_t change = iconv_open("UTF-8", csv->encoding);
	int rc = 0;

	if (!out || change == (iconv_t)-1)
		rc = err_set(err, out ? ERR_UNSUPPORTED : ERR_NOMEM, _("this machine cannot read %s"), csv->encoding);
	else if (iconv(change, &in, &len_bytes, &out, &left) == (size_t)-1)
		rc = err_set(err, ERR_RANGE, _("line %zu: this is neither UTF-8 nor %s text; save the table as UTF-8"),
			     line_of(bytes, (size_t)(in - bytes)), csv->encoding);
	if (change != (iconv_t)-1)
		iconv_close(change);
	*made = room - left;
	return rc;
}

static bool begins(const char *bytes, size_t len_bytes, const char *mark)
{
	return len_bytes >= strlen(mark) && memcmp(bytes, mark, strlen(mark)) == 0;
}

static const char *encoding_of(const char *bytes, size_t len_bytes)
{
	if (begins(bytes, len_bytes, "\xff\xfe"))
		return "UTF-16LE";
	if (begins(bytes, len_bytes, "\xfe\xff"))
		return "UTF-16BE";
	if (begins(bytes, len_bytes, "\xef\xbb\xbf") || utf8_len(bytes, len_bytes) == len_bytes)
		return "UTF-8";
	return "GB18030";
}

static int copy(struct csv *csv, const char *bytes, size_t len_bytes, struct err *err)
{
	size_t good = utf8_len(bytes, len_bytes);

	if (good < len_bytes)	/* it had a mark */
		return err_set(err, ERR_RANGE, _("line %zu: this is not valid UTF-8 text"), line_of(bytes, good));
	csv->text = malloc(len_bytes + 1);
	if (!csv->text)
		return err_set(err, ERR_NOMEM, "csv: out of memory");
	memcpy(csv->text, bytes, len_bytes);
	return 0;
}

static int take_text(struct csv *csv, const char *bytes, size_t len_bytes, struct err *err)
{
	const char *encoding = encoding_of(bytes, len_bytes);
	size_t mark = strncmp(encoding, "UTF-16", 6) == 0 ? 2 : begins(bytes, len_bytes, "\xef\xbb\xbf") ? 3 : 0, made;
	int rc;

	snprintf(csv->encoding, sizeof csv->encoding, "%s", encoding);
	bytes += mark;
	made = len_bytes -= mark;
	if (strcmp(encoding, "UTF-8") == 0)
		rc = copy(csv, bytes, len_bytes, err);
	else
		rc = convert(csv, bytes, len_bytes, &made, err);
	if (rc < 0)
		return rc;
	csv->text[made] = '\0';
	if (strlen(csv->text) != made)
		return err_set(err, ERR_RANGE, _("this is no table: it has zero bytes in it"));
	return 0;
}

/* --- cells ----------------------------------------------------------------------------------------- */

/* Reads at @in, writes at @out, which never overtakes it. */
struct cutter {
	struct csv *csv;
	char *in, *out;
	size_t line, columns;		/* columns: of the row that is being read */
	size_t cells, cells_size, rows_size;
	bool has_text;			/* in this row */
};

/* The separator that the first line has most of, outside quotes; a comma when it has none. */
static char guess_separator(const char *text)
{
	size_t counts[3] = { 0 };
	static const char separators[] = ",;\t";
	bool quoted = false;

	for (const char *at = text; *at && (quoted || !strchr("\r\n", *at)); at++) {
		const char *found = strchr(separators, *at);

		quoted ^= *at == '"';
		if (found && !quoted)
			counts[found - separators]++;
	}
	return counts[1] > counts[0] && counts[1] >= counts[2] ? ';' : counts[2] > counts[0] ? '\t' : ',';
}

/* "sep=;" says it outright, and is no row. */
static char *skip_separator_line(struct csv *csv, char *at)
{
	char *end = at + 5;

	if (strncasecmp(at, "sep=", 4) == 0 && at[4] && strchr("\r\n", at[5])) {
		csv->separator = at[4];
		end += *end == '\r';
		return end + (*end == '\n');
	}
	csv->separator = guess_separator(at);
	return at;
}

static int grow(void **list, size_t *size, size_t count, size_t each, struct err *err)
{
	size_t wanted = *size ? *size * 2 : 256;
	void *more;

	if (count < *size)
		return 0;
	more = realloc(*list, wanted * each);
	if (!more)
		return err_set(err, ERR_NOMEM, "csv: out of memory");
	*list = more;
	*size = wanted;
	return 0;
}

/* The text that ="0012" or '0012 stands for; anything else is a text already. */
static void unwrap(char *cell)
{
	size_t len = strlen(cell);

	if (len >= 3 && cell[0] == '=' && cell[1] == '"' && cell[len - 1] == '"' &&
	    !memchr(cell + 2, '"', len - 3)) {
		memmove(cell, cell + 2, len - 3);
		cell[len - 3] = '\0';
	} else if (cell[0] == '\'') {
		memmove(cell, cell + 1, len);
	}
}

static int add_cell(struct cutter *cutter, char *cell, struct err *err)
{
	struct csv *csv = cutter->csv;

	if (cutter->columns == CSV_COLUMNS_MAX)
		return err_set(err, ERR_RANGE, _("line %zu: more than %d columns"), cutter->line, CSV_COLUMNS_MAX);
	if (grow((void **)&csv->cells, &cutter->cells_size, cutter->cells, sizeof *csv->cells, err) < 0)
		return ERR_NOMEM;
	unwrap(cell);
	cutter->has_text |= cell[strspn(cell, " \t")] != '\0';
	csv->cells[cutter->cells++] = cell;
	cutter->columns++;
	return 0;
}

/* A quoted cell, from behind its first quote to behind its last. */
static int read_quoted(struct cutter *cutter, size_t *lines, struct err *err)
{
	for (;; cutter->in++) {
		if (!*cutter->in)
			return err_set(err, ERR_RANGE, _("line %zu: a quote (\") is opened and never closed"),
				       cutter->line);
		*lines += *cutter->in == '\n' || (*cutter->in == '\r' && cutter->in[1] != '\n');
		if (*cutter->in == '"' && *++cutter->in != '"')
			return 0;
		*cutter->out++ = *cutter->in;
	}
}

static bool at_end_of_cell(const struct cutter *cutter)
{
	return !*cutter->in || strchr("\r\n", *cutter->in) || *cutter->in == cutter->csv->separator;
}

static int read_cell(struct cutter *cutter, size_t *lines, struct err *err)
{
	char *cell = cutter->out;
	bool last;
	int rc = 0;

	if (*cutter->in == '"') {
		cutter->in++;
		rc = read_quoted(cutter, lines, err);
		if (rc == 0 && !at_end_of_cell(cutter))
			rc = err_set(err, ERR_RANGE, _("line %zu: text follows a closed quote (\")"),
				     cutter->line + *lines);
	} else {
		while (!at_end_of_cell(cutter))
			*cutter->out++ = *cutter->in++;
	}
	if (rc < 0)
		return rc;
	/* the cell's end overwrites its separator, which has to be looked at first */
	last = *cutter->in != cutter->csv->separator || !*cutter->in;
	if (!last)
		cutter->in++;
	else if (*cutter->in == '\r' && cutter->in[1] == '\n')
		cutter->in += 2, (*lines)++;
	else if (*cutter->in)
		cutter->in++, (*lines)++;
	*cutter->out++ = '\0';
	rc = add_cell(cutter, cell, err);
	return rc < 0 ? rc : last ? 0 : 1;
}

/* An empty line, or one of separators alone, is no row. */
static int end_row(struct cutter *cutter, struct err *err)
{
	struct csv *csv = cutter->csv;

	if (!cutter->has_text) {
		cutter->cells -= cutter->columns;
		return 0;
	}
	if (grow((void **)&csv->rows, &cutter->rows_size, csv->count, sizeof *csv->rows, err) < 0)
		return ERR_NOMEM;
	csv->rows[csv->count++] = (struct csv_row){ .line = cutter->line, .count = cutter->columns };
	return 0;
}

static int cut(struct csv *csv, struct err *err)
{
	struct cutter cutter = { .csv = csv, .line = 1, .out = csv->text };
	char **cells;

	cutter.in = skip_separator_line(csv, csv->text);
	cutter.line += cutter.in != csv->text;
	while (*cutter.in) {
		size_t lines = 0;
		int rc;

		cutter.columns = 0;
		cutter.has_text = false;
		do
			rc = read_cell(&cutter, &lines, err);
		while (rc > 0);
		if (rc == 0)
			rc = end_row(&cutter, err);
		if (rc < 0)
			return rc;
		cutter.line += lines;
	}
	/* only now do the cells stay where they are */
	cells = csv->cells;
	for (size_t i = 0; i < csv->count; cells += csv->rows[i++].count)
		csv->rows[i].cells = cells;
	return 0;
}

/* --- the whole ------------------------------------------------------------------------------------- */

int csv_read(struct csv *out, const char *bytes, size_t len_bytes, struct err *err)
{
	struct csv csv = { 0 };
	int rc;

	if (len_bytes > CSV_BYTES_MAX)
		return err_set(err, ERR_RANGE, _("the table has more than %u MB"), CSV_BYTES_MAX >> 20);
	rc = take_text(&csv, bytes, len_bytes, err);
	if (rc == 0)
		rc = cut(&csv, err);
	if (rc < 0)
		csv_clear(&csv);
	else
		*out = csv;
	return rc;
}

void csv_clear(struct csv *csv)
{
	free(csv->rows);
	free(csv->cells);
	free(csv->text);
	*csv = (struct csv){ 0 };
}

void csv_column_name(char name[4], size_t index)
{
	if (index < 26)
		snprintf(name, 4, "%c", (char)('A' + index));
	else
		snprintf(name, 4, "%c%c", (char)('A' + (index / 26 - 1) % 26), (char)('A' + index % 26));
}
