/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rpc_server.h - JSON-RPC lines over a Unix stream socket (mode 0600), inside somebody's loop.
 *
 * Each peer has a bounded inbox and outbox; one that floods or does not read is closed. Answers may
 * be given at once or later, by the request's ticket. Thread: the loop's.
 */
#ifndef OSTEND_BASE_RPC_SERVER_H
#define OSTEND_BASE_RPC_SERVER_H

#include <sys/types.h>

#include "station/base/loop.h"
#include "station/base/rpc.h"

struct rpc_server;

struct rpc_peer {		/* SO_PEERCRED of the connection */
	pid_t pid;
	uid_t uid;
	gid_t gid;
	uint64_t number;	/* 1, 2, 3, ... never used again */
};

/* Names one request of one peer; stays valid, and harmless, after the peer has gone. */
struct rpc_ticket {
	uint64_t peer_number;
	json_t *id;		/* a reference; rpc_server_answer/refuse steal it */
};

struct rpc_server_ops {
	/**
	 * A request (ticket->id set) or a notification (ticket->id NULL) came in. Exactly one
	 * rpc_server_answer or rpc_server_refuse must follow for a request, now or later.
	 * @params is borrowed for the call.
	 */
	void (*request)(void *owner, const struct rpc_peer *peer, const char *method, json_t *params,
			struct rpc_ticket ticket);
	void (*joined)(void *owner, const struct rpc_peer *peer);	/* may be NULL */
	void (*left)(void *owner, const struct rpc_peer *peer);		/* may be NULL */
};

/**
 * Listen on @path, replacing a stale socket there (never a live one: ERR_STATE). @path NULL: no
 * listening, only adopted descriptors.
 * @return 0; ERR_OS; ERR_STATE; ERR_RANGE when @path is too long for a socket
 */
int rpc_server_open(struct rpc_server **out, struct loop *loop, const char *path,
		    const struct rpc_server_ops *ops, void *owner, struct err *err);
struct rpc_server *rpc_server_free(struct rpc_server *server);
DEFINE_FREEP(rpc_server_free, struct rpc_server *)

/** Serve one more peer on the connected stream socket @fd, which becomes the server's. */
int rpc_server_adopt(struct rpc_server *server, int fd, uint64_t *peer_number, struct err *err);

void rpc_server_answer(struct rpc_server *server, struct rpc_ticket ticket, json_t *result /* stolen */);
void rpc_server_refuse(struct rpc_server *server, struct rpc_ticket ticket, int rpc_code,
		       const struct err *err);
/** As rpc_server_answer, with @pass_fd beside the line (stays the caller's). */
void rpc_server_answer_fd(struct rpc_server *server, struct rpc_ticket ticket, json_t *result,
			  int pass_fd);

/** Tell peer @peer_number (0: every peer that has subscribed to @topic) something. @params stolen. */
void rpc_server_notify(struct rpc_server *server, uint64_t peer_number, const char *topic,
		       const char *method, json_t *params);

/** Add @topic to what a peer gets; at most 16 topics of 31 bytes. */
int rpc_server_subscribe(struct rpc_server *server, uint64_t peer_number, const char *topic,
			 struct err *err);
bool rpc_server_has_subscriber(const struct rpc_server *server, const char *topic);

#endif
