/* SPDX-License-Identifier: GPL-3.0-or-later */
/* random_judge.c - what was asked, what has ended, and whether it is explained. */
#include "random_judge_own.h"

#include <stdio.h>
#include <stdlib.h>

#define KNOWN_MS 900		/* a report at rest is 200 ms old, and may be lost once or twice */
#define FASTER 1.05
#define START_MS 300		/* a motion given just before its end begins a little later */
#define MOVE_MS 400000		/* a turn at the slowest speed, and all that a job may wait for */
#define STOP_MS 26000		/* from 60 degrees/s by the softest handling, and the patience */
#define HOME_MS 900000
#define BRAKES_NS (3 * NS_PER_S)

/* --- what a failure says ---------------------------------------------------------------------- */

static double seconds(const struct judge *judge)
{
	return (double)(judge->rig->now_ns - 1000 * NS_PER_S) / 1e9;
}

void judge_note(struct judge *judge, const char *format, ...)
{
	char *text = judge->trail[judge->trail_len++ % ARRAY_LEN(judge->trail)];
	int len = snprintf(text, sizeof judge->trail[0], "%9.3f ", seconds(judge));
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, sizeof judge->trail[0] - (size_t)len, format, args);
	va_end(args);
}

void judge_accuse(struct judge *judge, const char *what)
{
	const struct drive_state *state = &judge->rig->drive->state;
	size_t count = MIN(judge->trail_len, ARRAY_LEN(judge->trail));

	for (size_t i = judge->trail_len - count; i < judge->trail_len; i++)
		print_message("%s\n", judge->trail[i % ARRAY_LEN(judge->trail)]);
	fail_msg("%s, at %.3f s: %s (link %d, motion %d, reference %d, fault \"%s\", "
		 "reported %lld, true %lld, base %lld, uncertain %d, motor %.0f mdeg/s, \"%s\")",
		 judge->driver, seconds(judge), what, state->link, state->motion, state->reference,
		 state->fault, (long long)state->reported_mdeg,
		 (long long)sim_board_true_mdeg(judge->rig->sim),
		 (long long)judge->base_mdeg, state->uncertainty_mdeg,
		 sim_board_speed_mdeg_s(judge->rig->sim),
		 governor_message(judge->rig->governor));
}

/* --- commands end once ------------------------------------------------------------------------ */

static bool is_motion(enum governor_name name)
{
	return name <= GOVERNOR_SPIN;
}

void judge_given(struct judge *judge, uint64_t number, enum governor_name name)
{
	assert_true(number < judge->room);
	if (!judge->given_ns[number]) {		/* else a spin that was renewed */
		judge->given_ns[number] = judge->rig->now_ns;
		judge->names[number] = name;
		judge->last = MAX(judge->last, (size_t)number);
		judge->open_motions += is_motion(name);
	}
	judge_count_ends(judge);
}

void judge_count_ends(struct judge *judge)
{
	struct rig *rig = judge->rig;

	for (; judge->seen_ends < rig->end_count; judge->seen_ends++) {
		uint64_t number = rig->ends[judge->seen_ends].command;
		enum governor_outcome outcome = rig->ends[judge->seen_ends].outcome;

		if (!judge->given_ns[number])
			judge_accuse(judge, "a command ended that nobody gave");
		if (judge->ends[number]++)
			judge_accuse(judge, "a command ended twice");
		judge_note(judge, "   %lu %s %s: %s", (unsigned long)number,
			   governor_name_text(judge->names[number]), governor_outcome_text(outcome),
			   rig->ends[judge->seen_ends].reason);
		judge->outcomes[outcome]++;
		judge->open_motions -= is_motion(judge->names[number]);
		judge->idle_ns = rig->now_ns;
	}
}

bool judge_has_ended(const struct judge *judge, uint64_t number)
{
	return judge->ends[number];
}

uint64_t judge_last_command(const struct judge *judge)
{
	return judge->last;
}

static bool hangs(const struct judge *judge, size_t number)
{
	enum governor_name name = judge->names[number];
	uint64_t most_ms = name == GOVERNOR_HOME ? HOME_MS : is_motion(name) ? MOVE_MS : STOP_MS;

	return judge->given_ns[number] && !judge->ends[number] && name != GOVERNOR_SPIN &&
	       judge->rig->now_ns - judge->given_ns[number] > most_ms * NS_PER_MS;
}

void judge_check_no_hang(struct judge *judge)
{
	for (size_t i = judge->last > 300 ? judge->last - 300 : 1; i <= judge->last; i++)
		if (hangs(judge, i)) {
			judge_note(judge, "%zu %s", i, governor_name_text(judge->names[i]));
			judge_accuse(judge, "a command hangs");
		}
}

void judge_sum_up(struct judge *judge)
{
	const unsigned *outcomes = judge->outcomes;

	for (size_t i = 1; i <= judge->last; i++)
		if (judge->given_ns[i] && judge->ends[i] != 1)
			judge_accuse(judge, "a command has not ended once");
	print_message("%s: %zu commands in %.0f simulated seconds: %u done, %u stopped, "
		      "%u refused, %u failed, %u superseded\n", judge->driver, judge->last,
		      seconds(judge), outcomes[GOVERNOR_DONE], outcomes[GOVERNOR_STOPPED],
		      outcomes[GOVERNOR_REFUSED], outcomes[GOVERNOR_FAILED],
		      outcomes[GOVERNOR_SUPERSEDED]);
}

/* --- asked ------------------------------------------------------------------------------------ */

static bool in_doubt(const struct judge *judge)
{
	const struct drive_state *state = &judge->rig->drive->state;

	return governor_stopping(judge->rig->governor) || judge->hung ||
	       state->link != POSE_LINK_UP || state->motion == POSE_MOTION_UNKNOWN ||
	       state->motion == POSE_MOTION_STOPPING;
}

bool judge_somebody_turns_it(const struct judge *judge)
{
	return judge->rig->now_ns < judge->foreign_ns;
}

static void check_begun(struct judge *judge, bool turning)
{
	uint64_t grace_ns = START_MS * NS_PER_MS + judge->late_ns;
	bool asked = judge->open_motions || judge_somebody_turns_it(judge) ||
		     judge->rig->now_ns - judge->idle_ns < grace_ns;

	if (turning && !judge->was_turning && !asked && !in_doubt(judge))
		judge_accuse(judge, "it began to turn, and nobody had asked for it");
	judge->was_turning = turning;
}

static void check_goes_on(struct judge *judge, bool turning)
{
	uint64_t now_ns = judge->rig->now_ns;

	if (!turning || judge->open_motions || in_doubt(judge) || judge_somebody_turns_it(judge))
		judge->turning_ns = now_ns;
	else if (now_ns - judge->turning_ns > KNOWN_MS * NS_PER_MS + 2 * judge->late_ns)
		judge_accuse(judge, "it turns, nothing asks it to, and nobody stops it");
}

static void check_speed(struct judge *judge, double speed)
{
	const struct rig *rig = judge->rig;
	const struct drive_state *state = &rig->drive->state;

	/* what cannot be told to stop goes on as it was told before */
	if (state->motion == POSE_MOTION_HOMING || state->link != POSE_LINK_UP || judge->hung ||
	    governor_stopping(rig->governor))
		judge->allowed_ns = rig->now_ns + BRAKES_NS;
	if (rig->now_ns > judge->allowed_ns && !judge_somebody_turns_it(judge) &&
	    speed > (double)judge->allowed_mdeg_s * FASTER + 100)
		judge_accuse(judge, "it turns faster than it may");
}

static void check_asked(struct judge *judge)
{
	double speed = sim_board_speed_mdeg_s(judge->rig->sim);
	bool turning = speed > 1 && !judge->hung;

	check_begun(judge, turning);
	check_goes_on(judge, turning);
	if (turning) {
		judge->rest_ns = judge->rig->now_ns;
		check_speed(judge, speed);
	}
}

void judge_limit_changed(struct judge *judge)
{
	int64_t before = judge->allowed_mdeg_s;

	judge->allowed_mdeg_s = governor_max_mdeg_s(judge->rig->governor);
	if (judge->allowed_mdeg_s < before)
		judge->allowed_ns = judge->rig->now_ns + BRAKES_NS;
}

/* --- explained -------------------------------------------------------------------------------- */

static void check_explained(struct judge *judge)
{
	const struct drive_state *state = &judge->rig->drive->state;
	const struct governor_halt *halt = governor_halt(judge->rig->governor);
	bool moves = state->motion != POSE_MOTION_UNKNOWN && state->motion != POSE_MOTION_HELD;
	bool well = state->link == POSE_LINK_UP && state->reference != POSE_REF_NONE && moves &&
		    !state->fault[0] && !halt;

	if (!well && state->motion != POSE_MOTION_HOMING &&
	    !governor_message(judge->rig->governor)[0])
		judge_accuse(judge, "something is not as it should be, and nothing says what");
}

/* --- time ------------------------------------------------------------------------------------- */

void judge_run(struct judge *judge, unsigned ms)
{
	while (ms--) {
		rig_run(judge->rig, 1);
		judge_count_ends(judge);
		check_asked(judge);
		check_explained(judge);
		judge_check_true(judge);
	}
}

struct judge *judge_new(struct rig *rig, const char *driver, size_t room)
{
	struct judge *judge = calloc(1, sizeof *judge);

	assert_non_null(judge);
	judge->rig = rig;
	judge->driver = driver;
	judge->room = room;
	judge->ends = calloc(room, sizeof *judge->ends);
	judge->given_ns = calloc(room, sizeof *judge->given_ns);
	judge->names = calloc(room, sizeof *judge->names);
	assert_true(judge->ends && judge->given_ns && judge->names);
	judge->allowed_mdeg_s = governor_max_mdeg_s(rig->governor);
	judge->base_epoch = UINT32_MAX;
	judge->idle_ns = judge->turning_ns = judge->rest_ns = rig->now_ns;
	return judge;
}

void judge_free(struct judge *judge)
{
	free(judge->ends);
	free(judge->given_ns);
	free(judge->names);
	free(judge);
}
