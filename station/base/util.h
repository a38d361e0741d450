/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util.h - the few helpers that every file uses: scope-bound clean-up, array sizes, ranges. */
#ifndef OSTEND_BASE_UTIL_H
#define OSTEND_BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Run @func on the variable's address when it leaves scope; every *_freep accepts NULL inside. */
#define CLEANUP(func) __attribute__((cleanup(func)))

/* The pointer's value; the variable forgets it, so that CLEANUP frees nothing. */
#define MOVE(ptr) __extension__({ __typeof__(ptr) moved_ = (ptr); (ptr) = NULL; moved_; })

/* The same for a descriptor variable: it becomes -1. */
#define MOVE_FD(fd) __extension__({ int moved_fd_ = (fd); (fd) = -1; moved_fd_; })

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define CLAMP(value, low, high) ((value) < (low) ? (low) : (value) > (high) ? (high) : (value))

/* The struct that holds @member, from a pointer to the member. */
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define PRINTF_LIKE(format_arg, first_arg) __attribute__((format(printf, format_arg, first_arg)))

/* Define name ## p: what CLEANUP calls for a pointer variable of @type. */
#define DEFINE_FREEP(name, type)                                                                   \
	static inline void name##p(type *ptr)                                                      \
	{                                                                                          \
		if (*ptr)                                                                          \
			name(*ptr);                                                                \
	}

void util_closep(int *fd);	/* for CLEANUP(util_closep) int fd = -1; */
void util_freep(void *ptr);	/* for CLEANUP(util_freep) of anything from malloc */

/** Write all of the bytes to @fd, in as many calls as it takes. -1: errno says why. */
int util_write(int fd, const void *bytes, size_t len_bytes);

/** Fill @buf from the kernel's random source. Never fails after boot; aborts if the kernel has none. */
void util_random(void *buf, size_t len_bytes);

/**
 * Have the kernel run the calling thread, and those it makes from now on, before ordinary ones (nice -10).
 * Where the process has no right to that, nothing changes.
 */
void util_hurry(void);

/**
 * Have the kernel run the calling thread before all that are not in real time (SCHED_RR, @priority 1 to 99).
 * Threads and processes that it makes from now on are ordinary ones. For loops that never compute for long.
 *
 * @return false: the process has no right to that, as errno says, and nothing has changed
 */
bool util_realtime(int priority);

/** Write @len_bytes as lower-case hexadecimal and a NUL into @hex (2 * len_bytes + 1 bytes). */
void util_hex(char *hex, const void *bytes, size_t len_bytes);

/**
 * Read exactly 2 * @len_bytes hexadecimal digits (either case) into @bytes.
 *
 * @return 0; -1 when @hex is shorter, longer or holds another character
 */
int util_unhex(void *bytes, size_t len_bytes, const char *hex);

/**
 * Read "90", "-12.5" as whole thousandths: a decimal number with a point whatever the locale, at most nine
 * digits before it and three after it.
 *
 * @return false when @text is none
 */
bool util_thousandths(int64_t *out, const char *text);

#endif
