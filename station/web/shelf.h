/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shelf.h - the stills that may be fetched: GET /still/NUMBER. Thread: web. */
#ifndef OSTEND_WEB_SHELF_H
#define OSTEND_WEB_SHELF_H

#include "station/web/conn.h"

void shelf_put(struct web *web, uint64_t number, const char *path, const char *sha256);
void shelf_remove(struct web *web, uint64_t number);	/* 0: all of them */

void shelf_get(struct conn *conn, const struct http_request *request, struct http_text body);

#endif
