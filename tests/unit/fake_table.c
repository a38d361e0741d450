/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind drive->own: the fake, and what it does now. */
struct fake_own {
	struct fake *fake;
	bool busy, stopping;
	struct drive_command command;
};

static struct fake_own *own_of(struct drive *drive)
{
	return drive->own;
}

static void fake_init(struct drive *drive)
{
	drive->limits = (struct drive_limits){
		.max_mdeg_s = 60000, .max_mdeg_s2 = 100000, .min_mdeg = -INT64_C(100000000), .max_mdeg = INT64_C(100000000),
	};
}

static void fake_rx(struct drive *drive, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns)
{
	(void)drive, (void)bytes, (void)len_bytes, (void)now_ns;
}

static void done(struct drive *drive)
{
	struct fake_own *own = own_of(drive);

	own->busy = false;
	drive->state.motion = POSE_MOTION_STILL;
	drive->state.speed_mdeg_s = 0;
	if (own->command.act == DRIVE_HOME)
		drive->state.reference = POSE_REF_HOMED;
	if (own->command.act == DRIVE_CLEAR)
		drive->state.fault[0] = '\0';
	drive_emit(drive, DRIVE_EVENT_DONE, "%s", "");
}

/* One millisecond of turning; whether it is there. */
static bool turn(struct drive *drive, uint64_t now_ns)
{
	struct fake_own *own = own_of(drive);
	int64_t at = drive->state.native, by = own->command.speed_mdeg_s / 1000, to = own->command.target_mdeg;

	if (own->command.act == DRIVE_SPIN)
		at += by;
	else
		at = llabs(to - at) <= by ? to : to > at ? at + by : at - by;
	drive_sample(drive, at, own->command.speed_mdeg_s, now_ns);
	return own->command.act == DRIVE_MOVE && at == to;
}

static void fake_tick(struct drive *drive, uint64_t now_ns)
{
	struct fake_own *own = own_of(drive);

	if (own->stopping && !own->fake->deaf_to_stop) {
		own->stopping = own->busy = false;
		drive->state.motion = POSE_MOTION_STILL;
		drive->state.speed_mdeg_s = 0;
	}
	if (!own->busy || own->fake->mute)
		return;
	if ((own->command.act == DRIVE_MOVE || own->command.act == DRIVE_SPIN) && !turn(drive, now_ns))
		return;
	if (own->command.act == DRIVE_ACCELERATE && own->command.accel_mdeg_s2 >= own->fake->least_mdeg_s2)
		drive->limits.max_mdeg_s2 = own->command.accel_mdeg_s2;
	done(drive);
}

static uint64_t fake_deadline(const struct drive *drive)
{
	(void)drive;
	return 0;
}

static int fake_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err)
{
	struct fake_own *own = own_of(drive);
	struct fake *fake = own->fake;

	(void)now_ns;
	if (!fake->refuse_after)
		return err_set(err, ERR_STATE, "the fake does not want to");
	fake->refuse_after -= fake->refuse_after > 0;
	assert_true(fake->command_count < ARRAY_LEN(fake->commands));
	fake->commands[fake->command_count++] = *command;
	own->command = *command;
	own->busy = true;
	if (command->act == DRIVE_HOME)
		drive_lose_reference(drive);
	if (command->act != DRIVE_CLEAR && command->act != DRIVE_ACCELERATE)
		drive->state.motion = command->act == DRIVE_HOME ? POSE_MOTION_HOMING : POSE_MOTION_MOVING;
	return 0;
}

static void fake_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns)
{
	struct fake_own *own = own_of(drive);

	(void)now_ns;
	own->fake->urgents++;
	own->fake->hardest = MAX(own->fake->hardest, how);
	own->stopping = true;
	if (!own->fake->deaf_to_stop)
		own->busy = false;
	drive->state.motion = POSE_MOTION_STOPPING;
}

static void fake_link(struct drive *drive, enum drive_link what, uint64_t now_ns)
{
	(void)now_ns;
	drive->state.link = what == DRIVE_LINK_LOST ? POSE_LINK_LOST : POSE_LINK_UP;
	drive->state.motion = what == DRIVE_LINK_LOST ? POSE_MOTION_UNKNOWN : POSE_MOTION_STILL;
	drive_lose_reference(drive);
}

static const struct table_driver driver = {
	.name = "fake", .title = "a table in a test", .unit = "millidegree", .native_per_unit = 1,
	.units_per_turn = { MDEG_PER_TURN, 1 }, .own_bytes = sizeof(struct fake_own),
	.init = fake_init, .rx = fake_rx, .tick = fake_tick, .deadline = fake_deadline, .command = fake_command,
	.urgent = fake_urgent, .link = fake_link,
};

/* --- the governor's side -------------------------------------------------------------------------- */

static void ended(void *owner, const struct governor_end *end)
{
	struct fake *fake = owner;

	assert_true(fake->end_count < ARRAY_LEN(fake->ends));
	fake->ends[fake->end_count].command = end->command;
	fake->ends[fake->end_count].outcome = end->outcome;
	fake->ends[fake->end_count].code = end->code;
	snprintf(fake->ends[fake->end_count++].reason, 200, "%s", end->reason);
}

static void nothing(void *owner)
{
	(void)owner;
}

static void keep(void *owner, const struct governor_kept *kept)
{
	((struct fake *)owner)->kept = *kept;
}

static void happened(void *owner, const struct governor_event *event)
{
	struct fake *fake = owner;
	size_t len = strlen(fake->said);

	snprintf(fake->said + len, sizeof fake->said - len, "%s: %s\n", governor_event_text(event->kind), event->text);
}

static void drive_event(void *owner, const struct drive_event *event)
{
	governor_drive_event(((struct fake *)owner)->governor, event);
}

struct fake *fake_new(uint32_t capabilities, const struct drive_config *drive, const struct governor_config *config)
{
	static const struct governor_config usual = GOVERNOR_CONFIG_DEFAULT;
	struct fake *fake = calloc(1, sizeof *fake);
	const struct governor_ops ops = { .ended = ended, .overtake = nothing, .write_now = nothing, .keep = keep,
					  .happened = happened, .owner = fake };
	struct err err;

	assert_non_null(fake);
	fake->now_ns = 5000 * NS_PER_S;
	fake->refuse_after = -1;
	assert_int_equal(drive_new(&fake->drive, &driver, drive, 0, drive_event, fake, &err), 0);
	own_of(fake->drive)->fake = fake;
	fake->drive->capabilities = capabilities;
	fake->drive->state.link = POSE_LINK_UP;
	fake->drive->state.motion = POSE_MOTION_STILL;
	fake->drive->state.reference = capabilities & DRIVE_CAN_HOME ? POSE_REF_HOMED : POSE_REF_NONE;
	fake->drive->state.source = POSE_SRC_COUNTED;
	drive_sample(fake->drive, 0, 0, fake->now_ns);
	assert_int_equal(governor_new(&fake->governor, fake->drive, config ? config : &usual, NULL, &ops, &err), 0);
	return fake;
}

void fake_free(struct fake *fake)
{
	governor_free(fake->governor);
	drive_free(fake->drive);
	free(fake);
}

void fake_run(struct fake *fake, unsigned ms)
{
	while (ms--) {
		fake->now_ns += NS_PER_MS;
		fake_tick(fake->drive, fake->now_ns);
		governor_step(fake->governor, fake->now_ns);
	}
}

uint64_t fake_submit(struct fake *fake, struct governor_request request)
{
	uint64_t number = 0;

	governor_submit(fake->governor, &request, fake->now_ns, &number, NULL);
	governor_step(fake->governor, fake->now_ns);
	return number;
}

int fake_outcome(const struct fake *fake, uint64_t command)
{
	int outcome = -1;

	for (size_t i = 0; i < fake->end_count; i++) {
		if (fake->ends[i].command != command)
			continue;
		assert_int_equal(outcome, -1);	/* twice */
		outcome = (int)fake->ends[i].outcome;
	}
	return outcome;
}

const char *fake_reason(const struct fake *fake, uint64_t command)
{
	for (size_t i = 0; i < fake->end_count; i++)
		if (fake->ends[i].command == command)
			return fake->ends[i].reason;
	return "(has not ended)";
}

int fake_do(struct fake *fake, struct governor_request request)
{
	uint64_t command = fake_submit(fake, request);

	for (unsigned ms = 0; ms < 60000 && fake_outcome(fake, command) < 0; ms++)
		fake_run(fake, 1);
	return fake_outcome(fake, command);
}

unsigned fake_given(const struct fake *fake, enum drive_act act)
{
	unsigned count = 0;

	for (size_t i = 0; i < fake->command_count; i++)
		count += fake->commands[i].act == act;
	return count;
}
