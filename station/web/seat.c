/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A seat that does not read its messages, sends too many, or shows no life for a minute loses its
 * connection; its page comes back by itself.
 */
#include "station/web/seat.h"

#include <stdio.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/web/server.h"

#define TEXTS_PER_S 50
#define TEXTS_BURST 100

/* A token bucket kept as one time: each message moves it on by 1/50 s; it may run 2 s ahead of now. */
static bool spend_text(struct conn *conn)
{
	uint64_t now_ns = clock_mono_ns();

	conn->texts_ns = MAX(conn->texts_ns, now_ns) + NS_PER_S / TEXTS_PER_S;
	return conn->texts_ns - now_ns <= TEXTS_BURST * (NS_PER_S / TEXTS_PER_S);
}

static struct web_event event_of(const struct conn *conn, enum web_event_type type)
{
	struct web_event event = { .type = type, .seat = conn->seat, .identity = conn->who.identity };

	memcpy(event.peer, conn->peer, sizeof event.peer);
	return event;
}

static void text(void *owner, const char *message, size_t len_bytes)
{
	struct conn *conn = owner;
	struct web_event event = event_of(conn, WEB_SEAT_TEXT);

	(void)len_bytes;
	if (!conn->seat)
		return;
	if (!spend_text(conn))
		websocket_close(conn->socket, WEBSOCKET_POLICY, "too many messages");
	else if (web_emit(conn->web, &event, message) < 0)
		websocket_close(conn->socket, WEBSOCKET_TRY_LATER, "the station is busy");
}

static void write_upgrade(struct conn *conn, struct websocket *socket, const char *accept)
{
	struct http_response response = { .status = 101 };
	char fields[256];

	snprintf(fields, sizeof fields,
		 "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
		 "Sec-WebSocket-Protocol: " SEAT_PROTOCOL "\r\n",
		 accept);
	response.fields = fields;
	conn_upgrade(conn, &response, socket);
	conn->web->stats.seats++;
}

void seat_open(struct conn *conn, const struct http_request *request, struct http_text body)
{
	CLEANUP(websocket_freep) struct websocket *socket = NULL;
	struct web_event event;
	struct err err = { 0 };
	char accept[29];
	int status = 503;

	(void)body;
	if (websocket_check(request, SEAT_PROTOCOL, accept, &status, &err) < 0) {
		conn_say(conn, status,
			 status == 426 ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" : NULL,
			 err.text);
		return;
	}
	conn->seat = ++conn->web->last_number;
	event = event_of(conn, WEB_SEAT_OPEN);
	if (websocket_new(&socket, &conn->out, text, conn, &err) < 0 ||
	    web_emit(conn->web, &event, NULL) < 0) {
		conn->seat = 0;
		conn_say(conn, 503, "Retry-After: 1\r\n", "The station is busy.");
		return;
	}
	write_upgrade(conn, MOVE(socket), accept);
}

void seat_input(struct conn *conn, const void *bytes, size_t len)
{
	conn->heard_ns = clock_mono_ns();
	websocket_input(conn->socket, bytes, len);
	if (websocket_closing(conn->socket) && conn->deadline_ns == UINT64_MAX)
		conn->deadline_ns = conn->heard_ns + conn->web->limits.linger_ms * NS_PER_MS;
}

void seat_send(struct conn *conn, const char *message)
{
	if (!conn->seat)
		return;
	if (websocket_send(conn->socket, message, strlen(message)) == ERR_FULL)
		conn_end(conn);		/* it does not read: a close frame would not arrive either */
	else
		conn_run(conn);
}

void seat_gone(struct conn *conn)
{
	struct web_event event;

	if (!conn->seat)
		return;
	event = event_of(conn, WEB_SEAT_CLOSED);
	conn->seat = 0;
	conn->web->stats.seats--;
	web_emit_surely(conn->web, &event);
}

void seat_close(struct conn *conn, uint16_t code, const char *reason)
{
	if (!conn->seat)
		return;
	websocket_close(conn->socket, code, reason);
	conn->deadline_ns = clock_mono_ns() + conn->web->limits.linger_ms * NS_PER_MS;
	seat_gone(conn);
	conn_run(conn);
}

void seat_cut(struct conn *conn, uint16_t code, const char *reason)
{
	websocket_close(conn->socket, code, reason);
	conn_finish(conn);
}

void seat_tick(struct conn *conn, uint64_t now_ns)
{
	const struct web_limits *limits = &conn->web->limits;

	if (now_ns - conn->heard_ns >= limits->dead_ms * NS_PER_MS) {
		conn->web->stats.timeouts++;
		conn_end(conn);
	} else if (now_ns - conn->pinged_ns >= limits->ping_ms * NS_PER_MS) {
		conn->pinged_ns = now_ns;
		websocket_ping(conn->socket);
		conn_run(conn);
	}
}
