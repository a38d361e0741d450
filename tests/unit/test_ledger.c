/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store and the ledger in it: what is written, what is undone, and what is never believed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "station/evidence/ledger_proofs.h"
#include "tests/unit/temp_folder.h"

struct fixture {
	char *folder;
	struct store *store;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	fixture->folder = temp_folder_new();
	assert_int_equal(store_open(&fixture->store, fixture->folder, NULL), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	store_free(fixture->store);
	temp_folder_free(fixture->folder);
	free(fixture);
	return 0;
}

static void open_again(struct fixture *fixture)
{
	struct err err;

	fixture->store = store_free(fixture->store);
	if (store_open(&fixture->store, fixture->folder, &err) < 0)
		fail_msg("%s", err.text);
}

/* Something else at the file, while the store is closed. */
static void tamper(struct fixture *fixture, const char *sql)
{
	char path[512];
	sqlite3 *db;

	fixture->store = store_free(fixture->store);
	snprintf(path, sizeof path, "%s/evidence.db", fixture->folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	open_again(fixture);
}

static const struct act operator_act = {
	.actor = "li", .role = "operator", .second = "wang", .reason = "\xe5\xae\xa1", .showing = 3,
	.case_no = "(2026) 1", .exhibit_no = "A-1", .utc_us = 1767225600000000, .mono_ns = 77,
};

static int64_t append(struct store *store, json_t *data)
{
	int64_t seq = -1;
	struct err err;

	if (ledger_append(store, &operator_act, LEDGER_STILL_TAKEN, NULL, NULL, data, &seq, &err) < 0)
		fail_msg("%s", err.text);
	return seq;
}

static void append_many(struct store *store, int count)
{
	assert_int_equal(store_begin(store, NULL), 0);
	for (int i = 0; i < count; i++)
		append(store, NULL);
	assert_int_equal(store_commit(store, NULL), 0);
}

static int64_t number_of(struct store *store, const char *sql)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };

	assert_int_equal(store_query(&rows, store, NULL, sql, ""), 0);
	assert_int_equal(store_next(&rows, NULL), 1);
	return store_integer(&rows, 0);
}

/* --- entries ------------------------------------------------------------------------------------- */

static void test_entry_is_one_ascii_line_with_its_keys_in_order(void **state)
{
	static const char before[] =
		"{\"seq\":1,\"utc_us\":1767225600000000,\"mono_ns\":77,\"station\":\"Ost\",\"action\":\"still.taken\","
		"\"actor\":\"li\",\"role\":\"operator\",\"second\":\"wang\",\"reason\":\"\\u5BA1\",\"showing\":3,"
		"\"case\":\"(2026) 1\",\"exhibit\":\"A-1\",\"pose\":null,\"data\":{\"z\":1,\"a\":2},\"salt\":\"";
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	struct fixture *fixture = *state;
	uint8_t salt[16];
	const char *entry;
	char hex[33];

	assert_int_equal(ledger_set_station(fixture->store, "Ost", NULL), 0);
	append(fixture->store, NULL);
	assert_int_equal(append(fixture->store, json_pack("{s:i, s:i}", "z", 1, "a", 2)), 1);
	assert_int_equal(store_query(&rows, fixture->store, NULL, "SELECT entry FROM event WHERE seq = 1", ""), 0);
	assert_int_equal(store_next(&rows, NULL), 1);
	entry = store_text(&rows, 0);
	assert_memory_equal(entry, before, sizeof before - 1);
	assert_int_equal(strlen(entry), sizeof before - 1 + 32 + 2);
	snprintf(hex, sizeof hex, "%s", entry + sizeof before - 1);
	assert_int_equal(util_unhex(salt, sizeof salt, hex), 0);
	assert_string_equal(entry + sizeof before - 1 + 32, "\"}");
}

static void test_pose_is_in_the_entry_when_it_is_known(void **state)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	struct fixture *fixture = *state;
	struct act act = operator_act;

	act.pose_known = true;
	act.pose = (struct pose){ .link = POSE_LINK_UP, .motion = POSE_MOTION_STILL, .reference = POSE_REF_HOMED,
				  .reported_mdeg = 450000, .uncertainty_mdeg = INT32_MAX };
	assert_int_equal(ledger_append(fixture->store, &act, LEDGER_TABLE_EVENT, NULL, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(store_query(&rows, fixture->store, NULL, "SELECT entry FROM event", ""), 0);
	assert_int_equal(store_next(&rows, NULL), 1);
	assert_non_null(strstr(store_text(&rows, 0), "\"bearing_mdeg\":90000,\"reported_mdeg\":450000"));
	assert_non_null(strstr(store_text(&rows, 0), "\"uncertainty_mdeg\":null"));
}

static void expect_refused(struct store *store, const struct act *act, json_t *data, const char *word)
{
	struct err err;

	assert_int_equal(ledger_append(store, act, LEDGER_CASE_ADDED, NULL, NULL, data, NULL, &err), ERR_RANGE);
	assert_non_null(strstr(err.text, word));
	assert_int_equal(number_of(store, "SELECT count(*) FROM event"), 0);
	assert_int_equal(number_of(store, "SELECT count(*) FROM node"), 0);
}

static void test_what_cannot_be_an_entry_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct act nobody = operator_act, foreign = operator_act;
	char *text = calloc(1, 70000);

	nobody.actor[0] = '\0';
	snprintf(foreign.reason, sizeof foreign.reason, "\xff");
	memset(text, 'x', 69999);
	expect_refused(fixture->store, &nobody, NULL, "actor");
	expect_refused(fixture->store, &foreign, NULL, "UTF-8");
	expect_refused(fixture->store, &operator_act, json_pack("{s:s}", "text", text), "65535");
	expect_refused(fixture->store, &operator_act, json_pack("{s:[{s:f}]}", "a", "b", 0.5), "whole");
	expect_refused(fixture->store, &operator_act, json_array(), "object");
	free(text);
}

static void test_entries_are_never_changed_or_removed(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;
	struct err err;

	append_many(store, 2);
	assert_int_equal(store_run(store, &err, "UPDATE event SET entry = 'x' WHERE seq = 0", ""), ERR_STATE);
	assert_int_equal(store_run(store, &err, "DELETE FROM event WHERE seq = 1", ""), ERR_STATE);
	assert_int_equal(store_run(store, &err, "DELETE FROM node", ""), ERR_STATE);
	assert_int_equal(number_of(store, "SELECT count(*) FROM event"), 2);
}

static void test_every_action_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (enum ledger_action i = 0; i < LEDGER_ACTION_COUNT; i++)
		assert_int_equal(ledger_action_find(ledger_action_name(i)), i);
	assert_int_equal(ledger_action_find("no.such"), LEDGER_ACTION_COUNT);
}

/* --- the tree ------------------------------------------------------------------------------------ */

static void test_tree_is_that_of_the_entries_at_every_size(void **state)
{
	struct fixture *fixture = *state;
	struct tlog_tree plain = { 0 }, kept, found;
	size_t len_bytes;

	for (int64_t size = 0; size < 70; size++) {
		CLEANUP(store_rows_end) struct store_rows rows = { 0 };
		struct tlog_hash leaf, root = tlog_root(&plain), kept_root;

		assert_int_equal(ledger_tree(fixture->store, &kept, NULL), 0);
		kept_root = tlog_root(&kept);
		assert_int_equal(kept.size, size);
		assert_true(tlog_equal(&root, &kept_root));
		assert_int_equal(ledger_check(fixture->store, &found, NULL), 0);
		assert_int_equal(found.size, size);
		assert_int_equal(append(fixture->store, NULL), size);
		assert_int_equal(store_query(&rows, fixture->store, NULL, "SELECT entry FROM event WHERE seq = ?",
					     "i", size), 0);
		assert_int_equal(store_next(&rows, NULL), 1);
		leaf = tlog_leaf(store_blob(&rows, 0, &len_bytes), strlen(store_text(&rows, 0)));
		tlog_append(&plain, &leaf);
	}
}

static void expect_found(struct fixture *fixture, const char *sql, const char *sentence)
{
	struct tlog_tree tree;
	struct err err;

	tamper(fixture, sql);
	assert_int_equal(ledger_check(fixture->store, &tree, &err), ERR_TAMPER);
	if (!strstr(err.text, sentence))
		fail_msg("not \"%s\" but \"%s\"", sentence, err.text);
}

static void test_changed_entry_is_named(void **state)
{
	append_many(((struct fixture *)*state)->store, 9);
	expect_found(*state, "DROP TRIGGER event_stays; UPDATE event SET entry = entry || ' ' WHERE seq = 4",
		     "entry 4 of the ledger is not");
}

static void test_missing_entry_is_named(void **state)
{
	append_many(((struct fixture *)*state)->store, 9);
	expect_found(*state, "DROP TRIGGER event_remains; DELETE FROM event WHERE seq = 7", "entry 7 of the ledger is missing");
}

static void test_changed_tree_is_found(void **state)
{
	append_many(((struct fixture *)*state)->store, 9);
	expect_found(*state, "DROP TRIGGER node_stays; UPDATE node SET hash = zeroblob(32) WHERE level = 3", "tree");
}

/* --- proofs -------------------------------------------------------------------------------------- */

static void test_proofs_hold_for_every_pair_of_sizes(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;

	append_many(store, 40);
	for (uint64_t size = 1; size <= 40; size++) {
		struct tlog_hash root, part;
		struct tlog_proof proof;

		assert_int_equal(ledger_root(store, size, &root, NULL), 0);
		for (uint64_t at = 0; at < size; at++) {
			struct tlog_tree leaf;

			assert_int_equal(ledger_range(store, at, 1, &leaf, NULL), 0);
			assert_int_equal(ledger_prove(store, at, size, &proof, NULL), 0);
			assert_true(tlog_check_inclusion(&proof, &leaf.subtrees[0], at, size, &root));
			assert_int_equal(ledger_prove_growth(store, at, size, &proof, NULL), 0);
			assert_int_equal(ledger_root(store, at, &part, NULL), 0);
			assert_true(tlog_check_consistency(&proof, at, &part, size, &root));
		}
	}
}

static void test_proof_of_what_is_not_there_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct tlog_proof proof;
	struct err err;

	append_many(fixture->store, 4);
	assert_int_equal(ledger_prove(fixture->store, 4, 4, &proof, &err), ERR_RANGE);
	assert_int_equal(ledger_prove(fixture->store, 0, 5, &proof, &err), ERR_RANGE);
	assert_int_equal(ledger_prove_growth(fixture->store, 4, 3, &proof, &err), ERR_RANGE);
	assert_int_equal(ledger_prove_growth(fixture->store, 1, 5, &proof, &err), ERR_RANGE);
}

static void test_proof_as_text_comes_back_and_garbage_does_not(void **state)
{
	static const char *const garbage[] = {
		"{}", "[1]", "[\"\"]", "[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]",
		"[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]", "[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\"]",
		"[\"AAAAAAAAAAAAAAAAAAAAAAAA?AAAAAAAAAAAAAAAAAA=\"]",
	};
	struct fixture *fixture = *state;
	struct tlog_proof proof, back;
	json_t *json;

	append_many(fixture->store, 23);
	assert_int_equal(ledger_prove(fixture->store, 3, 23, &proof, NULL), 0);
	json = ledger_proof_json(&proof);
	assert_int_equal(ledger_proof_read(&back, json, NULL), 0);
	assert_int_equal(back.count, proof.count);
	assert_memory_equal(back.hashes, proof.hashes, proof.count * sizeof proof.hashes[0]);
	json_decref(json);
	for (size_t i = 0; i < ARRAY_LEN(garbage); i++) {
		json = json_loads(garbage[i], 0, NULL);
		assert_int_equal(ledger_proof_read(&back, json, NULL), ERR_RANGE);
		json_decref(json);
	}
}

static void append_to(struct store *store, const char *case_no, int64_t showing)
{
	struct act act = operator_act;

	act.showing = showing;
	assert_int_equal(ledger_append(store, &act, LEDGER_CASE_ADDED, case_no, NULL, NULL, NULL, NULL), 0);
}

static int count_rows(struct store_rows *rows)
{
	int count = 0;

	while (store_next(rows, NULL) > 0)
		count++;
	return count;
}

static void test_entries_are_found_by_case_showing_and_number(void **state)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	struct fixture *fixture = *state;
	struct store *store = fixture->store;

	append_to(store, "A", 1);
	append_to(store, "B", 2);
	append_to(store, "A", 2);
	append_to(store, "", 0);
	append_to(store, "A", 1);
	assert_int_equal(ledger_entries_of_case(&rows, store, "A", 5, NULL), 0);
	assert_int_equal(count_rows(&rows), 3);
	assert_int_equal(ledger_entries_of_case(&rows, store, "A", 4, NULL), 0);
	assert_int_equal(count_rows(&rows), 2);
	assert_int_equal(ledger_entries_of_case(&rows, store, "", 5, NULL), 0);
	assert_int_equal(count_rows(&rows), 0);
	assert_int_equal(ledger_entries_of_showing(&rows, store, 2, 5, NULL), 0);
	assert_int_equal(count_rows(&rows), 2);
	assert_int_equal(ledger_entries_from(&rows, store, 3, 5, NULL), 0);
	assert_int_equal(store_next(&rows, NULL), 1);
	assert_int_equal(store_integer(&rows, 0), 3);
}

static void test_fingerprint_is_of_the_text_that_is_signed(void **state)
{
	/* printf 'station.example/log\n3\nY+9P...\n' | sha256sum, first 20 bytes, base 32 by Crockford's digits */
	static const char expected[] = "7NTR-K8YD-0NKM-S062-EVFM-C7EN-KHJX-6YFT";
	struct checkpoint checkpoint = { .origin = "station.example/log", .size = 3 };
	char text[FINGERPRINT_SIZE];

	(void)state;
	assert_int_equal(util_unhex(checkpoint.root.bytes, 32,
				    "63ef4f5f6a6500262ca5b840d135169b00190d9980e72a17c0002ba80d2a0ebe"), 0);
	ledger_fingerprint(text, &checkpoint);
	assert_string_equal(text, expected);
}

/* --- transactions -------------------------------------------------------------------------------- */

static void test_undone_transaction_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;

	append_many(store, 3);
	assert_int_equal(store_begin(store, NULL), 0);
	append(store, NULL);
	store_rollback(store);
	assert_int_equal(number_of(store, "SELECT count(*) FROM event"), 3);
	assert_int_equal(number_of(store, "SELECT count(*) FROM node"), 4);
	assert_int_equal(append(store, NULL), 3);
}

static void test_inner_transaction_is_undone_alone(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;

	assert_int_equal(store_begin(store, NULL), 0);
	append(store, NULL);
	assert_int_equal(store_begin(store, NULL), 0);
	append(store, NULL);
	store_rollback(store);
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(append(store, NULL), 1);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	open_again(fixture);
	assert_int_equal(number_of(fixture->store, "SELECT count(*) FROM event"), 2);
}

static void test_entries_are_there_when_the_file_is_opened_again(void **state)
{
	struct fixture *fixture = *state;
	struct tlog_tree tree;
	struct stat info;
	char path[512];

	append_many(fixture->store, 3000);	/* more than the log holds: pages have been moved */
	append_many(fixture->store, 3000);
	open_again(fixture);
	assert_int_equal(ledger_check(fixture->store, &tree, NULL), 0);
	assert_int_equal(tree.size, 6000);
	snprintf(path, sizeof path, "%s/evidence.db", fixture->folder);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_values_of_all_kinds_come_back(void **state)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	struct fixture *fixture = *state;
	size_t len_bytes = 9;

	assert_int_equal(store_query(&rows, fixture->store, NULL, "SELECT ?, ?, ?, ?", "itbt", INT64_MIN, "\xe4\xb8\x80",
				     "a\0b", (size_t)3, NULL), 0);
	assert_int_equal(store_next(&rows, NULL), 1);
	assert_int_equal(store_integer(&rows, 0), INT64_MIN);
	assert_string_equal(store_text(&rows, 1), "\xe4\xb8\x80");
	assert_memory_equal(store_blob(&rows, 2, &len_bytes), "a\0b", 3);
	assert_int_equal(len_bytes, 3);
	assert_true(store_is_null(&rows, 3));
	assert_string_equal(store_text(&rows, 3), "");
	assert_int_equal(store_next(&rows, NULL), 0);
}

/* --- what goes wrong ----------------------------------------------------------------------------- */

static void test_newer_file_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct err err;

	tamper(fixture, "SELECT 1");
	assert_int_equal(store_run(fixture->store, NULL, "PRAGMA user_version = 99", ""), 0);
	fixture->store = store_free(fixture->store);
	assert_int_equal(store_open(&fixture->store, fixture->folder, &err), ERR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "99"));
}

static void overwrite(const char *folder, off_t from, const char *bytes, size_t len_bytes)
{
	char path[512];
	int fd;

	snprintf(path, sizeof path, "%s/evidence.db", folder);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, bytes, len_bytes, from), len_bytes);
	close(fd);
}

static void test_damaged_file_is_named_so(void **state)
{
	static const char noise[4096] = "noise";
	struct fixture *fixture = *state;
	struct err err;

	append_many(fixture->store, 200);
	fixture->store = store_free(fixture->store);
	overwrite(fixture->folder, 8192, noise, sizeof noise);
	assert_int_equal(store_open(&fixture->store, fixture->folder, &err), ERR_TAMPER);
	overwrite(fixture->folder, 0, noise, sizeof noise);
	assert_int_equal(store_open(&fixture->store, fixture->folder, &err), ERR_TAMPER);
}

static void test_violated_rule_is_a_state_and_harms_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;

	append_many(store, 1);
	assert_int_equal(store_run(store, NULL, "INSERT INTO event VALUES(0, 'a', 0, '', '', 'b')", ""), ERR_STATE);
	assert_int_equal(append(store, NULL), 1);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);	/* EFBIG instead: a failed write, without a full disk */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int append_until_refused(struct store *store, int *done, struct err *err)
{
	int rc = 0;

	for (*done = 0; rc == 0 && *done < 20000; (*done)++) {
		rc = store_begin(store, err);
		if (rc == 0)
			rc = ledger_append(store, &operator_act, LEDGER_CASE_ADDED, NULL, NULL, NULL, NULL, err);
		if (rc == 0)
			rc = store_commit(store, err);
		else
			store_rollback(store);
	}
	*done -= rc < 0;
	return rc;
}

static void test_store_whose_disk_failed_once_writes_never_again(void **state)
{
	struct fixture *fixture = *state;
	struct tlog_tree tree;
	struct err err;
	int done;

	limit_files(512 << 10);
	assert_int_equal(append_until_refused(fixture->store, &done, &err), ERR_OS);
	limit_files(RLIM_INFINITY);
	assert_int_not_equal(done, 0);
	assert_int_equal(store_begin(fixture->store, &err), ERR_OS);
	assert_non_null(strstr(err.text, "cannot be written any more"));
	assert_int_equal(store_run(fixture->store, &err, "DELETE FROM ledger_owner", ""), ERR_OS);
	open_again(fixture);
	assert_int_equal(ledger_check(fixture->store, &tree, NULL), 0);
	assert_int_equal(tree.size, done);
}

static void test_full_disk_is_said_and_passes(void **state)
{
	struct fixture *fixture = *state;
	struct tlog_tree tree;
	struct err err;
	int done;

	/* SQLite's own measure of a full disk: what the kernel would say is in tests/crash/full.sh */
	assert_int_equal(number_of(fixture->store, "PRAGMA max_page_count = 100"), 100);
	assert_int_equal(append_until_refused(fixture->store, &done, &err), ERR_FULL);
	assert_true(done > 100);
	assert_int_equal(number_of(fixture->store, "PRAGMA max_page_count = 1000000"), 1000000);
	assert_int_equal(append(fixture->store, NULL), done);
	assert_int_equal(ledger_check(fixture->store, &tree, NULL), 0);
}

static void test_nothing_is_written_outside_an_undone_transaction(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;
	struct err err;

	append_many(store, 1);
	assert_int_equal(store_begin(store, NULL), 0);
	append(store, NULL);
	/* what SQLite does by itself when the disk is full in the middle of a statement */
	assert_int_equal(store_run(store, NULL, "ROLLBACK", ""), 0);
	assert_int_equal(store_run(store, &err, "UPDATE ledger_owner SET station = 'x'", ""), ERR_FULL);
	assert_int_equal(store_commit(store, &err), ERR_FULL);
	assert_int_equal(number_of(store, "SELECT count(*) FROM event"), 1);
	assert_int_equal(number_of(store, "SELECT count(*) FROM ledger_owner WHERE station = ''"), 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_entry_is_one_ascii_line_with_its_keys_in_order),
		CASE(test_pose_is_in_the_entry_when_it_is_known),
		CASE(test_what_cannot_be_an_entry_is_refused),
		CASE(test_entries_are_never_changed_or_removed),
		CASE(test_every_action_has_a_name_of_its_own),
		CASE(test_tree_is_that_of_the_entries_at_every_size),
		CASE(test_changed_entry_is_named),
		CASE(test_missing_entry_is_named),
		CASE(test_changed_tree_is_found),
		CASE(test_proofs_hold_for_every_pair_of_sizes),
		CASE(test_proof_of_what_is_not_there_is_refused),
		CASE(test_proof_as_text_comes_back_and_garbage_does_not),
		CASE(test_entries_are_found_by_case_showing_and_number),
		CASE(test_fingerprint_is_of_the_text_that_is_signed),
		CASE(test_undone_transaction_leaves_nothing),
		CASE(test_inner_transaction_is_undone_alone),
		CASE(test_entries_are_there_when_the_file_is_opened_again),
		CASE(test_values_of_all_kinds_come_back),
		CASE(test_newer_file_is_left_alone),
		CASE(test_damaged_file_is_named_so),
		CASE(test_violated_rule_is_a_state_and_harms_nothing),
		CASE(test_store_whose_disk_failed_once_writes_never_again),
		CASE(test_full_disk_is_said_and_passes),
		CASE(test_nothing_is_written_outside_an_undone_transaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
