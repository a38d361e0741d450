/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mp4_header.h - the head of a recording: ftyp, and a moov that says that fragments follow.
 *
 *	ftyp  moov { mvhd, trak 1 (video), trak 2 (mett), mvex, uuid }
 *
 * Track numbers and what the uuid box holds are fixed: readers of recordings rely on them.
 */
#ifndef OSTEND_EVIDENCE_MP4_HEADER_H
#define OSTEND_EVIDENCE_MP4_HEADER_H

#include "station/base/nal.h"
#include "station/evidence/mp4_box.h"

#define MP4_TIMESCALE 90000

enum { MP4_TRACK_VIDEO = 1, MP4_TRACK_TEXT = 2, MP4_TRACK_SOUND = 3 };

/*
 * The uuid box in moov: this identifier, then one JSON object in ASCII without a NUL: {"station":...,
 * "showing":N,"number":N,"begun_utc_us":N,"begun_mono_ns":N}. The times are of the first picture, which is at 0
 * of the file's own time.
 */
#define MP4_UUID_BYTES 16
extern const uint8_t mp4_uuid[MP4_UUID_BYTES];

struct mp4_about {
	uint16_t width, height;
	struct nal sps, pps;
	uint64_t begun_utc_us;		/* of the first picture */
	const char *json;		/* for the uuid box */
	bool sound;			/* with a track for Opus; none while there is no sound */
	uint16_t sound_pre_skip;	/* samples at 48 kHz (RFC 7845 4.2) */
};

void mp4_put_header(struct bytes *out, const struct mp4_about *about);

#endif
