/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conn_run is the only place that drives a connection: it sends what is there, then reads one record,
 * lets it be understood, and so on until the socket gives nothing more or the turn is over. The next
 * request is not looked at before the answer to the last one has left.
 */
#include "station/web/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/web/conn_io.h"
#include "station/web/routes.h"
#include "station/web/seat.h"
#include "station/web/server.h"
#include "station/web/whep.h"

#define ROUNDS 8		/* records read in one turn, then the others have theirs */
#define SOCKET_OUT_PAUSE (64 * 1024)

static void enter(struct conn *conn, enum conn_phase phase, uint64_t limit_ms)
{
	conn->phase = phase;
	conn->deadline_ns = clock_mono_ns() + limit_ms * NS_PER_MS;
}

static void ready(void *owner, uint32_t events)
{
	struct conn *conn = owner;

	if (events & (EPOLLERR | EPOLLHUP))
		conn_end(conn);
	else
		conn_run(conn);
}

int conn_new(struct web *web, int fd, const char *peer, const char *address, struct err *err)
{
	struct conn *conn = calloc(1, sizeof *conn);
	int rc;

	if (!conn || !(conn->ssl = tls_accept(web->tls, fd))) {
		free(conn);
		close(fd);
		return err_set(err, ERR_NOMEM, "web: a connection: out of memory");
	}
	conn->web = web;
	conn->fd = fd;
	conn->progress_ns = UINT64_MAX;
	conn->watch = (struct loop_watch){ .fd = -1, .ready = ready, .owner = conn };
	snprintf(conn->peer, sizeof conn->peer, "%s", peer);
	snprintf(conn->address, sizeof conn->address, "%s", address);
	rc = loop_watch(web->loop, &conn->watch, fd, EPOLLIN, err);
	if (rc < 0) {
		SSL_free(conn->ssl);
		free(conn);
		close(fd);
		return rc;
	}
	conn->next = web->conns;
	if (conn->next)
		conn->next->previous = conn;
	web->conns = conn;
	web->conn_count++;
	web->stats.open_connections++;
	web->stats.connections++;
	enter(conn, CONN_HANDSHAKE, web->limits.handshake_ms);
	return 0;
}

void conn_end(struct conn *conn)
{
	struct web *web = conn->web;

	seat_gone(conn);
	whep_asker_gone(conn);
	if (conn->phase == CONN_HANDSHAKE)
		web->stats.handshakes_failed++;
	loop_unwatch(web->loop, &conn->watch);
	if (conn->next)
		conn->next->previous = conn->previous;
	if (conn->previous)
		conn->previous->next = conn->next;
	else
		web->conns = conn->next;
	web->conn_count--;
	web->stats.open_connections--;
	websocket_free(conn->socket);
	SSL_free(conn->ssl);
	close(conn->fd);
	buffer_clear(&conn->in);
	buffer_clear(&conn->out);
	OPENSSL_cleanse(&conn->who, sizeof conn->who);
	free(conn);
}

/* Our end is closed from here on; false when nothing is left to wait for. */
static bool begin_linger(struct conn *conn)
{
	seat_gone(conn);
	whep_asker_gone(conn);
	SSL_shutdown(conn->ssl);
	buffer_clear(&conn->in);
	buffer_clear(&conn->out);
	conn->progress_ns = UINT64_MAX;
	if (shutdown(conn->fd, SHUT_WR) < 0)
		return false;
	enter(conn, CONN_LINGER, conn->web->limits.linger_ms);
	return true;
}

/* --- answers -------------------------------------------------------------------------------- */

/* What is left of the request in work leaves the input; when part of it is still to come, or its
 * length is unknown, this is the connection's last answer. */
static void forget_request(struct conn *conn)
{
	if (conn->need == 0 || conn->need > conn->in.len)
		conn->close = true;
	else
		buffer_take(&conn->in, conn->need);
	conn->need = 0;
}

static void begin_write(struct conn *conn)
{
	const struct web_limits *limits = &conn->web->limits;
	uint64_t floor_ms = conn->out.len * 1000 / limits->rate_floor_bytes_s;

	enter(conn, CONN_WRITE, limits->write_ms + floor_ms);
	conn->progress_ns = clock_mono_ns() + limits->write_ms * NS_PER_MS;
}

void conn_answer(struct conn *conn, const struct http_response *response, const void *body)
{
	struct http_response full = *response;
	int rc;

	forget_request(conn);
	full.close = conn->close || response->close;
	conn->close = full.close;
	rc = http_write_head(&conn->out, &full, clock_utc_us());
	if (rc == 0 && body && !conn->head_only)
		rc = buffer_add(&conn->out, body, full.body_len);
	if (rc < 0)
		conn->close = true;
	conn->head_only = false;
	begin_write(conn);
}

void conn_say(struct conn *conn, int status, const char *fields, const char *sentence)
{
	struct http_response response = {
		.status = status,
		.type = "text/plain; charset=utf-8",
		.body_len = strlen(sentence),
		.fields = fields,
	};

	conn_answer(conn, &response, sentence);
}

void conn_wait(struct conn *conn)
{
	enter(conn, CONN_WAIT, conn->web->limits.answer_ms);
}

void conn_upgrade(struct conn *conn, const struct http_response *response,
		  struct websocket *socket)
{
	buffer_take(&conn->in, conn->need);	/* an upgrade has no body: all of it is here */
	conn->need = 0;
	conn->socket = socket;
	conn->heard_ns = conn->pinged_ns = clock_mono_ns();
	enter(conn, CONN_SOCKET, 0);
	conn->deadline_ns = UINT64_MAX;
	if (http_write_head(&conn->out, response, clock_utc_us()) < 0)
		websocket_close(socket, WEBSOCKET_TRY_LATER, "out of memory");
}

void conn_finish(struct conn *conn)
{
	conn_flush(conn);
	if (!begin_linger(conn))
		conn_end(conn);
	else
		loop_rewatch(conn->web->loop, &conn->watch, EPOLLIN);
}

/* --- requests ------------------------------------------------------------------------------- */

static void begin_body(struct conn *conn, const struct http_request *request)
{
	const struct web_limits *limits = &conn->web->limits;

	enter(conn, CONN_BODY,
	      limits->head_ms + request->body_len * 1000 / limits->rate_floor_bytes_s);
	if (request->expect_continue && conn->in.len < conn->need)
		buffer_print(&conn->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void parse_head(struct conn *conn, struct http_request *request)
{
	struct err err = { 0 };
	int status = 400;
	int rc = http_parse(request, buffer_at(&conn->in), conn->in.len, &status, &err);

	if (rc == ERR_AGAIN)
		return;
	conn->web->stats.requests++;
	conn->need = 0;
	conn->head_only = false;
	if (rc < 0) {
		conn_say(conn, status, NULL, err.text);
		return;
	}
	conn->need = request->head_len + (size_t)request->body_len;
	conn->head_only = request->method == HTTP_HEAD;
	conn->close = request->close;
	if (routes_begin(conn, request))
		begin_body(conn, request);
}

/* The head is read anew: its pieces point into a buffer that may have moved since. */
static void finish_body(struct conn *conn, struct http_request *request)
{
	struct http_text body;
	int status;

	if (conn->in.len < conn->need)
		return;
	if (http_parse(request, buffer_at(&conn->in), conn->in.len, &status, NULL) < 0)
		abort();	/* it was good before */
	body = (struct http_text){ buffer_at(&conn->in) + request->head_len, request->body_len };
	routes_finish(conn, request, body);
}

static void understand(struct conn *conn)
{
	struct http_request request;

	if (conn->in.len == 0)
		return;
	if (conn->phase == CONN_IDLE)
		enter(conn, CONN_HEAD, conn->web->limits.head_ms);
	if (conn->phase == CONN_HEAD)
		parse_head(conn, &request);
	if (conn->phase == CONN_BODY)
		finish_body(conn, &request);
}

/* --- the turn ------------------------------------------------------------------------------- */

static bool may_read(const struct conn *conn)
{
	switch (conn->phase) {
	case CONN_IDLE:
	case CONN_HEAD:
	case CONN_BODY:
		return true;
	case CONN_WAIT:		/* to learn of the peer's end; the next request may come meanwhile */
		return conn->in.len < conn->need + WEB_CHUNK;
	case CONN_SOCKET:	/* who does not read is not heard either */
		return conn->out.len < SOCKET_OUT_PAUSE;
	default:
		return false;
	}
}

static void received(struct conn *conn, size_t len)
{
	if (conn->phase == CONN_SOCKET)
		seat_input(conn, conn->web->chunk, len);
	else if (buffer_add(&conn->in, conn->web->chunk, len) == 0)
		understand(conn);
	else
		conn_say(conn, 503, NULL, "The station is out of memory.");
}

/* All is sent. What may follow? false: our end is closed. */
static bool after_sending(struct conn *conn)
{
	conn->progress_ns = UINT64_MAX;
	if (conn->phase == CONN_SOCKET) {
		if (websocket_finished(conn->socket))
			return false;
		if (conn->in.len) {	/* frames that came together with the upgrade */
			size_t len = MIN(conn->in.len, sizeof conn->web->chunk);

			memcpy(conn->web->chunk, buffer_at(&conn->in), len);
			buffer_take(&conn->in, len);
			seat_input(conn, conn->web->chunk, len);
		}
		return true;
	}
	if (conn->phase != CONN_WRITE)
		return true;
	if (conn->close)
		return false;
	enter(conn, CONN_IDLE, conn->web->limits.keep_alive_ms);
	understand(conn);
	return true;
}

static enum conn_io one_round(struct conn *conn)
{
	enum conn_io io = conn_flush(conn);
	size_t len;

	if (io == CONN_IO_GONE)
		return io;
	if (io == CONN_IO_DONE && !after_sending(conn))
		return begin_linger(conn) ? CONN_IO_BLOCKED : CONN_IO_GONE;
	if (conn->phase == CONN_WRITE && io == CONN_IO_DONE)
		return CONN_IO_DONE;		/* a pipelined request was answered: send that */
	if (!may_read(conn))
		return CONN_IO_BLOCKED;
	io = conn_read(conn, &len);
	if (io == CONN_IO_DONE)
		received(conn, len);
	return io;
}

static enum conn_io turn(struct conn *conn)
{
	enum conn_io io = CONN_IO_DONE;

	if (conn->phase == CONN_LINGER)
		return conn_discard(conn);
	if (conn->phase == CONN_HANDSHAKE) {
		io = conn_handshake(conn);
		if (io != CONN_IO_DONE)
			return io;
		enter(conn, CONN_IDLE, conn->web->limits.head_ms);
	}
	for (int round = 0; io == CONN_IO_DONE && round < ROUNDS; round++)
		io = one_round(conn);
	/* what the last round wrote must not wait for an event that may never come */
	return io == CONN_IO_DONE && conn->out.len ? conn_flush(conn) : io;
}

static uint32_t wanted_events(const struct conn *conn)
{
	uint32_t events = 0;

	if (conn->phase == CONN_LINGER || conn->phase == CONN_HANDSHAKE)
		return conn->wants_write ? EPOLLOUT : EPOLLIN;
	if (may_read(conn))
		events |= EPOLLIN;
	if (conn->out.len || conn->wants_write || conn->phase == CONN_WRITE ||
	    (conn->phase == CONN_SOCKET && websocket_finished(conn->socket)))
		events |= EPOLLOUT;
	return events;
}

void conn_run(struct conn *conn)
{
	if (turn(conn) == CONN_IO_GONE) {
		conn_end(conn);
		return;
	}
	loop_rewatch(conn->web->loop, &conn->watch, wanted_events(conn));
}

/* --- deadlines ------------------------------------------------------------------------------ */

/* No further request of this connection is looked at: the tick is walking the list of connections, and
 * a request can end others (signing out). */
static void timed_out(struct conn *conn)
{
	conn->web->stats.timeouts++;
	switch (conn->phase) {
	case CONN_HEAD:
	case CONN_BODY:
		conn->need = 0;
		conn_say(conn, 408, NULL, "The request took too long.");
		conn_run(conn);
		break;
	case CONN_WAIT:
		whep_asker_gone(conn);
		conn->close = true;
		conn_say(conn, 503, "Retry-After: 1\r\n", "The station did not answer in time.");
		conn_run(conn);
		break;
	default:
		conn_end(conn);
	}
}

void conn_tick(struct conn *conn, uint64_t now_ns)
{
	if (now_ns >= conn->deadline_ns || now_ns >= conn->progress_ns)
		timed_out(conn);
	else if (conn->phase == CONN_SOCKET)
		seat_tick(conn, now_ns);
}
