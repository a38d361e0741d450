/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * random_truth.c - whether the angle is true, and what of the faults nobody could know.
 *
 * Where the table truly is and what is reported differ by a base, which is taken when a reference
 * was found and the table has come to rest. For as long as the epoch stands the base must, too.
 */
#include "random_judge_own.h"

#include <stdlib.h>
#include <string.h>

#define STEP_MDEG 13		/* 80 to the degree: the coarsest that a simulated motor has */
#define ON_THE_WAY_MS 120	/* when a report was made is known to a tenth of a second */
#define NOISY_NS (2 * NS_PER_S)
#define FOREIGN_NS (5 * NS_PER_S)
/*
 * A ComXim whose power has gone and come says so by its next heartbeat alone, a second later; one
 * may fall into an answer. Until then it counts from 0, and near 0 that is an angle which it could
 * have turned to.
 */
#define COMXIM_BEAT_NS (2200 * NS_PER_MS)

/* --- true ------------------------------------------------------------------------------------- */

static bool is_steady(const struct judge *judge)
{
	return judge->rig->drive->state.motion == POSE_MOTION_STILL && !judge->hung &&
	       judge->rig->now_ns - judge->rest_ns > 400 * NS_PER_MS + 2 * judge->late_ns;
}

/* Its power has gone and come, and it has not been able to say so yet. */
static bool is_powered_unheard(const struct judge *judge)
{
	uint64_t from_ns = MAX(judge->power_ns, judge->rig->sim->silent_ns);

	return judge->power_ns &&
	       judge->rig->now_ns < from_ns + COMXIM_BEAT_NS + 2 * judge->late_ns;
}

static int64_t true_minus_reported(const struct judge *judge)
{
	return sim_board_true_mdeg(judge->rig->sim) - judge->rig->drive->state.reported_mdeg;
}

static void find_base(struct judge *judge)
{
	const struct drive_state *state = &judge->rig->drive->state;
	int64_t base_mdeg = true_minus_reported(judge);

	judge->based = true;
	judge->was_unknowable = judge->unknowable;
	judge->unknowable = judge->stalled || judge->rig->sim->slip_deg > 0;
	if (judge->base_epoch == state->epoch && !judge->unknowable && !judge->was_unknowable &&
	    llabs(base_mdeg - judge->base_mdeg) > judge->base_unsure_mdeg + STEP_MDEG)
		judge_accuse(judge, "it counts from elsewhere, and its epoch has not risen");
	judge->base_epoch = state->epoch;
	judge->base_unsure_mdeg = state->uncertainty_mdeg;
	judge->base_mdeg = base_mdeg;
	judge_note(judge, "   (%lld is truly %lld)", (long long)state->reported_mdeg,
		   (long long)sim_board_true_mdeg(judge->rig->sim));
}

static void check_angle(struct judge *judge)
{
	const struct rig *rig = judge->rig;
	int64_t off = llabs(true_minus_reported(judge) - judge->base_mdeg);
	int64_t slack = (int64_t)governor_uncertainty_mdeg(rig->governor, rig->now_ns) +
			judge->base_unsure_mdeg + STEP_MDEG;
	int64_t speed = MAX(llabs((int64_t)rig->drive->state.speed_mdeg_s),
			    (int64_t)sim_board_speed_mdeg_s(rig->sim));

	if (!is_steady(judge))
		slack += 500 + speed * ON_THE_WAY_MS / 1000;
	if (off > slack)
		judge_accuse(judge, "the angle is wrong, and its epoch has not risen");
}

void judge_check_true(struct judge *judge)
{
	const struct drive_state *state = &judge->rig->drive->state;
	bool heard_well = !judge->damaged && judge->rig->now_ns >= judge->noisy_ns &&
			  !is_powered_unheard(judge);
	bool steady = is_steady(judge);

	if (state->reference == POSE_REF_NONE || state->epoch != judge->epoch ||
	    state->reference != judge->reference)
		judge->based = false;
	if (state->epoch != judge->epoch)
		judge->power_ns = 0;
	judge->epoch = state->epoch;
	judge->reference = state->reference;
	if (state->reference == POSE_REF_NONE || state->link != POSE_LINK_UP || !heard_well)
		return;
	if (!judge->based && steady)
		find_base(judge);
	if (judge->based && !judge->unknowable && !judge->hung && !judge_somebody_turns_it(judge) &&
	    (steady || !judge->late_ns))
		check_angle(judge);
}

/* --- faults ----------------------------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

static void line_fault_struck(struct judge *judge, const char *name, int64_t value)
{
	static const char *const damaging[] = { "damage", "lose", NULL };
	/* a full line makes answers late, too */
	static const char *const filling[] = { "garbage", "chatter", "masters", NULL };
	bool changed = is_one_of(name, damaging) && (value || judge->damaged);
	/* what was held back still comes */
	bool was_late = strcmp(name, "late") == 0 && judge->late_ns;

	if (changed || was_late || is_one_of(name, filling))
		judge->noisy_ns = judge->rig->now_ns + NOISY_NS;
	if (changed)
		judge->damaged = value;
	if (strcmp(name, "late") == 0)
		judge->late_ns = (uint64_t)value * NS_PER_MS;
}

void judge_fault_struck(struct judge *judge, const char *name, int64_t value)
{
	static const char *const turning[] = { "knob", "remote", "other", "menu", NULL };
	static const char *const losing[] = { "slip", "stall", NULL };

	line_fault_struck(judge, name, value);
	if (strcmp(name, "nudge") == 0 || (value && is_one_of(name, losing)))
		judge->unknowable = true;
	if (strcmp(name, "stall") == 0)
		judge->stalled = value;
	if (strcmp(name, "hang") == 0)
		judge->hung = value;
	if (is_one_of(name, turning))
		judge->foreign_ns = judge->rig->now_ns + FOREIGN_NS;
	if (strcmp(name, "power") == 0 && strcmp(judge->driver, "comxim") == 0)
		judge->power_ns = judge->rig->now_ns;
}
