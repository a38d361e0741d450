/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The strip is one mask of coverage as wide as the picture, in which each field has its place:
 *
 *   2026-11-24 08:15:59.123 UTC      Case 案号 ...             homed 已归零 · step count
 *   2026-11-24 16:15:59.123 +08:00   Exhibit 物证 ...                     turning 转动中    90.0°
 *
 * Words go through pango when they change. Clock and angle change with each frame: they are set from
 * glyphs drawn once, into the mask, and only where a character differs from the last frame's. What
 * is left for each frame is to darken the picture under the strip and blend the mask into it.
 */
#include "station/picture/strip.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "station/picture/strip_text.h"
#include "station/picture/text.h"

#define INK 235
#define GLYPHS "0123456789-+.:~ UTC"	/* of clock and angle, and the degree sign */
#define DEGREE_GLYPH (sizeof GLYPHS - 1)
#define CELLS_MAX 32

struct glyphs {
	struct text_mask mask[sizeof GLYPHS];
	uint32_t digit_width;		/* all digits and the space are set this wide: nothing jitters */
	uint32_t height;
};

struct place {
	uint32_t x, y, width, height;
};

/* Text set from glyphs. */
struct dial {
	const struct glyphs *glyphs;
	struct place place;
	uint8_t shown[CELLS_MAX];	/* glyph numbers, as they are in the mask now */
	uint32_t cells;
};

/* Text laid out by pango. */
struct label {
	struct text_face *face;
	struct place place;
	bool right;			/* aligned with the right edge of its place */
	char shown[STRIP_TEXT_BYTES + 32];
};

struct strip {
	uint32_t width, height, frame_height;
	uint8_t *coverage;		/* width x height */
	struct text_face *words, *numbers;
	struct glyphs clock_glyphs, angle_glyphs;
	struct dial utc, local, angle;
	struct label case_no, exhibit_no, known, motion;
	struct pose pose;
	bool has_pose;
	uint64_t layouts;
};

uint32_t strip_height(uint32_t height)
{
	uint32_t rows = MAX(height * 64 / 1080, 36);

	return MIN(rows, height / 2) / 2 * 2;
}

static void glyphs_clear(struct glyphs *glyphs)
{
	for (size_t i = 0; i < ARRAY_LEN(glyphs->mask); i++)
		text_mask_clear(&glyphs->mask[i]);
}

struct strip *strip_free(struct strip *strip)
{
	if (!strip)
		return NULL;
	glyphs_clear(&strip->clock_glyphs);
	glyphs_clear(&strip->angle_glyphs);
	text_face_free(strip->words);
	text_face_free(strip->numbers);
	free(strip->coverage);
	free(strip);
	return NULL;
}

static int draw_glyphs(struct glyphs *glyphs, struct text_face *face, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(glyphs->mask); i++) {
		char letter[] = { GLYPHS[i], '\0' };
		int rc = text_draw(face, i == DEGREE_GLYPH ? "°" : letter, 512, 1, &glyphs->mask[i], err);

		if (rc < 0)
			return rc;
		if (i < 10)
			glyphs->digit_width = MAX(glyphs->digit_width, glyphs->mask[i].width);
		glyphs->height = MAX(glyphs->height, glyphs->mask[i].height);
	}
	return 0;
}

static uint32_t cell_width(const struct glyphs *glyphs, uint8_t glyph)
{
	return glyph < 10 || GLYPHS[glyph] == ' ' ? glyphs->digit_width : glyphs->mask[glyph].width;
}

/* The widest that @text, of the dial's kind, can become. */
static uint32_t dial_width(const struct glyphs *glyphs, const char *text)
{
	uint32_t width = 0;

	for (; *text; text++) {
		const char *at = strchr(GLYPHS, *text);

		width += cell_width(glyphs, at ? (uint8_t)(at - GLYPHS) : DEGREE_GLYPH);
	}
	return width;
}

static void clear_place(struct strip *strip, const struct place *place)
{
	for (uint32_t y = place->y; y < MIN(place->y + place->height, strip->height); y++)
		if (place->x < strip->width)
			memset(strip->coverage + (size_t)y * strip->width + place->x, 0,
			       MIN(place->width, strip->width - place->x));
}

/* Copy @mask into the strip with its left edge at @x, cut to @place. */
static void set_mask(struct strip *strip, const struct place *place, uint32_t x,
		     const struct text_mask *mask)
{
	uint32_t right = MIN(MIN(x + mask->width, place->x + place->width), strip->width);
	uint32_t rows = MIN(MIN(mask->height, place->height), strip->height - place->y);

	for (uint32_t y = 0; y < rows && x < right; y++)
		memcpy(strip->coverage + (size_t)(place->y + y) * strip->width + x,
		       mask->coverage + (size_t)y * mask->width, right - x);
}

/* The numbers of the glyphs of @text; how many. */
static uint32_t to_glyphs(uint8_t cells[CELLS_MAX], const char *text)
{
	uint32_t count = 0;

	for (; *text && count < CELLS_MAX; text++) {
		const char *at = strchr(GLYPHS, *text);

		if (at)
			cells[count++] = (uint8_t)(at - GLYPHS);
		else if ((*text & 0xC0) != 0x80)	/* the degree sign, once for its two bytes */
			cells[count++] = DEGREE_GLYPH;
	}
	return count;
}

static void set_cell(struct strip *strip, const struct dial *dial, uint32_t x, uint8_t glyph)
{
	struct place cell = dial->place;

	cell.x = x;
	cell.width = cell_width(dial->glyphs, glyph);
	clear_place(strip, &cell);
	set_mask(strip, &dial->place, x, &dial->glyphs->mask[glyph]);
}

static void dial_show(struct strip *strip, struct dial *dial, const char *text)
{
	uint8_t cells[CELLS_MAX];
	uint32_t count = to_glyphs(cells, text), i;
	struct place tail = dial->place;
	uint32_t x = dial->place.x, old_x = x;

	for (i = 0; i < count; i++) {
		if (i >= dial->cells || cells[i] != dial->shown[i] || x != old_x)
			set_cell(strip, dial, x, cells[i]);
		if (i < dial->cells)
			old_x += cell_width(dial->glyphs, dial->shown[i]);
		x += cell_width(dial->glyphs, cells[i]);
	}
	for (; i < dial->cells; i++)
		old_x += cell_width(dial->glyphs, dial->shown[i]);
	tail.x = x;
	tail.width = old_x > x ? old_x - x : 0;
	clear_place(strip, &tail);
	memcpy(dial->shown, cells, count);
	dial->cells = count;
}

static void label_show(struct strip *strip, struct label *label, const char *text)
{
	struct text_mask mask = { 0 };

	if (strcmp(label->shown, text) == 0)
		return;
	memset(label->shown, 0, sizeof label->shown);
	memcpy(label->shown, text, strnlen(text, sizeof label->shown - 1));
	clear_place(strip, &label->place);
	strip->layouts++;
	/* without memory the place stays empty, and is drawn when the text changes again */
	if (text_draw(label->face, label->shown, label->place.width, 1, &mask, NULL) == 0)
		set_mask(strip, &label->place,
			 label->place.x + (label->right ? label->place.width - mask.width : 0), &mask);
	text_mask_clear(&mask);
}

/* Where everything stands: dials as wide as they can become, labels in what is left. */
static void set_places(struct strip *strip)
{
	uint32_t row = strip->height / 2, margin = strip->height / 4;
	uint32_t drop = row > strip->clock_glyphs.height ? (row - strip->clock_glyphs.height) / 2 : 0;
	uint32_t number_drop = strip->height > strip->angle_glyphs.height ?
			       (strip->height - strip->angle_glyphs.height) / 2 : 0;
	uint32_t clock = dial_width(&strip->clock_glyphs, "0000-00-00 00:00:00.000 +00:00");
	uint32_t angle = dial_width(&strip->angle_glyphs, "~000.0") + strip->angle_glyphs.mask[DEGREE_GLYPH].width;
	uint32_t left = 3 * margin + clock;
	uint32_t right = strip->width > angle + 2 * margin ? strip->width - angle - margin : 0;
	uint32_t rest = right > left + 2 * margin ? right - left - 2 * margin : 2;

	strip->utc.place = (struct place){ margin, drop, clock, row - drop };
	strip->local.place = (struct place){ margin, row + drop, clock, row - drop };
	strip->angle.place = (struct place){ right, number_drop, angle, strip->height - number_drop };
	strip->case_no.place = (struct place){ left, drop, rest / 2, row - drop };
	strip->exhibit_no.place = (struct place){ left, row + drop, rest / 2, row - drop };
	strip->known.place = (struct place){ left + margin + rest / 2, drop, rest / 2, row - drop };
	strip->motion.place = (struct place){ left + margin + rest / 2, row + drop, rest / 2, row - drop };
}

static int draw_fixed(struct strip *strip, struct err *err)
{
	int rc = text_face_new(&strip->words, strip->height * 11 / 32, err);

	if (rc == 0)
		rc = text_face_new(&strip->numbers, strip->height * 11 / 16, err);
	if (rc == 0)
		rc = draw_glyphs(&strip->clock_glyphs, strip->words, err);
	if (rc == 0)
		rc = draw_glyphs(&strip->angle_glyphs, strip->numbers, err);
	return rc;
}

static void connect(struct strip *strip)
{
	strip->utc.glyphs = strip->local.glyphs = &strip->clock_glyphs;
	strip->angle.glyphs = &strip->angle_glyphs;
	strip->case_no.face = strip->exhibit_no.face = strip->words;
	strip->known.face = strip->motion.face = strip->words;
	strip->known.right = strip->motion.right = true;
	set_places(strip);
}

int strip_new(struct strip **out, uint32_t width, uint32_t height, struct err *err)
{
	CLEANUP(strip_freep) struct strip *strip = calloc(1, sizeof *strip);
	struct frame_info info;
	int rc;

	if (frame_layout(&info, width, height) == 0 || strip_height(height) < 8)
		return err_set(err, ERR_RANGE, "strip: %u x %u is not a picture size", width, height);
	if (strip) {
		strip->width = width;
		strip->height = strip_height(height);
		strip->frame_height = height;
		strip->coverage = calloc(width, strip->height);
	}
	if (!strip || !strip->coverage)
		return err_set(err, ERR_NOMEM, "strip: out of memory");
	rc = draw_fixed(strip, err);
	if (rc < 0)
		return err_prefix(err, "strip");
	connect(strip);
	tzset();	/* the zone's file is read here, not in the first picture */
	*out = MOVE(strip);
	return 0;
}

void strip_set_text(struct strip *strip, const char *case_no, const char *exhibit_no)
{
	char text[STRIP_TEXT_BYTES + 32];

	snprintf(text, sizeof text, "Case 案号 %s", case_no);
	label_show(strip, &strip->case_no, *case_no ? text : "");
	snprintf(text, sizeof text, "Exhibit 物证 %s", exhibit_no);
	label_show(strip, &strip->exhibit_no, *exhibit_no ? text : "");
}

void strip_set_pose(struct strip *strip, const struct pose *pose)
{
	strip->has_pose = pose != NULL;
	if (pose)
		strip->pose = *pose;
}

uint64_t strip_layouts(const struct strip *strip)
{
	return strip->layouts;
}

static void compose(struct strip *strip, uint64_t captured_ns)
{
	int64_t utc_us = clock_utc_of_mono_us(captured_ns);
	char text[STRIP_CLOCK_BYTES];
	struct strip_angle angle;

	strip_utc_text(text, utc_us);
	dial_show(strip, &strip->utc, text);
	strip_local_text(text, utc_us);
	dial_show(strip, &strip->local, text);
	strip_angle_text(&angle, strip->has_pose ? &strip->pose : NULL, captured_ns);
	dial_show(strip, &strip->angle, angle.value);
	label_show(strip, &strip->known, angle.known);
	label_show(strip, &strip->motion, angle.motion);
}

static inline uint8_t blend_pixel(uint8_t luma, uint8_t coverage)
{
	uint16_t shade = (uint16_t)((luma >> 2) + 12);	/* a quarter of the picture shines through */

	return (uint8_t)(shade + (uint16_t)(coverage * (uint16_t)(INK + 1 - shade)) / 256);
}

/* A fixed count and no overlap: what gcc wants before it uses vectors at -O2. */
static void blend_32(uint8_t *restrict luma, const uint8_t *restrict coverage)
{
	for (int i = 0; i < 32; i++)
		luma[i] = blend_pixel(luma[i], coverage[i]);
}

static void blend_row(uint8_t *luma, const uint8_t *coverage, uint32_t width)
{
	uint32_t x = 0;

	for (; x + 32 <= width; x += 32)
		blend_32(luma + x, coverage + x);
	for (; x < width; x++)
		luma[x] = blend_pixel(luma[x], coverage[x]);
}

void strip_draw(struct strip *strip, struct frame *frame)
{
	uint32_t top = strip->frame_height - strip->height;

	assert(frame->info.width == strip->width && frame->info.height == strip->frame_height);
	compose(strip, frame->info.captured_ns);
	for (uint32_t y = 0; y < strip->height; y++)
		blend_row(frame->plane[0] + (size_t)(top + y) * frame->info.stride[0],
			  strip->coverage + (size_t)y * strip->width, strip->width);
	for (int i = 1; i < 3; i++)
		for (uint32_t y = top / 2; y < strip->frame_height / 2; y++)
			memset(frame->plane[i] + (size_t)y * frame->info.stride[i], 128, strip->width / 2);
}
