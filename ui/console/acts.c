/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the operator wants, as requests. The console never waits: motions are asked with "wait": false,
 * and what becomes of them comes as table.event. Stop goes by the table's own socket first.
 */
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/command.h"
#include "ui/console/degrees.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"
#include "ui/console/screen.h"

enum { ANSWER_MS = 4000, STOP_ANSWER_MS = 300, SPIN_STEP_MDEG_S = 5000, SPIN_MAX_MDEG_S = 360000 };

void act_table_answer(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	if (!result) {
		model_say(&screen->model, MESSAGE_ERROR, "%s: %s", method, err->text);
		screen_notice(screen, MESSAGE_ERROR, "%s: %s", method, err->text);
		return;
	}
	if (json_object_get(result, "table"))
		model_take(&screen->model, "table", json_object_get(result, "table"));
	screen_touch(screen);
}

static void send_table(struct screen *screen, const char *method, json_t *params)
{
	struct link *link = screen_answering(screen) ? &screen->station : &screen->table;
	struct err err = { 0 };

	if (link_send(link, method, params, ANSWER_MS, act_table_answer, &err) < 0)
		screen_notice(screen, MESSAGE_ERROR, "%s: %s", method, err.text);
}

static json_t *without_wait(void)
{
	return json_pack("{s:b}", "wait", 0);
}

void act_goto(struct screen *screen, int32_t bearing_mdeg)
{
	json_t *params = without_wait();
	char text[32];

	screen->spin_mdeg_s = 0;
	json_object_set_new(params, "bearing_mdeg", json_integer(bearing_mdeg));
	degrees_format(text, sizeof text, bearing_mdeg, 3);
	screen_notice(screen, MESSAGE_OWN, _("go to %s%s"), text,
		      term_glyph(&screen->term, GLYPH_DEGREE));
	send_table(screen, "table.goto", params);
}

void act_turn(struct screen *screen, int32_t by_mdeg)
{
	json_t *params = without_wait();
	char text[32];

	screen->spin_mdeg_s = 0;
	json_object_set_new(params, "by_mdeg", json_integer(by_mdeg));
	degrees_format(text, sizeof text, by_mdeg, 3);
	screen_notice(screen, MESSAGE_OWN, _("turn by %s%s"), text,
		      term_glyph(&screen->term, GLYPH_DEGREE));
	send_table(screen, "table.turn", params);
}

/* The second try of a stop: the first socket did not answer. */
static void stop_answered(void *owner, const char *method, const json_t *result,
			  const struct err *err)
{
	struct screen *screen = owner;

	if (result) {
		act_table_answer(owner, method, result, err);
		return;
	}
	if (link_send(&screen->station, method, NULL, ANSWER_MS, act_table_answer, NULL) < 0)
		screen_notice(screen, MESSAGE_ERROR, _("STOP DID NOT REACH THE TABLE: %s"),
			      err->text);
}

void act_stop(struct screen *screen, const char *method)
{
	struct err err = { 0 };

	screen->spin_mdeg_s = 0;
	screen_notice(screen, MESSAGE_WARNING,
		      strcmp(method, "table.estop") == 0 ? _("EMERGENCY STOP") : _("stop"));
	if (link_send(&screen->table, method, NULL, STOP_ANSWER_MS, stop_answered, &err) < 0)
		stop_answered(screen, method, NULL, &err);
}

void act_spin(struct screen *screen, int32_t speed_mdeg_s)
{
	char text[32];

	if (speed_mdeg_s == 0) {
		act_stop(screen, "table.stop");
		return;
	}
	degrees_format(text, sizeof text, speed_mdeg_s, 3);
	screen_notice(screen, MESSAGE_OWN, _("spin at %s%s/s"), text,
		      term_glyph(&screen->term, GLYPH_DEGREE));
	screen->spin_mdeg_s = speed_mdeg_s;
	send_table(screen, "table.spin", json_pack("{s:i}", "speed_mdeg_s", speed_mdeg_s));
}

static void spin_more(struct screen *screen, int32_t change_mdeg_s)
{
	json_int_t limit =
		field_integer(json_object_get(screen->model.table, "limits"), "max_mdeg_s", 0);
	int32_t max = limit > 0 && limit < SPIN_MAX_MDEG_S ? (int32_t)limit : SPIN_MAX_MDEG_S;
	int32_t wanted = CLAMP(screen->spin_mdeg_s + change_mdeg_s, -max, max);

	act_spin(screen, wanted);
}

void act_home(struct screen *screen)
{
	screen_notice(screen, MESSAGE_OWN, _("home"));
	send_table(screen, "table.home", without_wait());
}

void act_clear(struct screen *screen)
{
	screen_notice(screen, MESSAGE_OWN, _("clear"));
	send_table(screen, "table.clear", json_pack("{s:s}", "confirm", "clear"));
}

/* --- the ":" line ----------------------------------------------------------------------------- */

static int split(char *line, char **words, int max)
{
	int count = 0;

	for (char *word = strtok(line, " "); word && count < max; word = strtok(NULL, " "))
		words[count++] = word;
	return count;
}

static const struct command *command_of(const char *method)
{
	for (size_t i = 0; i < command_count; i++)
		if (command_table[i].method && strcmp(command_table[i].method, method) == 0)
			return &command_table[i];
	return NULL;
}

static void show_answer(void *owner, const char *method, const json_t *result,
			const struct err *err)
{
	const struct command *command = command_of(method);
	struct screen *screen = owner;
	char *text = NULL;
	size_t len;
	FILE *out;

	if (!result || !command || strncmp(method, "table.", 6) == 0) {
		act_table_answer(owner, method, result, err);
		if (!result || !command || strcmp(method, "table.status") != 0)
			return;
	}
	out = open_memstream(&text, &len);
	if (!out)
		return;
	command->print(out, result);
	fclose(out);
	free(screen->text);
	screen->text = text;
	screen->text_scroll = 0;
	screen->mode = MODE_TEXT;
	screen_touch(screen);
}

static void run_command(struct screen *screen, const struct command *command, json_t *params)
{
	bool table = command->flags & COMMAND_TABLE && !screen_answering(screen);
	struct err err = { 0 };

	json_object_del(params, "follow");
	if (command->flags & COMMAND_STOPS) {
		json_decref(params);
		act_stop(screen, command->method);
		return;
	}
	if (command->flags & COMMAND_WAITS)
		json_object_set_new(params, "wait", json_false());
	if (link_send(table ? &screen->table : &screen->station, command->method, params, ANSWER_MS,
		      show_answer, &err) < 0)
		screen_notice(screen, MESSAGE_ERROR, "%s", err.text);
}

void act_command_line(struct screen *screen, const char *line)
{
	char copy[sizeof screen->input], *words[12];
	const struct command *command;
	struct err err = { 0 };
	json_t *params;
	int count, used;

	snprintf(copy, sizeof copy, "%s", line);
	count = split(copy, words, ARRAY_LEN(words));
	if (count == 0)
		return;
	command = command_find(words, count, &used, &err);
	if (command && command->flags & COMMAND_LOCAL)
		screen_notice(screen, MESSAGE_WARNING, _("\"%s\" is for the shell, not for here"),
			      command->words);
	else if (!command ||
		 command_parameters(command, words + used, count - used, &params, &err) < 0)
		screen_notice(screen, MESSAGE_ERROR, "%s", err.text);
	else
		run_command(screen, command, params);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void open_prompt(struct screen *screen, enum screen_prompt prompt)
{
	screen->mode = MODE_PROMPT;
	screen->prompt = prompt;
	screen->input[0] = '\0';
}

static void open_question(struct screen *screen, enum screen_question question)
{
	screen->mode = MODE_QUESTION;
	screen->question = question;
}

static void scroll_by(struct screen *screen, int by)
{
	int *at = screen->mode == MODE_TEXT || screen->mode == MODE_HELP
			  ? &screen->text_scroll
			  : &screen->scroll[screen->focus];

	/* messages are shown from the newest: up is further back */
	if (screen->mode == MODE_PANES && screen->focus == PANE_MESSAGES)
		by = -by;
	*at = MAX(*at + by, 0);
}

static void toggle(struct screen *screen, enum screen_mode mode)
{
	screen->mode = screen->mode == mode ? MODE_PANES : mode;
	screen->text_scroll = 0;
}

static void leave(struct screen *screen)
{
	if (screen->mode != MODE_PANES)
		screen->mode = MODE_PANES;
	else if (screen->options->owns_station)
		open_question(screen, QUESTION_LEAVE_DEMO);
	else
		screen->leave = true;
}

static void act_on_screen(struct screen *screen, enum action action)
{
	switch (action) {
	case ACTION_HELP: toggle(screen, MODE_HELP); break;
	case ACTION_JOIN:
		if (json_is_object(json_object_get(screen->model.status, "join")))
			toggle(screen, MODE_JOIN);
		else
			screen_notice(screen, MESSAGE_WARNING,
				      _("this station offers no pass to show here"));
		break;
	case ACTION_FINE:
		screen->fine = !screen->fine;
		screen->picture_fresh = true;
		screen_notice(screen, MESSAGE_OWN, screen->fine ? _("fine picture, 2 a second") :
								  _("fast picture, 5 a second"));
		break;
	case ACTION_THEME: term_next_theme(&screen->term); break;
	case ACTION_NEXT_PANE:
		screen->focus = (screen->focus + 1) % PANE_COUNT;
		if (screen->zoomed < PANE_COUNT)
			screen->zoomed = screen->focus;
		break;
	case ACTION_ZOOM:
		screen->zoomed = screen->zoomed < PANE_COUNT ? PANE_COUNT : screen->focus;
		break;
	case ACTION_UP: scroll_by(screen, -1); break;
	case ACTION_DOWN: scroll_by(screen, 1); break;
	case ACTION_PAGE_UP: scroll_by(screen, -10); break;
	case ACTION_PAGE_DOWN: scroll_by(screen, 10); break;
	case ACTION_COMMAND: open_prompt(screen, PROMPT_COMMAND); break;
	case ACTION_REDRAW: clearok(stdscr, TRUE); break;
	case ACTION_LEAVE: leave(screen); break;
	default: break;
	}
}

void act(struct screen *screen, enum action action)
{
	int32_t step = screen_steps[screen->step];

	switch (action) {
	case ACTION_STOP: act_stop(screen, "table.stop"); break;
	case ACTION_ESTOP: act_stop(screen, "table.estop"); break;
	case ACTION_CLEAR: open_question(screen, QUESTION_CLEAR); break;
	case ACTION_HOME: open_question(screen, QUESTION_HOME); break;
	case ACTION_TURN_LEFT: act_turn(screen, -step); break;
	case ACTION_TURN_RIGHT: act_turn(screen, step); break;
	case ACTION_STEP_SMALLER: screen->step = MAX(screen->step - 1, 0); break;
	case ACTION_STEP_LARGER:
		screen->step = MIN(screen->step + 1, (int)ARRAY_LEN(screen_steps) - 1);
		break;
	case ACTION_GOTO: open_prompt(screen, PROMPT_GOTO); break;
	case ACTION_SPIN: open_prompt(screen, PROMPT_SPIN); break;
	case ACTION_SPIN_LEFT: spin_more(screen, -SPIN_STEP_MDEG_S); break;
	case ACTION_SPIN_RIGHT: spin_more(screen, SPIN_STEP_MDEG_S); break;
	default: act_on_screen(screen, action); break;
	}
	screen_touch(screen);
}
