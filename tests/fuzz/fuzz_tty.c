/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first byte is the width to clip to, the rest is foreign text; the claims are tty_clean.h's. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "station/base/tty_clean.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void require(int holds)
{
	if (!holds)
		abort();
}

/* By the C library's own decoder, so that a mistake in ours cannot hide itself. */
static int width_by_the_library(const char *text)
{
	mbstate_t state = { 0 };
	size_t left = strlen(text);
	int columns = 0;

	while (left > 0) {
		wchar_t wide;
		size_t len = mbrtowc(&wide, text, left, &state);

		require(len > 0 && len <= left);
		require(wide >= 0x20 && (wide < 0x7f || wide > 0x9f));
		require(!(wide >= 0x200b && wide <= 0x200f) && !(wide >= 0x2028 && wide <= 0x202e));
		require(!(wide >= 0x2066 && wide <= 0x2069) && wide != 0xfeff);
		require(wcwidth(wide) > 0);
		columns += wcwidth(wide);
		text += len;
		left -= len;
	}
	return columns;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	static int ready;
	char out[256];
	int limit, columns;

	if (!ready++)
		require(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	if (len_bytes == 0)
		return 0;
	limit = (signed char)bytes[0];
	memset(out, 0x1b, sizeof out);
	columns = tty_clean(out, sizeof out, (const char *)bytes + 1, len_bytes - 1, limit);
	require(memchr(out, '\0', sizeof out) != NULL);
	require(limit < 0 || columns <= limit);
	require(width_by_the_library(out) == columns);
	return 0;
}
