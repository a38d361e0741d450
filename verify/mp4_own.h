/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mp4_own.h - what mp4_read.c (the file), mp4_table.c (stbl) and mp4_fragment.c (moof) share. */
#ifndef OSTEND_VERIFY_MP4_OWN_H
#define OSTEND_VERIFY_MP4_OWN_H

#include "verify/mp4_box.h"
#include "verify/mp4_read.h"

/* Defaults of a fragment's samples (trex, tfhd): ISO/IEC 14496-12 8.8.3, 8.8.7. */
struct mp4_defaults { uint32_t duration, len_bytes; };

struct mp4_reading {
	struct mp4 *mp4;
	const uint8_t *bytes;
	size_t len_bytes;
	uint32_t track;			/* its number */
	struct mp4_defaults defaults;
	uint64_t next_ticks;		/* where a fragment without tfdt goes on */
	uint64_t sample_bytes;		/* of all samples: never more than the file has */
};

/** One sample more; refused when it is not in the file or the samples together have more bytes than it. */
int mp4_add(struct mp4_reading *reading, struct mp4_sample sample, struct err *err);
int mp4_read_table(struct mp4_reading *reading, struct mp4_bytes stbl, struct err *err);
int mp4_read_fragment(struct mp4_reading *reading, const struct mp4_box *moof, struct err *err);

#endif
