/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/camera/sim_body.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/util.h"

#define FULL_LIGHT 256
#define BLACK 16

/* gcc makes vectors only from here on; clang always does and does not know the attribute. */
#ifdef __clang__
#define VECTORS
#else
#define VECTORS __attribute__((optimize("O3")))
#endif

struct sim_sheet *sim_sheet_free(struct sim_sheet *sheet)
{
	if (!sheet)
		return NULL;
	for (int plane = 0; plane < 3; plane++)
		free(sheet->columns[plane]);
	free(sheet);
	return NULL;
}

static void transpose(uint8_t *columns, const struct frame *from, int plane)
{
	uint32_t half = plane ? 2 : 1;
	uint32_t width = from->info.width / half, height = from->info.height / half;

	for (uint32_t x = 0; x < width; x++)
		for (uint32_t y = 0; y < height; y++)
			columns[(size_t)x * height + y] =
				from->plane[plane][(size_t)y * from->info.stride[plane] + x];
}

struct sim_sheet *sim_sheet_new(const struct frame *unrolled)
{
	struct sim_sheet *sheet = calloc(1, sizeof *sheet);

	if (!sheet)
		return NULL;
	sheet->width = unrolled->info.width;
	sheet->height = unrolled->info.height;
	for (int plane = 0; plane < 3; plane++) {
		uint32_t half = plane ? 2 : 1;

		sheet->columns[plane] = malloc((size_t)(sheet->width / half) * (sheet->height / half));
		if (!sheet->columns[plane])
			return sim_sheet_free(sheet);
		transpose(sheet->columns[plane], unrolled, plane);
	}
	return sheet;
}

/*
 * One column of one plane: two neighbouring columns of the sheet mixed by where between them @turn
 * (0 to 1 of the whole width) falls. Mixing runs along memory; only the last loop steps over rows.
 */
VECTORS static void draw_plane_column(struct frame *frame, int plane, uint32_t x, int top,
			      const struct sim_sheet *sheet, double turn, int light)
{
	uint32_t half = plane ? 2 : 1, width = sheet->width / half, height = sheet->height / half;
	uint32_t at = (uint32_t)(turn * width * 256);
	uint32_t left = at / 256 % width, mix = at % 256;
	const uint8_t *restrict a = sheet->columns[plane] + (size_t)left * height;
	const uint8_t *restrict b = sheet->columns[plane] + (size_t)((left + 1) % width) * height;
	uint8_t mixed[FRAME_HEIGHT_MAX];
	uint8_t *to = frame->plane[plane] + (size_t)(top / (int)half) * frame->info.stride[plane] + x / half;

	if (plane) {
		for (uint32_t y = 0; y < height; y++)
			mixed[y] = (uint8_t)((a[y] * (256 - mix) + b[y] * mix) >> 8);
	} else {
		for (uint32_t y = 0; y < height; y++) {
			int luma = (int)((a[y] * (256 - mix) + b[y] * mix) >> 8);

			mixed[y] = (uint8_t)(BLACK + ((luma - BLACK) * light >> 8));
		}
	}
	for (uint32_t y = 0; y < height; y++, to += frame->info.stride[plane])
		*to = mixed[y];
}

static void draw_column(struct frame *frame, uint32_t x, int top, const struct sim_sheet *sheet,
			double turn, int light)
{
	if (x >= frame->info.width || top < 0 || top + sheet->height > frame->info.height)
		return;
	draw_plane_column(frame, 0, x, top, sheet, turn, light);
	if (x % 2)
		return;
	draw_plane_column(frame, 1, x, top, sheet, turn, light);
	draw_plane_column(frame, 2, x, top, sheet, turn, light);
}

static double wrap_turn(double degrees)
{
	double turn = degrees / 360;

	turn -= floor(turn);
	return turn < 1 ? turn : 0;
}

void sim_draw_drum(struct frame *frame, const struct sim_body *body, double angle_deg)
{
	int first = (int)ceil(body->cx - body->radius), last = (int)(body->cx + body->radius);

	for (int x = first; x <= last; x++) {
		double sine = CLAMP((x + 0.5 - body->cx) / body->radius, -1.0, 1.0);
		double cosine = sqrt(1 - sine * sine);
		double turn = wrap_turn(angle_deg + asin(sine) * 180 / M_PI);
		int light = (int)(FULL_LIGHT * (0.35 + 0.65 * cosine));

		draw_column(frame, (uint32_t)x, (int)(body->cy + body->tilt * body->radius * cosine),
			    body->sheet, turn, light);
	}
}

/* --- prism --------------------------------------------------------------------------------------- */

struct edge {			/* of the top, from one corner to the next */
	double x0, y0, x1, y1;
};

static struct edge edge_of(const struct sim_body *body, int faces, int face, double angle_deg)
{
	double from = (360.0 / faces * (face - 0.5) - angle_deg) * M_PI / 180;
	double to = (360.0 / faces * (face + 0.5) - angle_deg) * M_PI / 180;

	return (struct edge){
		.x0 = body->cx + body->radius * sin(from),
		.y0 = body->cy + body->radius * body->tilt * cos(from),
		.x1 = body->cx + body->radius * sin(to),
		.y1 = body->cy + body->radius * body->tilt * cos(to),
	};
}

static double along(const struct edge *edge, double x)
{
	return CLAMP((x - edge->x0) / (edge->x1 - edge->x0), 0.0, 1.0);
}

static void draw_face(struct frame *frame, const struct sim_body *body, int faces, int face,
		      double angle_deg, int16_t *front)
{
	struct edge edge = edge_of(body, faces, face, angle_deg);
	double normal = (360.0 / faces * face - angle_deg) * M_PI / 180;
	int light = (int)(FULL_LIGHT * (0.62 + 0.38 * cos(normal + 0.35)));	/* from the left */

	for (int x = (int)ceil(edge.x0 - 0.5); x + 0.5 < edge.x1; x++) {
		double part = along(&edge, x + 0.5);
		int top = (int)(edge.y0 + (edge.y1 - edge.y0) * part);

		if (x < 0 || (uint32_t)x >= frame->info.width)
			continue;
		front[x] = (int16_t)top;
		draw_column(frame, (uint32_t)x, top, body->sheet,
			    (face + CLAMP(part, 0.002, 0.995)) / faces, light);
	}
}

static void fill_lid_column(struct frame *frame, const struct sim_body *body, uint32_t x, int from,
			    int to)
{
	from = MAX(from, 0);
	to = MIN(to, (int)frame->info.height);
	for (int y = from; y < to; y++)
		frame->plane[0][(size_t)y * frame->info.stride[0] + x] = body->lid[0];
	for (int plane = 1; plane < 3 && x % 2 == 0; plane++)
		for (int y = from / 2; y < to / 2; y++)
			frame->plane[plane][(size_t)y * frame->info.stride[plane] + x / 2] =
				body->lid[plane];
}

/* Edges at the back run from right to left; the lid lies between them and the front's. */
static void draw_lid(struct frame *frame, const struct sim_body *body, int faces, int face,
		     double angle_deg, const int16_t *front)
{
	struct edge edge = edge_of(body, faces, face, angle_deg);

	for (int x = (int)ceil(edge.x1 - 0.5); x + 0.5 < edge.x0; x++) {
		double y = edge.y0 + (edge.y1 - edge.y0) * along(&edge, x + 0.5);

		if (x >= 0 && (uint32_t)x < frame->info.width && front[x] >= 0)
			fill_lid_column(frame, body, (uint32_t)x, (int)y, front[x]);
	}
}

void sim_draw_prism(struct frame *frame, const struct sim_body *body, int faces, double angle_deg)
{
	int16_t front[FRAME_WIDTH_MAX];

	memset(front, -1, sizeof front);
	for (int face = 0; face < faces; face++)
		if (cos((360.0 / faces * face - angle_deg) * M_PI / 180) > 0)
			draw_face(frame, body, faces, face, angle_deg, front);
	for (int face = 0; face < faces; face++)
		if (cos((360.0 / faces * face - angle_deg) * M_PI / 180) <= 0)
			draw_lid(frame, body, faces, face, angle_deg, front);
}
