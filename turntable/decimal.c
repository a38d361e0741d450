/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool decimal_read(const char **at, int64_t *milli)
{
	const char *c = *at;
	bool negative = *c == '-';
	int64_t value = 0;
	int digits = 0, decimals = 0;

	if (*c == '-' || *c == '+')
		c++;
	for (; *c >= '0' && *c <= '9' && digits < 12; c++, digits++)
		value = value * 10 + (*c - '0');
	if (!digits)
		return false;
	if (*c == '.')
		for (c++; *c >= '0' && *c <= '9'; c++)
			if (decimals < 3) {
				value = value * 10 + (*c - '0');
				decimals++;
			}
	for (; decimals < 3; decimals++)
		value *= 10;
	*at = c;
	*milli = negative ? -value : value;
	return true;
}

void decimal_print(char *text, size_t size, int64_t milli)
{
	long long whole = llabs(milli) / 1000, part = llabs(milli) % 1000;
	size_t len;

	snprintf(text, size, "%s%lld.%03lld", milli < 0 ? "-" : "", whole, part);
	len = strlen(text);
	while (text[len - 1] == '0')
		text[--len] = '\0';
	if (text[len - 1] == '.')
		text[len - 1] = '\0';
}
