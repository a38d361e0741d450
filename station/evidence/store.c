/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.c - SQLite, told to be careful, and believed the first time it says that it could not.
 *
 * A commit is one flush of the write-ahead log. Moving the log's pages into the database file is done here
 * and not by SQLite's own automatic checkpoint: that one swallows the error of a failed fsync, tries again
 * later, and the second fsync may succeed for pages that the kernel has thrown away in the meantime.
 */
#include "station/evidence/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/replace.h"

#define STORE_VERSION 1			/* PRAGMA user_version; a newer file is left alone */
#define BUSY_MS 2000			/* somebody reads the file with other tools */
#define WAL_PAGES 1000			/* moved into the database above this: 4 MB */
#define CACHE_SLOTS 1024		/* a power of two, and far more than there are statements */
#define ERROR_FILE "evidence.db"

#define SCHEMA(name) extern const char schema_##name[];
#include "station/evidence/schemas.def"
#undef SCHEMA

static const char *const schemas[] = {
#define SCHEMA(name) schema_##name,
#include "station/evidence/schemas.def"
#undef SCHEMA
};

struct cached {
	const char *sql;		/* a literal: its address names it */
	sqlite3_stmt *statement;
};

struct store {
	sqlite3 *db;
	unsigned depth;			/* of transactions: 1, and one more for each savepoint */
	int wal_pages;
	struct err dead;		/* code 0: it lives */
	struct cached cache[CACHE_SLOTS];
	unsigned cached;
};

/* --- what went wrong ----------------------------------------------------------------------------- */

/* What a caller may do about it. */
static int kind_of(int result)
{
	switch (result & 0xff) {
	case SQLITE_CONSTRAINT: return ERR_STATE;
	case SQLITE_FULL: return ERR_FULL;
	case SQLITE_NOMEM: return ERR_NOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ERR_TIMEOUT;
	case SQLITE_ERROR:	/* a statement that makes no sense: a search as somebody typed it */
	case SQLITE_TOOBIG:
	case SQLITE_RANGE: return ERR_RANGE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return ERR_TAMPER;
	default: return ERR_OS;
	}
}

/* The disk has failed, or the file has: what SQLite and the kernel still hold is not to be trusted. */
static bool is_fatal(int kind)
{
	return kind == ERR_OS || kind == ERR_TAMPER;
}

static int failed(struct store *store, const char *what, struct err *err)
{
	int kind = kind_of(sqlite3_extended_errcode(store->db));
	int number = sqlite3_system_errno(store->db);
	struct err found;

	err_set(&found, kind, "%s: %s: %s%s%s", ERROR_FILE, what, sqlite3_errmsg(store->db),
		kind == ERR_OS && number ? ": " : "", kind == ERR_OS && number ? strerror(number) : "");
	if (is_fatal(kind) && store->dead.code == 0) {
		store->dead = found;
		err_prefix(&store->dead, "the record cannot be written any more");
		store->dead.code = ERR_OS;
	}
	if (err)
		*err = found;
	return kind;
}

int store_alive(const struct store *store, struct err *err)
{
	if (store->dead.code == 0)
		return 0;
	if (err)
		*err = store->dead;
	return store->dead.code;
}

/* SQLite undoes a whole transaction by itself when the disk is full: what follows must not be on its own. */
static int check_whole(const struct store *store, struct err *err)
{
	int rc = store_alive(store, err);

	if (rc == 0 && store->depth && sqlite3_get_autocommit(store->db))
		return err_set(err, ERR_FULL, "%s: the transaction was undone before its end: the disk is full",
			       ERROR_FILE);
	return rc;
}

/* --- statements ---------------------------------------------------------------------------------- */

static struct cached *slot_of(struct store *store, const char *sql)
{
	size_t at = ((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 54;

	while (store->cache[at].sql && store->cache[at].sql != sql)
		at = (at + 1) % CACHE_SLOTS;
	return &store->cache[at];
}

static int prepare(struct store *store, const char *sql, sqlite3_stmt **out, struct err *err)
{
	struct cached *cached = slot_of(store, sql);

	if (!cached->sql) {
		assert(store->cached < CACHE_SLOTS - 1);
		if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &cached->statement,
				       NULL) != SQLITE_OK)
			return failed(store, "a statement", err);
		cached->sql = sql;
		store->cached++;
	}
	assert(!sqlite3_stmt_busy(cached->statement));	/* its rows have not been ended */
	*out = cached->statement;
	return 0;
}

static int bind_one(sqlite3_stmt *statement, int place, char type, va_list *args)
{
	const void *bytes;

	switch (type) {
	case 'i':
		return sqlite3_bind_int64(statement, place, va_arg(*args, int64_t));
	case 't':
		return sqlite3_bind_text(statement, place, va_arg(*args, const char *), -1, SQLITE_TRANSIENT);
	case 'b':
		bytes = va_arg(*args, const void *);
		return sqlite3_bind_blob64(statement, place, bytes, va_arg(*args, size_t), SQLITE_TRANSIENT);
	default:
		abort();
	}
}

static int bind(struct store *store, sqlite3_stmt *statement, const char *types, va_list *args, struct err *err)
{
	assert((size_t)sqlite3_bind_parameter_count(statement) == strlen(types));
	for (int i = 0; types[i]; i++)
		if (bind_one(statement, i + 1, types[i], args) != SQLITE_OK) {
			int rc = failed(store, "a value", err);

			sqlite3_clear_bindings(statement);
			return rc;
		}
	return 0;
}

static int start_statement(struct store *store, sqlite3_stmt **out, struct err *err, const char *sql,
			   const char *types, va_list *args)
{
	int rc = check_whole(store, err);

	if (rc == 0)
		rc = prepare(store, sql, out, err);
	return rc == 0 ? bind(store, *out, types, args, err) : rc;
}

static void finish_statement(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

int store_run(struct store *store, struct err *err, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement = NULL;
	va_list args;
	int rc;

	va_start(args, types);
	rc = start_statement(store, &statement, err, sql, types, &args);
	va_end(args);
	if (rc < 0)
		return rc;
	if (sqlite3_step(statement) != SQLITE_DONE)
		rc = failed(store, "writing", err);
	finish_statement(statement);
	return rc;
}

int64_t store_last_id(const struct store *store)
{
	return sqlite3_last_insert_rowid(store->db);
}

int64_t store_changes(const struct store *store)
{
	return sqlite3_changes64(store->db);
}

int store_query(struct store_rows *rows, struct store *store, struct err *err, const char *sql,
		const char *types, ...)
{
	va_list args;
	int rc;

	store_rows_end(rows);
	va_start(args, types);
	rc = start_statement(store, &rows->statement, err, sql, types, &args);
	va_end(args);
	if (rc < 0)
		rows->statement = NULL;
	else
		rows->store = store;
	return rc;
}

int store_next(struct store_rows *rows, struct err *err)
{
	int rc = sqlite3_step(rows->statement);

	if (rc == SQLITE_ROW)
		return 1;
	rc = rc == SQLITE_DONE ? 0 : failed(rows->store, "reading", err);
	store_rows_end(rows);
	return rc;
}

void store_rows_end(struct store_rows *rows)
{
	if (rows->statement)
		finish_statement(rows->statement);
	rows->statement = NULL;
}

int64_t store_integer(const struct store_rows *rows, int column)
{
	return sqlite3_column_int64(rows->statement, column);
}

const char *store_text(const struct store_rows *rows, int column)
{
	const unsigned char *text = sqlite3_column_text(rows->statement, column);

	return text ? (const char *)text : "";
}

const void *store_blob(const struct store_rows *rows, int column, size_t *len_bytes)
{
	const void *bytes = sqlite3_column_blob(rows->statement, column);

	*len_bytes = (size_t)sqlite3_column_bytes(rows->statement, column);
	return bytes;
}

bool store_is_null(const struct store_rows *rows, int column)
{
	return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

/* --- transactions -------------------------------------------------------------------------------- */

/* @depth as it was when "inner" was set, or will be. */
static int control(struct store *store, const char *whole, const char *inner, unsigned depth, struct err *err)
{
	char sql[96];

	if (depth)
		snprintf(sql, sizeof sql, inner, depth, depth);
	return sqlite3_exec(store->db, depth ? sql : whole, NULL, NULL, NULL) == SQLITE_OK ?
		0 : failed(store, "a transaction", err);
}

int store_begin(struct store *store, struct err *err)
{
	int rc = check_whole(store, err);

	if (rc == 0)
		rc = control(store, "BEGIN IMMEDIATE", "SAVEPOINT s%u", store->depth, err);
	if (rc == 0)
		store->depth++;
	return rc;
}

/*
 * Pages go from the log into the database file. A reader in the way, or no room, is no harm: the log keeps
 * them. A disk that fails is the end of the store, though what was committed is safe in the log.
 */
static void move_pages(struct store *store)
{
	int rc;

	if (store->wal_pages < WAL_PAGES)
		return;
	rc = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc != SQLITE_OK && is_fatal(kind_of(rc)))
		failed(store, "moving what was written into the file", NULL);
	store->wal_pages = 0;
}

int store_commit(struct store *store, struct err *err)
{
	int rc = check_whole(store, err);

	assert(store->depth);
	if (rc == 0)
		rc = control(store, "COMMIT", "RELEASE s%u", store->depth - 1, err);
	if (rc < 0) {
		store_rollback(store);
		return rc;
	}
	if (--store->depth == 0)
		move_pages(store);
	return 0;
}

void store_rollback(struct store *store)
{
	assert(store->depth);
	store->depth--;
	if (!sqlite3_get_autocommit(store->db))
		control(store, "ROLLBACK", "ROLLBACK TO s%u; RELEASE s%u", store->depth, NULL);
}

/* --- life ---------------------------------------------------------------------------------------- */

static int count_pages(void *owner, sqlite3 *db, const char *name, int pages)
{
	struct store *store = owner;

	(void)db, (void)name;
	store->wal_pages = pages;
	return SQLITE_OK;
}

static int execute(struct store *store, const char *what, const char *sql, struct err *err)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(store, what, err);
}

/* The first column of the first row of @sql, as a number and as text. */
static int ask(struct store *store, const char *sql, int64_t *number, char *text, size_t size, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, sql, "");

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc <= 0)
		return rc < 0 ? rc : err_set(err, ERR_TAMPER, "%s: no answer to %s", ERROR_FILE, sql);
	*number = store_integer(&rows, 0);
	snprintf(text, size, "%s", store_text(&rows, 0));
	return 0;
}

static int make_careful(struct store *store, struct err *err)
{
	char mode[16] = "";
	int64_t number;
	int rc;

	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_MS);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_wal_hook(store->db, count_pages, store);	/* also turns the automatic checkpoint off */
	rc = ask(store, "PRAGMA journal_mode = WAL", &number, mode, sizeof mode, err);
	if (rc == 0 && strcmp(mode, "wal") != 0)
		return err_set(err, ERR_OS, "%s: this file system cannot hold a write-ahead log", ERROR_FILE);
	if (rc == 0)
		rc = execute(store, "settings", "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
			     "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
			     "PRAGMA journal_size_limit = 8388608", err);
	return rc;
}

static int check_file(struct store *store, struct err *err)
{
	char found[128];
	int64_t number;
	int rc = ask(store, "PRAGMA quick_check(1)", &number, found, sizeof found, err);

	if (rc == 0 && strcmp(found, "ok") != 0)
		return err_set(err, ERR_TAMPER, "%s is damaged: %s", ERROR_FILE, found);
	if (rc == 0)
		rc = ask(store, "PRAGMA user_version", &number, found, sizeof found, err);
	if (rc == 0 && number > STORE_VERSION)
		return err_set(err, ERR_UNSUPPORTED, "%s was written by a newer program (version %d, this one "
			       "knows %d)", ERROR_FILE, (int)number, STORE_VERSION);
	return rc;
}

static int make_tables(struct store *store, struct err *err)
{
	int rc = store_begin(store, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < ARRAY_LEN(schemas) && rc == 0; i++)
		rc = execute(store, "its tables", schemas[i], err);
	if (rc == 0)
		rc = execute(store, "its version", "PRAGMA user_version = 1", err);
	if (rc < 0) {
		store_rollback(store);
		return rc;
	}
	return store_commit(store, err);
}

/* Made here and not by SQLite: for this user only, and its name on the disk before anything is in it. */
static int make_file(const char *folder, const char *path, struct err *err)
{
	CLEANUP(util_closep) int fd = -1;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return err_os(err, "%s", folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fsync(fd) < 0 || replace_sync_folder_of(path) < 0 || replace_sync_folder_of(folder) < 0)
		return err_os(err, "%s", path);
	return 0;
}

int store_open(struct store **out, const char *folder, struct err *err)
{
	CLEANUP(store_freep) struct store *store = calloc(1, sizeof *store);
	char path[4096];
	int rc;

	if (!store)
		return err_set(err, ERR_NOMEM, "%s: out of memory", ERROR_FILE);
	if (snprintf(path, sizeof path, "%s/%s", folder, ERROR_FILE) >= (int)sizeof path)
		return err_set(err, ERR_RANGE, "the path of %s is too long", ERROR_FILE);
	rc = make_file(folder, path, err);
	if (rc < 0)
		return rc;
	if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return failed(store, "opening", err);
	rc = make_careful(store, err);
	if (rc == 0)
		rc = check_file(store, err);
	if (rc == 0)
		rc = make_tables(store, err);
	if (rc < 0)
		return rc;
	*out = MOVE(store);
	return 0;
}

struct store *store_free(struct store *store)
{
	if (!store)
		return NULL;
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		sqlite3_finalize(store->cache[i].statement);
	if (store->db && store->dead.code)	/* nothing is tried again on a disk that has failed */
		sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(store->db);
	free(store);
	return NULL;
}
