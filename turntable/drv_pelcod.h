/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drv_pelcod.h - the insides of the Pelco-D driver, shared by its drv_pelcod*.c files only. */
#ifndef OSTEND_TURNTABLE_DRV_PELCOD_H
#define OSTEND_TURNTABLE_DRV_PELCOD_H

#include "station/base/clock.h"
#include "turntable/circle.h"
#include "turntable/driver.h"

#define PELCOD_FRAME 7
#define PELCOD_FULL_TURN 36000		/* hundredths of a degree of the head */
#define PELCOD_TOLERANCE 20		/* this near to its goal it has arrived */
#define PELCOD_SENT_KEPT 4

/* Second command bytes (TF-0002); of those with an even number each bit is a motion. */
enum pelcod_code {
	PELCOD_STOP = 0x00, PELCOD_RIGHT = 0x02, PELCOD_LEFT = 0x04,
	PELCOD_SET_PAN = 0x4b, PELCOD_QUERY_PAN = 0x51, PELCOD_PAN_IS = 0x59,
};

enum pelcod_phase { PELCOD_CLOSED, PELCOD_PROBING, PELCOD_READY };
enum pelcod_act { PELCOD_ACT_NONE, PELCOD_ACT_MOVE, PELCOD_ACT_SPIN, PELCOD_ACT_CLEAR };

struct pelcod {
	enum pelcod_phase phase;
	uint64_t phase_ns, next_ns;	/* since when; the deadline */

	uint8_t bytes[PELCOD_FRAME];	/* what has come of a frame */
	size_t len;
	uint64_t byte_ns;
	uint8_t sent[PELCOD_SENT_KEPT][PELCOD_FRAME];	/* the newest first: an adapter may give them back */
	bool foreign_told, cut;
	uint8_t alarms;

	uint64_t asked_ns;		/* a query is out since; 0: none */
	uint64_t ask_due_ns, free_ns, heard_ns;
	bool answers;			/* it has answered a query: else nobody knows where it is */
	struct circle circle;

	bool stopping;
	enum pelcod_act act;
	bool remote, finishing;		/* finishing: a turn of one that cannot be asked is over, it stops */
	int64_t goal_native;		/* MOVE */
	int way;			/* counting up or down: 1, -1 */
	int64_t sent_native;		/* the newest position it was sent to */
	uint64_t sent_ns, progress_ns, limit_ns;
	int64_t progress_native;
	int64_t spin_from;		/* one that cannot be asked: reckoned from here */
	uint64_t run_ns;
	uint8_t speed;
};

static inline struct pelcod *pelcod_of(const struct drive *drive)
{
	return drive->own;
}

static inline void pelcod_wake(struct pelcod *pelcod, uint64_t at_ns)
{
	pelcod->next_ns = MIN(pelcod->next_ns, at_ns);
}

/* drv_pelcod.c: the line */
bool pelcod_may_send(struct pelcod *pelcod, uint64_t now_ns);
void pelcod_send(struct drive *drive, enum pelcod_code code, uint8_t data1, uint8_t data2, uint64_t now_ns);
void pelcod_enter(struct drive *drive, enum pelcod_phase phase, uint64_t now_ns);

/* drv_pelcod_motion.c */
int pelcod_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err);
void pelcod_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns);
void pelcod_brake(struct drive *drive, uint64_t now_ns);
void pelcod_fail(struct drive *drive, uint64_t now_ns, const char *format, ...) PRINTF_LIKE(3, 4);
void pelcod_motion_step(struct drive *drive, uint64_t now_ns);
void pelcod_track(struct drive *drive, int64_t angle, uint64_t asked_ns, uint64_t now_ns);

extern const struct drive_exchange pelcod_transcript[];

#endif
