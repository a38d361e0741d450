/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each step first brings the table where the step needs it, by turns that the operator types, and then
 * sends one table.calibrate. Nothing turns that was not typed.
 */
#include "ui/console/walk.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "station/base/pose.h"
#include "station/base/tty_clean.h"
#include "ui/console/cli.h"
#include "ui/console/degrees.h"
#include "ui/console/fields.h"
#include "ui/console/model.h"
#include "ui/console/print.h"
#include "ui/console/wrap.h"

enum answer { ANSWER_YES, ANSWER_NUMBER, ANSWER_SKIP, ANSWER_LEAVE };

static void say(const char *sentence)
{
	char clean[1024], line[1024];
	const char *at = clean, *next;

	tty_clean(clean, sizeof clean, sentence, strlen(sentence), -1);
	do {
		size_t len = wrap_line(at, print_width(stdout), &next);

		memcpy(line, at, len);
		line[len] = '\0';
		puts(line);
		at = next;
	} while (*at);
}

static void say_error(const struct err *err)
{
	char text[sizeof err->text + 4];

	snprintf(text, sizeof text, "! %s", err->text);
	say(text);
}

/* The operator's line: Enter, a number of degrees, s or q. Asks again for anything else. What was typed before
 * the question stood there answers none: it might turn the table. */
static enum answer ask(const char *question, int32_t low, int32_t high, int32_t *mdeg)
{
	struct err err = { 0 };
	char line[128];

	for (;;) {
		printf("  %s ", question);
		fflush(stdout);
		tcflush(STDIN_FILENO, TCIFLUSH);
		if (!fgets(line, sizeof line, stdin))
			return ANSWER_LEAVE;
		line[strcspn(line, "\r\n")] = '\0';
		if (!line[0])
			return ANSWER_YES;
		if (strcmp(line, "s") == 0)
			return ANSWER_SKIP;
		if (strcmp(line, "q") == 0)
			return ANSWER_LEAVE;
		if (degrees_parse(mdeg, line, _("angle"), low, high, &err) == 0)
			return ANSWER_NUMBER;
		say_error(&err);
	}
}

static int send(const struct reach *reach, const char *method, json_t *params /* stolen */)
{
	const struct command *command = command_of_method(method);
	json_t *result = NULL;
	struct err err = { 0 };
	int rc;

	command_complete(command, params, CLI_BY);
	rc = cli_call(reach, command, method, params, &result, &err);
	json_decref(params);
	json_decref(result);
	if (rc < 0)
		say_error(&err);
	return rc;
}

static int turn(const struct reach *reach, int32_t by_mdeg)
{
	return send(reach, "table.turn", json_pack("{s:i}", "by_mdeg", by_mdeg));
}

/* Turn by what is typed until Enter says that the table stands where @question wants it. */
static enum answer bring(const struct reach *reach, const char *question)
{
	for (;;) {
		int32_t by_mdeg = 0;
		enum answer answer = ask(question, -MDEG_PER_TURN, MDEG_PER_TURN, &by_mdeg);

		if (answer != ANSWER_NUMBER)
			return answer;
		turn(reach, by_mdeg);
	}
}

static enum answer zero(const struct reach *reach)
{
	enum answer answer;

	say(_("1. Zero. Type how many degrees to turn (5, -0.5 ...) until the table's mark stands at 0."));
	do
		answer = bring(reach, _("degrees, Enter: it stands at 0 now, s: skip, q: leave:"));
	while (answer == ANSWER_YES &&
	       send(reach, "table.calibrate",
		    json_pack("{s:s, s:i}", "step", "zero", "bearing_mdeg", 0)) < 0);
	return answer;
}

static enum answer full_turn(const struct reach *reach)
{
	int32_t true_mdeg = MDEG_PER_TURN, ignored;
	enum answer answer;

	say(_("2. A full turn. Mark the rim against something that stands still; the table then turns by what it "
	      "counts as 360 degrees, clockwise."));
	answer = ask(_("Enter: turn now, s: skip, q: leave:"), 0, 0, &ignored);
	if (answer == ANSWER_NUMBER)
		answer = ANSWER_YES;
	if (answer != ANSWER_YES)
		return answer;
	if (turn(reach, MDEG_PER_TURN) < 0)
		return ANSWER_SKIP;
	do
		answer = ask(_("by how many degrees did it turn in truth? (Enter: 360, s: skip):"), 1,
			     2 * MDEG_PER_TURN, &true_mdeg);
	while ((answer == ANSWER_YES || answer == ANSWER_NUMBER) &&
	       send(reach, "table.calibrate",
		    json_pack("{s:s, s:i, s:i}", "step", "turn", "counted_mdeg", MDEG_PER_TURN,
			      "true_mdeg", true_mdeg)) < 0);
	return answer;
}

static enum answer backlash(const struct reach *reach)
{
	int32_t mdeg = 0;
	enum answer answer;

	say(_("3. Backlash. Turn clockwise to a mark, on by 10, then back by 10: what is missing to the mark is "
	      "the backlash."));
	answer = bring(reach, _("degrees to turn, Enter: I have measured it, s: skip, q: leave:"));
	while (answer == ANSWER_YES) {
		answer = ask(_("the backlash in degrees (0: none, s: skip):"), 0, MDEG_PER_TURN / 8, &mdeg);
		if (answer == ANSWER_NUMBER &&
		    send(reach, "table.calibrate",
			 json_pack("{s:s, s:i}", "step", "backlash", "backlash_mdeg", mdeg)) < 0)
			answer = ANSWER_YES;
	}
	return answer;
}

static enum answer cable(const struct reach *reach)
{
	enum answer answer;

	say(_("4. Cable. Turn the table until its cable hangs straight; how far it is wound is counted from "
	      "there."));
	do
		answer = bring(reach, _("degrees, Enter: it hangs straight now, s: skip or no cable, q: leave:"));
	while (answer == ANSWER_YES &&
	       send(reach, "table.calibrate", json_pack("{s:s}", "step", "cable")) < 0);
	return answer;
}

/* Whether the table can be calibrated now; says where it stands. */
static int look(const struct reach *reach, bool before)
{
	struct model model = { 0 };
	struct err err = { 0 };
	struct halt halt;
	struct dial dial;
	int rc = cli_call(reach, command_of_method("table.status"), "table.status", NULL, &model.table, &err);

	if (rc < 0) {
		say_error(&err);
		return rc;
	}
	model_halt(&model, &halt);
	if (before && halt.halted)
		rc = err_set(&err, ERR_STATE, _("the table is halted: %s"), halt.reason);
	if (rc < 0)
		say_error(&err);
	else
		print_table(stdout, model.table);
	model_dial(&model, &dial);
	if (rc == 0 && !before && !dial.evidence)
		say(_("Home the table before its angle counts as evidence."));
	model_clear(&model);
	return rc;
}

int walk_calibrate(const struct reach *reach)
{
	enum answer (*const steps[])(const struct reach *) = { zero, full_turn, backlash, cable };

	if (look(reach, true) < 0)
		return EXIT_REFUSED;
	say("");
	say(_("Nothing that can fall may stand on the table. What a step has set stays when you leave."));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		say("");
		if (steps[i](reach) == ANSWER_LEAVE)
			break;
	}
	say("");
	return look(reach, false) < 0 ? EXIT_REFUSED : EXIT_DONE;
}
