/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recording_store.h - the recordings as the database has them, each change with its event in the ledger.
 *
 * A row is "open" while its file is written; then "ended" (closed by the recorder, digest known), "recovered" (closed
 * after a failure) or "lost" (there is no file, or not even its head is whole). Rows and files are never deleted.
 * Thread: evidence, in the caller's transaction.
 */
#ifndef OSTEND_EVIDENCE_RECORDING_STORE_H
#define OSTEND_EVIDENCE_RECORDING_STORE_H

#include "station/evidence/ledger.h"
#include "station/evidence/recorder.h"

/** What the recorder says, of whatever kind but RECORDER_LOW. ERR_OS and others of the store. */
int recording_take(struct store *store, const struct act *act, const struct recorder_event *event,
		   struct err *err);

/**
 * Close what a failure has left open, rows and files without a row; @folder is the evidence folder. What cannot
 * be closed is said in the row and the ledger, and is no error.
 *
 * @count of files closed or lost
 */
int recording_recover(struct store *store, const struct act *act, const char *folder, int *count,
		      struct err *err);

#endif
