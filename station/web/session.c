/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cookie's name begins with __Host-, so that a browser takes it only from this very origin, and
 * it is Strict: no request that another site causes carries it.
 */
#include "station/web/session.h"

#include <stdio.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/web/seat.h"
#include "station/web/server.h"
#include "station/web/whep.h"

#define ATTRIBUTES "; Path=/; Secure; HttpOnly; SameSite=Strict"

const char *session_cookie(char *fields, size_t size, const struct auth_peer *who)
{
	int64_t left_s = (who->identity.expires_utc_us - clock_utc_us()) / 1000000;

	*fields = '\0';
	if (who->means == AUTH_PASS && *who->session)
		snprintf(fields, size, "Set-Cookie: " AUTH_COOKIE "=%s" ATTRIBUTES "; Max-Age=%lld\r\n",
			 who->session, (long long)MAX(left_s, 1));
	return fields;
}

void session_begin(struct conn *conn, const struct http_request *request, struct http_text body)
{
	char fields[256];
	struct http_response response = { .status = 204, .fields = fields };

	(void)request, (void)body;
	session_cookie(fields, sizeof fields, &conn->who);
	conn_answer(conn, &response, NULL);
}

static void close_seats(struct web *web, const char *session)
{
	struct conn *next;

	for (struct conn *conn = web->conns; conn; conn = next) {
		next = conn->next;
		if (conn->seat && conn->who.means == AUTH_SESSION &&
		    strcmp(conn->who.session, session) == 0)
			seat_cut(conn, WEBSOCKET_POLICY, "signed out");
	}
}

void session_end(struct conn *conn, const struct http_request *request, struct http_text body)
{
	struct http_response response = {
		.status = 204,
		.fields = "Set-Cookie: " AUTH_COOKIE "=" ATTRIBUTES "; Max-Age=0\r\n",
	};
	char session[GUARD_TOKEN_SIZE];
	struct err err = { 0 };

	(void)body;
	if (auth_cookie(request, session)) {
		if (guard_end_session(conn->web->guard, session, &err) < 0) {
			log_error("web: %s", err.text);
			conn_say(conn, 503, NULL, "The station could not record the signing out.");
			return;
		}
		close_seats(conn->web, session);
		whep_end_session(conn->web, session);
	}
	conn_answer(conn, &response, NULL);
}
