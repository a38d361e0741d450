/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock.h - monotonic time orders, UTC labels.
 *
 * All deadlines and media times are CLOCK_MONOTONIC nanoseconds; UTC is microseconds since the Unix
 * epoch and only ever shown or recorded. Any thread.
 */
#ifndef OSTEND_BASE_CLOCK_H
#define OSTEND_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

uint64_t clock_mono_ns(void);
int64_t clock_utc_us(void);

/** The UTC time at which the monotonic clock showed @mono_ns, by the offset of now. */
int64_t clock_utc_of_mono_us(uint64_t mono_ns);

/** Milliseconds from now to @deadline_ns for poll(): 0 when it has passed, rounded up, -1 for UINT64_MAX. */
int clock_poll_ms(uint64_t deadline_ns);

/** "2026-11-24T08:15:59.123Z" into @text (at least 25 bytes). */
void clock_format_utc(char *text, size_t size, int64_t utc_us);

#endif
