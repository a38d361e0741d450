/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * access_unit.h - one encoded picture (H.264 7.4.1.2.3): what encode makes and stream and recorder take.
 *
 * Annex B byte stream with 4-byte start codes. A keyframe is an IDR picture and begins with its SPS
 * and PPS. Immutable after it has been given away; reference counted, any thread.
 */
#ifndef OSTEND_ENCODE_ACCESS_UNIT_H
#define OSTEND_ENCODE_ACCESS_UNIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCESS_UNIT_LAYERS_MAX 3

struct access_unit {
	atomic_uint references;
	uint8_t layer;			/* 0 is the largest picture */
	bool keyframe;
	bool synthetic;			/* the picture was drawn by the station, not seen by the camera */
	uint16_t width, height;
	uint64_t number;		/* in this layer, rises by one */
	uint64_t captured_ns;		/* monotonic capture time of the picture */
	uint64_t encoded_ns;		/* when the encoder was done */
	uint32_t ts_90k;		/* RTP time: captured_ns in 90 kHz ticks, modulo 2^32 */
	size_t len_bytes;
	uint8_t bytes[];
};

/** Room for @len_bytes, one reference, the rest zero; NULL when there is no memory. */
struct access_unit *access_unit_new(size_t len_bytes);
struct access_unit *access_unit_ref(struct access_unit *au);
struct access_unit *access_unit_unref(struct access_unit *au);	/* NULL is fine; returns NULL */

/** Copy from @from what is said about the picture, all but its bytes and references. */
void access_unit_describe(struct access_unit *au, const struct access_unit *from);

/** The RTP time of a capture time: one mapping for the whole station, so that SRs agree. */
uint32_t access_unit_ts_90k(uint64_t captured_ns);

#endif
