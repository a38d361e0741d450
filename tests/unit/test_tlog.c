/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log's tree and notes: the definitions of RFC 6962 followed word for word, and a published example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/openssl.h"
#include <openssl/evp.h>

#include "station/evidence/note.h"
#include "station/evidence/tlog.h"

#define LEAVES 80

static const char *const entries[] = {
	"{\"seq\":0,\"event\":\"photo\",\"sha256\":\"5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9\"}",
	"{\"seq\":1,\"event\":\"photo\",\"sha256\":\"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\"}",
	"{\"seq\":2,\"event\":\"photo\",\"sha256\":\"d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35\"}",
};
static const char seed_hex[] = "87144440a26c5c82f6377d697a56614179b7088c5e858618396966fee063f6b4";
static const char log_key[] = "station.example/log+ca502374+AT8D+vTUws/7W1gOqSGbdDXrrmt3jPAqTrHAstWiE4z5";
static const char witness_key[] = "witness.example/w1+586d0b9a+BBQzA22TUGQjImRLTPJOCPRp+BAYPvXYTpf05YEMg813";
static const char signed_checkpoint[] =
	"station.example/log\n3\nY+9PX2plACYspbhA0TUWmwAZDZmA5yoXwAArqA0qDr4=\n\n"
	"\xe2\x80\x94 station.example/log ylAjdLrrnNPo/7+Cn1QCfezRN8ZRWt12HvCuzIK+jfjdiQAqbYW+Mk9IiGZxZ7BhyQyLFgMVeA4UevHFuShFt/OlxQs=\n"
	"\xe2\x80\x94 witness.example/w1 WG0LmgAAAABpVbkD6SW7Cw2txgWESPX091s4UJYudlfX+7xuPfqQG8c3hqiQRqPk6UkJof6H+E9EYB2VrKiQiZmsZxWC24+sfaL4CA==\n";

static void expect_hex(const struct tlog_hash *hash, const char *hex)
{
	char text[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", hash->bytes[i]);
	assert_string_equal(text, hex);
}

/* --- the definitions, by recursion ----------------------------------------------------------------- */

static uint64_t split(uint64_t n)
{
	uint64_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

static struct tlog_hash plain_root(const struct tlog_hash *leaves, uint64_t n)
{
	struct tlog_hash left, right;

	if (n == 1)
		return leaves[0];
	left = plain_root(leaves, split(n));
	right = plain_root(leaves + split(n), n - split(n));
	return tlog_node(&left, &right);
}

static void plain_path(struct tlog_proof *proof, uint64_t m, const struct tlog_hash *leaves, uint64_t n)
{
	uint64_t k = split(n);

	if (n == 1)
		return;
	if (m < k) {
		plain_path(proof, m, leaves, k);
		proof->hashes[proof->count++] = plain_root(leaves + k, n - k);
	} else {
		plain_path(proof, m - k, leaves + k, n - k);
		proof->hashes[proof->count++] = plain_root(leaves, k);
	}
}

static void plain_subproof(struct tlog_proof *proof, uint64_t m, const struct tlog_hash *leaves, uint64_t n,
			   bool whole)
{
	uint64_t k = split(n);

	if (m == n) {
		if (!whole)
			proof->hashes[proof->count++] = plain_root(leaves, n);
	} else if (m <= k) {
		plain_subproof(proof, m, leaves, k, whole);
		proof->hashes[proof->count++] = plain_root(leaves + k, n - k);
	} else {
		plain_subproof(proof, m - k, leaves + k, n - k, false);
		proof->hashes[proof->count++] = plain_root(leaves, k);
	}
}

static void make_leaves(struct tlog_hash *leaves, struct tlog_hash *roots)
{
	struct tlog_tree tree = { .size = 0 };

	roots[0] = tlog_root(&tree);
	for (uint64_t i = 0; i < LEAVES; i++) {
		leaves[i] = tlog_leaf(&i, sizeof i);
		tlog_append(&tree, &leaves[i]);
		roots[i + 1] = tlog_root(&tree);
	}
}

static void expect_same(const struct tlog_proof *a, const struct tlog_proof *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->hashes, b->hashes, a->count * sizeof a->hashes[0]);
}

static void test_roots_are_those_of_the_definition(void **state)
{
	struct tlog_hash leaves[LEAVES], roots[LEAVES + 1], plain;

	(void)state;
	make_leaves(leaves, roots);
	expect_hex(&roots[0], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (uint64_t n = 1; n <= LEAVES; n++) {
		plain = plain_root(leaves, n);
		assert_memory_equal(&roots[n], &plain, sizeof plain);
	}
}

static void test_each_leaf_of_each_size_is_proved_and_no_other(void **state)
{
	struct tlog_hash leaves[LEAVES], roots[LEAVES + 1];

	(void)state;
	make_leaves(leaves, roots);
	for (uint64_t n = 1; n <= LEAVES; n++)
		for (uint64_t i = 0; i < n; i++) {
			struct tlog_proof proof, plain = { .count = 0 };

			tlog_prove_inclusion(&proof, leaves, i, n);
			plain_path(&plain, i, leaves, n);
			expect_same(&proof, &plain);
			assert_true(tlog_check_inclusion(&proof, &leaves[i], i, n, &roots[n]));
			assert_false(tlog_check_inclusion(&proof, &leaves[i], i, n, &roots[n - 1]));
			assert_false(n > 1 && tlog_check_inclusion(&proof, &leaves[(i + 1) % n], i, n, &roots[n]));
			assert_false(tlog_check_inclusion(&proof, &leaves[i], n, n, &roots[n]));
			if (proof.count) {
				proof.hashes[i % proof.count].bytes[i % 32] ^= 1;
				assert_false(tlog_check_inclusion(&proof, &leaves[i], i, n, &roots[n]));
				proof.hashes[i % proof.count].bytes[i % 32] ^= 1;
				proof.count--;
				assert_false(tlog_check_inclusion(&proof, &leaves[i], i, n, &roots[n]));
			}
		}
}

static void test_each_beginning_is_proved_and_a_changed_one_is_not(void **state)
{
	struct tlog_hash leaves[LEAVES], roots[LEAVES + 1];

	(void)state;
	make_leaves(leaves, roots);
	for (uint64_t n = 1; n <= LEAVES; n++)
		for (uint64_t m = 0; m <= n; m++) {
			struct tlog_proof proof, plain = { .count = 0 };

			tlog_prove_consistency(&proof, leaves, m, n);
			if (m)
				plain_subproof(&plain, m, leaves, n, true);
			expect_same(&proof, &plain);
			assert_true(tlog_check_consistency(&proof, m, &roots[m], n, &roots[n]));
			if (!m || m == n)
				continue;
			assert_false(tlog_check_consistency(&proof, m, &roots[m - 1], n, &roots[n]));
			assert_false(tlog_check_consistency(&proof, m, &roots[m], n, &roots[n - 1]));
			assert_false(tlog_check_consistency(&proof, n, &roots[n], m, &roots[m]));
			proof.hashes[m % proof.count].bytes[n % 32] ^= 0x80;
			assert_false(tlog_check_consistency(&proof, m, &roots[m], n, &roots[n]));
			proof.hashes[m % proof.count].bytes[n % 32] ^= 0x80;
			proof.count--;
			assert_false(tlog_check_consistency(&proof, m, &roots[m], n, &roots[n]));
		}
}

/* --- notes ---------------------------------------------------------------------------------------- */

static void test_the_example_s_hashes(void **state)
{
	static const char *const hex[] = {
		"1220f37601f91c081104212517bf26e8bf3f49c1592f262256c8c830a521b80f",
		"8b34982796774fcef497a73f6b72d5029c11c0d2de1b258fcf3cadd6ab84d75a",
		"df4263e5347e12f9a4462d072f69a0f4cc81261f5da6ef1e6284a0ce42291eaa",
	};
	struct tlog_tree tree = { .size = 0 };
	struct tlog_hash root;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct tlog_hash leaf = tlog_leaf(entries[i], strlen(entries[i]));

		expect_hex(&leaf, hex[i]);
		tlog_append(&tree, &leaf);
	}
	root = tlog_root(&tree);
	expect_hex(&root, "63ef4f5f6a6500262ca5b840d135169b00190d9980e72a17c0002ba80d2a0ebe");
}

static void sign(const char *text, size_t len, uint8_t signature[64])
{
	uint8_t seed[32];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t signature_len = 64;
	EVP_PKEY *key;

	for (size_t i = 0; i < 32; i++) {
		char two[3] = { seed_hex[2 * i], seed_hex[2 * i + 1], '\0' };

		seed[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
	assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &signature_len, (const uint8_t *)text, len), 1);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
}

static void test_a_checkpoint_is_written_to_the_byte(void **state)
{
	struct checkpoint checkpoint = { .origin = "station.example/log", .size = 3 };
	struct tlog_tree tree = { .size = 0 };
	char text[256], line[256];
	uint8_t signature[64];
	struct note_key key;
	struct err err;
	int len, line_len;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct tlog_hash leaf = tlog_leaf(entries[i], strlen(entries[i]));

		tlog_append(&tree, &leaf);
	}
	checkpoint.root = tlog_root(&tree);
	len = checkpoint_print(&checkpoint, text, sizeof text, &err);
	assert_true(len > 0);
	assert_memory_equal(text, signed_checkpoint, (size_t)len);
	assert_int_equal(note_key_read(&key, log_key, &err), 0);
	sign(text, (size_t)len, signature);
	line_len = note_print_signature(&key, signature, line, sizeof line, &err);
	assert_true(line_len > 0);
	assert_memory_equal(line, signed_checkpoint + len + 1, (size_t)line_len);
	assert_int_equal(checkpoint_print(&checkpoint, text, 20, &err), ERR_RANGE);
	assert_int_equal(note_print_signature(&key, signature, line, 20, &err), ERR_RANGE);
}

static void test_log_and_witness_are_verified(void **state)
{
	struct note_key log, witness;
	struct checkpoint checkpoint;
	struct note note;
	uint64_t time_s;
	char text[256];
	struct err err;

	(void)state;
	assert_int_equal(note_key_read(&log, log_key, &err), 0);
	assert_int_equal(note_key_read(&witness, witness_key, &err), 0);
	note_key_print(&witness, text, sizeof text);
	assert_string_equal(text, witness_key);
	assert_int_equal(note_read(&note, signed_checkpoint, strlen(signed_checkpoint), &err), 0);
	assert_int_equal(note.count, 2);
	assert_int_equal(note_verify(&note, &log, NULL, &err), 0);
	assert_int_equal(note_verify(&note, &witness, &time_s, &err), 0);
	assert_int_equal(time_s, 1767225603);
	assert_int_equal(checkpoint_read(&checkpoint, &note, &err), 0);
	assert_string_equal(checkpoint.origin, "station.example/log");
	assert_int_equal(checkpoint.size, 3);
	expect_hex(&checkpoint.root, "63ef4f5f6a6500262ca5b840d135169b00190d9980e72a17c0002ba80d2a0ebe");
	log.public_key[5] ^= 1;	/* the same name and number, but another key */
	assert_int_equal(note_verify(&note, &log, NULL, &err), ERR_TAMPER);
	log.id[0] ^= 1;
	assert_int_equal(note_verify(&note, &log, NULL, &err), ERR_GONE);
}

/* Whether the changed bytes still pass as the log's and the witness's own words, saying the same. */
static bool passes(const char *bytes, size_t len)
{
	struct note_key log, witness;
	struct note note;
	struct err err;

	return note_key_read(&log, log_key, &err) == 0 && note_key_read(&witness, witness_key, &err) == 0 &&
	       note_read(&note, bytes, len, &err) == 0 && note_verify(&note, &log, NULL, &err) == 0 &&
	       note_verify(&note, &witness, NULL, &err) == 0;
}

static void test_no_changed_bit_and_no_cut_passes(void **state)
{
	size_t len = strlen(signed_checkpoint);
	char *bytes = malloc(len);

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes, signed_checkpoint, len);
	assert_true(passes(bytes, len));
	for (size_t i = 0; i < len * 8; i++) {
		bytes[i / 8] = (char)(bytes[i / 8] ^ (1 << (i % 8)));
		if (passes(bytes, len))
			fail_msg("byte %zu with bit %zu changed passes", i / 8, i % 8);
		bytes[i / 8] = (char)(bytes[i / 8] ^ (1 << (i % 8)));
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_false(passes(bytes, cut));
	free(bytes);
}

static void test_bad_keys_and_texts_are_named(void **state)
{
	static const char *const keys[] = {
		"", "station.example/log", "a+b", "station.example/log+ca502375+AT8D+vTUws/7W1gOqSGbdDXrrmt3jPAqTrHAstWiE4z5",
		"station.example/lag+ca502374+AT8D+vTUws/7W1gOqSGbdDXrrmt3jPAqTrHAstWiE4z5",
		"station.example/log+ca502374+AT8D", "station example+ca502374+AT8D+vTUws/7W1gOqSGbdDXrrmt3jPAqTrHAstWiE4z5",
		"station.example/log+ca502374+Aj8D+vTUws/7W1gOqSGbdDXrrmt3jPAqTrHAstWiE4z5",
	};
	static const char *const sizes[] = { "", "03", "-3", "3 ", "99999999999999999999", "3a" };
	char text[256];
	struct checkpoint checkpoint;
	struct note_key key;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		int rc = note_key_read(&key, keys[i], &err);

		assert_true(rc == ERR_PROTO || rc == ERR_RANGE);
		assert_true(err.text[0]);
	}
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct note note = { .text = text };

		note.text_bytes = (size_t)snprintf(text, sizeof text,
						   "log\n%s\nY+9PX2plACYspbhA0TUWmwAZDZmA5yoXwAArqA0qDr4=\n", sizes[i]);
		assert_int_equal(checkpoint_read(&checkpoint, &note, &err), ERR_PROTO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roots_are_those_of_the_definition),
		cmocka_unit_test(test_each_leaf_of_each_size_is_proved_and_no_other),
		cmocka_unit_test(test_each_beginning_is_proved_and_a_changed_one_is_not),
		cmocka_unit_test(test_the_example_s_hashes),
		cmocka_unit_test(test_a_checkpoint_is_written_to_the_byte),
		cmocka_unit_test(test_log_and_witness_are_verified),
		cmocka_unit_test(test_no_changed_bit_and_no_cut_passes),
		cmocka_unit_test(test_bad_keys_and_texts_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
