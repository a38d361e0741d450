/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * auth.h - whose request it is, and whether it came from where it must come from.
 *
 * Four questions in this order, each with its own answer to a "no":
 *   was it meant for this station (Host: 421)? did another site's page send it (Origin: 403)?
 *   who is it (401)? and, when the browser added the authority by itself (certificate, cookie), did
 *   our own page ask for it (403)?
 * Thread: web.
 */
#ifndef OSTEND_WEB_AUTH_H
#define OSTEND_WEB_AUTH_H

#include "station/base/openssl.h"

#include "certs/guard.h"
#include "station/web/http.h"

#define AUTH_COOKIE "__Host-ostend"
#define AUTH_HOSTS_MAX 64

/* What "Host" may say. */
struct auth_hosts {
	char names[AUTH_HOSTS_MAX][260];	/* with port, as browsers write it: none for 443 */
	unsigned count;
	uint16_t port;
};

/** Allow @name: "court.example", "127.0.0.1", "[::1]" with the station's port, or with one of its own. */
void auth_allow_host(struct auth_hosts *hosts, const char *name);

enum auth_means { AUTH_NOBODY, AUTH_CERTIFICATE, AUTH_SESSION, AUTH_PASS };

struct auth_peer {
	enum auth_means means;
	struct identity identity;
	char session[GUARD_TOKEN_SIZE];	/* of AUTH_SESSION, or the new one of AUTH_PASS; else "" */
};

enum auth_kind { AUTH_SAFE, AUTH_UNSAFE, AUTH_SOCKET };

struct auth_no {
	int status;
	unsigned retry_s;	/* with 429 */
};

/** The first two questions. 0; ERR_DENIED with no->status 421 or 403. */
int auth_check_origin(const struct auth_hosts *hosts, const struct http_request *request,
		      struct auth_no *no, struct err *err);

struct auth_question {
	struct guard *guard;
	const struct http_request *request;
	const struct identity *certificate;	/* NULL: the client showed none */
	const struct identity *holder;		/* NULL; or who owns the thing asked for: the holder's
						   one-time pass is good for that, though used up */
	const char *peer;			/* "ADDRESS:PORT" */
	enum auth_kind kind;
	bool new_session;			/* a pass shall begin a session */
};

/**
 * The last two. A pass goes before a cookie, a cookie before a certificate: the more deliberate act
 * decides. A wrong pass is refused though a certificate stands beside it.
 *
 * @return 0; ERR_DENIED with 401 or 403; ERR_FULL with 429; ERR_OS, ERR_STATE with 503
 */
int auth_identify(const struct auth_question *question, struct auth_peer *who, struct auth_no *no,
		  struct err *err);

/** Whether both are the same authority: one certificate, or one pass with the sessions begun by it. */
bool auth_same(const struct auth_peer *a, const struct auth_peer *b);

/** The value of our cookie in @out (GUARD_TOKEN_SIZE bytes). @return false when there is not exactly one */
bool auth_cookie(const struct http_request *request, char *out);

#endif
