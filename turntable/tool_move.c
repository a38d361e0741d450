/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_move.c - one command to a table, from opening the port to standing still.
 *
 *	opened -> answers and stands still -> (homed) -> command -> ended -> stands still -> closed
 */
#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"
#include "turntable/tool_ask.h"

static const struct { const char *word; enum governor_name name; bool number; } commands[] = {
	{ "home", GOVERNOR_HOME, false }, { "goto", GOVERNOR_GOTO, true }, { "turn", GOVERNOR_TURN, true },
	{ "spin", GOVERNOR_SPIN, true }, { "stop", GOVERNOR_STOP, false }, { "clear", GOVERNOR_CLEAR, false },
};

static bool set_number(struct governor_request *request, int64_t value)
{
	switch (request->name) {
	case GOVERNOR_GOTO:
		request->bearing_mdeg = (int32_t)value;
		return value >= 0 && value < MDEG_PER_TURN;
	case GOVERNOR_TURN:
		request->by_mdeg = (int32_t)value;
		return value >= -MDEG_PER_TURN && value <= MDEG_PER_TURN;
	default:
		request->speed_mdeg_s = (int32_t)value;
		return value != 0;
	}
}

bool tool_read_command(struct tool_options *options, int count, char **words)
{
	int64_t value;

	options->status = strcmp(words[0], "status") == 0;
	if (options->status)
		return count == 1;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(words[0], commands[i].word) != 0)
			continue;
		options->request = (struct governor_request){ .name = commands[i].name, .by = TOOL_BY,
							      .speed_mdeg_s = options->speed_mdeg_s };
		if (count != (commands[i].number ? 2 : 1))
			return false;
		if (!commands[i].number)
			options->request.speed_mdeg_s = 0;
		return !commands[i].number ||
		       (tool_degrees(words[1], &value) && set_number(&options->request, value));
	}
	return false;
}

/* The second step, after a person has read why nothing may move. */
static int confirm(struct tool_run *run, struct err *err)
{
	struct governor_request second = run->options->request;
	int rc = 1;

	if (!run->reason[0])
		return 0;	/* nothing was to be cleared */
	printf(_("Nothing moves because: %s\n"), run->reason);
	if (!run->options->yes)
		rc = tool_ask_yes(run, _("Have you looked at the table, and is that put right? (yes/no)"), err);
	if (rc == 0)
		return err_set(err, ERR_STATE, "%s", _("not cleared"));
	second.confirm = true;
	return rc < 0 ? rc : tool_run_do(run, &second, err);
}

static int carry_out(struct tool_run *run, struct err *err)
{
	const struct tool_options *options = run->options;
	const struct governor_request home = { .name = GOVERNOR_HOME, .by = TOOL_BY };
	int rc = 0;

	if (options->home && options->request.name != GOVERNOR_HOME)
		rc = tool_run_do(run, &home, err);
	if (rc == 0 && !options->status)
		rc = tool_run_do(run, &options->request, err);
	if (rc == 0 && !options->status && options->request.name == GOVERNOR_CLEAR)
		rc = confirm(run, err);
	/* a spin has no other end: interrupting it is what was meant */
	if (rc < 0 && run->interrupted && run->command && options->request.name == GOVERNOR_SPIN)
		rc = 0;
	return rc;
}

static void print_state(const struct tool_run *run)
{
	json_t *state = table_status(run->table);
	const char *message = json_string_value(json_object_get(state, "message"));
	json_int_t at = json_integer_value(json_object_get(state, "reported_mdeg"));
	const char *reference = json_string_value(json_object_get(state, "reference"));

	if (run->options->json) {
		json_dumpf(state, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else {
		printf(_("%s at %.3f degrees (reference: %s). %s\n"),
		       json_string_value(json_object_get(state, "motion")), (double)at / 1000, reference,
		       message ? message : "");
	}
	json_decref(state);
}

int tool_move(const struct tool_options *options)
{
	struct tool_run run = { .command = 0 };
	struct err err, rest_err;
	int rc = tool_run_open(&run, options, &err);

	if (rc == 0) {
		rc = carry_out(&run, &err);
		if (tool_run_rest(&run, &rest_err) < 0 && rc == 0)
			rc = err_set(&err, ERR_TIMEOUT, "%s", rest_err.text);
		print_state(&run);
	}
	if (rc < 0)
		fprintf(stderr, "ostend-table: %s\n", err.text);
	tool_run_close(&run);
	return rc < 0;
}
