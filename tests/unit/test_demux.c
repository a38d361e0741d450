/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "station/stream/demux.h"

/* RFC 7983 7, figure 3, byte for byte */
static void test_demux_ranges_are_those_of_rfc_7983(void **state)
{
	uint8_t bytes[64] = { 0 };

	(void)state;
	for (int first = 0; first < 256; first++) {
		enum demux_class wanted = first <= 3 ? DEMUX_STUN :
					  first >= 20 && first <= 63 ? DEMUX_DTLS :
					  first >= 128 && first <= 191 ? DEMUX_RTP : DEMUX_OTHER;

		bytes[0] = (uint8_t)first;
		assert_int_equal(demux_classify(bytes, sizeof bytes), wanted);
	}
}

/* RFC 5761 4: RTCP packet types 64..95 once the marker bit is taken off, so 192..223 */
static void test_demux_tells_rtcp_from_rtp_by_the_type(void **state)
{
	uint8_t bytes[12] = { 0x80 };

	(void)state;
	for (int second = 0; second < 256; second++) {
		bytes[1] = (uint8_t)second;
		assert_int_equal(demux_classify(bytes, sizeof bytes),
				 (second & 0x7f) >= 64 && (second & 0x7f) <= 95 ? DEMUX_RTCP : DEMUX_RTP);
	}
}

static void test_demux_drops_what_is_shorter_than_a_header(void **state)
{
	static const struct { uint8_t first, second; size_t least; enum demux_class class; } rows[] = {
		{ 0, 1, 20, DEMUX_STUN }, { 22, 254, 13, DEMUX_DTLS },
		{ 0x80, 96, 12, DEMUX_RTP }, { 0x80, 201, 8, DEMUX_RTCP },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t bytes[32] = { rows[i].first, rows[i].second };

		for (size_t len = 0; len < sizeof bytes; len++)
			assert_int_equal(demux_classify(bytes, len),
					 len < rows[i].least ? DEMUX_OTHER : rows[i].class);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_demux_ranges_are_those_of_rfc_7983),
		cmocka_unit_test(test_demux_tells_rtcp_from_rtp_by_the_type),
		cmocka_unit_test(test_demux_drops_what_is_shorter_than_a_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
