/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h - the station's database: one SQLite file, WAL, synchronous=FULL, one connection.
 *
 * Everything that must agree with the ledger is in this one file, so that an event and the state that
 * follows from it are written in one transaction or not at all. After a failed write or fsync the store
 * is closed for good and every call says so (ERR_OS): nobody retries and pretends. Thread: evidence.
 */
#ifndef OSTEND_EVIDENCE_STORE_H
#define OSTEND_EVIDENCE_STORE_H

#include "station/base/err.h"

struct store;
struct sqlite3_stmt;

/**
 * Open or make FOLDER/evidence.db, with every table of schemas.def, and check it (quick_check).
 *
 * @return 0; ERR_OS; ERR_TAMPER when the file is damaged; ERR_UNSUPPORTED when a newer program wrote it
 */
int store_open(struct store **out, const char *folder, struct err *err);
struct store *store_free(struct store *store);	/* NULL is fine; returns NULL */
DEFINE_FREEP(store_free, struct store *)

/** ERR_OS with the reason once a write has failed. */
int store_alive(const struct store *store, struct err *err);

/* Transactions; one inside another is a savepoint. store_commit returns when the disk has it. */
int store_begin(struct store *store, struct err *err);
int store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);

/**
 * Run one statement that gives no rows. @types says what follows, one letter for each "?" of @sql:
 * 'i' int64_t, 't' const char * (NULL: null), 'b' const void * and size_t. @sql must be a literal: the
 * prepared statement is kept by its address.
 *
 * @return 0; ERR_STATE for a violated constraint; ERR_FULL when the disk is full; ERR_OS
 */
int store_run(struct store *store, struct err *err, const char *sql, const char *types, ...);
int64_t store_last_id(const struct store *store);
int64_t store_changes(const struct store *store);	/* rows that the last store_run changed */

/*
 * Rows, one after the other:
 *
 *	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
 *	rc = store_query(&rows, store, err, "SELECT no, name FROM exhibit WHERE id = ?", "i", id);
 *	while (rc == 0 && (rc = store_next(&rows, err)) > 0)
 *		... store_text(&rows, 0) ...
 */
struct store_rows {
	struct sqlite3_stmt *statement;
	struct store *store;
};

int store_query(struct store_rows *rows, struct store *store, struct err *err, const char *sql,
		const char *types, ...);
int store_next(struct store_rows *rows, struct err *err);	/* 1: a row; 0: no more; or an ERR_* */
void store_rows_end(struct store_rows *rows);

/* Of the row, columns from 0. Texts and blobs are valid until store_next; a null is 0, "" or NULL. */
int64_t store_integer(const struct store_rows *rows, int column);
const char *store_text(const struct store_rows *rows, int column);
const void *store_blob(const struct store_rows *rows, int column, size_t *len_bytes);
bool store_is_null(const struct store_rows *rows, int column);

#endif
