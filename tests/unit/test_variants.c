/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The variants of the simulated tables, each through commands with faults between them. (test_random.c judges the
 * usual one of each driver, in every millisecond; these are of other makes, and are looked at when all is over.)
 *
 * A round gives some commands and lets some faults strike; then all is mended and a person stops, looks and clears.
 * After that the table must be usable again, must stand as long as nobody asks, every command must have ended
 * once and with a reason, and the angle must be where the controller counts, unless the epoch has risen.
 */
#include "table_rig.h"

#include <stdlib.h>
#include <string.h>

#define RIGS 4			/* of each kind of table */
#define ROUNDS 28
#define COMMANDS_MAX 900	/* of one rig */

struct ride {
	struct rig *rig;
	uint64_t seed;
	uint64_t commands[COMMANDS_MAX];
	unsigned count;
	bool known;		/* the next three are of the last time that it had a reference and stood */
	uint32_t epoch;
	int64_t off_mdeg;	/* what it counts, less what is reported */
	int32_t uncertainty_mdeg;
};

struct kind {
	const char *driver, *variant;
	bool blind;		/* it cannot say its angle, so nobody sees who else turns it */
};

static const struct kind kinds[] = {
	{ "grbl", "single", false }, { "grbl", "stock", false }, { "marlin", "old", false },
	{ "zaber", "old", false },
	{ "comxim", "old", true }, { "comxim", "new", false }, { "comxim", "lazy", false }, { "comxim", "busy", false },
	{ "comxim", "wraps", false },
	{ "pelcod", "echo", false }, { "pelcod", "acks", false }, { "pelcod", "stale", false }, { "pelcod", "lazy", false },
	{ "pelcod", "once", false }, { "pelcod", "mute", true },
};

#define UNSEEN 3		/* the last faults: who turns it else, and a word for nothing */

static const struct { const char *name; int64_t least, most; bool cured; } faults[] = {
	{ "slip", 1000, 20000, false }, { "stall", 1, 1, true }, { "nudge", -9000, 9000, false },
	{ "silence", 100, 4000, true }, { "late", 20, 1800, true }, { "hang", 1, 1, true },
	{ "garbage", 1, 300, false }, { "damage", 20, 300, true }, { "lose", 20, 300, true }, { "power", 0, 0, false },
	{ "lost-end", 1, 2, true }, { "late-end", 1000, 9000, true }, { "lost-ok", 1, 3, true }, { "deaf", 1, 3, true },
	{ "beat-inside", 1, 5, true }, { "lost-answer", 1, 12, true }, { "masters", 1, 4, false },
	{ "stray-end", 0, 0, false }, { "remote", 1000, 60000, false }, { "other", -60000, 60000, false },
};

static int64_t between(struct ride *ride, int64_t least, int64_t most)
{
	ride->seed ^= ride->seed << 13;
	ride->seed ^= ride->seed >> 7;
	ride->seed ^= ride->seed << 17;
	return least + (int64_t)((ride->seed >> 11) % (uint64_t)(most - least + 1));
}

/* --- what is asked of it --------------------------------------------------------------------------- */

static struct governor_request request(struct ride *ride)
{
	struct governor_request request = { .name = GOVERNOR_STOP };
	int64_t what = between(ride, 0, 19);

	if (what < 6)
		request = (struct governor_request){ .name = GOVERNOR_GOTO, .way = (enum governor_way)between(ride, 0, 2),
						     .bearing_mdeg = (int32_t)between(ride, 0, 359999) };
	else if (what < 12)
		request = RIG_TURN(between(ride, -180, 180));
	else if (what < 15)
		request = RIG_SPIN(between(ride, 0, 1) ? 8 : -8);
	else if (what < 16)
		request = RIG_HOME;
	else if (what < 17)
		request = RIG_ESTOP;
	else if (what < 18)
		request = RIG_CLEAR;
	return request;
}

static void command(struct ride *ride)
{
	assert_true(ride->count < COMMANDS_MAX);
	ride->commands[ride->count++] = rig_submit(ride->rig, request(ride), NULL);
}

static void assert_explained(const struct ride *ride)
{
	const struct drive_state *state = &ride->rig->drive->state;

	if (governor_halt(ride->rig->governor) || state->fault[0] || state->link != POSE_LINK_UP)
		assert_true(governor_message(ride->rig->governor)[0]);
	assert_true(state->link == POSE_LINK_UP || state->motion == POSE_MOTION_UNKNOWN);
}

static void strike(struct ride *ride, const struct kind *kind)
{
	size_t which = (size_t)between(ride, 0, ARRAY_LEN(faults) + 2);

	if (kind->blind && which >= ARRAY_LEN(faults) - UNSEEN && which < ARRAY_LEN(faults))
		return;
	if (which < ARRAY_LEN(faults))
		sim_board_fault(ride->rig->sim, faults[which].name, between(ride, faults[which].least, faults[which].most));
	else if (which == ARRAY_LEN(faults) && !ride->rig->unplugged)
		rig_unplug(ride->rig);
	else if (which == ARRAY_LEN(faults) + 1 && ride->rig->unplugged)
		rig_plug(ride->rig);
	else
		ride->rig->host_dead = true;
}

/* --- and what must be so afterwards ------------------------------------------------------------------ */

static bool usable(struct ride *ride)
{
	return rig_until_ready(ride->rig, 30000) && !governor_halt(ride->rig->governor) &&
	       !ride->rig->drive->state.fault[0];
}

static void mend(struct ride *ride, const struct kind *kind)
{
	struct rig *rig = ride->rig;

	rig->host_dead = false;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (faults[i].cured)
			sim_board_fault(rig->sim, faults[i].name, 0);
	rig_run(rig, 200);
	if (rig->unplugged)
		rig_plug(rig);
	for (int tries = 0; tries < 10; tries++) {
		rig_do(rig, RIG_STOP, 8000);
		rig_do(rig, RIG_CLEAR, 25000);
		if (usable(ride))
			return;
		if (tries == 6)		/* and off and on again */
			sim_board_fault(rig->sim, "power", 0);
	}
	fail_msg("%s (%s) could not be used again: %s", kind->driver, kind->variant,
		 governor_message(rig->governor));
}

static void assert_stands(struct ride *ride)
{
	for (int ms = 0; ms < 3000; ms++) {
		rig_run(ride->rig, 1);
		assert_int_equal((int)sim_board_speed_mdeg_s(ride->rig->sim), 0);
	}
}

/* Within one epoch reported and counted stay together. */
static void assert_angle(struct ride *ride, const struct kind *kind)
{
	const struct drive_state *state = &ride->rig->drive->state;
	int64_t off_mdeg = sim_board_counted_mdeg(ride->rig->sim) - state->reported_mdeg;
	int64_t unsure_mdeg = (int64_t)ride->uncertainty_mdeg + state->uncertainty_mdeg;
	int64_t slack = 20 + (state->source == POSE_SRC_ASSUMED ? unsure_mdeg : 0);

	if (ride->known && state->reference != POSE_REF_NONE && ride->epoch == state->epoch &&
	    llabs(off_mdeg - ride->off_mdeg) > slack)
		fail_msg("%s (%s): the angle is wrong by %lld, and the epoch has not risen", kind->driver,
			 kind->variant, (long long)(off_mdeg - ride->off_mdeg));
	ride->known = state->reference != POSE_REF_NONE;
	ride->epoch = state->epoch;
	ride->off_mdeg = off_mdeg;
	ride->uncertainty_mdeg = state->uncertainty_mdeg;
}

static void assert_ends(const struct ride *ride)
{
	for (unsigned i = 0; i < ride->count; i++) {
		enum governor_outcome outcome;

		assert_int_equal(rig_ends(ride->rig, ride->commands[i], &outcome), 1);
		if (outcome != GOVERNOR_DONE)
			assert_true(rig_reason(ride->rig, ride->commands[i])[0]);
	}
}

/* Give it a reference, so that there is something to be wrong. */
static void refer(struct ride *ride)
{
	struct drive *drive = ride->rig->drive;
	struct geometry geometry = drive->geometry;

	if (drive->state.reference != POSE_REF_NONE || !between(ride, 0, 3))
		return;
	if (drive->capabilities & DRIVE_CAN_HOME && between(ride, 0, 1)) {
		rig_do(ride->rig, RIG_HOME, 90000);
		rig_until_ready(ride->rig, 5000);
		return;
	}
	drive->state.reference = POSE_REF_USER_ZERO;
	drive_set_geometry(drive, &geometry);
	ride->known = false;
}

static void one_round(struct ride *ride, const struct kind *kind)
{
	int64_t acts = between(ride, 3, 12);

	refer(ride);
	assert_angle(ride, kind);
	while (acts--) {
		if (between(ride, 0, 2))
			command(ride);
		else
			strike(ride, kind);
		rig_run(ride->rig, (unsigned)between(ride, 1, between(ride, 0, 3) ? 2500 : 12000));
		ride->rig->host_dead = false;
		assert_explained(ride);
	}
	mend(ride, kind);
	assert_stands(ride);
	assert_angle(ride, kind);
}

static unsigned ride_out(const struct kind *kind, uint64_t seed)
{
	static const struct drive_config measured = { .own_mdeg_s = 8000, .own_mdeg_s2 = 20000 };
	const struct sim_config sim = { .true_mdeg = 33000, .variant = kind->variant };
	const struct rig_options options = {
		.driver = kind->driver, .sim = &sim, .drive = strcmp(kind->driver, "pelcod") == 0 ? &measured : NULL,
	};
	struct ride ride = { .rig = rig_open(&options), .seed = seed };

	assert_true(rig_until_ready(ride.rig, 20000));
	for (int i = 0; i < ROUNDS; i++)
		one_round(&ride, kind);
	assert_ends(&ride);
	rig_free(ride.rig);
	return ride.count;
}

static void test_each_variant_comes_through_commands_with_faults(void **state)
{
	unsigned count = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (uint64_t k = 0; k < RIGS; k++)
			count += ride_out(&kinds[i], UINT64_C(0x9e3779b97f4a7c15) * (i * RIGS + k + 1));
	assert_true(count >= 8000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_variant_comes_through_commands_with_faults) };

	return cmocka_run_group_tests_name("variants", tests, NULL, NULL);
}
