/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_grbl_chain.c - turning, to a target or on and on, as a chain of short jogs.
 *
 * The driver keeps the chain just long enough to hold the speed. When the host falls silent the chain
 * runs out and Grbl, having planned its end, comes to a stop by itself: within half a second, and not at
 * the end of a turn. Grbl has no checksum, and a jog whose point was lost is a hundred times as long: the
 * count then passes all that was sent, or the planner, busy with it, leaves the next jogs unanswered.
 * And somebody may cancel the jogs at the controller: the table must not go on after that.
 */
#include "turntable/drv_grbl.h"

#include <math.h>
#include <stdlib.h>

#include "station/base/i18n.h"

#define JOG_STEPS_MAX (1 << 20)
#define PIECE_MS 50
#define QUEUE_MS 250		/* least chain kept; more where the deceleration needs it */
#define QUEUE_MARGIN_MS 200	/* a report's age, the way to the controller, and a late wake-up */
#define PLANNER_USUAL 15
#define PLANNER_SPARE 5		/* of the planner's places: what is sent and not yet seen to be done */
#define RING_USUAL 128
#define JOG_BYTES 40		/* a jog is 25, seldom more */
#define UNANSWERED_MAX 3	/* the answer comes after 10 ms: more would only fill the ring */
#define PREPARED_STEPS 8	/* at a crawl Grbl prepares each of its six segments for a step of its own */
#define WATCH_GAP_NS (150 * NS_PER_MS)
#define ANSWER_WAIT_NS NS_PER_S

struct chain {
	int64_t piece_ms;
	int64_t wanted_native;	/* motion to have on its way, so that it need not slow down */
	int64_t longest_native;	/* beyond 2^24 steps the real firmware runs away at several times its speed */
	unsigned unanswered;
};

static struct chain chain_for(const struct drive *drive)
{
	const struct grbl *grbl = drive->own;
	int64_t feed = MAX(llabs(grbl->feed_native_min), INT64_C(1));
	int64_t pieces = MAX((grbl->build.planner ? (int)grbl->build.planner : PLANNER_USUAL) - PLANNER_SPARE, 2);
	unsigned ring = grbl->build.ring ? grbl->build.ring : RING_USUAL;
	int64_t queue_ms = MAX((int64_t)QUEUE_MS, feed * 500 / 60 / grbl->settings.accel_native_s2 + QUEUE_MARGIN_MS);
	/* a piece of less than some steps is none at all when it is rounded */
	int64_t least = 4 * grbl_step_native(grbl);
	struct chain chain = { .piece_ms = MAX((int64_t)PIECE_MS, queue_ms / pieces) };

	chain.piece_ms = MAX(chain.piece_ms, least * 60000 / feed + 1);
	chain.wanted_native = MAX(feed * queue_ms, 2 * feed * chain.piece_ms) / 60000 +
			      PREPARED_STEPS * grbl_step_native(grbl);
	chain.longest_native = MIN(INT64_C(1000000) * JOG_STEPS_MAX / grbl->settings.steps_milli,
				   grbl_turn_native(drive));
	chain.unanswered = CLAMP(ring / JOG_BYTES, 1u, (unsigned)UNANSWERED_MAX);
	return chain;
}

int64_t grbl_chain_end(const struct grbl *grbl)
{
	return llround((double)grbl->queued_mm * 1000.0);
}

/* Motion that was sent and has not been made yet, by the last report and its age. */
static int64_t outstanding_native(const struct drive *drive, uint64_t now_ns)
{
	const struct grbl *grbl = drive->own;
	int64_t age_us = (int64_t)MIN((now_ns - drive->state.sampled_ns) / 1000, UINT64_C(200000));
	int64_t at = drive->state.native + grbl->speed_native_s * age_us / 1000000;
	int64_t left = grbl_chain_end(grbl) - at;

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

void grbl_chain_begin(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	grbl->queued_mm = grbl->planned_mm = (float)((double)drive->state.native / 1000.0);
	grbl->cruised = false;
	grbl->progress_native = drive->state.native;
	grbl->progress_ns = now_ns;
	grbl->carry = 0;
	grbl->chained = true;
	grbl_wake(grbl, now_ns);
}

/* The next piece at this speed; the last one goes to the target exactly, and takes a small rest with it. */
static int64_t next_piece(struct grbl *grbl, const struct chain *chain)
{
	int64_t sum = grbl->feed_native_min * chain->piece_ms + grbl->carry;
	int64_t piece = CLAMP(sum / 60000, -chain->longest_native, chain->longest_native);
	int64_t left = grbl->target_native - grbl_chain_end(grbl);

	grbl->carry = sum % 60000;
	if (grbl->act == GRBL_ACT_SPIN)
		return piece;
	if (llabs(left) <= llabs(piece) * 3 / 2)
		piece = left;
	grbl->piece_left_native = left - piece;
	return piece;
}

void grbl_chain_step(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	struct chain chain = chain_for(drive);
	bool spins = grbl->act == GRBL_ACT_SPIN;

	if (grbl->unlocking || (!spins && !grbl->piece_left_native))
		return;
	while (grbl->pending_count < chain.unanswered && outstanding_native(drive, now_ns) < chain.wanted_native &&
	       (spins || grbl->piece_left_native)) {
		int64_t piece = next_piece(grbl, &chain);

		if (piece && !grbl_jog(drive, piece, grbl->feed_native_min, now_ns))
			return;
		/* the same single-precision sum that Grbl makes, so that the two never part */
		grbl->queued_mm += (float)((double)piece / 1000.0);
	}
	if (spins)
		drive->state.commanded_mdeg = geometry_mdeg(&drive->geometry, grbl_chain_end(grbl));
	watch_progress(drive, &chain, now_ns);
	grbl_wake(grbl, now_ns + (uint64_t)chain.piece_ms * NS_PER_MS / 2);
}

static void cancelled(struct drive *drive, uint64_t now_ns)
{
	grbl_fail(drive, now_ns, _("the motion was cancelled at the controller: its hold button or door, another "
					"program, or a jog damaged on the line"));
}

static int64_t slack_native(const struct drive *drive)
{
	return 2 * grbl_step_native(drive->own) + 1 + (llabs(drive->state.native) >> 22);
}

void grbl_chain_answered(struct grbl *grbl, int64_t by_native)
{
	grbl->planned_mm += (float)((double)by_native / 1000.0);
}

/*
 * Braking though the planner holds enough to go on: a cancelled chain. Answers and reports come in one
 * stream, so what had been answered before a report is what the planner had then. A chain that ran dry,
 * because the host was late, brakes too and speeds up again: it must be seen to cruise before it is judged.
 */
static bool brakes(struct grbl *grbl, int64_t at_native, uint64_t now_ns)
{
	int64_t ahead = llround((double)grbl->planned_mm * 1000.0) - at_native;
	int64_t wanted = llabs(grbl->feed_native_min) / 60, speed = llabs(grbl->speed_native_s);
	/* a plan that runs dry keeps just what it needs to stop; its speed is that of 50 ms later */
	int64_t enough = speed * speed / 2 / grbl->settings.accel_native_s2 + speed * 12 / 100 +
			 PREPARED_STEPS * grbl_step_native(grbl);
	bool slow = speed * 2 < wanted, late = now_ns > grbl->watched_ns + WATCH_GAP_NS;

	if (grbl->feed_native_min < 0)
		ahead = -ahead;
	grbl->watched_ns = now_ns;
	if (slow && (late || ahead <= enough))
		grbl->cruised = false;
	grbl->cruised |= speed * 10 >= wanted * 9;
	return grbl->cruised && slow;
}

/* Whether the table is where the chain can have brought it; called with each report. */
void grbl_chain_watch(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);
	int64_t past = drive->state.native - grbl_chain_end(grbl);
	bool unanswered = grbl->pending_count && grbl->pending[0].kind == GRBL_LINE_JOG &&
			  now_ns >= grbl->pending[0].sent_ns + ANSWER_WAIT_NS;

	if (!grbl->chained || grbl->stopping || !grbl->settings.accel_native_s2)
		return;		/* nothing is judged by settings that were not said */
	if ((grbl->feed_native_min < 0 ? -past : past) > slack_native(drive))
		grbl_fail(drive, now_ns, _("the table turned further than it was told: a jog was damaged on the line"));
	else if (unanswered)
		grbl_fail(drive, now_ns, _("a jog was not answered: it was damaged on the line, or one before it was"));
	else if (brakes(grbl, drive->state.native, now_ns))
		cancelled(drive, now_ns);
}

/* At rest with every jog answered: a chain that was not made to its end has been cancelled. */
void grbl_chain_rests(struct drive *drive, uint64_t now_ns)
{
	struct grbl *grbl = grbl_of(drive);

	if (grbl->chained && !grbl->stopping &&
	    llabs(drive->state.native - grbl_chain_end(grbl)) > slack_native(drive))
		cancelled(drive, now_ns);
}
