/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each picture is a copy of the painted room, over which table marks, rim, exhibit and codes go. */
#include "station/camera/sim_scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "station/camera/cam_sim.h"
#include "station/camera/draw_text.h"
#include "station/camera/sim_body.h"
#include "station/camera/sim_paint.h"
#include "station/picture/convert.h"

#define BLACK 16
#define WHITE 235
#define MARKS 24

static const uint32_t face_colours[SIM_FACES] = SIM_FACE_COLOURS;

struct sim_scene {
	uint32_t width, height;
	struct frame *room[2];		/* [stale] */
	struct sim_sheet *rim, *faces;
	struct sim_body table, exhibit;
	uint8_t patch[SIM_FACES][3];	/* Y Cb Cr */
};

static void place_bodies(struct sim_scene *scene)
{
	double sx = scene->width / (double)SIM_WIDTH, sy = scene->height / (double)SIM_HEIGHT;

	scene->table = (struct sim_body){
		.sheet = scene->rim, .cx = SIM_TABLE_X * sx, .cy = SIM_TABLE_Y * sy,
		.radius = SIM_TABLE_RADIUS * sx, .tilt = SIM_TILT * sy / sx,
	};
	scene->exhibit = (struct sim_body){
		.sheet = scene->faces, .cx = SIM_TABLE_X * sx,
		.cy = (SIM_TABLE_Y - SIM_PRISM_HEIGHT) * sy, .radius = SIM_PRISM_RADIUS * sx,
		.tilt = SIM_TILT * sy / sx, .lid = { 190, 123, 131 },
	};
}

static int mix_patches(struct sim_scene *scene)
{
	struct frame *dot = frame_new(2, 2);

	if (!dot)
		return -1;
	for (int i = 0; i < SIM_FACES; i++) {
		uint32_t argb[4] = { face_colours[i], face_colours[i], face_colours[i], face_colours[i] };

		convert_argb(dot, (const uint8_t *)argb, 8);
		for (int plane = 0; plane < 3; plane++)
			scene->patch[i][plane] = dot->plane[plane][0];
	}
	frame_unref(dot);
	return 0;
}

static struct sim_sheet *unroll(struct frame *painted)
{
	struct sim_sheet *sheet = painted ? sim_sheet_new(painted) : NULL;

	frame_unref(painted);
	return sheet;
}

int sim_scene_new(struct sim_scene **out, uint32_t width, uint32_t height, struct err *err)
{
	CLEANUP(sim_scene_freep) struct sim_scene *scene = calloc(1, sizeof *scene);

	if (width % 2 || height % 2 || width < 320 || height < 180 || width > FRAME_WIDTH_MAX ||
	    height > FRAME_HEIGHT_MAX)
		return err_set(err, ERR_RANGE,
			       "simulated camera: %u x %u: sizes are even, from 320 x 180 to %d x %d",
			       width, height, FRAME_WIDTH_MAX, FRAME_HEIGHT_MAX);
	if (!scene)
		return err_set(err, ERR_NOMEM, "simulated camera: out of memory");
	scene->width = width;
	scene->height = height;
	sim_scene_label(scene, SIM_LABEL_USUAL);
	scene->rim = unroll(sim_paint_rim(width, height));
	scene->faces = unroll(sim_paint_faces(width, height));
	draw_finish();
	if (!scene->room[0] || !scene->room[1] || !scene->rim || !scene->faces || mix_patches(scene))
		return err_set(err, ERR_NOMEM, "simulated camera: out of memory");
	place_bodies(scene);
	*out = MOVE(scene);
	return 0;
}

int sim_scene_label(struct sim_scene *scene, const char *text)
{
	struct frame *room[2];

	for (int stale = 0; stale < 2; stale++)
		room[stale] = sim_paint_room(scene->width, scene->height, text, stale);
	draw_finish();
	if (!room[0] || !room[1]) {
		frame_unref(room[0]);
		frame_unref(room[1]);
		return ERR_NOMEM;
	}
	for (int stale = 0; stale < 2; stale++) {
		frame_unref(scene->room[stale]);
		scene->room[stale] = room[stale];
	}
	return 0;
}

struct sim_scene *sim_scene_free(struct sim_scene *scene)
{
	if (!scene)
		return NULL;
	frame_unref(scene->room[0]);
	frame_unref(scene->room[1]);
	sim_sheet_free(scene->rim);
	sim_sheet_free(scene->faces);
	free(scene);
	return NULL;
}

/* A box of one colour; places are nominal and round to even pixels for the chroma planes. */
static void fill_box(const struct sim_scene *scene, struct frame *frame, uint32_t left,
		     uint32_t right, uint32_t height, const uint8_t colour[3])
{
	for (int plane = 0; plane < 3; plane++) {
		uint32_t half = plane ? 2 : 1;
		uint32_t x0 = left * scene->width / SIM_WIDTH / half;
		uint32_t x1 = right * scene->width / SIM_WIDTH / half;
		uint32_t rows = height * scene->height / SIM_HEIGHT / half;

		for (uint32_t y = 0; y < MAX(rows, 1u); y++)
			memset(frame->plane[plane] + (size_t)y * frame->info.stride[plane] + x0,
			       colour[plane], x1 - x0);
	}
}

/* @bits from the most significant, one block each */
static void draw_bits(const struct sim_scene *scene, struct frame *frame, uint32_t left,
		      uint32_t block, uint32_t bits, uint64_t value)
{
	for (uint32_t i = 0; i < bits; i++) {
		const uint8_t colour[3] = { value >> (bits - 1 - i) & 1 ? WHITE : BLACK, 128, 128 };

		fill_box(scene, frame, left + i * block, left + (i + 1) * block, block, colour);
	}
}

/* Light marks near the border of the table's top, so that it is seen to turn from all sides. */
static void draw_marks(const struct sim_scene *scene, struct frame *frame, double angle_deg)
{
	const struct sim_body *table = &scene->table;
	uint32_t width = MAX(scene->width * 10 / SIM_WIDTH, 2u);
	uint32_t height = MAX(scene->height * 4 / SIM_HEIGHT, 1u);

	for (int i = 0; i < MARKS; i++) {
		double at = (i * 360.0 / MARKS - angle_deg) * M_PI / 180, r = table->radius * 0.93;
		uint32_t x = (uint32_t)(table->cx + r * sin(at)) - width / 2;
		uint32_t y = (uint32_t)(table->cy + r * table->tilt * cos(at)) - height / 2;

		for (uint32_t row = 0; row < height; row++)
			memset(frame->plane[0] + (size_t)(y + row) * frame->info.stride[0] + x,
			       i % 3 ? 120 : 205, width);
	}
}

void sim_scene_draw(const struct sim_scene *scene, struct frame *frame, int64_t angle_mdeg,
		    int64_t utc_us, bool stale)
{
	double angle_deg = (double)(angle_mdeg % 360000) / 1000;
	int face = sim_face(angle_mdeg);

	convert_copy(frame, scene->room[stale]);
	draw_marks(scene, frame, angle_deg);
	sim_draw_drum(frame, &scene->table, angle_deg);
	sim_draw_prism(frame, &scene->exhibit, SIM_FACES, angle_deg);
	draw_bits(scene, frame, 0, SIM_TIME_BLOCK, SIM_TIME_BITS, (uint64_t)utc_us);
	draw_bits(scene, frame, SIM_FACE_X, SIM_FACE_BLOCK, SIM_FACE_BITS, (uint64_t)face);
	fill_box(scene, frame, SIM_PATCH_X, SIM_WIDTH, SIM_FACE_BLOCK, scene->patch[face]);
}
