/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station.h - for tests: a web thread on loopback with a centre of its own in a temporary folder, and a
 * stand-in for the main thread.
 */
#ifndef OSTEND_TESTS_WEB_STATION_H
#define OSTEND_TESTS_WEB_STATION_H

#include "station/base/openssl.h"

#include <openssl/ssl.h>

#include "station/base/queue.h"
#include "station/web/web.h"

#define STATION_ANSWER "v=0\r\ns=answer\r\n"

struct station {
	char folder[64];
	struct web *web;
	uint16_t port;
	char host[32];			/* "127.0.0.1:PORT" */
	char origin[48];		/* "https://127.0.0.1:PORT" */
	char judge[25], clerk[25];	/* reusable passes */
	char once[25];			/* a one-time pass */
	struct queue *events;
	bool answers;			/* offers with STATION_ANSWER, at once; before it starts */
	bool deaf;			/* main has no room; before it starts, or by station_deaf */
};

/** Fail the test when anything of it fails. @limits NULL: the defaults. */
struct station *station_new(const struct web_limits *limits);
struct station *station_new_answering(const struct web_limits *limits);
void station_free(struct station *station);

/** The next event of @type, for web_event_free; others before it are dropped. Fails after 5 s. */
struct web_event *station_event(struct station *station, enum web_event_type type);
/** Whether an event of @type comes within @wait_ms. */
bool station_has_event(struct station *station, enum web_event_type type, int wait_ms);

/** What makes a client of this centre; each for SSL_CTX_free. */
SSL_CTX *station_client(struct station *station);		/* without a certificate */
/** With one for @name, valid from @from_days days from now for @days days. */
SSL_CTX *station_person(struct station *station, const char *name, int from_days, int days);
/** With one that is valid for @seconds more. */
SSL_CTX *station_person_seconds(struct station *station, const char *name, int seconds);
void station_revoke(struct station *station, const char *name);

#endif
