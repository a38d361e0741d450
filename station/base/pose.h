/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pose.h - where the table stands: one sample, as it goes to the strip, the screens and the record. */
#ifndef OSTEND_BASE_POSE_H
#define OSTEND_BASE_POSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define MDEG_PER_TURN 360000

enum pose_link { POSE_LINK_CLOSED, POSE_LINK_OPENING, POSE_LINK_UP, POSE_LINK_SILENT, POSE_LINK_LOST };
enum pose_motion {
	POSE_MOTION_UNKNOWN,	/* always while the link is not up */
	POSE_MOTION_STILL,	/* said by the controller after the last motion or stop command */
	POSE_MOTION_MOVING,
	POSE_MOTION_STOPPING,
	POSE_MOTION_HOMING,
	POSE_MOTION_HELD,
};
enum pose_reference { POSE_REF_NONE, POSE_REF_USER_ZERO, POSE_REF_HOMED, POSE_REF_ABSOLUTE };
enum pose_source { POSE_SRC_NONE, POSE_SRC_ASSUMED, POSE_SRC_COUNTED, POSE_SRC_ENCODER };

struct pose {
	enum pose_link link;
	enum pose_motion motion;
	enum pose_reference reference;
	enum pose_source source;
	int64_t reported_mdeg;		/* unwrapped, clockwise from above; what the controller says */
	int64_t commanded_mdeg;		/* where it was last told to go */
	int32_t uncertainty_mdeg;	/* plus or minus; INT32_MAX: unknown */
	int32_t speed_mdeg_s;
	uint64_t sampled_ns;		/* monotonic: when the controller said it */
	uint32_t epoch;			/* rises whenever the reference may have been lost */
	bool estop;			/* latched emergency stop */
};

/* The angle modulo one turn, 0 to 359999. */
static inline int32_t pose_bearing_mdeg(int64_t angle_mdeg)
{
	int64_t bearing = angle_mdeg % MDEG_PER_TURN;

	return (int32_t)(bearing < 0 ? bearing + MDEG_PER_TURN : bearing);
}

/* As in messages and records: "up", "still", "homed", "counted". */
const char *pose_link_name(enum pose_link link);
const char *pose_motion_name(enum pose_motion motion);
const char *pose_reference_name(enum pose_reference reference);
const char *pose_source_name(enum pose_source source);

/**
 * {"link", "motion", "reference", "source", "bearing_mdeg", "reported_mdeg", "commanded_mdeg", "uncertainty_mdeg",
 * "speed_mdeg_s", "sampled_ns", "epoch", "estop"}; bearing and uncertainty are null where unknown. NULL without memory.
 */
json_t *pose_json(const struct pose *pose);
/** The other way, also from the state of the table's process; what is missing is as unknown as it can be. */
void pose_read(struct pose *pose, const json_t *json);

#endif
