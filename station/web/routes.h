/* SPDX-License-Identifier: GPL-3.0-or-later */
/* routes.h - what can be asked of the station, by whom, and which file answers. Thread: web. */
#ifndef OSTEND_WEB_ROUTES_H
#define OSTEND_WEB_ROUTES_H

#include "station/web/conn.h"

/**
 * Judge a request by its head: host, origin, authority, path, method, length. Fills conn->who.
 *
 * @return true when its body may come; false when it has been answered
 */
bool routes_begin(struct conn *conn, const struct http_request *request);

/** All of the request is here and routes_begin was content: answer it, or conn_wait. */
void routes_finish(struct conn *conn, const struct http_request *request, struct http_text body);

#endif
