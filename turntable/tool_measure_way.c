/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tool_measure_way.c - speeds, when a command begins to move, and how often and how late the table says where it is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "turntable/tool_measure.h"

#define LOOK_NS (3 * NS_PER_S)
#define WAY_LEAST_MDEG 60000
#define FASTER_AT_MOST 0.05
#define SLOWER_AT_MOST 0.25	/* a table with a few speeds takes the next slower one */
#define ANSWER_AT_MOST_MS 250	/* at 2400 baud question and answer alone take 60 */
#define GAP_AT_MOST_MS 250

/* The mean speed over the middle of the way, in deg/s; NAN with too few samples there. */
static double plateau(const struct measure *measure)
{
	const struct measure_sample *samples = measure->samples, *first = NULL, *last = NULL;
	int64_t from, way;

	if (measure->sample_count < 2)
		return NAN;
	from = samples[0].at_mdeg;
	way = samples[measure->sample_count - 1].at_mdeg - from;
	for (size_t i = 0; i < measure->sample_count; i++) {
		double part = way ? (double)(samples[i].at_mdeg - from) / (double)way : 0;

		if (part < 0.3 || part > 0.7)
			continue;
		first = first ? first : &samples[i];
		last = &samples[i];
	}
	if (!first || last->sampled_ns <= first->sampled_ns)
		return NAN;
	return fabs((double)(last->at_mdeg - first->at_mdeg)) / 1000 /
	       ((double)(last->sampled_ns - first->sampled_ns) / (double)NS_PER_S);
}

/* From the command to the first report of a place further on, in ms. */
static double delay(const struct measure *measure, uint64_t given_ns, int64_t from_mdeg)
{
	for (size_t i = 0; i < measure->sample_count; i++)
		if (measure->samples[i].sampled_ns >= given_ns && measure->samples[i].at_mdeg != from_mdeg)
			return (double)(measure->samples[i].sampled_ns - given_ns) / (double)NS_PER_MS;
	return NAN;
}

static void add_speed(struct measure *measure, int32_t asked_mdeg_s, double measured)
{
	double asked = asked_mdeg_s / 1000.0;
	char key[40], title[96];
	const struct figure figure = {
		.key = key, .title = title, .unit = _("deg/s"), .value = measured, .decimals = 2,
		.at_least = asked * (1 - SLOWER_AT_MOST), .at_most = asked * (1 + FASTER_AT_MOST),
	};

	snprintf(key, sizeof key, "speed_%g", asked);
	snprintf(title, sizeof title, _("speed when %g deg/s is asked for"), asked);
	figures_add(&measure->figures, &figure);
}

int measure_speeds(struct measure *measure, struct err *err)
{
	struct series delays = { .count = 0 };
	struct figure figure = { .key = "delay", .title = _("from command to motion, median"), .unit = "ms",
				 FIGURE_INFORMS, .note = _("to the first report of another angle") };
	int rc = 0;

	for (size_t i = 0; i < measure->speed_count && rc == 0; i++) {
		int32_t speed = measure->speeds_mdeg_s[i];
		int64_t from_mdeg = measure_at_mdeg(measure);
		int64_t way = CLAMP((int64_t)speed * 4, WAY_LEAST_MDEG, MDEG_PER_TURN);
		uint64_t given_ns = clock_mono_ns();

		rc = measure_turn(measure, i % 2 ? -way : way, speed, err);
		if (rc < 0 || !measure->reports)
			continue;
		series_add(&delays, delay(measure, given_ns, from_mdeg));
		add_speed(measure, speed, plateau(measure));
	}
	figure.value = series_percentile(&delays, 50);
	if (rc == 0)
		figures_add(&measure->figures, &figure);
	series_free(&delays);
	return rc;
}

/* --- reports -------------------------------------------------------------------------------------- */

static void add_percentile(struct measure *measure, struct series *series, const char *key, const char *title,
			   double percent, double at_most)
{
	const struct figure figure = {
		.key = key, .title = title, .unit = "ms", .value = series_percentile(series, percent),
		.decimals = 1, FIGURE_AT_MOST(at_most),
	};

	figures_add(&measure->figures, &figure);
}

/* How old the angle on a screen can be just before the next one comes. */
static void add_age(struct measure *measure)
{
	const struct figure figure = {
		.key = "age", .title = _("age of the reported angle in motion, 95 of 100"), .unit = "ms", .decimals = 1,
		.value = series_percentile(&measure->gaps_ms, 95) + series_percentile(&measure->answers_ms, 95),
		FIGURE_INFORMS, .note = _("from one report to the next and its answer"),
	};

	figures_add(&measure->figures, &figure);
}

/* A look at the table at rest; what came on the ways before is in the series already. */
int measure_reports(struct measure *measure, struct err *err)
{
	int rc = tool_run_pass(&measure->run, LOOK_NS, err);

	if (rc < 0 || !measure->reports)
		return rc;
	add_percentile(measure, &measure->answers_ms, "answer_min", _("from question to answer, least"), 0, NAN);
	add_percentile(measure, &measure->answers_ms, "answer_median", _("from question to answer, median"), 50, NAN);
	add_percentile(measure, &measure->answers_ms, "answer_p95", _("from question to answer, 95 of 100"), 95,
		       ANSWER_AT_MOST_MS);
	add_percentile(measure, &measure->gaps_ms, "gap_median", _("between reports in motion, median"), 50, NAN);
	add_percentile(measure, &measure->gaps_ms, "gap_p95", _("between reports in motion, 95 of 100"), 95,
		       GAP_AT_MOST_MS);
	add_age(measure);
	return 0;
}
