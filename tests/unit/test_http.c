/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/web/http.h"

/* The status a head is refused with; 0 when it is accepted, -1 when more is waited for. */
static int verdict_of(const char *bytes, size_t len)
{
	struct http_request request;
	struct err err = { 0 };
	int status = 0;
	int rc = http_parse(&request, bytes, len, &status, &err);

	return rc == 0 ? 0 : rc == ERR_AGAIN ? -1 : status;
}

static int verdict(const char *text)
{
	return verdict_of(text, strlen(text));
}

#define HEAD "GET /x HTTP/1.1\r\nHost: a\r\n"

static void test_http_reads_a_whole_request(void **state)
{
	static const char text[] = "POST /whep?x=1 HTTP/1.1\r\nHost: court:8443\r\nContent-Length: 3\r\n"
				   "x-odd:  two words \t\r\nConnection: foo, Close\r\n\r\nabcGET";
	struct http_request request;
	int status;

	(void)state;
	assert_int_equal(http_parse(&request, text, sizeof text - 1, &status, NULL), 0);
	assert_int_equal(request.method, HTTP_POST);
	assert_true(http_equals(request.path, "/whep"));
	assert_true(http_equals(request.query, "x=1"));
	assert_true(http_equals(request.host, "court:8443"));
	assert_true(http_equals(http_header(&request, "X-Odd"), "two words"));
	assert_int_equal(request.body_len, 3);
	assert_memory_equal(text + request.head_len, "abc", 3);
	assert_true(request.close);
	assert_null(http_header(&request, "Origin").at);
}

static void test_http_waits_at_every_cut_and_never_changes_its_mind(void **state)
{
	static const char text[] = "DELETE /whep/0a HTTP/1.1\r\nHost: a\r\nOrigin: https://a\r\n\r\n";

	(void)state;
	for (size_t len = 0; len < sizeof text - 1; len++)
		assert_int_equal(verdict_of(text, len), -1);
	assert_int_equal(verdict_of(text, sizeof text - 1), 0);
}

static void test_http_refuses_every_second_way_to_frame_a_body(void **state)
{
	(void)state;
	assert_int_equal(verdict(HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Content-Length: 3\r\ncontent-length: 4\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Content-Length: 3, 3\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Content-Length: +3\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Content-Length: 0x3\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Content-Length: -1\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Content-Length:\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Content-Length: 9999999999999999\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Transfer-Encoding: chunked\r\n\r\n"), 411);
	assert_int_equal(verdict(HEAD "Content-Length: 3\r\nTransfer-Encoding: identity\r\n\r\n"), 411);
	assert_int_equal(verdict(HEAD "Transfer-Encoding:\r\n\r\n"), 411);
	assert_int_equal(verdict(HEAD "Transfer-Encoding : chunked\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "X: y\r\n Transfer-Encoding: chunked\r\n\r\n"), 400);
}

static void test_http_refuses_other_line_ends_and_control_characters(void **state)
{
	static const char nul[] = HEAD "X: a\0b\r\n\r\n";

	(void)state;
	assert_int_equal(verdict("GET / HTTP/1.1\nHost: a\n\n"), 400);
	assert_int_equal(verdict(HEAD "X: a\rb\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "X: a\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "X: a\r\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "X: a\001b\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "X: a\177b\r\n\r\n"), 400);
	assert_int_equal(verdict_of(nul, sizeof nul - 1), 400);
	assert_int_equal(verdict("\r\n" HEAD "\r\n"), 400);
}

static void test_http_refuses_names_that_are_no_token(void **state)
{
	(void)state;
	assert_int_equal(verdict(HEAD "X : a\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD " X: a\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "X y: a\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD ": a\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Xa\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "X\xc3\xa4: a\r\n\r\n"), 400);
}

static void test_http_takes_one_host_and_no_less(void **state)
{
	(void)state;
	assert_int_equal(verdict("GET / HTTP/1.1\r\n\r\n"), 400);
	assert_int_equal(verdict("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Host: b\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Origin: https://a\r\nOrigin: https://b\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Cookie: a=1\r\nCookie: b=1\r\n\r\n"), 400);
}

static void test_http_refuses_odd_request_lines(void **state)
{
	(void)state;
	assert_int_equal(verdict("GET / HTTP/1.0\r\nHost: a\r\n\r\n"), 505);
	assert_int_equal(verdict("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
	assert_int_equal(verdict("GET / http/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(verdict("GET /\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(verdict("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(verdict("GET / x HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(verdict("GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(verdict("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(verdict("GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(verdict("CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
	assert_int_equal(verdict("get / HTTP/1.1\r\nHost: a\r\n\r\n"), 501);
	assert_int_equal(verdict("G(T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(verdict(HEAD "Expect: 200-ok\r\n\r\n"), 417);
}

static void test_http_bounds_the_head(void **state)
{
	static char text[HTTP_HEAD_MAX + 100];
	size_t len;

	(void)state;
	len = (size_t)snprintf(text, sizeof text, HEAD "X: ");
	memset(text + len, 'a', HTTP_HEAD_MAX - len - 4);
	memcpy(text + HTTP_HEAD_MAX - 4, "\r\n\r\n", 4);
	assert_int_equal(verdict_of(text, HTTP_HEAD_MAX), 0);
	memset(text + len, 'a', sizeof text - len);
	assert_int_equal(verdict_of(text, HTTP_HEAD_MAX - 1), -1);
	assert_int_equal(verdict_of(text, HTTP_HEAD_MAX), 431);
	len = (size_t)snprintf(text, sizeof text, HEAD);
	for (int i = 0; i < 63; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "X%d: y\r\n", i);
	memcpy(text + len, "\r\n", 2);
	assert_int_equal(verdict_of(text, len + 2), 0);
	memcpy(text + len, "Z: y\r\n\r\n", 8);
	assert_int_equal(verdict_of(text, len + 8), 431);
}

static void test_http_answers_carry_the_fields_of_safety(void **state)
{
	static const char *const lines[] = {
		"HTTP/1.1 404 Not Found\r\n", "\r\nDate: Wed, 25 Nov 2026 01:02:03 GMT\r\n",
		"\r\nStrict-Transport-Security: max-age=", "\r\nX-Content-Type-Options: nosniff\r\n",
		"\r\nCross-Origin-Opener-Policy: same-origin\r\n",
		"\r\nCross-Origin-Resource-Policy: same-origin\r\n",
		"\r\nReferrer-Policy: no-referrer\r\n", "\r\nPermissions-Policy: camera=()",
		"\r\nCache-Control: no-store\r\n", "\r\nContent-Security-Policy: default-src 'none';",
		"frame-ancestors 'none'", "\r\nContent-Length: 7\r\n", "\r\nX: y\r\n",
		"\r\nConnection: close\r\n\r\n",
	};
	struct http_response response = { .status = 404, .type = "text/plain", .body_len = 7, .fields = "X: y\r\n",
					  .close = true };
	struct buffer out = { 0 };

	(void)state;
	assert_int_equal(http_write_head(&out, &response, INT64_C(1795568523000000)), 0);
	assert_int_equal(buffer_add(&out, "", 1), 0);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!strstr(buffer_at(&out), lines[i]))
			fail_msg("no %s in %s", lines[i], buffer_at(&out));
	buffer_clear(&out);
}

static void test_http_knows_tokens_in_lists(void **state)
{
	static const char text[] = HEAD "Connection: keep-alive , Upgrade\r\nConnection: x\r\n\r\n";
	struct http_request request;
	int status;

	(void)state;
	assert_int_equal(http_parse(&request, text, sizeof text - 1, &status, NULL), 0);
	assert_true(http_has_token(&request, "connection", "upgrade"));
	assert_true(http_has_token(&request, "Connection", "x"));
	assert_false(http_has_token(&request, "Connection", "keep"));
	assert_false(request.close);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http_reads_a_whole_request),
		cmocka_unit_test(test_http_waits_at_every_cut_and_never_changes_its_mind),
		cmocka_unit_test(test_http_refuses_every_second_way_to_frame_a_body),
		cmocka_unit_test(test_http_refuses_other_line_ends_and_control_characters),
		cmocka_unit_test(test_http_refuses_names_that_are_no_token),
		cmocka_unit_test(test_http_takes_one_host_and_no_less),
		cmocka_unit_test(test_http_refuses_odd_request_lines),
		cmocka_unit_test(test_http_bounds_the_head),
		cmocka_unit_test(test_http_answers_carry_the_fields_of_safety),
		cmocka_unit_test(test_http_knows_tokens_in_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
