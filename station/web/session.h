/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session.h - signing in and out with a pass: POST and DELETE /session. Thread: web. */
#ifndef OSTEND_WEB_SESSION_H
#define OSTEND_WEB_SESSION_H

#include "station/web/conn.h"

void session_begin(struct conn *conn, const struct http_request *request, struct http_text body);
void session_end(struct conn *conn, const struct http_request *request, struct http_text body);

/** "Set-Cookie: ..." for a new session of @who; "" when it has none. @return @fields */
const char *session_cookie(char *fields, size_t size, const struct auth_peer *who);

#endif
