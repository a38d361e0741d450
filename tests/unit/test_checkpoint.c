/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the signer signs as a checkpoint, and what it refuses: the rollback, the fork, the unproven, the garbage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "station/evidence/ledger_proofs.h"
#include "station/evidence/signer_checkpoint.h"
#include "tests/unit/temp_folder.h"

#define LEAVES 40

struct fixture {
	char *folder;
	EVP_PKEY *key;
	struct last_checkpoint last;
	struct tlog_hash leaves[LEAVES], forked[LEAVES];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	fixture->folder = temp_folder_new();
	fixture->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_int_equal(last_checkpoint_open(&fixture->last, fixture->folder, NULL), 0);
	for (int i = 0; i < LEAVES; i++) {
		fixture->leaves[i] = tlog_leaf(&i, sizeof i);
		fixture->forked[i] = i == 3 ? tlog_leaf("other", 5) : fixture->leaves[i];
	}
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	last_checkpoint_close(&fixture->last);
	EVP_PKEY_free(fixture->key);
	temp_folder_free(fixture->folder);
	free(fixture);
	return 0;
}

static struct checkpoint checkpoint_of(const struct tlog_hash *leaves, uint64_t size, const char *origin)
{
	struct checkpoint checkpoint = { .size = size };
	struct tlog_tree tree = { 0 };

	snprintf(checkpoint.origin, sizeof checkpoint.origin, "%s", origin);
	for (uint64_t i = 0; i < size; i++)
		tlog_append(&tree, &leaves[i]);
	checkpoint.root = tlog_root(&tree);
	return checkpoint;
}

static int ask(struct fixture *fixture, const char *text, uint64_t old, const struct tlog_proof *proof, json_t **result,
	       struct err *err)
{
	json_t *params = json_pack("{s:s, s:I, s:o}", "text", text, "old", (json_int_t)old, "hashes",
				   ledger_proof_json(proof));
	int rc = signer_checkpoint(&fixture->last, fixture->key, params, result, err);

	json_decref(params);
	return rc;
}

/* With the right proof from @old, as far as there is one. */
static int ask_for(struct fixture *fixture, const struct tlog_hash *leaves, uint64_t old, uint64_t size,
		   struct err *err)
{
	struct checkpoint checkpoint = checkpoint_of(leaves, size, "log.example");
	struct tlog_proof proof = { 0 };
	char text[256], signed_note[1024];
	json_t *result = NULL;
	struct note_key key;
	struct note note;
	uint8_t public_key[32];
	size_t len = 32;
	int rc;

	checkpoint_print(&checkpoint, text, sizeof text, NULL);
	if (old <= size)
		tlog_prove_consistency(&proof, leaves, old, size);
	rc = ask(fixture, text, old, &proof, &result, err);
	if (rc == 0) {
		snprintf(signed_note, sizeof signed_note, "%s\n%s", text,
			 json_string_value(json_object_get(result, "line")));
		EVP_PKEY_get_raw_public_key(fixture->key, public_key, &len);
		assert_int_equal(note_key_make(&key, "log.example", NOTE_ED25519, public_key, NULL), 0);
		assert_int_equal(note_read(&note, signed_note, strlen(signed_note), NULL), 0);
		assert_int_equal(note_verify(&note, &key, NULL, NULL), 0);
	}
	json_decref(result);
	return rc;
}

static void open_again(struct fixture *fixture)
{
	struct err err;

	last_checkpoint_close(&fixture->last);
	fixture->last = (struct last_checkpoint)LAST_CHECKPOINT_NONE;
	if (last_checkpoint_open(&fixture->last, fixture->folder, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_growing_ledger_is_signed_at_every_step(void **state)
{
	struct fixture *fixture = *state;
	struct err err;

	for (uint64_t old = 0, size = 0; size <= LEAVES; old = size, size += 1 + size % 3) {
		if (ask_for(fixture, fixture->leaves, old, size, &err) < 0)
			fail_msg("%llu: %s", (unsigned long long)size, err.text);
		if (size % 2)
			open_again(fixture);
	}
}

static void test_same_checkpoint_may_be_signed_again(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask_for(fixture, fixture->leaves, 0, 9, NULL), 0);
	assert_int_equal(ask_for(fixture, fixture->leaves, 9, 9, NULL), 0);
}

static void expect_refused(struct fixture *fixture, int rc, int wanted, const struct err *err, const char *words)
{
	struct checkpoint right = checkpoint_of(fixture->leaves, 9, "log.example");

	assert_int_equal(rc, wanted);
	if (!strstr(err->text, words))
		fail_msg("not \"%s\" but \"%s\"", words, err->text);
	open_again(fixture);
	assert_int_equal(fixture->last.checkpoint.size, 9);
	assert_true(tlog_equal(&fixture->last.checkpoint.root, &right.root));
}

static void test_shorter_ledger_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct err err;

	assert_int_equal(ask_for(fixture, fixture->leaves, 0, 9, NULL), 0);
	expect_refused(fixture, ask_for(fixture, fixture->leaves, 9, 8, &err), ERR_TAMPER, &err, "shorter");
	expect_refused(fixture, ask_for(fixture, fixture->leaves, 8, 8, &err), ERR_TAMPER, &err, "shorter");
	expect_refused(fixture, ask_for(fixture, fixture->leaves, 0, 0, &err), ERR_TAMPER, &err, "shorter");
}

static void test_rewritten_ledger_is_refused_at_every_size(void **state)
{
	struct fixture *fixture = *state;
	struct err err;

	assert_int_equal(ask_for(fixture, fixture->leaves, 0, 9, NULL), 0);
	for (uint64_t size = 9; size <= LEAVES; size++)
		expect_refused(fixture, ask_for(fixture, fixture->forked, 9, size, &err), ERR_TAMPER, &err,
			       "does not continue");
}

static void test_proof_from_another_size_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct err err;

	assert_int_equal(ask_for(fixture, fixture->leaves, 0, 9, NULL), 0);
	expect_refused(fixture, ask_for(fixture, fixture->leaves, 8, 20, &err), ERR_STATE, &err, "has 9 entries");
	expect_refused(fixture, ask_for(fixture, fixture->leaves, 0, 20, &err), ERR_STATE, &err, "has 9 entries");
}

static void test_growth_without_its_proof_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct checkpoint next = checkpoint_of(fixture->leaves, 20, "log.example");
	struct tlog_proof proof, bent;
	json_t *result = NULL;
	char text[256];
	struct err err;

	assert_int_equal(ask_for(fixture, fixture->leaves, 0, 9, NULL), 0);
	checkpoint_print(&next, text, sizeof text, NULL);
	tlog_prove_consistency(&proof, fixture->leaves, 9, 20);
	bent = (struct tlog_proof){ 0 };
	expect_refused(fixture, ask(fixture, text, 9, &bent, &result, &err), ERR_TAMPER, &err, "does not continue");
	for (unsigned i = 0; i < proof.count; i++) {
		bent = proof;
		bent.hashes[i].bytes[i] ^= 1;
		expect_refused(fixture, ask(fixture, text, 9, &bent, &result, &err), ERR_TAMPER, &err,
			       "does not continue");
		bent = proof;
		bent.count = i;
		expect_refused(fixture, ask(fixture, text, 9, &bent, &result, &err), ERR_TAMPER, &err,
			       "does not continue");
	}
}

static void test_another_ledger_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct checkpoint other = checkpoint_of(fixture->leaves, 9, "other.example");
	struct tlog_proof none = { 0 };
	json_t *result = NULL;
	char text[256];
	struct err err;

	assert_int_equal(ask_for(fixture, fixture->leaves, 0, 9, NULL), 0);
	checkpoint_print(&other, text, sizeof text, NULL);
	expect_refused(fixture, ask(fixture, text, 9, &none, &result, &err), ERR_TAMPER, &err, "another ledger");
}

static void test_garbage_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "log.example", "log.example\n9\n", "log.example\n9\nAAAA\n",
		"log.example\n09\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"log.example\n9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextension\n",
		"log.example\n9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"log.example\n-9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		"log.example\n9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
		"log example\n9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
	};
	struct fixture *fixture = *state;
	struct tlog_proof none = { 0 };
	json_t *result = NULL, *odd;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (ask(fixture, texts[i], 0, &none, &result, NULL) != ERR_RANGE)
			fail_msg("text %zu was signed", i);
	odd = json_pack("{s:s, s:i, s:s}", "text", "a\n0\n", "old", 0, "hashes", "none");
	assert_int_equal(signer_checkpoint(&fixture->last, fixture->key, odd, &result, NULL), ERR_RANGE);
	json_decref(odd);
	assert_null(result);
	open_again(fixture);
	assert_int_equal(fixture->last.turn, 0);
}

/* --- the file ------------------------------------------------------------------------------------ */

static void overwrite(struct fixture *fixture, off_t from, size_t len_bytes)
{
	static const char noise[4096] = "noise";
	char path[512];
	int fd;

	snprintf(path, sizeof path, "%s/signer/last-checkpoint", fixture->folder);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, noise, len_bytes, from), len_bytes);
	close(fd);
}

static void test_torn_write_leaves_the_one_before(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask_for(fixture, fixture->leaves, 0, 9, NULL), 0);
	assert_int_equal(ask_for(fixture, fixture->leaves, 9, 10, NULL), 0);
	overwrite(fixture, 0, 100);	/* turn 2 is in the first place */
	open_again(fixture);
	assert_int_equal(fixture->last.checkpoint.size, 9);
	assert_int_equal(ask_for(fixture, fixture->leaves, 9, 12, NULL), 0);
	open_again(fixture);
	assert_int_equal(fixture->last.checkpoint.size, 12);
}

static void test_first_write_torn_is_no_loss(void **state)
{
	struct fixture *fixture = *state;

	overwrite(fixture, 4096, 512);
	open_again(fixture);
	assert_int_equal(fixture->last.turn, 0);
	assert_int_equal(ask_for(fixture, fixture->leaves, 0, 9, NULL), 0);
}

static void test_file_that_is_not_the_signers_is_named(void **state)
{
	struct fixture *fixture = *state;
	struct err err;

	assert_int_equal(ask_for(fixture, fixture->leaves, 0, 9, NULL), 0);
	overwrite(fixture, 0, 100);
	overwrite(fixture, 4096, 100);
	last_checkpoint_close(&fixture->last);
	assert_int_equal(last_checkpoint_open(&fixture->last, fixture->folder, &err), ERR_TAMPER);
	assert_non_null(strstr(err.text, "last-checkpoint"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_growing_ledger_is_signed_at_every_step),
		CASE(test_same_checkpoint_may_be_signed_again),
		CASE(test_shorter_ledger_is_refused),
		CASE(test_rewritten_ledger_is_refused_at_every_size),
		CASE(test_proof_from_another_size_is_refused),
		CASE(test_growth_without_its_proof_is_refused),
		CASE(test_another_ledger_is_refused),
		CASE(test_garbage_is_refused),
		CASE(test_torn_write_leaves_the_one_before),
		CASE(test_first_write_torn_is_no_loss),
		CASE(test_file_that_is_not_the_signers_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
