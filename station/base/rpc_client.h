/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rpc_client.h - the other end of rpc_server.h: one connection, for consoles, scripts and tests. */
#ifndef OSTEND_BASE_RPC_CLIENT_H
#define OSTEND_BASE_RPC_CLIENT_H

#include "station/base/rpc.h"

struct rpc_client;

/** Connect to the socket at @path. ERR_GONE when nobody listens there; ERR_DENIED; ERR_OS. */
int rpc_client_connect(struct rpc_client **out, const char *path, struct err *err);
/** Talk over the connected stream socket @fd, which becomes the client's. */
int rpc_client_adopt(struct rpc_client **out, int fd, struct err *err);
struct rpc_client *rpc_client_free(struct rpc_client *client);
DEFINE_FREEP(rpc_client_free, struct rpc_client *)

int rpc_client_fd(const struct rpc_client *client);	/* poll for POLLIN, then rpc_client_receive */

/** Send a request without waiting; @params stolen (NULL: {}). ERR_GONE; ERR_FULL when 1 MiB waits. */
int rpc_client_send(struct rpc_client *client, const char *method, json_t *params,
		    json_int_t *id_out, struct err *err);

/**
 * The next message that has come, without blocking.
 *
 * @pass_fd a descriptor that came with it, the caller's; -1 for none. NULL: rpc_client_take_fd has it
 * @return  1; 0 when there is none yet; ERR_GONE; ERR_PROTO
 */
int rpc_client_receive(struct rpc_client *client, struct rpc_message *out, int *pass_fd,
		       struct err *err);

/**
 * The newest descriptor that came and was not handed out, the caller's from now on; -1: there is none. For
 * whoever knows which answer it belongs to: the kernel may deliver it with the lines before its own.
 */
int rpc_client_take_fd(struct rpc_client *client);

/**
 * Send a request and wait up to @timeout_ms for its answer; notifications that come meanwhile are
 * dropped.
 *
 * @result the answer's result, the caller's reference
 * @return 0; the ERR_* of a refusal (by data.kind, else ERR_PROTO) with its sentence; ERR_TIMEOUT; ERR_GONE
 */
int rpc_client_call(struct rpc_client *client, const char *method, json_t *params, int timeout_ms,
		    json_t **result, int *pass_fd, struct err *err);

#endif
