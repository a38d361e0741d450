/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * circle.h - a position from angles that are told modulo one turn, and what they say about rest.
 *
 * For drivers whose controllers tell an angle and no more: no state, no count of turns, and nobody knows how old
 * the angle is. An angle is taken for the nearest to where the table was, or can be on the piece it was sent; one
 * that it cannot have reached is damaged, or it lost its count, and is believed when the next one agrees. Rest is
 * what equal angles say that were asked for late enough. Thread: the driver's.
 */
#ifndef OSTEND_TURNTABLE_CIRCLE_H
#define OSTEND_TURNTABLE_CIRCLE_H

#include "turntable/driver.h"

#define CIRCLE_NEVER UINT64_MAX

struct circle {
	int64_t full;			/* counts of one turn of the axis that is told */
	uint64_t span_ns;		/* equal angles must be so far apart: some tell one that is remembered */
	uint64_t line_ns;		/* so long an answer takes on the line */
	int32_t max_mdeg_s;		/* of the table */

	bool tracked;			/* the last angle is one to compare the next with */
	struct drive_suspect suspect;

	uint64_t rest_ns;		/* angles asked for before this time say nothing about rest */
	uint64_t still_ns;		/* when the first of the equal ones was asked for */
	int64_t still_native;
	unsigned still_count;

	bool swept;			/* the piece may have been turned, or a part of it, since it last stood */
	int64_t from, by;
	int64_t measured_native;	/* the speed is measured from here */
	uint64_t measured_ns;
};

enum circle_word {
	CIRCLE_DOUBTED,			/* not believed yet */
	CIRCLE_JUMPED,			/* believed, and the reference is gone; a sample */
	CIRCLE_SAMPLED,
	CIRCLE_STILL,			/* equal angles since rest_ns: it stands */
	CIRCLE_MOVED,			/* it stood, by state.motion, and does so no more */
};

/**
 * The controller says @angle, modulo circle->full, to a question of @asked_ns: a sample of the drive, unless it
 * is doubted. When it was not heard for so long that it may have turned round, the reference goes.
 */
enum circle_word circle_take(struct circle *circle, struct drive *drive, int64_t angle, uint64_t asked_ns,
			     uint64_t now_ns);
/** From now on nothing says that it rests before @rest_ns. */
void circle_unrest(struct circle *circle, uint64_t rest_ns);
/** It is sent from where it is, by so much: less than half a turn. */
void circle_sweep(struct circle *circle, int64_t from, int64_t by, uint64_t now_ns);
/** How far it is beyond the end of the piece; negative while it is not there. */
int64_t circle_beyond(const struct circle *circle, int64_t native);
/**
 * Measured over a second, it turns by more than a quarter and a degree a second faster than @speed_mdeg_s. Not
 * known of one that tells its angle only when it has come to rest.
 */
bool circle_too_fast(struct circle *circle, const struct drive *drive, int32_t speed_mdeg_s, uint64_t now_ns);

#endif
