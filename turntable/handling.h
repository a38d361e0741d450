/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * handling.h - how fast, and how softly, an exhibit may be turned: what its handling card says.
 *
 * The kinds are the lines of handling.def; an exhibit may be of several, then the least of each limit holds.
 * A set of kinds is a mask, bit n being line n. The figures are far below where a thing that stands on a
 * rough plate begins to slide or tip; they leave room for what nobody has seen yet. Any thread.
 */
#ifndef OSTEND_TURNTABLE_HANDLING_H
#define OSTEND_TURNTABLE_HANDLING_H

#include <stddef.h>
#include <stdint.h>

enum handling {
#define HANDLING(name, title, max_mdeg_s, max_mdeg_s2) HANDLING_##name,
#include "turntable/handling.def"
#undef HANDLING
	HANDLING_COUNT
};

struct handling_limits { int32_t max_mdeg_s, max_mdeg_s2; };	/* 0: no limit */

/** The least of the limits of the kinds in @mask. */
struct handling_limits handling_limits(uint32_t mask);

/** The bit of the kind called @name; 0: there is none. */
uint32_t handling_find(const char *name);
const char *handling_name(size_t index);	/* "fragile"; NULL after the last */
const char *handling_title(size_t index);	/* in the operator's language */

#endif
