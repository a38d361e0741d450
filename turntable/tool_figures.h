/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_figures.h - what was measured: numbers, what is demanded of them, and the report that states both.
 *
 * A figure without a demand informs. One with a demand passes or fails; one that nobody could see says so and
 * counts as neither.
 */
#ifndef OSTEND_TURNTABLE_TOOL_FIGURES_H
#define OSTEND_TURNTABLE_TOOL_FIGURES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* --- numbers --- */

struct series {
	double *values;
	size_t count, room;
};

void series_add(struct series *series, double value);	/* without memory: left out */
void series_free(struct series *series);
/** The value below which @percent of them lie; sorts them. NAN of none. */
double series_percentile(struct series *series, double percent);
double series_most(const struct series *series);	/* the largest absolute value; NAN of none */

/** The line through points: *@at_zero + *@slope * x. False with less than two different @x. */
bool figures_line(const double *x, const double *y, size_t count, double *at_zero, double *slope);

/* --- figures --- */

struct figure {
	const char *key, *title, *unit;	/* "stop_angle_30", the title in the user's language, "deg" */
	double value;			/* NAN: could not be seen */
	double at_least, at_most;	/* demanded; NAN: nothing is */
	int decimals;
	const char *note;		/* NULL: none */
};

#define FIGURE_INFORMS .at_least = NAN, .at_most = NAN
#define FIGURE_AT_MOST(limit) .at_least = NAN, .at_most = (limit)

struct figures {
	json_t *list;			/* of objects, in order; the caller's */
	unsigned failed, unseen;	/* unseen: although something was demanded */
};

void figures_add(struct figures *figures, const struct figure *figure);
/** A demand that is met or not, without a number. */
void figures_add_fact(struct figures *figures, const char *key, const char *title, bool met, const char *note);

/** Write the report @root, see tool_measure.c, as text that can be filed and signed. */
void figures_print(FILE *file, const json_t *root);

#endif
