/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A head that is accepted is one: every piece lies inside it, nothing in it could be read as a line end
 * or a second framing, and reading its first bytes alone can only have asked for more.
 */
#include <stdlib.h>
#include <string.h>

#include "station/web/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void inside(struct http_text text, const char *head, size_t len)
{
	require(!text.at || (text.at >= head && text.at + text.len <= head + len));
	require(!text.at || (!memchr(text.at, '\r', text.len) && !memchr(text.at, '\n', text.len) &&
			     !memchr(text.at, 0, text.len)));
}

static void check_fields(const struct http_request *request, const char *head)
{
	unsigned hosts = 0, lengths = 0;

	for (unsigned i = 0; i < request->header_count; i++) {
		struct http_text name = request->headers[i].name;

		inside(name, head, request->head_len);
		inside(request->headers[i].value, head, request->head_len);
		require(name.len && !memchr(name.at, ' ', name.len));
		hosts += http_equals_nocase(name, "Host");
		lengths += http_equals_nocase(name, "Content-Length");
		require(!http_equals_nocase(name, "Transfer-Encoding"));
	}
	require(hosts == 1 && lengths <= 1);
	require(lengths == 1 || request->body_len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	const char *head = (const char *)bytes;
	struct http_request request, again;
	struct err err = { 0 };
	int status = 0;
	int rc = http_parse(&request, head, len_bytes, &status, &err);

	if (rc == ERR_PROTO) {
		require(status >= 400 && status <= 505 && *err.text);
		return 0;
	}
	if (rc == ERR_AGAIN) {
		require(len_bytes < HTTP_HEAD_MAX);
		return 0;
	}
	require(request.head_len <= len_bytes && request.head_len <= HTTP_HEAD_MAX);
	require(memcmp(head + request.head_len - 4, "\r\n\r\n", 4) == 0);
	require(request.path.len && request.path.at[0] == '/');
	inside(request.path, head, request.head_len);
	inside(request.query, head, request.head_len);
	check_fields(&request, head);
	require(http_parse(&again, head, request.head_len, &status, &err) == 0);
	require(http_parse(&again, head, request.head_len - 1, &status, &err) == ERR_AGAIN);
	return 0;
}
