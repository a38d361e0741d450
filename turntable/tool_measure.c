/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_measure.c - `ostend-table measure`: what will be done, whether it may be, the order, the report.
 *
 *	says what it will do -> "is the table empty?" -> homings -> speeds -> reports -> stops -> moves -> report
 *
 * What fails ends the measuring at rest; the report then says how far it came, and that it failed.
 */
#include "turntable/tool_measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "turntable/tool_ask.h"

#define JOURNAL_MAX 200

/* --- the table ------------------------------------------------------------------------------------ */

json_t *measure_state(const struct measure *measure, const char *name)
{
	json_t *state = table_status(measure->run.table);
	json_t *member = json_incref(json_object_get(state, name));

	json_decref(state);
	return member;
}

static int64_t number_of(const struct measure *measure, const char *name)
{
	json_t *member = measure_state(measure, name);
	int64_t value = json_integer_value(member);

	json_decref(member);
	return value;
}

int64_t measure_at_mdeg(const struct measure *measure)
{
	return number_of(measure, "reported_mdeg");
}

static bool can(const struct measure *measure, const char *capability)
{
	json_t *list = measure_state(measure, "capabilities");
	const json_t *name;
	bool found = false;
	size_t i;

	json_array_foreach(list, i, name)
		found |= strcmp(json_string_value(name), capability) == 0;
	json_decref(list);
	return found;
}

/* A quarter, half and all of what is allowed; or the one speed of a table that cannot be told. */
static void choose_speeds(struct measure *measure)
{
	json_t *limits = measure_state(measure, "limits");
	int32_t own = (int32_t)json_integer_value(json_object_get(limits, "own_mdeg_s"));
	int32_t least = (int32_t)json_integer_value(json_object_get(limits, "min_mdeg_s"));

	measure->top_mdeg_s = (int32_t)json_integer_value(json_object_get(limits, "max_mdeg_s"));
	json_decref(limits);
	if (!can(measure, "speed")) {
		measure->top_mdeg_s = own ? own : measure->top_mdeg_s;
		measure->speeds_mdeg_s[0] = measure->top_mdeg_s;
		measure->speed_count = measure->top_mdeg_s > 0;
		return;
	}
	for (int part = 4; part > 0; part /= 2) {
		int32_t speed = measure->top_mdeg_s / part / 1000 * 1000;

		if (speed > 0 && speed >= least)
			measure->speeds_mdeg_s[measure->speed_count++] = speed;
	}
}

static void changed(void *owner)
{
	struct measure *measure = owner;
	json_t *state = table_status(measure->run.table);
	const char *motion = json_string_value(json_object_get(state, "motion"));
	struct measure_sample sample = {
		.at_mdeg = json_integer_value(json_object_get(state, "reported_mdeg")),
		.sampled_ns = (uint64_t)json_integer_value(json_object_get(state, "sampled_ns")),
		.still = motion && strcmp(motion, "still") == 0,
	};
	const struct measure_sample *last =
		measure->sample_count ? &measure->samples[measure->sample_count - 1] : NULL;

	json_decref(state);
	if ((last && last->sampled_ns == sample.sampled_ns) || measure->sample_count == MEASURE_SAMPLES)
		return;
	if (last && !last->still && !sample.still)
		series_add(&measure->gaps_ms, (double)(sample.sampled_ns - last->sampled_ns) / (double)NS_PER_MS);
	measure->samples[measure->sample_count++] = sample;
}

/* From the first byte asked to the first one that comes: what comes unasked answers nothing. */
static void passed(void *owner, char direction, uint64_t at_ns)
{
	struct measure *measure = owner;

	if (direction == '>' && !measure->asked_ns)
		measure->asked_ns = at_ns;
	if (direction != '<' || !measure->asked_ns)
		return;
	series_add(&measure->answers_ms, (double)(at_ns - measure->asked_ns) / (double)NS_PER_MS);
	measure->asked_ns = 0;
}

void measure_begin_way(struct measure *measure)
{
	measure->sample_count = 0;
}

int measure_turn(struct measure *measure, int64_t by_mdeg, int32_t speed_mdeg_s, struct err *err)
{
	const struct governor_request request = {
		.name = GOVERNOR_TURN, .by_mdeg = (int32_t)by_mdeg, .by = TOOL_BY,
		.speed_mdeg_s = can(measure, "speed") ? speed_mdeg_s : 0,
	};

	measure_begin_way(measure);
	return by_mdeg ? tool_run_do(&measure->run, &request, err) : 0;
}

int measure_home(struct measure *measure, struct err *err)
{
	const struct governor_request request = { .name = GOVERNOR_HOME, .by = TOOL_BY };

	return measure->can_home ? tool_run_do(&measure->run, &request, err) : 0;
}

int measure_clear(struct measure *measure, struct err *err)
{
	const struct governor_request first = { .name = GOVERNOR_CLEAR, .by = TOOL_BY };
	const struct governor_request second = { .name = GOVERNOR_CLEAR, .confirm = true, .by = TOOL_BY };
	json_t *reference;
	bool lost;
	int rc = tool_run_do(&measure->run, &first, err);

	if (rc == 0)
		rc = tool_run_do(&measure->run, &second, err);
	reference = measure_state(measure, "reference");
	lost = json_is_string(reference) && strcmp(json_string_value(reference), "none") == 0;
	json_decref(reference);
	return rc < 0 || !lost ? rc : measure_home(measure, err);	/* stopped at once, it may have lost its count */
}

/* --- what is announced ----------------------------------------------------------------------------- */

static void announce(const struct measure *measure)
{
	const struct tool_options *options = measure->run.options;
	int minutes = (options->homings * 20 + (int)measure->speed_count * 30 + options->moves * 3) / 60 + 1;

	printf(_("The table is going to be measured:\n"));
	if (measure->can_home)
		printf(_("  it is homed %d times, which turns it up to once round each time;\n"), options->homings + 1);
	printf(_("  it turns up to once round in both directions, at up to %g degrees a second;\n"),
	       measure->top_mdeg_s / 1000.0);
	printf(_("  it is stopped %zu times, half of them as in an emergency, and moved %d times.\n"),
	       measure->speed_count * 4, options->moves);
	printf(_("That takes some %d minutes. Ctrl-C stops it at any time; keep a hand on the motor's switch.\n"), minutes);
	fflush(stdout);
}

/* --- the report ----------------------------------------------------------------------------------- */

static json_t *settings(const struct measure *measure)
{
	static const char *const names[] = { "geometry", "limits", "capabilities", "reference", "handling", "cable" };
	json_t *object = json_object();

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		json_t *member = measure_state(measure, names[i]);

		if (member)
			json_object_set_new(object, names[i], member);
	}
	return object;
}

static json_t *text_or_empty(const struct measure *measure, const char *name)
{
	json_t *text = measure_state(measure, name);

	return text ? text : json_string("");
}

static json_t *make_report(const struct measure *measure, const char *result)
{
	const struct tool_options *options = measure->run.options;
	json_t *source = measure_state(measure, "source");
	json_t *root;
	char utc[32];

	clock_format_utc(utc, sizeof utc, clock_utc_us());
	root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:O, s:O, s:b, s:s}", "utc", utc, "program",
			 PACKAGE_STRING, "driver", options->driver, "title", drive_find(options->driver)->title,
			 "port", options->port, "identity", text_or_empty(measure, "identity"),
			 "worth", tool_worth(json_string_value(source)), "settings", settings(measure),
			 "figures", measure->figures.list, "journal", measure->journal,
			 "passed", measure->figures.failed == 0, "result", result);
	json_decref(source);
	return root;
}

static int write_report(const json_t *root, const char *path, struct err *err)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return err_os(err, "%s", path);
	figures_print(file, root);
	return fclose(file) == 0 ? 0 : err_os(err, "%s", path);
}

static int give_report(const struct measure *measure, struct err *err)
{
	const struct tool_options *options = measure->run.options;
	const char *result = measure->figures.failed ? _("FAILED: see the figures so marked") :
			     measure->figures.unseen ? _("passed, as far as it could be seen") : _("passed");
	json_t *root = make_report(measure, result);
	int rc = 0;

	if (!root)
		return err_set(err, ERR_NOMEM, "report: out of memory");
	if (options->report_path)
		rc = write_report(root, options->report_path, err);
	if (options->json) {
		json_dumpf(root, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else {
		putchar('\n');
		figures_print(stdout, root);
	}
	json_decref(root);
	return rc;
}

/* --- the order ------------------------------------------------------------------------------------ */

static int measure_all(struct measure *measure, struct err *err)
{
	static int (*const parts[])(struct measure *measure, struct err *err) = {
		measure_homing, measure_speeds, measure_reports, measure_stops, measure_moves,
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts) && rc == 0; i++)
		rc = parts[i](measure, err);
	figures_add_fact(&measure->figures, "complete", _("everything asked of the table was done"), rc == 0,
			 rc < 0 ? err->text : NULL);
	return rc;
}

static void take_line(void *owner, const char *line, size_t len_bytes)
{
	struct measure *measure = owner;

	if (measure->run.options->verbose)
		fwrite(line, 1, len_bytes, stderr);
	if (json_array_size(measure->journal) < JOURNAL_MAX && len_bytes)
		json_array_append_new(measure->journal, json_stringn(line, len_bytes - 1));
}

static int run_measure(struct measure *measure, struct err *err)
{
	struct err report_err;
	int rc;

	measure->reports = can(measure, "report");
	measure->can_home = can(measure, "home");
	measure->can_spin = can(measure, "spin");
	choose_speeds(measure);
	if (!measure->speed_count)
		return err_set(err, ERR_STATE, "%s", _("its speed is not known: measure it by hand (--own-speed)"));
	announce(measure);
	rc = tool_ask_empty(&measure->run, err);
	if (rc < 0)
		return rc;
	rc = measure_all(measure, err);
	if (give_report(measure, &report_err) < 0 && rc == 0)
		rc = err_set(err, report_err.code, "%s", report_err.text);
	if (rc == 0 && measure->figures.failed)
		rc = err_set(err, ERR_RANGE, _("%u of %zu figures are not as demanded"), measure->figures.failed,
			     json_array_size(measure->figures.list));
	return rc;
}

int tool_measure(const struct tool_options *options)
{
	CLEANUP(util_freep) struct measure *measure = calloc(1, sizeof *measure);
	struct err err, rest_err;
	int rc;

	if (!measure)
		return 1;
	measure->asks = !options->yes;
	measure->figures.list = json_array();
	measure->journal = json_array();
	measure->run.changed = changed;
	measure->run.passed = passed;
	measure->run.owner = measure;
	log_init("ostend-table", LOG_LEVEL_NOTICE);
	log_divert(take_line, measure);
	rc = tool_run_open(&measure->run, options, &err);
	if (rc == 0) {
		rc = run_measure(measure, &err);
		if (tool_run_rest(&measure->run, &rest_err) < 0)
			rc = err_set(&err, ERR_TIMEOUT, "%s", rest_err.text);
	}
	if (rc < 0)
		fprintf(stderr, "ostend-table: %s\n", err.text);
	tool_run_close(&measure->run);
	log_divert(NULL, NULL);
	series_free(&measure->gaps_ms);
	series_free(&measure->answers_ms);
	json_decref(measure->figures.list);
	json_decref(measure->journal);
	return rc < 0;
}
