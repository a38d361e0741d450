/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorder.h - what was ON AIR, into fragmented MP4 (ISO/IEC 14496-12 8.8), on a thread of its own.
 *
 *   encode: recorder_give --queue, 4 s--> recorder: fragments of at most 200 ms, fdatasync each second
 *
 * A file is complete up to its last whole fragment at any moment: after kill -9 or power loss everything
 * up to the last second plays. What could not be kept is told as a gap, with its reason, never passed over.
 */
#ifndef OSTEND_EVIDENCE_RECORDER_H
#define OSTEND_EVIDENCE_RECORDER_H

#include "station/base/pose.h"
#include "station/encode/access_unit.h"

struct recorder;

enum recorder_event_kind {
	RECORDER_BEGUN,		/* a file: its header is on the disk */
	RECORDER_ENDED,		/* a file is closed and durable; digest and sizes are final */
	RECORDER_GAP,		/* pictures between two times are in no file */
	RECORDER_FAILED,	/* it cannot write: nothing more is recorded until recorder_begin */
	RECORDER_LOW,		/* the disk is near its floor: hours_left */
};

struct recorder_event {
	enum recorder_event_kind kind;
	int64_t showing;
	uint32_t number;		/* of the file in its showing */
	char file[256];			/* under STATE/evidence */
	uint64_t bytes, frames, begun_utc_us, ended_utc_us;
	uint8_t sha256[32];		/* RECORDER_ENDED */
	uint8_t parameters_sha256[32];	/* of SPS and PPS, which no SEI protects */
	char reason[256];		/* a sentence, for GAP, FAILED and LOW */
};

struct recorder_config {
	const char *folder;		/* STATE/evidence */
	uint64_t floor_bytes;		/* free space below which nothing is begun and recording ends */
	void (*event)(void *owner, const struct recorder_event *event);	/* thread: recorder */
	void (*request_keyframe)(void *owner);				/* thread: recorder */
	void *owner;
};

struct recorder_stats {
	bool recording;
	uint32_t number;
	uint64_t bytes, frames, begun_utc_us, synced_ns;	/* synced_ns: newest picture on the disk */
	uint64_t free_bytes;
	uint32_t rate_bps;		/* of the last minute, or as configured */
	char file[256];
};

int recorder_start(struct recorder **out, const struct recorder_config *config, struct err *err);
struct recorder *recorder_stop(struct recorder *recorder);	/* closes the file; joins; returns NULL */

/** Record from the next keyframe on, as file @number and following. ERR_FULL below the floor. Any thread. */
int recorder_begin(struct recorder *recorder, int64_t showing, uint32_t number, struct err *err);
/** Close the file after what was given. @reason: of pause_reasons.def, or "" at the end. Any thread. */
void recorder_end(struct recorder *recorder, const char *reason);

/** Takes a reference of its own. Never blocks. Thread: encode. */
void recorder_give(struct recorder *recorder, struct access_unit *au);
/** Into the timed metadata track; @json an object's text, copied. Any thread. */
void recorder_mark(struct recorder *recorder, uint64_t mono_ns, const char *json);
void recorder_pose(struct recorder *recorder, const struct pose *pose);

void recorder_stats(struct recorder *recorder, struct recorder_stats *out);	/* any thread */

#endif
