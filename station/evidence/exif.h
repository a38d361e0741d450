/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exif.h - EXIF (CIPA DC-008) and XMP in the delivery copy of a still: what any viewer shows of it.
 *
 * What the camera wrote itself stays; what the station adds is beside it. The coded picture is not touched.
 */
#ifndef OSTEND_EVIDENCE_EXIF_H
#define OSTEND_EVIDENCE_EXIF_H

#include <stdint.h>

#include "station/base/err.h"

struct exif_facts {
	const char *model;		/* of the camera, as it calls itself */
	const char *program;		/* "ostend 0.1.0" */
	const char *description;	/* UTF-8: case, exhibit, view */
	const char *artist;		/* the makers */
	uint64_t captured_utc_us;
	uint32_t width, height;
	uint8_t sha256[32];		/* of the untouched still: its first half is the image's unique ID */
};

/**
 * The JPEG @jpeg (borrowed) with the segments put in after SOI, an older EXIF segment of the camera's merged.
 *
 * @out the caller's to free
 * @return 0; ERR_RANGE for what is no JPEG, or facts that do not fit into a segment; ERR_NOMEM
 */
int exif_put(uint8_t **out, size_t *out_bytes, const uint8_t *jpeg, size_t len_bytes,
	     const struct exif_facts *facts, struct err *err);

#endif
