/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seat.h - GET /seat: the WebSocket of a seat, its pulse and its bounds. Thread: web. */
#ifndef OSTEND_WEB_SEAT_H
#define OSTEND_WEB_SEAT_H

#include "station/web/conn.h"

#define SEAT_PROTOCOL "ostend.v1"

void seat_open(struct conn *conn, const struct http_request *request, struct http_text body);
void seat_input(struct conn *conn, const void *bytes, size_t len);
void seat_send(struct conn *conn, const char *text);	/* @conn may be gone afterwards, here and below */
void seat_close(struct conn *conn, uint16_t code, const char *reason);	/* and wait for the peer's close */
void seat_cut(struct conn *conn, uint16_t code, const char *reason);	/* without waiting */
void seat_tick(struct conn *conn, uint64_t now_ns);
void seat_gone(struct conn *conn);			/* tell main; also when there is no seat */

#endif
