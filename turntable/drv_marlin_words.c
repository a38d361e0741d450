/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_marlin_words.c - what a Marlin prints, as numbers.
 *
 * MarlinDocumentation _gcode/M114.md, M115.md, M503.md, M211.md; Marlin's queue.cpp for the checksum.
 */
#include "turntable/drv_marlin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/decimal.h"

uint8_t marlin_checksum(const char *text, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum ^ (uint8_t)text[i]);
	return sum;
}

/* "X:10.00 Y:0.00 Z:0.00 E:0.00 Count X:800 Y:0 Z:0"; a core machine says A for X. */
bool marlin_count(const char *line, int64_t *steps, int64_t *milli)
{
	const char *at = strstr(line, " Count ");
	char *end;

	if (strncmp(line, "X:", 2) != 0 || !at || (strncmp(at + 7, "X:", 2) != 0 && strncmp(at + 7, "A:", 2) != 0))
		return false;
	line += 2;
	if (!decimal_read(&line, milli) || *line != ' ')
		return false;
	at += 9 + strspn(at + 9, " ");
	if (!strchr("-0123456789", *at))
		return false;
	*steps = strtoll(at, &end, 10);
	return end != at && (*end == ' ' || !*end) && end - at < 12;
}

static const char *behind_echo(const char *line)
{
	while (strncmp(line, "echo:", 5) == 0)
		line += 5;
	return line + strspn(line, " ");
}

bool marlin_setting(const char *line, const char *code, char letter, int64_t *milli)
{
	const char *at = behind_echo(line);
	size_t len = strlen(code);

	if (strncmp(at, code, len) != 0 || at[len] != ' ')
		return false;
	for (at += len; *at && *at != ';'; at++)
		if (at[0] == ' ' && at[1] == letter) {
			at += 2;
			return decimal_read(&at, milli) && (*at == ' ' || !*at);
		}
	return false;
}

int marlin_version(const char *line)
{
	const char *at = strstr(line, "Marlin ");
	int major, minor = 0, patch = 0;

	if (!at)
		return 0;
	at += 7;
	if (strncmp(at, "bugfix-", 7) == 0)
		at += 7;
	if (sscanf(at, "%2d.%2d.%2d", &major, &minor, &patch) < 1 || major < 1 || minor < 0 || patch < 0)
		return 0;
	return major * 10000 + minor * 100 + patch;
}

/* "Soft endstops: On  Min:  X0.00 Y0.00 Z0.00   Max:  X200.00 ..." */
bool marlin_soft_endstops(const char *line, struct marlin_settings *settings)
{
	const char *at = strstr(line, "oft endstops:"), *low = strstr(line, "Min:"), *high = strstr(line, "Max:");

	if (!at)
		return false;
	at += 13 + strspn(at + 13, " ");
	settings->endstops = strncmp(at, "On", 2) == 0 || strncmp(at, "ON", 2) == 0;
	if (!low || !high)
		return true;
	low = strchr(low, 'X');
	high = strchr(high, 'X');
	if (low && high) {
		low++;
		high++;
		decimal_read(&low, &settings->low_milli);
		decimal_read(&high, &settings->high_milli);
	}
	return true;
}
