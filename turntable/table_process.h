/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table_process.h - the insides of the table process, shared by table_process.c and table_serve.c only. */
#ifndef OSTEND_TURNTABLE_TABLE_PROCESS_H
#define OSTEND_TURNTABLE_TABLE_PROCESS_H

#include "station/base/rpc_server.h"
#include "turntable/table.h"

#define TABLE_TOPIC "table"
#define WAITERS_MAX 256

/* A request whose command has not ended. */
struct waiter {
	bool used;
	uint64_t command;
	struct rpc_ticket ticket;
};

struct process {
	struct loop *loop;
	struct table *table;
	struct rpc_server *server;
	uint64_t parent;		/* its peer number; 0: none */
	struct waiter waiters[WAITERS_MAX];
	uint64_t last_logged;
	uint64_t alive_ns, woke_ns;	/* when the loop was last seen to run; when it ran again after a stop */
	bool closing;
	struct loop_timer heartbeat, farewell;
	struct loop_watch signals;
};

/* table_serve.c: requests, and what is told unasked. */
void table_serve_request(void *process, const struct rpc_peer *peer, const char *method, json_t *params,
			 struct rpc_ticket ticket);
void table_serve_ended(void *process, const struct governor_end *end);
void table_serve_event(void *process, json_t *event);
void table_serve_tell(void *process);		/* the state, to all who listen; and again by a timer */
void table_serve_drop(struct process *process);

#endif
