/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * roster.h - which viewer a datagram belongs to: by its sender's address, or by the ufrag it names.
 *
 * Only addresses that have passed a STUN check of their viewer are in it. The nodes live in the
 * viewers: no allocation after roster_new. Thread: stream.
 */
#ifndef OSTEND_STREAM_ROSTER_H
#define OSTEND_STREAM_ROSTER_H

#include "station/stream/address.h"

#define ROSTER_UFRAG_LEN 32

struct viewer;
struct roster;

struct roster_address {
	struct address remote;
	struct viewer *viewer;
	struct roster_address *next;	/* the roster's */
};

struct roster_ufrag {
	char ufrag[ROSTER_UFRAG_LEN + 1];
	struct viewer *viewer;
	struct roster_ufrag *next;
};

struct roster *roster_new(size_t viewers_max);	/* NULL when there is no memory */
struct roster *roster_free(struct roster *roster);
DEFINE_FREEP(roster_free, struct roster *)

void roster_add_address(struct roster *roster, struct roster_address *node);
void roster_remove_address(struct roster *roster, struct roster_address *node);
struct roster_address *roster_by_address(const struct roster *roster, const struct address *remote);

void roster_add_ufrag(struct roster *roster, struct roster_ufrag *node);
void roster_remove_ufrag(struct roster *roster, struct roster_ufrag *node);
struct viewer *roster_by_ufrag(const struct roster *roster, const char *ufrag, size_t len);

#endif
