/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the operator wants: the ":" line, and what each key does. The table's own acts are act_table.c's. */
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/command.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"
#include "ui/console/screen.h"

enum { ANSWER_MS = 4000, SPIN_STEP_MDEG_S = 5000 };

/* --- the ":" line ----------------------------------------------------------------------------- */

static int split(char *line, char **words, int max)
{
	int count = 0;

	for (char *word = strtok(line, " "); word && count < max; word = strtok(NULL, " "))
		words[count++] = word;
	return count;
}

static void show_answer(void *owner, const char *method, const json_t *result,
			const struct err *err)
{
	const struct command *command = command_of_method(method);
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

static void send_command(struct screen *screen, const struct command *command, json_t *params)
{
	bool bare = command->bare_method && json_object_size(params) == 0;
	const char *method = bare ? command->bare_method : command->method;
	bool table = command->flags & COMMAND_TABLE && !screen_answering(screen);
	struct err err = { 0 };

	if (command->flags & COMMAND_WAITS)
		json_object_set_new(params, "wait", json_false());
	if (!bare)
		command_complete(command, params, SCREEN_BY);
	if (link_send(table ? &screen->table : &screen->station, method, params, ANSWER_MS, show_answer,
		      &err) < 0)
		screen_notice(screen, MESSAGE_ERROR, "%s", err.text);
}

/* What the keys do in another way than "send it and show the answer". */
static bool run_as_key(struct screen *screen, const struct command *command, json_t *params, struct err *err)
{
	if (command->flags & COMMAND_STOPS) {
		act_at_once(screen, command->method);
		return true;
	}
	if (strcmp(command->method, "table.clear") == 0 && !json_object_get(params, "confirm")) {
		act_clear(screen);
		return true;
	}
	return command_wants_lease(command, params) &&
	       command_fill_lease(params, screen->model.table, err) < 0;
}

static void run_command(struct screen *screen, const struct command *command, json_t *params /* stolen */)
{
	struct err err = { 0 };

	json_object_del(params, "follow");
	if (!run_as_key(screen, command, params, &err)) {
		send_command(screen, command, params);
		return;
	}
	json_decref(params);
	if (err.code)
		screen_notice(screen, MESSAGE_ERROR, "%s", err.text);
}

void act_command_line(struct screen *screen, const char *line)
{
	char copy[sizeof screen->input], *words[sizeof copy / 2];	/* every one has a blank behind it */
	const struct command *command;
	struct err err = { 0 };
	json_t *params;
	int count, used;

	snprintf(copy, sizeof copy, "%s", line);
	count = split(copy, words, ARRAY_LEN(words));
	if (count == 0)
		return;
	command = command_find(words, count, &used, &err);
	if (command && command->flags & (COMMAND_LOCAL | COMMAND_WALK | COMMAND_OWN))
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
	int *at = screen->mode == MODE_TEXT || screen->mode == MODE_HELP || screen->mode == MODE_FACTS
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

/* Rooms and stills have one place between them. */
static bool is_offered(const struct screen *screen, enum pane pane)
{
	return pane != (screen->stills_open ? PANE_ROOMS : PANE_STILLS);
}

static void toggle_stills(struct screen *screen)
{
	screen->stills_open = !screen->stills_open;
	screen->focus = screen->stills_open ? PANE_STILLS : PANE_CAMERA;
	screen->zoomed = PANE_COUNT;
}

static void act_on_evidence(struct screen *screen, enum action action)
{
	switch (action) {
	case ACTION_HOLD: act_hold(screen); break;
	case ACTION_GO_ON: act_go_on(screen); break;
	case ACTION_CLOSE: open_question(screen, QUESTION_CLOSE); break;
	case ACTION_EXHIBITS: act_exhibits(screen); break;
	case ACTION_SCAN: act_scan(screen); break;
	case ACTION_STILL: act_still(screen, false); break;
	case ACTION_STILL_FULL: act_still(screen, true); break;
	case ACTION_STILLS: toggle_stills(screen); break;
	case ACTION_NEXT_VIEW: act_next_view(screen); break;
	case ACTION_REJECT: open_prompt(screen, PROMPT_REJECT); break;
	case ACTION_ROUND: act_round(screen); break;
	case ACTION_MAKERS: open_prompt(screen, PROMPT_MAKERS); break;
	case ACTION_SEEN: screen->model.evidence.doubt[0] = '\0'; break;
	default: break;
	}
}

static void act_on_screen(struct screen *screen, enum action action)
{
	switch (action) {
	case ACTION_HELP: toggle(screen, MODE_HELP); break;
	case ACTION_FACTS: toggle(screen, MODE_FACTS); break;
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
		do
			screen->focus = (screen->focus + 1) % PANE_COUNT;
		while (!is_offered(screen, screen->focus));
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
	case ACTION_STOP: act_at_once(screen, "table.stop"); break;
	case ACTION_ESTOP: act_at_once(screen, "table.estop"); break;
	case ACTION_CLEAR: act_clear(screen); break;
	case ACTION_HOME: open_question(screen, QUESTION_HOME); break;
	case ACTION_TURN_LEFT: act_turn(screen, -step); break;
	case ACTION_TURN_RIGHT: act_turn(screen, step); break;
	case ACTION_STEP_SMALLER: screen->step = MAX(screen->step - 1, 0); break;
	case ACTION_STEP_LARGER:
		screen->step = MIN(screen->step + 1, (int)ARRAY_LEN(screen_steps) - 1);
		break;
	case ACTION_GOTO: open_prompt(screen, PROMPT_GOTO); break;
	case ACTION_SPIN: open_prompt(screen, PROMPT_SPIN); break;
	case ACTION_SPIN_LEFT: act_spin_more(screen, -SPIN_STEP_MDEG_S); break;
	case ACTION_SPIN_RIGHT: act_spin_more(screen, SPIN_STEP_MDEG_S); break;
	default:
		act_on_evidence(screen, action);
		act_on_screen(screen, action);
	}
	screen_touch(screen);
}
