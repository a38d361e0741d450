/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * preview.h - the small picture that the console draws, in memory shared by `preview.open`.
 *
 * The station writes, consoles map the descriptor read-only. `sequence` is odd while a picture is
 * being written: read it before and after, and keep the copy only if both are the same even number.
 * Planes follow the header: Y of width x height, then U and V of half that each way, no padding.
 */
#ifndef OSTEND_BASE_PREVIEW_H
#define OSTEND_BASE_PREVIEW_H

#include <stdatomic.h>
#include <stdint.h>

#define PREVIEW_MAGIC 0x4f505631u	/* "OPV1" */
#define PREVIEW_WIDTH 640
#define PREVIEW_HEIGHT 360
#define PREVIEW_PLANES_BYTES (PREVIEW_WIDTH * PREVIEW_HEIGHT * 3 / 2)

struct preview {
	uint32_t magic;
	uint32_t width, height;		/* always PREVIEW_WIDTH, PREVIEW_HEIGHT */
	_Atomic uint32_t sequence;
	uint64_t captured_ns;		/* monotonic capture time of the picture */
	uint32_t synthetic;		/* 1: not from the camera, `reason` is drawn in it */
	uint32_t reserved;
	uint8_t planes[PREVIEW_PLANES_BYTES];
};

#endif
