/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * last_checkpoint.h - the last checkpoint that the signer has signed, on the disk before the signature is given.
 *
 * One file with two places, written in turn: when the power fails in a write, the other place still holds the
 * one before, whose signature is the last that anybody can have. Only pwrite and fdatasync once it is open.
 */
#ifndef OSTEND_EVIDENCE_LAST_CHECKPOINT_H
#define OSTEND_EVIDENCE_LAST_CHECKPOINT_H

#include "station/evidence/note.h"

struct last_checkpoint {
	int fd;
	uint64_t turn;			/* 0: nothing was signed yet */
	struct checkpoint checkpoint;
};

#define LAST_CHECKPOINT_NONE { .fd = -1 }

/**
 * Open STATE/signer/last-checkpoint, made if missing.
 *
 * @return 0; ERR_TAMPER when it holds something else than what was written; ERR_OS
 */
int last_checkpoint_open(struct last_checkpoint *last, const char *state_path, struct err *err);
void last_checkpoint_close(struct last_checkpoint *last);

/** ERR_OS: @last is as before, and may not be used any more. */
int last_checkpoint_set(struct last_checkpoint *last, const struct checkpoint *checkpoint, struct err *err);

/**
 * Whether @next may be signed after @last: the same log, no smaller, and @proof shows that it continues it.
 *
 * @return 0; ERR_TAMPER, saying why not
 */
int last_checkpoint_allows(const struct last_checkpoint *last, const struct checkpoint *next,
			   const struct tlog_proof *proof, struct err *err);

#endif
