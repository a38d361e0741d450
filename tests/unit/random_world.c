/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "random_world.h"

#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX 32

struct world {
	struct rig *rig;
	struct judge *judge;
	const char *driver;
	uint64_t seed, lease;
	const char *faults[FAULTS_MAX];	/* that its simulator knows */
	size_t fault_count;
	unsigned taken_from_afar;
	unsigned halted;		/* for so many commands now */
};

static uint32_t below(struct world *world, uint32_t limit)
{
	world->seed ^= world->seed << 13;
	world->seed ^= world->seed >> 7;
	world->seed ^= world->seed << 17;
	return (uint32_t)((world->seed >> 16) % limit);
}

/* --- commands --------------------------------------------------------------------------------- */

static bool sets_speed(const struct world *world)
{
	return world->rig->drive->capabilities & DRIVE_SETS_SPEED;
}

static int32_t random_speed(struct world *world, enum governor_name name)
{
	int32_t speed = 0;

	if (below(world, 3) == 0)
		speed = (int32_t)below(world, 28000) + 3000;
	if (name == GOVERNOR_SPIN)
		speed = (int32_t)(below(world, 28000) + 3000) * (below(world, 2) ? 1 : -1);
	if (!sets_speed(world) && below(world, 4))
		speed = speed < 0 ? -8000 : speed ? 8000 : 0;
	return speed;
}

static void random_times(struct world *world, struct governor_request *request)
{
	uint64_t now_ns = world->rig->now_ns;

	if (request->name == GOVERNOR_SPIN && below(world, 2))
		request->ttl_ns = (100 + below(world, 1500)) * NS_PER_MS;
	if (below(world, 5) == 0)
		request->expires_ns = now_ns + below(world, 2000) * NS_PER_MS;
	if (governor_lease(world->rig->governor) ? below(world, 3) : below(world, 30) == 0)
		request->lease = world->lease;	/* one that has ended, too */
	if (request->lease)
		request->seen_ns = now_ns - below(world, 700) * NS_PER_MS;
}

static struct governor_request random_request(struct world *world)
{
	static const enum governor_name names[] = {
		GOVERNOR_HOME, GOVERNOR_GOTO, GOVERNOR_GOTO, GOVERNOR_GOTO, GOVERNOR_GOTO,
		GOVERNOR_TURN, GOVERNOR_TURN, GOVERNOR_TURN, GOVERNOR_SPIN, GOVERNOR_SPIN,
		GOVERNOR_SPIN, GOVERNOR_STOP, GOVERNOR_STOP, GOVERNOR_ESTOP, GOVERNOR_CLEAR,
		GOVERNOR_CLEAR, GOVERNOR_CLEAR,
	};
	struct governor_request request = { .by = "random" };

	request.name = names[below(world, ARRAY_LEN(names))];
	request.bearing_mdeg = (int32_t)below(world, MDEG_PER_TURN);
	request.way = below(world, 3);
	request.by_mdeg = (int32_t)below(world, below(world, 4) ? 30000 : 2 * MDEG_PER_TURN);
	request.by_mdeg = MIN(request.by_mdeg - 15000, MDEG_PER_TURN);
	request.speed_mdeg_s = random_speed(world, request.name);
	request.confirm = below(world, 2);
	random_times(world, &request);
	return request;
}

static int give(struct world *world, struct governor_request request)
{
	uint64_t number = 0;
	struct err err = { .text = "" };
	int rc = governor_submit(world->rig->governor, &request, world->rig->now_ns, &number, &err);

	world->taken_from_afar += rc == 0 && request.lease && request.name <= GOVERNOR_SPIN;
	judge_note(world->judge, "%lu %s %d %d at %d%s%s: %s", (unsigned long)number,
		   governor_name_text(request.name), request.bearing_mdeg, request.by_mdeg,
		   request.speed_mdeg_s, request.lease ? " (lease)" : "",
		   request.confirm ? " (confirm)" : "", rc < 0 ? err_name(rc) : "taken");
	judge_given(world->judge, number, request.name);
	return rc;
}

/* --- from afar -------------------------------------------------------------------------------- */

static bool grant(struct world *world, struct governor_grant grant)
{
	struct rig *rig = world->rig;

	if (governor_grant(rig->governor, &grant, rig->now_ns, &world->lease, NULL) < 0)
		return false;
	judge_note(world->judge, "lease");
	return true;
}

static void keep_alive(struct world *world, uint64_t age_ns)
{
	uint64_t now_ns = world->rig->now_ns;

	governor_keepalive(world->rig->governor, world->lease, now_ns - age_ns, now_ns, NULL);
}

static void random_grant(struct world *world)
{
	struct governor_grant wanted = {
		.holder = "afar", .may_home = below(world, 2),
		.until_ns = world->rig->now_ns + below(world, 20000) * NS_PER_MS,
	};

	if (below(world, 4) == 0) {
		wanted.from_mdeg = (int32_t)below(world, MDEG_PER_TURN);
		wanted.to_mdeg = (int32_t)below(world, MDEG_PER_TURN);
	}
	grant(world, wanted);
}

static void random_lease(struct world *world)
{
	struct rig *rig = world->rig;

	switch (below(world, 6)) {
	case 0:
		judge_note(world->judge, "preempt");
		governor_preempt(rig->governor, "a key", rig->now_ns);
		break;
	case 1:
		governor_release(rig->governor, world->lease, rig->now_ns, NULL);
		break;
	case 2: case 3:
		random_grant(world);
		break;
	default:
		keep_alive(world, below(world, 600) * NS_PER_MS);
	}
	judge_count_ends(world->judge);
}

/* --- faults ----------------------------------------------------------------------------------- */

static void strike_quietly(struct world *world, const char *name, int64_t value)
{
	sim_board_fault(world->rig->sim, name, value);
	judge_fault_struck(world->judge, name, value);
}

static void strike(struct world *world, const char *name, int64_t value)
{
	judge_note(world->judge, "FAULT %s %lld", name, (long long)value);
	strike_quietly(world, name, value);
}

static void heal(struct world *world)
{
	/* 0 for each: it is as it was */
	static const char *const lasting[] = {
		"late", "hang", "stall", "damage", "lose", "silence", "slip", "heat", "button",
		"voltage", "park", "deaf", "lost-end", "late-end", "lost-ok", "beat-inside",
		"lost-answer", "drop", "corrupt", "storm",
	};

	for (size_t i = 0; i < ARRAY_LEN(lasting); i++)
		strike_quietly(world, lasting[i], 0);
	if (strcmp(world->driver, "grbl") == 0)	/* with others it is an event, and no state */
		strike_quietly(world, "limit", 0);
	judge_note(world->judge, "healed");
}

static int64_t random_value(struct world *world, const char *name)
{
	static const struct { const char *name; uint32_t least, limit; } usual[] = {
		{ "slip", 0, 3000 }, { "stall", 0, 2 }, { "silence", 0, 2500 }, { "late", 0, 400 },
		{ "hang", 0, 2 }, { "garbage", 0, 300 }, { "damage", 50, 400 }, { "lose", 50, 400 },
		{ "power", 0, 1 }, { "nudge", 0, 8000 }, { "heat", 0, 2 }, { "button", 0, 2 },
		{ "voltage", 0, 2 }, { "park", 0, 2 }, { "deaf", 0, 60 }, { "lost-end", 0, 3 },
		{ "lost-ok", 0, 3 }, { "beat-inside", 0, 3 }, { "lost-answer", 0, 3 },
		{ "masters", 0, 5 }, { "drop", 50, 400 }, { "corrupt", 50, 400 },
		{ "storm", 0, 10 },
	};

	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (strcmp(usual[i].name, name) == 0)
			return usual[i].least + below(world, usual[i].limit);
	return below(world, 3000);
}

static void random_fault(struct world *world)
{
	const char *name = world->faults[below(world, (uint32_t)world->fault_count)];

	strike(world, name, random_value(world, name));
	if (below(world, 3))
		return;
	judge_note(world->judge, "unplug");
	rig_unplug(world->rig);
	judge_count_ends(world->judge);
	judge_run(world->judge, below(world, 700));
	judge_note(world->judge, "plug");
	rig_plug(world->rig);
	judge_count_ends(world->judge);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void put_on_it(struct world *world, uint32_t handling)
{
	judge_note(world->judge, "handling %x", handling);
	governor_set_handling(world->rig->governor, handling, "random", world->rig->now_ns);
	judge_limit_changed(world->judge);
	judge_count_ends(world->judge);
}

static void request_from_afar(struct world *world)
{
	struct governor_request request = random_request(world);
	int32_t speed = request.speed_mdeg_s ? request.speed_mdeg_s : 8000;

	request.name = below(world, GOVERNOR_SPIN + 1);
	request.speed_mdeg_s = request.name == GOVERNOR_SPIN ? speed : 0;
	request.lease = world->lease;
	request.seen_ns = world->rig->now_ns - below(world, 300) * NS_PER_MS;
	give(world, request);
}

/* Somebody afar has the table for a while, and is heard nearly always. */
static void session_from_afar(struct world *world)
{
	struct rig *rig = world->rig;
	const struct governor_grant wanted = { .holder = "afar", .may_home = true,
					       .until_ns = rig->now_ns + 15 * NS_PER_S };

	if (!grant(world, wanted))
		return;
	while (governor_lease(rig->governor)) {
		request_from_afar(world);
		for (uint32_t count = below(world, 12); count && below(world, 20); count--) {
			judge_run(world->judge, 200);
			keep_alive(world, 0);
		}
		judge_run(world->judge, below(world, 10) ? 100 : 600);
		if (below(world, 12) == 0)
			random_fault(world);
	}
	judge_count_ends(world->judge);
}

void world_trouble(struct world *world)
{
	if (below(world, 25) == 0)
		session_from_afar(world);
	give(world, random_request(world));
	if (below(world, 5) == 0)
		random_lease(world);
	if (below(world, 12) == 0)
		put_on_it(world, below(world, 2) ? 0 : 1u << below(world, HANDLING_COUNT));
	if (below(world, 8) == 0)
		random_fault(world);
	if (below(world, 6) == 0)
		heal(world);
	judge_run(world->judge, below(world, below(world, 3) ? 60 : 900));
	judge_check_no_hang(world->judge);
}

/* --- its operator ----------------------------------------------------------------------------- */

static bool wait_end(struct world *world, unsigned ms)
{
	uint64_t number = judge_last_command(world->judge);

	while (ms-- && !judge_has_ended(world->judge, number))
		judge_run(world->judge, 1);
	return judge_has_ended(world->judge, number);
}

static bool ready(const struct world *world)
{
	const struct drive_state *state = &world->rig->drive->state;

	return state->link == POSE_LINK_UP && state->motion == POSE_MOTION_STILL &&
	       !state->fault[0] && !governor_stopping(world->rig->governor) &&
	       !governor_halt(world->rig->governor);
}

static void clear(struct world *world)
{
	for (int tries = 0; tries < 8 && !ready(world); tries++) {
		judge_run(world->judge, 9000);
		if (ready(world))
			break;
		if (tries == 3)
			strike(world, "power", 0);	/* "press its reset button" */
		if (give(world, RIG_CLEAR) == 0)
			give(world, RIG_CONFIRM);
		wait_end(world, 25000);
	}
	if (!ready(world))
		judge_accuse(world->judge, "it does not come back to work");
}

/* By its switch, or by a person's word. */
static void find_reference(struct world *world)
{
	struct rig *rig = world->rig;
	struct drive *drive = rig->drive;
	struct err err = { .text = "" };

	if (drive->capabilities & DRIVE_CAN_HOME) {
		give(world, RIG_HOME);
		if (!wait_end(world, 120000))
			judge_accuse(world->judge, "homing hangs");
		clear(world);	/* of some it is known only by trying */
	}
	if (drive->state.reference != POSE_REF_NONE)
		return;
	if (drive->capabilities & DRIVE_CAN_HOME)
		judge_accuse(world->judge, "it cannot be homed again");
	if (governor_calibrate(rig->governor, &drive->geometry, true, "zero", "random", rig->now_ns,
			       &err) < 0)
		judge_accuse(world->judge, err.text);
}

void world_bring_back(struct world *world)
{
	judge_note(world->judge, "bring back");
	heal(world);
	give(world, RIG_STOP);
	clear(world);
	put_on_it(world, 0);
	find_reference(world);
	judge_run(world->judge, 500);
}

/* --- */

struct judge *world_judge(const struct world *world)
{
	return world->judge;
}

bool world_needs_its_operator(struct world *world)
{
	/* while it is halted most commands are refused */
	world->halted = governor_halt(world->rig->governor) ? world->halted + 1 : 0;
	return world->halted > 8 || below(world, 200) == 0;
}

unsigned world_taken_from_afar(const struct world *world)
{
	return world->taken_from_afar;
}

static void name_fault(void *owner, const char *name)
{
	struct world *world = owner;

	assert_true(world->fault_count < FAULTS_MAX);
	world->faults[world->fault_count++] = name;
}

struct world *world_new(const char *driver, size_t commands, uint64_t seed)
{
	/* as an engineer would have measured the simulated one */
	const struct drive_config config = { .own_mdeg_s = strcmp(driver, "pelcod") == 0 ? 8000 : 0,
					     .own_mdeg_s2 = 60000 };
	static const struct sim_config sim = { .true_mdeg = 50000 };
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	world->driver = driver;
	world->seed = seed;
	world->rig = rig_open(&(struct rig_options){ .driver = driver, .drive = &config,
						     .sim = &sim });
	world->judge = judge_new(world->rig, driver, commands * 2 + 64);
	sim_board_faults(world->rig->sim, name_fault, world);
	return world;
}

void world_free(struct world *world)
{
	judge_free(world->judge);
	rig_free(world->rig);
	free(world);
}
