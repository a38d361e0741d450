/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/web/websocket.h"

struct end {
	struct websocket *socket;
	struct buffer out;
	char last[70000];
	size_t len;
	unsigned texts;
};

static void text(void *owner, const char *message, size_t len)
{
	struct end *end = owner;

	assert_int_equal(message[len], 0);
	memcpy(end->last, message, len + 1);
	end->len = len;
	end->texts++;
}

static int set_up(void **state)
{
	struct end *end = calloc(1, sizeof *end);

	*state = end;
	return websocket_new(&end->socket, &end->out, text, end, NULL);
}

static int tear_down(void **state)
{
	struct end *end = *state;

	websocket_free(end->socket);
	buffer_clear(&end->out);
	free(end);
	return 0;
}

/* A masked frame as a client sends it; @first is FIN, RSV and opcode. */
static void frame(struct end *end, uint8_t first, const void *payload, size_t len)
{
	static const uint8_t mask[4] = { 1, 2, 3, 4 };
	uint8_t *bytes = malloc(len + 14);
	size_t head = 2;

	bytes[0] = first;
	bytes[1] = 0x80 | (uint8_t)(len < 126 ? len : len < 65536 ? 126 : 127);
	for (int shift = len < 126 ? -8 : len < 65536 ? 8 : 56; shift >= 0; shift -= 8)
		bytes[head++] = (uint8_t)((uint64_t)len >> shift);
	memcpy(bytes + head, mask, 4);
	head += 4;
	for (size_t i = 0; i < len; i++)
		bytes[head + i] = ((const uint8_t *)payload)[i] ^ mask[i % 4];
	websocket_input(end->socket, bytes, head + len);
	free(bytes);
}

/* The close code the station has sent last; 0: none. */
static unsigned close_code(const struct end *end)
{
	const uint8_t *bytes = (const uint8_t *)buffer_at(&end->out);
	unsigned code = 0;

	for (size_t at = 0; at + 2 <= end->out.len; at += 2u + (bytes[at + 1] & 127))
		if (bytes[at] == 0x88 && bytes[at + 1] >= 2)
			code = (unsigned)bytes[at + 2] << 8 | bytes[at + 3];
	return code;
}

static void test_websocket_joins_fragments_with_a_ping_between(void **state)
{
	struct end *end = *state;

	frame(end, 0x01, "he", 2);
	frame(end, 0x89, "p", 1);
	assert_memory_equal(buffer_at(&end->out), "\x8a\x01p", 3);
	frame(end, 0x80, "llo", 3);
	assert_int_equal(end->texts, 1);
	assert_string_equal(end->last, "hello");
}

static void test_websocket_takes_bytes_one_by_one(void **state)
{
	static const uint8_t bytes[] = { 0x81, 0x83, 1, 2, 3, 4, 'a' ^ 1, 'b' ^ 2, 'c' ^ 3 };
	struct end *end = *state;

	for (size_t i = 0; i < sizeof bytes; i++)
		websocket_input(end->socket, bytes + i, 1);
	assert_string_equal(end->last, "abc");
}

static void test_websocket_takes_64_kib_and_not_a_byte_more(void **state)
{
	struct end *end = *state;
	static char big[WEBSOCKET_TEXT_MAX + 1];

	memset(big, 'x', sizeof big);
	frame(end, 0x81, big, WEBSOCKET_TEXT_MAX);
	assert_int_equal(end->len, WEBSOCKET_TEXT_MAX);
	assert_int_equal(close_code(end), 0);
	frame(end, 0x81, big, WEBSOCKET_TEXT_MAX + 1);
	assert_int_equal(close_code(end), 1009);
	assert_true(websocket_finished(end->socket));
	assert_int_equal(end->texts, 1);
}

static void test_websocket_counts_all_fragments_of_a_message(void **state)
{
	static char half[40000];
	struct end *end = *state;

	memset(half, 'x', sizeof half);
	frame(end, 0x01, half, sizeof half);
	frame(end, 0x80, half, sizeof half);
	assert_int_equal(close_code(end), 1009);
	assert_int_equal(end->texts, 0);
}

static void test_websocket_refuses_unmasked_frames(void **state)
{
	struct end *end = *state;

	websocket_input(end->socket, "\x81\x02hi", 4);
	assert_int_equal(close_code(end), 1002);
	assert_int_equal(end->texts, 0);
	assert_true(websocket_finished(end->socket));
}

static void test_websocket_refuses_what_breaks_the_protocol(void **state)
{
	static const uint8_t first[] = { 0xc1, 0xa1, 0x91, 0x83, 0x8b, 0x09, 0x80 };

	for (size_t i = 0; i < sizeof first; i++) {
		struct end *end;

		tear_down(state);
		set_up(state);
		end = *state;
		frame(end, first[i], "x", 1);
		if (close_code(end) != 1002)
			fail_msg("a frame that begins with %02x: %u", first[i], close_code(end));
		assert_true(websocket_finished(end->socket));
		assert_int_equal(end->texts, 0);
	}
}

static void test_websocket_refuses_long_control_frames(void **state)
{
	static char long_ping[126];
	struct end *end = *state;

	frame(end, 0x89, long_ping, sizeof long_ping);
	assert_int_equal(close_code(end), 1002);
	assert_true(websocket_finished(end->socket));
}

static void test_websocket_refuses_bad_utf8_and_nul(void **state)
{
	static const char *const bad[] = { "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xff", "\xe8\xaf" };
	struct end *end;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		tear_down(state);
		set_up(state);
		end = *state;
		frame(end, 0x81, bad[i], strlen(bad[i]));
		assert_int_equal(close_code(end), 1007);
		assert_int_equal(end->texts, 0);
	}
	tear_down(state);
	set_up(state);
	end = *state;
	frame(end, 0x81, "a\0b", 3);
	assert_int_equal(close_code(end), 1007);
	assert_int_equal(end->texts, 0);
}

static void test_websocket_refuses_binary(void **state)
{
	struct end *end = *state;

	frame(end, 0x82, "x", 1);
	assert_int_equal(close_code(end), 1003);
}

static void test_websocket_answers_a_close_and_is_finished(void **state)
{
	struct end *end = *state;

	frame(end, 0x88, "\x03\xe8" "bye", 5);
	assert_int_equal(close_code(end), 1000);
	assert_true(websocket_finished(end->socket));
	assert_int_equal(websocket_send(end->socket, "x", 1), ERR_STATE);
}

static void test_websocket_gives_no_text_after_its_own_close(void **state)
{
	struct end *end = *state;

	websocket_close(end->socket, WEBSOCKET_POLICY, "revoked");
	frame(end, 0x81, "late", 4);
	assert_int_equal(end->texts, 0);
	assert_false(websocket_finished(end->socket));
	frame(end, 0x88, "\x03\xf0", 2);
	assert_true(websocket_finished(end->socket));
}

static void test_websocket_bounds_what_waits_for_a_deaf_peer(void **state)
{
	static char message[1000];
	struct end *end = *state;
	int rc = 0;
	unsigned sent = 0;

	memset(message, 'x', sizeof message);
	for (; rc == 0 && sent < 1000; sent++)
		rc = websocket_send(end->socket, message, sizeof message);
	assert_int_equal(rc, ERR_FULL);
	assert_true(end->out.len <= WEBSOCKET_BACKLOG_MAX + 1100);
	for (int i = 0; i < 4000 && !websocket_finished(end->socket); i++)
		frame(end, 0x89, message, 125);
	assert_true(websocket_finished(end->socket));
	assert_true(end->out.len <= WEBSOCKET_BACKLOG_MAX + 1100);
}

static int check(const char *fields, char *accept)
{
	struct http_request request;
	struct err err = { 0 };
	char head[1024];
	int status = 0;

	snprintf(head, sizeof head, "GET /seat HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
	assert_int_equal(http_parse(&request, head, strlen(head), &status, &err), 0);
	return websocket_check(&request, "ostend.v1", accept, &status, &err) == 0 ? 101 : status;
}

#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define WS_VERSION "Sec-WebSocket-Version: 13\r\n"
#define PROTOCOL "Sec-WebSocket-Protocol: ostend.v1\r\n"

static void test_websocket_upgrade_is_that_of_the_rfc(void **state)
{
	char accept[29] = "";

	(void)state;
	assert_int_equal(check(UPGRADE KEY WS_VERSION PROTOCOL, accept), 101);
	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");	/* RFC 6455 1.3 */
	assert_int_equal(check(KEY WS_VERSION PROTOCOL, accept), 426);
	assert_int_equal(check(UPGRADE KEY PROTOCOL, accept), 426);
	assert_int_equal(check(UPGRADE KEY "Sec-WebSocket-Version: 8\r\n" PROTOCOL, accept), 426);
	assert_int_equal(check(UPGRADE WS_VERSION PROTOCOL, accept), 400);
	assert_int_equal(check(UPGRADE WS_VERSION PROTOCOL "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n", accept), 400);
	assert_int_equal(check(UPGRADE WS_VERSION PROTOCOL "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==\r\n",
			       accept), 400);
	assert_int_equal(check(UPGRADE KEY WS_VERSION, accept), 400);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_websocket_joins_fragments_with_a_ping_between),
		T(test_websocket_takes_bytes_one_by_one),
		T(test_websocket_takes_64_kib_and_not_a_byte_more),
		T(test_websocket_counts_all_fragments_of_a_message),
		T(test_websocket_refuses_unmasked_frames),
		T(test_websocket_refuses_what_breaks_the_protocol),
		T(test_websocket_refuses_long_control_frames),
		T(test_websocket_refuses_bad_utf8_and_nul),
		T(test_websocket_refuses_binary),
		T(test_websocket_answers_a_close_and_is_finished),
		T(test_websocket_gives_no_text_after_its_own_close),
		T(test_websocket_bounds_what_waits_for_a_deaf_peer),
		T(test_websocket_upgrade_is_that_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
