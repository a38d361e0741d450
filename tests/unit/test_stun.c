/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "station/base/openssl.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "station/stream/bytes.h"
#include "station/stream/stun.h"

#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

/* RFC 5769 2.1: sample request */
static const uint8_t rfc_request[] = {
	0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
	0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
	0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
	0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
	0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
	0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
	0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
};
/* RFC 5769 2.2: sample IPv4 response */
static const uint8_t rfc_response_4[] = {
	0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
	0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
	0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
	0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
	0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};
/* RFC 5769 2.3: sample IPv6 response */
static const uint8_t rfc_response_6[] = {
	0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
	0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
	0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa,
	0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14,
	0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75,
	0xbf, 0xe3, 0xed, 0x41, 0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c,
};

static const struct stun_credentials rfc_peer = { "evtj", "h6vY", PASSWORD };
static const struct stun_credentials peer = { "stationX", "abcd", PASSWORD };

/* A message under construction: attributes, then MESSAGE-INTEGRITY and FINGERPRINT as asked. */
struct draft {
	uint8_t bytes[1500];
	size_t len;
};

static void draft_header(struct draft *draft, uint16_t type)
{
	memset(draft, 0, sizeof *draft);
	be16_put(draft->bytes, type);
	be32_put(draft->bytes + 4, 0x2112a442);
	memset(draft->bytes + 8, 0x5a, 12);
	draft->len = 20;
}

static void draft_attribute(struct draft *draft, uint16_t type, const void *value, size_t len)
{
	be16_put(draft->bytes + draft->len, type);
	be16_put(draft->bytes + draft->len + 2, (uint16_t)len);
	if (len)
		memcpy(draft->bytes + draft->len + 4, value, len);
	draft->len += 4 + ((len + 3) & ~(size_t)3);
	be16_put(draft->bytes + 2, (uint16_t)(draft->len - 20));
}

static void draft_integrity(struct draft *draft, const char *password)
{
	uint8_t mac[20];
	size_t covered = draft->len;

	draft_attribute(draft, 0x0008, "01234567890123456789", 20);
	HMAC(EVP_sha1(), password, (int)strlen(password), draft->bytes, covered, mac, NULL);
	memcpy(draft->bytes + covered + 4, mac, 20);
}

static uint32_t slow_crc32(const uint8_t *bytes, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < 8 * len; i++) {
		uint32_t bit = (crc ^ (bytes[i / 8] >> i % 8)) & 1;

		crc = crc >> 1 ^ (bit ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void draft_fingerprint(struct draft *draft)
{
	uint8_t value[4] = { 0 };
	size_t at = draft->len;

	draft_attribute(draft, 0x8028, value, 4);
	be32_put(draft->bytes + at + 4, slow_crc32(draft->bytes, at) ^ 0x5354554e);
}

static void draft_check(struct draft *draft, const char *username)
{
	draft_header(draft, 0x0001);
	draft_attribute(draft, 0x0006, username, strlen(username));
	draft_attribute(draft, 0x802a, "\1\2\3\4\5\6\7\10", 8);
	draft_attribute(draft, 0x0025, NULL, 0);
	draft_attribute(draft, 0x0024, "\x6e\x7f\x1e\xff", 4);
}

static void draft_seal(struct draft *draft)
{
	draft_integrity(draft, PASSWORD);
	draft_fingerprint(draft);
}

static int parse_and_verify(struct stun_message *message, const struct draft *draft)
{
	int rc = stun_parse(message, draft->bytes, draft->len);

	return rc < 0 ? rc : stun_verify(message, &peer);
}

static void test_stun_reads_the_request_of_rfc_5769(void **state)
{
	struct stun_message message;

	(void)state;
	assert_int_equal(stun_parse(&message, rfc_request, sizeof rfc_request), 0);
	assert_int_equal(message.class, STUN_REQUEST);
	assert_int_equal(message.method, 1);
	assert_int_equal(message.ufrag_len, 4);
	assert_memory_equal(message.ufrag, "evtj", 4);
	assert_int_equal(message.peer_ufrag_len, 4);
	assert_memory_equal(message.peer_ufrag, "h6vY", 4);
	assert_int_equal(message.priority, 0x6e0001ff);
	assert_true(message.controlled && message.fingerprint && !message.use_candidate);
	assert_true(message.tie_breaker == UINT64_C(0x932ff9b151263b36));
	assert_int_equal(message.unknown_count, 0);
	assert_int_equal(stun_verify(&message, &rfc_peer), 0);
	assert_int_equal(stun_judge(&message), STUN_ROLE_CONFLICT);
}

static void test_stun_reads_the_responses_of_rfc_5769(void **state)
{
	struct stun_message message;
	struct sockaddr_in *in4 = (struct sockaddr_in *)&message.mapped;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&message.mapped;
	char text[INET6_ADDRSTRLEN];

	(void)state;
	assert_int_equal(stun_parse(&message, rfc_response_4, sizeof rfc_response_4), 0);
	assert_int_equal(message.class, STUN_SUCCESS);
	assert_true(message.has_mapped && message.fingerprint);
	assert_int_equal(ntohs(in4->sin_port), 32853);
	assert_string_equal(inet_ntop(AF_INET, &in4->sin_addr, text, sizeof text), "192.0.2.1");
	assert_int_equal(stun_parse(&message, rfc_response_6, sizeof rfc_response_6), 0);
	assert_int_equal(ntohs(in6->sin6_port), 32853);
	assert_string_equal(inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text),
			    "2001:db8:1234:5678:11:2233:4455:6677");
	/* a lite agent sends no requests, so no response is ever believed */
	assert_int_equal(stun_verify(&message, &rfc_peer), ERR_DENIED);
}

static void test_stun_refuses_every_truncation(void **state)
{
	struct stun_message message;

	(void)state;
	for (size_t len = 0; len < sizeof rfc_request; len++) {
		uint8_t *copy = malloc(len ? len : 1);

		memcpy(copy, rfc_request, len);
		assert_int_equal(stun_parse(&message, copy, len), ERR_PROTO);
		free(copy);
	}
}

static void test_stun_refuses_every_changed_bit(void **state)
{
	struct stun_message message;
	uint8_t copy[sizeof rfc_request];

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof copy; bit++) {
		memcpy(copy, rfc_request, sizeof copy);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (stun_parse(&message, copy, sizeof copy) < 0 || stun_verify(&message, &rfc_peer) < 0)
			continue;
		/* only the type of the last attribute is left: it is then no FINGERPRINT any more */
		assert_in_range(bit / 8, sizeof copy - 8, sizeof copy - 7);
		assert_false(message.fingerprint);
		assert_int_equal(stun_judge(&message), STUN_BAD_REQUEST);
	}
}

static void test_stun_accepts_a_browsers_check(void **state)
{
	struct stun_message message;
	struct draft draft;

	(void)state;
	draft_check(&draft, "stationX:abcd");
	draft_attribute(&draft, 0xc057, "\0\1\0\1", 4);	/* libwebrtc's network cost: optional */
	draft_seal(&draft);
	assert_int_equal(parse_and_verify(&message, &draft), 0);
	assert_true(message.use_candidate && message.controlling);
	assert_int_equal(stun_judge(&message), STUN_ANSWER);
}

/* RFC 8445 7.3 and SECURITY: nobody but the peer of the session is answered */
static void test_stun_denies_strangers(void **state)
{
	static const char *const usernames[] = { "stationX", "stationX:", "stationX:abce", "stationY:abcd",
						 ":abcd", "abcd:stationX", "stationX:abcd:", "stationX:abcdabcd" };
	struct stun_message message;
	struct draft draft;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(usernames); i++) {
		draft_check(&draft, usernames[i]);
		draft_seal(&draft);
		assert_int_equal(parse_and_verify(&message, &draft), ERR_DENIED);
	}
	draft_check(&draft, "stationX:abcd");	/* no MESSAGE-INTEGRITY */
	draft_fingerprint(&draft);
	assert_int_equal(parse_and_verify(&message, &draft), ERR_DENIED);
	draft_check(&draft, "stationX:abcd");	/* a wrong one */
	draft_integrity(&draft, "not the password of this one");
	draft_fingerprint(&draft);
	assert_int_equal(parse_and_verify(&message, &draft), ERR_DENIED);
	draft_header(&draft, 0x0001);		/* no USERNAME */
	draft_attribute(&draft, 0x0024, "\x6e\x7f\x1e\xff", 4);
	draft_seal(&draft);
	assert_int_equal(parse_and_verify(&message, &draft), ERR_DENIED);
}

static void test_stun_denies_indications_and_other_methods(void **state)
{
	static const uint16_t types[] = { 0x0011, 0x0101, 0x0111, 0x0003 };
	struct stun_message message;
	struct draft draft;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		draft_check(&draft, "stationX:abcd");
		be16_put(draft.bytes, types[i]);
		draft_seal(&draft);
		assert_int_equal(parse_and_verify(&message, &draft), ERR_DENIED);
	}
}

static void test_stun_believes_nothing_after_integrity(void **state)
{
	struct stun_message message;
	struct draft draft;

	(void)state;
	draft_header(&draft, 0x0001);
	draft_attribute(&draft, 0x0006, "stationX:abcd", 13);
	draft_attribute(&draft, 0x0024, "\x6e\x7f\x1e\xff", 4);
	draft_integrity(&draft, PASSWORD);
	draft_attribute(&draft, 0x0025, NULL, 0);		/* USE-CANDIDATE by a third hand */
	draft_attribute(&draft, 0x0033, "abcd", 4);		/* unknown, required */
	draft_attribute(&draft, 0x8029, "\1\2\3\4\5\6\7\10", 8);
	draft_fingerprint(&draft);
	assert_int_equal(parse_and_verify(&message, &draft), 0);
	assert_false(message.use_candidate || message.controlled);
	assert_int_equal(stun_judge(&message), STUN_ANSWER);
}

static void test_stun_judges_as_rfc_8445_says(void **state)
{
	struct stun_message message;
	struct draft draft;

	(void)state;
	draft_check(&draft, "stationX:abcd");
	draft_integrity(&draft, PASSWORD);	/* no FINGERPRINT: 7.1.3 */
	assert_int_equal(parse_and_verify(&message, &draft), 0);
	assert_int_equal(stun_judge(&message), STUN_BAD_REQUEST);
	draft_header(&draft, 0x0001);		/* no PRIORITY: 7.1.1 */
	draft_attribute(&draft, 0x0006, "stationX:abcd", 13);
	draft_seal(&draft);
	assert_int_equal(parse_and_verify(&message, &draft), 0);
	assert_int_equal(stun_judge(&message), STUN_BAD_REQUEST);
	draft_check(&draft, "stationX:abcd");	/* both roles */
	draft_attribute(&draft, 0x8029, "\1\2\3\4\5\6\7\10", 8);
	draft_seal(&draft);
	assert_int_equal(parse_and_verify(&message, &draft), 0);
	assert_int_equal(stun_judge(&message), STUN_BAD_REQUEST);
	draft_check(&draft, "stationX:abcd");	/* RFC 8489 6.3.1 */
	draft_attribute(&draft, 0x0033, "abcd", 4);
	draft_seal(&draft);
	assert_int_equal(parse_and_verify(&message, &draft), 0);
	assert_int_equal(stun_judge(&message), STUN_UNKNOWN_ATTRIBUTE);
	assert_int_equal(message.unknown[0], 0x0033);
}

static void test_stun_refuses_wrong_attribute_sizes(void **state)
{
	static const struct { uint16_t type; size_t len; } wrong[] = {
		{ 0x0024, 3 }, { 0x0024, 8 }, { 0x0025, 4 }, { 0x8029, 4 }, { 0x802a, 12 }, { 0x0008, 16 },
		{ 0x0020, 4 }, { 0x0009, 2 }, { 0x8028, 8 }, { 0x0006, 514 },
	};
	static const uint8_t zero[520];
	struct stun_message message;
	struct draft draft;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		draft_header(&draft, 0x0001);
		draft_attribute(&draft, wrong[i].type, zero, wrong[i].len);
		assert_int_equal(stun_parse(&message, draft.bytes, draft.len), ERR_PROTO);
	}
	draft_check(&draft, "stationX:abcd");	/* FINGERPRINT must be the last */
	draft_seal(&draft);
	draft_attribute(&draft, 0x8022, "after", 5);
	assert_int_equal(stun_parse(&message, draft.bytes, draft.len), ERR_PROTO);
}

/* What we write, read again, with its integrity checked by an independent computation. */
static void expect_sealed(const uint8_t *answer, size_t len)
{
	struct draft draft = { .len = len - 32 };

	memcpy(draft.bytes, answer, draft.len);
	be16_put(draft.bytes + 2, (uint16_t)(draft.len - 20));
	draft_seal(&draft);
	assert_int_equal(draft.len, len);
	assert_memory_equal(draft.bytes, answer, len);
}

static void test_stun_answers_with_the_address_it_saw(void **state)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(50000) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(50001) };
	struct stun_message request, answer;
	uint8_t out[STUN_ANSWER_MAX];
	struct draft draft;
	size_t len;

	(void)state;
	draft_check(&draft, "stationX:abcd");
	draft_seal(&draft);
	stun_parse(&request, draft.bytes, draft.len);
	inet_pton(AF_INET, "198.18.0.2", &in4.sin_addr);
	len = stun_write_success(out, &request, (struct sockaddr *)&in4, PASSWORD);
	assert_int_equal(len, 64);
	expect_sealed(out, len);
	assert_int_equal(stun_parse(&answer, out, len), 0);
	assert_memory_equal(out + 4, draft.bytes + 4, 16);
	assert_int_equal(((struct sockaddr_in *)&answer.mapped)->sin_port, in4.sin_port);
	assert_int_equal(((struct sockaddr_in *)&answer.mapped)->sin_addr.s_addr, in4.sin_addr.s_addr);
	inet_pton(AF_INET6, "2001:db8::7", &in6.sin6_addr);
	len = stun_write_success(out, &request, (struct sockaddr *)&in6, PASSWORD);
	assert_int_equal(len, 76);
	expect_sealed(out, len);
	assert_int_equal(stun_parse(&answer, out, len), 0);
	assert_memory_equal(&((struct sockaddr_in6 *)&answer.mapped)->sin6_addr, &in6.sin6_addr, 16);
	inet_pton(AF_INET6, "::ffff:198.18.0.2", &in6.sin6_addr);	/* as a dual-stack socket says it */
	assert_int_equal(stun_write_success(out, &request, (struct sockaddr *)&in6, PASSWORD), 64);
}

static void test_stun_errors_name_their_cause(void **state)
{
	struct stun_message request, answer;
	uint8_t out[STUN_ANSWER_MAX];
	struct draft draft;
	size_t len;

	(void)state;
	draft_check(&draft, "stationX:abcd");
	for (uint16_t type = 0x0033; type < 0x0033 + 11; type++)
		draft_attribute(&draft, type, NULL, 0);
	draft_seal(&draft);
	stun_parse(&request, draft.bytes, draft.len);
	assert_int_equal(request.unknown_count, 11);
	len = stun_write_error(out, &request, STUN_UNKNOWN_ATTRIBUTE, PASSWORD);
	assert_in_range(len, 64, STUN_ANSWER_MAX);
	expect_sealed(out, len);
	assert_int_equal(stun_parse(&answer, out, len), 0);
	assert_int_equal(answer.class, STUN_ERROR);
	assert_int_equal(answer.error_code, 420);
	len = stun_write_error(out, &request, STUN_ROLE_CONFLICT, PASSWORD);
	expect_sealed(out, len);
	assert_int_equal(stun_parse(&answer, out, len), 0);
	assert_int_equal(answer.error_code, 487);
}

/* SECURITY 1.2: no reflector. The shortest requests that can be verified, and one too short. */
static void test_stun_answer_is_never_longer_than_the_request(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	static const struct stun_credentials shortest = { "abcd", "efgh", PASSWORD };
	struct stun_message request;
	uint8_t out[STUN_ANSWER_MAX];
	struct draft draft;

	(void)state;
	draft_header(&draft, 0x0001);
	draft_attribute(&draft, 0x0006, "abcd:efgh", 9);
	draft_integrity(&draft, PASSWORD);
	assert_int_equal(stun_parse(&request, draft.bytes, draft.len), 0);
	assert_int_equal(stun_verify(&request, &shortest), 0);
	assert_int_equal(stun_write_error(out, &request, STUN_BAD_REQUEST, PASSWORD), 60);
	assert_true(draft.len >= 60);
	assert_int_equal(stun_write_success(out, &request, (struct sockaddr *)&in6, PASSWORD), 0);
	draft_header(&draft, 0x0001);
	draft_attribute(&draft, 0x0006, "abcd:efgh", 9);
	draft_attribute(&draft, 0x0024, "\x6e\x7f\x1e\xff", 4);
	draft_seal(&draft);
	assert_int_equal(stun_parse(&request, draft.bytes, draft.len), 0);
	assert_int_equal(stun_judge(&request), STUN_ANSWER);
	assert_int_equal(stun_write_success(out, &request, (struct sockaddr *)&in6, PASSWORD), 76);
	assert_true(draft.len >= 76);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stun_reads_the_request_of_rfc_5769),
		cmocka_unit_test(test_stun_reads_the_responses_of_rfc_5769),
		cmocka_unit_test(test_stun_refuses_every_truncation),
		cmocka_unit_test(test_stun_refuses_every_changed_bit),
		cmocka_unit_test(test_stun_accepts_a_browsers_check),
		cmocka_unit_test(test_stun_denies_strangers),
		cmocka_unit_test(test_stun_denies_indications_and_other_methods),
		cmocka_unit_test(test_stun_believes_nothing_after_integrity),
		cmocka_unit_test(test_stun_judges_as_rfc_8445_says),
		cmocka_unit_test(test_stun_refuses_wrong_attribute_sizes),
		cmocka_unit_test(test_stun_answers_with_the_address_it_saw),
		cmocka_unit_test(test_stun_errors_name_their_cause),
		cmocka_unit_test(test_stun_answer_is_never_longer_than_the_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
