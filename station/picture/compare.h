/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare.h - two photographs of one thing from the same side, before and after: where do they differ?
 *
 * Small shifts, another exposure and JPEG's own noise are no difference; a mark that is stronger than those
 * is. It points people at places; whether something has changed is theirs to say. No state, any thread.
 */
#ifndef OSTEND_PICTURE_COMPARE_H
#define OSTEND_PICTURE_COMPARE_H

#include "station/base/err.h"

#define COMPARE_REGIONS_MAX 32
#define COMPARE_REASON_BYTES 160

struct compare_region {		/* in pixels of the first picture */
	uint32_t x, y, width, height;
	uint32_t pixels;	/* that differ in it */
	uint32_t levels;	/* by how much at most, of 255 */
};

struct compare_options {
	struct compare_region ignore;	/* a place with a clock in it, say; width 0: none */
};

struct compare_result {
	uint32_t width, height;
	bool comparable;		/* false: the views are not the same, and nothing is said of differences */
	char reason[COMPARE_REASON_BYTES];	/* why not; "" */
	int32_t shift_x, shift_y;	/* of the second picture, taken out; so were up to 2 pixels more at each place */
	uint32_t gain_permille;		/* its levels were multiplied by this ... */
	int32_t offset_levels;		/* ... and this was added */
	uint32_t noise_levels, threshold_levels;	/* what the two differ by everywhere; what counts as different */
	uint32_t changed_ppm;		/* of the picture's pixels */
	uint32_t found;			/* regions; more than region_count when they do not all fit */
	uint32_t region_count;		/* the largest first */
	struct compare_region regions[COMPARE_REGIONS_MAX];
};

struct compare_jpeg {
	const void *bytes;
	size_t len_bytes;
};

/**
 * Compare two JPEG pictures of at most 64 million pixels.
 *
 * @options may be NULL
 * @return 0, also when they are not comparable; ERR_RANGE for what is no whole JPEG; ERR_NOMEM
 */
int compare_jpegs(const struct compare_jpeg *before, const struct compare_jpeg *after,
		  const struct compare_options *options, struct compare_result *result, struct err *err);

struct compare_words {
	const char *before, *after;	/* under each picture */
	const char *done;		/* below both: what was done, by whom */
};

/**
 * Both beside each other, each at most 1,280 pixels wide, regions framed in both, as a JPEG.
 *
 * @jpeg   the caller's to free()
 * @return 0; ERR_RANGE; ERR_NOMEM; ERR_UNSUPPORTED without fonts
 */
int compare_picture(const struct compare_jpeg *before, const struct compare_jpeg *after,
		    const struct compare_result *result, const struct compare_words *words, void **jpeg,
		    size_t *len_bytes, struct err *err);

#endif
