/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the operator wants of the table. Nothing here waits: motions are asked with "wait": false, and
 * what becomes of them comes as table.event. What must not be late - stop, emergency stop, taking the
 * table back - goes by the table's own socket first, and by the station's when that is silent.
 */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/command.h"
#include "ui/console/degrees.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"

enum { ANSWER_MS = 4000, AT_ONCE_MS = 300, SPIN_MAX_MDEG_S = 360000 };

#define TAKE_AGAIN_NS (500 * NS_PER_MS)

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

static void send_table(struct screen *screen, const char *method, json_t *params, link_answer *answer)
{
	const struct command *command = command_of_method(method);
	struct link *link = screen_answering(screen) ? &screen->station : &screen->table;
	struct err err = { 0 };

	command_complete(command, params, SCREEN_BY);
	if (command->flags & COMMAND_WAITS)
		json_object_set_new(params, "wait", json_false());
	if (link_send(link, command->method, params, ANSWER_MS, answer, &err) < 0)
		screen_notice(screen, MESSAGE_ERROR, "%s: %s", method, err.text);
}

/* --- motions ---------------------------------------------------------------------------------- */

void act_goto(struct screen *screen, int32_t bearing_mdeg)
{
	char text[32];

	screen->spin_mdeg_s = 0;
	degrees_format(text, sizeof text, bearing_mdeg, 3);
	screen_notice(screen, MESSAGE_OWN, _("go to %s%s"), text, term_glyph(&screen->term, GLYPH_DEGREE));
	send_table(screen, "table.goto", json_pack("{s:i}", "bearing_mdeg", bearing_mdeg), act_table_answer);
}

void act_turn(struct screen *screen, int32_t by_mdeg)
{
	char text[32];

	screen->spin_mdeg_s = 0;
	degrees_format(text, sizeof text, by_mdeg, 3);
	screen_notice(screen, MESSAGE_OWN, _("turn by %s%s"), text, term_glyph(&screen->term, GLYPH_DEGREE));
	send_table(screen, "table.turn", json_pack("{s:i}", "by_mdeg", by_mdeg), act_table_answer);
}

void act_spin(struct screen *screen, int32_t speed_mdeg_s)
{
	char text[32];

	if (speed_mdeg_s == 0) {
		act_at_once(screen, "table.stop");
		return;
	}
	degrees_format(text, sizeof text, speed_mdeg_s, 3);
	screen_notice(screen, MESSAGE_OWN, _("spin at %s%s/s"), text,
		      term_glyph(&screen->term, GLYPH_DEGREE));
	screen->spin_mdeg_s = speed_mdeg_s;
	send_table(screen, "table.spin", json_pack("{s:i}", "speed_mdeg_s", speed_mdeg_s), act_table_answer);
}

void act_spin_more(struct screen *screen, int32_t change_mdeg_s)
{
	json_int_t limit = field_integer(json_object_get(screen->model.table, "limits"), "max_mdeg_s", 0);
	int32_t max = limit > 0 && limit < SPIN_MAX_MDEG_S ? (int32_t)limit : SPIN_MAX_MDEG_S;

	act_spin(screen, CLAMP(screen->spin_mdeg_s + change_mdeg_s, -max, max));
}

void act_home(struct screen *screen)
{
	screen_notice(screen, MESSAGE_OWN, _("home"));
	send_table(screen, "table.home", json_object(), act_table_answer);
}

/* --- what must not be late -------------------------------------------------------------------- */

static const char *at_once_failed(const char *method)
{
	return strcmp(method, "table.preempt") == 0
		       ? _("THE TABLE WAS NOT TAKEN BACK (E stops it, or cut its power): %s")
		       : _("STOP DID NOT REACH THE TABLE (cut its power): %s");
}

static json_t *by_console(void)
{
	return json_pack("{s:s}", "by", SCREEN_BY);
}

/* The second try: the first socket did not answer. */
static void at_once_answered(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;
	char text[sizeof err->text + 80];

	if (result) {
		act_table_answer(owner, method, result, err);
		return;
	}
	if (link_send(&screen->station, method, by_console(), ANSWER_MS, act_table_answer, NULL) == 0)
		return;
	snprintf(text, sizeof text, at_once_failed(method), err->text);
	screen_notice(screen, MESSAGE_ERROR, "%s", text);
}

void act_at_once(struct screen *screen, const char *method)
{
	struct err err = { 0 };

	screen->spin_mdeg_s = 0;
	if (strcmp(method, "table.preempt") != 0)
		screen_notice(screen, MESSAGE_WARNING,
			      strcmp(method, "table.estop") == 0 ? _("EMERGENCY STOP") : _("stop"));
	if (link_send(&screen->table, method, by_console(), AT_ONCE_MS, at_once_answered, &err) < 0)
		at_once_answered(screen, method, NULL, &err);
}

bool act_take_back(struct screen *screen)
{
	uint64_t now_ns = clock_mono_ns();
	struct lease lease;

	model_lease(&screen->model, now_ns, &lease);
	if (!lease.held ||
	    (lease.number == screen->taken_lease && now_ns - screen->taken_ns < TAKE_AGAIN_NS))
		return false;
	screen->taken_lease = lease.number;
	screen->taken_ns = now_ns;
	snprintf(screen->taken_from, sizeof screen->taken_from, "%s", lease.holder);
	act_at_once(screen, "table.preempt");
	model_say(&screen->model, MESSAGE_OWN, _("you have taken the table back from %s"), lease.holder);
	screen_touch(screen);
	return true;
}

/* --- clearing a halt, in two steps ------------------------------------------------------------ */

static void first_step_answered(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	if (!field_true(result, "armed")) {
		act_table_answer(owner, method, result, err);
		return;
	}
	snprintf(screen->clear_reason, sizeof screen->clear_reason, "%s", field_text(result, "reason"));
	screen->clear_until_ns =
		clock_mono_ns() + (uint64_t)MAX(field_integer(result, "for_ms", 0), 0) * NS_PER_MS;
	if (screen->mode == MODE_PANES)
		screen->mode = MODE_CLEAR;
	screen_touch(screen);
}

void act_clear(struct screen *screen)
{
	send_table(screen, "table.clear", json_object(), first_step_answered);
}

void act_clear_confirmed(struct screen *screen)
{
	screen->mode = MODE_PANES;
	screen_notice(screen, MESSAGE_OWN, _("clear"));
	send_table(screen, "table.clear", json_pack("{s:s}", "confirm", "clear"), act_table_answer);
}

/* Too late, or somebody else has done it. */
void act_clear_tick(struct screen *screen)
{
	bool late = clock_mono_ns() >= screen->clear_until_ns;
	struct halt halt;

	if (screen->mode != MODE_CLEAR)
		return;
	model_halt(&screen->model, &halt);
	screen_touch(screen);	/* the countdown */
	if (halt.halted && !late)
		return;
	screen->mode = MODE_PANES;
	if (late)
		screen_notice(screen, MESSAGE_WARNING, _("not cleared: the time is over; c begins anew"));
}
