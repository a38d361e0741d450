/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server.h - what the files of this folder share: the state of the web thread. */
#ifndef OSTEND_WEB_SERVER_H
#define OSTEND_WEB_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "station/base/loop.h"
#include "station/base/queue.h"
#include "station/web/conn.h"
#include "station/web/tls.h"
#include "station/web/web.h"

#define WEB_CHUNK 16384		/* one TLS record: after reading this much nothing waits inside OpenSSL */

struct whep;
struct owed;
struct shelf;

struct web {
	struct web_limits limits;
	int (*event)(void *owner, struct web_event *event);
	void *owner;
	char url[280];
	char sign_in_policy[1024];	/* its Content-Security-Policy */
	struct auth_hosts hosts;
	struct guard *guard;
	struct tls *tls;

	struct loop *loop;
	struct loop_watch listener, command_watch;
	struct loop_timer tick;
	struct queue *commands;
	int listen_fd;
	bool listener_resting;		/* no descriptor was left: try again at the next tick */
	pthread_t thread;

	struct conn *conns;
	uint32_t conn_count;
	struct whep *wheps;
	struct shelf *shelf;		/* stills that may be fetched */
	struct owed *owed;		/* events main had no room for, oldest first */
	uint64_t last_number;		/* of requests, viewers and seats */
	uint64_t checked_ns;		/* when it was last asked who may stay */
	uint64_t warn_ns;		/* when to look again for what will soon stop letting people in */
	uint64_t told_full_ns;		/* when it was last logged that connections are refused */
	uint64_t told_guess_ns;		/* and that somebody tries passes */
	char chunk[WEB_CHUNK];

	struct {
		atomic_uint_fast64_t connections, requests, refused_401, refused_403;
		atomic_uint_fast64_t handshakes_failed, timeouts;
		atomic_uint_fast32_t open_connections, seats, viewers;
	} stats;
};

/** Give main an event; what is left NULL in @text stays so. @text is borrowed. ERR_FULL, ERR_NOMEM. */
int web_emit(struct web *web, const struct web_event *event, const char *text);
/** As web_emit, but kept and tried again until main has room: ends must not be lost. */
void web_emit_surely(struct web *web, const struct web_event *event);
void web_emit_owed(struct web *web);
void web_drop_owed(struct web *web);

/** Close the connections, and end the viewers, of those who may no longer stay. */
void web_end_invalid(struct web *web);

#endif
