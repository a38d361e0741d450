/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorder_private.h - the recorder's parts, for recorder.c (what other threads call) and recorder_thread.c. They
 * meet in the queue and in the counters.
 */
#ifndef OSTEND_EVIDENCE_RECORDER_PRIVATE_H
#define OSTEND_EVIDENCE_RECORDER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "station/base/loop.h"
#include "station/evidence/recorder.h"
#include "station/evidence/recorder_file.h"

enum item_kind { ITEM_PICTURE, ITEM_TEXT, ITEM_POSE, ITEM_BEGIN, ITEM_END, ITEM_GAP };

struct item {
	enum item_kind kind;
	struct access_unit *au;		/* PICTURE */
	uint64_t mono_ns, until_ns;	/* TEXT; GAP: from, to */
	uint64_t count;			/* GAP: pictures lost */
	int64_t showing;		/* BEGIN */
	struct pose pose;		/* POSE */
	char text[];			/* TEXT; END and GAP: the reason */
};

struct recorder_counters {
	_Atomic int64_t showing;
	_Atomic uint64_t bytes, frames, begun_utc_us, synced_ns, free_bytes, files, gaps, lost_frames, syncs,
		sync_us_max, cpu_ns;
	_Atomic uint32_t number, rate_bps;
	atomic_bool recording;
};

struct recorder {
	struct recorder_config config;
	char *folder, *station;
	struct queue *queue;
	pthread_t thread;
	struct recorder_counters counters;
	_Atomic uint64_t waiting, waiting_bytes, taken_ns;	/* pictures in the queue; the newest taken out */

	/* thread: encode */
	bool begun, dropping;
	uint64_t gap_from_ns, gap_to_ns, gap_count;

	/* thread: recorder */
	struct loop *loop;
	struct loop_watch ready;
	struct loop_timer tick;
	bool active;
	int64_t showing;
	uint32_t next_number;
	struct recorder_file *file;
	struct recorder_file *closing;	/* the one before, until the SEI of its last section has come */
	uint64_t closing_ns;		/* when its last picture ends */
	uint64_t newest_ns, keyframe_ns, asked_ns;
	struct pose pose;
	bool pose_known;
	uint64_t pose_ns;		/* when it was last written; 0: not in this file */
	uint64_t minute_bytes[60];	/* written in each of the last seconds of recording */
	uint32_t minute_at, minute_count;
	uint64_t counted_bytes;		/* of the file, in minute_bytes already */
	bool low_said;
};

void *recorder_run(void *owner);
int recorder_prepare(struct recorder *recorder, struct err *err);	/* the thread's part, before it runs */
void recorder_shut(struct recorder *recorder);				/* and after */

int recorder_space(uint64_t *free_bytes, const char *folder, struct err *err);

#endif
