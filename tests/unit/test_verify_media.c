/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ostend-verify on recordings: the published vectors, and each thing that can be done to a signed stream.
 *
 * The stream of the vectors has 60 pictures of one slice, an IDR every 15, and a signature after each GOP; its
 * units are AUD, SPS, PPS, SEI and slices. A test takes it apart, changes the list of units, and checks it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/mapped.h"
#include "verify/media_report.h"

#define UNITS_MAX 400

struct unit {
	uint8_t bytes[8192];
	size_t len_bytes;
};

struct stream {
	struct unit units[UNITS_MAX];
	size_t count;
};

static X509 *root;
static struct stream stream;

static struct mapped read_vector(const char *name)
{
	const char *srcdir = getenv("srcdir");
	struct mapped file = { NULL, 0 };
	char path[4096];
	struct err err;

	snprintf(path, sizeof path, "%s/tests/vectors/media-signing/%s", srcdir ? srcdir : ".",
		 name);
	if (mapped_open(&file, AT_FDCWD, path, &err) < 0)
		fail_msg("%s: %s", path, err.text);
	return file;
}

static int set_up(void **state)
{
	CLEANUP(mapped_close) struct mapped file = read_vector("ca.pem");
	struct chain chain;

	(void)state;
	assert_int_equal(chain_read(&chain, (const char *)file.bytes, file.len_bytes, NULL), 0);
	root = chain.certificates[0];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	X509_free(root);
	return 0;
}

static void check_bytes(struct media_file *media, const uint8_t *bytes, size_t len_bytes, X509 *by)
{
	struct err err;

	if (media_file_check(media, bytes, len_bytes, by, &err) < 0)
		fail_msg("%s", err.text);
}

static void check_vector(struct media_file *media, const char *name)
{
	CLEANUP(mapped_close) struct mapped file = read_vector(name);

	check_bytes(media, file.bytes, file.len_bytes, root);
}

/* --- the stream as units --------------------------------------------------------------------------- */

static void take_apart(const char *name)
{
	CLEANUP(mapped_close) struct mapped file = read_vector(name);
	struct h264_reader reader = { file.bytes, file.bytes + file.len_bytes, 0, false };
	struct nal nal;

	for (stream.count = 0; h264_next(&reader, &nal); stream.count++) {
		assert_true(stream.count < UNITS_MAX &&
			    nal.len_bytes <= sizeof stream.units[0].bytes);
		memcpy(stream.units[stream.count].bytes, nal.bytes, nal.len_bytes);
		stream.units[stream.count].len_bytes = nal.len_bytes;
	}
}

static struct nal unit_nal(size_t at)
{
	return (struct nal){ stream.units[at].bytes, stream.units[at].len_bytes };
}

static bool is_slice(size_t at)
{
	struct nal nal = unit_nal(at);

	return nal_type(&nal) == NAL_TYPE_SLICE || nal_type(&nal) == NAL_TYPE_IDR;
}

static bool is_signature(size_t at)
{
	struct nal nal = unit_nal(at);

	return nal_type(&nal) == NAL_TYPE_SEI && signed_sei_is(&nal);
}

/* The place of the @number-th picture or signature, counted from 1. */
static size_t find(bool (*is)(size_t at), unsigned number)
{
	for (size_t at = 0; at < stream.count; at++)
		if (is(at) && --number == 0)
			return at;
	fail_msg("there is no such unit");
	return 0;
}

static void take_out(size_t from, size_t count)
{
	memmove(&stream.units[from], &stream.units[from + count],
		(stream.count - from - count) * sizeof stream.units[0]);
	stream.count -= count;
}

static void put_in(size_t at, const struct unit *unit)
{
	struct unit copy = *unit;

	memmove(&stream.units[at + 1], &stream.units[at],
		(stream.count - at) * sizeof stream.units[0]);
	stream.units[at] = copy;
	stream.count++;
}

static void swap_units(size_t a, size_t b)
{
	struct unit other = stream.units[a];

	stream.units[a] = stream.units[b];
	stream.units[b] = other;
}

/* Not in the last byte, which has the stop bit. */
static void flip_in(size_t at)
{
	stream.units[at].bytes[stream.units[at].len_bytes - 3] ^= 0x10;
}

static void check_stream(struct media_file *media, X509 *by)
{
	size_t len = 0;
	uint8_t *bytes = malloc(stream.count * (sizeof stream.units[0].bytes + 4));

	assert_non_null(bytes);
	for (size_t i = 0; i < stream.count; i++) {
		memcpy(bytes + len, "\0\0\0\1", 4);
		memcpy(bytes + len + 4, stream.units[i].bytes, stream.units[i].len_bytes);
		len += 4 + stream.units[i].len_bytes;
	}
	check_bytes(media, bytes, len, by);
	free(bytes);
}

struct expected {
	size_t authentic, changed, unsigned_count, pending;
	uint32_t missing;
	enum media_status worst;
};

static void expect(const struct media_file *media, struct expected expected)
{
	const struct media_result *result = media->result;

	assert_int_equal(result->authentic, expected.authentic);
	assert_int_equal(result->changed, expected.changed);
	assert_int_equal(result->unsigned_count, expected.unsigned_count);
	assert_int_equal(result->pending, expected.pending);
	assert_int_equal(result->missing, expected.missing);
	assert_int_equal(result->worst, expected.worst);
}

static void expect_stream(struct expected expected)
{
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };

	check_stream(&media, root);
	expect(&media, expected);
	assert_false(media_file_good(&media));
}

/* --- the vectors ----------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	struct expected expected;
	size_t sections;
	bool good;
} vectors[] = {
	{ "signed-gop.h264", { 60, 0, 0, 0, 0, MEDIA_OK }, 4, true },
	{ "signed-partial-5.h264", { 60, 0, 0, 0, 0, MEDIA_OK }, 12, true },
	{ "signed-gop-trimmed.h264", { 45, 0, 0, 0, 0, MEDIA_NOT_FEASIBLE }, 4, true },
	{ "signed-gop-tampered.h264", { 59, 1, 0, 0, 0, MEDIA_NOT_OK }, 4, false },
	{ "signed-gop-frame-dropped.h264", { 59, 0, 0, 0, 1, MEDIA_MISSING }, 4, false },
	{ "unsigned.h264", { 0, 0, 60, 0, 0, MEDIA_OK }, 0, false },
	{ "fragmented.mp4", { 60, 0, 0, 0, 0, MEDIA_OK }, 4, true },
	{ "plain.mp4", { 60, 0, 0, 0, 0, MEDIA_OK }, 4, true },
};

static void test_published_vectors_give_the_published_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		CLEANUP(media_file_clear) struct media_file media = { .check = NULL };

		check_vector(&media, vectors[i].name);
		print_message("%s\n", vectors[i].name);
		expect(&media, vectors[i].expected);
		assert_int_equal(media.result->section_count, vectors[i].sections);
		assert_int_equal(media_file_good(&media), vectors[i].good);
	}
}

static void test_the_tampered_and_the_dropped_picture_are_named(void **state)
{
	CLEANUP(media_file_clear) struct media_file tampered = { .check = NULL };
	CLEANUP(media_file_clear) struct media_file dropped = { .check = NULL };
	struct stretch stretch = { .end = 0 };

	(void)state;
	check_vector(&tampered, "signed-gop-tampered.h264");
	assert_int_equal(tampered.result->pictures[20].status, PICTURE_CHANGED);
	assert_int_equal(tampered.result->sections[1].status, MEDIA_NOT_OK);
	assert_int_equal(tampered.result->sections[2].status, MEDIA_OK);
	assert_true(stretch_next(&stretch, tampered.result));
	assert_int_equal(stretch.kind, STRETCH_AUTHENTIC);
	assert_true(stretch_next(&stretch, tampered.result));	/* up to the next keyframe, the 31st picture */
	assert_int_equal(stretch.culprit, 20);
	assert_int_equal(stretch.kind, STRETCH_CHANGED);
	assert_int_equal(stretch.end, 30);
	assert_int_equal(stretch.culprits, 1);
	assert_int_equal(stretch.from_us, 1333333);
	assert_int_equal(stretch.to_us, 2000000);
	check_vector(&dropped, "signed-gop-frame-dropped.h264");
	assert_int_equal(dropped.result->sections[1].status, MEDIA_MISSING);
	assert_int_equal(dropped.result->sections[1].missing, 1);
	assert_int_equal(dropped.result->pictures[20].missing_before, 1);
}

static void test_who_signed_is_judged_at_the_claimed_time_and_told(void **state)
{
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };

	(void)state;	/* the vectors claim January, their certificate begins in March */
	check_vector(&media, "signed-gop.h264");
	assert_int_equal(media.result->provenance, PROVENANCE_OTHER_TIME);
	assert_string_equal(media.result->provenance_why, "certificate is not yet valid");
}

/* --- what can be done to a stream ------------------------------------------------------------------ */

static void test_a_lost_p_picture_is_missing_and_nothing_else_is(void **state)
{
	(void)state;
	for (unsigned number = 2; number <= 60; number++) {
		if (number % 15 == 1)
			continue;
		take_apart("signed-gop.h264");
		take_out(find(is_slice, number), 1);
		expect_stream((struct expected){ 59, 0, 0, 0, 1, MEDIA_MISSING });
	}
}

static void test_a_lost_picture_of_a_partial_section_is_missing_and_nothing_else_is(void **state)
{
	(void)state;
	for (unsigned number = 2; number <= 60; number++) {
		if (number % 15 == 1)
			continue;
		take_apart("signed-partial-5.h264");
		take_out(find(is_slice, number), 1);
		expect_stream((struct expected){ 59, 0, 0, 0, 1, MEDIA_MISSING });
	}
}

static void test_a_changed_p_picture_is_changed_and_nothing_else_is(void **state)
{
	static const char *const names[] = { "signed-gop.h264", "signed-partial-5.h264" };

	(void)state;
	for (unsigned number = 2; number <= 60; number++) {
		for (size_t i = 0; i < ARRAY_LEN(names) && number % 15 != 1; i++) {
			take_apart(names[i]);
			flip_in(find(is_slice, number));
			expect_stream((struct expected){ 59, 1, 0, 0, 0, MEDIA_NOT_OK });
		}
	}
}

static void test_a_changed_or_lost_idr_picture_spoils_its_whole_gop(void **state)
{
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };

	(void)state;
	take_apart("signed-gop.h264");
	flip_in(find(is_slice, 16));
	check_stream(&media, root);
	assert_int_equal(media.result->worst, MEDIA_NOT_OK);
	for (size_t i = 0; i < 60; i++)
		assert_int_equal(media.result->pictures[i].status == PICTURE_OK, i < 15 || i >= 30);
	media_file_clear(&media);
	take_apart("signed-gop.h264");
	take_out(find(is_slice, 16), 1);
	check_stream(&media, root);
	assert_int_equal(media.result->authentic, 45);
	assert_false(media_file_good(&media));
}

static void test_a_repeated_or_swapped_picture_is_changed(void **state)
{
	size_t at;

	(void)state;
	take_apart("signed-gop.h264");
	at = find(is_slice, 20);
	put_in(at + 1, &stream.units[at]);
	expect_stream((struct expected){ 60, 1, 0, 0, 0, MEDIA_NOT_OK });
	take_apart("signed-gop.h264");
	swap_units(find(is_slice, 20), find(is_slice, 21));
	expect_stream((struct expected){ 59, 1, 0, 0, 1, MEDIA_NOT_OK });
}

static void test_a_picture_put_in_is_changed(void **state)
{
	struct unit foreign;

	(void)state;
	take_apart("signed-partial-5.h264");
	foreign = stream.units[find(is_slice, 48)];
	put_in(find(is_slice, 20), &foreign);
	expect_stream((struct expected){ 60, 1, 0, 0, 0, MEDIA_NOT_OK });
}

static void test_a_signature_changed_in_any_byte_signs_nothing(void **state)
{
	size_t at, len;

	(void)state;
	take_apart("signed-gop.h264");
	at = find(is_signature, 2);
	len = stream.units[at].len_bytes;
	for (size_t byte = 0; byte < len; byte += 7) {
		CLEANUP(media_file_clear) struct media_file media = { .check = NULL };

		take_apart("signed-gop.h264");
		stream.units[at].bytes[byte] ^= 1;
		check_stream(&media, root);
		assert_false(media_file_good(&media));
		for (size_t i = 15; i < 30; i++)
			assert_int_not_equal(media.result->pictures[i].status, PICTURE_OK);
	}
}

static void test_the_last_byte_of_a_signature_counts_too(void **state)
{
	static const char *const names[] = { "signed-gop.h264", "signed-partial-5.h264" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		for (unsigned number = 1; number <= 4; number++)
			for (unsigned bit = 0; bit < 8; bit++) {
				CLEANUP(media_file_clear)
				struct media_file media = { .check = NULL };
				struct unit *unit;

				take_apart(names[i]);
				unit = &stream.units[find(is_signature, number)];
				unit->bytes[unit->len_bytes - 1] ^= (uint8_t)(1u << bit);
				check_stream(&media, root);
				assert_false(media_file_good(&media));
			}
}

static void test_a_lost_signature_leaves_its_pictures_unsigned(void **state)
{
	(void)state;
	for (unsigned number = 1; number <= 3; number++) {
		take_apart("signed-gop.h264");
		take_out(find(is_signature, number), 1);
		expect_stream((struct expected){ 45, 0, 15, 0, 0, MEDIA_NOT_OK });
	}
	take_apart("signed-gop.h264");	/* the last one: nobody knows whether it was there */
	take_out(find(is_signature, 4), 1);
	expect_stream((struct expected){ 45, 0, 0, 15, 0, MEDIA_OK });
}

static void test_a_gop_cut_out_of_the_middle_breaks_the_join(void **state)
{
	size_t from, to;

	(void)state;
	take_apart("signed-gop.h264");
	from = find(is_slice, 16) - 3;		/* its AUD, SPS and PPS go with it */
	to = find(is_slice, 31) - 3;
	take_out(from, to - from);
	expect_stream((struct expected){ 30, 0, 15, 0, 0, MEDIA_NOT_OK });
}

static void test_a_tail_cut_off_is_pending(void **state)
{
	(void)state;
	take_apart("signed-gop.h264");
	stream.count = find(is_slice, 52);
	expect_stream((struct expected){ 45, 0, 0, 6, 0, MEDIA_OK });
}

static void test_signatures_in_another_order_or_twice_are_refused(void **state)
{
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };
	size_t at;

	(void)state;
	take_apart("signed-gop.h264");
	swap_units(find(is_signature, 2), find(is_signature, 3));
	check_stream(&media, root);
	assert_false(media_file_good(&media));
	media_file_clear(&media);
	take_apart("signed-gop.h264");
	at = find(is_signature, 2);
	put_in(at + 1, &stream.units[at]);
	check_stream(&media, root);
	assert_int_equal(media.result->worst, MEDIA_NOT_OK);
	assert_int_equal(media.result->authentic, 60);
}

static void test_a_signature_may_come_late_but_not_before_its_pictures(void **state)
{
	CLEANUP(media_file_clear) struct media_file late = { .check = NULL };
	CLEANUP(media_file_clear) struct media_file early = { .check = NULL };
	struct unit moved;
	size_t at;

	(void)state;
	take_apart("signed-gop.h264");
	at = find(is_signature, 1);
	moved = stream.units[at];
	take_out(at, 1);
	put_in(find(is_slice, 29), &moved);
	check_stream(&late, root);
	assert_true(media_file_good(&late));
	take_apart("signed-gop.h264");
	at = find(is_signature, 2);
	moved = stream.units[at];
	take_out(at, 1);
	put_in(find(is_slice, 20), &moved);
	check_stream(&early, root);
	assert_false(media_file_good(&early));
}

static void test_a_stream_appended_to_itself_is_refused(void **state)
{
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };
	size_t count;

	(void)state;
	take_apart("signed-gop.h264");
	count = MIN(stream.count, UNITS_MAX / 2);
	memcpy(&stream.units[count], &stream.units[0], count * sizeof stream.units[0]);
	stream.count = 2 * count;
	check_stream(&media, root);
	assert_int_equal(media.result->worst, MEDIA_NOT_OK);
	assert_false(media_file_good(&media));
}

static void test_a_file_that_begins_in_mid_gop_is_proved_from_the_next_keyframe_on(void **state)
{
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };

	(void)state;
	take_apart("signed-gop.h264");
	take_out(2, find(is_slice, 5) - 2);	/* SPS stays: without one it is no stream */
	check_stream(&media, root);
	assert_int_equal(media.result->picture_count, 56);
	assert_int_equal(media.result->authentic, 45);
	assert_int_equal(media.result->unsigned_count, 11);
	assert_false(media_file_good(&media));
}

static void test_pictures_that_no_signature_covers_are_refused(void **state)
{
	CLEANUP(media_file_clear) struct media_file layer = { .check = NULL };
	CLEANUP(media_file_clear) struct media_file parameters = { .check = NULL };
	struct unit unit;

	(void)state;
	take_apart("signed-gop.h264");
	unit = stream.units[find(is_slice, 20)];
	unit.bytes[0] = 0x74;		/* type 20: a slice of a scalable layer */
	put_in(find(is_slice, 20), &unit);
	check_stream(&layer, root);
	assert_false(media_file_good(&layer));
	take_apart("signed-gop.h264");
	stream.units[find(is_slice, 31) - 2].bytes[5] ^= 1;	/* an SPS */
	check_stream(&parameters, root);
	assert_int_equal(parameters.result->authentic, 60);
	assert_true(parameters.result->parameters_changed);
	assert_false(media_file_good(&parameters));
}

static void test_without_a_root_nothing_is_good(void **state)
{
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };

	(void)state;
	take_apart("signed-gop.h264");
	check_stream(&media, NULL);
	assert_int_equal(media.result->authentic, 60);
	assert_int_equal(media.result->provenance, PROVENANCE_NONE);
	assert_false(media_file_good(&media));
}

static void test_a_root_of_the_same_name_with_another_key_is_refused(void **state)
{
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *other = X509_dup(root);

	(void)state;
	assert_true(key && other && X509_set_pubkey(other, key) &&
		    X509_sign(other, key, EVP_sha256()) > 0);
	take_apart("signed-gop.h264");
	check_stream(&media, other);
	assert_int_equal(media.result->authentic, 60);
	assert_int_equal(media.result->provenance, PROVENANCE_BAD);
	assert_false(media_file_good(&media));
	X509_free(other);
	EVP_PKEY_free(key);
}

/* --- our own signer, whose pictures have two slices each --------------------------------------------- */

/* --- MP4 ------------------------------------------------------------------------------------------- */

static void test_every_cut_of_an_mp4_is_noticed(void **state)
{
	static const char *const names[] = { "fragmented.mp4", "plain.mp4" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(mapped_close) struct mapped file = read_vector(names[i]);

		for (size_t len = 0; len < file.len_bytes; len += len < 1500 ? 1 : 499) {
			CLEANUP(media_file_clear) struct media_file media = { .check = NULL };

			if (media_file_check(&media, file.bytes, len, root, NULL) == 0)
				assert_false(media_file_good(&media));
		}
	}
}

static void test_a_second_track_of_pictures_is_refused(void **state)
{
	CLEANUP(mapped_close) struct mapped file = read_vector("fragmented.mp4");
	uint8_t *bytes = malloc(file.len_bytes);
	uint8_t *handler;
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };
	struct err err;

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes, file.bytes, file.len_bytes);
	handler = memmem(bytes, file.len_bytes, "vide", 4);
	assert_non_null(handler);
	memcpy(handler, "soun", 4);	/* none, too, is not one */
	assert_int_equal(media_file_check(&media, bytes, file.len_bytes, root, &err),
			 ERR_UNSUPPORTED);
	free(bytes);
}

static void test_a_file_shown_at_another_pace_is_noticed(void **state)
{
	CLEANUP(mapped_close) struct mapped file = read_vector("plain.mp4");
	uint8_t *bytes = malloc(file.len_bytes), *box;
	CLEANUP(media_file_clear) struct media_file media = { .check = NULL };

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes, file.bytes, file.len_bytes);
	box = memmem(bytes, file.len_bytes, "mdhd", 4);	/* ticks for each second: half as many, so half the pace */
	assert_non_null(box);
	box += 4 + 4 + 8;
	for (uint32_t ticks = ((uint32_t)box[0] << 24 | (uint32_t)box[1] << 16 |
			       (uint32_t)box[2] << 8 | box[3]) /
			      2,
		      i = 0;
	     i < 4; i++)
		box[i] = (uint8_t)(ticks >> (24 - 8 * i));
	check_bytes(&media, bytes, file.len_bytes, root);
	assert_int_equal(media.result->authentic, 60);
	assert_true(media.clock_off_us != 0);
	assert_false(media_file_good(&media));
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_vectors_give_the_published_answers),
		cmocka_unit_test(test_the_tampered_and_the_dropped_picture_are_named),
		cmocka_unit_test(test_who_signed_is_judged_at_the_claimed_time_and_told),
		cmocka_unit_test(test_a_lost_p_picture_is_missing_and_nothing_else_is),
		cmocka_unit_test(
			test_a_lost_picture_of_a_partial_section_is_missing_and_nothing_else_is),
		cmocka_unit_test(test_a_changed_p_picture_is_changed_and_nothing_else_is),
		cmocka_unit_test(test_a_changed_or_lost_idr_picture_spoils_its_whole_gop),
		cmocka_unit_test(test_a_repeated_or_swapped_picture_is_changed),
		cmocka_unit_test(test_a_picture_put_in_is_changed),
		cmocka_unit_test(test_a_signature_changed_in_any_byte_signs_nothing),
		cmocka_unit_test(test_the_last_byte_of_a_signature_counts_too),
		cmocka_unit_test(test_a_lost_signature_leaves_its_pictures_unsigned),
		cmocka_unit_test(test_a_gop_cut_out_of_the_middle_breaks_the_join),
		cmocka_unit_test(test_a_tail_cut_off_is_pending),
		cmocka_unit_test(test_signatures_in_another_order_or_twice_are_refused),
		cmocka_unit_test(test_a_signature_may_come_late_but_not_before_its_pictures),
		cmocka_unit_test(test_a_stream_appended_to_itself_is_refused),
		cmocka_unit_test(
			test_a_file_that_begins_in_mid_gop_is_proved_from_the_next_keyframe_on),
		cmocka_unit_test(test_pictures_that_no_signature_covers_are_refused),
		cmocka_unit_test(test_without_a_root_nothing_is_good),
		cmocka_unit_test(test_a_root_of_the_same_name_with_another_key_is_refused),
		cmocka_unit_test(test_every_cut_of_an_mp4_is_noticed),
		cmocka_unit_test(test_a_second_track_of_pictures_is_refused),
		cmocka_unit_test(test_a_file_shown_at_another_pace_is_noticed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
