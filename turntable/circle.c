/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/circle.h"

#include <stdlib.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"

#define MEASURED_NS NS_PER_S

/* The count that is @angle modulo one turn and nearest to where it can be. */
static int64_t unwrap(const struct circle *circle, int64_t native, int64_t angle)
{
	int64_t near = circle->swept ? circle->from + circle->by / 2 : native;
	int64_t by = (angle - near) % circle->full;

	if (!circle->tracked)
		return angle;
	if (by > circle->full / 2)
		by -= circle->full;
	else if (by < -circle->full / 2)
		by += circle->full;
	return near + by;
}

/* How far it can have turned since the last angle: half as much again as at its highest speed, and a degree. */
static int64_t reach_of(const struct circle *circle, const struct drive *drive, uint64_t now_ns)
{
	uint64_t age_ms = MIN((now_ns - drive->state.sampled_ns) / NS_PER_MS, UINT64_C(100000));
	int64_t mdeg = circle->max_mdeg_s * (int64_t)age_ms / 1000 * 3 / 2 + 1000;

	return llabs(geometry_native_by(&drive->geometry, mdeg));
}

static bool on_the_way(const struct circle *circle, int64_t native)
{
	int64_t to = circle->from + circle->by, slack = circle->full / 1000;

	return circle->swept && native >= MIN(circle->from, to) - slack && native <= MAX(circle->from, to) + slack;
}

static enum circle_word judge(struct circle *circle, struct drive *drive, int64_t native, uint64_t now_ns)
{
	int64_t reach = reach_of(circle, drive, now_ns);
	bool confirmed;

	if (circle->tracked && !circle->swept && reach >= circle->full / 2 &&
	    drive->state.reference != POSE_REF_NONE) {
		drive_lose_reference(drive);
		drive_emit(drive, DRIVE_EVENT_NOTE,
			   _("the table was not heard for so long that it may have turned round"));
	}
	if (!circle->tracked || llabs(native - drive->state.native) <= reach) {
		circle->suspect.is = false;
		return CIRCLE_SAMPLED;
	}
	confirmed = drive_said_again(&circle->suspect, native, reach);
	if (!confirmed)
		return CIRCLE_DOUBTED;
	if (on_the_way(circle, native))
		return CIRCLE_SAMPLED;	/* it tells its angle only now */
	drive_lose_reference(drive);
	drive_emit(drive, DRIVE_EVENT_NOTE, _("the table's angle jumped: the reference is lost"));
	return CIRCLE_JUMPED;
}

static int32_t speed_since_last(const struct drive *drive, int64_t native, uint64_t now_ns)
{
	uint64_t ms = (now_ns - drive->state.sampled_ns) / NS_PER_MS;
	int64_t by_mdeg = geometry_mdeg_by(&drive->geometry, native - drive->state.native);

	return ms ? (int32_t)CLAMP(by_mdeg * 1000 / (int64_t)ms, -(int64_t)INT32_MAX, (int64_t)INT32_MAX) : 0;
}

static void sample(struct circle *circle, struct drive *drive, int64_t native, uint64_t now_ns)
{
	int64_t by_mdeg = llabs(geometry_mdeg_by(&drive->geometry, circle->by));

	drive_sample(drive, native, circle->tracked ? speed_since_last(drive, native, now_ns) : 0,
		     now_ns - MIN(circle->line_ns, now_ns));
	circle->tracked = true;
	if (circle->swept && native == circle->from &&	/* perhaps it will tell at the end of the piece */
	    drive->state.uncertainty_mdeg != DRIVE_UNCERTAINTY_UNKNOWN)
		drive->state.uncertainty_mdeg += (int32_t)MIN(by_mdeg, (int64_t)MDEG_PER_TURN);
}

/* Whether the angle of a question of @asked_ns says that it stands. */
static enum circle_word rest_word(struct circle *circle, const struct drive *drive, uint64_t asked_ns)
{
	int64_t native = drive->state.native;

	if (asked_ns < circle->rest_ns)
		return CIRCLE_SAMPLED;
	if (drive->state.motion == POSE_MOTION_STILL)
		return llabs(native - circle->still_native) > 1 ? CIRCLE_MOVED : CIRCLE_STILL;
	if (!circle->still_count || circle->still_native != native) {
		circle->still_count = 0;
		circle->still_native = native;
		circle->still_ns = asked_ns;
	}
	circle->still_count++;
	return circle->still_count >= 2 && asked_ns >= circle->still_ns + circle->span_ns ? CIRCLE_STILL :
											     CIRCLE_SAMPLED;
}

enum circle_word circle_take(struct circle *circle, struct drive *drive, int64_t angle, uint64_t asked_ns,
			     uint64_t now_ns)
{
	int64_t native = unwrap(circle, drive->state.native, angle);
	enum circle_word word = judge(circle, drive, native, now_ns);

	if (word == CIRCLE_DOUBTED)
		return word;
	sample(circle, drive, native, now_ns);
	return word == CIRCLE_JUMPED ? word : rest_word(circle, drive, asked_ns);
}

void circle_unrest(struct circle *circle, uint64_t rest_ns)
{
	circle->rest_ns = rest_ns;
	circle->still_count = 0;
}

void circle_sweep(struct circle *circle, int64_t from, int64_t by, uint64_t now_ns)
{
	if (!circle->swept) {	/* else it turns on, and the measurement goes on */
		circle->measured_native = from;
		circle->measured_ns = now_ns;
	}
	circle->swept = true;
	circle->from = from;
	circle->by = by;
}

int64_t circle_beyond(const struct circle *circle, int64_t native)
{
	int64_t beyond = native - circle->from - circle->by;

	return circle->by < 0 ? -beyond : beyond;
}

bool circle_too_fast(struct circle *circle, const struct drive *drive, int32_t speed_mdeg_s, uint64_t now_ns)
{
	int64_t by_mdeg = geometry_mdeg_by(&drive->geometry, drive->state.native - circle->measured_native);
	int64_t ms = (int64_t)((now_ns - circle->measured_ns) / NS_PER_MS);
	bool left = circle->measured_native != circle->from;

	if (left && now_ns < circle->measured_ns + MEASURED_NS)
		return false;
	circle->measured_native = drive->state.native;
	circle->measured_ns = now_ns;
	return left && llabs(by_mdeg) * 1000 / ms > speed_mdeg_s * INT64_C(5) / 4 + 1000;
}
