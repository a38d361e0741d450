/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checkpoint_store.h - the checkpoints of the ledger: drafted here, signed elsewhere, kept here and in the file
 * STATE/evidence/checkpoint, which anybody's tools read. Thread: evidence.
 */
#ifndef OSTEND_EVIDENCE_CHECKPOINT_STORE_H
#define OSTEND_EVIDENCE_CHECKPOINT_STORE_H

#include "station/evidence/ledger_proofs.h"

struct checkpoint_draft {
	struct checkpoint checkpoint;
	char text[NOTE_NAME_MAX + 96];	/* what is to be signed */
	uint64_t old;			/* what the proof is from */
	struct tlog_proof proof;	/* empty when the ledger has not so many entries */
};

struct checkpoint_kept {
	struct checkpoint checkpoint;
	char note[NOTE_MAX];		/* with its signature; "": none is kept yet */
	uint64_t utc_us;
};

/** The name of this ledger for ever: @fallback the first time that it is asked for. */
int checkpoint_origin(struct store *store, const char *fallback, char origin[NOTE_NAME_MAX], struct err *err);

/** Of the ledger as it stands, with the proof that it continues its first @old entries. */
int checkpoint_draft(struct store *store, const char *origin, uint64_t old, struct checkpoint_draft *draft,
		     struct err *err);

/** Keep a signed one, and make it the file FOLDER/checkpoint (NULL: no file). */
int checkpoint_keep(struct store *store, const char *folder, const struct checkpoint_kept *kept, struct err *err);

/** The newest; kept->note is "" when there is none. */
int checkpoint_newest(struct store *store, struct checkpoint_kept *kept, struct err *err);
/** The first that covers entry @seq: what was said to the outside soonest after it. As checkpoint_newest. */
int checkpoint_covering(struct store *store, uint64_t seq, struct checkpoint_kept *kept, struct err *err);

#endif
