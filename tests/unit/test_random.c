/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thousands of random commands with random faults, for each driver that there is, in a time of their own.
 *
 * The judge stands at the simulated table and knows what the controller does not. In each millisecond:
 *
 *   asked      The motor begins to turn only for a command that has been taken and has not ended, or while the
 *              line, a stop or the board's own standstill is in doubt, and says so. It is not turning more than
 *              KNOWN_MS (a report at rest is 200 ms old, and may be lost once or twice) where no command is open and
 *              no stop is under way. No faster than allowed, by FASTER; homing has its own speed.
 *   explained  Whatever is not as it should be, there is a sentence about it.
 *   true       An angle with a reference is off by no more than its uncertainty and what it turned since, for as
 *              long as its epoch stands; but for what no open-loop controller can know (slipped, nudged or
 *              stalled steps) until it is homed again, and while bytes are being damaged on a line without
 *              checksums.
 *
 * In the end: every command has ended exactly once, none took longer than its time, and when the faults are
 * taken away the table is brought back to work by what its operator is told.
 *
 * OSTEND_RANDOM_COMMANDS says how many for each, OSTEND_RANDOM_SEED which, OSTEND_RANDOM_DRIVER for whom only.
 */
#include "table_rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS 2500		/* for each driver */
#define KNOWN_MS 900
#define FASTER 1.05
#define START_MS 300		/* a motion given just before its end begins a little later */
#define DRIFT_MDEG 100		/* a simulated shaft keeps the fraction of a step at which a stop cut the motion */
#define ON_THE_WAY_MS 120	/* in motion: when a report was composed is known to a tenth of a second or so */
#define MOVE_MS 400000		/* a turn at the slowest speed asked for, and all that a job may wait for */
#define STOP_MS 26000		/* from 60 degrees/s by the softest handling, and the patience */
#define FAULTS_MAX 32

struct judge {
	struct rig *rig;
	const char *driver;
	uint64_t seed;
	uint8_t *ends;			/* by command: how often it has ended */
	uint64_t *born_ns;		/* by command; 0: never given */
	enum governor_name *names;
	size_t seen_ends, room, last;
	unsigned outcomes[GOVERNOR_SUPERSEDED + 1], taken_from_afar;
	unsigned open_motions;		/* taken, and not ended */
	uint64_t idle_ns;		/* since when there is none */
	bool was_turning, unknowable, was_unknowable;
	uint64_t turning_ns, noisy_ns;	/* turning where it should be still; bytes were damaged until */
	uint64_t foreign_ns;		/* until then somebody turns it by its own knob or remote control */
	int64_t allowed_mdeg_s;
	uint64_t allowed_ns;		/* until then the limit before this one is still being braked from */
	uint32_t epoch, base_epoch;
	enum pose_reference reference;
	bool based;
	int64_t base_mdeg;		/* true minus reported, when the reference was found */
	int32_t base_unsure_mdeg;	/* of the reported angle then */
	uint64_t lease, rest_ns;
	const char *faults[FAULTS_MAX];
	size_t fault_count;
	bool hung, stalled, damaged;
	uint64_t late_ns;
	char trail[80][160];		/* what was done last, for who reads a failure */
	size_t trail_len;
};

static uint32_t below(struct judge *judge, uint32_t limit)
{
	judge->seed ^= judge->seed << 13;
	judge->seed ^= judge->seed >> 7;
	judge->seed ^= judge->seed << 17;
	return (uint32_t)((judge->seed >> 16) % limit);
}

static void note(struct judge *judge, const char *format, ...) PRINTF_LIKE(2, 3);
static void note(struct judge *judge, const char *format, ...)
{
	char *text = judge->trail[judge->trail_len++ % ARRAY_LEN(judge->trail)];
	int len = snprintf(text, 160, "%9.3f ", (double)(judge->rig->now_ns - 1000 * NS_PER_S) / 1e9);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, (size_t)(160 - len), format, args);
	va_end(args);
}

static void accuse(struct judge *judge, const char *what)
{
	const struct drive_state *state = &judge->rig->drive->state;

	for (size_t i = judge->trail_len > ARRAY_LEN(judge->trail) ? judge->trail_len - ARRAY_LEN(judge->trail) : 0;
	     i < judge->trail_len; i++)
		print_message("%s\n", judge->trail[i % ARRAY_LEN(judge->trail)]);
	fail_msg("%s, at %.3f s: %s (link %d, motion %d, reference %d, fault \"%s\", reported %lld, true %lld, base %lld, "
		 "uncertain %d, motor %.0f mdeg/s, \"%s\")", judge->driver,
		 (double)(judge->rig->now_ns - 1000 * NS_PER_S) / 1e9, what, state->link, state->motion, state->reference,
		 state->fault, (long long)state->reported_mdeg, (long long)sim_board_true_mdeg(judge->rig->sim),
		 (long long)judge->base_mdeg, state->uncertainty_mdeg, sim_board_speed_mdeg_s(judge->rig->sim),
		 governor_message(judge->rig->governor));
}

/* --- commands end once ---------------------------------------------------------------------------- */

static bool is_motion(enum governor_name name)
{
	return name <= GOVERNOR_SPIN;
}

static void born(struct judge *judge, uint64_t number, enum governor_name name)
{
	assert_true(number < judge->room);
	if (judge->born_ns[number])
		return;		/* a spin that was renewed */
	judge->born_ns[number] = judge->rig->now_ns;
	judge->names[number] = name;
	judge->last = MAX(judge->last, (size_t)number);
	judge->open_motions += is_motion(name);
}

static void count_ends(struct judge *judge)
{
	struct rig *rig = judge->rig;

	for (; judge->seen_ends < rig->end_count; judge->seen_ends++) {
		uint64_t number = rig->ends[judge->seen_ends].command;

		if (!judge->born_ns[number])
			accuse(judge, "a command ended that nobody gave");
		if (judge->ends[number]++)
			accuse(judge, "a command ended twice");
		note(judge, "   %lu %s %s: %s", (unsigned long)number, governor_name_text(judge->names[number]),
		     governor_outcome_text(rig->ends[judge->seen_ends].outcome), rig->ends[judge->seen_ends].reason);
		judge->outcomes[rig->ends[judge->seen_ends].outcome]++;
		judge->open_motions -= is_motion(judge->names[number]);
		judge->idle_ns = rig->now_ns;
	}
}

static void check_no_hang(struct judge *judge)
{
	for (size_t i = judge->last > 300 ? judge->last - 300 : 1; i <= judge->last; i++) {
		enum governor_name name = judge->names[i];
		uint64_t most_ms = name == GOVERNOR_SPIN ? UINT64_MAX / NS_PER_MS - 1 : name == GOVERNOR_HOME ? 900000 :
				   is_motion(name) ? MOVE_MS : STOP_MS;

		if (judge->born_ns[i] && !judge->ends[i] && judge->rig->now_ns - judge->born_ns[i] > most_ms * NS_PER_MS) {
			note(judge, "%zu %s", i, governor_name_text(name));
			accuse(judge, "a command hangs");
		}
	}
}

/* --- asked ---------------------------------------------------------------------------------------- */

static bool in_doubt(const struct judge *judge)
{
	const struct drive_state *state = &judge->rig->drive->state;

	return governor_stopping(judge->rig->governor) || state->link != POSE_LINK_UP || judge->hung ||
	       state->motion == POSE_MOTION_UNKNOWN || state->motion == POSE_MOTION_STOPPING;
}

static void check_asked(struct judge *judge)
{
	const struct rig *rig = judge->rig;
	double speed = sim_board_speed_mdeg_s(rig->sim);
	bool turning = speed > 1 && !judge->hung;
	uint64_t grace_ns = START_MS * NS_PER_MS + judge->late_ns;
	bool asked = judge->open_motions || rig->now_ns < judge->foreign_ns || rig->now_ns - judge->idle_ns < grace_ns;

	if (turning && !judge->was_turning && !asked && !in_doubt(judge))
		accuse(judge, "it began to turn, and nobody had asked for it");
	judge->was_turning = turning;
	if (turning)
		judge->rest_ns = rig->now_ns;
	if (!turning || judge->open_motions || in_doubt(judge) || rig->now_ns < judge->foreign_ns)
		judge->turning_ns = rig->now_ns;
	else if (rig->now_ns - judge->turning_ns > KNOWN_MS * NS_PER_MS + 2 * judge->late_ns)
		accuse(judge, "it turns, nothing asks it to, and nobody stops it");
	/* what cannot be told to stop goes on as it was told before */
	if (rig->drive->state.motion == POSE_MOTION_HOMING || rig->drive->state.link != POSE_LINK_UP || judge->hung ||
	    governor_stopping(rig->governor))
		judge->allowed_ns = rig->now_ns + 3 * NS_PER_S;
	if (turning && rig->now_ns > judge->allowed_ns && rig->now_ns > judge->foreign_ns && speed > (double)judge->allowed_mdeg_s * FASTER + 100)
		accuse(judge, "it turns faster than it may");
}

/* --- explained ------------------------------------------------------------------------------------ */

static void check_explained(struct judge *judge)
{
	const struct drive_state *state = &judge->rig->drive->state;
	bool well = state->link == POSE_LINK_UP && state->reference != POSE_REF_NONE && !state->fault[0] &&
		    state->motion != POSE_MOTION_UNKNOWN && state->motion != POSE_MOTION_HELD &&
		    !governor_halt(judge->rig->governor);

	if (!well && state->motion != POSE_MOTION_HOMING && !governor_message(judge->rig->governor)[0])
		accuse(judge, "something is not as it should be, and nothing is said about it");
}

/* --- true ----------------------------------------------------------------------------------------- */

static void check_true(struct judge *judge)
{
	const struct rig *rig = judge->rig;
	const struct drive_state *state = &rig->drive->state;
	int64_t off, slack, base_mdeg;
	bool known = state->reference != POSE_REF_NONE && state->link == POSE_LINK_UP;
	bool steady = state->motion == POSE_MOTION_STILL && !judge->hung &&
		      rig->now_ns - judge->rest_ns > 400 * NS_PER_MS + 2 * judge->late_ns;

	if (state->reference == POSE_REF_NONE || state->epoch != judge->epoch || state->reference != judge->reference)
		judge->based = false;
	judge->epoch = state->epoch;
	judge->reference = state->reference;
	if (known && !judge->based && steady && !judge->damaged && rig->now_ns > judge->noisy_ns) {
		judge->based = true;
		judge->was_unknowable = judge->unknowable;
		judge->unknowable = judge->stalled || rig->sim->slip_deg > 0;
		base_mdeg = sim_board_true_mdeg(rig->sim) - state->reported_mdeg;
		if (judge->base_epoch == state->epoch && !judge->unknowable && !judge->was_unknowable &&
		    llabs(base_mdeg - judge->base_mdeg) > judge->base_unsure_mdeg + DRIFT_MDEG)
			accuse(judge, "it counts from elsewhere, and its epoch has not risen");
		judge->base_epoch = state->epoch;
		judge->base_unsure_mdeg = state->uncertainty_mdeg;
		judge->base_mdeg = sim_board_true_mdeg(rig->sim) - state->reported_mdeg;
		note(judge, "   (%lld is truly %lld)", (long long)state->reported_mdeg,
		     (long long)sim_board_true_mdeg(rig->sim));
	}
	if (!judge->based || judge->unknowable || judge->damaged || judge->hung || rig->now_ns < judge->noisy_ns ||
	    rig->now_ns < judge->foreign_ns ||
	    (!steady && judge->late_ns) || !known)
		return;
	off = llabs(sim_board_true_mdeg(rig->sim) - state->reported_mdeg - judge->base_mdeg);
	slack = (int64_t)governor_uncertainty_mdeg(rig->governor, rig->now_ns) + judge->base_unsure_mdeg + DRIFT_MDEG;
	if (!steady)
		slack += 500 + MAX(llabs(state->speed_mdeg_s), (int64_t)sim_board_speed_mdeg_s(rig->sim)) * ON_THE_WAY_MS / 1000;
	if (off > slack)
		accuse(judge, "the angle is wrong, and its epoch has not risen");
}

/* --- time ------------------------------------------------------------------------------------------ */

static void run(struct judge *judge, unsigned ms)
{
	while (ms--) {
		rig_run(judge->rig, 1);
		count_ends(judge);
		check_asked(judge);
		check_explained(judge);
		check_true(judge);
	}
}

/* --- what is done to it --------------------------------------------------------------------------- */

static struct governor_request random_request(struct judge *judge)
{
	static const enum governor_name names[] = {
		GOVERNOR_HOME, GOVERNOR_GOTO, GOVERNOR_GOTO, GOVERNOR_GOTO, GOVERNOR_GOTO, GOVERNOR_TURN, GOVERNOR_TURN,
		GOVERNOR_TURN, GOVERNOR_SPIN, GOVERNOR_SPIN, GOVERNOR_SPIN, GOVERNOR_STOP, GOVERNOR_STOP, GOVERNOR_ESTOP,
		GOVERNOR_CLEAR, GOVERNOR_CLEAR, GOVERNOR_CLEAR,
	};
	struct governor_request request = { .name = names[below(judge, ARRAY_LEN(names))], .by = "random" };

	request.bearing_mdeg = (int32_t)below(judge, MDEG_PER_TURN);
	request.way = below(judge, 3);
	request.by_mdeg = (int32_t)below(judge, below(judge, 4) ? 30000 : 2 * MDEG_PER_TURN) - 15000;
	request.by_mdeg = CLAMP(request.by_mdeg, -MDEG_PER_TURN, MDEG_PER_TURN);
	if (below(judge, 3) == 0)
		request.speed_mdeg_s = (int32_t)below(judge, 28000) + 3000;
	if (request.name == GOVERNOR_SPIN)
		request.speed_mdeg_s = ((int32_t)below(judge, 28000) + 3000) * (below(judge, 2) ? 1 : -1);
	if (!(judge->rig->drive->capabilities & DRIVE_SETS_SPEED) && below(judge, 4))
		request.speed_mdeg_s = request.speed_mdeg_s < 0 ? -8000 : request.speed_mdeg_s ? 8000 : 0;
	if (request.name == GOVERNOR_SPIN && below(judge, 2))
		request.ttl_ns = (100 + below(judge, 1500)) * NS_PER_MS;
	request.confirm = below(judge, 2);
	if (below(judge, 5) == 0)
		request.expires_ns = judge->rig->now_ns + below(judge, 2000) * NS_PER_MS;
	if (governor_lease(judge->rig->governor) ? below(judge, 3) : below(judge, 30) == 0)
		request.lease = judge->lease;	/* one that has ended, too */
	if (request.lease)
		request.seen_ns = judge->rig->now_ns - below(judge, 700) * NS_PER_MS;
	return request;
}

static int give(struct judge *judge, struct governor_request request)
{
	struct rig *rig = judge->rig;
	uint64_t number = 0, expected = judge->last + 1;
	struct err err = { .text = "" };
	int rc;

	/* it may end before its number is known here */
	judge->born_ns[expected] = 0;
	rc = governor_submit(rig->governor, &request, rig->now_ns, &number, &err);
	born(judge, number, request.name);
	judge->taken_from_afar += rc == 0 && request.lease && is_motion(request.name);
	note(judge, "%lu %s %d %d at %d%s%s: %s", (unsigned long)number, governor_name_text(request.name),
	     request.bearing_mdeg, request.by_mdeg, request.speed_mdeg_s, request.lease ? " (lease)" : "",
	     request.confirm ? " (confirm)" : "", rc < 0 ? err_name(rc) : "taken");
	count_ends(judge);
	return rc;
}

static void random_lease(struct judge *judge)
{
	struct rig *rig = judge->rig;
	struct governor_grant grant = { .holder = "afar", .until_ns = rig->now_ns + below(judge, 20000) * NS_PER_MS,
					.may_home = below(judge, 2) };

	if (below(judge, 4) == 0) {
		grant.from_mdeg = (int32_t)below(judge, MDEG_PER_TURN);
		grant.to_mdeg = (int32_t)below(judge, MDEG_PER_TURN);
	}
	switch (below(judge, 6)) {
	case 0:
		note(judge, "preempt");
		governor_preempt(rig->governor, "a key", rig->now_ns);
		break;
	case 1:
		governor_release(rig->governor, judge->lease, rig->now_ns, NULL);
		break;
	case 2: case 3:
		if (governor_grant(rig->governor, &grant, rig->now_ns, &judge->lease, NULL) == 0)
			note(judge, "lease");
		break;
	default:
		governor_keepalive(rig->governor, judge->lease, rig->now_ns - below(judge, 600) * NS_PER_MS, rig->now_ns, NULL);
	}
	count_ends(judge);
}

static void random_handling(struct judge *judge)
{
	struct governor *governor = judge->rig->governor;
	uint32_t mask = below(judge, 2) ? 0 : 1u << below(judge, HANDLING_COUNT);
	int64_t before = judge->allowed_mdeg_s;

	note(judge, "handling %x", mask);
	governor_set_handling(governor, mask, "random", judge->rig->now_ns);
	judge->allowed_mdeg_s = governor_max_mdeg_s(governor);
	if (judge->allowed_mdeg_s < before)
		judge->allowed_ns = judge->rig->now_ns + 3 * NS_PER_S;
	count_ends(judge);
}

static void strike_quietly(struct judge *judge, const char *name, int64_t value)
{
	sim_board_fault(judge->rig->sim, name, value);
	/* These say nothing when their power comes back. The one counts from 0, and near 0 that is a small step; the
	 * other finds its true bearing, and the small step is what it had been nudged by before. */
	if (strcmp(name, "power") == 0 &&
	    (strcmp(judge->driver, "comxim") == 0 || strcmp(judge->driver, "pelcod") == 0))
		judge->unknowable = true;
	if ((strcmp(name, "slip") == 0 && value) || strcmp(name, "nudge") == 0 || (strcmp(name, "stall") == 0 && value))
		judge->unknowable = true;
	if (strcmp(name, "stall") == 0)
		judge->stalled = value;
	if (strcmp(name, "hang") == 0)
		judge->hung = value;
	if (strcmp(name, "late") == 0) {
		if (judge->late_ns)	/* what was held back still comes */
			judge->noisy_ns = judge->rig->now_ns + 2 * NS_PER_S;
		judge->late_ns = (uint64_t)value * NS_PER_MS;
	}
	if ((strcmp(name, "damage") == 0 || strcmp(name, "lose") == 0) && (value || judge->damaged)) {
		judge->damaged = value;
		judge->noisy_ns = judge->rig->now_ns + 2 * NS_PER_S;
	}
	if (strcmp(name, "knob") == 0 || strcmp(name, "remote") == 0 || strcmp(name, "other") == 0 || strcmp(name, "menu") == 0)
		judge->foreign_ns = judge->rig->now_ns + 5 * NS_PER_S;	/* turned by somebody else */
	if (strcmp(name, "garbage") == 0 || strcmp(name, "chatter") == 0 ||
	    strcmp(name, "masters") == 0)	/* a full line makes answers late, too */
		judge->noisy_ns = judge->rig->now_ns + 2 * NS_PER_S;
}

static void strike(struct judge *judge, const char *name, int64_t value)
{
	note(judge, "FAULT %s %lld", name, (long long)value);
	strike_quietly(judge, name, value);
}

static void heal(struct judge *judge)
{
	/* 0 for each: it is as it was */
	static const char *const lasting[] = { "late", "hang", "stall", "damage", "lose", "silence", "slip", "heat",
					       "button", "voltage", "park", "deaf", "lost-end", "late-end", "lost-ok",
					       "beat-inside", "lost-answer", "drop", "corrupt", "storm" };

	for (size_t i = 0; i < ARRAY_LEN(lasting); i++)
		strike_quietly(judge, lasting[i], 0);
	if (strcmp(judge->driver, "grbl") == 0)		/* with others it is an event, and no state */
		strike_quietly(judge, "limit", 0);
	note(judge, "healed");
}

static void random_fault(struct judge *judge)
{
	static const struct { const char *name; uint32_t limit; } usual[] = {
		{ "slip", 3000 }, { "stall", 2 }, { "silence", 2500 }, { "late", 400 }, { "hang", 2 }, { "garbage", 300 },
		{ "damage", 400 }, { "lose", 400 }, { "power", 1 }, { "nudge", 8000 }, { "heat", 2 }, { "button", 2 },
		{ "voltage", 2 }, { "park", 2 }, { "deaf", 60 }, { "lost-end", 3 }, { "lost-ok", 3 }, { "beat-inside", 3 },
		{ "lost-answer", 3 }, { "masters", 5 }, { "drop", 400 }, { "corrupt", 400 }, { "storm", 10 },
	};
	const char *name = judge->faults[below(judge, (uint32_t)judge->fault_count)];
	int64_t value = below(judge, 3000);

	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (strcmp(usual[i].name, name) == 0)
			value = below(judge, usual[i].limit);
	if (strcmp(name, "damage") == 0 || strcmp(name, "lose") == 0 || strcmp(name, "drop") == 0 ||
	    strcmp(name, "corrupt") == 0)
		value += 50;
	strike(judge, name, value);
	if (below(judge, 3) == 0) {
		note(judge, "unplug");
		rig_unplug(judge->rig);
		count_ends(judge);
		run(judge, below(judge, 700));
		note(judge, "plug");
		rig_plug(judge->rig);
		count_ends(judge);
	}
}

/* --- what its operator does ----------------------------------------------------------------------- */

static bool wait_end(struct judge *judge, uint64_t number, unsigned ms)
{
	while (ms-- && !judge->ends[number])
		run(judge, 1);
	return judge->ends[number];
}

static bool ready(const struct judge *judge)
{
	const struct drive_state *state = &judge->rig->drive->state;

	return state->link == POSE_LINK_UP && state->motion == POSE_MOTION_STILL && !state->fault[0] &&
	       !governor_stopping(judge->rig->governor) && !governor_halt(judge->rig->governor);
}

static void clear(struct judge *judge)
{
	for (int tries = 0; tries < 8 && !ready(judge); tries++) {
		run(judge, 9000);
		if (ready(judge))
			break;
		if (tries == 3)
			strike(judge, "power", 0);	/* "press its reset button" */
		if (give(judge, RIG_CLEAR) == 0)
			give(judge, RIG_CONFIRM);
		wait_end(judge, judge->last, 25000);
	}
	if (!ready(judge))
		accuse(judge, "it does not come back to work");
}

/* By its switch, or by a person's word. */
static void find_reference(struct judge *judge)
{
	struct rig *rig = judge->rig;
	struct err err = { .text = "" };

	for (int i = 0; i < 3 && rig->drive->capabilities & DRIVE_CAN_HOME &&
			(!i || rig->drive->state.reference == POSE_REF_NONE); i++) {
		give(judge, RIG_HOME);
		if (!wait_end(judge, judge->last, 120000))
			accuse(judge, "homing hangs");
		clear(judge);	/* of some it is known only by trying */
	}
	if (rig->drive->state.reference != POSE_REF_NONE)
		return;
	if (rig->drive->capabilities & DRIVE_CAN_HOME)
		accuse(judge, "it cannot be homed again");
	if (governor_calibrate(rig->governor, &rig->drive->geometry, true, "zero", "random", rig->now_ns, &err) < 0)
		accuse(judge, err.text);
}

/* Stop it, clear what is to be cleared, home it: as he is told. */
static void bring_back(struct judge *judge)
{
	note(judge, "bring back");
	heal(judge);
	give(judge, RIG_STOP);
	clear(judge);
	governor_set_handling(judge->rig->governor, 0, "random", judge->rig->now_ns);
	judge->allowed_mdeg_s = governor_max_mdeg_s(judge->rig->governor);
	find_reference(judge);
	run(judge, 500);
}

/* --- */

static void name_fault(void *owner, const char *name)
{
	struct judge *judge = owner;

	if (judge->fault_count < FAULTS_MAX)
		judge->faults[judge->fault_count++] = name;
}

static void judge_free(struct judge *judge)
{
	rig_free(judge->rig);
	free(judge->ends);
	free(judge->born_ns);
	free(judge->names);
	free(judge);
}

static struct judge *judge_new(const char *driver, size_t commands, uint64_t seed)
{
	static const struct governor_config limits = GOVERNOR_CONFIG_DEFAULT;
	/* as an engineer would have measured the simulated one */
	const struct drive_config config = { .own_mdeg_s = strcmp(driver, "pelcod") == 0 ? 8000 : 0, .own_mdeg_s2 = 60000 };
	static const struct sim_config sim = { .true_mdeg = 50000 };
	struct judge *judge = calloc(1, sizeof *judge);

	assert_non_null(judge);
	judge->driver = driver;
	judge->seed = seed;
	judge->room = commands * 2 + 64;
	judge->ends = calloc(judge->room, sizeof *judge->ends);
	judge->born_ns = calloc(judge->room, sizeof *judge->born_ns);
	judge->names = calloc(judge->room, sizeof *judge->names);
	assert_true(judge->ends && judge->born_ns && judge->names);
	judge->rig = rig_open(&(struct rig_options){ .driver = driver, .limits = &limits, .drive = &config, .sim = &sim });
	sim_board_faults(judge->rig->sim, name_fault, judge);
	judge->allowed_mdeg_s = limits.max_mdeg_s;
	judge->base_epoch = UINT32_MAX;
	judge->idle_ns = judge->turning_ns = judge->rest_ns = judge->rig->now_ns;
	return judge;
}

/* Somebody afar has the table for a while, and is heard nearly always. */
static void session_from_afar(struct judge *judge)
{
	struct rig *rig = judge->rig;
	const struct governor_grant grant = { .holder = "afar", .until_ns = rig->now_ns + 15 * NS_PER_S, .may_home = true };

	if (governor_grant(rig->governor, &grant, rig->now_ns, &judge->lease, NULL) < 0)
		return;
	note(judge, "session");
	while (governor_lease(rig->governor)) {
		struct governor_request request = random_request(judge);

		request.name = below(judge, GOVERNOR_SPIN + 1);
		request.speed_mdeg_s = request.name == GOVERNOR_SPIN ? request.speed_mdeg_s ? request.speed_mdeg_s : 8000 : 0;
		request.lease = judge->lease;
		request.seen_ns = rig->now_ns - below(judge, 300) * NS_PER_MS;
		give(judge, request);
		for (uint32_t count = below(judge, 12); count && below(judge, 20); count--) {
			run(judge, 200);
			governor_keepalive(rig->governor, judge->lease, rig->now_ns, rig->now_ns, NULL);
		}
		run(judge, below(judge, 10) ? 100 : 600);
		if (below(judge, 12) == 0)
			random_fault(judge);
	}
	count_ends(judge);
}

static void trouble(struct judge *judge)
{
	if (below(judge, 25) == 0)
		session_from_afar(judge);
	give(judge, random_request(judge));
	if (below(judge, 5) == 0)
		random_lease(judge);
	if (below(judge, 12) == 0)
		random_handling(judge);
	if (below(judge, 8) == 0)
		random_fault(judge);
	if (below(judge, 6) == 0)
		heal(judge);
	run(judge, below(judge, below(judge, 3) ? 60 : 900));
	check_no_hang(judge);
}

static void judge_driver(const char *driver, size_t commands, uint64_t seed)
{
	struct judge *judge = judge_new(driver, commands, seed);
	size_t rest = 0;

	run(judge, 6000);
	bring_back(judge);
	for (size_t i = 0; i < commands; i++) {
		trouble(judge);
		rest = governor_halt(judge->rig->governor) ? rest + 1 : 0;
		if (rest > 8 || below(judge, 200) == 0)	/* else most commands were refused */
			bring_back(judge);
	}
	bring_back(judge);
	for (size_t i = 1; i <= judge->last; i++)
		if (judge->born_ns[i] && judge->ends[i] != 1)
			accuse(judge, "a command has not ended once");
	print_message("%s: %zu commands in %lu simulated seconds: %u done, %u stopped, %u refused, %u failed, %u superseded; "
		      "%u motions from afar\n",
		      driver, judge->last, (unsigned long)((judge->rig->now_ns - 1000 * NS_PER_S) / NS_PER_S),
		      judge->outcomes[GOVERNOR_DONE], judge->outcomes[GOVERNOR_STOPPED],
		      judge->outcomes[GOVERNOR_REFUSED], judge->outcomes[GOVERNOR_FAILED],
		      judge->outcomes[GOVERNOR_SUPERSEDED], judge->taken_from_afar);
	judge_free(judge);
}

static size_t number_of(const char *name, size_t usual)
{
	const char *text = getenv(name);

	return text ? (size_t)strtoull(text, NULL, 10) : usual;
}

static void test_random_commands_and_faults_for_every_driver(void **state)
{
	size_t commands = number_of("OSTEND_RANDOM_COMMANDS", COMMANDS), seed = number_of("OSTEND_RANDOM_SEED", 1);
	const char *only = getenv("OSTEND_RANDOM_DRIVER");

	(void)state;
	for (size_t i = 0; drive_at(i); i++)
		if (!only || strcmp(only, drive_at(i)->name) == 0)
			judge_driver(drive_at(i)->name, commands, UINT64_C(88172645463325252) * (2 * seed + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_commands_and_faults_for_every_driver),
	};

	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
