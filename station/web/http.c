/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The head is searched for its end first, and on that way every byte is held against what may stand
 * in a head at all: a lone CR or LF, a NUL, a control character end the request before anything is
 * interpreted. What remains are whole lines, which are cut into pieces without copying.
 */
#include "station/web/http.h"

#include <string.h>
#include <strings.h>

/* Tokens of RFC 9110 5.6.2 beside letters and digits. */
static bool is_token(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int refuse(int *status, struct err *err, int code, const char *reason)
{
	*status = code;
	return err_set(err, ERR_PROTO, "%s", reason);
}

/* One byte at @at: 0 when it may stand in a head, else the reason. */
static const char *bad_byte(const char *bytes, size_t at, size_t len)
{
	unsigned char c = (unsigned char)bytes[at];

	if (c == '\n' && (at == 0 || bytes[at - 1] != '\r'))
		return "a line feed without a carriage return";
	if (c == '\r' && at + 1 < len && bytes[at + 1] != '\n')
		return "a carriage return without a line feed";
	if ((c < 0x20 && c != '\r' && c != '\n' && c != '\t') || c == 0x7f)
		return "a control character in the head";
	return NULL;
}

/* The length of the head with its empty line; ERR_AGAIN; ERR_PROTO. */
static int find_end(const char *bytes, size_t len, int *status, struct err *err)
{
	size_t line = 0;

	for (size_t at = 0; at < len && at < HTTP_HEAD_MAX; at++) {
		const char *bad = bad_byte(bytes, at, len);

		if (bad)
			return refuse(status, err, 400, bad);
		if (bytes[at] != '\n')
			continue;
		if (at - line == 1)		/* nothing but CR: the empty line */
			return (int)at + 1;
		line = at + 1;
	}
	if (len >= HTTP_HEAD_MAX)
		return refuse(status, err, 431, "a head of more than 16 KiB");
	return ERR_AGAIN;
}

const char *http_method_name(enum http_method method)
{
	static const char *const names[HTTP_METHOD_COUNT] = {
		[HTTP_GET] = "GET",	[HTTP_HEAD] = "HEAD",	  [HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT",	[HTTP_PATCH] = "PATCH",	  [HTTP_DELETE] = "DELETE",
		[HTTP_OPTIONS] = "OPTIONS",
	};

	return names[method];
}

static struct http_text up_to(struct http_text *line, char end)
{
	const char *found = line->len ? memchr(line->at, end, line->len) : NULL;
	struct http_text piece = { line->at, found ? (size_t)(found - line->at) : line->len };

	line->at = found ? found + 1 : NULL;
	line->len = found ? line->len - piece.len - 1 : 0;
	return piece;
}

static bool read_method(struct http_request *out, struct http_text name)
{
	for (unsigned i = 0; i < HTTP_METHOD_COUNT; i++) {
		if (http_equals(name, http_method_name(i))) {
			out->method = i;
			return true;
		}
	}
	return false;
}

static bool is_method(struct http_text name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_token((unsigned char)name.at[i]))
			return false;
	return name.len > 0;
}

static bool read_target(struct http_request *out, struct http_text target)
{
	if (target.len == 0 || target.at[0] != '/')
		return false;
	for (size_t i = 0; i < target.len; i++)
		if ((unsigned char)target.at[i] <= 0x20 || (unsigned char)target.at[i] >= 0x7f ||
		    target.at[i] == '#')
			return false;
	out->path = up_to(&target, '?');
	out->query = target;
	return true;
}

static int read_request_line(struct http_request *out, struct http_text line, int *status,
			     struct err *err)
{
	struct http_text method = up_to(&line, ' '), target = up_to(&line, ' ');

	if (!is_method(method) || !line.at || line.len != 8 || memcmp(line.at, "HTTP/", 5) != 0)
		return refuse(status, err, 400, "no request line");
	if (!read_target(out, target))
		return refuse(status, err, 400, "a target that is no plain path");
	if (!http_equals(line, "HTTP/1.1"))
		return refuse(status, err, 505, "only HTTP/1.1 is spoken here");
	if (!read_method(out, method))
		return refuse(status, err, 501, "an unknown method");
	return 0;
}

static struct http_text trimmed(struct http_text text)
{
	while (text.len && is_blank(text.at[0])) {
		text.at++;
		text.len--;
	}
	while (text.len && is_blank(text.at[text.len - 1]))
		text.len--;
	return text;
}

static int read_field(struct http_request *out, struct http_text line, int *status, struct err *err)
{
	struct http_text name = up_to(&line, ':');

	if (!line.at || !is_method(name))	/* also a folded line, which begins with a blank */
		return refuse(status, err, 400, "a header line without a proper name");
	if (out->header_count == HTTP_HEADERS_MAX)
		return refuse(status, err, 431, "more than 64 headers");
	out->headers[out->header_count].name = name;
	out->headers[out->header_count++].value = trimmed(line);
	return 0;
}

/* Fields of which a second one would be read differently by somebody. */
static bool may_stand_once(struct http_text name)
{
	static const char *const once[] = {
		"Host", "Content-Length", "Content-Type", "Origin", "Authorization", "Cookie", "Expect",
		"Upgrade", "Sec-Fetch-Site", "X-Ostend", "If-Match", "Sec-WebSocket-Key",
		"Sec-WebSocket-Version", "Sec-WebSocket-Protocol",
	};

	for (size_t i = 0; i < ARRAY_LEN(once); i++)
		if (http_equals_nocase(name, once[i]))
			return true;
	return false;
}

static bool has_duplicate(const struct http_request *request)
{
	for (unsigned i = 0; i < request->header_count; i++) {
		struct http_text name = request->headers[i].name;

		if (!may_stand_once(name))
			continue;
		for (unsigned k = 0; k < i; k++)
			if (request->headers[k].name.len == name.len &&
			    strncasecmp(request->headers[k].name.at, name.at, name.len) == 0)
				return true;
	}
	return false;
}

static bool read_length(uint64_t *out, struct http_text text)
{
	*out = 0;
	if (text.len == 0 || text.len > 15)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(text.at[i] - '0');
	}
	return true;
}

static int read_framing(struct http_request *out, int *status, struct err *err)
{
	struct http_text length = http_header(out, "Content-Length");
	struct http_text expect = http_header(out, "Expect");

	if (http_header(out, "Transfer-Encoding").at)
		return refuse(status, err, 411, "send a Content-Length, no Transfer-Encoding");
	if (length.at && !read_length(&out->body_len, length))
		return refuse(status, err, 400, "a Content-Length that is no number");
	out->host = http_header(out, "Host");
	if (!out->host.at || out->host.len == 0)
		return refuse(status, err, 400, "no Host");
	if (expect.at && !http_equals_nocase(expect, "100-continue"))
		return refuse(status, err, 417, "an unknown expectation");
	out->expect_continue = expect.at != NULL;
	out->close = http_has_token(out, "Connection", "close");
	return 0;
}

int http_parse(struct http_request *out, const char *bytes, size_t len_bytes, int *status,
	       struct err *err)
{
	int head_len = find_end(bytes, len_bytes, status, err);
	struct http_text rest = { bytes, 0 };
	struct http_text line;
	int rc;

	if (head_len < 0)
		return head_len;
	memset(out, 0, offsetof(struct http_request, headers));
	out->head_len = (size_t)head_len;
	rest.len = out->head_len - 2;		/* without the empty line */
	line = up_to(&rest, '\r');
	rc = read_request_line(out, line, status, err);
	while (rc == 0 && rest.len > 1) {
		rest.at++;			/* the LF after each CR */
		rest.len--;
		line = up_to(&rest, '\r');
		rc = read_field(out, line, status, err);
	}
	if (rc < 0)
		return rc;
	if (has_duplicate(out))
		return refuse(status, err, 400, "a header that may stand only once stands twice");
	return read_framing(out, status, err);
}

struct http_text http_header(const struct http_request *request, const char *name)
{
	for (unsigned i = 0; i < request->header_count; i++)
		if (http_equals_nocase(request->headers[i].name, name))
			return request->headers[i].value;
	return (struct http_text){ NULL, 0 };
}

bool http_next_token(struct http_text *item, struct http_text *list)
{
	while (list->at && list->len) {
		*item = trimmed(up_to(list, ','));
		if (item->len)
			return true;
	}
	return false;
}

bool http_has_token(const struct http_request *request, const char *name, const char *token)
{
	for (unsigned i = 0; i < request->header_count; i++) {
		struct http_text list = request->headers[i].value, item;

		if (!http_equals_nocase(request->headers[i].name, name))
			continue;
		while (http_next_token(&item, &list))
			if (http_equals_nocase(item, token))
				return true;
	}
	return false;
}

bool http_equals(struct http_text text, const char *other)
{
	return text.at && strlen(other) == text.len && memcmp(text.at, other, text.len) == 0;
}

bool http_equals_nocase(struct http_text text, const char *other)
{
	return text.at && strlen(other) == text.len && strncasecmp(text.at, other, text.len) == 0;
}
