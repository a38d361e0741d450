/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * web.h - HTTPS for the rooms: the page, WHEP, the seat's WebSocket. TLS 1.3, HTTP/1.1.
 *
 * One thread owns every connection. It knows who a peer is (client certificate or pass); what that
 * person may do is decided by the main thread, which gets each request as a message and answers it
 * by its number; when it does not within 5 s, the peer gets 503 and its connection is closed.
 */
#ifndef OSTEND_WEB_WEB_H
#define OSTEND_WEB_WEB_H

#include "certs/identity.h"
#include "station/base/err.h"

struct web;

enum web_event_type {
	WEB_WHEP_OFFER,		/* POST /whep: text is the SDP offer; answer with web_whep_answer */
	WEB_WHEP_END,		/* a resource was deleted, its holder revoked or gone: viewer is its number */
	WEB_SEAT_OPEN,		/* a WebSocket of /seat is up: seat is its number */
	WEB_SEAT_TEXT,		/* a message came on it: text is JSON text, at most 64 KiB */
	WEB_SEAT_CLOSED,
};

struct web_event {
	enum web_event_type type;
	uint64_t request;		/* for web_whep_answer */
	uint64_t viewer;		/* number for the WHEP resource; made by web, unique */
	uint64_t seat;			/* number of the WebSocket; made by web, unique */
	struct identity identity;
	char peer[64];			/* "198.18.0.2:50000" */
	char *text;			/* NULL or NUL-ended UTF-8 */
};

void web_event_free(void *event);

/* Deadlines and bounds. Tests shorten them; the station runs with the defaults (web_limits_default). */
struct web_limits {
	uint32_t handshake_ms, head_ms;
	uint32_t keep_alive_ms;		/* for the first byte of a next request */
	uint32_t answer_ms;		/* for the main thread to answer an offer */
	uint32_t write_ms;		/* for the next byte to be taken by the peer */
	uint32_t rate_floor_bytes_s;	/* what a body, and an answer on the whole, must at least make */
	uint32_t linger_ms;		/* for the peer to close after we did */
	uint32_t ping_ms, dead_ms;	/* of a seat: when to ask for a sign of life, when to give it up */
	uint32_t tick_ms;		/* how often deadlines and the files of certs/ are looked at */
	uint32_t connections_max;
	uint32_t strangers_max;		/* connections of one address that have shown no authority yet:
					   a browser makes up to ten that it resets, and a court's rooms
					   may share one address */
};
extern const struct web_limits web_limits_default;

struct web_config {
	const char *listen;		/* "127.0.0.1:8443", port 0 picks one */
	const char *hosts[8];		/* further names and addresses in Host and Origin beside those of
					   the certificate and the listening address */
	const char *certificate_path, *key_path;	/* PEM: chain of the station, key (0600) */
	const char *state_path;		/* the folder of certs/layout.h */
	const struct web_limits *limits;	/* NULL: the defaults */
	/** @event becomes the owner's (web_event_free). Thread: web. Must not block. ERR_FULL: 503. */
	int (*event)(void *owner, struct web_event *event);
	void *owner;
};

/**
 * @return 0; ERR_OS; ERR_RANGE when listen is no address; ERR_DENIED when the key is readable by others
 *         or of another certificate; ERR_STATE for a certificate that is not valid now; what guard_open
 *         returns
 */
int web_start(struct web **out, const struct web_config *config, struct err *err);
struct web *web_stop(struct web *web);		/* joins; returns NULL */
const char *web_url(const struct web *web);	/* "https://127.0.0.1:8443/" */

/* Any thread: */

/**
 * Answer an offer: rc 0 and the SDP answer give 201; ERR_PROTO 400, ERR_UNSUPPORTED 415 (the sentence
 * goes to the page), ERR_DENIED 403, ERR_FULL and others 503. Texts are borrowed for the call.
 */
void web_whep_answer(struct web *web, uint64_t request, int rc, const char *answer,
		     const struct err *err);
void web_whep_ended(struct web *web, uint64_t viewer);	/* its resource is now 404 */

/** Send JSON text to a seat (0: to all). A seat that does not read loses its connection. */
void web_seat_send(struct web *web, uint64_t seat, const char *text);
void web_seat_close(struct web *web, uint64_t seat, uint16_t code, const char *reason);

/**
 * GET /still/NUMBER gives the file @path from now on, to whoever is let in, as long as its SHA-256 is @sha256
 * (64 hexadecimal digits).
 */
void web_still_offer(struct web *web, uint64_t number, const char *path, const char *sha256);
void web_still_withdraw(struct web *web, uint64_t number);	/* 0: all of them */

/**
 * Look now whether everybody who is connected may still be. web does so by itself within 1 s of a
 * change on disk or of an expiry: it closes that person's connections and seats and ends their WHEP
 * resources, and tells main by WEB_SEAT_CLOSED and WEB_WHEP_END.
 */
void web_recheck(struct web *web);

struct web_stats {
	uint64_t connections, requests, refused_401, refused_403, handshakes_failed, timeouts;
	uint32_t open_connections, seats, viewers;
};
void web_stats(struct web *web, struct web_stats *out);

#endif
