/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "station/camera/cam_sim.h"

#define BLACK 16
#define WHITE 235

int sim_face(int64_t angle_mdeg)
{
	int64_t turned = angle_mdeg % 360000;

	if (turned < 0)
		turned += 360000;
	return (int)((turned + 22500) / 45000 % SIM_FACES);
}

/* The mean of the middle half of a box, away from the coder's blurred edges. Nominal pixels. */
static int mean(const struct frame *frame, int plane, uint32_t left, uint32_t width, uint32_t height)
{
	uint32_t half = plane ? 2 : 1, sum = 0, count = 0;
	uint32_t x0 = (left + width / 4) * frame->info.width / SIM_WIDTH / half;
	uint32_t x1 = (left + width * 3 / 4) * frame->info.width / SIM_WIDTH / half;
	uint32_t y0 = height / 4 * frame->info.height / SIM_HEIGHT / half;
	uint32_t y1 = height * 3 / 4 * frame->info.height / SIM_HEIGHT / half;

	for (uint32_t y = y0; y < y1 || y == y0; y++)
		for (uint32_t x = x0; x < x1 || x == x0; x++, count++)
			sum += frame->plane[plane][(size_t)y * frame->info.stride[plane] + x];
	return (int)(sum / count);
}

static int read_bit(const struct frame *frame, uint32_t left, uint32_t side)
{
	int luma = mean(frame, 0, left, side, side);

	if (luma < BLACK + 70)
		return 0;
	return luma > WHITE - 70 ? 1 : -1;
}

bool sim_read_time(const struct frame *frame, int64_t *utc_us)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < SIM_TIME_BITS; i++) {
		int bit = read_bit(frame, i * SIM_TIME_BLOCK, SIM_TIME_BLOCK);

		if (bit < 0)
			return false;
		value = value << 1 | (uint64_t)bit;
	}
	*utc_us = (int64_t)value;
	return true;
}

int sim_read_face(const struct frame *frame)
{
	int face = 0;

	for (uint32_t i = 0; i < SIM_FACE_BITS; i++) {
		int bit = read_bit(frame, SIM_FACE_X + i * SIM_FACE_BLOCK, SIM_FACE_BLOCK);

		if (bit < 0)
			return -1;
		face = face << 1 | bit;
	}
	return face;
}

/* BT.709, limited range: 2 Cb and 2 Cr of a colour, good enough to tell eight apart. */
static void chroma_of(uint32_t rgb, int *cb, int *cr)
{
	int r = (int)(rgb >> 16 & 255), g = (int)(rgb >> 8 & 255), b = (int)(rgb & 255);

	*cb = 128 + (112 * b - 86 * g - 26 * r) / 255;
	*cr = 128 + (112 * r - 102 * g - 10 * b) / 255;
}

int sim_read_patch(const struct frame *frame)
{
	static const uint32_t colours[SIM_FACES] = SIM_FACE_COLOURS;
	int have_cb = mean(frame, 1, SIM_PATCH_X, SIM_WIDTH - SIM_PATCH_X, SIM_FACE_BLOCK);
	int have_cr = mean(frame, 2, SIM_PATCH_X, SIM_WIDTH - SIM_PATCH_X, SIM_FACE_BLOCK);
	int best = 0, best_distance = 1000;

	for (int i = 0; i < SIM_FACES; i++) {
		int cb, cr, distance;

		chroma_of(colours[i], &cb, &cr);
		distance = abs(cb - have_cb) + abs(cr - have_cr);
		if (distance < best_distance) {
			best_distance = distance;
			best = i;
		}
	}
	return best;
}
