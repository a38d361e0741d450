/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/web/conn_io.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/web/server.h"

static enum conn_io meaning(struct conn *conn, int rc)
{
	switch (SSL_get_error(conn->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return CONN_IO_BLOCKED;
	case SSL_ERROR_WANT_WRITE:
		conn->wants_write = true;
		return CONN_IO_BLOCKED;
	default:
		return CONN_IO_GONE;
	}
}

/* The error queue belongs to the thread: what one connection leaves there would be read as another's. */
static void begin_call(struct conn *conn)
{
	ERR_clear_error();
	conn->wants_write = false;
}

enum conn_io conn_handshake(struct conn *conn)
{
	enum conn_io io;
	int rc;

	begin_call(conn);
	rc = SSL_do_handshake(conn->ssl);
	if (rc == 1)
		return CONN_IO_DONE;
	io = meaning(conn, rc);
	if (io == CONN_IO_GONE && ERR_peek_last_error())
		log_debug("web: %s: handshake: %s", conn->peer,
			  ERR_reason_error_string(ERR_peek_last_error()));
	return io;
}

enum conn_io conn_read(struct conn *conn, size_t *len)
{
	int rc;

	begin_call(conn);
	rc = SSL_read_ex(conn->ssl, conn->web->chunk, sizeof conn->web->chunk, len);
	return rc == 1 ? CONN_IO_DONE : meaning(conn, rc);
}

enum conn_io conn_flush(struct conn *conn)
{
	uint64_t limit_ns = conn->web->limits.write_ms * NS_PER_MS;
	size_t sent;
	int rc;

	while (conn->out.len) {
		begin_call(conn);
		rc = SSL_write_ex(conn->ssl, buffer_at(&conn->out), conn->out.len, &sent);
		if (rc != 1) {
			if (conn->progress_ns == UINT64_MAX)
				conn->progress_ns = clock_mono_ns() + limit_ns;
			return meaning(conn, rc);
		}
		buffer_take(&conn->out, sent);
		conn->progress_ns = conn->out.len ? clock_mono_ns() + limit_ns : UINT64_MAX;
	}
	return CONN_IO_DONE;
}

/* Not through TLS: what the peer still says need not be understood, only taken off the socket. */
enum conn_io conn_discard(struct conn *conn)
{
	for (int round = 0; round < 8; round++) {
		ssize_t len = recv(conn->fd, conn->web->chunk, sizeof conn->web->chunk, MSG_DONTWAIT);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			return CONN_IO_BLOCKED;
		if (len <= 0)
			return CONN_IO_GONE;
	}
	return CONN_IO_BLOCKED;
}
