/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The slate keeps one finished picture and draws it again only for another reason: the camera may be
 * away for hours, and each frame of it is then a copy.
 */
#include "station/picture/slate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "station/picture/convert.h"
#include "station/picture/text.h"

#define REASON_BYTES 512
#define BACKGROUND 40		/* grey: black would look like a dead screen */
#define INK 235
#define INK_QUIET 150

#define TITLE_EN "NO CAMERA PICTURE"
#define TITLE_ZH "无摄像机画面"
#define ORIGIN_EN "Drawn by the station; not an image of the exhibit"
#define ORIGIN_ZH "本画面由示证站生成，并非物证影像"

struct slate {
	struct frame *picture;		/* finished, with the reason below */
	struct text_face *title, *body, *note;
	char reason_en[REASON_BYTES], reason_zh[REASON_BYTES];
};

struct slate *slate_free(struct slate *slate)
{
	if (!slate)
		return NULL;
	frame_unref(slate->picture);
	text_face_free(slate->title);
	text_face_free(slate->body);
	text_face_free(slate->note);
	free(slate);
	return NULL;
}

static void fill(struct frame *frame)
{
	memset(frame->plane[0], BACKGROUND, (size_t)frame->info.stride[0] * frame->info.height);
	for (int i = 1; i < 3; i++)
		memset(frame->plane[i], 128, (size_t)frame->info.stride[i] * (frame->info.height / 2));
}

/* Centre @text at @y; how far down its lower edge is. Without memory the line stays away. */
static int draw_line(struct slate *slate, struct text_face *face, const char *text, int y, uint8_t luma)
{
	struct frame *picture = slate->picture;
	struct text_mask mask = { 0 };

	if (text_draw(face, text, picture->info.width * 7 / 8, 3, &mask, NULL) == 0)
		text_blend(picture, &mask, ((int)picture->info.width - (int)mask.width) / 2, y, luma);
	y += (int)mask.height;
	text_mask_clear(&mask);
	return y;
}

static void draw_picture(struct slate *slate)
{
	int unit = (int)slate->picture->info.height / 36;
	int y = 6 * unit;

	fill(slate->picture);
	y = draw_line(slate, slate->title, TITLE_EN, y, INK);
	y = draw_line(slate, slate->title, TITLE_ZH, y, INK) + 2 * unit;
	y = draw_line(slate, slate->body, slate->reason_en, y, INK);
	draw_line(slate, slate->body, slate->reason_zh, y, INK);
	y = draw_line(slate, slate->note, ORIGIN_EN, 29 * unit, INK_QUIET);
	draw_line(slate, slate->note, ORIGIN_ZH, y, INK_QUIET);
}

int slate_new(struct slate **out, uint32_t width, uint32_t height, struct err *err)
{
	CLEANUP(slate_freep) struct slate *slate = calloc(1, sizeof *slate);
	struct frame_info info;
	int rc;

	if (frame_layout(&info, width, height) == 0)
		return err_set(err, ERR_RANGE, "slate: %u x %u is not a picture size", width, height);
	if (slate)
		slate->picture = frame_new(width, height);
	if (!slate || !slate->picture)
		return err_set(err, ERR_NOMEM, "slate: no memory for %u x %u pixels", width, height);
	rc = text_face_new(&slate->title, MAX(height / 14, 8), err);
	if (rc == 0)
		rc = text_face_new(&slate->body, MAX(height / 24, 8), err);
	if (rc == 0)
		rc = text_face_new(&slate->note, MAX(height / 40, 8), err);
	if (rc < 0)
		return err_prefix(err, "slate");
	draw_picture(slate);
	*out = MOVE(slate);
	return 0;
}

/* Keep @reason; whether it is another than before. */
static bool set_reason(char *kept, const char *reason)
{
	char text[REASON_BYTES] = "";

	if (reason)
		memcpy(text, reason, strnlen(reason, sizeof text - 1));
	if (strcmp(kept, text) == 0)
		return false;
	memcpy(kept, text, sizeof text);
	return true;
}

void slate_draw(struct slate *slate, struct frame *frame, const char *reason_en, const char *reason_zh)
{
	bool changed = set_reason(slate->reason_en, reason_en);

	changed |= set_reason(slate->reason_zh, reason_zh);
	assert(frame->info.width == slate->picture->info.width &&
	       frame->info.height == slate->picture->info.height);
	if (changed)
		draw_picture(slate);
	convert_copy(frame, slate->picture);
	frame->info.flags |= FRAME_SYNTHETIC;
}
