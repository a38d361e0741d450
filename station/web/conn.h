/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conn.h - one TLS connection: its phase, the deadline of that phase, what came in and must go out.
 *
 *   handshake -> idle -> head -> body -> (wait) -> write -> idle ...      HTTP, one request at a time
 *                          `-> socket                                     after the upgrade to WebSocket
 *   any -> linger -> gone                                                 we are done, the peer may not be
 *
 * Each phase has one absolute deadline, set when it begins: a byte now and then buys no time.
 * Thread: web.
 */
#ifndef OSTEND_WEB_CONN_H
#define OSTEND_WEB_CONN_H

#include "station/base/openssl.h"

#include <openssl/ssl.h>

#include "station/base/loop.h"
#include "station/web/auth.h"
#include "station/web/buffer.h"
#include "station/web/http.h"
#include "station/web/websocket.h"

struct web;

enum conn_phase {
	CONN_HANDSHAKE,
	CONN_IDLE,	/* no byte of a next request yet */
	CONN_HEAD,
	CONN_BODY,
	CONN_WAIT,	/* for the main thread */
	CONN_WRITE,
	CONN_SOCKET,
	CONN_LINGER,	/* our end is closed; what the peer still sends is read and forgotten, since
			   closing at once would make its system drop our answer unread (RFC 9112 9.6) */
};

struct conn {
	struct conn *next, *previous;
	struct web *web;
	int fd;
	SSL *ssl;
	struct loop_watch watch;
	enum conn_phase phase;
	uint64_t deadline_ns;		/* of the phase */
	uint64_t progress_ns;		/* deadline for the next byte to go out; UINT64_MAX: none waits */
	struct buffer in, out;
	size_t need;			/* bytes of the request now in work, head and body */
	bool head_only;			/* answer a HEAD: no body */
	bool close;			/* after this answer */
	bool wants_write;		/* TLS, to go on reading */
	bool known;			/* has shown an authority: outside the cap for each address */
	char peer[64];			/* "198.18.0.2:50000" */
	char address[48];		/* "198.18.0.2" */
	struct auth_peer who;		/* of the request in work, or of the seat */
	struct websocket *socket;
	uint64_t seat;			/* 0: main does not know of one */
	uint64_t heard_ns, pinged_ns;
	uint64_t texts_ns;		/* token bucket of the seat's messages */
};

/** Take over @fd. ERR_NOMEM, ERR_OS: it was closed. */
int conn_new(struct web *web, int fd, const char *peer, const char *address, struct err *err);
void conn_end(struct conn *conn);			/* at once; frees */

/** Go on with what can be done now; @conn may be gone afterwards. */
void conn_run(struct conn *conn);
void conn_tick(struct conn *conn, uint64_t now_ns);	/* deadlines; as conn_run */

/* For those who answer a request, from inside its handling or, followed by conn_run, later: */
void conn_answer(struct conn *conn, const struct http_response *response, const void *body);
/** An answer of one plain sentence; @fields as in http_response. */
void conn_say(struct conn *conn, int status, const char *fields, const char *sentence);
void conn_wait(struct conn *conn);			/* the answer comes later; or 503 and the end, after 5 s */
/** Append to what must be sent and start speaking frames. */
void conn_upgrade(struct conn *conn, const struct http_response *response,
		  struct websocket *socket);
/** Send what is to be sent, if it goes at once, and close our end. @conn may be gone afterwards. */
void conn_finish(struct conn *conn);

#endif
