/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Durable entries a second, beside what this disk gives to bare SQLite in the same run: rows of the same size,
 * synchronous=FULL, one to a commit and GROUP to a commit. And how long a ledger of 100,000 takes to be opened
 * and proved. The folder is made in TMPDIR, or where the first argument says: measure the disk that counts.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/evidence/evidence.h"
#include "station/evidence/ledger_proofs.h"
#include "tests/unit/temp_folder.h"

#define SPAN_NS (3 * NS_PER_S)
#define GROUP 64
#define ROW_BYTES 420		/* of an entry without a pose */
#define MANY 100000
#define PROOFS 1000
#define GIVEN_MAX 2000		/* of notes that wait, below what the evidence thread takes */

static void must(int rc, const struct err *err)
{
	if (rc < 0) {
		fprintf(stderr, "%s\n", err->text);
		exit(1);
	}
}

static void exec(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

static double rate(uint64_t count, uint64_t since_ns)
{
	return (double)count * 1e9 / (double)(clock_mono_ns() - since_ns);
}

static double bare_rate(const char *folder, int group)
{
	static const char row[ROW_BYTES] = "x";
	uint64_t start_ns, count = 0;
	sqlite3_stmt *insert;
	char path[512];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/bare-%d.db", folder, group);
	sqlite3_open(path, &db);
	exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, row BLOB)");
	sqlite3_prepare_v2(db, "INSERT INTO t(row) VALUES(?)", -1, &insert, NULL);
	start_ns = clock_mono_ns();
	while (clock_mono_ns() < start_ns + SPAN_NS) {
		exec(db, "BEGIN IMMEDIATE");
		for (int i = 0; i < group; i++, count++) {
			sqlite3_bind_blob(insert, 1, row, sizeof row, SQLITE_STATIC);
			sqlite3_step(insert);
			sqlite3_reset(insert);
		}
		exec(db, "COMMIT");
	}
	sqlite3_finalize(insert);
	sqlite3_close(db);
	return rate(count, start_ns);
}

static const struct act bench_act = { .actor = "bench", .role = "station" };

static double ledger_rate(const char *folder, int group)
{
	CLEANUP(store_freep) struct store *store = NULL;
	uint64_t start_ns, count = 0;
	char path[512];
	struct err err;

	snprintf(path, sizeof path, "%s/ledger-%d", folder, group);
	must(store_open(&store, path, &err), &err);
	start_ns = clock_mono_ns();
	while (clock_mono_ns() < start_ns + SPAN_NS) {
		must(store_begin(store, &err), &err);
		for (int i = 0; i < group; i++, count++)
			must(ledger_append(store, &bench_act, LEDGER_TABLE_EVENT, NULL, NULL, NULL, NULL, &err), &err);
		must(store_commit(store, &err), &err);
	}
	return rate(count, start_ns);
}

/* As the station does it: notes from main, grouped by the thread as they come. */
static double thread_rate(const char *folder)
{
	struct evidence_config config = { .state_path = folder, .station_name = "bench" };
	struct evidence *evidence;
	struct evidence_state now;
	struct loop *loop;
	uint64_t start_ns;
	double result;
	struct err err;

	must(loop_new(&loop, &err), &err);
	must(evidence_start(&evidence, loop, &config, &err), &err);
	start_ns = clock_mono_ns();
	while (clock_mono_ns() < start_ns + SPAN_NS) {
		evidence_state(evidence, &now);
		if (now.waiting < GIVEN_MAX)
			evidence_note(evidence, &bench_act, LEDGER_TABLE_EVENT, NULL, NULL, NULL);
		else
			loop_once(loop, 100);
	}
	evidence_finish(evidence);
	evidence_state(evidence, &now);
	result = rate(now.entries, start_ns);
	evidence_stop(evidence);
	loop_free(loop);
	return result;
}

static double since_ms(uint64_t start_ns)
{
	return (double)(clock_mono_ns() - start_ns) / 1e6;
}

static void prove_many(const char *folder)
{
	CLEANUP(store_freep) struct store *store = NULL;
	struct tlog_proof proof;
	struct tlog_tree tree;
	char path[512];
	uint64_t start_ns;
	struct err err;

	snprintf(path, sizeof path, "%s/many", folder);
	must(store_open(&store, path, &err), &err);
	must(store_begin(store, &err), &err);
	for (int i = 0; i < MANY; i++)
		must(ledger_append(store, &bench_act, LEDGER_TABLE_EVENT, NULL, NULL, NULL, NULL, &err), &err);
	must(store_commit(store, &err), &err);
	start_ns = clock_mono_ns();
	must(ledger_check(store, &tree, &err), &err);
	printf("%d entries hashed again at the start: %.0f ms\n", MANY, since_ms(start_ns));
	start_ns = clock_mono_ns();
	for (uint64_t i = 0; i < PROOFS; i++)
		must(ledger_prove(store, i * (MANY / PROOFS), MANY, &proof, &err), &err);
	printf("%d proofs among %d entries: %.1f ms\n", PROOFS, MANY, since_ms(start_ns));
	start_ns = clock_mono_ns();
	must(ledger_prove_growth(store, MANY / 3, MANY, &proof, &err), &err);
	printf("one proof of growth: %.3f ms\n", since_ms(start_ns));
}

int main(int argc, char **argv)
{
	char *folder = temp_folder_new(), *at = folder;
	double bare_1, bare_many, ledger_1, ledger_many;

	log_init("bench", LOG_LEVEL_ERROR);
	if (argc > 1)
		at = argv[1];
	bare_1 = bare_rate(at, 1);
	ledger_1 = ledger_rate(at, 1);
	bare_many = bare_rate(at, GROUP);
	ledger_many = ledger_rate(at, GROUP);
	printf("one to a commit: bare SQLite %.0f/s, ledger %.0f/s (%.2f of it)\n", bare_1, ledger_1, ledger_1 / bare_1);
	printf("%d to a commit: bare SQLite %.0f/s, ledger %.0f/s (%.2f of it)\n", GROUP, bare_many, ledger_many,
	       ledger_many / bare_many);
	printf("through the evidence thread: %.0f durable entries/s (wanted: 1000)\n", thread_rate(at));
	prove_many(at);
	temp_folder_free(folder);
	return 0;
}
