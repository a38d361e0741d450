/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

uint64_t clock_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

int64_t clock_utc_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_utc_of_mono_us(uint64_t mono_ns)
{
	int64_t age_ns = (int64_t)(clock_mono_ns() - mono_ns);

	return clock_utc_us() - age_ns / 1000;
}

int clock_poll_ms(uint64_t deadline_ns)
{
	uint64_t now_ns = clock_mono_ns();
	uint64_t wait_ms;

	if (deadline_ns == UINT64_MAX)
		return -1;
	if (deadline_ns <= now_ns)
		return 0;
	wait_ms = (deadline_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
	return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

void clock_format_utc(char *text, size_t size, int64_t utc_us)
{
	time_t seconds = (time_t)(utc_us / 1000000);
	struct tm utc;
	char date[24];

	gmtime_r(&seconds, &utc);
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, size, "%s.%03dZ", date, (int)(utc_us % 1000000 / 1000));
}
