/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/palette.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct rgb ansi[16] = {	/* xterm's defaults */
	{ 0, 0, 0 },	   { 205, 0, 0 },   { 0, 205, 0 },   { 205, 205, 0 },
	{ 0, 0, 238 },	   { 205, 0, 205 }, { 0, 205, 205 }, { 229, 229, 229 },
	{ 127, 127, 127 }, { 255, 0, 0 },   { 0, 255, 0 },   { 255, 255, 0 },
	{ 92, 92, 255 },   { 255, 0, 255 }, { 0, 255, 255 }, { 255, 255, 255 },
};

static const uint8_t cube_step[6] = { 0, 95, 135, 175, 215, 255 };

static int distance(struct rgb a, struct rgb b)
{
	int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;

	/* the eye's weights, roughly */
	return 3 * red * red + 6 * green * green + 2 * blue * blue;
}

static int nearest_ansi(struct rgb colour, int count)
{
	int best = 0;

	for (int i = 1; i < count; i++)
		if (distance(colour, ansi[i]) < distance(colour, ansi[best]))
			best = i;
	return best;
}

static int nearest_step(int value)
{
	int best = 0;

	for (int i = 1; i < 6; i++)
		if (abs(value - cube_step[i]) < abs(value - cube_step[best]))
			best = i;
	return best;
}

/* The nearest of the 6x6x6 cube and of the 24 greys; 0 to 15 are the user's to change. */
static int nearest_256(struct rgb colour)
{
	int cube = 16 + 36 * nearest_step(colour.red) + 6 * nearest_step(colour.green) +
		   nearest_step(colour.blue);
	int mean = (colour.red + colour.green + colour.blue) / 3;
	int grey = 232 + CLAMP((mean - 3) / 10, 0, 23);

	if (distance(colour, palette_colour(PALETTE_256, grey)) <
	    distance(colour, palette_colour(PALETTE_256, cube)))
		return grey;
	return cube;
}

/* Five bits for red and blue, six for green. 0 to 7 would mean the ANSI colours: black is lifted. */
static int direct_number(struct rgb colour)
{
	int number = (colour.red & 0xf8) << 16 | (colour.green & 0xfc) << 8 | (colour.blue & 0xf8);

	return number < 8 ? 8 : number;
}

/* Ordered dither (Bayer 4x4): -8 to 7 sixteenths of a step. */
static int dither_offset(int x, int y, int step)
{
	static const int8_t bayer[4][4] = {
		{ -8, 0, -6, 2 }, { 4, -4, 6, -2 }, { -5, 3, -7, 1 }, { 7, -1, 5, -3 }
	};

	return bayer[y & 3][x & 3] * step / 16;
}

/* Less towards black and white, which every terminal has: they stay as they are. */
static struct rgb dithered(struct rgb colour, int x, int y, int step)
{
	int luma = (54 * colour.red + 183 * colour.green + 19 * colour.blue) >> 8;
	int offset = dither_offset(x, y, step * MIN(luma, 255 - luma) / 128);

	return (struct rgb){
		.red = (uint8_t)CLAMP(colour.red + offset, 0, 255),
		.green = (uint8_t)CLAMP(colour.green + offset, 0, 255),
		.blue = (uint8_t)CLAMP(colour.blue + offset, 0, 255),
	};
}

int palette_number(enum palette_mode mode, struct rgb colour, int x, int y)
{
	int luma = (54 * colour.red + 183 * colour.green + 19 * colour.blue) >> 8;

	switch (mode) {
	case PALETTE_DIRECT:
		return direct_number(colour);
	case PALETTE_256:
		return nearest_256(colour);
	case PALETTE_16:
		return nearest_ansi(dithered(colour, x, y, 96), 16);
	case PALETTE_8:
		return nearest_ansi(dithered(colour, x, y, 160), 8);
	default:
		return luma + dither_offset(x, y, 200) >= 128;
	}
}

struct rgb palette_colour(enum palette_mode mode, int number)
{
	if (mode == PALETTE_MONO)
		return number ? ansi[15] : ansi[0];
	if (mode == PALETTE_DIRECT && number >= 8)
		return (struct rgb){ (uint8_t)(number >> 16), (uint8_t)(number >> 8),
				     (uint8_t)number };
	if (number < 16)
		return ansi[number];
	if (number >= 232) {
		uint8_t grey = (uint8_t)(8 + (number - 232) * 10);

		return (struct rgb){ grey, grey, grey };
	}
	number -= 16;
	return (struct rgb){ cube_step[number / 36], cube_step[number / 6 % 6],
			     cube_step[number % 6] };
}

/* --- pairs ------------------------------------------------------------------------------------ */

struct slot {
	int front, back, pair;	/* pair 0: empty */
};

struct palette_pairs {
	int first, count, used;
	int (*define)(int pair, int front, int back);
	size_t slot_count;	/* a power of two above twice count */
	struct slot slots[];
};

int palette_pairs_new(struct palette_pairs **out, int first, int count,
		      int (*define)(int pair, int front, int back), struct err *err)
{
	struct palette_pairs *pairs;
	size_t slots = 16;

	while (slots < 2 * (size_t)count)
		slots *= 2;
	pairs = calloc(1, sizeof *pairs + slots * sizeof pairs->slots[0]);
	if (!pairs)
		return err_set(err, ERR_NOMEM, "colour pairs: out of memory");
	*pairs = (struct palette_pairs){ .first = first, .count = count, .define = define,
					 .slot_count = slots };
	*out = pairs;
	return 0;
}

struct palette_pairs *palette_pairs_free(struct palette_pairs *pairs)
{
	free(pairs);
	return NULL;
}

static struct slot *find_slot(struct palette_pairs *pairs, int front, int back)
{
	uint64_t hash =
		((uint64_t)(uint32_t)front << 32 | (uint32_t)back) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(hash >> 32) & (pairs->slot_count - 1);

	while (pairs->slots[at].pair != 0 &&
	       (pairs->slots[at].front != front || pairs->slots[at].back != back))
		at = (at + 1) & (pairs->slot_count - 1);
	return &pairs->slots[at];
}

int palette_pair(struct palette_pairs *pairs, int front, int back)
{
	struct slot *slot = find_slot(pairs, front, back);
	int pair;

	if (slot->pair != 0)
		return slot->pair;
	if (pairs->used == pairs->count)
		return 0;
	pair = pairs->first + pairs->used;
	if (pairs->define(pair, front, back) < 0)
		return 0;
	pairs->used++;
	*slot = (struct slot){ front, back, pair };
	return pair;
}

void palette_pairs_make_room(struct palette_pairs *pairs, int wanted)
{
	if (pairs->count - pairs->used >= wanted)
		return;
	memset(pairs->slots, 0, pairs->slot_count * sizeof pairs->slots[0]);
	pairs->used = 0;
}
