/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "certs/authority.h"
#include "certs/layout.h"
#include "certs/trust.h"
#include "station/base/nal.h"
#include "station/base/clock.h"
#include "station/evidence/media_sei.h"
#include "station/evidence/media_sign.h"
#include "tests/unit/media_reader.h"
#include "tests/unit/temp_folder.h"

#define NAL_TYPE_AUD 9
#define PICTURES 60
#define FPS 15
#define ASKED_MAX 128
#define START_UTC_US UINT64_C(1767225600000000)	/* 2026-01-01T00:00:00Z, as in the vectors */

struct asked {
	uint32_t section;
	uint8_t digest[32];
};

/* A clip in access units, a key that signs on demand, and what came out. */
struct rig {
	char *folder, *chain;
	EVP_PKEY *key;
	struct access_unit *pictures[PICTURES];
	struct media_sign *sign;
	bool at_once;
	struct asked asked[ASKED_MAX];
	size_t asked_count;
	uint8_t out[1 << 20];
	size_t out_bytes;
};

/* --- rig ------------------------------------------------------------------------------------------ */

static uint8_t *vector(const char *name, size_t *len_bytes)
{
	CLEANUP(util_freep) char *path = NULL;

	assert_true(asprintf(&path, "%s/tests/vectors/media-signing/%s", getenv("srcdir") ? getenv("srcdir") : ".",
			     name) > 0);
	return reader_file(path, len_bytes);
}

static struct access_unit *picture_of(const uint8_t *bytes, size_t len_bytes, uint64_t number)
{
	struct access_unit *au = access_unit_new(len_bytes);
	struct nal nal;
	size_t at = 0;

	memcpy(au->bytes, bytes, len_bytes);
	au->number = number;
	au->captured_ns = NS_PER_S + number * NS_PER_S / FPS;
	au->ts_90k = access_unit_ts_90k(au->captured_ns);
	while (nal_next(&nal, bytes, len_bytes, &at))
		au->keyframe |= nal_type(&nal) == NAL_TYPE_IDR;
	return au;
}

/* Each begins with its access unit delimiter. */
static void read_pictures(struct rig *rig)
{
	size_t len_bytes, at = 0, begin = 0, count = 0;
	CLEANUP(util_freep) uint8_t *bytes = vector("unsigned.h264", &len_bytes);
	struct nal nal;

	while (nal_next(&nal, bytes, len_bytes, &at)) {
		size_t start = (size_t)(nal.bytes - bytes) - 4;

		if (nal_type(&nal) != NAL_TYPE_AUD || start == begin)
			continue;
		rig->pictures[count] = picture_of(bytes + begin, start - begin, count);
		count++;
		begin = start;
	}
	rig->pictures[count] = picture_of(bytes + begin, len_bytes - begin, count);
	assert_int_equal(count + 1, PICTURES);
}

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);
	struct authority *authority;
	CLEANUP(util_freep) char *key = NULL, *pem = NULL;
	size_t len_bytes;

	rig->folder = temp_folder_new();
	assert_int_equal(authority_open(&authority, rig->folder, NULL), 0);
	assert_true(authority_init(authority, "Centre", NULL) > 0);
	authority_free(authority);
	key = layout_path(rig->folder, LAYOUT_MEDIA_KEY);
	pem = layout_path(rig->folder, LAYOUT_MEDIA_PEM);
	assert_int_equal(trust_read_key(&rig->key, key, NULL), 0);
	rig->chain = (char *)reader_file(pem, &len_bytes);
	rig->chain[len_bytes] = '\0';
	read_pictures(rig);
	rig->at_once = true;
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	media_sign_free(rig->sign);
	for (size_t i = 0; i < PICTURES; i++)
		access_unit_unref(rig->pictures[i]);
	EVP_PKEY_free(rig->key);
	free(rig->chain);
	temp_folder_free(rig->folder);
	free(rig);
	return 0;
}

static void answer(struct rig *rig, size_t which)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(rig->key, NULL);
	uint8_t der[80];
	size_t len_bytes = sizeof der;

	assert_int_equal(EVP_PKEY_sign_init(context), 1);
	assert_int_equal(EVP_PKEY_sign(context, der, &len_bytes, rig->asked[which].digest, 32), 1);
	EVP_PKEY_CTX_free(context);
	media_sign_answer(rig->sign, rig->asked[which].section, der, len_bytes);
}

static void ask(void *owner, struct media_sign *sign, uint32_t section, const uint8_t digest[32])
{
	struct rig *rig = owner;
	struct asked *asked = &rig->asked[rig->asked_count++];

	assert_ptr_equal(sign, rig->sign);
	assert_true(rig->asked_count <= ASKED_MAX);
	asked->section = section;
	memcpy(asked->digest, digest, sizeof asked->digest);
	if (rig->at_once)
		answer(rig, rig->asked_count - 1);
}

static struct media_sign_config config_of(struct rig *rig, uint32_t section_frames)
{
	return (struct media_sign_config){
		.chain_pem = rig->chain, .firmware = "1.0", .serial = "TEST-0001", .manufacturer = "Test vector",
		.section_frames = section_frames, .ask = ask, .owner = rig,
	};
}

static void start(struct rig *rig, uint32_t section_frames)
{
	struct media_sign_config config = config_of(rig, section_frames);

	assert_int_equal(media_sign_new(&rig->sign, &config, NULL), 0);
}

static uint64_t utc_us(size_t picture)
{
	return START_UTC_US + picture * 1000000 / FPS;
}

static void keep(struct rig *rig, struct access_unit *au)
{
	assert_true(rig->out_bytes + au->len_bytes < sizeof rig->out);
	memcpy(rig->out + rig->out_bytes, au->bytes, au->len_bytes);
	rig->out_bytes += au->len_bytes;
	access_unit_unref(au);
}

static void pass(struct rig *rig, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		keep(rig, media_sign_pass(rig->sign, rig->pictures[i], utc_us(i)));
}

static void end(struct rig *rig, size_t pictures)
{
	struct access_unit *rest;

	media_sign_end(rig->sign, utc_us(pictures));
	rest = media_sign_rest(rig->sign);
	if (rest)
		keep(rig, rest);
}

static struct media_sign_stats stats(struct rig *rig)
{
	struct media_sign_stats stats;

	media_sign_stats(rig->sign, &stats);
	return stats;
}

/* --- the second opinion ---------------------------------------------------------------------------- */

/* What media_check.py says of @bytes, for free(). */
static char *check(struct rig *rig, const uint8_t *bytes, size_t len_bytes)
{
	CLEANUP(util_freep) char *path = NULL, *command = NULL;
	char *text = calloc(1, 65536);
	FILE *file;

	assert_true(asprintf(&path, "%s/clip.h264", rig->folder) > 0);
	file = fopen(path, "we");
	assert_int_equal(fwrite(bytes, 1, len_bytes, file), len_bytes);
	fclose(file);
	assert_true(asprintf(&command, "python3 '%s/tests/unit/media_check.py' '%s' '%s/certs/root.pem'",
			     getenv("srcdir") ? getenv("srcdir") : ".", path, rig->folder) > 0);
	file = popen(command, "re");
	assert_true(fread(text, 1, 65535, file) > 0);
	assert_int_equal(pclose(file), 0);
	return text;
}

static void assert_verdict(struct rig *rig, const char *expected)
{
	CLEANUP(util_freep) char *text = check(rig, rig->out, rig->out_bytes);

	assert_string_equal(text, expected);
}

#define OK(section) "section " section " ok missing=0 changed=0\n"
#define FOUR_OK OK("1") OK("2") OK("3") OK("4")

/* --- against the reference signer ------------------------------------------------------------------ */

static bool next_sei(const uint8_t *bytes, size_t len_bytes, size_t *at, struct nal *nal)
{
	while (nal_next(nal, bytes, len_bytes, at))
		if (media_sei_is(nal))
			return true;
	return false;
}

/* What the reference signer and we write differently on purpose: its version is its own, its times are not
   cut to microseconds. */
static void level(struct reader_sei *sei)
{
	uint8_t *general = (uint8_t *)sei->tags[1].bytes;

	general[3] = 0;
	for (size_t i = 5; i < 21; i += 8) {
		uint64_t ticks = reader_number(general + i, 8) / 10;

		for (size_t byte = 8; byte-- > 0; ticks >>= 8)
			general[i + byte] = (uint8_t)ticks;
	}
}

/* The reference's last one carries hash and times of the section before: only the rest can be compared. */
static void assert_same_end(const struct reader_sei *ours, const struct reader_sei *theirs)
{
	const uint8_t *general = ours->tags[1].bytes, *reference = theirs->tags[1].bytes;

	assert_memory_equal(general + 21, reference + 21, 6);	/* counter, number */
	assert_memory_equal(general + 59, reference + 59, 32);	/* link */
	assert_int_equal(ours->tags[2].len_bytes, theirs->tags[2].len_bytes);
	assert_memory_equal(ours->tags[2].bytes, theirs->tags[2].bytes, ours->tags[2].len_bytes);
}

static void take_their_chain(struct rig *rig, const uint8_t *bytes, size_t len_bytes)
{
	static struct reader_sei sei;
	struct nal nal;
	size_t at = 0;

	assert_true(next_sei(bytes, len_bytes, &at, &nal));
	reader_take(&sei, nal.bytes, nal.len_bytes);
	free(rig->chain);
	rig->chain = strndup((const char *)sei.tags[6].bytes + 2, sei.tags[6].len_bytes - 2);
}

/* Every NAL unit is the same and in the same place; of SEI what is signed is the same. */
static void assert_same_stream(struct rig *rig, const uint8_t *bytes, size_t len_bytes, size_t sections)
{
	static struct reader_sei ours, theirs;
	struct nal our, their;
	size_t our_at = 0, their_at = 0, count = 0;

	while (nal_next(&their, bytes, len_bytes, &their_at)) {
		assert_true(nal_next(&our, rig->out, rig->out_bytes, &our_at));
		assert_int_equal(media_sei_is(&our), media_sei_is(&their));
		if (!media_sei_is(&their)) {
			assert_int_equal(our.len_bytes, their.len_bytes);
			assert_memory_equal(our.bytes, their.bytes, our.len_bytes);
			continue;
		}
		reader_take(&ours, our.bytes, our.len_bytes);
		reader_take(&theirs, their.bytes, their.len_bytes);
		assert_true(reader_verify(&theirs, their.bytes));
		level(&ours);
		level(&theirs);
		assert_int_equal(ours.document_bytes, theirs.document_bytes);
		if (++count < sections)
			assert_memory_equal(ours.raw, theirs.raw, ours.document_bytes);
		else
			assert_same_end(&ours, &theirs);
	}
	assert_false(nal_next(&our, rig->out, rig->out_bytes, &our_at));
	assert_int_equal(count, sections);
}

static void assert_signs_like(struct rig *rig, const char *name, uint32_t section_frames, size_t sections)
{
	size_t len_bytes;
	CLEANUP(util_freep) uint8_t *bytes = vector(name, &len_bytes);

	take_their_chain(rig, bytes, len_bytes);
	start(rig, section_frames);
	pass(rig, 0, PICTURES);
	end(rig, PICTURES);
	assert_same_stream(rig, bytes, len_bytes, sections);
}

static void test_a_section_for_each_idr_is_what_the_reference_signer_wrote(void **state)
{
	assert_signs_like(*state, "signed-gop.h264", 500, 4);
}

static void test_a_section_every_five_pictures_is_what_the_reference_signer_wrote(void **state)
{
	assert_signs_like(*state, "signed-partial-5.h264", 5, 12);
}

/* Section 13 of the format's description has the digest of the first SEI. */
static void test_the_escape_before_the_signatures_tag_is_not_signed(void **state)
{
	static const uint8_t zeros[1][MEDIA_SEI_HASH_BYTES];
	const struct media_sei_signer signer = { "-----BEGIN CERTIFICATE-----", "", "", "" };
	struct media_sei_section section = { .hashes = zeros, .count = 1, .link = zeros[0] };
	struct media_sei *sei;
	struct nal nal;
	uint8_t digest[32];
	size_t signed_bytes;

	(void)state;
	assert_int_equal(media_sei_new(&sei, &signer, &section, NULL), 0);
	memcpy(digest, media_sei_digest(sei), sizeof digest);
	signed_bytes = media_sei_nal(sei).len_bytes;
	assert_int_equal(media_sei_sign(sei, digest, 32, NULL), 0);	/* any bytes will do */
	nal = media_sei_nal(sei);
	assert_memory_equal(nal.bytes + signed_bytes - 2, "\0\0\3\3\0\x4b", 6);
	assert_int_equal(EVP_Digest(nal.bytes, signed_bytes, digest, NULL, EVP_sha256(), NULL), 1);
	assert_memory_equal(digest, media_sei_digest(sei), 32);
	media_sei_free(sei);
}

/* --- what a reader makes of it ---------------------------------------------------------------------- */

static void test_every_section_is_authentic_to_another_reader(void **state)
{
	struct rig *rig = *state;

	start(rig, 15);
	pass(rig, 0, PICTURES);
	end(rig, PICTURES);
	assert_verdict(rig, FOUR_OK "pending 0\nsigner ok\n");
	assert_int_equal(stats(rig).signed_sections, 4);
	assert_int_equal(stats(rig).unsigned_sections, 0);
}

static void test_nothing_but_sei_is_added_and_none_holds_a_start_code(void **state)
{
	struct rig *rig = *state;
	struct nal out, in;
	size_t out_at = 0, picture = 0, in_at = 0;

	start(rig, 4);
	pass(rig, 0, PICTURES);
	while (nal_next(&out, rig->out, rig->out_bytes, &out_at)) {
		for (size_t i = 2; i < out.len_bytes; i++)
			assert_false(!out.bytes[i - 2] && !out.bytes[i - 1] && out.bytes[i] < 3);
		if (media_sei_is(&out))
			continue;
		while (!nal_next(&in, rig->pictures[picture]->bytes, rig->pictures[picture]->len_bytes, &in_at))
			picture++, in_at = 0;
		assert_int_equal(in.len_bytes, out.len_bytes);
		assert_memory_equal(in.bytes, out.bytes, in.len_bytes);
	}
	assert_int_equal(picture, PICTURES - 1);
}

/* The places where the bytes of picture @number's slice are in the output. */
static struct nal slice_of(struct rig *rig, size_t number)
{
	struct nal nal;
	size_t at = 0;

	while (nal_next(&nal, rig->out, rig->out_bytes, &at))
		if (nal_is_slice(&nal) && number-- == 0)
			return nal;
	fail_msg("no such picture");
	return nal;
}

static void test_a_changed_bit_is_found_in_its_section(void **state)
{
	struct rig *rig = *state;
	struct nal nal;

	start(rig, 15);
	pass(rig, 0, PICTURES);
	end(rig, PICTURES);
	nal = slice_of(rig, 20);
	((uint8_t *)nal.bytes)[nal.len_bytes - 3] ^= 0x10;
	assert_verdict(rig, OK("1") "section 2 bad missing=1 changed=1\n" OK("3") OK("4")
		       "pending 0\nsigner ok\n");
}

static void test_a_missing_picture_is_found_in_its_section(void **state)
{
	struct rig *rig = *state;
	struct nal nal;
	size_t at;

	start(rig, 15);
	pass(rig, 0, PICTURES);
	end(rig, PICTURES);
	nal = slice_of(rig, 20);
	at = (size_t)(nal.bytes - rig->out) - 4;
	rig->out_bytes -= nal.len_bytes + 4;
	memmove(rig->out + at, rig->out + at + nal.len_bytes + 4, rig->out_bytes - at);
	assert_verdict(rig, OK("1") "section 2 missing missing=1 changed=0\n" OK("3") OK("4")
		       "pending 0\nsigner ok\n");
}

static void test_a_bit_changed_in_any_byte_of_an_sei_spoils_its_signature(void **state)
{
	static struct reader_sei sei, changed;
	struct rig *rig = *state;
	struct nal nal;
	uint8_t copy[8192];
	size_t at = 0;

	start(rig, 15);
	pass(rig, 0, 40);
	assert_true(next_sei(rig->out, rig->out_bytes, &at, &nal));
	reader_take(&sei, nal.bytes, nal.len_bytes);
	assert_true(reader_verify(&sei, nal.bytes));
	changed = sei;
	for (size_t i = 0; i < sei.signed_bytes; i++) {
		memcpy(copy, nal.bytes, nal.len_bytes);
		copy[i] ^= (uint8_t)(1 << i % 8);
		assert_false(reader_verify(&changed, copy));
	}
}

/* --- time and order of the answers ------------------------------------------------------------------ */

static void test_signatures_may_come_late_and_out_of_order(void **state)
{
	static const size_t order[] = { 2, 0, 3, 1, 5, 4 };
	struct rig *rig = *state;

	rig->at_once = false;
	start(rig, 8);
	pass(rig, 0, 54);
	assert_int_equal(stats(rig).waiting, 7);
	assert_int_equal(rig->asked_count, 7);
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		answer(rig, order[i]);
	pass(rig, 54, 55);
	answer(rig, 6);
	pass(rig, 55, PICTURES);
	assert_int_equal(stats(rig).waiting, 0);
	assert_int_equal(stats(rig).signed_sections, 7);
	assert_verdict(rig, FOUR_OK OK("5") OK("6") OK("7") "pending 7\nsigner ok\n");
}

static void test_without_a_signer_the_stream_goes_on_as_it_was(void **state)
{
	struct rig *rig = *state;
	struct access_unit *out;

	rig->at_once = false;
	start(rig, 1);
	for (size_t i = 0; i < PICTURES; i++) {
		out = media_sign_pass(rig->sign, rig->pictures[i], utc_us(i));
		assert_ptr_equal(out, rig->pictures[i]);
		access_unit_unref(out);
		assert_true(stats(rig).waiting <= MEDIA_SIGN_WAITING_MAX);
	}
	assert_int_equal(stats(rig).sections, PICTURES - 1);
	assert_int_equal(stats(rig).signed_sections, 0);
	assert_int_equal(stats(rig).unsigned_sections, PICTURES - 1 - MEDIA_SIGN_WAITING_MAX);
}

static void test_a_refused_section_stays_unsigned_and_the_next_are_signed(void **state)
{
	struct rig *rig = *state;

	rig->at_once = false;
	start(rig, 15);
	pass(rig, 0, 46);
	assert_int_equal(rig->asked_count, 3);
	media_sign_answer(rig->sign, rig->asked[1].section, NULL, 0);
	answer(rig, 0);
	answer(rig, 2);
	answer(rig, 1);	/* too late: it has been given up */
	pass(rig, 46, 50);
	assert_int_equal(stats(rig).unsigned_sections, 1);
	assert_int_equal(stats(rig).signed_sections, 2);
	assert_int_equal(stats(rig).waiting, 0);
	assert_verdict(rig, OK("1") "section 3 bad missing=15 changed=15 it follows section 1\n"
		       "pending 20\nsigner ok\n");
}

static void test_an_answer_too_long_or_for_no_section_signs_nothing(void **state)
{
	static const uint8_t junk[MEDIA_SEI_SIGNATURE_MAX + 1];
	struct rig *rig = *state;

	rig->at_once = false;
	start(rig, 15);
	pass(rig, 0, 20);
	media_sign_answer(rig->sign, 77, junk, 70);
	media_sign_answer(rig->sign, rig->asked[0].section, junk, sizeof junk);
	pass(rig, 20, 25);
	assert_int_equal(stats(rig).unsigned_sections, 1);
	assert_int_equal(stats(rig).signed_sections, 0);
}

/* --- pauses ------------------------------------------------------------------------------------------ */

static void test_the_counter_goes_on_after_a_pause_and_viewers_get_the_rest(void **state)
{
	struct rig *rig = *state;
	struct access_unit *rest;
	struct nal nal;
	size_t at = 0;

	start(rig, 15);
	pass(rig, 0, 20);
	media_sign_end(rig->sign, utc_us(20));
	rest = media_sign_rest(rig->sign);
	assert_non_null(rest);
	assert_true(nal_next(&nal, rest->bytes, rest->len_bytes, &at) && media_sei_is(&nal));
	assert_int_equal(at, rest->len_bytes);
	assert_int_equal(rest->ts_90k, rig->pictures[19]->ts_90k);
	assert_false(rest->keyframe);
	access_unit_unref(rest);
	assert_null(media_sign_rest(rig->sign));
	pass(rig, 30, PICTURES);
	assert_verdict(rig, OK("1") OK("2") OK("3") "pending 15\nsigner ok\n");
}

static void test_a_file_begun_after_a_pause_begins_with_pictures(void **state)
{
	struct rig *rig = *state;

	start(rig, 15);
	pass(rig, 0, 20);
	end(rig, 20);
	assert_verdict(rig, OK("1") OK("2") "pending 0\nsigner ok\n");
	rig->out_bytes = 0;
	pass(rig, 30, PICTURES);
	end(rig, PICTURES);
	assert_verdict(rig, "section 2 foreign missing=0 changed=0\n" OK("3") OK("4") "pending 0\nsigner ok\n");
}

static void test_a_signature_that_comes_during_a_pause_is_given_by_rest(void **state)
{
	struct rig *rig = *state;

	rig->at_once = false;
	start(rig, 15);
	pass(rig, 0, 20);
	media_sign_end(rig->sign, utc_us(20));
	assert_null(media_sign_rest(rig->sign));
	answer(rig, 1);
	assert_null(media_sign_rest(rig->sign));	/* the one before it is not there yet */
	assert_int_equal(stats(rig).waiting, 2);
	answer(rig, 0);
	keep(rig, media_sign_rest(rig->sign));
	assert_int_equal(stats(rig).waiting, 0);
	assert_verdict(rig, OK("1") OK("2") "pending 0\nsigner ok\n");
}

static void test_ending_twice_or_before_the_first_picture_is_no_section(void **state)
{
	struct rig *rig = *state;

	start(rig, 15);
	media_sign_end(rig->sign, utc_us(0));
	assert_null(media_sign_rest(rig->sign));
	pass(rig, 0, 3);
	media_sign_end(rig->sign, utc_us(3));
	media_sign_end(rig->sign, utc_us(3));
	assert_int_equal(stats(rig).sections, 1);
}

/* --- limits ------------------------------------------------------------------------------------------ */

static void test_a_section_is_ended_by_time_too(void **state)
{
	struct rig *rig = *state;
	struct media_sign_config config = config_of(rig, 500);

	config.section_ms = 400;	/* six pictures at 15 a second */
	assert_int_equal(media_sign_new(&rig->sign, &config, NULL), 0);
	pass(rig, 0, 15);
	assert_int_equal(stats(rig).sections, 2);
}

/* Copies of one P slice, as a picture of @slices. */
static struct access_unit *picture_of_slices(struct rig *rig, size_t slices)
{
	const struct access_unit *one = rig->pictures[1];
	struct nal nal;
	struct access_unit *au;
	size_t at = 0;

	do
		assert_true(nal_next(&nal, one->bytes, one->len_bytes, &at));
	while (!nal_is_slice(&nal));
	au = access_unit_new(slices * (nal.len_bytes + 4));
	for (size_t i = 0; i < slices; i++) {
		memcpy(au->bytes + i * (nal.len_bytes + 4), "\0\0\0\1", 4);
		memcpy(au->bytes + i * (nal.len_bytes + 4) + 4, nal.bytes, nal.len_bytes);
	}
	au->captured_ns = NS_PER_S;
	return au;
}

static void give_slices(struct rig *rig, size_t slices)
{
	struct access_unit *au = picture_of_slices(rig, slices);

	access_unit_unref(media_sign_pass(rig->sign, au, START_UTC_US));
	access_unit_unref(au);
}

static void test_a_section_ends_before_it_has_more_slices_than_can_be_listed(void **state)
{
	struct rig *rig = *state;

	start(rig, 500);
	pass(rig, 0, 1);
	give_slices(rig, 300);
	give_slices(rig, 299);
	assert_int_equal(stats(rig).sections, 0);
	give_slices(rig, 1);
	assert_int_equal(stats(rig).sections, 1);
	give_slices(rig, MEDIA_SEI_HASHES_MAX + 1);	/* more than any section can hold */
	give_slices(rig, 1);
	give_slices(rig, 1);
	assert_int_equal(stats(rig).sections, 3);
	assert_int_equal(stats(rig).unsigned_sections, 1);
	assert_int_equal(stats(rig).signed_sections, 2);
}

static void test_configuration_out_of_range_is_refused(void **state)
{
	struct rig *rig = *state;
	struct media_sign_config config = config_of(rig, 0);
	char text[300];

	assert_int_equal(media_sign_new(&rig->sign, &config, NULL), ERR_RANGE);
	config.section_frames = 501;
	assert_int_equal(media_sign_new(&rig->sign, &config, NULL), ERR_RANGE);
	config.section_frames = 15;
	config.chain_pem = "no certificate";
	assert_int_equal(media_sign_new(&rig->sign, &config, NULL), ERR_PROTO);
	config.chain_pem = rig->chain;
	memset(text, 'a', sizeof text);
	text[256] = '\0';
	config.serial = text;
	assert_int_equal(media_sign_new(&rig->sign, &config, NULL), ERR_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		TEST(test_a_section_for_each_idr_is_what_the_reference_signer_wrote),
		TEST(test_a_section_every_five_pictures_is_what_the_reference_signer_wrote),
		TEST(test_the_escape_before_the_signatures_tag_is_not_signed),
		TEST(test_every_section_is_authentic_to_another_reader),
		TEST(test_nothing_but_sei_is_added_and_none_holds_a_start_code),
		TEST(test_a_changed_bit_is_found_in_its_section),
		TEST(test_a_missing_picture_is_found_in_its_section),
		TEST(test_a_bit_changed_in_any_byte_of_an_sei_spoils_its_signature),
		TEST(test_signatures_may_come_late_and_out_of_order),
		TEST(test_without_a_signer_the_stream_goes_on_as_it_was),
		TEST(test_a_refused_section_stays_unsigned_and_the_next_are_signed),
		TEST(test_an_answer_too_long_or_for_no_section_signs_nothing),
		TEST(test_the_counter_goes_on_after_a_pause_and_viewers_get_the_rest),
		TEST(test_a_file_begun_after_a_pause_begins_with_pictures),
		TEST(test_a_signature_that_comes_during_a_pause_is_given_by_rest),
		TEST(test_ending_twice_or_before_the_first_picture_is_no_section),
		TEST(test_a_section_is_ended_by_time_too),
		TEST(test_a_section_ends_before_it_has_more_slices_than_can_be_listed),
		TEST(test_configuration_out_of_range_is_refused),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
