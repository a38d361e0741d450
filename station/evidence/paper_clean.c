/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is entered by somebody stands in a document that others sign. So nothing may change how the rest is read
 * without being seen: "exe.gpj" turned round by U+202E is no picture.
 */
#include "station/evidence/paper_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xfffd
#define LONGEST 10		/* "[U+10FFFF]": what one character can become */

/* One character of RFC 3629, and its length in *@bytes; REPLACEMENT and 1 for a byte that begins none. */
static uint32_t decode(const unsigned char *at, unsigned *bytes)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned count = *at < 0x80 ? 1 : (*at & 0xe0) == 0xc0 ? 2 : (*at & 0xf0) == 0xe0 ? 3 :
			 (*at & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t code = count == 1 ? *at : *at & (0x7fu >> count);

	*bytes = 1;
	if (!count)
		return REPLACEMENT;
	for (unsigned i = 1; i < count; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (code < least[count] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return REPLACEMENT;
	*bytes = count;
	return code;
}

struct range { uint32_t first, last; };

/* Cc but newline; Cf and others that are not seen or act on their neighbours; characters that are none. */
static bool unseen(uint32_t code)
{
	static const struct range ranges[] = {
		{ 0x00, 0x09 }, { 0x0b, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x115f, 0x1160 },
		{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
		{ 0xfdd0, 0xfdef }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return (code & 0xfffe) == 0xfffe;
}

/* In one sweep of marks over one letter there is no writing: the fourth and further ones are shown apart. */
static bool combining(uint32_t code)
{
	return (code >= 0x300 && code < 0x370) || (code >= 0x483 && code < 0x48a) || (code >= 0x1ab0 && code < 0x1b00) ||
	       (code >= 0x1dc0 && code < 0x1e00) || (code >= 0x20d0 && code < 0x2100) || (code >= 0xfe20 && code < 0xfe30);
}

char *paper_clean(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	char *out = malloc(strlen(text) * LONGEST + 1), *end = out;
	unsigned bytes, marks = 0;

	for (; out && *at; at += bytes) {
		uint32_t code = decode(at, &bytes);

		marks = combining(code) ? marks + 1 : 0;
		if (*at == '\t') {
			*end++ = ' ';
		} else if (code == REPLACEMENT) {
			memcpy(end, "\xef\xbf\xbd", 3);
			end += 3;
		} else if (unseen(code) || marks > 3) {
			end += sprintf(end, "[U+%04X]", (unsigned)code);
		} else {
			memcpy(end, at, bytes);
			end += bytes;
		}
	}
	if (out)
		*end = '\0';
	return out;
}
