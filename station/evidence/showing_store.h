/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * showing_store.h - showings as the database has them: which, of what, and how each went on.
 *
 * The rules (showing.h) have been asked before; here the state is kept, with its event, so that it outlives
 * the station. At most one showing is open. Thread: evidence, in the caller's transaction.
 */
#ifndef OSTEND_EVIDENCE_SHOWING_STORE_H
#define OSTEND_EVIDENCE_SHOWING_STORE_H

#include "station/evidence/exhibit.h"
#include "station/evidence/ledger.h"
#include "station/showing/showing.h"

/**
 * Open one for the exhibits @codes (texts). Each must be of the case, and have a retrieval that is approved
 * or out. Two people make it: @act names the second, or the reason why there is none.
 *
 * @case_no "": that of the first exhibit
 * @out     id, purpose and case of the new one, PREPARED
 * @return  0; ERR_DENIED for one maker without a reason, or one who is both; ERR_RANGE for a code that is none
 *          or none of the case; ERR_STATE when one is open, or without a retrieval, naming the exhibit
 */
int showing_store_open(struct store *store, const struct act *act, enum showing_purpose purpose,
		       const char *case_no, const json_t *codes, struct showing *out, struct err *err);

/** The open one into @out; id 0, PREPARED: there is none. */
int showing_store_load(struct store *store, struct showing *out, struct err *err);

/**
 * Keep state and pause of @now. Going ON AIR the first time needs an exhibit that is out of store.
 *
 * @data further members of the event, stolen; NULL: none
 */
int showing_store_change(struct store *store, const struct act *act, const struct showing *now, json_t *data,
			 struct err *err);

/** The end. Its fingerprint is added by showing_store_seal when the log is signed. */
int showing_store_close(struct store *store, const struct act *act, int64_t id, struct err *err);

/**
 * The fingerprint (完整性校验值) of the first checkpoint that covers the showing's end becomes the showing's.
 *
 * @return 0; ERR_AGAIN while no checkpoint covers it; ERR_STATE unless it is closed and has none
 */
int showing_store_seal(struct store *store, int64_t id, struct err *err);
/**
 * The same for all that were closed while the log could not be signed; each is an entry of @act.
 *
 * @sealed  {"showing", "fingerprint"} is added to this list for each that has its fingerprint now
 * @waiting how many are still without
 */
int showing_store_seal_late(struct store *store, const struct act *act, json_t *sealed, int64_t *waiting,
			    struct err *err);

/**
 * Put the exhibit @code on the table: it must be on the list and out of store, and its handling cards
 * acknowledged. A code that is refused is an event too, which the caller keeps by showing_store_refuse_scan.
 *
 * @exhibit what is placed
 * @return  0; ERR_RANGE for a code that is none or not on the list; ERR_STATE
 */
int showing_store_stage(struct store *store, const struct act *act, int64_t id, const char *code,
			bool acknowledged, struct exhibit *exhibit, struct err *err);
int showing_store_refuse_scan(struct store *store, const struct act *act, const char *code, const char *sentence,
			      struct err *err);

/** {"showing", "state", "purpose", "case_no", "exhibits": [...], "opened_utc_us", ...}; @id 0: the open one, or the
 * newest. ERR_RANGE */
int showing_store_json(struct store *store, int64_t id, json_t **json, struct err *err);
/** The newest 40, without their exhibits. */
int showing_store_list(struct store *store, json_t **list, struct err *err);

#endif
