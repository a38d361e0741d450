/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checkpoints.h - the ledger is signed within a second of whatever happens, and every page is given the result.
 *
 *	evidence: draft --> signer: signs it, or refuses --> evidence: keeps it --> consoles, seats
 *
 * A refusal means that the ledger is not the one that was signed before. That is said on every screen, and in
 * the ledger itself; the station goes on, and no checkpoint of this ledger is signed any more. Thread: main.
 */
#ifndef OSTEND_CHECKPOINTS_H
#define OSTEND_CHECKPOINTS_H

#include "station/station.h"

struct checkpoints;

/** ERR_STATE, ERR_OS: no certificate for checkpoints; ERR_NOMEM. Needs station->evidence. */
int checkpoints_open(struct checkpoints **out, struct station *station, struct err *err);
struct checkpoints *checkpoints_free(struct checkpoints *checkpoints);

void checkpoints_tick(struct checkpoints *checkpoints);
/** The signer's process was started again: what it has signed last is asked for. */
void checkpoints_signer_started(struct checkpoints *checkpoints);
/** Sign what there is now, before the station ends; waits up to two seconds. */
void checkpoints_finish(struct checkpoints *checkpoints);

/** How many entries the newest signed checkpoint covers. */
uint64_t checkpoints_size(const struct checkpoints *checkpoints);
/** {"state": "signed" | "waiting" | "refused", "reason", "size", "origin", "fingerprint"} */
json_t *checkpoints_status(const struct checkpoints *checkpoints);

/** {"type": "checkpoint", "note", "key", "certificate"}; NULL while there is none. */
json_t *checkpoints_message(const struct checkpoints *checkpoints);
/** checkpoint_seats.c: a page's log.prove or log.alarm. ERR_PROTO for one that is not as doc/protocol.md has it. */
int checkpoints_take(struct station *station, const struct web_event *event, const json_t *message,
		     struct err *err);

#endif
