/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The delivery copy of a still: EXIF and XMP, then a C2PA manifest signed by the media key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/base/openssl.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <sys/stat.h>
#include <turbojpeg.h>
#include <unistd.h>

#include "certs/authority.h"
#include "certs/layout.h"
#include "certs/trust.h"
#include "station/evidence/c2pa.h"
#include "station/evidence/cbor.h"
#include "station/evidence/delivery.h"
#include "station/evidence/exif.h"
#include "station/evidence/jumbf.h"
#include "station/evidence/still.h"
#include "tests/unit/temp_folder.h"

#define CAPTURED_US UINT64_C(1767225600123456)	/* 2026-01-01 00:00:00.123456 UTC */
#define DESCRIPTION "案号 (2026)浙0108刑初1号 <exhibit> & 物证 3"

struct fixture {
	char *folder;
	char chain[8192];
	uint8_t *jpeg;
	unsigned long jpeg_bytes;
};

static char *path_in(const struct fixture *fixture, const char *name)
{
	char *path = layout_path(fixture->folder, name);

	assert_non_null(path);
	return path;
}

static void read_chain(struct fixture *fixture)
{
	char *path = path_in(fixture, LAYOUT_MEDIA_PEM);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	fixture->chain[fread(fixture->chain, 1, sizeof fixture->chain - 1, file)] = '\0';
	fclose(file);
	free(path);
}

static void draw(struct fixture *fixture)
{
	uint8_t *pixels = malloc(320 * 240);
	tjhandle encoder = tjInitCompress();

	for (int i = 0; i < 320 * 240; i++)
		pixels[i] = (uint8_t)(i * 7 / 320);
	assert_int_equal(tjCompress2(encoder, pixels, 320, 0, 240, TJPF_GRAY, &fixture->jpeg,
				     &fixture->jpeg_bytes, TJSAMP_GRAY, 90, 0), 0);
	tjDestroy(encoder);
	free(pixels);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct authority *authority;

	fixture->folder = temp_folder_new();
	assert_int_equal(authority_open(&authority, fixture->folder, NULL), 0);
	assert_true(authority_init(authority, "Test centre", NULL) > 0);
	authority_free(authority);
	read_chain(fixture);
	draw(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	temp_folder_free(fixture->folder);
	tjFree(fixture->jpeg);
	free(fixture);
	return 0;
}

static void sign(const struct fixture *fixture, const uint8_t digest[32], uint8_t *der, size_t *len)
{
	char *path = path_in(fixture, LAYOUT_MEDIA_KEY);
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context;

	assert_int_equal(trust_read_key(&key, path, NULL), 0);
	context = EVP_PKEY_CTX_new(key, NULL);
	assert_int_equal(EVP_PKEY_sign_init(context), 1);
	assert_int_equal(EVP_PKEY_sign(context, der, len, digest, 32), 1);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(key);
	free(path);
}

/* A delivery copy of @jpeg; @filler makes the manifest that much longer. */
static uint8_t *deliver(const struct fixture *fixture, const uint8_t *jpeg, size_t jpeg_bytes, size_t filler,
			size_t *len)
{
	json_t *facts = json_pack("{s:s, s:i, s:b, s:n, s:[i,s]}", "case_no", DESCRIPTION, "bearing_mdeg",
				  -90000, "settled", 1, "spin", "makers", 1, "second");
	struct c2pa_statement statement = { "ostend", "0.1.0", "0001.jpg", CAPTURED_US,
					    "local.ostend.still", facts };
	char *text = calloc(1, filler + 1);
	struct c2pa_draft *draft = NULL;
	uint8_t digest[32], der[80], *out = NULL;
	size_t der_bytes = sizeof der;
	struct err err = { 0 };

	memset(text, 'x', filler);
	json_object_set_new(facts, "filler", json_string(text));
	assert_int_equal(c2pa_begin(&draft, jpeg, jpeg_bytes, fixture->chain, &statement, digest, &err), 0);
	sign(fixture, digest, der, &der_bytes);
	assert_int_equal(c2pa_finish(draft, der, der_bytes, &out, len, &err), 0);
	c2pa_draft_free(draft);
	json_decref(facts);
	free(text);
	return out;
}

/* The first and one behind the last byte of the APP11 run. */
static void find_run(const uint8_t *jpeg, size_t len, size_t *from, size_t *to)
{
	size_t at = 2;

	for (*from = *to = 0; at + 4 < len && jpeg[at + 1] != 0xda;) {
		size_t next = at + 2 + (size_t)(jpeg[at + 2] << 8 | jpeg[at + 3]);

		if (jpeg[at + 1] == 0xeb) {
			*from = *to ? *from : at;
			*to = next;
		}
		at = next;
	}
}

static uint8_t *find(const uint8_t *in, size_t len, const void *what, size_t what_bytes)
{
	uint8_t *at = memmem(in, len, what, what_bytes);

	assert_non_null(at);
	return at;
}

static void test_without_its_segments_a_delivery_copy_is_the_still(void **state)
{
	const struct fixture *fixture = *state;
	size_t sizes[] = { 0, 1000, 60000, 70000, 200000 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		size_t len, from, to;
		uint8_t *copy = deliver(fixture, fixture->jpeg, fixture->jpeg_bytes, sizes[i], &len);

		find_run(copy, len, &from, &to);
		assert_int_equal(len - (to - from), fixture->jpeg_bytes);
		assert_memory_equal(copy, fixture->jpeg, from);
		assert_memory_equal(copy + to, fixture->jpeg + from, len - to);
		assert_true(to - from > sizes[i]);
		free(copy);
	}
}

static void test_manifest_says_where_it_is_and_what_the_rest_hashes_to(void **state)
{
	const struct fixture *fixture = *state;
	struct bytes want = { 0 };
	uint8_t hash[32];
	size_t len, from, to;
	uint8_t *copy = deliver(fixture, fixture->jpeg, fixture->jpeg_bytes, 0, &len);

	find_run(copy, len, &from, &to);
	SHA256(fixture->jpeg, fixture->jpeg_bytes, hash);
	cbor_map(&want, 2);
	cbor_text(&want, "start");
	cbor_integer(&want, (int64_t)from);
	cbor_text(&want, "length");
	cbor_integer(&want, (int64_t)(to - from));
	find(copy, len, want.data, want.len);
	bytes_clear(&want);
	cbor_text(&want, "hash");
	cbor_bytes(&want, hash, sizeof hash);
	find(copy, len, want.data, want.len);
	bytes_clear(&want);
	free(copy);
}

/* The claim as it stands in the file, hashed and signed by RFC 9052, with the chain's first certificate. */
static void test_signature_holds_over_the_claim_in_the_file(void **state)
{
	const struct fixture *fixture = *state;
	size_t len, claim_bytes;
	uint8_t *copy = deliver(fixture, fixture->jpeg, fixture->jpeg_bytes, 0, &len), digest[32], der[80];
	uint8_t *claim = find(copy, len, "c2pa.claim.v2\0", 14) + 14;
	uint8_t *cose = find(claim, len - (size_t)(claim - copy), "\xd2\x84\x59", 3) + 2;
	size_t chain_bytes = (size_t)(cose[1] << 8 | cose[2]), der_bytes;
	struct bytes item = { 0 };
	char *path = path_in(fixture, LAYOUT_MEDIA_PEM);
	X509 *certificate = NULL;
	EVP_PKEY_CTX *context;
	uint8_t *signature = cose + 3 + chain_bytes + 4, *to = der;
	ECDSA_SIG *pair = ECDSA_SIG_new();

	claim_bytes = (size_t)(claim[2] << 8 | claim[3]) - JUMBF_BOX_HEAD;
	cbor_array(&item, 4);
	cbor_text(&item, "Signature1");
	cbor_bytes(&item, cose + 3, chain_bytes);
	cbor_bytes(&item, "", 0);
	cbor_bytes(&item, claim + JUMBF_BOX_HEAD, claim_bytes);
	SHA256(item.data, item.len, digest);
	ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
	der_bytes = (size_t)i2d_ECDSA_SIG(pair, &to);
	assert_int_equal(trust_read_certificate(&certificate, path, NULL), 0);
	context = EVP_PKEY_CTX_new(X509_get0_pubkey(certificate), NULL);
	assert_int_equal(EVP_PKEY_verify_init(context), 1);
	assert_int_equal(EVP_PKEY_verify(context, der, der_bytes, digest, sizeof digest), 1);
	digest[5] ^= 1;
	assert_int_not_equal(EVP_PKEY_verify(context, der, der_bytes, digest, sizeof digest), 1);
	EVP_PKEY_CTX_free(context);
	X509_free(certificate);
	ECDSA_SIG_free(pair);
	bytes_clear(&item);
	free(path);
	free(copy);
}

static void test_a_second_manifest_and_no_jpeg_are_refused(void **state)
{
	const struct fixture *fixture = *state;
	struct c2pa_statement statement = { "ostend", "0.1.0", "x.jpg", 0, "local.ostend.still", NULL };
	struct c2pa_draft *draft = NULL;
	uint8_t digest[32];
	size_t len;
	uint8_t *copy = deliver(fixture, fixture->jpeg, fixture->jpeg_bytes, 0, &len);

	assert_int_equal(c2pa_begin(&draft, copy, len, fixture->chain, &statement, digest, NULL), ERR_RANGE);
	assert_int_equal(c2pa_begin(&draft, fixture->jpeg, fixture->jpeg_bytes, "no PEM", &statement, digest,
				    NULL), ERR_PROTO);
	for (size_t cut = 0; cut < 300; cut++)
		if (c2pa_begin(&draft, fixture->jpeg, cut, fixture->chain, &statement, digest, NULL) == 0)
			draft = c2pa_draft_free(draft);
	assert_int_equal(c2pa_begin(&draft, "\xff\xd8\xff\xe0\xff\xff", 6, fixture->chain, &statement, digest,
				    NULL), ERR_RANGE);
	free(copy);
}

static struct exif_facts facts(void)
{
	struct exif_facts facts = { "Simulated camera", "ostend 0.1.0", DESCRIPTION, "one; two", CAPTURED_US,
				    320, 240, { 0xab, 0xcd } };

	return facts;
}

static void test_exif_comes_first_and_changes_no_byte_of_the_picture(void **state)
{
	const struct fixture *fixture = *state;
	struct exif_facts said = facts();
	uint8_t *once = NULL, *twice = NULL;
	size_t once_bytes, twice_bytes, tail = fixture->jpeg_bytes - 20;	/* behind SOI and JFIF */

	assert_int_equal(exif_put(&once, &once_bytes, fixture->jpeg, fixture->jpeg_bytes, &said, NULL), 0);
	assert_memory_equal(once + once_bytes - tail, fixture->jpeg + 20, tail);
	find(once, 200, "Exif\0\0", 6);
	find(once, once_bytes, DESCRIPTION, strlen(DESCRIPTION));
	find(once, once_bytes, "2026:01:01 00:00:00", 20);
	find(once, once_bytes, "+00:00", 7);
	find(once, once_bytes, "abcd0000", 8);
	find(once, once_bytes, "&lt;exhibit&gt; &amp;", 21);
	/* a camera's own EXIF is merged, not put beside */
	said.artist = "three";
	assert_int_equal(exif_put(&twice, &twice_bytes, once, once_bytes, &said, NULL), 0);
	assert_null(memmem(twice + 40, 600, "one; two", 9));
	assert_ptr_equal(memmem(twice, twice_bytes, "Exif\0\0", 6), find(twice, 200, "Exif\0\0", 6));
	free(once);
	free(twice);
}

static void test_damaged_pictures_are_refused(void **state)
{
	const struct fixture *fixture = *state;
	struct exif_facts said = facts();
	uint8_t *out = NULL;
	size_t len;

	for (size_t cut = 0; cut < 40; cut++)
		if (exif_put(&out, &len, fixture->jpeg, cut, &said, NULL) == 0)
			free(out);
	assert_int_equal(exif_put(&out, &len, (const uint8_t *)"\xff\xd8\xff\xe0\xff\xff", 6, &said, NULL),
			 ERR_RANGE);
	assert_int_equal(exif_put(&out, &len, (const uint8_t *)"GIF89a..", 8, &said, NULL), ERR_RANGE);
}

/* RFC 8949 appendix A */
static void test_cbor_is_as_the_standard_has_it(void **state)
{
	static const struct {
		int64_t value;
		const char *hex;
	} known[] = {
		{ 0, "00" }, { 23, "17" }, { 24, "1818" }, { 100, "1864" }, { 1000, "1903e8" },
		{ 1000000, "1a000f4240" }, { 1000000000000, "1b000000e8d4a51000" }, { -1, "20" },
		{ -10, "29" }, { -100, "3863" }, { -1000, "3903e7" }, { INT64_MIN, "3b7fffffffffffffff" },
	};
	json_t *json = json_pack("{s:i, s:[i,i]}", "a", 1, "b", 2, 3);
	struct bytes out = { 0 };
	char hex[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		cbor_integer(&out, known[i].value);
		util_hex(hex, out.data, out.len);
		assert_string_equal(hex, known[i].hex);
		bytes_clear(&out);
	}
	cbor_json(&out, json);
	util_hex(hex, out.data, out.len);
	assert_string_equal(hex, "a26161016162820203");
	bytes_clear(&out);
	json_decref(json);
}

/* --- in the store -------------------------------------------------------------------------------- */

static const struct act operator = { .actor = "Chen", .role = "operator", .second = "Li", .showing = 3,
				     .case_no = "(2026)1", .exhibit_no = "2",
				     .utc_us = UINT64_C(1790000000000000) };

static struct store *open_store(const struct fixture *fixture)
{
	struct store *store = NULL;

	assert_int_equal(store_open(&store, fixture->folder, NULL), 0);
	assert_int_equal(store_begin(store, NULL), 0);
	return store;
}

static int64_t keep_still(const struct fixture *fixture, struct store *store)
{
	struct still_shot shot = { .bytes = fixture->jpeg, .len_bytes = fixture->jpeg_bytes, .width = 320,
				   .height = 240, .format = "image/jpeg", .made_by = "camera",
				   .captured_utc_us = CAPTURED_US };
	int64_t id = 0;

	assert_int_equal(still_keep(store, &operator, fixture->folder, &shot, &id, NULL), 0);
	return id;
}

static int64_t next_of(struct store *store)
{
	int64_t still = -1;

	assert_int_equal(delivery_next(store, &still, NULL), 0);
	return still;
}

static void test_every_still_gets_one_copy_that_the_ledger_knows(void **state)
{
	const struct fixture *fixture = *state;
	struct store *store = open_store(fixture);
	int64_t still = keep_still(fixture, store);
	struct delivery delivery;
	uint8_t der[80];
	size_t der_bytes = sizeof der;
	char path[256];

	assert_int_equal(next_of(store), still);
	assert_int_equal(delivery_begin(store, fixture->folder, fixture->chain, still, &delivery, NULL), 0);
	sign(fixture, delivery.digest, der, &der_bytes);
	assert_int_equal(delivery_keep(store, &operator, fixture->folder, &delivery, der, der_bytes, NULL), 0);
	assert_string_equal(delivery.file, "media/3/delivery/0001.jpg");
	snprintf(path, sizeof path, "%s/%s", fixture->folder, delivery.file);
	assert_int_equal(access(path, R_OK), 0);
	assert_int_equal(next_of(store), 0);
	delivery_clear(&delivery);
	store_rollback(store);
	store_free(store);
}

static void test_no_copy_is_made_of_a_still_that_was_changed(void **state)
{
	const struct fixture *fixture = *state;
	struct store *store = open_store(fixture);
	int64_t still = keep_still(fixture, store);
	struct delivery delivery;
	struct err err = { 0 };
	char path[256];
	FILE *file;

	snprintf(path, sizeof path, "%s/media/3/stills/0001.jpg", fixture->folder);
	assert_int_equal(chmod(path, 0600), 0);
	file = fopen(path, "r+");
	fseek(file, 500, SEEK_SET);
	fputc(fixture->jpeg[500] ^ 1, file);
	fclose(file);
	assert_int_equal(delivery_begin(store, fixture->folder, fixture->chain, still, &delivery, &err),
			 ERR_TAMPER);
	assert_non_null(strstr(err.text, "stills/0001.jpg"));
	delivery_clear(&delivery);
	assert_int_equal(delivery_give_up(store, &operator, still, err.text, NULL), 0);
	assert_int_equal(next_of(store), 0);
	store_rollback(store);
	store_free(store);
}

static void test_a_rejected_still_needs_no_copy(void **state)
{
	const struct fixture *fixture = *state;
	struct store *store = open_store(fixture);
	int64_t still = keep_still(fixture, store);
	struct act rejecting = operator;

	snprintf(rejecting.reason, sizeof rejecting.reason, "out of focus");
	assert_int_equal(still_reject(store, &rejecting, still, NULL), 0);
	assert_int_equal(next_of(store), 0);
	store_rollback(store);
	store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cbor_is_as_the_standard_has_it),
		cmocka_unit_test_setup_teardown(test_without_its_segments_a_delivery_copy_is_the_still,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_manifest_says_where_it_is_and_what_the_rest_hashes_to,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_signature_holds_over_the_claim_in_the_file, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_second_manifest_and_no_jpeg_are_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_exif_comes_first_and_changes_no_byte_of_the_picture,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_pictures_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_still_gets_one_copy_that_the_ledger_knows, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_no_copy_is_made_of_a_still_that_was_changed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_rejected_still_needs_no_copy, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
