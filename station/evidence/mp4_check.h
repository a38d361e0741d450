/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mp4_check.h - how far a recording of ours is whole, after the station or its power failed. A pure function.
 *
 * A fragment is whole when its boxes fit each other and what was before, and every sample can be read: NAL units
 * fill it to the byte, and none has three bytes in it that emulation prevention keeps out (H.264 7.4.1), as
 * there are in a block of zeros that never reached the disk.
 */
#ifndef OSTEND_EVIDENCE_MP4_CHECK_H
#define OSTEND_EVIDENCE_MP4_CHECK_H

#include "station/base/err.h"
#include "station/base/nal.h"
#include "station/evidence/mp4_write.h"

struct mp4_extent {
	size_t len_bytes;		/* of head and whole fragments */
	bool ended;			/* behind them is their index, and nothing else */
	uint64_t frames, fragments, lasts_90k;
	uint64_t begun_utc_us;
	struct nal sps, pps;		/* of the first picture; in the bytes given. NULL without a picture */
	struct mp4_index index;		/* its places are the caller's to free, whatever is returned */
};

/** ERR_TAMPER when the head is not whole; ERR_NOMEM. */
int mp4_check(struct mp4_extent *out, const uint8_t *bytes, size_t len_bytes, struct err *err);

#endif
