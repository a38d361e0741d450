/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conn_io.h - the TLS calls of a connection, and what their many results mean to it. Thread: web. */
#ifndef OSTEND_WEB_CONN_IO_H
#define OSTEND_WEB_CONN_IO_H

#include "station/web/conn.h"

enum conn_io {
	CONN_IO_DONE,
	CONN_IO_BLOCKED,	/* the socket must be ready first */
	CONN_IO_GONE,		/* closed, or broken: end it */
};

enum conn_io conn_handshake(struct conn *conn);
enum conn_io conn_read(struct conn *conn, size_t *len);	/* up to one record into web->chunk */
enum conn_io conn_flush(struct conn *conn);		/* DONE: nothing is left in conn->out */
enum conn_io conn_discard(struct conn *conn);		/* in CONN_LINGER; GONE at the peer's end */

#endif
