/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pose.h - where the table stands: one sample, as it goes to the strip, the screens and the record. */
#ifndef OSTEND_BASE_POSE_H
#define OSTEND_BASE_POSE_H

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

#endif
