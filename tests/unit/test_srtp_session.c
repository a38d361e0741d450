/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station/stream/srtp_session.h"

#define VIDEO 0x11111111u
#define RTX 0x22222222u

static const struct dtls_keys all_keys[] = {
	{ DTLS_SRTP_AEAD_AES_128_GCM, 16, 12, "client key 16 by", "server key 16 by", "client salt1", "server salt1" },
	{ DTLS_SRTP_AEAD_AES_256_GCM, 32, 12, "client key of thirty-two bytes..", "server key of thirty-two bytes..",
	  "client salt1", "server salt1" },
	{ DTLS_SRTP_AES128_CM_SHA1_80, 16, 14, "client key 16 by", "server key 16 by", "client salt14.", "server salt14." },
};

/* The far end is the same thing with the keys changed over. */
static void open_both(struct srtp_session **near, struct srtp_session **far, const struct dtls_keys *keys,
		      uint32_t far_ssrc)
{
	struct dtls_keys swapped = *keys;
	struct err err;

	memcpy(swapped.client_key, keys->server_key, sizeof keys->server_key);
	memcpy(swapped.server_key, keys->client_key, sizeof keys->client_key);
	memcpy(swapped.client_salt, keys->server_salt, sizeof keys->server_salt);
	memcpy(swapped.server_salt, keys->client_salt, sizeof keys->client_salt);
	assert_int_equal(srtp_session_new(near, keys, VIDEO, RTX, &err), 0);
	assert_int_equal(srtp_session_new(far, &swapped, far_ssrc, far_ssrc + 1, &err), 0);
}

static size_t make_rtp(uint8_t *bytes, uint16_t sequence, uint32_t ssrc)
{
	memset(bytes, 'p', 112);
	bytes[0] = 0x80;
	bytes[1] = 102;
	bytes[2] = (uint8_t)(sequence >> 8);
	bytes[3] = (uint8_t)sequence;
	for (int i = 0; i < 4; i++)
		bytes[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
	return 112;
}

static size_t make_pli(uint8_t *bytes, uint32_t ssrc)
{
	static const uint8_t pli[12] = { 0x81, 206, 0, 2, 0, 0, 0, 0, 0x11, 0x11, 0x11, 0x11 };

	memcpy(bytes, pli, sizeof pli);
	for (int i = 0; i < 4; i++)
		bytes[4 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
	return sizeof pli;
}

static void test_srtp_opens_what_the_other_end_protected(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all_keys); i++) {
		struct srtp_session *near, *far;
		uint8_t bytes[112 + SRTP_ROOM_BYTES], plain[112];
		size_t len = make_rtp(bytes, 1, VIDEO);

		open_both(&near, &far, &all_keys[i], 5);
		make_rtp(plain, 1, VIDEO);
		assert_true(srtp_session_protect_rtp(near, bytes, &len));
		assert_true(len > 112);
		assert_memory_not_equal(bytes + 12, plain + 12, 100);
		assert_true(srtp_session_open_rtp(far, bytes, &len));
		assert_int_equal(len, 112);
		assert_memory_equal(bytes, plain, 112);
		len = make_pli(bytes, 5);
		assert_true(srtp_session_protect_rtcp(far, bytes, &len));
		assert_true(srtp_session_open_rtcp(near, bytes, &len));
		assert_int_equal(len, 12);
		srtp_session_free(near);
		srtp_session_free(far);
	}
	assert_int_equal(srtp_session_count(), 0);
}

static void test_srtp_refuses_a_changed_tag_a_cleared_e_bit_and_a_replay(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all_keys); i++) {
		size_t behind_e = i == 2 ? 14 : 4, len = 0, sealed;
		struct srtp_session *near, *far;
		uint8_t bytes[12 + SRTP_ROOM_BYTES], copy[sizeof bytes];

		open_both(&near, &far, &all_keys[i], 5);
		sealed = make_pli(bytes, 5);
		assert_true(srtp_session_protect_rtcp(far, bytes, &sealed));
		for (size_t at = 0; at < sealed; at++) {	/* any bit: header, tag, index */
			memcpy(copy, bytes, sealed);
			copy[at] ^= 0x10;
			len = sealed;
			assert_false(srtp_session_open_rtcp(near, copy, &len));
		}
		memcpy(copy, bytes, sealed);
		copy[sealed - behind_e] &= 0x7f;
		len = sealed;
		assert_false(srtp_session_open_rtcp(near, copy, &len));
		for (len = 0; len < sealed; len++) {		/* truncated anywhere */
			size_t cut = len;

			memcpy(copy, bytes, sealed);
			assert_false(srtp_session_open_rtcp(near, copy, &cut));
		}
		memcpy(copy, bytes, sealed);
		len = sealed;
		assert_true(srtp_session_open_rtcp(near, copy, &len));
		len = sealed;
		assert_false(srtp_session_open_rtcp(near, bytes, &len));	/* the same again */
		srtp_session_free(near);
		srtp_session_free(far);
	}
}

static void test_srtp_bounds_the_ssrcs_a_viewer_invents(void **state)
{
	struct srtp_session *near = NULL, *far[SRTP_INCOMING_MAX + 2];
	uint8_t bytes[12 + SRTP_ROOM_BYTES];

	(void)state;
	for (uint32_t i = 0; i < ARRAY_LEN(far); i++) {
		struct srtp_session *unused;
		size_t len = make_pli(bytes, 100 + 2 * i);

		open_both(&unused, &far[i], &all_keys[0], 100 + 2 * i);
		if (i == 0)
			near = unused;
		else
			srtp_session_free(unused);
		assert_true(srtp_session_protect_rtcp(far[i], bytes, &len));
		assert_int_equal(srtp_session_open_rtcp(near, bytes, &len), i < SRTP_INCOMING_MAX);
	}
	for (size_t i = 0; i < ARRAY_LEN(far); i++)
		srtp_session_free(far[i]);
	srtp_session_free(near);
}

static void test_srtp_refuses_to_send_other_ssrcs_and_the_same_packet_twice(void **state)
{
	struct srtp_session *near, *far;
	uint8_t bytes[112 + SRTP_ROOM_BYTES];
	size_t len = make_rtp(bytes, 1, 0x33333333);

	(void)state;
	open_both(&near, &far, &all_keys[0], 5);
	assert_false(srtp_session_protect_rtp(near, bytes, &len));
	len = make_rtp(bytes, 1, VIDEO);
	assert_true(srtp_session_protect_rtp(near, bytes, &len));
	len = make_rtp(bytes, 1, VIDEO);
	assert_false(srtp_session_protect_rtp(near, bytes, &len));
	srtp_session_free(near);
	srtp_session_free(far);
}

/* Both SSRCs over two wraps, one packet in five lost, an old one again by RTX: all that come open. */
static void test_srtp_keeps_the_rollover_counter_across_wraps_with_loss(void **state)
{
	struct srtp_session *near, *far;
	uint8_t bytes[112 + SRTP_ROOM_BYTES];
	uint32_t random = 1;

	(void)state;
	open_both(&near, &far, &all_keys[0], 5);
	for (uint32_t i = 32000; i < 32000 + 140000; i++) {
		size_t len = make_rtp(bytes, (uint16_t)i, i % 16 ? VIDEO : RTX);

		random = random * 1664525u + 1013904223u;
		assert_true(srtp_session_protect_rtp(near, bytes, &len));
		if ((random >> 8) % 100 >= 20)
			assert_true(srtp_session_open_rtp(far, bytes, &len));
	}
	srtp_session_free(near);
	srtp_session_free(far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_srtp_opens_what_the_other_end_protected),
		cmocka_unit_test(test_srtp_refuses_a_changed_tag_a_cleared_e_bit_and_a_replay),
		cmocka_unit_test(test_srtp_bounds_the_ssrcs_a_viewer_invents),
		cmocka_unit_test(test_srtp_refuses_to_send_other_ssrcs_and_the_same_packet_twice),
		cmocka_unit_test(test_srtp_keeps_the_rollover_counter_across_wraps_with_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
