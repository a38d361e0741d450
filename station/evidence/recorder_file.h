/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorder_file.h - one file of a recording on the disk: written in whole parts under its own name from the
 * start, hashed as it grows. Inside the recorder only. Thread: recorder.
 */
#ifndef OSTEND_EVIDENCE_RECORDER_FILE_H
#define OSTEND_EVIDENCE_RECORDER_FILE_H

#include "station/base/nal.h"
#include "station/encode/access_unit.h"
#include "station/evidence/mp4_write.h"

struct recorder_file;

struct recorder_file_state {
	uint32_t number;
	char name[256];			/* under the evidence folder */
	uint64_t bytes, frames;
	uint64_t begun_ns, begun_utc_us;
	uint64_t written_ns, synced_ns;	/* monotonic: ends of the newest pictures written, and on the disk */
	uint32_t first_section, last_section;	/* counters of the signatures in it; 0: none */
	uint8_t parameters_sha256[32];
};

/**
 * Make FOLDER/media/SHOWING/recording-NNN.mp4 with the first free NNN from @number on, head and folders on
 * the disk. @au is its first picture, to be given as well.
 *
 * @return 0; ERR_FULL without space; ERR_OS; ERR_PROTO when @au has no parameter sets; ERR_NOMEM
 */
int recorder_file_open(struct recorder_file **out, const char *folder, const char *station, int64_t showing,
		       uint32_t number, const struct access_unit *au, struct err *err);
struct recorder_file *recorder_file_free(struct recorder_file *file);	/* closes it as it is; returns NULL */
DEFINE_FREEP(recorder_file_free, struct recorder_file *)

struct mp4_writer *recorder_file_writer(struct recorder_file *file);	/* for pictures and texts */
void recorder_file_note_section(struct recorder_file *file, uint32_t counter);	/* its signature is in the file */

/** What is written goes to the disk. After ERR_OS nobody knows what it has: only recorder_recover can tell. */
int recorder_file_sync(struct recorder_file *file, struct err *err);

/** The last picture lasts until @end_ns; the index; all of it on the disk; @sha256 of the whole file. */
int recorder_file_finish(struct recorder_file *file, uint64_t end_ns, uint8_t sha256[32], struct err *err);
/** After a failed write: what is whole on the disk, without an end. */
int recorder_file_abandon(struct recorder_file *file, uint8_t sha256[32], struct err *err);

void recorder_file_state(const struct recorder_file *file, struct recorder_file_state *out);

/** SHA-256 of the parameter sets of the first picture, each as NAL unit, one after the other. */
int recorder_digest(uint8_t sha256[32], const struct nal *sps, const struct nal *pps, struct err *err);
/** Those of an access unit; false: it has not both. */
bool recorder_parameters(struct nal *sps, struct nal *pps, const struct access_unit *au);

#endif
