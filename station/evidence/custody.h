/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * custody.h - who has an exhibit in keeping, from its entry to its end, and the chain of all that (证据保管链).
 *
 * A handover (换押式移交) changes the body that answers for it while it stays where it is. The chain is read from
 * the ledger itself, so that it cannot say anything else. Thread: evidence, in the caller's transaction.
 */
#ifndef OSTEND_EVIDENCE_CUSTODY_H
#define OSTEND_EVIDENCE_CUSTODY_H

#include "station/evidence/exhibit.h"

enum disposal {
#define DISPOSAL(id, name, label) DISPOSAL_##id,
#include "station/evidence/disposals.def"
#undef DISPOSAL
	DISPOSAL_COUNT
};

const char *disposal_name(enum disposal way);
const char *disposal_label(enum disposal way);		/* English, for gettext */
/** DISPOSAL_COUNT: none is called @name. */
enum disposal disposal_find(const char *name);

/** Put on its place. ERR_STATE when it is out of store or disposed of. */
int custody_store(struct store *store, const struct act *act, const struct exhibit *exhibit, const char *place,
		  struct err *err);

/**
 * Hand over to the body @to; the reason is in @act. @document: number of the letter; "": none.
 *
 * @return 0; ERR_RANGE without a reason or when @to has it already; ERR_DENIED without a second person, who
 *         receives it; ERR_STATE when it is disposed of
 */
int custody_handover(struct store *store, const struct act *act, const struct exhibit *exhibit, const char *to,
		     const char *document, struct err *err);

/** The end: @to whom, by which @document. Errors as of a handover; ERR_STATE also while a retrieval is open. */
int custody_dispose(struct store *store, const struct act *act, const struct exhibit *exhibit, enum disposal way,
		    const char *to, const char *document, struct err *err);

/** ERR_STATE when @code is disposed of. */
int custody_check_kept(struct store *store, const char *code, struct err *err);

/**
 * {"exhibit", "body" ("": the centre's own), "disposed": way or "", "entries": [{"seq", "utc_us", "action", "actor",
 * "second", "reason", "showing", "data"}], "retrievals"}: the newest 60 entries, oldest first; "left_out" says how
 * many are older.
 */
int custody_chain(struct store *store, const struct exhibit *exhibit, uint64_t now_utc_us, json_t **chain,
		  struct err *err);

#endif
