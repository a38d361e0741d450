/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/stream/sdp.h"
#include "station/stream/stream.h"

static struct sdp_offer offer;
static char text[2 * SDP_TEXT_MAX], answer_text[STREAM_SDP_MAX];
static struct err err;

static const struct sdp_candidate candidates[] = { { "198.18.0.1", 7000 }, { "2001:db8::1", 7000 } };
static const struct sdp_answer station = {
	.session_id = 77, .ufrag = "stationX", .pwd = "0123456789abcdef0123456789abcdef",
	.fingerprint = { 0xab, 0x01 }, .cname = "ostend", .ssrc = 1111, .rtx_ssrc = 2222, .level_idc = 40,
	.candidates = candidates, .candidate_count = 2,
};

/* An offer as a browser makes it, from the corpus of the fuzz target. */
static void load(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[1024];
	size_t len;
	FILE *file;

	snprintf(path, sizeof path, "%s/tests/fuzz/corpus/sdp/%s", srcdir ? srcdir : ".", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("cannot open %s", path);
	len = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[len] = '\0';
}

/* In the loaded text, put @to for the first @from. */
static void change(const char *from, const char *to)
{
	char *at = strstr(text, from);

	if (!at)
		fail_msg("the offer has no \"%s\"", from);
	memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
	memcpy(at, to, strlen(to));
}

static int parse_and_choose(void)
{
	int rc = sdp_parse(&offer, text, strlen(text), &err);

	return rc < 0 ? rc : sdp_choose(&offer, &err);
}

static void expect_answer_has(const char *wanted)
{
	if (!strstr(answer_text, wanted))
		fail_msg("no \"%s\" in:\n%s", wanted, answer_text);
}

static void expect_answer_lacks(const char *unwanted)
{
	if (strstr(answer_text, unwanted))
		fail_msg("\"%s\" in:\n%s", unwanted, answer_text);
}

static void answer_to(const char *name)
{
	load(name);
	if (parse_and_choose() < 0)
		fail_msg("%s: %s", name, err.text);
	if (sdp_write_answer(answer_text, sizeof answer_text, &offer, &station, &err) < 0)
		fail_msg("%s: %s", name, err.text);
}

static void expect_refused(int code, const char *why)
{
	assert_int_equal(parse_and_choose(), code);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void test_chromium_gets_constrained_baseline_in_mode_1(void **state)
{
	(void)state;
	answer_to("chromium-video-audio.sdp");
	assert_int_equal(offer.chosen.payload_type, 106);
	assert_int_equal(offer.chosen.rtx_payload_type, 107);
	assert_string_equal(offer.chosen.transport.ufrag, "x5Kq");
	assert_int_equal(offer.chosen.transport.fingerprint[0], 11);
	expect_answer_has("v=0\r\no=- 77 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=ice-lite\r\n");
	expect_answer_has("\r\na=extmap-allow-mixed\r\n");
	expect_answer_has("\r\nm=video 9 UDP/TLS/RTP/SAVPF 106 107\r\n");
	expect_answer_has("\r\na=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e028\r\n");
	expect_answer_has("\r\na=fmtp:107 apt=106;rtx-time=200\r\n");
	expect_answer_has("\r\na=ssrc-group:FID 1111 2222\r\n");
	expect_answer_has("\r\na=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
	expect_answer_has("\r\na=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n");
	expect_answer_has("\r\na=rtcp-fb:106 nack\r\na=rtcp-fb:106 nack pli\r\na=rtcp-fb:106 ccm fir\r\n");
	expect_answer_has("\r\na=fingerprint:sha-256 AB:01:00:");
	expect_answer_has("\r\na=setup:passive\r\n");
	expect_answer_has("\r\na=sendonly\r\n");
	expect_answer_has("\r\na=candidate:1 1 udp 2130706431 198.18.0.1 7000 typ host\r\n");
	expect_answer_has("\r\na=candidate:2 1 udp 2130706175 2001:db8::1 7000 typ host\r\n");
	expect_answer_has("\r\na=end-of-candidates\r\n");
	expect_answer_has("\r\nm=audio 0 UDP/TLS/RTP/SAVPF 111\r\n");
	expect_answer_lacks("transport-cc");
	expect_answer_lacks("transport-wide-cc");
}

static void test_firefox_is_answered_with_session_level_fingerprint(void **state)
{
	(void)state;
	answer_to("firefox.sdp");
	assert_int_equal(offer.chosen.payload_type, 126);
	assert_int_equal(offer.chosen.rtx_payload_type, 127);
	assert_true(offer.chosen.transport.has_fingerprint);
	expect_answer_has("profile-level-id=42e028\r\n");
	expect_answer_has("\r\na=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n");
	expect_answer_lacks("extmap-allow-mixed");
}

static void test_firefox_without_h264_is_told_of_the_addon(void **state)
{
	(void)state;
	load("firefox-without-openh264.sdp");
	expect_refused(ERR_UNSUPPORTED, "OpenH264");
}

static void test_safari_has_its_video_second(void **state)
{
	(void)state;
	answer_to("safari.sdp");
	assert_int_equal(offer.chosen.payload_type, 98);	/* not High, which stands first */
	expect_answer_has("a=group:BUNDLE 1\r\n");
	assert_true(strstr(answer_text, "m=audio 0") < strstr(answer_text, "m=video 9"));
}

static void test_aiortc_and_gstreamer_are_answered(void **state)
{
	(void)state;
	answer_to("aiortc.sdp");
	assert_int_equal(offer.chosen.payload_type, 101);
	assert_string_equal(offer.chosen.transport.pwd, "aB3dE6gH9jK2mN5pQ8sT1v");
	answer_to("gstreamer.sdp");
	assert_int_equal(offer.chosen.payload_type, 96);
	assert_int_equal(offer.chosen.rtx_payload_type, 0);
	expect_answer_has("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n");
	expect_answer_has("a=rtcp-fb:96 nack\r\n");	/* offered for "*" */
	expect_answer_has("a=mid:audio1\r\n");
	expect_answer_lacks("FID");
	answer_to("with-data-channel.sdp");
	expect_answer_has("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n");
	expect_answer_has("a=group:BUNDLE b\r\n");
	expect_answer_has("a=sendonly\r\n");		/* of sendrecv */
}

static void test_baseline_is_the_second_choice(void **state)
{
	(void)state;
	load("with-data-channel.sdp");
	change("42e01f", "42001f");
	assert_int_equal(parse_and_choose(), 0);
	sdp_write_answer(answer_text, sizeof answer_text, &offer, &station, &err);
	expect_answer_has("profile-level-id=420028\r\n");
	load("with-data-channel.sdp");
	change("42e01f", "640c1f");
	expect_refused(ERR_UNSUPPORTED, "H.264");
	load("with-data-channel.sdp");
	change("packetization-mode=1", "packetization-mode=0");
	expect_refused(ERR_UNSUPPORTED, "packetization-mode");
	load("with-data-channel.sdp");	/* would be taken for RTCP: RFC 5761 4 */
	change("SAVPF 106", "SAVPF 72");
	change("rtpmap:106", "rtpmap:72");
	change("fmtp:106", "fmtp:72");
	expect_refused(ERR_UNSUPPORTED, "H.264");
}

static void test_offer_that_cannot_be_served_is_refused_with_its_reason(void **state)
{
	static const struct { const char *from, *to, *why; } rows[] = {
		{ "a=rtcp-mux\r\n", "", "rtcp-mux" },
		{ "a=group:BUNDLE 0\r\n", "", "BUNDLE" },
		{ "a=recvonly", "a=sendonly", "only sends" },
		{ "a=recvonly", "a=inactive", "only sends" },
		{ "a=setup:actpass", "a=setup:passive", "a=setup" },
		{ "a=setup:actpass", "a=setup:holdconn", "a=setup" },
		{ "a=setup:actpass\r\n", "", "a=setup" },
		{ "a=ice-ufrag:3a9be1f4\r\n", "", "ice-ufrag" },
		{ "a=fingerprint:sha-256", "a=fingerprint:sha-1", "sha-256" },
		{ "m=video 9", "m=video 0", "port 0" },
		{ "m=video 9", "m=audio 9", "no video" },
		{ "UDP/TLS/RTP/SAVPF", "RTP/AVP", "SAVPF" },
		{ "s=-\r\n", "s=-\r\na=ice-lite\r\n", "ICE-lite" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		load("firefox.sdp");
		change(rows[i].from, rows[i].to);
		expect_refused(ERR_PROTO, rows[i].why);
	}
}

static void test_malformed_offer_is_refused_with_its_line(void **state)
{
	static const struct { const char *from, *to, *why; } rows[] = {
		{ "v=0\r\n", "", "v=0" },
		{ "v=0", "v=1", "v=0" },
		{ "s=-\r\n", "", "missing" },
		{ "t=0 0", "t 0 0", "line 4: not of the form" },
		{ "a=mid:0", "a=mid:0\r\na=mid:1", "second a=mid" },
		{ "a=mid:0", "a=mid:a\"b", "a=mid" },
		{ "a=mid:0", "a=mid:a b", "a=mid" },
		{ "a=mid:0", "a=mid:12345678901234567", "a=mid" },
		{ "BUNDLE 0", "BUNDLE 0 0", "BUNDLE" },
		{ "BUNDLE 0", "BUNDLE 1", "BUNDLE" },
		{ "a=group:BUNDLE 0", "a=group:BUNDLE 0\r\na=group:BUNDLE 0", "second a=group" },
		{ "120 124", "120 120", "payload type twice" },
		{ "120 124", "128 124", "payload type" },
		{ "a=rtpmap:124 rtx", "a=rtpmap:120 rtx", "second a=rtpmap" },
		{ "a=extmap:4 ", "a=extmap:3 ", "id used twice" },
		{ "a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
		  "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid", "offered twice" },
		{ "a=extmap:4 ", "a=extmap:0 ", "a=extmap" },
		{ "a=ice-ufrag:3a9be1f4", "a=ice-ufrag:3a9", "ICE" },
		{ "a=ice-ufrag:3a9be1f4", "a=ice-ufrag:3a9b\x01", "control character" },
		{ "a=ice-ufrag:3a9be1f4", "a=ice-ufrag:3a9b:1f4", "ICE" },
		{ "a=ice-pwd:8c2d6b1f0b8f", "a=ice-pwd:", "" },
		{ "a=fingerprint:sha-256 0B:", "a=fingerprint:sha-256 ", "32 bytes" },
		{ "a=fingerprint:sha-256 0B:", "a=fingerprint:sha-256 0X:", "hexadecimal" },
		{ "profile-level-id=42e01f", "profile-level-id=42e01", "profile-level-id" },
		{ "m=video 9 ", "m=video 65536 ", "port" },
		{ "m=video 9 ", "m=vi\xc3\xa9 9 ", "m-line" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		load("firefox.sdp");
		change(rows[i].from, rows[i].to);
		if (i == 20)	/* 20 characters are left of the password */
			assert_int_equal(parse_and_choose(), ERR_PROTO);
		else
			expect_refused(ERR_PROTO, rows[i].why);
	}
}

static void test_two_m_lines_of_one_mid_are_refused(void **state)
{
	(void)state;
	load("chromium-video-audio.sdp");
	change("a=mid:1", "a=mid:0");
	expect_refused(ERR_PROTO, "another m-line");
}

static void test_caps_hold(void **state)
{
	(void)state;
	memset(text, 'a', SDP_TEXT_MAX + 1);
	text[SDP_TEXT_MAX + 1] = '\0';
	expect_refused(ERR_PROTO, "at most 16384");
	strcpy(text, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
	for (int i = 0; i < SDP_MEDIA_MAX; i++)
		strcat(text, "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n");
	expect_refused(ERR_PROTO, "no video");
	strcat(text, "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n");
	expect_refused(ERR_PROTO, "too many m-lines");
	load("firefox.sdp");
	for (int i = 0; i < SDP_MEDIA_LINES_MAX; i++)
		strcat(text, "a=x:1\r\n");
	expect_refused(ERR_PROTO, "too many lines");
	load("firefox.sdp");
	strcat(text, "a=");
	memset(text + strlen(text) + 1, 0, SDP_LINE_MAX + 8);
	memset(text + strlen(text), 'z', SDP_LINE_MAX);
	expect_refused(ERR_PROTO, "longer than");
}

static void test_every_truncation_is_safe(void **state)
{
	static const char *const names[] = { "firefox.sdp", "gstreamer.sdp" };

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(names); n++) {
		load(names[n]);
		for (size_t len = 0; len < strlen(text); len++) {
			char *copy = malloc(len ? len : 1);

			memcpy(copy, text, len);
			if (sdp_parse(&offer, copy, len, &err) == 0)
				sdp_choose(&offer, &err);
			free(copy);
		}
	}
}

/* Property: the answer reads again, m-line for m-line, and holds no byte of a line we did not write. */
static void test_answer_reads_again_as_the_same_m_lines(void **state)
{
	static const char *const names[] = { "chromium-video-audio.sdp", "firefox.sdp", "safari.sdp",
					     "aiortc.sdp", "gstreamer.sdp", "with-data-channel.sdp" };
	static struct sdp_offer again;

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(names); n++) {
		answer_to(names[n]);
		if (sdp_parse(&again, answer_text, strlen(answer_text), &err) < 0)
			fail_msg("%s: %s", names[n], err.text);
		assert_int_equal(again.media_count, offer.media_count);
		assert_true(again.ice_lite);
		for (size_t i = 0; i < again.media_count; i++) {
			bool served = i == offer.chosen.media;

			assert_string_equal(again.media[i].mid, offer.media[i].mid);
			assert_int_equal(again.media[i].kind, offer.media[i].kind);
			assert_int_equal(again.media[i].port != 0, served);
			assert_int_equal(again.media[i].bundled, served);
			assert_int_equal(again.media[i].transport.has_fingerprint, served);
		}
	}
}

static void test_answer_that_does_not_fit_says_so(void **state)
{
	int len;

	(void)state;
	answer_to("firefox.sdp");
	len = (int)strlen(answer_text);
	for (int size = 1; size <= len; size += 7)
		assert_int_equal(sdp_write_answer(answer_text, (size_t)size, &offer, &station, &err), ERR_FULL);
	assert_int_equal(sdp_write_answer(answer_text, (size_t)len + 1, &offer, &station, &err), len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chromium_gets_constrained_baseline_in_mode_1),
		cmocka_unit_test(test_firefox_is_answered_with_session_level_fingerprint),
		cmocka_unit_test(test_firefox_without_h264_is_told_of_the_addon),
		cmocka_unit_test(test_safari_has_its_video_second),
		cmocka_unit_test(test_aiortc_and_gstreamer_are_answered),
		cmocka_unit_test(test_baseline_is_the_second_choice),
		cmocka_unit_test(test_offer_that_cannot_be_served_is_refused_with_its_reason),
		cmocka_unit_test(test_malformed_offer_is_refused_with_its_line),
		cmocka_unit_test(test_two_m_lines_of_one_mid_are_refused),
		cmocka_unit_test(test_caps_hold),
		cmocka_unit_test(test_every_truncation_is_safe),
		cmocka_unit_test(test_answer_reads_again_as_the_same_m_lines),
		cmocka_unit_test(test_answer_that_does_not_fit_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
