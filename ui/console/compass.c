/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/compass.h"

#include <math.h>
#include <string.h>

#include "station/base/pose.h"
#include "station/base/util.h"

struct canvas {
	struct compass *compass;
	double middle_x, middle_y, radius;	/* in dots */
};

static double radians(int64_t angle_mdeg)
{
	return pose_bearing_mdeg(angle_mdeg) * M_PI / 180000.0;
}

static void set_dot(struct compass *compass, int dot_x, int dot_y, enum compass_ink ink)
{
	static const uint8_t bit_of[4][2] = {
		{ 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 }
	};
	int row = dot_y / 4, column = dot_x / 2;
	struct compass_cell *cell;

	if (dot_x < 0 || dot_y < 0 || row >= compass->rows || column >= compass->columns)
		return;
	cell = &compass->cells[row][column];
	/* two inks in one cell would take one colour: the lesser one gives way */
	if (ink > cell->ink)
		*cell = (struct compass_cell){ .dots = cell->ink == COMPASS_RIM ? cell->dots : 0,
					       .ink = ink };
	if (ink == cell->ink)
		cell->dots |= bit_of[dot_y % 4][dot_x % 2];
}

/* From @inner to @outer, as parts of the radius, at @angle_mdeg. */
static void draw_ray(const struct canvas *canvas, int64_t angle_mdeg, double inner, double outer,
		     enum compass_ink ink)
{
	double angle = radians(angle_mdeg), dx = sin(angle), dy = -cos(angle);

	for (double at = inner * canvas->radius; at <= outer * canvas->radius; at += 0.4)
		set_dot(canvas->compass, (int)lround(canvas->middle_x + dx * at),
			(int)lround(canvas->middle_y + dy * at), ink);
}

static void draw_rim(const struct canvas *canvas)
{
	for (int64_t mdeg = 0; mdeg < MDEG_PER_TURN; mdeg += 500)
		draw_ray(canvas, mdeg, 1.0, 1.0, COMPASS_RIM);
	for (int64_t mdeg = 0; mdeg < MDEG_PER_TURN; mdeg += 15000) {
		double inner = mdeg % 90000 == 0 ? 0.74 : mdeg % 45000 == 0 ? 0.82 : 0.92;

		if (canvas->radius >= 26 || mdeg % 45000 == 0)
			draw_ray(canvas, mdeg, inner, 1.0, COMPASS_TICK);
	}
}

/* A small wedge across the rim. */
static void draw_target(const struct canvas *canvas, int64_t angle_mdeg)
{
	int64_t half_mdeg = (int64_t)(1.5 * 57296.0 / canvas->radius);

	for (int64_t off = -half_mdeg; off <= half_mdeg; off += MAX(half_mdeg / 4, 1))
		draw_ray(canvas, angle_mdeg + off, 0.84, 1.02, COMPASS_TARGET);
}

/* Two dots wide, half a dot to each side: one alone is hard to see across a room. */
static void draw_needle(const struct canvas *canvas, int64_t angle_mdeg, bool broken)
{
	double angle = radians(angle_mdeg);
	double length = 0.80, dash = broken ? length / 3 : length;

	for (double side = -0.45; side < 1; side += 0.9) {
		struct canvas shifted = *canvas;

		shifted.middle_x += cos(angle) * side;
		shifted.middle_y += sin(angle) * side;
		for (double at = 0; at < length; at += 2 * dash)
			draw_ray(&shifted, angle_mdeg, at, at + dash, COMPASS_NEEDLE);
	}
}

static void draw_hub(const struct canvas *canvas)
{
	for (int64_t mdeg = 0; mdeg < MDEG_PER_TURN; mdeg += 45000)
		draw_ray(canvas, mdeg, 0, 1.5 / canvas->radius, COMPASS_HUB);
}

static struct canvas canvas_of(struct compass *compass)
{
	struct canvas canvas = {
		.compass = compass,
		.middle_x = compass->columns - 0.5,
		.middle_y = compass->rows * 2 - 0.5,
	};

	canvas.radius = MIN(canvas.middle_x, canvas.middle_y) - 0.5;
	return canvas;
}

void compass_draw(struct compass *out, int rows, int columns, int64_t reported_mdeg,
		  int64_t commanded_mdeg, bool assumed)
{
	struct canvas canvas;

	memset(out, 0, sizeof *out);
	out->rows = MIN(rows, COMPASS_MAX_ROWS);
	out->columns = MIN(columns, COMPASS_MAX_COLUMNS);
	if (out->rows < 3 || out->columns < 3)
		return;
	canvas = canvas_of(out);
	draw_rim(&canvas);
	if (commanded_mdeg != INT64_MIN)
		draw_target(&canvas, commanded_mdeg);
	if (reported_mdeg != INT64_MIN)
		draw_needle(&canvas, reported_mdeg, assumed);
	draw_hub(&canvas);
}

void compass_rim_cell(int rows, int columns, int64_t bearing_mdeg, int *row, int *column)
{
	struct compass size = { .rows = rows, .columns = columns };
	struct canvas canvas = canvas_of(&size);
	double angle = radians(bearing_mdeg);

	*column = CLAMP((int)lround(canvas.middle_x + sin(angle) * canvas.radius) / 2, 0,
			columns - 1);
	*row = CLAMP((int)lround(canvas.middle_y - cos(angle) * canvas.radius) / 4, 0, rows - 1);
}

bool compass_bearing_at(int rows, int columns, int row, int column, int32_t *bearing_mdeg)
{
	double dx = column - (columns - 1) / 2.0;
	double dy = (row - (rows - 1) / 2.0) * 2;
	long degrees;

	if (fabs(dx) < 0.75 && fabs(dy) < 1.5)
		return false;
	degrees = lround(atan2(dx, -dy) * 180.0 / M_PI);
	*bearing_mdeg = pose_bearing_mdeg(degrees * 1000);
	return true;
}
