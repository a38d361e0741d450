/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rule is what may pass, never what may not: a character passes when the C library gives it one or
 * two columns and it lies in none of the ranges below, which have a width but no honest look.
 */
#include "station/base/tty_clean.h"

#include <wchar.h>

#include "station/base/util.h"

#define NOT_A_CHARACTER UINT32_MAX

static const struct range {
	uint32_t first, last;
} hidden[] = {
	{ 0x00ad, 0x00ad },	/* soft hyphen: drawn or not as the terminal likes */
	{ 0x034f, 0x034f },	/* grapheme joiner */
	{ 0x061c, 0x061c },	/* Arabic letter mark */
	{ 0x115f, 0x11ff },	/* Hangul fillers and parts that join what stands before them */
	{ 0x180b, 0x180f },	/* Mongolian selectors */
	{ 0x200b, 0x200f },	/* zero-width, left-to-right and right-to-left marks */
	{ 0x2028, 0x202e },	/* line and paragraph separators, embeddings and overrides */
	{ 0x2060, 0x206f },	/* joiners, isolates, deprecated format characters */
	{ 0x3164, 0x3164 },	/* Hangul filler */
	{ 0xd7b0, 0xd7ff },	/* more Hangul parts */
	{ 0xe000, 0xf8ff },	/* private use: looks like whatever a font says */
	{ 0xfe00, 0xfe0f },	/* variation selectors */
	{ 0xfeff, 0xfeff },	/* byte order mark */
	{ 0xffa0, 0xffa0 },	/* half-width Hangul filler */
	{ 0xfff0, 0xfffb },	/* annotation */
	{ 0x1f1e6, 0x1f1ff },	/* regional letters: two of them join to one flag */
	{ 0x1f3fb, 0x1f3ff },	/* skin tones join what stands before them */
	{ 0xe0000, 0x10ffff },	/* tags, selectors, private planes */
};

int tty_clean_width(uint32_t character)
{
	int width;

	if (character < 0x20 || (character >= 0x7f && character < 0xa0) || character > 0x10ffff)
		return 0;
	if (character < 0x7f)
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (character >= hidden[i].first && character <= hidden[i].last)
			return 0;
	width = wcwidth((wchar_t)character);
	return width == 1 || width == 2 ? width : 0;
}

/* How many bytes the character that starts with @lead has; 0: no character starts so. */
static size_t sequence_len(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

uint32_t tty_clean_next(const char **at, const char *end)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)*at;
	size_t len = sequence_len(bytes[0]);
	uint32_t character;

	*at += 1;
	if (len == 1)
		return bytes[0];
	if (len == 0 || (size_t)(end - (const char *)bytes) < len)
		return NOT_A_CHARACTER;
	character = bytes[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return NOT_A_CHARACTER;
		character = character << 6 | (bytes[i] & 0x3f);
	}
	if (character < least[len] || (character >= 0xd800 && character < 0xe000) || character > 0x10ffff)
		return NOT_A_CHARACTER;
	*at += len - 1;
	return character;
}

size_t tty_clean_put(char *out, uint32_t character)
{
	if (character < 0x80) {
		out[0] = (char)character;
		return 1;
	}
	if (character < 0x800) {
		out[0] = (char)(0xc0 | character >> 6);
		out[1] = (char)(0x80 | (character & 0x3f));
		return 2;
	}
	if (character < 0x10000) {
		out[0] = (char)(0xe0 | character >> 12);
		out[1] = (char)(0x80 | (character >> 6 & 0x3f));
		out[2] = (char)(0x80 | (character & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | character >> 18);
	out[1] = (char)(0x80 | (character >> 12 & 0x3f));
	out[2] = (char)(0x80 | (character >> 6 & 0x3f));
	out[3] = (char)(0x80 | (character & 0x3f));
	return 4;
}

int tty_clean(char *out, size_t out_size, const char *text, size_t len_bytes, int columns)
{
	const char *end = text + len_bytes;
	size_t used = 0;
	int at_column = 0;

	if (out_size == 0)
		return 0;
	while (text < end) {
		uint32_t character = tty_clean_next(&text, end);
		int width = tty_clean_width(character);
		char bytes[4];
		size_t len;

		if (width == 0) {
			character = '?';
			width = 1;
		}
		len = tty_clean_put(bytes, character);
		if (used + len >= out_size || (columns >= 0 && at_column + width > columns))
			break;
		for (size_t i = 0; i < len; i++)
			out[used++] = bytes[i];
		at_column += width;
	}
	out[used] = '\0';
	return at_column;
}
