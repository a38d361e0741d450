/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/web/whep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/web/server.h"

#define RESOURCES_MAX 4096	/* far more than any station can serve */
#define PREFIX "/whep/"

struct whep {
	struct whep *next;
	uint64_t viewer, request;
	char name[33];			/* 128 random bits: what Location tells, and nothing else does */
	char etag[19];			/* of the ICE session, with its quotes */
	char peer[64];
	struct auth_peer who;
	struct conn *asker;		/* waits for the answer; NULL once it has it */
};

static void end(struct web *web, struct whep *whep, bool tell)
{
	struct web_event event = {
		.type = WEB_WHEP_END,
		.viewer = whep->viewer,
		.identity = whep->who.identity,
	};

	for (struct whep **at = &web->wheps; *at; at = &(*at)->next) {
		if (*at == whep) {
			*at = whep->next;
			break;
		}
	}
	web->stats.viewers--;
	memcpy(event.peer, whep->peer, sizeof event.peer);
	if (tell)
		web_emit_surely(web, &event);
	free(whep);
}

static struct whep *by_path(const struct web *web, struct http_text path)
{
	size_t len = sizeof PREFIX - 1;

	if (path.len != len + 32 || memcmp(path.at, PREFIX, len) != 0)
		return NULL;
	for (struct whep *whep = web->wheps; whep; whep = whep->next)
		if (CRYPTO_memcmp(whep->name, path.at + len, 32) == 0)
			return whep;
	return NULL;
}

/* Another's resource is no resource: the same answer for both. */
static struct whep *own(struct conn *conn, const struct http_request *request)
{
	struct whep *whep = by_path(conn->web, request->path);

	if (whep && auth_same(&whep->who, &conn->who))
		return whep;
	conn_say(conn, 404, NULL, "There is no such viewer.");
	return NULL;
}

const struct identity *whep_holder(const struct web *web, struct http_text path)
{
	const struct whep *whep = by_path(web, path);

	return whep ? &whep->who.identity : NULL;
}

static struct whep *make(struct conn *conn)
{
	struct whep *whep = conn->web->stats.viewers < RESOURCES_MAX ? calloc(1, sizeof *whep) : NULL;
	uint8_t random[24];

	if (!whep)
		return NULL;
	util_random(random, sizeof random);
	util_hex(whep->name, random, 16);
	whep->etag[0] = '"';
	util_hex(whep->etag + 1, random + 16, 8);
	whep->etag[17] = '"';	/* over the NUL of util_hex */
	whep->viewer = ++conn->web->last_number;
	whep->request = ++conn->web->last_number;
	whep->who = conn->who;
	memcpy(whep->peer, conn->peer, sizeof whep->peer);
	whep->asker = conn;
	whep->next = conn->web->wheps;
	conn->web->wheps = whep;
	conn->web->stats.viewers++;
	return whep;
}

static int emit_offer(struct web *web, const struct whep *whep, struct http_text body)
{
	CLEANUP(util_freep) char *offer = memchr(body.at, 0, body.len) ? NULL : strndup(body.at, body.len);
	struct web_event event = {
		.type = WEB_WHEP_OFFER,
		.request = whep->request,
		.viewer = whep->viewer,
		.identity = whep->who.identity,
	};

	memcpy(event.peer, whep->peer, sizeof event.peer);
	return offer ? web_emit(web, &event, offer) : ERR_PROTO;
}

void whep_post(struct conn *conn, const struct http_request *request, struct http_text body)
{
	struct whep *whep = make(conn);
	int rc;

	(void)request;
	rc = whep ? emit_offer(conn->web, whep, body) : ERR_FULL;
	if (rc == 0) {
		conn_wait(conn);
		return;
	}
	if (whep)
		end(conn->web, whep, false);
	if (rc == ERR_PROTO)
		conn_say(conn, 400, NULL, "The offer is no text.");
	else
		conn_say(conn, 503, "Retry-After: 1\r\n", "The station is busy.");
}

static void say_created(struct conn *conn, const struct whep *whep, const char *answer)
{
	char fields[128];
	struct http_response response = {
		.status = 201,
		.type = "application/sdp",
		.body_len = strlen(answer),
		.fields = fields,
	};

	snprintf(fields, sizeof fields, "Location: " PREFIX "%s\r\nETag: %s\r\n", whep->name,
		 whep->etag);
	conn_answer(conn, &response, answer);
}

static void say_refused(struct conn *conn, int rc, const char *sentence)
{
	if (rc == ERR_PROTO)
		conn_say(conn, 400, NULL, sentence);
	else if (rc == ERR_UNSUPPORTED)
		conn_say(conn, 415, NULL, sentence);
	else if (rc == ERR_DENIED)
		conn_say(conn, 403, NULL, sentence);
	else
		conn_say(conn, 503, "Retry-After: 2\r\n", sentence);
}

void whep_answer(struct web *web, uint64_t request, int rc, const char *text)
{
	struct whep *whep = web->wheps;
	struct conn *conn;

	while (whep && (whep->request != request || !whep->asker))
		whep = whep->next;
	if (!whep)
		return;		/* the asker is gone, and main was told so */
	conn = whep->asker;
	whep->asker = NULL;
	if (rc == 0) {
		say_created(conn, whep, text);
	} else {
		say_refused(conn, rc, text);
		end(web, whep, false);
	}
	conn_run(conn);
}

void whep_ended(struct web *web, uint64_t viewer)
{
	for (struct whep *whep = web->wheps; whep; whep = whep->next) {
		if (whep->viewer != viewer)
			continue;
		if (whep->asker)	/* ended before it was answered: whep_answer is still to come */
			return;
		end(web, whep, false);
		return;
	}
}

void whep_delete(struct conn *conn, const struct http_request *request, struct http_text body)
{
	struct whep *whep = own(conn, request);
	struct http_response response = { .status = 200 };

	(void)body;
	if (!whep)
		return;
	end(conn->web, whep, true);
	conn_answer(conn, &response, NULL);
}

/*
 * Candidates of an ICE-lite server's peer are learnt from its checks, so what trickles in is not
 * needed. If-Match: * asks for an ICE restart (RFC 9725 4.3.3), which a new POST does better.
 */
void whep_patch(struct conn *conn, const struct http_request *request, struct http_text body)
{
	struct http_text match = http_header(request, "If-Match");
	struct whep *whep = own(conn, request);
	struct http_response response = { .status = 204 };

	(void)body;
	if (!whep)
		return;
	if (http_equals(match, "*"))
		conn_say(conn, 422, NULL, "An ICE restart is a new POST here.");
	else if (match.at && !http_equals(match, whep->etag))
		conn_say(conn, 412, NULL, "That is not this ICE session.");
	else
		conn_answer(conn, &response, NULL);
}

void whep_options(struct conn *conn, const struct http_request *request, struct http_text body)
{
	struct http_response response = {
		.status = 204,
		.fields = "Accept-Post: application/sdp\r\nAllow: POST, OPTIONS\r\n",
	};

	(void)request, (void)body;
	conn_answer(conn, &response, NULL);
}

void whep_asker_gone(struct conn *conn)
{
	if (conn->phase != CONN_WAIT)
		return;
	for (struct whep *whep = conn->web->wheps; whep; whep = whep->next) {
		if (whep->asker == conn) {
			end(conn->web, whep, true);
			return;
		}
	}
}

/* An asker that is still waiting ends with its connection, which is judged by itself. */
void whep_end_invalid(struct web *web)
{
	struct whep *next;

	for (struct whep *whep = web->wheps; whep; whep = next) {
		next = whep->next;
		if (!whep->asker && guard_is_valid(web->guard, &whep->who.identity, NULL) < 0)
			end(web, whep, true);
	}
}

void whep_end_session(struct web *web, const char *session)
{
	struct whep *next;

	for (struct whep *whep = web->wheps; whep; whep = next) {
		next = whep->next;
		if (!whep->asker && whep->who.means == AUTH_SESSION &&
		    strcmp(whep->who.session, session) == 0)
			end(web, whep, true);
	}
}

void whep_free_all(struct web *web)
{
	while (web->wheps)
		end(web, web->wheps, true);
}
