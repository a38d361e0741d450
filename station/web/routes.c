/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One table says what there is. Whoever has shown no authority learns nothing from it: the question
 * who somebody is comes before the one whether a path exists.
 */
#include "station/web/routes.h"

#include <stdio.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/web/page.h"
#include "station/web/seat.h"
#include "station/web/server.h"
#include "station/web/session.h"
#include "station/web/shelf.h"
#include "station/web/whep.h"

enum who {
	ANYONE,			/* of no foreign origin: an answer without content */
	AUTHORISED,
	BY_PASS,		/* a pass shown in this very request */
};

struct route {
	enum http_method method;
	const char *path;	/* a star at its end: one more piece; NULL: the page's files */
	enum who who;
	enum auth_kind kind;
	size_t body_max;
	const char *type;	/* Content-Type that its body must have; NULL: any */
	void (*answer)(struct conn *conn, const struct http_request *request, struct http_text body);
};

#define SDP_MAX 16384

static const struct route routes[] = {
	{ HTTP_GET, NULL, AUTHORISED, AUTH_SAFE, 0, NULL, page_get },
	{ HTTP_GET, "/still/*", AUTHORISED, AUTH_SAFE, 0, NULL, shelf_get },
	{ HTTP_GET, "/seat", AUTHORISED, AUTH_SOCKET, 0, NULL, seat_open },
	{ HTTP_POST, "/session", BY_PASS, AUTH_UNSAFE, 1024, NULL, session_begin },
	{ HTTP_DELETE, "/session", AUTHORISED, AUTH_UNSAFE, 0, NULL, session_end },
	{ HTTP_POST, "/whep", AUTHORISED, AUTH_UNSAFE, SDP_MAX, "application/sdp", whep_post },
	{ HTTP_OPTIONS, "/whep", ANYONE, AUTH_SAFE, 0, NULL, whep_options },
	{ HTTP_DELETE, "/whep/*", AUTHORISED, AUTH_UNSAFE, 0, NULL, whep_delete },
	{ HTTP_PATCH, "/whep/*", AUTHORISED, AUTH_UNSAFE, SDP_MAX,
	  "application/trickle-ice-sdpfrag", whep_patch },
};

static bool matches(const struct route *route, struct http_text path)
{
	size_t len;

	if (!route->path)
		return page_find(path) != NULL;
	len = strlen(route->path);
	if (route->path[len - 1] != '*')
		return http_equals(path, route->path);
	return path.len >= len && memcmp(path.at, route->path, len - 1) == 0 &&
	       !memchr(path.at + len - 1, '/', path.len - (len - 1));
}

static const struct route *find(const struct http_request *request)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		bool page = !routes[i].path;	/* only the page's files have a head without a body */

		if (routes[i].method != request->method && !(page && request->method == HTTP_HEAD))
			continue;
		if (matches(&routes[i], request->path))
			return &routes[i];
	}
	return NULL;
}

/* 404, or 405 with what could have been asked of this path. */
static void say_none(struct conn *conn, const struct http_request *request)
{
	char allow[128] = "";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		if (matches(&routes[i], request->path))
			len += (size_t)snprintf(allow + len, sizeof allow - len, "%s%s%s",
						len ? ", " : "Allow: ",
						http_method_name(routes[i].method),
						routes[i].path ? "" : ", HEAD");
	if (!len) {
		conn_say(conn, 404, NULL, "There is nothing here.");
		return;
	}
	snprintf(allow + len, sizeof allow - len, "\r\n");
	conn_say(conn, 405, allow, "That cannot be done with this.");
}

static void tell_guessing(struct conn *conn)
{
	uint64_t now_ns = clock_mono_ns();

	if (now_ns - conn->web->told_guess_ns < 10 * NS_PER_S)
		return;
	conn->web->told_guess_ns = now_ns;
	log_warning("web: %s has tried too many wrong passes and has to wait", conn->peer);
}

static void say_no(struct conn *conn, const struct http_request *request, const struct auth_no *no,
		   const struct err *err)
{
	char fields[64] = "";

	if (no->status == 401)
		conn->web->stats.refused_401++;
	if (no->status == 403)
		conn->web->stats.refused_403++;
	if (no->status == 401 && page_find(request->path) &&
	    (request->method == HTTP_GET || request->method == HTTP_HEAD)) {
		page_sign_in(conn);
		return;
	}
	if (no->status == 429)
		tell_guessing(conn);
	if (no->status == 401)
		snprintf(fields, sizeof fields, "WWW-Authenticate: Bearer realm=\"ostend\"\r\n");
	if (no->status == 429 || no->status == 503)
		snprintf(fields, sizeof fields, "Retry-After: %u\r\n", MAX(no->retry_s, 1u));
	conn_say(conn, no->status, fields, err->text);
}

static enum auth_kind kind_of(const struct route *route, const struct http_request *request)
{
	if (route)
		return route->kind;
	return request->method == HTTP_GET || request->method == HTTP_HEAD ||
	       request->method == HTTP_OPTIONS ? AUTH_SAFE : AUTH_UNSAFE;
}

static int identify(struct conn *conn, const struct route *route,
		    const struct http_request *request, struct auth_no *no, struct err *err)
{
	struct identity certificate;
	struct auth_question question = {
		.guard = conn->web->guard,
		.request = request,
		.certificate = tls_identity(conn->ssl, &certificate) ? &certificate : NULL,
		.holder = whep_holder(conn->web, request->path),
		.peer = conn->peer,
		.kind = kind_of(route, request),
		.new_session = route && (route->who == BY_PASS || http_equals(request->path, "/")),
	};
	int rc = auth_identify(&question, &conn->who, no, err);

	if (rc == 0 && route && route->who == BY_PASS && conn->who.means != AUTH_PASS) {
		no->status = 401;
		return err_set(err, ERR_DENIED, "Show a pass: Authorization: Bearer PASS.");
	}
	return rc;
}

static bool has_type(const struct http_request *request, const char *type)
{
	struct http_text field = http_header(request, "Content-Type");
	const char *parameters = field.len ? memchr(field.at, ';', field.len) : NULL;

	if (parameters)
		field.len = (size_t)(parameters - field.at);
	while (field.len && (field.at[field.len - 1] == ' ' || field.at[field.len - 1] == '\t'))
		field.len--;
	return http_equals_nocase(field, type);
}

static bool body_fits(struct conn *conn, const struct route *route,
		      const struct http_request *request)
{
	char fields[96];

	if (request->body_len > route->body_max) {
		conn_say(conn, 413, NULL, "The body is too long.");
		return false;
	}
	if (route->type && !has_type(request, route->type)) {
		snprintf(fields, sizeof fields, "Accept-%s: %s\r\n",
			 route->method == HTTP_PATCH ? "Patch" : "Post", route->type);
		conn_say(conn, 415, fields, "The body is of another type than is understood here.");
		return false;
	}
	return true;
}

bool routes_begin(struct conn *conn, const struct http_request *request)
{
	const struct route *route = find(request);
	struct err err = { 0 };
	struct auth_no no;
	int rc = auth_check_origin(&conn->web->hosts, request, &no, &err);

	if (rc == 0 && (!route || route->who != ANYONE)) {
		rc = identify(conn, route, request, &no, &err);
		conn->known |= rc == 0;
	}
	if (rc < 0) {
		conn->who = (struct auth_peer){ 0 };
		say_no(conn, request, &no, &err);
		return false;
	}
	if (!route) {
		say_none(conn, request);
		return false;
	}
	return body_fits(conn, route, request);
}

void routes_finish(struct conn *conn, const struct http_request *request, struct http_text body)
{
	find(request)->answer(conn, request, body);
}
