/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station/stream/bytes.h"
#include "station/stream/rtp.h"

static struct packet_store *store;
static uint8_t out[RTP_PACKET_MAX];

static const struct rtp_config config = {
	.ssrc = 0x11223344, .rtx_ssrc = 0x55667788, .payload_type = 102, .rtx_payload_type = 103,
	.first_sequence = 0xfff0, .rtx_first_sequence = 0x8005,
	.mid_id = 4, .abs_send_time_id = 2, .playout_delay_id = 5, .mid = "0",
	.playout_min_10ms = 0, .playout_max_10ms = 10,
};

static int set_up(void **state)
{
	(void)state;
	store = packet_store_new();
	return store ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	store = packet_store_free(store);
	return 0;
}

static const struct packet *add_packet(uint16_t len)
{
	struct packet *packet = packet_store_add(store);

	packet->len_bytes = len;
	packet->ts_90k = 0xa0b0c0d0;
	packet->marker = true;
	memset(packet->payload, (int)packet->index & 0xff, len);
	return packet;
}

/* The value of an extension element by RFC 8285 4.2; NULL when it is not there. */
static const uint8_t *find_element(const uint8_t *packet, uint8_t id, size_t *value_len)
{
	size_t end, at = 16;

	if (!(packet[0] & 0x10))
		return NULL;
	assert_int_equal(be16_get(packet + 12), 0xbede);
	end = 16 + 4u * be16_get(packet + 14);
	while (at < end) {
		if (packet[at] == 0) {
			at++;
			continue;
		}
		*value_len = (packet[at] & 15u) + 1;
		assert_true(at + 1 + *value_len <= end);
		if (packet[at] >> 4 == id)
			return packet + at + 1;
		at += 1 + *value_len;
	}
	return NULL;
}

/* RFC 3550 5.1 */
static void test_header_carries_what_the_packet_says(void **state)
{
	struct rtp_viewer viewer;
	size_t len, value_len;
	const uint8_t *value;

	(void)state;
	rtp_viewer_init(&viewer, &config, 0);
	assert_int_equal(rtp_header_len(&viewer), 12 + 4 + 12);
	len = rtp_write(out, &viewer, add_packet(100), 0xabcdef);
	assert_int_equal(len, rtp_header_len(&viewer) + 100);
	assert_int_equal(out[0], 0x90);
	assert_int_equal(out[1], 0x80 | 102);
	assert_int_equal(be16_get(out + 2), 0x7ff0);	/* below 2^15 */
	assert_int_equal(be32_get(out + 4), 0xa0b0c0d0);
	assert_int_equal(be32_get(out + 8), 0x11223344);
	value = find_element(out, 4, &value_len);
	assert_int_equal(value_len, 1);
	assert_int_equal(value[0], '0');
	value = find_element(out, 2, &value_len);
	assert_int_equal(value_len, 3);
	assert_int_equal(be24_get(value), 0xabcdef);
	value = find_element(out, 5, &value_len);
	assert_int_equal(value_len, 3);
	assert_int_equal(be24_get(value), 10);		/* minimum 0, maximum 100 ms */
}

static void test_header_has_one_size_whatever_is_sent_in_it(void **state)
{
	struct rtp_viewer viewer;
	size_t len;

	(void)state;
	rtp_viewer_init(&viewer, &config, 0);
	for (int sent = 0; sent < 4; sent++) {
		viewer.send_mid = sent & 1;
		viewer.send_playout_delay = sent & 2;
		assert_int_equal(rtp_write(out, &viewer, add_packet(50), 1), 28 + 50);
		assert_int_equal(find_element(out, 4, &len) != NULL, sent & 1);
		assert_int_equal(find_element(out, 5, &len) != NULL, sent >> 1);
		assert_non_null(find_element(out, 2, &len));
		assert_int_equal(out[28], sent);
	}
}

static void test_header_without_extensions_has_no_block(void **state)
{
	struct rtp_config plain = config;
	struct rtp_viewer viewer;

	(void)state;
	plain.mid_id = plain.abs_send_time_id = plain.playout_delay_id = 0;
	rtp_viewer_init(&viewer, &plain, 0);
	assert_int_equal(rtp_write(out, &viewer, add_packet(10), 0), 22);
	assert_int_equal(out[0], 0x80);
}

/* 1280 less 48 of IPv6 and UDP, with the longest of everything and GCM's tag */
static void test_largest_packet_fits_the_smallest_mtu(void **state)
{
	struct rtp_config longest = config;
	struct rtp_viewer viewer;
	const struct packet *packet = add_packet(PACKET_PAYLOAD_MAX);

	(void)state;
	memset(longest.mid, 'm', RTP_MID_MAX);
	rtp_viewer_init(&viewer, &longest, 0);
	rtp_write(out, &viewer, packet, 0);
	assert_true(rtp_write_rtx(out, &viewer, packet, 0) + 16 < 1232);
	assert_int_equal(rtp_header_len(&viewer), RTP_HEADER_MAX);
}

static void test_sequence_wraps_and_is_found_again(void **state)
{
	struct rtp_config late = config;
	struct rtp_viewer viewer;
	uint64_t index;

	(void)state;
	late.first_sequence = 0x7fff;
	rtp_viewer_init(&viewer, &late, 0);
	for (uint64_t i = 0; i < 100000; i++) {
		const struct packet *packet = add_packet(1);

		rtp_write(out, &viewer, packet, 0);
		assert_int_equal(be16_get(out + 2), (0x7fff + i) & 0xffff);
		assert_true(rtp_index_of(&viewer, be16_get(out + 2), &index));
		assert_true(index == i);
		if (i == 0x8000) {	/* 65535 -> 0 */
			assert_int_equal(be16_get(out + 2), 65535);
			assert_int_equal(rtp_sequence(&viewer, i + 1), 0);
		}
	}
	assert_false(rtp_index_of(&viewer, rtp_sequence(&viewer, 100000), &index));	/* not sent yet */
}

static void test_skip_leaves_no_gap_on_the_wire(void **state)
{
	struct rtp_viewer viewer;
	uint64_t index;

	(void)state;
	rtp_viewer_init(&viewer, &config, 0);
	for (int i = 0; i < 3; i++)
		rtp_write(out, &viewer, add_packet(1), 0);
	for (int i = 0; i < 5; i++)
		add_packet(1);
	rtp_viewer_skip(&viewer, 8);
	rtp_write(out, &viewer, add_packet(1), 0);
	assert_int_equal(be16_get(out + 2), 0x7ff3);
	assert_true(rtp_index_of(&viewer, 0x7ff3, &index));
	assert_true(index == 8);
	/* those from before are not what a viewer that waited for a keyframe needs */
	assert_false(rtp_index_of(&viewer, 0x7ff2, &index));
	assert_false(rtp_index_of(&viewer, 0x7ff4, &index));
	rtp_viewer_skip(&viewer, 9);	/* nothing left out: the mapping stays */
	assert_true(rtp_index_of(&viewer, 0x7ff3, &index));
}

/* RFC 4588 4 */
static void test_rtx_repeats_the_payload_after_the_original_number(void **state)
{
	struct rtp_viewer viewer;
	const struct packet *packet = add_packet(60);
	size_t len;

	(void)state;
	rtp_viewer_init(&viewer, &config, 0);
	rtp_write(out, &viewer, packet, 0);
	for (uint16_t i = 0; i < 3; i++) {
		len = rtp_write_rtx(out, &viewer, packet, 7);
		assert_int_equal(len, 28 + 2 + 60);
		assert_int_equal(out[1], 0x80 | 103);
		assert_int_equal(be16_get(out + 2), 5 + i);	/* never the same number twice */
		assert_int_equal(be32_get(out + 4), packet->ts_90k);
		assert_int_equal(be32_get(out + 8), 0x55667788);
		assert_int_equal(be16_get(out + 28), 0x7ff0);
		assert_memory_equal(out + 30, packet->payload, 60);
	}
	viewer.rtx_payload_type = 0;
	assert_int_equal(rtp_write_rtx(out, &viewer, packet, 7), 0);
}

static void test_abs_send_time_is_6_18_seconds(void **state)
{
	(void)state;
	assert_int_equal(rtp_abs_send_time(0), 0);
	assert_int_equal(rtp_abs_send_time(UINT64_C(1500000000)), 3 << 17);
	assert_int_equal(rtp_abs_send_time(UINT64_C(64000000000)), 0);
	assert_int_equal(rtp_abs_send_time(UINT64_C(63999999999)), 0xffffff);
	assert_int_equal(rtp_abs_send_time(UINT64_C(1000000000) * 3153600001), 1 << 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_header_carries_what_the_packet_says),
		TEST(test_header_has_one_size_whatever_is_sent_in_it),
		TEST(test_header_without_extensions_has_no_block),
		TEST(test_largest_packet_fits_the_smallest_mtu),
		TEST(test_sequence_wraps_and_is_found_again),
		TEST(test_skip_leaves_no_gap_on_the_wire),
		TEST(test_rtx_repeats_the_payload_after_the_original_number),
		TEST(test_abs_send_time_is_6_18_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
