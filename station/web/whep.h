/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * whep.h - the viewers' resources: POST /whep makes one, DELETE ends it (draft-ietf-wish-whep, RFC 9725).
 *
 * A resource outlives the connection that made it; only who made it can touch it, to all others it
 * does not exist. Thread: web.
 */
#ifndef OSTEND_WEB_WHEP_H
#define OSTEND_WEB_WHEP_H

#include "station/web/conn.h"

/* Handlers of routes.c. */
void whep_post(struct conn *conn, const struct http_request *request, struct http_text body);
void whep_delete(struct conn *conn, const struct http_request *request, struct http_text body);
void whep_patch(struct conn *conn, const struct http_request *request, struct http_text body);
void whep_options(struct conn *conn, const struct http_request *request, struct http_text body);

/** Who made the resource at @path; NULL when there is none. */
const struct identity *whep_holder(const struct web *web, struct http_text path);

/** What web_whep_answer says; @text is the SDP answer, or the sentence of a refusal. */
void whep_answer(struct web *web, uint64_t request, int rc, const char *text);
void whep_ended(struct web *web, uint64_t viewer);	/* by the station */

void whep_asker_gone(struct conn *conn);		/* while it waits for an answer; else nothing */
void whep_end_invalid(struct web *web);			/* those whose holder may not stay */
void whep_end_session(struct web *web, const char *session);
void whep_free_all(struct web *web);

#endif
