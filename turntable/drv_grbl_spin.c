/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_spin.c - turning on, as a chain of short jogs.
 *
 * The driver keeps the chain just long enough to hold the speed. When the host falls silent the chain
 * runs out and Grbl, having planned its end, comes to a stop by itself.
 */
#include "turntable/drv_grbl.h"

#include <stdlib.h>

#include "station/base/i18n.h"

#define PIECE_MS 50
#define QUEUE_MS 250		/* least chain kept; more where the deceleration needs it */
#define QUEUE_MARGIN_MS 200	/* a report's age, the way to the controller, and a late wake-up */
#define PLANNER_USUAL 15
#define PLANNER_SPARE 5		/* of the planner's places: what is sent and not yet seen to be done */
#define RING_USUAL 128
#define JOG_BYTES 40		/* a jog is 25, seldom more */
#define UNANSWERED_MAX 3	/* the answer comes after 10 ms: more would only fill the ring */

struct chain {
	int64_t piece_ms;
	int64_t wanted_native;	/* motion to have on its way, so that it need not slow down */
	unsigned unanswered;
};

static struct chain chain_for(const struct grbl *grbl)
{
	int64_t feed = llabs(grbl->feed_native_min);
	int64_t pieces = MAX((grbl->build.planner ? (int)grbl->build.planner : PLANNER_USUAL) - PLANNER_SPARE, 2);
	unsigned ring = grbl->build.ring ? grbl->build.ring : RING_USUAL;
	int64_t queue_ms = MAX((int64_t)QUEUE_MS, feed * 500 / 60 / grbl->settings.accel_native_s2 + QUEUE_MARGIN_MS);
	/* a piece of less than some steps is none at all when it is rounded */
	int64_t least = 4 * grbl_step_native(grbl);
	struct chain chain = { .piece_ms = MAX((int64_t)PIECE_MS, queue_ms / pieces) };

	chain.piece_ms = MAX(chain.piece_ms, least * 60000 / feed + 1);
	chain.wanted_native = MAX(feed * queue_ms, 2 * feed * chain.piece_ms) / 60000;
	chain.unanswered = CLAMP(ring / JOG_BYTES, 1u, (unsigned)UNANSWERED_MAX);
	return chain;
}

/* Motion that was sent and has not been made yet, by the last report and its age. */
static int64_t outstanding_native(const struct drive *drive, uint64_t now_ns)
{
	const struct grbl *grbl = drive->own;
	int64_t age_us = (int64_t)MIN((now_ns - drive->state.sampled_ns) / 1000, UINT64_C(200000));
	int64_t at = drive->state.native + grbl->speed_native_s * age_us / 1000000;
	int64_t left = (int64_t)((double)grbl->queued_mm * 1000.0) - at;

	return grbl->feed_native_min < 0 ? -left : left;
}

static void watch_progress(struct drive *drive, const struct chain *chain, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	uint64_t patience_ns = 1500 * NS_PER_MS + (uint64_t)chain->piece_ms * 2 * NS_PER_MS;

	if (llabs(drive->state.native - grbl->progress_native) >= 2 * grbl_step_native(grbl)) {
		grbl->progress_native = drive->state.native;
		grbl->progress_ns = now_ns;
	} else if (now_ns >= grbl->progress_ns + patience_ns) {
		grbl_fail(drive, now_ns, _("the controller takes the commands but does not turn"));
	}
}

void grbl_spin_step(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	struct chain chain = chain_for(grbl);

	if (grbl->unlocking)
		return;
	while (grbl->pending_count < chain.unanswered && outstanding_native(drive, now_ns) < chain.wanted_native) {
		int64_t sum = grbl->feed_native_min * chain.piece_ms + grbl->carry;
		int64_t piece = sum / 60000;

		if (!grbl_jog(drive, piece, grbl->feed_native_min, now_ns))
			return;
		grbl->carry = sum % 60000;
		/* the same single-precision sum that Grbl makes, so that the two never part */
		grbl->queued_mm += (float)((double)piece / 1000.0);
	}
	drive->state.commanded_mdeg = geometry_mdeg(&drive->geometry, (int64_t)((double)grbl->queued_mm * 1000.0));
	watch_progress(drive, &chain, now_ns);
	grbl_wake(grbl, now_ns + (uint64_t)chain.piece_ms * NS_PER_MS / 2);
}
