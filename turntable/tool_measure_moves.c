/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_measure_moves.c - homing again and again, and many moves there and back: does it come to the same place?
 *
 * What the table says of itself shows only that it has counted right. Whether it stands there, the reference
 * switch shows, where the driver looks for it by count, and a mark at the rim, where somebody looks at it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "turntable/tool_ask.h"
#include "turntable/tool_measure.h"

#define ERROR_AT_MOST_DEG 0.1
#define MARK_AT_MOST_DEG 0.5
#define WAY_LEAST_MDEG 5000
#define WAY_MOST_MDEG 60000
#define RETURN_EVERY 10
#define FAR_MDEG 30000		/* from where it comes back to the mark */

/* --- homing --------------------------------------------------------------------------------------- */

static void add_homing(struct measure *measure, struct series *places, struct series *seconds)
{
	const struct figure wander = {
		.key = "home_wander", .title = _("angle reported after homing, largest difference"), .unit = _("deg"),
		.value = (series_percentile(places, 100) - series_percentile(places, 0)) / 1000, .decimals = 3,
		FIGURE_AT_MOST(ERROR_AT_MOST_DEG),
		.note = _("a controller that counts anew at its switch shows none: see its words below"),
	};
	const struct figure time = { .key = "home_time", .title = _("homing takes at most"), .unit = "s",
				     .value = series_percentile(seconds, 100), .decimals = 1, FIGURE_INFORMS };

	figures_add(&measure->figures, &wander);
	figures_add(&measure->figures, &time);
}

int measure_homing(struct measure *measure, struct err *err)
{
	struct series places = { .count = 0 }, seconds = { .count = 0 };
	int rc = 0;

	for (int i = 0; i < measure->run.options->homings && measure->can_home && rc == 0; i++) {
		uint64_t begun_ns;

		if (i > 0)	/* from another side each time */
			rc = measure_turn(measure, i % 2 ? FAR_MDEG * (1 + i % 4) : -FAR_MDEG * (1 + i % 4), 0, err);
		begun_ns = clock_mono_ns();
		if (rc == 0)
			rc = measure_home(measure, err);
		if (rc < 0)
			break;
		series_add(&seconds, (double)(clock_mono_ns() - begun_ns) / (double)NS_PER_S);
		series_add(&places, (double)measure_at_mdeg(measure));
	}
	if (rc == 0 && measure->can_home)
		add_homing(measure, &places, &seconds);
	series_free(&places);
	series_free(&seconds);
	return rc;
}

/* --- moves ---------------------------------------------------------------------------------------- */

struct walk {
	int64_t mark_mdeg;		/* where it starts and comes back to */
	uint32_t random;
	struct series errors_deg, cw_deg, ccw_deg;	/* of all ends; of the mark, by the side it came from */
};

/* The same way each time it is measured. */
static int64_t next_way(struct walk *walk)
{
	int64_t way;

	walk->random = walk->random * 1664525u + 1013904223u;
	way = WAY_LEAST_MDEG + (walk->random >> 8) % (WAY_MOST_MDEG - WAY_LEAST_MDEG);
	return walk->random >> 31 ? way : -way;
}

static int go_to(struct measure *measure, struct walk *walk, int64_t target_mdeg, struct err *err)
{
	int rc = measure_turn(measure, target_mdeg - measure_at_mdeg(measure), 0, err);

	if (rc == 0)
		series_add(&walk->errors_deg, (double)(measure_at_mdeg(measure) - target_mdeg) / 1000);
	return rc;
}

/* Back to the mark, from clockwise or from counter-clockwise of it. */
static int come_back(struct measure *measure, struct walk *walk, bool clockwise, struct err *err)
{
	int rc = go_to(measure, walk, walk->mark_mdeg + (clockwise ? -FAR_MDEG : FAR_MDEG), err);

	if (rc == 0)
		rc = go_to(measure, walk, walk->mark_mdeg, err);
	if (rc == 0)
		series_add(clockwise ? &walk->cw_deg : &walk->ccw_deg,
			   (double)(measure_at_mdeg(measure) - walk->mark_mdeg) / 1000);
	return rc;
}

/* As far from the mark as it may get: a turn is at most 360 degrees, and a cable is not wound up. */
static int64_t keep_near(const struct walk *walk, int64_t target_mdeg)
{
	return llabs(target_mdeg - walk->mark_mdeg) > MDEG_PER_TURN / 2 ? walk->mark_mdeg : target_mdeg;
}

static int walk_about(struct measure *measure, struct walk *walk, struct err *err)
{
	int rc = 0;

	for (int i = 1; i <= measure->run.options->moves && rc == 0; i++)
		rc = i % RETURN_EVERY ?
			go_to(measure, walk, keep_near(walk, measure_at_mdeg(measure) + next_way(walk)), err) :
			come_back(measure, walk, i / RETURN_EVERY % 2, err);
	return rc < 0 ? rc : come_back(measure, walk, true, err);
}

static int ask_mark(struct measure *measure, struct err *err)
{
	struct figure figure = { .key = "mark_after_moves", .title = _("mark at the rim after all moves, off by"),
				 .unit = _("deg"), .value = NAN, .decimals = 2, FIGURE_AT_MOST(MARK_AT_MOST_DEG),
				 .note = _("nobody was asked to look") };
	int64_t off_mdeg = 0;
	int rc = 0;

	if (measure->asks) {
		rc = tool_ask_degrees(&measure->run, _("By how many degrees is the mark off? (nothing: not at all)"),
				      -180000, 180000, &off_mdeg, err);
		figure.value = fabs((double)off_mdeg / 1000);
		figure.note = _("read by the engineer");
	}
	if (rc == 0)
		figures_add(&measure->figures, &figure);
	return rc;
}

static void add_moves(struct measure *measure, struct walk *walk)
{
	char title[128];
	const struct figure error = { .key = "move_error", .title = title, .unit = _("deg"),
				      .value = series_most(&walk->errors_deg), .decimals = 3,
				      FIGURE_AT_MOST(ERROR_AT_MOST_DEG), .note = _("as the table reports it") };
	const struct figure repeat = {
		.key = "repeatability", .title = _("back at one place, largest difference"), .unit = _("deg"),
		.value = fmax(series_percentile(&walk->cw_deg, 100), series_percentile(&walk->ccw_deg, 100)) -
			 fmin(series_percentile(&walk->cw_deg, 0), series_percentile(&walk->ccw_deg, 0)),
		.decimals = 3, FIGURE_AT_MOST(ERROR_AT_MOST_DEG), .note = _("as the table reports it"),
	};

	snprintf(title, sizeof title, _("end of a move off by at most, of %zu"), walk->errors_deg.count);
	figures_add(&measure->figures, &error);
	figures_add(&measure->figures, &repeat);
}

/* Only an encoder sees the play of the gear: the place differs with the side it was come from. */
static void add_backlash(struct measure *measure, struct walk *walk)
{
	json_t *source = measure_state(measure, "source");
	bool encoder = json_is_string(source) && strcmp(json_string_value(source), "encoder") == 0;
	const struct figure figure = {
		.key = "backlash", .title = _("play between the two directions"), .unit = _("deg"), .decimals = 3,
		.value = encoder ? fabs(series_percentile(&walk->cw_deg, 50) - series_percentile(&walk->ccw_deg, 50)) : NAN,
		FIGURE_INFORMS, .note = encoder ? NULL : _("only an encoder shows it; ostend-table calibrate measures it"),
	};

	json_decref(source);
	figures_add(&measure->figures, &figure);
}

/* Steps lost on the way are found where the switch is looked for by count; the driver has a sentence for it. */
static int home_again(struct measure *measure, struct err *err)
{
	json_t *message = NULL;
	int rc = measure_home(measure, err);

	if (rc < 0)
		return rc;
	message = measure_state(measure, "message");
	figures_add_fact(&measure->figures, "count_kept", _("homing after all moves has found no lost steps"),
			 !message || !json_string_length(message), json_string_value(message));
	json_decref(message);
	return 0;
}

int measure_moves(struct measure *measure, struct err *err)
{
	struct walk walk = { .mark_mdeg = measure_at_mdeg(measure), .random = 1 };
	char ignored[16];
	int rc = 0;

	if (measure->asks)
		rc = tool_ask(&measure->run, _("Put a mark at the rim beside one that does not turn, then press Enter."),
			      ignored, sizeof ignored, err);
	if (rc == 0)
		rc = walk_about(measure, &walk, err);
	if (rc == 0) {
		add_moves(measure, &walk);
		add_backlash(measure, &walk);
		rc = ask_mark(measure, err);
	}
	if (rc == 0 && measure->can_home)
		rc = home_again(measure, err);
	series_free(&walk.errors_deg);
	series_free(&walk.cw_deg);
	series_free(&walk.ccw_deg);
	return rc;
}
