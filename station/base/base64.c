/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/base64.h"

#include <limits.h>
#include <string.h>

static int value_of(char character)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = character ? strchr(alphabet, character) : NULL;

	return found ? (int)(found - alphabet) : -1;
}

int base64_decode(void *bytes, size_t size, const char *text, size_t len)
{
	size_t padding = len ? (text[len - 1] == '=') + (len > 1 && text[len - 1] == '=' && text[len - 2] == '=') : 0;
	size_t count = 0;
	uint32_t bits = 0;
	unsigned held = 0;

	if (len % 4 || len / 4 * 3 - padding > MIN(size, (size_t)INT_MAX))
		return -1;
	for (size_t i = 0; i < len - padding; i++) {
		int value = value_of(text[i]);

		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			((uint8_t *)bytes)[count++] = (uint8_t)(bits >> held);
			bits &= (1u << held) - 1;
		}
	}
	return bits ? -1 : (int)count;
}
