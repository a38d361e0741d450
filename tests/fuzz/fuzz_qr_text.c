/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a scan found: a text that is a label's is written again the same, and a sentence never holds a control. */
#include <stdlib.h>
#include <string.h>

#include "station/base/qr_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void read_typed(const uint8_t *bytes, size_t len_bytes)
{
	char *text = strndup((const char *)bytes, len_bytes), code[ITEM_CODE_SIZE], again[ITEM_CODE_SIZE];
	enum item_code_kind kind;
	struct err err;

	if (text && item_code_read(code, &kind, text, &err) == 0)
		require(item_code_read(again, &kind, code, &err) == 0 && strcmp(code, again) == 0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	char code[ITEM_CODE_SIZE], text[QR_TEXT_SIZE];
	enum item_code_kind kind;
	struct err err;

	read_typed(bytes, len_bytes);
	if (qr_text_read(code, &kind, (const char *)bytes, len_bytes, &err) == 0) {
		qr_text_print(text, code);
		require(strlen(text) == len_bytes && memcmp(text, bytes, len_bytes) == 0);
		return 0;
	}
	for (const char *at = err.text; *at; at++)
		require((unsigned char)*at >= ' ' && *at != 0x7f);
	return 0;
}
