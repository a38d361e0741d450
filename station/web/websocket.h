/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * websocket.h - the server's end of a WebSocket (RFC 6455) of text messages, without any I/O:
 * received bytes go in, messages and bytes to send come out. Frames are libwslay's work.
 */
#ifndef OSTEND_WEB_WEBSOCKET_H
#define OSTEND_WEB_WEBSOCKET_H

#include <stdbool.h>

#include "station/base/err.h"
#include "station/web/http.h"

#define WEBSOCKET_TEXT_MAX 65536
#define WEBSOCKET_BACKLOG_MAX (256 * 1024)	/* what may wait for a peer that does not read */

enum {	/* close codes of RFC 6455 7.4.1 */
	WEBSOCKET_NORMAL = 1000,
	WEBSOCKET_GOING_AWAY = 1001,
	WEBSOCKET_UNSUPPORTED = 1003,
	WEBSOCKET_BAD_DATA = 1007,
	WEBSOCKET_POLICY = 1008,
	WEBSOCKET_TRY_LATER = 1013,
};

struct websocket;

/**
 * Check the upgrade of RFC 6455 4.2.1 and offer of the subprotocol @protocol.
 *
 * @accept at least 29 bytes: the value of Sec-WebSocket-Accept
 * @status on failure: 400, or 426 for another version
 */
int websocket_check(const struct http_request *request, const char *protocol, char *accept,
		    int *status, struct err *err);

/**
 * @out    bytes to send are appended to it; the caller's, and longer-lived than the result
 * @text   called with each whole message: valid UTF-8 without NUL, NUL-ended, borrowed for the call
 */
int websocket_new(struct websocket **out_socket, struct buffer *out,
		  void (*text)(void *owner, const char *text, size_t len_bytes), void *owner,
		  struct err *err);
struct websocket *websocket_free(struct websocket *socket);	/* NULL is fine; returns NULL */
DEFINE_FREEP(websocket_free, struct websocket *)

/**
 * Take received bytes. A peer that breaks the protocol is answered with the close code for it (1002,
 * 1003, 1007, 1009).
 */
void websocket_input(struct websocket *socket, const void *bytes, size_t len_bytes);

/** ERR_FULL when the peer has not read for too long: end the connection. ERR_STATE after a close. */
int websocket_send(struct websocket *socket, const char *text, size_t len_bytes);
int websocket_ping(struct websocket *socket);
void websocket_close(struct websocket *socket, uint16_t code, const char *reason);

bool websocket_closing(const struct websocket *socket);	/* our close frame is out */

/** Nothing more will come or go: the connection can end as soon as the buffer has been sent. */
bool websocket_finished(const struct websocket *socket);

#endif
