/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.h - HTTP/1.1 as this station speaks it: reading a request's head, writing an answer's.
 *
 * Pure functions over bytes (RFC 9112), stricter than the RFC asks: there is one way to frame a
 * request, Content-Length or nothing, so that no two readers can disagree where it ends.
 */
#ifndef OSTEND_WEB_HTTP_H
#define OSTEND_WEB_HTTP_H

#include <stdbool.h>

#include "station/base/err.h"
#include "station/web/buffer.h"

#define HTTP_HEAD_MAX 16384
#define HTTP_HEADERS_MAX 64

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_METHOD_COUNT
};

const char *http_method_name(enum http_method method);

struct http_text {		/* a piece of the head; not NUL-ended */
	const char *at;		/* NULL: absent */
	size_t len;
};

struct http_request {
	enum http_method method;
	struct http_text path;		/* from '/', as sent: nothing is decoded */
	struct http_text query;		/* after '?'; absent when there is none */
	struct http_text host;
	uint64_t body_len;		/* Content-Length, 0 without one */
	size_t head_len;		/* bytes up to the first of the body */
	bool close;			/* "Connection: close" */
	bool expect_continue;
	unsigned header_count;
	struct {
		struct http_text name, value;
	} headers[HTTP_HEADERS_MAX];
};

/**
 * Read the head at the start of @bytes.
 *
 * Refused: line ends other than CR LF, NUL and other control characters, names that are no token,
 * folded lines (RFC 9112 5.2), more than one of a field that may stand once (Host, Content-Length,
 * Origin, ...), any Transfer-Encoding, a target that does not begin with '/', versions but 1.1.
 *
 * @out    pieces of it point into @bytes; only valid with 0
 * @status on ERR_PROTO the answer that fits: 400, 411, 417, 431, 501 or 505
 * @return 0; ERR_AGAIN when the head is not complete; ERR_PROTO with the reason in @err
 */
int http_parse(struct http_request *out, const char *bytes, size_t len_bytes, int *status,
	       struct err *err);

/** The value of the first field @name (any case); at is NULL when there is none. */
struct http_text http_header(const struct http_request *request, const char *name);

/** Whether a comma-separated field @name, in any of its lines, holds @token (any case). */
bool http_has_token(const struct http_request *request, const char *name, const char *token);

/** Take the next member of the comma-separated @list into @item, trimmed; false at its end. */
bool http_next_token(struct http_text *item, struct http_text *list);

bool http_equals(struct http_text text, const char *other);		/* byte by byte */
bool http_equals_nocase(struct http_text text, const char *other);	/* ASCII letters alike */

struct http_response {
	int status;
	const char *type;		/* Content-Type; NULL without a body */
	size_t body_len;
	const char *policy;		/* Content-Security-Policy; NULL: HTTP_POLICY_NONE */
	const char *cache;		/* Cache-Control; NULL: no-store */
	const char *fields;		/* further lines, each ended by CR LF; NULL: none */
	bool close;
};

/* The policy of everything that is not the page: nothing may be loaded or run. */
#define HTTP_POLICY_NONE "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** Append the head of @response, with the fields of safety that every answer here carries. ERR_NOMEM. */
int http_write_head(struct buffer *out, const struct http_response *response, int64_t now_utc_us);

const char *http_reason(int status);	/* "Not Found" */

#endif
