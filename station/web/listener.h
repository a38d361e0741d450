/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listener.h - the listening socket: which address, who may connect, and how many. */
#ifndef OSTEND_WEB_LISTENER_H
#define OSTEND_WEB_LISTENER_H

#include "station/base/err.h"

struct web;

/**
 * Listen on @text ("127.0.0.1:8443", "[::]:0") and fill the URL and the allowed hosts of @web, with up
 * to 8 @hosts.
 *
 * @return 0; ERR_RANGE when @text is no address; ERR_OS
 */
int listener_open(struct web *web, const char *text, const char *const *hosts, struct err *err);

/* Thread: web. */
int listener_watch(struct web *web, struct err *err);
void listener_tick(struct web *web);	/* go on after a rest */

#endif
