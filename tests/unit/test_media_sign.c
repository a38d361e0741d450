/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "station/evidence/media_sei.h"
#include "tests/unit/media_reader.h"
#include "tests/unit/media_rig.h"

#define PICTURES MEDIA_RIG_PICTURES
#define START_UTC_US media_rig_utc_us(0)

/* --- what a reader makes of it ---------------------------------------------------------------------- */

static void test_every_section_is_authentic_to_another_reader(void **state)
{
	struct media_rig *rig = *state;

	media_rig_start(rig, 15);
	media_rig_pass(rig, 0, PICTURES);
	media_rig_end(rig, PICTURES);
	media_rig_assert_verdict(rig, MEDIA_FOUR_OK "pending 0\nsigner ok\n");
	assert_int_equal(media_rig_stats(rig).signed_sections, 4);
	assert_int_equal(media_rig_stats(rig).unsigned_sections, 0);
}

static void test_nothing_but_sei_is_added_and_none_holds_a_start_code(void **state)
{
	struct media_rig *rig = *state;
	struct nal out, in;
	size_t out_at = 0, picture = 0, in_at = 0;

	media_rig_start(rig, 4);
	media_rig_pass(rig, 0, PICTURES);
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
static struct nal slice_of(struct media_rig *rig, size_t number)
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
	struct media_rig *rig = *state;
	struct nal nal;

	media_rig_start(rig, 15);
	media_rig_pass(rig, 0, PICTURES);
	media_rig_end(rig, PICTURES);
	nal = slice_of(rig, 20);
	((uint8_t *)nal.bytes)[nal.len_bytes - 3] ^= 0x10;
	media_rig_assert_verdict(rig, MEDIA_OK("1") "section 2 bad missing=1 changed=1\n" MEDIA_OK("3") MEDIA_OK("4")
		       "pending 0\nsigner ok\n");
}

static void test_a_missing_picture_is_found_in_its_section(void **state)
{
	struct media_rig *rig = *state;
	struct nal nal;
	size_t at;

	media_rig_start(rig, 15);
	media_rig_pass(rig, 0, PICTURES);
	media_rig_end(rig, PICTURES);
	nal = slice_of(rig, 20);
	at = (size_t)(nal.bytes - rig->out) - 4;
	rig->out_bytes -= nal.len_bytes + 4;
	memmove(rig->out + at, rig->out + at + nal.len_bytes + 4, rig->out_bytes - at);
	media_rig_assert_verdict(rig, MEDIA_OK("1") "section 2 missing missing=1 changed=0\n" MEDIA_OK("3") MEDIA_OK("4")
		       "pending 0\nsigner ok\n");
}

static void test_a_bit_changed_in_any_byte_of_an_sei_spoils_its_signature(void **state)
{
	static struct reader_sei sei, changed;
	struct media_rig *rig = *state;
	struct nal nal;
	uint8_t copy[8192];
	size_t at = 0;

	media_rig_start(rig, 15);
	media_rig_pass(rig, 0, 40);
	assert_true(media_rig_next_sei(rig->out, rig->out_bytes, &at, &nal));
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
	struct media_rig *rig = *state;

	rig->at_once = false;
	media_rig_start(rig, 8);
	media_rig_pass(rig, 0, 54);
	assert_int_equal(media_rig_stats(rig).waiting, 7);
	assert_int_equal(rig->asked_count, 7);
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		media_rig_answer(rig, order[i]);
	media_rig_pass(rig, 54, 55);
	media_rig_answer(rig, 6);
	media_rig_pass(rig, 55, PICTURES);
	assert_int_equal(media_rig_stats(rig).waiting, 0);
	assert_int_equal(media_rig_stats(rig).signed_sections, 7);
	media_rig_assert_verdict(rig, MEDIA_FOUR_OK MEDIA_OK("5") MEDIA_OK("6") MEDIA_OK("7") "pending 7\nsigner ok\n");
}

static void test_without_a_signer_the_stream_goes_on_as_it_was(void **state)
{
	struct media_rig *rig = *state;
	struct access_unit *out;

	rig->at_once = false;
	media_rig_start(rig, 1);
	for (size_t i = 0; i < PICTURES; i++) {
		out = media_sign_pass(rig->sign, rig->pictures[i], media_rig_utc_us(i));
		assert_ptr_equal(out, rig->pictures[i]);
		access_unit_unref(out);
		assert_true(media_rig_stats(rig).waiting <= MEDIA_SIGN_WAITING_MAX);
	}
	assert_int_equal(media_rig_stats(rig).sections, PICTURES - 1);
	assert_int_equal(media_rig_stats(rig).signed_sections, 0);
	assert_int_equal(media_rig_stats(rig).unsigned_sections, PICTURES - 1 - MEDIA_SIGN_WAITING_MAX);
}

static void test_a_refused_section_stays_unsigned_and_the_next_are_signed(void **state)
{
	struct media_rig *rig = *state;

	rig->at_once = false;
	media_rig_start(rig, 15);
	media_rig_pass(rig, 0, 46);
	assert_int_equal(rig->asked_count, 3);
	media_sign_answer(rig->sign, rig->asked[1].section, NULL, 0);
	media_rig_answer(rig, 0);
	media_rig_answer(rig, 2);
	media_rig_answer(rig, 1);	/* too late: it has been given up */
	media_rig_pass(rig, 46, 50);
	assert_int_equal(media_rig_stats(rig).unsigned_sections, 1);
	assert_int_equal(media_rig_stats(rig).signed_sections, 2);
	assert_int_equal(media_rig_stats(rig).waiting, 0);
	media_rig_assert_verdict(rig, MEDIA_OK("1") "section 3 bad missing=15 changed=15 it follows section 1\n"
		       "pending 20\nsigner ok\n");
}

static void test_an_answer_too_long_or_for_no_section_signs_nothing(void **state)
{
	static const uint8_t junk[MEDIA_SEI_SIGNATURE_MAX + 1];
	struct media_rig *rig = *state;

	rig->at_once = false;
	media_rig_start(rig, 15);
	media_rig_pass(rig, 0, 20);
	media_sign_answer(rig->sign, 77, junk, 70);
	media_sign_answer(rig->sign, rig->asked[0].section, junk, sizeof junk);
	media_rig_pass(rig, 20, 25);
	assert_int_equal(media_rig_stats(rig).unsigned_sections, 1);
	assert_int_equal(media_rig_stats(rig).signed_sections, 0);
}

/* --- pauses ------------------------------------------------------------------------------------------ */

static void test_the_counter_goes_on_after_a_pause_and_viewers_get_the_rest(void **state)
{
	struct media_rig *rig = *state;
	struct access_unit *rest;
	struct nal nal;
	size_t at = 0;

	media_rig_start(rig, 15);
	media_rig_pass(rig, 0, 20);
	media_sign_end(rig->sign, media_rig_utc_us(20));
	rest = media_sign_rest(rig->sign);
	assert_non_null(rest);
	assert_true(nal_next(&nal, rest->bytes, rest->len_bytes, &at) && media_sei_is(&nal));
	assert_int_equal(at, rest->len_bytes);
	assert_int_equal(rest->ts_90k, rig->pictures[19]->ts_90k);
	assert_false(rest->keyframe);
	access_unit_unref(rest);
	assert_null(media_sign_rest(rig->sign));
	media_rig_pass(rig, 30, PICTURES);
	media_rig_assert_verdict(rig, MEDIA_OK("1") MEDIA_OK("2") MEDIA_OK("3") "pending 15\nsigner ok\n");
}

static void test_a_file_begun_after_a_pause_begins_with_pictures(void **state)
{
	struct media_rig *rig = *state;

	media_rig_start(rig, 15);
	media_rig_pass(rig, 0, 20);
	media_rig_end(rig, 20);
	media_rig_assert_verdict(rig, MEDIA_OK("1") MEDIA_OK("2") "pending 0\nsigner ok\n");
	rig->out_bytes = 0;
	media_rig_pass(rig, 30, PICTURES);
	media_rig_end(rig, PICTURES);
	media_rig_assert_verdict(rig, "section 2 foreign missing=0 changed=0\n" MEDIA_OK("3") MEDIA_OK("4") "pending 0\nsigner ok\n");
}

static void test_a_signature_that_comes_during_a_pause_is_given_by_rest(void **state)
{
	struct media_rig *rig = *state;

	rig->at_once = false;
	media_rig_start(rig, 15);
	media_rig_pass(rig, 0, 20);
	media_sign_end(rig->sign, media_rig_utc_us(20));
	assert_null(media_sign_rest(rig->sign));
	media_rig_answer(rig, 1);
	assert_null(media_sign_rest(rig->sign));	/* the one before it is not there yet */
	assert_int_equal(media_rig_stats(rig).waiting, 2);
	media_rig_answer(rig, 0);
	media_rig_keep(rig, media_sign_rest(rig->sign));
	assert_int_equal(media_rig_stats(rig).waiting, 0);
	media_rig_assert_verdict(rig, MEDIA_OK("1") MEDIA_OK("2") "pending 0\nsigner ok\n");
}

static void test_ending_twice_or_before_the_first_picture_is_no_section(void **state)
{
	struct media_rig *rig = *state;

	media_rig_start(rig, 15);
	media_sign_end(rig->sign, media_rig_utc_us(0));
	assert_null(media_sign_rest(rig->sign));
	media_rig_pass(rig, 0, 3);
	media_sign_end(rig->sign, media_rig_utc_us(3));
	media_sign_end(rig->sign, media_rig_utc_us(3));
	assert_int_equal(media_rig_stats(rig).sections, 1);
}

/* --- limits ------------------------------------------------------------------------------------------ */

static void test_a_section_is_ended_by_time_too(void **state)
{
	struct media_rig *rig = *state;
	struct media_sign_config config = media_rig_config(rig, 500);

	config.section_ms = 400;	/* six pictures at 15 a second */
	assert_int_equal(media_sign_new(&rig->sign, &config, NULL), 0);
	media_rig_pass(rig, 0, 15);
	assert_int_equal(media_rig_stats(rig).sections, 2);
}

/* Copies of one P slice, as a picture of @slices. */
static struct access_unit *picture_of_slices(struct media_rig *rig, size_t slices)
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

static void give_slices(struct media_rig *rig, size_t slices)
{
	struct access_unit *au = picture_of_slices(rig, slices);

	access_unit_unref(media_sign_pass(rig->sign, au, START_UTC_US));
	access_unit_unref(au);
}

static void test_a_section_ends_before_it_has_more_slices_than_can_be_listed(void **state)
{
	struct media_rig *rig = *state;

	media_rig_start(rig, 500);
	media_rig_pass(rig, 0, 1);
	give_slices(rig, 300);
	give_slices(rig, 299);
	assert_int_equal(media_rig_stats(rig).sections, 0);
	give_slices(rig, 1);
	assert_int_equal(media_rig_stats(rig).sections, 1);
	give_slices(rig, MEDIA_SEI_HASHES_MAX + 1);	/* more than any section can hold */
	give_slices(rig, 1);
	give_slices(rig, 1);
	assert_int_equal(media_rig_stats(rig).sections, 3);
	assert_int_equal(media_rig_stats(rig).unsigned_sections, 1);
	assert_int_equal(media_rig_stats(rig).signed_sections, 2);
}

static void test_configuration_out_of_range_is_refused(void **state)
{
	struct media_rig *rig = *state;
	struct media_sign_config config = media_rig_config(rig, 0);
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
#define TEST(test) cmocka_unit_test_setup_teardown(test, media_rig_set_up, media_rig_tear_down)
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
