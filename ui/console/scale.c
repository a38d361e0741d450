/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/scale.h"

#include "station/base/util.h"

/* The mean of the plane's samples from column x0 up to x1 and row y0 up to y1. */
static int mean(const uint8_t *plane, int stride, int x0, int x1, int y0, int y1)
{
	uint32_t sum = 0;

	for (int y = y0; y < y1; y++)
		for (int x = x0; x < x1; x++)
			sum += plane[y * stride + x];
	return (int)(sum / (uint32_t)((x1 - x0) * (y1 - y0)));
}

static uint8_t to_byte(int value)
{
	return (uint8_t)CLAMP(value, 0, 255);
}

/* ITU-R BT.709 3.2 with limited range, in 1/256. */
static struct rgb rgb_of(int luma, int blue_difference, int red_difference)
{
	int y = (luma - 16) * 298 + 128, u = blue_difference - 128, v = red_difference - 128;

	return (struct rgb){
		.red = to_byte((y + 459 * v) >> 8),
		.green = to_byte((y - 55 * u - 136 * v) >> 8),
		.blue = to_byte((y + 541 * u) >> 8),
	};
}

void scale_i420(struct rgb *out, int out_width, int out_height, const uint8_t *planes, int width,
		int height)
{
	int half_width = width / 2, half_height = height / 2;
	const uint8_t *plane_u = planes + width * height;
	const uint8_t *plane_v = plane_u + half_width * half_height;

	for (int y = 0; y < out_height; y++) {
		int y0 = y * height / out_height, y1 = MAX((y + 1) * height / out_height, y0 + 1);
		int cy0 = MIN(y0 / 2, half_height - 1), cy1 = MAX(y1 / 2, cy0 + 1);

		for (int x = 0; x < out_width; x++) {
			int x0 = x * width / out_width,
			    x1 = MAX((x + 1) * width / out_width, x0 + 1);
			int cx0 = MIN(x0 / 2, half_width - 1), cx1 = MAX(x1 / 2, cx0 + 1);

			*out++ = rgb_of(mean(planes, width, x0, x1, y0, y1),
					mean(plane_u, half_width, cx0, cx1, cy0, cy1),
					mean(plane_v, half_width, cx0, cx1, cy0, cy1));
		}
	}
}

void scale_fit(int *out_width, int *out_height, int room_width, int room_height, int width,
	       int height)
{
	*out_width = room_width;
	*out_height = room_width * height / width;
	if (*out_height > room_height) {
		*out_height = room_height;
		*out_width = room_height * width / height;
	}
	*out_width = MAX(*out_width, 1);
	*out_height = MAX(*out_height, 1);
}
