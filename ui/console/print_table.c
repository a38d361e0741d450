/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of the table, for people. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/pose.h"
#include "ui/console/degrees.h"
#include "ui/console/fields.h"
#include "ui/console/model.h"
#include "ui/console/print.h"
#include "ui/console/words.h"

void print_pair(struct grid *grid, const char *label, const char *value)
{
	if (!*value)
		return;
	grid_add(grid, label);
	grid_add(grid, value);
}

static void pair_degrees(struct grid *grid, const char *label, const json_t *value, const char *unit)
{
	char text[32];

	if (!json_is_integer(value))
		return;
	degrees_format(text, sizeof text, json_integer_value(value), 3);
	grid_add(grid, label);
	grid_add_format(grid, "%s%s%s", text, print_degree_sign(), unit);
}

static const char *squared(void)
{
	return i18n_utf8() ? "/s\u00b2" : "/s2";
}

static void add_bearing(struct grid *grid, const json_t *table)
{
	struct model model = { .table = (json_t *)table };
	const json_t *bearing = json_object_get(table, "bearing_mdeg");
	struct dial pose;
	char text[32];

	model_dial(&model, &pose);
	if (!json_is_integer(bearing)) {
		print_pair(grid, _("Bearing"), _("unknown: the table has not been homed"));
		return;
	}
	degrees_format(text, sizeof text, json_integer_value(bearing), 3);
	if (pose.kind == ANGLE_ASSUMED)
		model_angle_text(text, sizeof text, &pose);
	grid_add(grid, _("Bearing"));
	grid_add_format(grid, "%s%s  %s %s", text, print_degree_sign(), words_kind(field_text(table, "source")),
			words_source(field_text(table, "source")));
	print_pair(grid, _("Evidence"), pose.evidence ? _("yes") : _("NO: this angle must not be quoted"));
}

static void add_figures(struct grid *grid, const json_t *table)
{
	const json_t *native = json_object_get(table, "native");

	pair_degrees(grid, _("Reported"), json_object_get(table, "reported_mdeg"), "");
	pair_degrees(grid, _("Commanded"), json_object_get(table, "commanded_mdeg"), "");
	pair_degrees(grid, _("Uncertainty"), json_object_get(table, "uncertainty_mdeg"), "");
	pair_degrees(grid, _("Speed"), json_object_get(table, "speed_mdeg_s"), "/s");
	grid_add(grid, _("Reference"));
	grid_add_format(grid, _("%s, epoch %lld"), words_reference(field_text(table, "reference")),
			(long long)field_integer(table, "epoch", 0));
	if (!json_is_integer(native))
		return;
	grid_add(grid, _("Controller"));
	grid_add_format(grid, "%.10g %s", (double)json_integer_value(native) /
			(double)field_integer(table, "native_per_unit", 1), field_text(table, "unit"));
}

static void add_halt(struct grid *grid, const json_t *table)
{
	struct model model = { .table = (json_t *)table };
	struct halt halt;
	char utc[32];

	model_halt(&model, &halt);
	if (!halt.halted)
		return;
	print_pair(grid, _("HALTED"), halt.reason);
	if (halt.since_utc_us) {
		clock_format_utc(utc, sizeof utc, halt.since_utc_us);
		grid_add(grid, _("Since"));
		grid_add_format(grid, "%s%s%s", utc, *halt.by ? ", " : "", halt.by);
	}
	print_pair(grid, _("To clear it"), _("look at the table, then `ostend table clear`"));
}

static void add_lease(struct grid *grid, const json_t *table)
{
	const json_t *lease = json_object_get(table, "lease");
	char left[24];

	if (!json_is_object(lease))
		return;
	words_countdown(left, sizeof left, field_integer(lease, "left_ms", 0));
	grid_add(grid, _("Remote control"));
	grid_add_format(grid, _("%s, lease %lld, %s left"), field_text(lease, "holder"),
			(long long)field_integer(lease, "lease", 0), left);
}

static void add_limits(struct grid *grid, const char *label, const char *what, const json_t *limits)
{
	json_int_t speed_mdeg_s = field_integer(limits, "max_mdeg_s", 0);
	json_int_t accel_mdeg_s2 = field_integer(limits, "max_mdeg_s2", 0);
	char speed[32] = "-", accel[32] = "-";

	if (!json_is_object(limits))
		return;
	if (speed_mdeg_s <= 0 && accel_mdeg_s2 <= 0) {
		print_pair(grid, label, what);
		return;
	}
	if (speed_mdeg_s > 0)
		degrees_format(speed, sizeof speed, speed_mdeg_s, 3);
	if (accel_mdeg_s2 > 0)
		degrees_format(accel, sizeof accel, accel_mdeg_s2, 3);
	grid_add(grid, label);
	grid_add_format(grid, "%s%s%s%s/s, %s%s%s", what, *what ? ", " : "", speed, print_degree_sign(),
			accel, print_degree_sign(), squared());
}

static void add_handling(struct grid *grid, const json_t *handling)
{
	char names[128];

	if (!json_is_object(handling))
		return;
	words_handlings(names, sizeof names, json_object_get(handling, "names"));
	add_limits(grid, _("Handling"), names, handling);
}

static void add_own_speed(struct grid *grid, const json_t *limits)
{
	pair_degrees(grid, _("Slowest"), json_object_get(limits, "min_mdeg_s"), "/s");
	if (field_integer(limits, "own_mdeg_s", 0) > 0)
		pair_degrees(grid, _("Own speed"), json_object_get(limits, "own_mdeg_s"), "/s");
}

static void add_cable(struct grid *grid, const json_t *cable)
{
	json_int_t wound = field_integer(cable, "wound_mdeg", 0);
	char turns[32], unsure[32], most[32];

	if (!json_is_object(cable))
		return;
	degrees_format(turns, sizeof turns, (wound < 0 ? -wound : wound) * 1000 / MDEG_PER_TURN, 2);
	degrees_format(most, sizeof most, field_integer(cable, "max_mdeg", 0) * 1000 / MDEG_PER_TURN, 2);
	degrees_format(unsure, sizeof unsure, field_integer(cable, "unsure_mdeg", 0) * 1000 / MDEG_PER_TURN, 2);
	grid_add(grid, _("Cable"));
	grid_add_format(grid, _("wound %s turns %s (%s%s), at most %s"), turns, wound < 0 ? _("ccw") : _("cw"),
			i18n_utf8() ? "\u00b1" : "+-", unsure, most);
}

static void add_geometry(struct grid *grid, const json_t *geometry)
{
	if (!json_is_object(geometry))
		return;
	grid_add(grid, _("One turn"));
	grid_add_format(grid, _("%s %s, gear %s%s"), field_text(geometry, "units_per_turn"),
			field_text(geometry, "unit"), field_text(geometry, "gear"),
			field_true(geometry, "reversed") ? _(", reversed") : "");
	pair_degrees(grid, _("Zero"), json_object_get(geometry, "zero_mdeg"), "");
	pair_degrees(grid, _("Backlash"), json_object_get(geometry, "backlash_mdeg"), "");
}

void print_add_table(struct grid *grid, const json_t *table)
{
	if (!json_is_object(table)) {
		print_pair(grid, _("Table"), _("none at this station"));
		return;
	}
	grid_add(grid, _("Table"));
	grid_add_format(grid, "%s, %s%s", field_text(table, "driver"), words_link(field_text(table, "link")),
			field_true(table, "simulated") ? _(" (simulated)") : "");
	add_halt(grid, table);
	add_lease(grid, table);
	add_bearing(grid, table);
	print_pair(grid, _("Motion"), words_motion(field_text(table, "motion")));
	add_handling(grid, json_object_get(table, "handling"));
	print_pair(grid, _("Fault"), field_text(table, "fault"));
	print_pair(grid, _("Message"), field_text(table, "message"));
}

void print_table(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);
	const json_t *limits = json_object_get(result, "limits");

	print_add_table(grid, result);
	add_figures(grid, result);
	add_limits(grid, _("Limits"), "", limits);
	add_own_speed(grid, limits);
	add_cable(grid, json_object_get(result, "cable"));
	add_geometry(grid, json_object_get(result, "geometry"));
	grid_print(grid, out, print_width(out));
}

void print_done(FILE *out, const json_t *result)
{
	(void)result;
	print_sentence(out, _("done"));
}

void print_outcome(FILE *out, const json_t *result)
{
	const json_t *table = json_object_get(result, "table");
	char text[256], bearing[32];

	if (!*field_text(result, "outcome")) {	/* stop answers with {}, or the state alone */
		print_done(out, result);
		return;
	}
	degrees_format(bearing, sizeof bearing, field_integer(table, "bearing_mdeg", 0), 3);
	if (json_is_integer(json_object_get(table, "bearing_mdeg")))
		snprintf(text, sizeof text, _("%s; the table reports %s%s, %s"),
			 words_outcome(field_text(result, "outcome")), bearing, print_degree_sign(),
			 words_motion(field_text(table, "motion")));
	else
		snprintf(text, sizeof text, "%s", words_outcome(field_text(result, "outcome")));
	print_sentence(out, text);
}

void print_clear(FILE *out, const json_t *result)
{
	char text[700];

	if (!field_true(result, "armed")) {
		print_outcome(out, result);
		return;
	}
	snprintf(text, sizeof text, _("Halted: %s"), field_text(result, "reason"));
	print_sentence(out, text);
	print_sentence(out, _("Go and look at the table: nothing has moved or come loose, nothing and nobody is "
			      "in its way, and what stopped it is over."));
	snprintf(text, sizeof text, _("Then, within %lld s: ostend table clear --confirm"),
		 (long long)field_integer(result, "for_ms", 0) / 1000);
	print_sentence(out, text);
}

void print_lease(FILE *out, const json_t *result)
{
	char text[160];

	snprintf(text, sizeof text, _("Lease %lld. Any key at the console ends it; so does `ostend table preempt`."),
		 (long long)field_integer(result, "lease", 0));
	print_sentence(out, text);
}

static const json_t *table_of(const json_t *result)
{
	const json_t *table = json_object_get(result, "table");

	return table ? table : result;
}

void print_handling(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);
	const json_t *handling = json_object_get(table_of(result), "handling");

	if (!json_is_object(handling)) {
		print_done(out, result);
		return;
	}
	add_handling(grid, handling);
	grid_print(grid, out, print_width(out));
}

void print_calibrated(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);
	const json_t *table = table_of(result);

	print_done(out, result);
	add_geometry(grid, json_object_get(table, "geometry"));
	add_cable(grid, json_object_get(table, "cable"));
	grid_print(grid, out, print_width(out));
}
