/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/stream/bytes.h"
#include "station/stream/rtcp.h"

static size_t put_packet(uint8_t *out, uint8_t count, uint8_t type, const uint32_t *words, size_t word_count)
{
	out[0] = 0x80 | count;
	out[1] = type;
	be16_put(out + 2, (uint16_t)word_count);
	for (size_t i = 0; i < word_count; i++)
		be32_put(out + 4 + 4 * i, words[i]);
	return 4 + 4 * word_count;
}

/* RR with one block, SDES, NACK, PLI, FIR of two, REMB, something unknown, BYE of two. */
static size_t put_everything(uint8_t *out)
{
	static const uint32_t rr[] = { 1, 0x11223344, 0x40ffffff, 0x00010002, 900, 0xaabbccdd, 65536 };
	static const uint32_t sdes[] = { 1, 0x01026162, 0 };
	static const uint32_t nack[] = { 1, 0x11223344, 0xfffe0005 };
	static const uint32_t pli[] = { 1, 0x11223344 };
	static const uint32_t fir[] = { 1, 0, 0x11223344, 0x07000000, 0x55667788, 0x08000000 };
	static const uint32_t remb[] = { 1, 0, 0x52454d42, 0x0107d090, 0x11223344 };
	static const uint32_t app[] = { 1, 0x74657374 };
	static const uint32_t bye[] = { 1, 2 };
	size_t at = put_packet(out, 1, 201, rr, 7);

	at += put_packet(out + at, 1, 202, sdes, 3);
	at += put_packet(out + at, 1, 205, nack, 3);
	at += put_packet(out + at, 1, 206, pli, 2);
	at += put_packet(out + at, 4, 206, fir, 6);
	at += put_packet(out + at, 15, 206, remb, 5);
	at += put_packet(out + at, 0, 204, app, 2);
	return at + put_packet(out + at, 2, 203, bye, 2);
}

static void test_rtcp_hands_out_every_part_in_order(void **state)
{
	struct rtcp_reader reader;
	struct rtcp_item item;
	uint8_t bytes[512];

	(void)state;
	assert_int_equal(rtcp_open(&reader, bytes, put_everything(bytes)), 0);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_BLOCK);
	assert_int_equal(item.sender_ssrc, 1);
	assert_int_equal(item.media_ssrc, 0x11223344);
	assert_int_equal(item.block.fraction_lost, 64);
	assert_int_equal(item.block.lost, -1);
	assert_int_equal(item.block.highest_sequence, 0x10002);
	assert_int_equal(item.block.jitter_ticks, 900);
	assert_int_equal(item.block.last_sr, 0xaabbccdd);
	assert_int_equal(item.block.since_last_sr, 65536);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_NACK);
	assert_int_equal(item.nack.count, 3);
	assert_int_equal(item.nack.sequences[0], 65534);
	assert_int_equal(item.nack.sequences[1], 65535);
	assert_int_equal(item.nack.sequences[2], 1);	/* 65535 -> 0 -> 1 */
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_PLI);
	assert_int_equal(item.media_ssrc, 0x11223344);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_FIR);
	assert_int_equal(item.fir.number, 7);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_FIR);
	assert_int_equal(item.media_ssrc, 0x55667788);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_REMB);
	assert_true(item.remb.rate_bps == (uint64_t)0x3d090 << 1);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_BYE && item.sender_ssrc == 1);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_BYE && item.sender_ssrc == 2);
	assert_false(rtcp_next(&reader, &item));
}

/* RFC 4585 6.2.1: one pair names 17 packets; a sender that takes two at a time would miss half */
static void test_rtcp_nack_of_seventeen_is_seventeen(void **state)
{
	static const uint32_t nack[] = { 1, 2, 0xfff8ffff };
	struct rtcp_reader reader;
	struct rtcp_item item;
	uint8_t bytes[64];

	(void)state;
	assert_int_equal(rtcp_open(&reader, bytes, put_packet(bytes, 1, 205, nack, 3)), 0);
	assert_true(rtcp_next(&reader, &item));
	assert_int_equal(item.nack.count, 17);
	for (uint16_t i = 0; i < 17; i++)
		assert_int_equal(item.nack.sequences[i], (uint16_t)(0xfff8 + i));
	assert_false(rtcp_next(&reader, &item));
}

static void test_rtcp_long_nack_comes_in_parts(void **state)
{
	uint32_t nack[2 + 300] = { 1, 2 };
	struct rtcp_reader reader;
	struct rtcp_item item;
	uint8_t bytes[1400];
	size_t total = 0, items = 0;

	(void)state;
	for (size_t i = 0; i < 300; i++)
		nack[2 + i] = (uint32_t)(17 * i) << 16 | 0xffff;
	assert_int_equal(rtcp_open(&reader, bytes, put_packet(bytes, 1, 205, nack, 302)), 0);
	for (; rtcp_next(&reader, &item); items++)
		for (size_t i = 0; i < item.nack.count; i++)
			assert_int_equal(item.nack.sequences[i], total++);
	assert_int_equal(total, 300 * 17);
	assert_int_equal(items, 10);
}

static void test_rtcp_sender_report_and_its_blocks(void **state)
{
	uint32_t sr[6 + 12] = { 9, 0xe0000000, 0x80000000, 90000, 10, 1000, 5, 0, 0, 0, 0, 0, 6 };
	struct rtcp_reader reader;
	struct rtcp_item item;
	uint8_t bytes[128];

	(void)state;
	assert_int_equal(rtcp_open(&reader, bytes, put_packet(bytes, 2, 200, sr, 18)), 0);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_SENDER);
	assert_true(item.sender.ntp == UINT64_C(0xe000000080000000));
	assert_int_equal(item.sender.ts_90k, 90000);
	assert_int_equal(item.sender.octets, 1000);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_BLOCK && item.media_ssrc == 5);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_BLOCK && item.media_ssrc == 6);
	assert_false(rtcp_next(&reader, &item));
}

static void test_rtcp_refuses_every_truncation(void **state)
{
	uint8_t whole[512];
	size_t len = put_everything(whole), boundaries = 0;

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);
		struct rtcp_reader reader;
		struct rtcp_item item;

		memcpy(copy, whole, cut);
		if (rtcp_open(&reader, copy, cut) == 0) {	/* cut between two packets */
			boundaries++;
			while (rtcp_next(&reader, &item))
				;
		}
		free(copy);
	}
	assert_int_equal(boundaries, 7);
}

static void test_rtcp_refuses_wrong_frames(void **state)
{
	static const uint32_t words[16] = { 1 };
	struct rtcp_reader reader;
	uint8_t bytes[128];

	(void)state;
	put_packet(bytes, 1, 201, words, 1);		/* a block announced, none there */
	assert_int_equal(rtcp_open(&reader, bytes, 8), ERR_PROTO);
	put_packet(bytes, 31, 203, words, 2);
	assert_int_equal(rtcp_open(&reader, bytes, 12), ERR_PROTO);
	put_packet(bytes, 1, 206, words, 1);		/* feedback without its second SSRC */
	assert_int_equal(rtcp_open(&reader, bytes, 8), ERR_PROTO);
	put_packet(bytes, 0, 201, words, 1);
	bytes[0] = 0x40;				/* version 1 */
	assert_int_equal(rtcp_open(&reader, bytes, 8), ERR_PROTO);
	bytes[0] = 0xa0;				/* padding of no byte; of an odd number; of too many */
	for (unsigned padding = 0; padding < 256; padding++) {
		bytes[7] = (uint8_t)padding;
		assert_int_equal(rtcp_open(&reader, bytes, 8), ERR_PROTO);
	}
	put_packet(bytes, 0, 201, words, 2);
	bytes[0] = 0xa0;
	bytes[11] = 4;
	assert_int_equal(rtcp_open(&reader, bytes, 12), 0);
	put_packet(bytes + 12, 0, 201, words, 1);	/* padding before another packet */
	assert_int_equal(rtcp_open(&reader, bytes, 20), ERR_PROTO);
}

static void test_rtcp_remb_never_overflows(void **state)
{
	static const uint32_t remb[] = { 1, 0, 0x52454d42, 0x01ffffff, 2 };
	struct rtcp_reader reader;
	struct rtcp_item item;
	uint8_t bytes[64];

	(void)state;
	rtcp_open(&reader, bytes, put_packet(bytes, 15, 206, remb, 5));
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_REMB);
	assert_true(item.remb.rate_bps == UINT64_MAX);
}

static void test_rtcp_report_is_read_as_written(void **state)
{
	struct rtcp_report report = { 0xdeadbeef, 1795507199123456, 0x01020304, 7, 8000, "ostend-cam0" };
	struct rtcp_reader reader;
	struct rtcp_item item;
	uint8_t bytes[RTCP_REPORT_MAX];
	size_t len = rtcp_write_report(bytes, &report);

	(void)state;
	assert_int_equal(rtcp_open(&reader, bytes, len), 0);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_SENDER);
	assert_int_equal(item.sender_ssrc, report.ssrc);
	assert_true(rtcp_utc_us(item.sender.ntp) == report.utc_us);
	assert_int_equal(item.sender.ts_90k, report.ts_90k);
	assert_int_equal(item.sender.packets, 7);
	assert_int_equal(item.sender.octets, 8000);
	assert_false(rtcp_next(&reader, &item));
	assert_int_equal(bytes[28 + 1], 202);		/* RFC 3550 6.5 */
	assert_int_equal(bytes[28 + 9], strlen("ostend-cam0"));
	assert_memory_equal(bytes + 28 + 10, "ostend-cam0\0", 12);
}

static void test_rtcp_bye_names_both_streams(void **state)
{
	struct rtcp_reader reader;
	struct rtcp_item item;
	uint8_t bytes[RTCP_REPORT_MAX];
	char long_name[200];

	(void)state;
	memset(long_name, 'n', sizeof long_name);
	long_name[199] = '\0';
	assert_int_equal(rtcp_open(&reader, bytes, rtcp_write_bye(bytes, 5, 6, long_name)), 0);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_BYE && item.sender_ssrc == 5);
	assert_true(rtcp_next(&reader, &item) && item.kind == RTCP_BYE && item.sender_ssrc == 6);
	assert_false(rtcp_next(&reader, &item));
	assert_int_equal(rtcp_open(&reader, bytes, rtcp_write_bye(bytes, 5, 0, "n")), 0);
	assert_true(rtcp_next(&reader, &item) && item.sender_ssrc == 5);
	assert_false(rtcp_next(&reader, &item));
}

/* RFC 3550 4: the Unix epoch is 2,208,988,800 s after 1900 */
static void test_rtcp_ntp_keeps_every_microsecond(void **state)
{
	(void)state;
	assert_true(rtcp_ntp(0) == UINT64_C(2208988800) << 32);
	assert_true(rtcp_ntp(500000) == (UINT64_C(2208988800) << 32 | UINT64_C(0x80000000)));
	for (int64_t us = 1795507199000000; us < 1795507200000000; us += 37)
		assert_true(rtcp_utc_us(rtcp_ntp(us)) == us);
	assert_true(rtcp_utc_us(rtcp_ntp(1795507199999999)) == 1795507199999999);
}

/* RFC 3550 6.4.1, figure 2: 0xb710:8000 - 0xb705:2000 - 0x0005:4000 is 6.125 s */
static void test_rtcp_rtt_is_that_of_the_example_in_rfc_3550(void **state)
{
	uint64_t now = UINT64_C(0xb44db71080000000);
	uint32_t rtt_us = 7;

	(void)state;
	assert_true(rtcp_rtt_us(&rtt_us, now, 0xb7052000, 0x00054000));
	assert_int_equal(rtt_us, 6125000);
	assert_false(rtcp_rtt_us(&rtt_us, now, 0, 0x00054000));			/* no SR yet */
	assert_false(rtcp_rtt_us(&rtt_us, now, 0xb7108001, 0));			/* of the future */
	assert_false(rtcp_rtt_us(&rtt_us, now, 0xb7052000, 0x000b6001));	/* held too long */
	assert_false(rtcp_rtt_us(&rtt_us, now, 0xb7057fff, 0));			/* 11 s */
	assert_true(rtcp_rtt_us(&rtt_us, UINT64_C(0x0000000080000000), 0xffffc000, 0x4000));
	assert_int_equal(rtt_us, 500000);					/* across the wrap */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rtcp_hands_out_every_part_in_order),
		cmocka_unit_test(test_rtcp_nack_of_seventeen_is_seventeen),
		cmocka_unit_test(test_rtcp_long_nack_comes_in_parts),
		cmocka_unit_test(test_rtcp_sender_report_and_its_blocks),
		cmocka_unit_test(test_rtcp_refuses_every_truncation),
		cmocka_unit_test(test_rtcp_refuses_wrong_frames),
		cmocka_unit_test(test_rtcp_remb_never_overflows),
		cmocka_unit_test(test_rtcp_report_is_read_as_written),
		cmocka_unit_test(test_rtcp_bye_names_both_streams),
		cmocka_unit_test(test_rtcp_ntp_keeps_every_microsecond),
		cmocka_unit_test(test_rtcp_rtt_is_that_of_the_example_in_rfc_3550),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
