/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rooms.h - who is connected: one row for each viewer (media) or seat (page), joined where a page says
 * which viewer is its own. Thread: main.
 */
#ifndef OSTEND_ROOMS_H
#define OSTEND_ROOMS_H

#include <jansson.h>

#include "certs/identity.h"
#include "station/stream/stream.h"

struct rooms;

int rooms_new(struct rooms **out, struct err *err);
struct rooms *rooms_free(struct rooms *rooms);

/** ERR_NOMEM. @number is the viewer's or the seat's. */
int rooms_add_viewer(struct rooms *rooms, uint64_t number, const struct identity *identity,
		     const char *peer, struct err *err);
int rooms_add_seat(struct rooms *rooms, uint64_t number, const struct identity *identity,
		   const char *peer, struct err *err);
void rooms_remove_viewer(struct rooms *rooms, uint64_t number);
void rooms_remove_seat(struct rooms *rooms, uint64_t number);
bool rooms_has_viewer(const struct rooms *rooms, uint64_t number);
bool rooms_has_seat(const struct rooms *rooms, uint64_t number);
/** Call @each for every seat, in no order; it may not add or remove any. */
void rooms_each_seat(const struct rooms *rooms, void (*each)(void *arg, uint64_t seat,
		     const struct identity *identity, const char *peer), void *arg);

/** Remember by which ICE user fragment viewer @number was answered. */
void rooms_set_ufrag(struct rooms *rooms, uint64_t number, const char *ufrag);

/**
 * Take in a page's `report` (doc/protocol.md 3). ERR_RANGE naming the member that is wrong.
 * A report counts for the viewer whose ufrag it names only if both have the same identity.
 */
int rooms_report(struct rooms *rooms, uint64_t seat, const json_t *report, struct err *err);

/** The array of doc/protocol.md 1.2. NULL without memory. */
json_t *rooms_json(struct rooms *rooms, struct stream *stream);

size_t rooms_count(const struct rooms *rooms);

#endif
