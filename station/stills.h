/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stills.h - a still from the camera to the disk, for the files beside this one. Thread: main. */
#ifndef OSTEND_STILLS_H
#define OSTEND_STILLS_H

#include "station/station.h"

struct still_order {
	struct act act;		/* who, why; its pose is filled in when the picture is there */
	char view[32];
	bool full, keep;	/* at the largest size; which stays for the next one */
	bool moving;		/* the table may turn meanwhile */
	int64_t retrieval;	/* 0: none */
	char exhibit[64];	/* code; "": none */
	int64_t spin;
	int32_t spin_frame;
};

/** The camera has given its picture: the table may move again, while the disk is still at work. */
typedef void still_captured(void *arg, const struct pose *pose);
/** The end of it, exactly once: @still as still_json has it, borrowed, on the disk; NULL: @err says why not. */
typedef void still_done(void *arg, json_t *still, const struct err *err);

/**
 * Take one. One is under way at a time: from this call to @captured, or to @done when nothing was captured.
 *
 * @captured may be NULL
 */
void stills_take(struct station *station, const struct still_order *order, still_captured *captured,
		 still_done *done, void *arg);

/** Whether a still may be taken now; ERR_STATE saying why not, ERR_FULL while another one is taken. */
int stills_check(const struct station *station, const struct still_order *order, struct err *err);

json_t *stills_pick(const json_t *still, const char *const *keys);	/* a new object of these members */

/* still_seats.c: what the seats are shown of them. */
void still_seats_add(struct station *station, json_t *still);		/* as still_json has it; told if ON AIR */
void still_seats_reject(struct station *station, int64_t number);
void still_seats_join(struct station *station, uint64_t seat);		/* told of what there is; 0: all seats */
void still_seats_follow(struct station *station);			/* the showing has changed */

#endif
