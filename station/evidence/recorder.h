/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorder.h - what was ON AIR, into fragmented MP4 (ISO/IEC 14496-12 8.8), on a thread of its own.
 *
 *   encode: recorder_give --queue, 4 s--> recorder: fragments of at most 200 ms, fdatasync each second
 *
 * A file is complete up to its last whole fragment at any moment: after kill -9 or power loss everything
 * up to the last second plays. What could not be kept is told as a gap, with its reason, never passed over.
 *
 * A stretch ON AIR begins a file, and so does a keyframe when the file before it is nearly ten minutes old, when
 * the parameter sets have changed, or after a gap. Files are never opened again: a name that is taken is left.
 */
#ifndef OSTEND_EVIDENCE_RECORDER_H
#define OSTEND_EVIDENCE_RECORDER_H

#include "station/base/err.h"
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
	uint64_t bytes, frames;		/* GAP: frames that were lost */
	uint64_t begun_utc_us, ended_utc_us;
	uint32_t first_section, last_section;	/* counters of the signed sections in the file; 0: none */
	uint8_t sha256[32];		/* RECORDER_ENDED */
	uint8_t parameters_sha256[32];	/* of SPS and PPS, which no SEI protects: each as NAL unit, in order */
	int code;			/* FAILED: ERR_FULL, the disk; ERR_OS and others */
	char reason[256];		/* a sentence, for GAP, FAILED and LOW; as given to recorder_end for ENDED */
};

struct recorder_config {
	const char *folder;		/* STATE/evidence; media/SHOWING is made in it */
	const char *station;		/* its name, for the files */
	uint64_t floor_bytes;		/* free space below which nothing is begun and recording ends */
	uint32_t rate_bps;		/* to be expected before a minute was measured */
	uint64_t file_max_ns;		/* 0: ten minutes */
	void (*event)(void *owner, const struct recorder_event *event);	/* thread: recorder */
	void (*request_keyframe)(void *owner);				/* thread: recorder */
	void *owner;
};

struct recorder_stats {
	bool recording;			/* between begin and end */
	uint32_t number;		/* of the newest file; 0: none yet */
	uint64_t bytes, frames, begun_utc_us;	/* of that file */
	uint64_t synced_ns;		/* monotonic: up to here everything is on the disk */
	uint64_t free_bytes, room_bytes;	/* of the disk; of that, above the floor */
	uint32_t rate_bps;		/* of the last minute, or as configured */
	uint64_t files, gaps, lost_frames, syncs, sync_us_max;	/* since the start */
	uint64_t cpu_ns;		/* what the thread has used */
	char file[256];
};

int recorder_start(struct recorder **out, const struct recorder_config *config, struct err *err);
struct recorder *recorder_stop(struct recorder *recorder);	/* closes the file; joins; returns NULL */

/** Whether there is space to begin: ERR_FULL below the floor, ERR_OS when it cannot be told. Any thread. */
int recorder_room(struct recorder *recorder, struct err *err);

/* Thread: encode, all three; none of them blocks. */

/** Record from the next keyframe on, into media/SHOWING/recording-NNN.mp4 with the next free NNN. */
void recorder_begin(struct recorder *recorder, int64_t showing);
/** Close the file after what was given. @reason: why it ends, for the event. */
void recorder_end(struct recorder *recorder, const char *reason);
/** Takes a reference of its own. An access unit without a picture goes behind the newest one. */
void recorder_give(struct recorder *recorder, struct access_unit *au);

/** Into the timed metadata track; @json an object's text, copied. Any thread. */
void recorder_mark(struct recorder *recorder, uint64_t mono_ns, const char *json);
void recorder_pose(struct recorder *recorder, const struct pose *pose);		/* any thread */

void recorder_stats(struct recorder *recorder, struct recorder_stats *out);	/* any thread */

/* --- after a failure ----------------------------------------------------------------------------- */

struct recorder_recovery {
	uint64_t bytes_before, bytes_after;	/* after: up to its last whole fragment, and the index */
	uint64_t frames, begun_utc_us, ended_utc_us;
	uint8_t sha256[32], parameters_sha256[32];
	bool whole;				/* it had its end: nothing was cut or added */
};

/**
 * Close a file that was being written when the station or its power failed: whatever is not a whole, readable
 * fragment, and all behind it, is cut off, an index is put at the end, and the disk has it.
 *
 * @return 0; ERR_TAMPER when not even its head is whole (it is left as it is); ERR_OS
 * Any thread.
 */
int recorder_recover(const char *path, struct recorder_recovery *out, struct err *err);

#endif
