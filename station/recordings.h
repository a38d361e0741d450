/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recordings.h - the recorder and the gate before it, for the station: what the showing says becomes true of them,
 * and what they say goes into the record and onto every screen. Thread: main, where not said.
 */
#ifndef OSTEND_RECORDINGS_H
#define OSTEND_RECORDINGS_H

#include <jansson.h>

#include "station/air.h"
#include "station/base/pose.h"
#include "station/base/rpc_server.h"
#include "station/evidence/recorder.h"

struct recordings;
struct station;

/** After evidence and stream, before the pipeline. Closes what an earlier run left open; until then the gate is shut. */
int recordings_open(struct station *station, struct err *err);
/** The gate shuts, and what is still to come of the last pictures is waited for, while the children run. */
void recordings_drain(struct station *station);
/** When the encode thread has ended, and before the evidence thread. */
void recordings_close(struct station *station);

void recordings_give(struct station *station, struct access_unit *au);	/* thread: encode */

/** The gate is as the showing says. To be called whenever it changes. */
void recordings_follow(struct station *station);
void recordings_tick(struct station *station);
/** Pictures go out, or a file is being ended, or what was said of one is not in the record yet. */
bool recordings_is_busy(struct station *station);

/** Whether a showing may go ON AIR: ERR_FULL below the floor, ERR_OS when the disk cannot be asked. */
int recordings_check(struct station *station, struct err *err);

void recordings_pose(struct station *station, const struct pose *pose);
/** Into the timed track of what is being recorded; an object, stolen. */
void recordings_mark(struct station *station, json_t *event);

/** {"state": "off" | "recording" | "failed" | "full", "file", "seconds", "bytes", "hours_left", "free_bytes", "reason"} */
json_t *recordings_status(struct station *station);
/** {"type": "recording", "state"}: what seats are told. */
json_t *recordings_message(struct station *station);
void recordings_stats(struct station *station, struct recorder_stats *out);

#endif
