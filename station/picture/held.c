/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/picture/held.h"

#include "station/base/util.h"
#include "station/picture/text.h"

#define INK 235
#define BLACK 16

/* What is under the band stays to be seen, darker. */
static void darken(struct frame *frame, uint32_t top, uint32_t bottom)
{
	for (uint32_t y = top; y < bottom; y++) {
		uint8_t *row = frame->plane[0] + (size_t)y * frame->info.stride[0];

		for (uint32_t x = 0; x < frame->info.width; x++)
			row[x] = (uint8_t)(BLACK + (row[x] > BLACK ? (row[x] - BLACK) / 4 : 0));
	}
}

static int write_line(struct frame *frame, struct text_face *face, const char *text, int y,
		      struct err *err)
{
	struct text_mask mask = { 0 };
	int rc = text_draw(face, text, frame->info.width * 7 / 8, 1, &mask, err);

	if (rc == 0)
		text_blend(frame, &mask, ((int)frame->info.width - (int)mask.width) / 2, y, INK);
	text_mask_clear(&mask);
	return rc;
}

int held_mark(struct frame *frame, const char *en, const char *zh, struct err *err)
{
	CLEANUP(text_face_freep) struct text_face *face = NULL;
	uint32_t size = MAX(frame->info.height / 22, 8u), middle = frame->info.height / 2;
	int rc;

	frame->info.flags |= FRAME_SYNTHETIC;
	darken(frame, middle - MIN(middle, 2 * size), middle + MIN(middle, 2 * size));
	rc = text_face_new(&face, size, err);
	if (rc == 0)
		rc = write_line(frame, face, en, (int)middle - (int)size * 3 / 2, err);
	if (rc == 0)
		rc = write_line(frame, face, zh, (int)middle + (int)size / 8, err);
	return rc;
}
