/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * deliveries.h - delivery copies are made by themselves, one after the other, behind what matters more.
 *
 *	tick -> evidence: next still, EXIF, draft -> main: signer -> evidence: file, row, event -> again
 *
 * A signer that does not answer only delays them. Thread: main.
 */
#ifndef OSTEND_DELIVERIES_H
#define OSTEND_DELIVERIES_H

#include "station/base/err.h"

struct station;
struct deliveries;

int deliveries_open(struct deliveries **out, struct station *station, struct err *err);	/* ERR_NOMEM */
/** After the evidence thread and the signer's calls have ended. Returns NULL. */
struct deliveries *deliveries_free(struct deliveries *deliveries);
void deliveries_tick(struct deliveries *deliveries);

/** A still was kept: look for it soon. */
void deliveries_wake(struct deliveries *deliveries);

/** Somebody waits for what is missing: look now. */
void deliveries_hurry(struct deliveries *deliveries);
/** Whether nothing was missing at the last look, which was after the last call of the two above. */
bool deliveries_are_done(const struct deliveries *deliveries);

#endif
