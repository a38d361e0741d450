/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_marlin_track.c - from M114 to a position, and to the word "still".
 *
 * M114 tells where the planner will end, not where the table is; with M114_REALTIME compiled in, "M114 R" tells the
 * steppers' count. Nothing says which; but when a motion begins, the end of the queue is further than any table can
 * have come, so the first reports give it away. A report that is the end of the queue is believed only when M400 has
 * said that all motion has been made; until then the table is somewhere on its way, and the last sample stands with
 * its age. (Marlin motion.cpp, report_real_position and
 * report_current_position_projected; _gcode/M114.md.)
 *
 * Still is what two equal reports say after M400, both asked for after the last motion or stop.
 */
#include "turntable/drv_marlin.h"

#include <stdlib.h>

#include "station/base/i18n.h"

#define BYTE_NS UINT64_C(86806)		/* ten bits at 115200 a second */
#define ASK_MOVING_NS (45 * NS_PER_MS)
#define ASK_AT_REST_NS (200 * NS_PER_MS)
#define WAITED_NS (200 * NS_PER_MS)

bool marlin_may_ask(const struct drive *drive, uint64_t now_ns)
{
	struct marlin *marlin = drive->own;
	bool calm = drive->state.motion == POSE_MOTION_STILL && marlin->act == MARLIN_ACT_NONE;
	uint64_t due_ns = marlin->ask_due_ns + (calm ? ASK_AT_REST_NS : ASK_MOVING_NS);

	if (!marlin->finished && marlin->eyes == MARLIN_EYES_SHUT)
		return false;	/* it would wait for the end of the motion, and what comes behind it too */
	if (now_ns < due_ns) {
		marlin_wake(marlin, due_ns);
		return false;
	}
	marlin->ask_due_ns = now_ns;
	return true;
}

/*
 * A line has no checksum, but tells the position twice: as a coordinate with two decimals, and in steps. Their
 * difference is learned at rest; a report in which it is another one was damaged.
 */
static bool agrees(const struct drive *drive, int64_t native, int64_t milli)
{
	const struct marlin *marlin = drive->own;
	/* the two are read one after the other: 5 ms apart at most */
	int64_t moved = marlin->finished ? 0 : llabs(geometry_native_by(&drive->geometry, marlin->speed_mdeg_s)) * 5 / 1000;

	return !marlin->has_offset || llabs(milli - native - marlin->offset_milli) <=
		10 + moved + marlin_step_native(marlin) + (llabs(native) >> 20);
}

/* Its lines have no checksum: what cannot be, or has changed at rest, must be said twice. */
static bool believable(struct drive *drive, int64_t native, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	int64_t reach = marlin->settings.rate_milli * drive_age_ms(drive, now_ns) * 3 / 2000 + 1000;
	bool rest = drive->state.motion == POSE_MOTION_STILL && marlin->act == MARLIN_ACT_NONE;
	bool near = llabs(native - drive->state.native) <= (rest ? 0 : reach);

	if (!marlin->tracked || near) {
		marlin->tracked = true;
		marlin->suspect.is = false;
		return true;
	}
	/* at rest an agreeing report has been said twice already, by itself */
	if (rest && marlin->has_offset) {
		marlin->suspect = (struct drive_suspect){ .native = native };
	} else if (!drive_said_again(&marlin->suspect, native, reach)) {
		marlin->ask_due_ns = 0;		/* at once */
		return false;
	}
	drive_lose_reference(drive);
	drive_emit(drive, DRIVE_EVENT_NOTE, rest ? _("the table was turned without a command") :
						   _("the controller's count jumped: the reference is lost"));
	if (rest)
		marlin_unasked(drive, now_ns);
	else
		marlin_fail(drive, now_ns, _("the controller's count jumped"));
	return true;
}

/* As far as the table can have come since the first piece left, and not a step further. */
static int64_t reach_native(const struct drive *drive, uint64_t now_ns)
{
	const struct marlin *marlin = drive->own;
	int64_t ms = (int64_t)MIN((now_ns - marlin->begin_ns) / NS_PER_MS, UINT64_C(10000));
	int64_t speed = llabs((int64_t)marlin->speed_mdeg_s), accel = drive->limits.max_mdeg_s2;
	int64_t mdeg = MIN(speed * ms / 1000, accel * ms * ms / 2000000) + MARLIN_JERK_MDEG_S * ms / 1000;

	return llabs(geometry_native_by(&drive->geometry, mdeg)) + 2 * marlin_step_native(marlin);
}

/* At the start of a motion the queue runs ahead of what is possible: which of the two does it report, twice? */
static void try_eyes(struct drive *drive, int64_t native, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	int64_t reach = reach_native(drive, now_ns), step = marlin_step_native(marlin);
	bool waited = now_ns > marlin->flight.sent_ns + WAITED_NS;
	enum marlin_eyes seems = !waited && llabs(native - marlin->from_native) <= reach ? MARLIN_EYES_OPEN :
										     MARLIN_EYES_SHUT;

	if (!waited && llabs(marlin->queued_native - marlin->from_native) <= reach + 2 * step)
		return;		/* either could be meant */
	if (marlin->seems != seems) {
		marlin->seems = seems;
		return;
	}
	marlin->eyes = seems;
	marlin_set_capabilities(drive);
}

/* Whether a report is one of the steppers, and not only of the planner. */
static bool is_count(struct drive *drive, int64_t native, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);

	if (!marlin->finished && marlin->eyes == MARLIN_EYES_UNKNOWN && marlin->going && marlin->begin_ns)
		try_eyes(drive, native, now_ns);
	return marlin->finished || (marlin->eyes == MARLIN_EYES_OPEN &&
				    llabs(marlin->queued_native - native) > 2 * marlin_step_native(marlin));
}

static int64_t told_mdeg_s(const struct drive *drive)
{
	const struct marlin *marlin = drive->own;
	bool back = marlin->act == MARLIN_ACT_MOVE && drive->state.commanded_mdeg < drive->state.reported_mdeg;

	return back ? -marlin->speed_mdeg_s : marlin->speed_mdeg_s;
}

static int32_t speed_of(const struct drive *drive, int64_t native, uint64_t said_ns)
{
	const struct marlin *marlin = drive->own;
	int64_t elapsed_us = ((int64_t)said_ns - (int64_t)drive->state.sampled_ns) / 1000;
	int64_t moved = geometry_mdeg_by(&drive->geometry, native - drive->state.native);

	if (marlin->finished)
		return 0;
	if (elapsed_us <= 0 || elapsed_us > 1000000)
		return drive->state.speed_mdeg_s;
	moved = moved * 1000000 / elapsed_us;
	/* it may be about to be as fast as it was told: until the next report a reader must reckon with that */
	if (marlin->act != MARLIN_ACT_NONE && llabs(moved) < llabs((int64_t)marlin->speed_mdeg_s))
		moved = told_mdeg_s(drive);
	return (int32_t)CLAMP(moved, (int64_t)INT32_MIN + 1, (int64_t)INT32_MAX);
}

/* A step at either end, settings that are printed rounded, and the time that passed since it was asked. */
static void add_uncertainty(struct drive *drive, uint64_t waited_ns)
{
	const struct marlin *marlin = drive->own;
	int64_t steps_milli = marlin->settings.steps_milli;
	int64_t step_mdeg = llabs(geometry_mdeg_by(&drive->geometry, marlin_step_native(marlin)));
	/* M92 is printed with two decimals; a whole number is meant so */
	int64_t rounded = steps_milli % 1000 ? llabs(drive->state.reported_mdeg) * 5 / steps_milli + 1 : 0;
	int64_t speed = llabs((int64_t)drive->state.speed_mdeg_s);

	drive_add_uncertainty(drive, step_mdeg + rounded + speed * (int64_t)(waited_ns / 1000) / 1000000);
}

void marlin_track(struct drive *drive, int64_t native, int64_t milli, size_t len_bytes, uint64_t now_ns)
{
	struct marlin *marlin = marlin_of(drive);
	uint64_t said_ns = MAX(marlin->flight.sent_ns, now_ns - MIN((len_bytes + 2) * BYTE_NS, now_ns));

	if (!agrees(drive, native, milli)) {
		marlin->noise++;
		if (marlin->finished && milli == marlin->other_milli && native == marlin->other_native)
			marlin->has_offset = false;	/* said twice: somebody has set another origin */
		marlin->other_milli = milli;
		marlin->other_native = native;
		return;
	}
	if (!is_count(drive, native, now_ns) || !believable(drive, native, now_ns))
		return;
	if (drive->state.link == POSE_LINK_SILENT && !drive->state.fault[0])
		drive_message(drive, "%s", "");
	drive->state.link = POSE_LINK_UP;
	drive_sample(drive, native, speed_of(drive, native, said_ns), said_ns);
	add_uncertainty(drive, said_ns - marlin->flight.sent_ns);
	if (!marlin->finished || marlin->flight.sent_ns < marlin->moved_ns)
		return;
	marlin->still_count = marlin->still_count && native == marlin->still_native ? marlin->still_count + 1 : 1;
	marlin->still_native = native;
	if (marlin->still_count < 2)
		return;
	marlin->has_offset = true;
	marlin->offset_milli = milli - native;
	marlin_stood_still(drive, now_ns);
}
