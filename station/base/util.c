/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/util.h"

#include <errno.h>
#include <sched.h>
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

int util_write(int fd, const void *bytes, size_t len_bytes)
{
	const char *at = bytes;

	while (len_bytes > 0) {
		ssize_t put = write(fd, at, len_bytes);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		at += put;
		len_bytes -= (size_t)put;
	}
	return 0;
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

bool util_realtime(int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0;
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

/* More digits than any number here needs; keeps the arithmetic below inside 64 bits. */
#define DIGITS_MAX 9

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at *at, shifted to three decimals when @decimals; -1: none, or too many. */
static int64_t read_digits(const char **at, bool decimals)
{
	int limit = decimals ? 3 : DIGITS_MAX, count = 0;
	int64_t value = 0;

	for (; is_digit(**at); (*at)++, count++)
		if (count < limit)
			value = value * 10 + (**at - '0');
	if (count == 0 || count > limit)
		return -1;
	for (; decimals && count < 3; count++)
		value *= 10;
	return value;
}

bool util_thousandths(int64_t *out, const char *text)
{
	bool negative = *text == '-';
	int64_t whole, part = 0;

	text += *text == '-' || *text == '+';
	whole = read_digits(&text, false);
	if (whole < 0)
		return false;
	if (*text == '.') {
		text++;
		part = read_digits(&text, true);
	}
	if (part < 0 || *text)
		return false;
	*out = negative ? -(whole * 1000 + part) : whole * 1000 + part;
	return true;
}
