/* SPDX-License-Identifier: GPL-3.0-or-later */
/* showings_own.h - what the files about showings share with each other only. Thread: main. */
#ifndef OSTEND_SHOWINGS_OWN_H
#define OSTEND_SHOWINGS_OWN_H

#include "station/station.h"

/** @next is what is true from now on: air, strip, seats and consoles follow. */
void showings_take(struct station *station, const struct showing *next);

/** showings_seal.c: what has been closed without a fingerprint gets it when the log is signed. */
void showings_seal_later(struct station *station);
void showings_seal_tick(struct station *station);

/**
 * The demo's case: four exhibits, taken out, a showing with the first on the table, ON AIR. What is there from
 * an earlier run is used again. Thread: evidence.
 */
int showings_make_demo(struct store *store, const struct act *act, const struct config *config,
		       struct showing *showing, struct err *err);

#endif
