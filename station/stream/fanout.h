/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fanout.h - one access unit in, packetised once, out to every viewer.
 *
 * A large access unit (a keyframe) is spread over a few steps so that it does not leave as one burst for
 * all viewers at once; what is left of it when the next one comes leaves at once, so that nothing waits
 * behind it. A viewer begins at a keyframe, and after a gap waits for the next. Thread: stream.
 */
#ifndef OSTEND_STREAM_FANOUT_H
#define OSTEND_STREAM_FANOUT_H

#include "station/base/loop.h"
#include "station/encode/access_unit.h"
#include "station/stream/idr_budget.h"
#include "station/stream/outlet.h"

struct fanout;

struct fanout_stats {
	uint64_t access_units, gaps;	/* gaps: the encoder's numbers jumped, or an access unit was refused */
	uint64_t keyframes_requested, keyframes_granted, keyframes_suppressed;
};

/**
 * @outlets_max        how many can be added
 * @request_keyframe   called when the budget grants one
 */
int fanout_new(struct fanout **out, struct loop *loop, size_t outlets_max,
	       void (*request_keyframe)(void *owner), void *owner, struct err *err);
struct fanout *fanout_free(struct fanout *fanout);	/* not the outlets */
DEFINE_FREEP(fanout_free, struct fanout *)

/** From now on @outlet, borrowed, gets what is given, beginning at the next keyframe. */
void fanout_add(struct fanout *fanout, struct outlet *outlet);
void fanout_remove(struct fanout *fanout, struct outlet *outlet);	/* one that was not added is fine */

/** Send an access unit to everybody who is not waiting. */
void fanout_give(struct fanout *fanout, const struct access_unit *au);

/** @outlet wants a keyframe: it joined, came back, or sent PLI or FIR. */
void fanout_want_keyframe(struct fanout *fanout, const struct outlet *outlet);

void fanout_retransmit(struct fanout *fanout, struct outlet *outlet, const uint16_t *sequences,
		       size_t count);

/** Sender reports to those who are due for one. */
void fanout_report(struct fanout *fanout, uint64_t now_ns);

uint64_t fanout_next_index(const struct fanout *fanout);	/* of the packet store */
void fanout_stats(const struct fanout *fanout, struct fanout_stats *out);

#endif
