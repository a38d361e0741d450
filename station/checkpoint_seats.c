/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checkpoint_seats.c - a page that kept a checkpoint asks for the proof that today's continues it, and says so
 * when it does not. The page is the witness here: what it says is written down and put on the console.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/log.h"
#include "station/base/rpc.h"
#include "station/checkpoints.h"
#include "station/evidence/checkpoint_store.h"

struct question {
	struct station *station;
	uint64_t seat, old;
	struct checkpoint_kept newest;
	struct tlog_proof proof;
};

/* Thread: evidence. To the newest that is kept, so that the page has it, or has it in a moment. */
static int prove(struct store *store, void *arg, struct err *err)
{
	struct question *question = arg;
	int rc = checkpoint_newest(store, &question->newest, err);

	return rc < 0 ? rc : ledger_prove_growth(store, question->old, question->newest.checkpoint.size,
						 &question->proof, err);
}

static void proved(void *arg, int rc, const struct err *err)
{
	struct question *question = arg;
	json_t *message = json_pack("{s:s, s:I, s:I, s:o, s:s}", "type", "log.proof", "old", (json_int_t)question->old,
				    "size", (json_int_t)question->newest.checkpoint.size, "hashes",
				    rc < 0 ? json_array() : ledger_proof_json(&question->proof), "reason",
				    rc < 0 ? err->text : "");

	if (question->station->web)
		seats_send(question->station, question->seat, message);
	else
		json_decref(message);
	free(question);
}

static int take_question(struct station *station, const struct web_event *event, const json_t *message, struct err *err)
{
	struct question *question;
	json_int_t old;

	if (rpc_integer(&old, message, "old", 0, INT64_MAX, err) < 0)
		return ERR_PROTO;
	question = calloc(1, sizeof *question);
	if (!question)
		return 0;	/* it asks again with the next checkpoint */
	*question = (struct question){ .station = station, .seat = event->seat, .old = (uint64_t)old };
	evidence_do(station->evidence, prove, proved, question);
	return 0;
}

static int take_alarm(struct station *station, const struct web_event *event, const json_t *message, struct err *err)
{
	const char *reason, *had, *got;
	struct act act;

	if (rpc_string(&reason, message, "reason", err) < 0 || rpc_string_or(&had, message, "had", "", err) < 0 ||
	    rpc_string_or(&got, message, "got", "", err) < 0)
		return ERR_PROTO;
	log_error("the page of %s (%s) says that the station's record does not continue what it has seen: %.300s",
		  event->identity.name, role_name(event->identity.role), reason);
	station_act(station, NULL, &act);
	snprintf(act.actor, sizeof act.actor, "%s", event->identity.name);
	snprintf(act.role, sizeof act.role, "%s", role_name(event->identity.role));
	evidence_note(station->evidence, &act, LEDGER_DOUBTED, NULL, NULL,
		      json_pack("{s:s, s:s, s:s}", "reason", reason, "had", had, "got", got));
	rpc_server_notify(station->control, 0, "evidence", "evidence",
			  json_pack("{s:s, s:s, s:s}", "kind", "doubt", "by", event->identity.name, "reason", reason));
	return 0;
}

int checkpoints_take(struct station *station, const struct web_event *event, const json_t *message,
		     struct err *err)
{
	const char *type = json_string_value(json_object_get(message, "type"));

	if (strcmp(type, "log.prove") == 0)
		return take_question(station, event, message, err);
	if (strcmp(type, "log.alarm") == 0)
		return take_alarm(station, event, message, err);
	return err_set(err, ERR_PROTO, "unknown message type");
}
