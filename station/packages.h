/* SPDX-License-Identifier: GPL-3.0-or-later */
/* packages.h - "package.make": a showing as a signed folder, one at a time. Thread: main. */
#ifndef OSTEND_PACKAGES_H
#define OSTEND_PACKAGES_H

#include <jansson.h>

#include "station/base/rpc_server.h"

struct station;
struct packages;

int packages_open(struct packages **out, struct station *station, struct err *err);	/* ERR_NOMEM, ERR_OS */
/** The station ends: what is being written is given up and removed. Before the evidence thread is stopped. */
void packages_halt(struct packages *packages);
struct packages *packages_free(struct packages *packages);

void packages_tick(struct packages *packages);	/* tells how far it is */
void packages_ask_make(struct station *station, const struct rpc_peer *peer, json_t *params,
		       struct rpc_ticket ticket);

#endif
