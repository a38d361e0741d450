/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dossier.h - everything that the ledger says of one showing and its case, with the proofs, taken out of the store
 * in one go. Minutes and packages are made from this alone, on any thread, while the ledger goes on.
 */
#ifndef OSTEND_EVIDENCE_DOSSIER_H
#define OSTEND_EVIDENCE_DOSSIER_H

#include "station/evidence/checkpoint_store.h"

struct dossier_entry {
	int64_t seq;
	enum ledger_action action;	/* LEDGER_ACTION_COUNT: of a newer program */
	char *line;			/* the leaf's bytes */
	json_t *json;			/* the same, read */
	json_t *hashes;			/* inclusion proof in the newest checkpoint, base64 */
};

struct dossier {
	int64_t showing;
	char station[256], purpose[32], case_no[256], state[32], fingerprint[FINGERPRINT_SIZE];
	uint64_t opened_utc_us, closed_utc_us;	/* closed: 0 while it is not */
	int64_t opened_entry, closed_entry;	/* seq; -1: none */
	struct dossier_entry *entries;		/* by seq */
	size_t count;
	struct checkpoint_kept opening, closing, newest;	/* closing: note "" while it is not closed */
	json_t *consistency;			/* as in doc/package.md */
};

/**
 * What is in it: entries of the case; of the showing, unless of another case; of the station itself meanwhile.
 * Thread: evidence.
 *
 * @return 0; ERR_RANGE: no such showing; ERR_STATE: the log has not been signed since; ERR_TAMPER when an entry
 *         cannot be read; ERR_OS
 */
int dossier_load(struct dossier **out, struct store *store, int64_t showing, struct err *err);
struct dossier *dossier_free(struct dossier *dossier);
DEFINE_FREEP(dossier_free, struct dossier *)

/* Of an entry; "" and 0 for what it does not have. */
const char *dossier_text(const struct dossier_entry *entry, const char *key);
int64_t dossier_number(const struct dossier_entry *entry, const char *key);
const char *dossier_data_text(const struct dossier_entry *entry, const char *key);
int64_t dossier_data_number(const struct dossier_entry *entry, const char *key);

/** Whether the entry is of this showing, not only of its case. */
bool dossier_shown(const struct dossier *dossier, const struct dossier_entry *entry);

#endif
