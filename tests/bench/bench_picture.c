/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each step from the camera to a frame costs, in milliseconds for a 1920 x 1080 picture and as a
 * multiple of the floor: copying such a frame once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "station/base/clock.h"
#include "station/camera/jpeg_check.h"
#include "station/camera/sim_scene.h"
#include "station/picture/convert.h"

#define WIDTH 1920
#define HEIGHT 1080
#define ROUNDS 40

static struct {
	struct converter *converter;
	struct sim_scene *scene;
	struct frame *from, *to, *half;
	uint8_t *jpeg, *yuyv;
	unsigned long jpeg_len;
	int64_t angle_mdeg;
} bench;

static void copy(void)
{
	convert_copy(bench.to, bench.from);
}

static void decode(void)
{
	struct jpeg_info info;

	if (jpeg_check(&info, bench.jpeg, bench.jpeg_len) != JPEG_WHOLE ||
	    convert_jpeg(bench.converter, bench.to, bench.jpeg, bench.jpeg_len, NULL) < 0)
		abort();
}

static void from_yuyv(void)
{
	convert_yuyv(bench.to, bench.yuyv, WIDTH * HEIGHT * 2, WIDTH * 2, COLOUR_STATION, NULL);
}

static void from_yuyv_601(void)
{
	convert_yuyv(bench.to, bench.yuyv, WIDTH * HEIGHT * 2, WIDTH * 2, (struct colour){ 0 }, NULL);
}

static void scale_half(void)
{
	convert_scale(bench.half, bench.from);
}

static void simulate(void)
{
	bench.angle_mdeg += 3000;
	sim_scene_draw(bench.scene, bench.to, bench.angle_mdeg, clock_utc_us(), false);
}

/* The best of three runs: other programs share the machine. */
static double measure(const char *what, void (*step)(void), double floor_ms)
{
	double best_ms = 1e9;

	for (int run = 0; run < 3; run++) {
		uint64_t start_ns = clock_mono_ns();
		double ms;

		for (int i = 0; i < ROUNDS; i++)
			step();
		ms = (double)(clock_mono_ns() - start_ns) / 1e6 / ROUNDS;
		best_ms = MIN(best_ms, ms);
	}
	printf("%-44s %8.3f ms  %6.1f x copy\n", what, best_ms, floor_ms > 0 ? best_ms / floor_ms : 1);
	return best_ms;
}

/* 4:2:2: each row of chroma twice. The planes are the caller's to free. */
static void widen_chroma(uint8_t *wide[2], const struct frame *from)
{
	for (int i = 0; i < 2; i++) {
		wide[i] = malloc(WIDTH / 2 * HEIGHT);
		for (uint32_t y = 0; y < HEIGHT; y++)
			memcpy(wide[i] + y * (WIDTH / 2),
			       from->plane[i + 1] + (size_t)(y / 2) * from->info.stride[i + 1], WIDTH / 2);
	}
}

static void make_jpeg(int quality, int sampling)
{
	const uint8_t *planes[3] = { bench.from->plane[0], bench.from->plane[1], bench.from->plane[2] };
	int strides[3] = { (int)bench.from->info.stride[0], (int)bench.from->info.stride[1],
			   (int)bench.from->info.stride[2] };
	uint8_t *wide[2] = { NULL, NULL };
	tjhandle encoder = tjInitCompress();

	if (sampling == TJSAMP_422) {
		widen_chroma(wide, bench.from);
		planes[1] = wide[0];
		planes[2] = wide[1];
		strides[1] = strides[2] = WIDTH / 2;
	}
	tjFree(bench.jpeg);
	bench.jpeg = NULL;
	if (tjCompressFromYUVPlanes(encoder, planes, WIDTH, strides, HEIGHT, sampling, &bench.jpeg,
				    &bench.jpeg_len, quality, 0) < 0)
		abort();
	tjDestroy(encoder);
	free(wide[0]);
	free(wide[1]);
}

/* The scene, with noise on which a JPEG must spend bits as on a camera's picture. */
static void prepare(void)
{
	uint32_t seed = 1;

	bench.from = frame_new(WIDTH, HEIGHT);
	bench.to = frame_new(WIDTH, HEIGHT);
	bench.half = frame_new(WIDTH / 2, HEIGHT / 2);
	bench.yuyv = malloc(WIDTH * HEIGHT * 2);
	if (!bench.from || !bench.to || !bench.half || !bench.yuyv ||
	    converter_new(&bench.converter, NULL) < 0 ||
	    sim_scene_new(&bench.scene, WIDTH, HEIGHT, NULL) < 0)
		abort();
	sim_scene_draw(bench.scene, bench.from, 30000, clock_utc_us(), false);
	for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++) {
		seed = seed * 1664525 + 1013904223;
		bench.from->plane[0][i] = (uint8_t)CLAMP(bench.from->plane[0][i] + (int)(seed >> 29) - 4,
							 16, 235);
	}
	for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * 2; i++)
		bench.yuyv[i] = bench.from->plane[0][i / 2];
}

int main(void)
{
	static const struct {
		const char *what;
		int quality, sampling;
	} jpegs[] = {
		{ "MJPEG 4:2:0 q80 to I420", 80, TJSAMP_420 },
		{ "MJPEG 4:2:0 q92 to I420", 92, TJSAMP_420 },
		{ "MJPEG 4:2:2 q80 to I420", 80, TJSAMP_422 },
		{ "MJPEG 4:2:2 q92 to I420", 92, TJSAMP_422 },
	};
	double floor_ms;

	prepare();
	floor_ms = measure("copy of a frame (floor)", copy, 0);
	for (size_t i = 0; i < ARRAY_LEN(jpegs); i++) {
		char what[80];

		make_jpeg(jpegs[i].quality, jpegs[i].sampling);
		snprintf(what, sizeof what, "%s (%lu KiB)", jpegs[i].what, bench.jpeg_len / 1024);
		measure(what, decode, floor_ms);
	}
	measure("YUYV to I420", from_yuyv, floor_ms);
	measure("YUYV to I420, BT.601 to BT.709", from_yuyv_601, floor_ms);
	measure("scale to 960 x 540 (box)", scale_half, floor_ms);
	measure("simulated camera", simulate, floor_ms);
	return 0;
}
