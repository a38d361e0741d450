/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_measure_stop.c - how far and how long the table turns on after a stop, from each speed.
 *
 * The angle at a stop is the last reported one carried on at the speed for as long as it is old. From speed v
 * the table turns on by v t + v^2 / 2a: with two speeds or more, (angle / v) over v is a line that gives both,
 * the time t until the stop takes hold and the deceleration a.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "turntable/tool_measure.h"

#define STEADY_WAIT_NS (8 * NS_PER_S)
#define STEADY_OVER_NS (250 * NS_PER_MS)
#define STEADY_WITHIN 0.04
#define LOOK_NS (10 * NS_PER_MS)
#define STOP_AT_MOST_S 2

struct stop_found { double speed_deg_s, angle_deg, time_s; };

/* The speed over a quarter of a second that ends with sample @last, mdeg/s, signed; @first begins it. 0: too few. */
static double speed_over(const struct measure *measure, size_t last, size_t *first)
{
	const struct measure_sample *end = &measure->samples[last];

	for (size_t i = last; i-- > 0;) {
		uint64_t over_ns = end->sampled_ns - measure->samples[i].sampled_ns;

		if (over_ns < STEADY_OVER_NS)
			continue;
		*first = i;
		return (double)(end->at_mdeg - measure->samples[i].at_mdeg) * (double)NS_PER_S / (double)over_ns;
	}
	return 0;
}

static double speed_now(const struct measure *measure)
{
	size_t first;

	return measure->sample_count ? speed_over(measure, measure->sample_count - 1, &first) : 0;
}

/* As fast as a quarter of a second ago. A table with a few speeds takes the next slower one. */
static bool is_steady(const struct measure *measure, int32_t speed_mdeg_s)
{
	size_t first = 0, ignored;
	double now, before;

	if (!measure->sample_count)
		return false;
	now = speed_over(measure, measure->sample_count - 1, &first);
	before = first ? speed_over(measure, first, &ignored) : 0;
	return fabs(now) * 2 >= abs(speed_mdeg_s) && fabs(now - before) <= STEADY_WITHIN * fabs(now);
}

/* Let it turn at @speed until it does so steadily. */
static int speed_up(struct measure *measure, int32_t speed_mdeg_s, struct err *err)
{
	const struct governor_request request = {
		.name = measure->can_spin ? GOVERNOR_SPIN : GOVERNOR_TURN, .by = TOOL_BY,
		.speed_mdeg_s = measure->can_spin ? speed_mdeg_s : abs(speed_mdeg_s),
		.by_mdeg = speed_mdeg_s < 0 ? -MDEG_PER_TURN : MDEG_PER_TURN,
	};
	uint64_t until_ns = clock_mono_ns() + STEADY_WAIT_NS;
	int rc = 0;

	measure_begin_way(measure);
	tool_run_give(&measure->run, &request);
	while (rc == 0 && !is_steady(measure, speed_mdeg_s)) {
		rc = tool_run_pass(&measure->run, LOOK_NS, err);
		if (rc == 0 && measure->run.ended)
			rc = err_set(err, ERR_STATE, "%s", measure->run.reason[0] ? measure->run.reason :
				     _("the table did not reach its speed in one turn"));
		if (rc == 0 && clock_mono_ns() > until_ns)
			rc = err_set(err, ERR_TIMEOUT, _("the table does not turn steadily at %g degrees a second"),
				     speed_mdeg_s / 1000.0);
	}
	return rc;
}

static double carried_on(const struct measure *measure, uint64_t now_ns)
{
	const struct measure_sample *last = measure->samples + measure->sample_count - 1;	/* it turns: there is one */

	return (double)last->at_mdeg + speed_now(measure) * (double)(now_ns - last->sampled_ns) / (double)NS_PER_S;
}

/* When the place was first said at which it has stayed. */
static uint64_t came_to_rest_ns(const struct measure *measure, int64_t at_mdeg)
{
	size_t i = measure->sample_count;

	while (i > 0 && llabs(measure->samples[i - 1].at_mdeg - at_mdeg) <= 1)
		i--;
	return i < measure->sample_count ? measure->samples[i].sampled_ns : clock_mono_ns();
}

static int stop_from(struct measure *measure, enum governor_name name, int32_t speed_mdeg_s, struct stop_found *found,
		     struct err *err)
{
	const struct governor_request stop = { .name = name, .by = TOOL_BY };
	uint64_t given_ns;
	double given_at;
	int rc = speed_up(measure, speed_mdeg_s, err);

	if (rc < 0)
		return rc;
	given_ns = clock_mono_ns();
	given_at = carried_on(measure, given_ns);
	found->speed_deg_s = fabs(speed_now(measure)) / 1000;
	rc = tool_run_do(&measure->run, &stop, err);
	if (rc < 0)
		return rc;
	found->angle_deg = fabs((double)measure_at_mdeg(measure) - given_at) / 1000;
	found->time_s = (double)(came_to_rest_ns(measure, measure_at_mdeg(measure)) - given_ns) / (double)NS_PER_S;
	return name == GOVERNOR_ESTOP ? measure_clear(measure, err) : 0;
}

/* --- figures -------------------------------------------------------------------------------------- */

static void add_stop(struct measure *measure, const char *name, const char *title, double speed,
		     const struct stop_found *found)
{
	char key[48], text[128];
	struct figure angle = { .key = key, .title = text, .unit = _("deg"), .value = found->angle_deg,
				.decimals = 2, FIGURE_INFORMS };
	struct figure time = { .key = key, .title = text, .unit = "s", .value = found->time_s, .decimals = 3,
			       FIGURE_AT_MOST(STOP_AT_MOST_S) };

	snprintf(key, sizeof key, "%s_angle_%g", name, speed);
	snprintf(text, sizeof text, _("%s from %g deg/s: turns on by"), title, speed);
	figures_add(&measure->figures, &angle);
	snprintf(key, sizeof key, "%s_time_%g", name, speed);
	snprintf(text, sizeof text, _("%s from %g deg/s: stands after"), title, speed);
	figures_add(&measure->figures, &time);
}

static void add_deceleration(struct measure *measure, const char *name, const char *title, const double *speeds,
			     const double *seconds, size_t count)
{
	double hold_s = NAN, slope = NAN;
	bool known = figures_line(speeds, seconds, count, &hold_s, &slope) && slope > 0;
	char key[48], text[128];
	const struct figure deceleration = { .key = key, .title = text, .unit = _("deg/s2"), .decimals = 0,
					     .value = known ? 1 / (2 * slope) : NAN, FIGURE_INFORMS,
					     .note = known ? NULL : _("it stops too fast, or at one speed only") };
	const struct figure hold = { .key = key, .title = text, .unit = "ms", .value = known ? hold_s * 1000 : NAN,
				     .decimals = 0, FIGURE_INFORMS };

	snprintf(key, sizeof key, "%s_deceleration", name);
	snprintf(text, sizeof text, _("%s: deceleration"), title);
	figures_add(&measure->figures, &deceleration);
	snprintf(key, sizeof key, "%s_takes_hold", name);
	snprintf(text, sizeof text, _("%s: takes hold after"), title);
	figures_add(&measure->figures, &hold);
}

/* The worst of both directions is reported; all of them go into the line. */
static int stop_both_ways(struct measure *measure, enum governor_name stop, int32_t speed_mdeg_s,
			  struct stop_found *found, struct err *err)
{
	int rc = stop_from(measure, stop, speed_mdeg_s, &found[0], err);

	return rc < 0 ? rc : stop_from(measure, stop, -speed_mdeg_s, &found[1], err);
}

static int measure_stop(struct measure *measure, enum governor_name stop, const char *name, const char *title,
			struct err *err)
{
	double speeds[2 * ARRAY_LEN(measure->speeds_mdeg_s)], seconds[2 * ARRAY_LEN(measure->speeds_mdeg_s)];
	struct stop_found found[2], worst;
	size_t count = 0;
	int rc = 0;

	for (size_t i = 0; i < measure->speed_count; i++) {
		rc = stop_both_ways(measure, stop, measure->speeds_mdeg_s[i], found, err);
		if (rc < 0)
			return rc;
		for (size_t k = 0; k < ARRAY_LEN(found); k++) {
			speeds[count] = found[k].speed_deg_s;
			seconds[count++] = found[k].angle_deg / found[k].speed_deg_s;
		}
		worst.angle_deg = fmax(found[0].angle_deg, found[1].angle_deg);
		worst.time_s = fmax(found[0].time_s, found[1].time_s);
		add_stop(measure, name, title, measure->speeds_mdeg_s[i] / 1000.0, &worst);
	}
	add_deceleration(measure, name, title, speeds, seconds, count);
	return 0;
}

int measure_stops(struct measure *measure, struct err *err)
{
	int rc;

	if (!measure->reports)
		return 0;
	rc = measure_stop(measure, GOVERNOR_STOP, "stop", _("stop"), err);
	return rc < 0 ? rc : measure_stop(measure, GOVERNOR_ESTOP, "estop", _("emergency stop"), err);
}
