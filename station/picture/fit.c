/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/picture/fit.h"

#include <string.h>

#include "station/base/util.h"
#include "station/picture/convert.h"

/* The part of @to that has the shape of @from, as a frame of its own that lies inside. */
static struct frame middle(const struct frame *to, const struct frame *from)
{
	uint32_t width = to->info.width, height = to->info.height, left, top;
	struct frame part = { 0 };

	if (from->info.width * height > from->info.height * width)
		height = MAX(width * from->info.height / from->info.width / 2 * 2, 2);
	else
		width = MAX(height * from->info.width / from->info.height / 2 * 2, 2);
	left = (to->info.width - width) / 4 * 2;
	top = (to->info.height - height) / 4 * 2;
	part.info = to->info;
	part.info.width = width;
	part.info.height = height;
	for (int i = 0; i < 3; i++)
		part.plane[i] = to->plane[i] + (size_t)(top >> !!i) * to->info.stride[i] + (left >> !!i);
	return part;
}

static void blacken(struct frame *to)
{
	for (uint32_t y = 0; y < to->info.height; y++)
		memset(to->plane[0] + (size_t)y * to->info.stride[0], 16, to->info.width);
	for (int i = 1; i < 3; i++)
		for (uint32_t y = 0; y < to->info.height / 2; y++)
			memset(to->plane[i] + (size_t)y * to->info.stride[i], 128, to->info.width / 2);
}

void fit_scale(struct frame *to, const struct frame *from)
{
	struct frame part = middle(to, from);

	if (part.info.width != to->info.width || part.info.height != to->info.height)
		blacken(to);
	convert_scale(&part, from);
}
