/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_options.c - the command line of ostend-table: a table of options, each a kind, a place and its bounds.
 *
 * Bounds are those of the same settings in the station's configuration.
 */
#include <ctype.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/util.h"
#include "turntable/ostend_table.h"

#define DEGREES_MAX INT64_C(1000000)

enum kind { KIND_FLAG, KIND_TEXT, KIND_WHOLE, KIND_MILLI32, KIND_MILLI64, KIND_RATIO, KIND_TURNS, KIND_ESTOP, KIND_HANDLING };

struct row {
	const char *name;
	enum kind kind;
	size_t offset;
	int low, high;		/* as they are written */
};

#define AT(member) offsetof(struct tool_options, member)

static const struct row rows[] = {
	{ "driver", KIND_TEXT, AT(driver), 0, 0 }, { "port", KIND_TEXT, AT(port), 0, 0 },
	{ "state", KIND_TEXT, AT(state_dir), 0, 0 }, { "trace", KIND_TEXT, AT(trace_path), 0, 0 },
	{ "baud", KIND_WHOLE, AT(baud), 1, 4000000 }, { "address", KIND_WHOLE, AT(drive.address), 0, 255 },
	{ "units-per-turn", KIND_RATIO, AT(drive.units_per_turn), 0, 0 }, { "gear", KIND_RATIO, AT(drive.gear), 0, 0 },
	{ "reversed", KIND_FLAG, AT(drive.reversed), 0, 0 },
	{ "zero", KIND_MILLI64, AT(drive.zero_mdeg), -360, 360 },
	{ "backlash", KIND_MILLI32, AT(drive.backlash_mdeg), 0, 20 },
	{ "cable-turns", KIND_TURNS, AT(limits.cable_mdeg), 0, 1000 },
	{ "handling", KIND_HANDLING, AT(handling), 0, 0 },
	{ "own-speed", KIND_MILLI32, AT(drive.own_mdeg_s), 0, 360 },
	{ "own-accel", KIND_MILLI32, AT(drive.own_mdeg_s2), 0, 3600 },
	{ "max", KIND_MILLI32, AT(limits.max_mdeg_s), 0, 360 },
	{ "max-accel", KIND_MILLI32, AT(limits.max_mdeg_s2), 0, 3600 },
	{ "estop", KIND_ESTOP, AT(limits.estop_now), 0, 0 },
	{ "speed", KIND_MILLI32, AT(speed_mdeg_s), 0, 360 },
	{ "home", KIND_FLAG, AT(home), 0, 0 }, { "json", KIND_FLAG, AT(json), 0, 0 },
	{ "verbose", KIND_FLAG, AT(verbose), 0, 0 }, { "yes", KIND_FLAG, AT(yes), 0, 0 },
	{ "report", KIND_TEXT, AT(report_path), 0, 0 }, { "moves", KIND_WHOLE, AT(moves), 1, 10000 },
	{ "homings", KIND_WHOLE, AT(homings), 1, 100 },
	{ "link", KIND_TEXT, AT(sim.link), 0, 0 }, { "world", KIND_TEXT, AT(sim.world), 0, 0 },
	{ "at", KIND_MILLI64, AT(sim.true_mdeg), -1000000, 1000000 },
	{ "variant", KIND_TEXT, AT(sim.variant), 0, 0 }, { "grip", KIND_MILLI32, AT(sim.grip_mdeg_s2), 0, 3600 },
	{ "no-homing", KIND_FLAG, AT(sim.no_homing), 0, 0 },
	{ "reset-on-open", KIND_FLAG, AT(sim.reset_on_open), 0, 0 },
	{ "commands", KIND_FLAG, AT(sim_commands), 0, 0 },
	{ "help", KIND_FLAG, AT(help), 0, 0 }, { "version", KIND_FLAG, AT(version), 0, 0 },
};

bool tool_degrees(const char *text, int64_t *mdeg)
{
	return util_thousandths(mdeg, text) && *mdeg >= -DEGREES_MAX * 1000 && *mdeg <= DEGREES_MAX * 1000;
}

/* --- values --------------------------------------------------------------------------------------- */

static int out_of_bounds(const struct row *row, const char *text, struct err *err)
{
	return err_set(err, ERR_RANGE, _("--%s must be a number from %d to %d, not \"%s\""), row->name, row->low,
		       row->high, text);
}

static int set_whole(int *member, const struct row *row, const char *text, struct err *err)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < row->low || value > row->high)
		return out_of_bounds(row, text, err);
	*member = (int)value;
	return 0;
}

static int read_milli(int64_t *value, const struct row *row, const char *text, struct err *err)
{
	if (!tool_degrees(text, value) || *value < row->low * INT64_C(1000) || *value > row->high * INT64_C(1000))
		return out_of_bounds(row, text, err);
	return 0;
}

static int set_estop(bool *now, const char *text, struct err *err)
{
	*now = strcmp(text, "at-once") == 0;
	return *now || strcmp(text, "decelerate") == 0 ? 0 :
		err_set(err, ERR_RANGE, _("--estop must be decelerate or at-once, not \"%s\""), text);
}

/* "fragile,tall" */
static int set_handling(uint32_t *mask, const char *text, struct err *err)
{
	char name[32];
	size_t len;

	for (; *text; text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		snprintf(name, sizeof name, "%.*s", (int)MIN(len, sizeof name - 1), text);
		if (!handling_find(name))
			return err_set(err, ERR_RANGE, _("there is no handling \"%.40s\""), name);
		*mask |= handling_find(name);
	}
	return 0;
}

static int set_value(struct tool_options *options, const struct row *row, const char *text, struct err *err)
{
	void *member = (char *)options + row->offset;
	int64_t value;
	int rc = 0;

	switch (row->kind) {
	case KIND_FLAG:
		*(bool *)member = true;
		return 0;
	case KIND_TEXT:
		*(const char **)member = text;
		return 0;
	case KIND_WHOLE:
		return set_whole(member, row, text, err);
	case KIND_RATIO:
		rc = ratio_read(member, text, err);
		return rc < 0 ? err_prefix(err, "--%s", row->name) : 0;
	case KIND_ESTOP:
		return set_estop(member, text, err);
	case KIND_HANDLING:
		return set_handling(member, text, err);
	case KIND_TURNS:
		rc = read_milli(member, row, text, err);
		*(int64_t *)member *= MDEG_PER_TURN / 1000;
		return rc;
	case KIND_MILLI32:
		rc = read_milli(&value, row, text, err);
		if (rc == 0)
			*(int32_t *)member = (int32_t)value;
		return rc;
	default:
		return read_milli(member, row, text, err);
	}
}

/* --- words ---------------------------------------------------------------------------------------- */

static bool takes_value(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, rows[i].name) == 0)
			return rows[i].kind != KIND_FLAG;
	return false;
}

/* "turn -30": getopt would take the number for options, so it goes to the end, behind a "--". */
static void set_number_aside(int argc, char **argv)
{
	static char separator[] = "--";
	char *number = NULL;
	int count = 0;

	for (int i = 0; i < argc; i++) {
		bool negative = argv[i][0] == '-' && (isdigit((unsigned char)argv[i][1]) || argv[i][1] == '.');

		if (i && negative && !number && !takes_value(argv[i - 1]))
			number = argv[i];
		else
			argv[count++] = argv[i];
	}
	if (number) {
		argv[count++] = separator;
		argv[count++] = number;
	}
	argv[count] = NULL;
}

static int count_words(char **argv)
{
	int count = 0;

	while (argv[count])
		count++;
	return count;
}

int tool_read_options(struct tool_options *options, int argc, char **argv, int *first, struct err *err)
{
	struct option names[ARRAY_LEN(rows) + 1] = { 0 };
	int option, row, rc = 0;

	*options = (struct tool_options){ .limits = GOVERNOR_CONFIG_DEFAULT, .moves = 100, .homings = 3 };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		names[i] = (struct option){ rows[i].name,
					    rows[i].kind == KIND_FLAG ? no_argument : required_argument, NULL, 'x' };
	set_number_aside(argc, argv);
	while (rc == 0 && (option = getopt_long(count_words(argv), argv, "", names, &row)) != -1)
		rc = option == 'x' ? set_value(options, &rows[row], optarg, err) :
				     err_set(err, ERR_RANGE, "%s", _("a wrong option"));
	*first = optind;
	return rc;
}
