/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/util.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

void util_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void util_freep(void *ptr)
{
	void *block;

	memcpy(&block, ptr, sizeof block);
	free(block);
}

void util_random(void *buf, size_t len_bytes)
{
	unsigned char *at = buf;

	while (len_bytes > 0) {
		/* getrandom gives at most 256 bytes without interruption */
		ssize_t got = getrandom(at, MIN(len_bytes, 256), 0);

		if (got <= 0)
			abort();
		at += got;
		len_bytes -= (size_t)got;
	}
}

void util_hurry(void)
{
	/* on Linux "process 0" is the calling thread alone */
	(void)setpriority(PRIO_PROCESS, 0, -10);
}

void util_hex(char *hex, const void *bytes, size_t len_bytes)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len_bytes; i++) {
		hex[2 * i] = digits[at[i] >> 4];
		hex[2 * i + 1] = digits[at[i] & 15];
	}
	hex[2 * len_bytes] = '\0';
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

int util_unhex(void *bytes, size_t len_bytes, const char *hex)
{
	unsigned char *at = bytes;

	if (strlen(hex) != 2 * len_bytes)
		return -1;
	for (size_t i = 0; i < len_bytes; i++) {
		int high = hex_value(hex[2 * i]);
		int low = hex_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		at[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}
