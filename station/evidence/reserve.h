/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reserve.h - room on the disk that is kept for the ledger, in a file, and given up when there is no other.
 *
 * Recording and stills stop when the disk is full; what happens then still has to be written down. Thread:
 * evidence.
 */
#ifndef OSTEND_EVIDENCE_RESERVE_H
#define OSTEND_EVIDENCE_RESERVE_H

#include "station/base/err.h"

#define RESERVE_USUAL (64 << 20)	/* an entry and its tree take up to 8 KiB of log and file: 8,000 of them */

struct reserve {
	char path[4096];
	uint64_t size;			/* bytes; 0: there is none */
	uint64_t kept;			/* what the file has now */
	uint64_t free_bytes;		/* on that disk, as last seen */
};

/** FOLDER/reserve of @size bytes; a disk without so much room gives one of 0. ERR_OS, ERR_RANGE. */
int reserve_open(struct reserve *reserve, const char *folder, uint64_t size, struct err *err);

/** Look at the disk: give it up when there is hardly any room, make it again when there is plenty. */
enum reserve_change { RESERVE_SAME, RESERVE_GIVEN_UP, RESERVE_MADE_AGAIN } reserve_tend(struct reserve *reserve);

/** A write has found no room. @return whether there was something to give up. */
bool reserve_give_up(struct reserve *reserve);

#endif
