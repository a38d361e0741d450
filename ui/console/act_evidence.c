/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the operator wants of the showing: hold, go on, close; stills and spins. The picture is cut by one key,
 * and why is said afterwards: nobody should search for a word while something is seen that must not be.
 */
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"
#include "ui/console/words.h"

enum { ANSWER_MS = 4000, CLOSE_MS = 15000, STILL_MS = 20000 };

/* --- asking and answers -------------------------------------------------------------------------- */

static void took(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	(void)err;	/* where nothing is open or on the table there is nothing to be told */
	if (result && model_take(&screen->model, method, result))
		screen_touch(screen);
}

/* On the table is nothing, or something else. */
static void views_answered(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	if (!result)
		model_take(&screen->model, method, NULL);
	took(owner, method, result, err);
}

void evidence_ask(struct screen *screen)
{
	struct evidence_view *view = &screen->model.evidence;
	unsigned ask = view->ask;

	if (!link_is_up(&screen->station))
		return;
	view->ask = 0;
	if (ask & EVIDENCE_ASK_SHOWING)
		link_send(&screen->station, "showing.status", NULL, ANSWER_MS, took, NULL);
	if (ask & EVIDENCE_ASK_VIEWS)
		link_send(&screen->station, "still.views", NULL, ANSWER_MS, views_answered, NULL);
	if (ask & EVIDENCE_ASK_STILLS)
		link_send(&screen->station, "still.list",
			  view->stills_after ? json_pack("{s:I}", "after", view->stills_after) : NULL, ANSWER_MS, took,
			  NULL);
}

void evidence_begin(struct screen *screen)
{
	struct evidence_view *view = &screen->model.evidence;

	evidence_view_clear(view);
	view->ask = EVIDENCE_ASK_ALL;
	link_send(&screen->station, "ledger.status", NULL, ANSWER_MS, took, NULL);
	evidence_ask(screen);
}

void evidence_news(struct screen *screen, const json_t *news)
{
	const char *reason = field_text(news, "reason");

	if (*field_text(news, "error"))
		screen_notice(screen, MESSAGE_ERROR, "%s", field_text(news, "error"));
	else if (field_is(news, "kind", "spin") && !field_is(news, "state", "running"))
		screen_notice(screen, field_is(news, "state", "complete") ? MESSAGE_OWN : MESSAGE_WARNING,
			      _("spin %lld: %lld of %lld%s%s"), (long long)field_integer(news, "spin", 0),
			      (long long)field_integer(news, "kept", 0), (long long)field_integer(news, "frames", 0),
			      *reason ? ": " : "", reason);
}

/* A refusal is shown as the sentence that came, and stays among the messages. */
static bool refused(struct screen *screen, const json_t *result, const struct err *err)
{
	if (result)
		return false;
	model_say(&screen->model, MESSAGE_ERROR, "%s", err->text);
	screen_notice(screen, MESSAGE_ERROR, "%s", err->text);
	return true;
}

void evidence_send(struct screen *screen, const char *method, json_t *params, int timeout_ms, link_answer *answer)
{
	static const char *const keys[] = { "by", "second" };
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (screen->makers[i][0])
			json_object_set_new(params, keys[i], json_string(screen->makers[i]));
	if (link_send(&screen->station, method, params, timeout_ms, answer, &err) < 0)
		refused(screen, NULL, &err);
}

static void showing_answered(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	(void)method;
	if (refused(screen, result, err))
		return;
	model_take(&screen->model, "showing.status", result);
	screen_touch(screen);
}

/* --- hold, go on, close -------------------------------------------------------------------------- */

/* In the order in which they are offered; the failures are the station's own to say. */
const char *const act_pauses[] = { "recess", "closed-showing", "mediation", "exchange", "fault" };
const size_t act_pause_count = ARRAY_LEN(act_pauses);

void act_hold(struct screen *screen)
{
	screen_notice(screen, MESSAGE_WARNING, _("HOLD"));
	evidence_send(screen, "showing.hold", json_pack("{s:s}", "pause", "operator"), ANSWER_MS, showing_answered);
	screen->mode = MODE_PAUSE;
}

void act_hold_because(struct screen *screen, int number)
{
	screen->mode = MODE_PANES;
	if (number < 1 || number > (int)act_pause_count)
		return;
	evidence_send(screen, "showing.hold", json_pack("{s:s}", "pause", act_pauses[number - 1]), ANSWER_MS,
		      showing_answered);
}

/* Who has just held it knows that by the answer, before the next status comes. */
static const json_t *newest_state(const struct screen *screen)
{
	const json_t *status = screen->model.status, *showing = screen->model.evidence.showing;

	return showing && field_integer(showing, "showing", 0) == field_integer(status, "showing", 0) ? showing : status;
}

void act_go_on(struct screen *screen)
{
	const json_t *now = newest_state(screen);
	bool paused = field_is(now, "state", "HOLD") || field_is(now, "state", "RECORDING_FAILED");

	screen->input[0] = '\0';
	if (paused && evidence_view_wants_reason(field_text(now, "pause"))) {
		screen->mode = MODE_PROMPT;
		screen->prompt = PROMPT_RESUME;
	} else {
		screen->mode = MODE_QUESTION;
		screen->question = paused ? QUESTION_RESUME : QUESTION_SHOW;
	}
}

void act_show(struct screen *screen)
{
	evidence_send(screen, "showing.show", json_object(), ANSWER_MS, showing_answered);
}

void act_resume(struct screen *screen, const char *reason)
{
	json_t *params = json_object();

	if (*reason)
		json_object_set_new(params, "reason", json_string(reason));
	evidence_send(screen, "showing.resume", params, ANSWER_MS, showing_answered);
}

static void closed(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	showing_answered(owner, method, result, err);
	if (!result)
		return;
	json_decref(screen->closed);
	screen->closed = json_incref((json_t *)result);
	screen->mode = MODE_CLOSED;
	screen_notice(screen, MESSAGE_OWN, _("the showing is closed"));
}

void act_close(struct screen *screen)
{
	screen_notice(screen, MESSAGE_OWN, _("closing: the recording ends, and the record is signed"));
	evidence_send(screen, "showing.close", json_object(), CLOSE_MS, closed);
}

/* --- stills -------------------------------------------------------------------------------------- */

static void still_taken(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;
	char digest[32];

	(void)method;
	if (refused(screen, result, err))
		return;
	words_digest(digest, sizeof digest, field_text(result, "sha256"), 4);
	screen_notice(screen, MESSAGE_OWN, _("still %lld is kept: %s"),
		      (long long)field_integer(result, "still", 0), digest);
}

void act_still(struct screen *screen, bool full)
{
	const json_t *next = evidence_view_next(&screen->model.evidence, screen->views_passed);
	json_t *params = json_object();

	if (next)
		json_object_set(params, "view", json_object_get(next, "view"));
	if (full)
		json_object_set_new(params, "full", json_true());
	screen->views_passed = 0;
	screen_notice(screen, MESSAGE_OWN, _("taking a still: %s"),
		      next ? _(field_text(next, "label")) : _("no view of the shot list"));
	evidence_send(screen, "still.take", params, STILL_MS, still_taken);
}

void act_next_view(struct screen *screen)
{
	const json_t *next;

	screen->views_passed++;
	next = evidence_view_next(&screen->model.evidence, screen->views_passed);
	if (next)
		screen_notice(screen, MESSAGE_OWN, _("next: %s"), _(field_text(next, "label")));
	else
		screen_notice(screen, MESSAGE_OWN, _("nothing of the shot list is missing"));
}

static void still_rejected(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	(void)method;
	if (refused(screen, result, err))
		return;
	screen_notice(screen, MESSAGE_OWN, _("still %lld is rejected; it is kept"),
		      (long long)field_integer(result, "still", 0));
}

/* "12 out of focus" */
void act_reject(struct screen *screen, const char *text)
{
	char *reason;
	long number = strtol(text, &reason, 10);

	reason += strspn(reason, " :,");
	if (number < 1 || !*reason) {
		screen_notice(screen, MESSAGE_ERROR, _("the number of a still and the reason are wanted: 12 out of focus"));
		return;
	}
	evidence_send(screen, "still.reject", json_pack("{s:I, s:s}", "still", (json_int_t)number, "reason", reason),
		      ANSWER_MS, still_rejected);
}

/* --- spins --------------------------------------------------------------------------------------- */

static void spin_answered(void *owner, const char *method, const json_t *result, const struct err *err)
{
	(void)method;
	refused(owner, result, err);
}

bool evidence_is_spinning(const struct screen *screen)
{
	return field_is(screen->model.evidence.spin, "state", "running");
}

void act_round(struct screen *screen)
{
	screen->input[0] = '\0';
	if (evidence_is_spinning(screen)) {
		evidence_send(screen, "spin.cancel", json_object(), ANSWER_MS, spin_answered);
		return;
	}
	screen->mode = MODE_PROMPT;
	screen->prompt = PROMPT_FRAMES;
}

void act_round_of(struct screen *screen, const char *text)
{
	char *end;
	long frames = strtol(text, &end, 10);

	if (*end) {
		screen_notice(screen, MESSAGE_ERROR, _("a number of stills is wanted, 12 to 360"));
		return;
	}
	evidence_send(screen, "spin.take", json_pack("{s:I, s:b}", "frames", (json_int_t)frames, "wait", 0), ANSWER_MS,
		      spin_answered);
}

/* --- who makes them ------------------------------------------------------------------------------ */

/* "Wang, Li": for the record of every act from now on; "" ends it. */
void act_makers(struct screen *screen, const char *text)
{
	size_t len = strcspn(text, ",\xef");	/* also a full-width comma, U+FF0C */
	const char *second = text + len;

	second += *second == ',' ? 1 : strncmp(second, "\xef\xbc\x8c", 3) == 0 ? 3 : 0;
	second += strspn(second, " ");
	snprintf(screen->makers[0], sizeof screen->makers[0], "%.*s", (int)len, text);
	snprintf(screen->makers[1], sizeof screen->makers[1], "%s", second);
	screen_notice(screen, MESSAGE_OWN, *text ? _("makers: %s, %s") : _("makers: nobody is named any more"),
		      screen->makers[0], screen->makers[1]);
}
