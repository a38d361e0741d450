/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger_proofs.h - what others are given of the ledger: entries as they were hashed, proofs that they are in it,
 * and that one checkpoint continues another. A proof is some twenty look-ups, however long the ledger is.
 * Thread: evidence.
 */
#ifndef OSTEND_EVIDENCE_LEDGER_PROOFS_H
#define OSTEND_EVIDENCE_LEDGER_PROOFS_H

#include "station/evidence/fingerprint.h"
#include "station/evidence/ledger.h"
#include "station/evidence/note.h"

/** That entry @seq is in the tree of the first @size. ERR_RANGE unless @seq < @size <= the ledger's. */
int ledger_prove(struct store *store, uint64_t seq, uint64_t size, struct tlog_proof *proof, struct err *err);

/** That the tree of the first @old is a beginning of that of the first @size. ERR_RANGE unless old <= size <= the ledger's. */
int ledger_prove_growth(struct store *store, uint64_t old, uint64_t size, struct tlog_proof *proof, struct err *err);

/** The root of the tree of the first @size. ERR_RANGE. */
int ledger_root(struct store *store, uint64_t size, struct tlog_hash *root, struct err *err);

/** The hashes of @proof as a list of base64 texts; NULL without memory. */
json_t *ledger_proof_json(const struct tlog_proof *proof);

/** The other way. ERR_RANGE for what is no list of at most TLOG_PROOF_MAX such hashes. */
int ledger_proof_read(struct tlog_proof *proof, const json_t *hashes, struct err *err);

/*
 * Entries one after the other, in the order of seq:
 *
 *	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
 *	rc = ledger_entries_of_case(&rows, store, "(2026) 1", size, err);
 *	while (rc == 0 && (rc = store_next(&rows, err)) > 0)
 *		... store_integer(&rows, 0) is its seq, store_blob(&rows, 1, &len_bytes) the leaf's bytes, ASCII ...
 *
 * @size only entries below it: those that a checkpoint of this size covers. In between, ledger_prove may be called.
 */
int ledger_entries_of_case(struct store_rows *rows, struct store *store, const char *case_no, uint64_t size,
			   struct err *err);
int ledger_entries_of_showing(struct store_rows *rows, struct store *store, int64_t showing, uint64_t size,
			      struct err *err);
int ledger_entries_from(struct store_rows *rows, struct store *store, uint64_t first, uint64_t size, struct err *err);

/** The closing fingerprint (fingerprint.h) of @checkpoint. */
void ledger_fingerprint(char text[FINGERPRINT_SIZE], const struct checkpoint *checkpoint);

#endif
