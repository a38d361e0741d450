/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cylinder's skin is patches of print, coarse to fine, drawn once from a fixed seed; the noise is
 * one table read from another place for each row and picture, so that a picture costs a few ms.
 */
#include "tests/bench/scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SKIN 2048
#define NOISE 65536

struct scene {
	uint8_t skin[SKIN][SKIN];
	int8_t noise[NOISE];
};

static uint32_t next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void print_patch(struct scene *scene, uint32_t *seed, unsigned size)
{
	unsigned left = next(seed) % SKIN, top = next(seed) % SKIN;
	unsigned wide = size / 2 + next(seed) % size, high = size / 2 + next(seed) % size;
	uint8_t luma = (uint8_t)(40 + next(seed) % 170);

	for (unsigned y = 0; y < high; y++)
		for (unsigned x = 0; x < wide; x++)
			scene->skin[(top + y) % SKIN][(left + x) % SKIN] = luma;
}

struct scene *scene_new(void)
{
	struct scene *scene = calloc(1, sizeof *scene);
	uint32_t seed = 20261124;

	if (!scene)
		return NULL;
	memset(scene->skin, 120, sizeof scene->skin);
	for (unsigned size = 256; size >= 4; size /= 2)
		for (unsigned i = 0; i < 40 + 3000 / size; i++)
			print_patch(scene, &seed, size);
	for (size_t i = 0; i < NOISE; i++)	/* a sum of four: nearly normal, sigma about 1.3 */
		scene->noise[i] = (int8_t)((int)(next(&seed) % 3 + next(&seed) % 3 + next(&seed) % 3 +
						 next(&seed) % 3) - 4);
	return scene;
}

struct scene *scene_free(struct scene *scene)
{
	free(scene);
	return NULL;
}

static void draw_noise(struct frame *frame, unsigned index)
{
	uint32_t seed = index * 2654435761u + 1;

	for (int i = 0; i < 3; i++)
		for (size_t at = 0; at < (size_t)frame->info.stride[i] * (frame->info.height >> !!i); at++)
			frame->plane[i][at] = (uint8_t)(16 + next(&seed) % 220);
}

/* For each column the angle that it shows of the cylinder, in columns of the skin; -1 beside it. */
static void map_columns(int16_t *columns, uint32_t width, uint32_t radius, unsigned degrees)
{
	for (uint32_t x = 0; x < width; x++) {
		double from_axis = ((double)x - width / 2.0) / radius;

		columns[x] = fabs(from_axis) >= 1 ? -1 :
			     (int16_t)((unsigned)((asin(from_axis) + M_PI) / (2 * M_PI) * SKIN +
						  degrees * (SKIN / 360.0)) % SKIN);
	}
}

void scene_draw(struct scene *scene, struct frame *frame, enum scene_kind kind, unsigned index)
{
	uint32_t width = frame->info.width, height = frame->info.height;
	int16_t columns[FRAME_WIDTH_MAX];

	if (kind == SCENE_NOISE) {
		draw_noise(frame, index);
		return;
	}
	map_columns(columns, width, height * 2 / 5, kind == SCENE_TURNING ? index : 0);
	for (uint32_t y = 0; y < height; y++) {
		uint8_t *row = frame->plane[0] + (size_t)y * frame->info.stride[0];
		uint32_t seed = (index * 4099 + y) * 2654435761u + 1;
		uint32_t shift = next(&seed);
		bool beside = y < height / 8 || y > height * 7 / 8;

		for (uint32_t x = 0; x < width; x++) {
			int luma = beside || columns[x] < 0 ? (int)(90 + 60 * y / height) :
				   scene->skin[y * SKIN / height][columns[x]];

			row[x] = (uint8_t)(luma + scene->noise[(shift + x) % NOISE]);
		}
	}
	for (int i = 1; i < 3; i++)
		memset(frame->plane[i], 118 + 12 * i, (size_t)frame->info.stride[i] * (height / 2));
}
