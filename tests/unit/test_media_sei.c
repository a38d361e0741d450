/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the signer writes, byte for byte beside what the reference signer wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/evidence/media_sei.h"
#include "tests/unit/media_reader.h"
#include "tests/unit/media_rig.h"

#define PICTURES MEDIA_RIG_PICTURES

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

static void take_their_chain(struct media_rig *rig, const uint8_t *bytes, size_t len_bytes)
{
	static struct reader_sei sei;
	struct nal nal;
	size_t at = 0;

	assert_true(media_rig_next_sei(bytes, len_bytes, &at, &nal));
	reader_take(&sei, nal.bytes, nal.len_bytes);
	free(rig->chain);
	rig->chain = strndup((const char *)sei.tags[6].bytes + 2, sei.tags[6].len_bytes - 2);
}

/* Every NAL unit is the same and in the same place; of SEI what is signed is the same. */
static void assert_same_stream(struct media_rig *rig, const uint8_t *bytes, size_t len_bytes, size_t sections)
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

static void assert_signs_like(struct media_rig *rig, const char *name, uint32_t section_frames, size_t sections)
{
	size_t len_bytes;
	CLEANUP(util_freep) uint8_t *bytes = media_rig_vector(name, &len_bytes);

	take_their_chain(rig, bytes, len_bytes);
	media_rig_start(rig, section_frames);
	media_rig_pass(rig, 0, PICTURES);
	media_rig_end(rig, PICTURES);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, media_rig_set_up, media_rig_tear_down)
		TEST(test_a_section_for_each_idr_is_what_the_reference_signer_wrote),
		TEST(test_a_section_every_five_pictures_is_what_the_reference_signer_wrote),
		TEST(test_the_escape_before_the_signatures_tag_is_not_signed),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
