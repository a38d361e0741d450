/* SPDX-License-Identifier: GPL-3.0-or-later */
/* control_evidence.c - methods that the evidence thread answers: a job each, and the answer when the disk has it. */
#include <stdlib.h>

#include "station/station.h"

struct question {
	struct station *station;
	const struct evidence_method_entry *method;
	struct rpc_ticket ticket;
	struct act act;
	json_t *params, *result;
};

/* Thread: evidence. */
static int run(struct store *store, void *arg, struct err *err)
{
	struct question *question = arg;

	return question->method->run(store, &question->act, question->params, &question->result, err);
}

static void done(void *arg, int rc, const struct err *err)
{
	struct question *question = arg;

	if (rc < 0) {
		rpc_server_refuse(question->station->control, question->ticket, RPC_REFUSED, err);
		json_decref(question->result);
	} else {
		rpc_server_answer(question->station->control, question->ticket, question->result);
	}
	json_decref(question->params);
	free(question);
}

void control_ask_evidence(struct station *station, const struct evidence_method_entry *method,
			  const struct rpc_peer *peer, const json_t *params, struct rpc_ticket ticket)
{
	struct question *question = calloc(1, sizeof *question);
	struct err err;
	int rc = question ? 0 : err_set(&err, ERR_NOMEM, "the station is out of memory");

	if (rc == 0)
		rc = station_act_of(station, peer, params, &question->act, &question->params, &err);
	if (rc < 0) {
		free(question);
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	question->station = station;
	question->method = method;
	question->ticket = ticket;
	evidence_do(station->evidence, run, done, question);
}
