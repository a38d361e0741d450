/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Search by any part, from one character on. SQLite's trigram index finds nothing below three characters, and
 * most Chinese names have two or three; so the index is ours: an FTS5 table whose words are pairs of neighbouring
 * characters, followed by each single character once.
 *
 *	物证袋 -> "7269 8bc1" "8bc1 888b" "888b end" ... "7269" "8bc1" "888b"	(each pair written as one word)
 *
 * A part of a text is then a phrase of pairs. The case is a word too: what is everywhere ("0") would otherwise be
 * gone through to its end for the few of one case. Whoever changes what is made of a text must fill the table
 * again: a row is forgotten by the words it was given. Characters are folded first: ASCII to lower case, full width to half
 * width, all brackets to round ones; dashes and spaces are left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/tty_clean.h"
#include "station/evidence/exhibit_private.h"

#define CHARACTER_BYTES 6	/* of a character in a word: four digits, or g and five */
#define CASE_WORD "zc%" PRIx64	/* no character's word begins with z */

/* 0: the character is left out. */
static uint32_t fold(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0;
	switch (c) {
	case 0x3000: case ' ': case '-': case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2014:
	case UINT32_MAX:
		return 0;
	case 0x3014: case 0x3010: case '[':
		return '(';
	case 0x3015: case 0x3011: case ']':
		return ')';
	default:
		return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
	}
}

static size_t print_character(char *out, uint32_t c)
{
	return (size_t)sprintf(out, c > 0xffff ? "g%05x" : "%04x", (unsigned)c);
}

/* Folded characters of one field; how many. @out has room for strlen(text). */
static size_t fold_text(uint32_t *out, const char *text, size_t len)
{
	const char *end = text + len;
	size_t count = 0;

	while (text < end) {
		uint32_t c = fold(tty_clean_next(&text, end));

		if (c)
			out[count++] = c;
	}
	return count;
}

/* --- what is kept ---------------------------------------------------------------------------------- */

static void add_singles(FILE *out, const uint32_t *all, size_t count)
{
	char word[CHARACTER_BYTES + 1];

	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < i && all[k] != all[i])
			k++;
		if (k < i)
			continue;
		print_character(word, all[i]);
		fprintf(out, "%s ", word);
	}
}

static void add_pairs(FILE *out, const uint32_t *field, size_t count)
{
	char one[CHARACTER_BYTES + 1], two[CHARACTER_BYTES + 1];

	for (size_t i = 0; i < count; i++) {
		print_character(one, field[i]);
		if (i + 1 < count)
			print_character(two, field[i + 1]);
		fprintf(out, "%s%s ", one, i + 1 < count ? two : "zzzz");
	}
}

/* The words of @text, whose lines are the fields, and one for its case. For free(); NULL without memory. */
static char *words_of(const char *text, int64_t case_id)
{
	uint32_t *all = calloc(strlen(text) + 1, sizeof *all);
	char *words = NULL;
	size_t words_len, count = 0;
	FILE *out = all ? open_memstream(&words, &words_len) : NULL;

	for (const char *at = text; out && *at; at += *at == '\n') {
		size_t len = strcspn(at, "\n"), more = fold_text(all + count, at, len);

		add_pairs(out, all + count, more);
		count += more;
		at += len;
	}
	if (out) {
		add_singles(out, all, count);
		fprintf(out, CASE_WORD, case_id);
		fclose(out);
	}
	free(all);
	return words;
}

static char *text_of(const struct exhibit *exhibit)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fprintf(out, "%s\n%s", exhibit->code, exhibit->in_case.values.case_no);
	for (size_t i = 0; i < form_exhibit.count; i++)
		if (form_exhibit.fields[i].kind == FORM_TEXT)
			fprintf(out, "\n%s", form_value(&exhibit->values, &form_exhibit.fields[i]));
	fclose(out);
	return text;
}

/* The index holds no text of its own: to forget a row it must be told the words it was given. */
static int forget(struct store *store, int64_t id, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	CLEANUP(util_freep) char *words = NULL;
	int rc = store_query(&rows, store, err, "SELECT search, case_file FROM exhibit WHERE id = ? AND search <> ''", "i",
			     id);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc <= 0)
		return rc;
	words = words_of(store_text(&rows, 0), store_integer(&rows, 1));
	store_rows_end(&rows);
	if (!words)
		return err_set(err, ERR_NOMEM, "search: out of memory");
	return store_run(store, err,
			 "INSERT INTO exhibit_search (exhibit_search, rowid, grams) VALUES ('delete', ?, ?)", "it", id,
			 words);
}

int exhibit_search_keep(struct store *store, const struct exhibit *exhibit, struct err *err)
{
	CLEANUP(util_freep) char *text = text_of(exhibit);
	CLEANUP(util_freep) char *words = text ? words_of(text, exhibit->in_case.id) : NULL;
	int rc = words ? forget(store, exhibit->id, err) : err_set(err, ERR_NOMEM, "search: out of memory");

	if (rc == 0)
		rc = store_run(store, err, "INSERT INTO exhibit_search (rowid, grams) VALUES (?, ?)", "it", exhibit->id,
			       words);
	if (rc == 0)
		rc = store_run(store, err, "UPDATE exhibit SET search = ? WHERE id = ?", "ti", text, exhibit->id);
	return rc;
}

/* --- what is asked --------------------------------------------------------------------------------- */

/* "7269 8bc1 888b" as the phrase of its pairs; a single character as itself. */
static void add_phrase(FILE *out, const uint32_t *word, size_t count, bool first)
{
	char one[CHARACTER_BYTES + 1], two[CHARACTER_BYTES + 1];

	fprintf(out, "%s\"", first ? "" : " AND ");
	for (size_t i = 0; i + 1 < count; i++) {
		print_character(one, word[i]);
		print_character(two, word[i + 1]);
		fprintf(out, "%s%s%s", i ? " " : "", one, two);
	}
	if (count == 1) {
		print_character(one, word[0]);
		fprintf(out, "%s", one);
	}
	fputc('"', out);
}

/* A word ends at a space, or at the wide one of Chinese. */
static size_t word_len(const char *at, size_t *gap)
{
	const char *wide = strstr(at, "\u3000");
	size_t len = strcspn(at, " \t\n");

	*gap = at[len] != '\0';
	if (wide && (size_t)(wide - at) < len) {
		len = (size_t)(wide - at);
		*gap = 3;
	}
	return len;
}

char *exhibit_search_query(const char *text, int64_t case_id)
{
	uint32_t *word = calloc(strlen(text) + 1, sizeof *word);
	char *query = NULL;
	size_t query_len, phrases = 0, gap;
	FILE *out = word ? open_memstream(&query, &query_len) : NULL;

	for (const char *at = text; out && *at; at += gap) {
		size_t len = word_len(at, &gap), count = fold_text(word, at, len);

		if (count)
			add_phrase(out, word, count, phrases++ == 0);
		at += len;
	}
	if (out && phrases && case_id)
		fprintf(out, " AND " CASE_WORD, case_id);
	if (out)
		fclose(out);
	free(word);
	if (phrases)
		return query;
	free(query);
	return NULL;
}
