/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger_writer - store and ledger without a station, for the tests that end them in the middle.
 *
 *	ledger-writer write FOLDER COUNT	append until COUNT entries are there (0: for ever), in groups;
 *						each acknowledged entry is a line "SEQ LEAF" on standard output
 *	ledger-writer check FOLDER ACKS		exit 0 when FOLDER opens, its tree is that of its entries, and every
 *						line of the file ACKS is in it; otherwise says what is wrong
 *	ledger-writer full STATE FILLER		the evidence thread in STATE, on a disk that the file FILLER then fills
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/evidence/evidence.h"

#define GROUP_MAX 5
#define SEATS 7

static int fail(const struct err *err)
{
	printf("%s\n", err->text);
	return 1;
}

/* A state that must agree with the ledger: how many entries each seat has. */
static int count_for(struct store *store, int64_t seq, struct err *err)
{
	return store_run(store, err, "INSERT INTO seat_count(seat, entries) VALUES(?, 1) ON CONFLICT(seat) DO UPDATE"
			 " SET entries = entries + 1", "i", seq % SEATS);
}

static int append_one(struct store *store, int64_t *seq, struct err *err)
{
	struct act act = { .actor = "writer", .role = "station", .utc_us = (uint64_t)clock_utc_us(),
			   .mono_ns = clock_mono_ns() };
	int rc = ledger_append(store, &act, LEDGER_TABLE_EVENT, NULL, NULL, NULL, seq, err);

	return rc < 0 ? rc : count_for(store, *seq, err);
}

static int leaf_of(struct store *store, int64_t seq, char hex[65], struct err *err)
{
	struct tlog_tree leaf;
	int rc = ledger_range(store, (uint64_t)seq, 1, &leaf, err);

	if (rc == 0)
		util_hex(hex, leaf.subtrees[0].bytes, sizeof leaf.subtrees[0].bytes);
	return rc;
}

static int append_group(struct store *store, int size, int64_t *last, struct err *err)
{
	char hex[65], said[GROUP_MAX * 96] = "";
	int rc = store_begin(store, err);

	for (int i = 0; i < size && rc == 0; i++) {
		rc = append_one(store, last, err);
		if (rc == 0)
			rc = leaf_of(store, *last, hex, err);
		if (rc == 0)
			sprintf(said + strlen(said), "%lld %s\n", (long long)*last, hex);
	}
	if (rc == 0)
		rc = store_commit(store, err);
	if (rc == 0 && write(STDOUT_FILENO, said, strlen(said)) != (ssize_t)strlen(said))
		rc = err_os(err, "the acknowledgement");
	return rc;
}

static int write_entries(struct store *store, int64_t count)
{
	struct err err;
	int64_t last = 0;
	int rc = 0;

	for (int i = 0; rc == 0 && (!count || last + 1 < count); i++)
		rc = append_group(store, 1 + i % GROUP_MAX, &last, &err);
	return rc < 0 ? fail(&err) : 0;
}

static int check_seats(struct store *store, uint64_t size, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT ifnull(sum(entries), 0) FROM seat_count", "");

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc < 0)
		return rc;
	return (uint64_t)store_integer(&rows, 0) == size ? 0 :
		err_set(err, ERR_TAMPER, "%llu entries, and %llu in the state beside them", (unsigned long long)size,
			(unsigned long long)store_integer(&rows, 0));
}

static int check_acknowledged(struct store *store, const char *path, uint64_t size, struct err *err)
{
	FILE *file = fopen(path, "r");
	char said[65], hex[65];
	long long seq;
	int rc = 0;

	if (!file)
		return err_os(err, "%s", path);
	while (rc == 0 && fscanf(file, "%lld %64s", &seq, said) == 2) {
		if ((uint64_t)seq >= size || strlen(said) != 64)
			rc = strlen(said) == 64 ? err_set(err, ERR_GONE, "entry %lld was acknowledged and is lost: there "
							  "are %llu", seq, (unsigned long long)size) : 0;
		else if ((rc = leaf_of(store, seq, hex, err)) == 0 && strcmp(hex, said) != 0)
			rc = err_set(err, ERR_TAMPER, "entry %lld is not the one that was acknowledged", seq);
	}
	fclose(file);
	return rc;
}

static int check(struct store *store, const char *acks)
{
	struct tlog_tree tree;
	struct err err;
	int64_t last;
	int rc = ledger_check(store, &tree, &err);

	if (rc == 0)
		rc = check_seats(store, tree.size, &err);
	if (rc == 0)
		rc = check_acknowledged(store, acks, tree.size, &err);
	if (rc == 0)	/* and it goes on */
		rc = append_group(store, 1, &last, &err);
	return rc < 0 ? fail(&err) : 0;
}

/* --- a disk that is full ------------------------------------------------------------------------- */

#define RESERVE_BYTES (8 << 20)
#define LEAST_ENTRIES 1000

static int expect(bool right, const char *what)
{
	if (!right)
		printf("FAIL %s\n", what);
	return right ? 0 : 1;
}

static bool fill(const char *path)
{
	static const char zeros[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	for (size_t size = sizeof zeros; fd >= 0 && size >= 1; )
		if (write(fd, zeros, size) != (ssize_t)size)
			size /= 2;
	return fd >= 0 && close(fd) == 0;
}

/* As many notes as go, one after the other: how many more entries there are than before. */
static uint64_t note_until_full(struct evidence *evidence, uint64_t at_most)
{
	struct act act = { .actor = "writer", .role = "station" };
	struct evidence_state before, now;

	evidence_state(evidence, &before);
	for (uint64_t i = 0; i < at_most; i++) {
		evidence_note(evidence, &act, LEDGER_TABLE_EVENT, NULL, NULL, NULL);
		evidence_finish(evidence);
		evidence_state(evidence, &now);
		if (now.entries != before.entries + i + 1)
			break;
	}
	return now.entries - before.entries;
}

static int go_through(struct evidence *evidence, const char *filler)
{
	struct evidence_state now;
	int bad = expect(note_until_full(evidence, 50) == 50, "entries are written while there is room");
	uint64_t count;

	bad += expect(fill(filler), "the disk can be filled");
	count = note_until_full(evidence, 200000);
	evidence_state(evidence, &now);
	printf("%llu entries after the disk was full\n", (unsigned long long)count);
	bad += expect(count >= LEAST_ENTRIES, "a thousand entries go out of the reserve");
	bad += expect(now.writable, "a full disk is not a failed one");
	bad += expect(!now.reserve_kept_bytes, "the status says that the reserve is gone");
	unlink(filler);
	bad += expect(note_until_full(evidence, 50) == 50, "with room it goes on");
	evidence_state(evidence, &now);
	bad += expect(now.reserve_kept_bytes == RESERVE_BYTES || now.free_bytes < 3 * RESERVE_BYTES,
		      "the reserve is kept again when there is plenty of room");
	return bad;
}

static int run_full(const char *state, const char *filler)
{
	struct evidence_config config = { .state_path = state, .station_name = "test", .reserve_bytes = RESERVE_BYTES };
	struct evidence *evidence = NULL;
	struct evidence_state before, after;
	struct loop *loop = NULL;
	struct err err;
	int bad;

	log_init("writer", LOG_LEVEL_WARNING);
	if (mkdir(state, 0700) < 0 || loop_new(&loop, &err) < 0 || evidence_start(&evidence, loop, &config, &err) < 0)
		return fail(&err);
	bad = go_through(evidence, filler);
	evidence_state(evidence, &before);
	evidence = evidence_stop(evidence);
	if (evidence_start(&evidence, loop, &config, &err) < 0)		/* hashes all of it again */
		return fail(&err);
	evidence_state(evidence, &after);
	bad += expect(after.entries == before.entries, "nothing is missing when it is opened again");
	evidence_stop(evidence);
	loop_free(loop);
	return bad ? 1 : 0;
}

int main(int argc, char **argv)
{
	CLEANUP(store_freep) struct store *store = NULL;
	struct err err;

	if (argc == 4 && strcmp(argv[1], "full") == 0)
		return run_full(argv[2], argv[3]);
	if (argc != 4 || (strcmp(argv[1], "write") != 0 && strcmp(argv[1], "check") != 0)) {
		fprintf(stderr, "usage: ledger-writer write FOLDER COUNT | check FOLDER ACKS\n");
		return 2;
	}
	if (store_open(&store, argv[2], &err) < 0 ||
	    store_run(store, &err, "CREATE TABLE IF NOT EXISTS seat_count(seat INTEGER PRIMARY KEY, entries INTEGER)",
		      "") < 0)
		return fail(&err);
	return strcmp(argv[1], "write") == 0 ? write_entries(store, atoll(argv[3])) : check(store, argv[3]);
}
