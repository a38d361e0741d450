/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * showings.c - the life of a showing: asked of the rules, kept in the store, then true for everybody.
 *
 *   going on (open, show, resume, stage, close):  rules -> store -> effect, told
 *   holding:                                      rules -> effect at once, told -> store
 *
 * Nothing goes out that is not in the record before; and nothing waits for a disk when it has to stop. One
 * thing that goes on is under way at a time; a hold that comes meanwhile is stronger than what it overtakes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/base/rpc.h"
#include "station/evidence/showing_store.h"
#include "station/recordings.h"
#include "station/showings_own.h"
#include "station/stills.h"

#define CLOSING_NS (5 * NS_PER_S)
#define SEALING_NS (4 * NS_PER_S)	/* the log is signed within a second of whatever happens */

struct change {
	struct station *station;
	enum showing_command command;
	bool asked;			/* by somebody who waits for an answer */
	struct rpc_ticket ticket;
	struct act act;
	json_t *params;
	struct showing next;
	uint64_t holds;			/* station->holds when it was asked */
	uint64_t deadline_ns;		/* of a closing */
	struct exhibit exhibit;		/* staged */
	struct err refusal;		/* of a scan, which is itself recorded; code 0: none */
	json_t *result;
};

/* --- everybody is told --------------------------------------------------------------------------- */

static json_t *state_json(const struct showing *showing)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "showing", (json_int_t)showing->id, "state",
			 showing_state_name(showing->state), "pause", pause_reason_name(showing->pause),
			 "pause_label", pause_reason_label(showing->pause), "purpose",
			 showing->id ? purpose_name(showing->purpose) : "", "case_no", showing->case_no, "exhibit_no",
			 showing->exhibit_no, "exhibit_name", showing->exhibit_name);
}

json_t *showings_message(const struct station *station)
{
	json_t *message = state_json(&station->showing);

	json_object_set_new(message, "type", json_string("state"));
	return message;
}

void showings_add_status(const struct station *station, json_t *status)
{
	const struct showing *showing = &station->showing;

	json_object_set_new(status, "showing", json_integer(showing->id));
	json_object_set_new(status, "pause", json_string(pause_reason_name(showing->pause)));
	json_object_set_new(status, "overdue", json_integer(station->late_count));
	json_object_set_new(status, "unsealed", json_integer(station->unsealed));
}

void showings_take(struct station *station, const struct showing *next)
{
	json_t *news = state_json(next);
	bool opened;

	opened = next->id && next->id != station->showing.id;
	station->showing = *next;
	if (opened)
		records_present(station);
	if (!station->pipeline) {	/* the station is ending */
		json_decref(news);
		return;
	}
	recordings_follow(station);	/* the one place where the picture is let out or cut */
	pipeline_set_text(station->pipeline, next->case_no, next->exhibit_no);
	seats_send(station, 0, showings_message(station));
	still_seats_follow(station);
	json_object_set_new(news, "kind", json_string("showing"));
	recordings_mark(station, json_pack("{s:O}", "event", news));
	rpc_server_notify(station->control, 0, "evidence", "evidence", news);
	log_notice("showing %lld: %s%s%s", (long long)next->id, showing_state_name(next->state),
		   next->pause ? ", " : "", pause_reason_label(next->pause));
}

/* --- thread: evidence ---------------------------------------------------------------------------- */

static int run_open(struct store *store, struct change *change, struct err *err)
{
	const char *case_no, *purpose_text;
	enum showing_purpose purpose;
	int rc = rpc_string(&purpose_text, change->params, "purpose", err);

	if (rc == 0)
		rc = rpc_string_or(&case_no, change->params, "case_no", "", err);
	if (rc < 0)
		return rc;
	purpose = purpose_find(purpose_text);
	if (purpose == PURPOSE_COUNT)
		return err_set(err, ERR_RANGE, _("there is no purpose \"%.40s\""), purpose_text);
	return showing_store_open(store, &change->act, purpose, case_no, json_object_get(change->params, "exhibits"),
				  &change->next, err);
}

/* What is refused is undone, and the refusal stays. */
static int run_stage(struct store *store, struct change *change, struct err *err)
{
	bool acknowledged = json_is_true(json_object_get(change->params, "acknowledge"));
	const char *code;
	int rc = rpc_string(&code, change->params, "code", err);

	if (rc == 0)
		rc = store_begin(store, err);
	if (rc < 0)
		return rc;
	rc = showing_store_stage(store, &change->act, change->next.id, code, acknowledged, &change->exhibit, err);
	if (rc == 0)
		return store_commit(store, err);
	store_rollback(store);
	if (rc != ERR_RANGE && rc != ERR_STATE)
		return rc;
	change->refusal = *err;
	return showing_store_refuse_scan(store, &change->act, code, change->refusal.text, err);
}

/* A reason for holding that is none of the list is kept as it was said. */
static json_t *said(const struct change *change)
{
	const char *pause = json_string_value(json_object_get(change->params, "pause"));

	return pause && pause_reason_find(pause) == PAUSE_REASON_COUNT ? json_pack("{s:s}", "said", pause) : NULL;
}

static int run(struct store *store, void *arg, struct err *err)
{
	struct change *change = arg;
	int rc;

	switch (change->command) {
	case SHOWING_OPEN:
		rc = run_open(store, change, err);
		break;
	case SHOWING_STAGE:
		rc = run_stage(store, change, err);
		break;
	case SHOWING_CLOSE:
		rc = showing_store_close(store, &change->act, change->act.showing, err);
		break;
	default:
		rc = showing_store_change(store, &change->act, &change->next, said(change), err);
	}
	if (rc == 0 && change->asked)
		rc = showing_store_json(store, change->command == SHOWING_OPEN ? change->next.id : change->act.showing,
					&change->result, err);
	return rc;
}

/* --- thread: main, when it is on the disk -------------------------------------------------------- */

static void table_told(void *arg, json_t *result, const struct err *err)
{
	(void)arg;
	if (!result)
		log_warning("the table was not told how the exhibit is to be handled: %s", err->text);
}

static void stage(struct station *station, const struct change *change)
{
	const struct exhibit *exhibit = &change->exhibit;
	struct showing next = station->showing;
	json_t *names = exhibit_table_names(exhibit_cards(exhibit));

	snprintf(next.exhibit_no, sizeof next.exhibit_no, "%s", exhibit->values.exhibit_no);
	snprintf(next.exhibit_name, sizeof next.exhibit_name, "%s", exhibit->values.name);
	showings_take(station, &next);
	if (!json_array_size(names))
		json_array_append_new(names, json_string("normal"));
	if (station->table)
		child_call(station->table, "table.handling", json_pack("{s:o, s:s}", "names", names, "by",
			   change->act.actor), 5000, table_told, NULL);
	else
		json_decref(names);
}

static bool is_hold(enum showing_command command)
{
	return command == SHOWING_PAUSE || command == SHOWING_FAIL;
}

static int take_effect(struct station *station, struct change *change, struct err *err)
{
	if (is_hold(change->command))
		return 0;	/* was true at once */
	if (change->command == SHOWING_STAGE) {
		if (change->refusal.code)
			return *err = change->refusal, err->code;
		stage(station, change);
		return 0;
	}
	if (change->holds != station->holds && change->next.state == SHOWING_ON_AIR)
		return err_set(err, ERR_STATE, _("the showing was held meanwhile: it has not gone on air"));
	showings_take(station, &change->next);
	return 0;
}

static void end(struct change *change, int rc, const struct err *err)
{
	struct rpc_server *control = change->station->control;

	if (change->asked && rc < 0)
		rpc_server_refuse(control, change->ticket, RPC_REFUSED, err);
	else if (change->asked)
		rpc_server_answer(control, change->ticket, json_incref(change->result));
	json_decref(change->result);
	json_decref(change->params);
	free(change);
}

/* --- the end is signed --------------------------------------------------------------------------- */

/* Thread: evidence. */
static int run_seal(struct store *store, void *arg, struct err *err)
{
	struct change *change = arg;
	int rc = showing_store_seal(store, change->act.showing, err);

	if (rc < 0)
		return rc;
	json_decref(change->result);
	change->result = NULL;
	return showing_store_json(store, change->act.showing, &change->result, err);
}

/* Who closed it has waited for the fingerprint, which is read aloud; without a signer it is told without. */
static void sealed(void *arg, int rc, const struct err *err)
{
	struct change *change = arg;
	struct station *station = change->station;

	if (rc == ERR_AGAIN && clock_mono_ns() < change->deadline_ns && station->pipeline) {
		station->sealing = change;
		return;
	}
	if (rc < 0) {
		log_error("showing %lld has no fingerprint: %s", (long long)change->act.showing, err->text);
		showings_seal_later(station);
	} else {
		log_notice("showing %lld: fingerprint %s", (long long)change->act.showing,
			   json_string_value(json_object_get(change->result, "fingerprint")));
	}
	end(change, 0, NULL);
}

static void seal(struct station *station)
{
	struct change *change = MOVE(station->sealing);

	if (change)
		evidence_do(station->evidence, run_seal, sealed, change);
}

static void done(void *arg, int rc, const struct err *err)
{
	struct change *change = arg;
	struct station *station = change->station;
	struct err refusal;

	if (!is_hold(change->command))
		station->showing_busy = false;
	if (rc == 0)
		rc = take_effect(station, change, &refusal);
	else
		refusal = *err;
	if (rc < 0 && (!change->asked || is_hold(change->command)))
		log_error("showing: %s", refusal.text);
	if (rc < 0 || change->command != SHOWING_CLOSE) {
		end(change, rc, &refusal);
		return;
	}
	change->deadline_ns = clock_mono_ns() + SEALING_NS;
	station->sealing = change;
}

/* --- asked for ----------------------------------------------------------------------------------- */

static int check_free(const struct station *station, enum showing_command command, struct err *err)
{
	if (!station->showing_known)
		return err_set(err, ERR_STATE, _("the station is just starting: try again in a moment"));
	if (station->showing_busy && !is_hold(command))
		return err_set(err, ERR_FULL, _("the last command to the showing is just being recorded: try again"));
	return 0;
}

/* The rules, and what cannot wait for the record. */
static int admit(struct station *station, struct change *change, const struct showing_actor *actor,
		 struct err *err)
{
	struct showing_effects effects;
	int rc = check_free(station, change->command, err);

	if (rc == 0)
		rc = showing_apply(&station->showing, change->command, actor, &change->next, &effects, err);
	if (rc == 0 && change->next.state == SHOWING_ON_AIR && station->showing.state != SHOWING_ON_AIR)
		rc = recordings_check(station, err);
	if (rc < 0)
		return rc;
	if (is_hold(change->command)) {
		station->holds++;
		showings_take(station, &change->next);
	} else {
		station->showing_busy = true;
	}
	change->holds = station->holds;
	return 0;
}

/* The recording ends before the showing does, so that what is said of it stands in the showing's record. */
static void begin_closing(struct station *station, struct change *change)
{
	struct showing cut = station->showing;

	change->deadline_ns = clock_mono_ns() + CLOSING_NS;
	station->closing = change;
	if (cut.state != SHOWING_ON_AIR)
		return;
	cut.state = SHOWING_HOLD;
	cut.pause = PAUSE_OPERATOR;
	station->holds++;
	showings_take(station, &cut);
}

void showings_finish(struct station *station)
{
	struct change *change = MOVE(station->closing);

	seal(station);
	if (!change)
		return;
	change->act.utc_us = (uint64_t)clock_utc_us();	/* it is closed now, not when that was asked for */
	change->act.mono_ns = clock_mono_ns();
	evidence_do(station->evidence, run, done, change);
}

void showings_tick(struct station *station)
{
	seal(station);
	showings_seal_tick(station);
	if (!station->closing)
		return;
	if (recordings_is_busy(station) && clock_mono_ns() < station->closing->deadline_ns)
		return;
	if (recordings_is_busy(station))
		log_warning("showing %lld is closed although its recording has not ended", (long long)station->showing.id);
	showings_finish(station);
}

static void submit(struct station *station, struct change *change)
{
	if (change->command == SHOWING_CLOSE) {
		begin_closing(station, change);
		return;
	}
	/* a hold while no showing is open has cut what there was: there is no showing to say it of */
	if (is_hold(change->command) && !change->next.id)
		end(change, 0, NULL);
	else
		evidence_do(station->evidence, run, done, change);
}

static void ask(struct station *station, const struct rpc_peer *peer, const json_t *params,
		struct rpc_ticket ticket, enum showing_command command, enum pause_reason pause)
{
	struct change *change = calloc(1, sizeof *change);
	struct showing_actor actor = { .operator = true, .pause = pause };
	struct err err;
	int rc = change ? 0 : err_set(&err, ERR_NOMEM, _("the station is out of memory"));

	if (rc == 0) {
		*change = (struct change){ .station = station, .command = command, .asked = true, .ticket = ticket };
		rc = station_act_made(station, peer, params, &change->act, &change->params, &err);
	}
	if (rc == 0) {
		actor.has_reason = change->act.reason[0];
		rc = admit(station, change, &actor, &err);
	}
	if (rc == 0) {
		submit(station, change);
		return;
	}
	rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
	json_decref(change ? change->params : NULL);
	free(change);
}

void showings_fail(struct station *station, enum pause_reason pause, const char *sentence)
{
	struct change *change = calloc(1, sizeof *change);
	struct showing_actor actor = { .station = true, .pause = pause };
	struct err err;

	if (!change) {
		log_error("showing: out of memory");
		return;
	}
	*change = (struct change){ .station = station, .command = SHOWING_FAIL };
	station_act(station, NULL, &change->act);
	snprintf(change->act.reason, sizeof change->act.reason, "%s", sentence);
	log_error("the showing is held: %s", sentence);
	if (admit(station, change, &actor, &err) < 0) {
		log_error("showing: %s", err.text);
		free(change);
		return;
	}
	seats_notice(station, "error", "held", sentence);
	submit(station, change);
}

/* --- methods ------------------------------------------------------------------------------------- */

void showings_ask_open(struct station *station, const struct rpc_peer *peer, json_t *params,
		       struct rpc_ticket ticket)
{
	ask(station, peer, params, ticket, SHOWING_OPEN, PAUSE_NONE);
}

void showings_ask_show(struct station *station, const struct rpc_peer *peer, json_t *params,
		       struct rpc_ticket ticket)
{
	ask(station, peer, params, ticket, SHOWING_SHOW, PAUSE_NONE);
}

/* Whatever the reason is called, it holds: a mistyped word must not keep the picture on the screens. */
void showings_ask_hold(struct station *station, const struct rpc_peer *peer, json_t *params,
		       struct rpc_ticket ticket)
{
	const char *name = json_string_value(json_object_get(params, "pause"));
	enum pause_reason pause = pause_reason_find(name ? name : "operator");

	if (pause == PAUSE_REASON_COUNT || pause == PAUSE_NONE)
		pause = PAUSE_OPERATOR;
	ask(station, peer, params, ticket, SHOWING_PAUSE, pause);
}

void showings_ask_resume(struct station *station, const struct rpc_peer *peer, json_t *params,
			 struct rpc_ticket ticket)
{
	ask(station, peer, params, ticket, SHOWING_RESUME, PAUSE_NONE);
}

void showings_ask_close(struct station *station, const struct rpc_peer *peer, json_t *params,
			struct rpc_ticket ticket)
{
	ask(station, peer, params, ticket, SHOWING_CLOSE, PAUSE_NONE);
}

void showings_ask_stage(struct station *station, const struct rpc_peer *peer, json_t *params,
			struct rpc_ticket ticket)
{
	ask(station, peer, params, ticket, SHOWING_STAGE, PAUSE_NONE);
}
