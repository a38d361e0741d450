/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/stream/bytes.h"
#include "station/stream/h264_packetise.h"

#define AU_MAX (2u << 20)

static struct packet_store *store;
static uint8_t *au, *rebuilt;
static size_t au_len, rebuilt_len;
static uint64_t seed;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 33) % limit;
}

static int set_up(void **state)
{
	(void)state;
	store = packet_store_new();
	au = malloc(AU_MAX);
	rebuilt = malloc(AU_MAX);
	au_len = 0;
	seed = 7;
	return store && au && rebuilt ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	store = packet_store_free(store);
	free(au);
	free(rebuilt);
	return 0;
}

/* A NAL unit of @len bytes that contains no start code and does not end in zero. */
static void append_nal(uint8_t header, size_t len)
{
	be32_put(au + au_len, 1);
	au[au_len + 4] = header;
	for (size_t i = 1; i < len; i++)
		au[au_len + 4 + i] = (uint8_t)(1 + random_below(255));
	au_len += 4 + len;
}

static void rebuild_nal(const uint8_t *bytes, size_t len)
{
	be32_put(rebuilt + rebuilt_len, 1);
	memcpy(rebuilt + rebuilt_len + 4, bytes, len);
	rebuilt_len += 4 + len;
}

static void rebuild_aggregate(const struct packet *packet)
{
	size_t at = 1;

	while (at < packet->len_bytes) {
		size_t len = be16_get(packet->payload + at);

		assert_true(len > 0 && at + 2 + len <= packet->len_bytes);
		rebuild_nal(packet->payload + at + 2, len);
		at += 2 + len;
	}
}

/* A receiver by RFC 6184 5.8, which insists on start, order and end. */
static void rebuild_fragment(const struct packet *packet, bool *inside)
{
	uint8_t header = (packet->payload[0] & 0xe0) | (packet->payload[1] & 0x1f);

	assert_true(packet->len_bytes > 2);
	assert_int_equal(*inside, !(packet->payload[1] & 0x80));
	if (!*inside)
		rebuild_nal(&header, 1);
	memcpy(rebuilt + rebuilt_len, packet->payload + 2, packet->len_bytes - 2u);
	rebuilt_len += packet->len_bytes - 2u;
	*inside = !(packet->payload[1] & 0x40);
}

static void rebuild(const struct packet_span *span)
{
	bool inside = false;

	rebuilt_len = 0;
	for (uint64_t index = span->first; index < span->end; index++) {
		const struct packet *packet = packet_store_get(store, index);
		uint8_t type;

		assert_non_null(packet);
		assert_int_equal(packet->index, index);
		assert_int_equal(packet->marker, index + 1 == span->end);
		assert_int_equal(packet->first, index == span->first);
		assert_in_range(packet->len_bytes, 1, PACKET_PAYLOAD_MAX);
		type = packet->payload[0] & 0x1f;
		if (type == 24)
			rebuild_aggregate(packet);
		else if (type == 28)
			rebuild_fragment(packet, &inside);
		else
			rebuild_nal(packet->payload, packet->len_bytes);
		assert_true(type == 28 || !inside);
	}
	assert_false(inside);
}

static struct packet_span packetise(bool keyframe)
{
	struct packet_span span = { 0 };
	struct err err = { 0 };

	if (h264_packetise(store, &span, au, au_len, 3000, keyframe, &err) < 0)
		fail_msg("%s", err.text);
	return span;
}

static const struct packet *packet_at(const struct packet_span *span, uint64_t offset)
{
	return packet_store_get(store, span->first + offset);
}

static void test_keyframe_begins_with_parameter_sets_in_one_packet(void **state)
{
	struct packet_span span;
	const struct packet *packet;

	(void)state;
	append_nal(0x67, 24);
	append_nal(0x68, 4);
	append_nal(0x65, 50000);
	span = packetise(true);
	packet = packet_at(&span, 0);
	assert_int_equal(packet->payload[0], 0x60 | 24);	/* STAP-A with their NRI */
	assert_int_equal(packet->len_bytes, 1 + 2 + 24 + 2 + 4);
	assert_true(packet->first && packet->keyframe && !packet->marker);
	assert_int_equal(packet->ts_90k, 3000);
	assert_int_equal(span.end - span.first, 1 + (49999 + 1165) / 1166);
	assert_true(span.keyframe);
	rebuild(&span);
	assert_int_equal(rebuilt_len, au_len);
	assert_memory_equal(rebuilt, au, au_len);
}

static void test_small_nal_goes_as_it_is(void **state)
{
	struct packet_span span;

	(void)state;
	append_nal(0x41, PACKET_PAYLOAD_MAX);
	span = packetise(false);
	assert_int_equal(span.end - span.first, 1);
	assert_memory_equal(packet_at(&span, 0)->payload, au + 4, PACKET_PAYLOAD_MAX);
	assert_true(packet_at(&span, 0)->marker && !packet_at(&span, 0)->keyframe);
}

/* The promise on which GSO rests, at every length around the edges. */
static void test_fragments_are_equal_but_for_a_shorter_last(void **state)
{
	(void)state;
	for (size_t len = PACKET_PAYLOAD_MAX + 1; len < 12000; len += 1 + random_below(7)) {
		struct packet_span span;
		size_t size, count;

		au_len = 0;
		append_nal(0x41, len);
		span = packetise(false);
		size = packet_at(&span, 0)->len_bytes;
		count = span.end - span.first;
		assert_int_equal(count, (len - 1 + PACKET_PAYLOAD_MAX - 3) / (PACKET_PAYLOAD_MAX - 2));
		for (size_t i = 1; i + 1 < count; i++)
			assert_int_equal(packet_at(&span, i)->len_bytes, size);
		assert_in_range(packet_at(&span, count - 1)->len_bytes, size - count + 1, size);
		assert_int_equal(packet_store_run(store, span.first, span.end, 64), MIN(count, 64));
	}
}

static void test_run_ends_where_the_size_grows_or_after_a_shorter_one(void **state)
{
	struct packet_span span;

	(void)state;
	append_nal(0x67, 20);
	append_nal(0x68, 4);
	append_nal(0x65, 100000);	/* 86 fragments */
	append_nal(0x65, 3000);		/* 3 */
	append_nal(0x65, 3000);
	span = packetise(true);
	assert_int_equal(span.end - span.first, 1 + 86 + 3 + 3);
	assert_int_equal(packet_store_run(store, span.first, span.end, 64), 1);
	assert_int_equal(packet_store_run(store, span.first + 1, span.end, 64), 64);
	assert_int_equal(packet_store_run(store, span.first + 65, span.end, 64), 22);
	assert_int_equal(packet_store_run(store, span.first + 87, span.end, 64), 3);
	assert_int_equal(packet_store_run(store, span.first + 90, span.end, 64), 3);
	assert_int_equal(packet_store_run(store, span.first + 90, span.first + 91, 64), 1);
	assert_int_equal(packet_store_run(store, span.end, span.end, 64), 0);
	assert_int_equal(packet_store_run(store, span.end, span.end + 1, 64), 0);
}

/* Property: whatever goes in comes out of a strict depacketiser byte for byte. */
static void test_every_mix_of_nals_is_rebuilt(void **state)
{
	static const uint8_t headers[] = { 0x67, 0x68, 0x06, 0x65, 0x41, 0x01, 0x09, 0x0c };

	(void)state;
	for (int round = 0; round < 2000; round++) {
		size_t nals = 1 + random_below(12);
		struct packet_span span;

		au_len = 0;
		while (nals--)
			append_nal(headers[random_below(8)],
				   1 + random_below(random_below(4) ? 1500 : 20000));
		span = packetise(round % 3 == 0);
		rebuild(&span);
		assert_int_equal(rebuilt_len, au_len);
		assert_memory_equal(rebuilt, au, au_len);
	}
}

static void test_start_codes_of_three_bytes_and_trailing_zeros(void **state)
{
	static const uint8_t bytes[] = { 0, 0, 0, 1, 0x67, 0xaa, 0, 0, 1, 0x68, 0xbb, 0, 0, 0, 0, 1,
					 0, 0, 1, 0x65, 0, 0, 2, 0xcc, 0, 0 };
	static const uint8_t wanted[] = { 0, 0, 0, 1, 0x67, 0xaa, 0, 0, 0, 1, 0x68, 0xbb,
					  0, 0, 0, 1, 0x65, 0, 0, 2, 0xcc };
	struct packet_span span;

	(void)state;
	memcpy(au, bytes, sizeof bytes);
	au_len = sizeof bytes;
	span = packetise(true);
	rebuild(&span);
	assert_int_equal(rebuilt_len, sizeof wanted);
	assert_memory_equal(rebuilt, wanted, sizeof wanted);
}

static void test_refused_access_unit_adds_nothing(void **state)
{
	struct packet_span span;
	struct err err;
	uint64_t next;

	(void)state;
	append_nal(0x41, 10);
	packetise(false);
	next = packet_store_next(store);
	assert_int_equal(h264_packetise(store, &span, NULL, 0, 0, false, &err), ERR_PROTO);
	assert_int_equal(h264_packetise(store, &span, (const uint8_t *)"\0\0\0\1", 4, 0, false, &err),
			 ERR_PROTO);
	assert_int_equal(h264_packetise(store, &span, (const uint8_t *)"\0\0\0\0", 4, 0, false, &err),
			 ERR_PROTO);
	assert_int_equal(h264_packetise(store, &span, (const uint8_t *)"a\0\0\1A", 5, 0, false, &err),
			 ERR_PROTO);
	au_len = 0;
	append_nal(0x65, (PACKET_PAYLOAD_MAX - 2) * H264_PACKETS_MAX + 2);
	assert_int_equal(h264_packetise(store, &span, au, au_len, 0, true, &err), ERR_RANGE);
	au_len = 0;
	for (int i = 0; i < H264_NALS_MAX + 1; i++)
		append_nal(0x41, 2);
	assert_int_equal(h264_packetise(store, &span, au, au_len, 0, true, &err), ERR_RANGE);
	assert_int_equal(packet_store_next(store), next);
	au_len = 0;
	append_nal(0x65, (PACKET_PAYLOAD_MAX - 2) * H264_PACKETS_MAX + 1);
	assert_int_equal(h264_packetise(store, &span, au, au_len, 0, true, &err), 0);
	assert_int_equal(span.end - span.first, H264_PACKETS_MAX);
}

static void test_truncation_at_every_byte_is_safe(void **state)
{
	struct packet_span span;
	size_t whole;

	(void)state;
	append_nal(0x67, 20);
	append_nal(0x68, 4);
	append_nal(0x65, 2500);
	whole = au_len;
	for (size_t len = 0; len <= whole; len++) {
		uint8_t *copy = malloc(len ? len : 1);

		memcpy(copy, au, len);
		if (h264_packetise(store, &span, copy, len, 0, true, NULL) == 0)
			rebuild(&span);
		else
			assert_in_range(len, 0, 4);
		free(copy);
	}
}

static void test_store_keeps_the_newest_and_forgets_the_rest(void **state)
{
	(void)state;
	assert_null(packet_store_get(store, 0));
	for (int i = 0; i < PACKET_STORE_PACKETS + 10; i++)
		packet_store_add(store)->len_bytes = (uint16_t)(i % 1000);
	assert_null(packet_store_get(store, 9));
	assert_int_equal(packet_store_get(store, 10)->len_bytes, 10);
	assert_int_equal(packet_store_get(store, PACKET_STORE_PACKETS + 9)->len_bytes,
			 (PACKET_STORE_PACKETS + 9) % 1000);
	assert_null(packet_store_get(store, PACKET_STORE_PACKETS + 10));
	assert_null(packet_store_get(store, UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_keyframe_begins_with_parameter_sets_in_one_packet),
		TEST(test_small_nal_goes_as_it_is),
		TEST(test_fragments_are_equal_but_for_a_shorter_last),
		TEST(test_run_ends_where_the_size_grows_or_after_a_shorter_one),
		TEST(test_every_mix_of_nals_is_rebuilt),
		TEST(test_start_codes_of_three_bytes_and_trailing_zeros),
		TEST(test_refused_access_unit_adds_nothing),
		TEST(test_truncation_at_every_byte_is_safe),
		TEST(test_store_keeps_the_newest_and_forgets_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
