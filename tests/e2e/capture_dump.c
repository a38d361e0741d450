/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture-dump - the capture process by itself: prints a line of JSON for each frame.
 *
 *	capture-dump --driver sim --size 1920x1080 --fps 30 [--device PATH] [--world PATH]
 *		[--identity TEXT] [--loop] [--sandbox] [--frames N] [--yuv FILE] [--wait MS]
 *
 * Ends after N frames with 0, or with 1 when none came for MS milliseconds (10000). Then, on standard
 * error, what camera.status said.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "station/base/clock.h"
#include "station/camera/cam_sim.h"
#include "tests/camera/harness.h"

static struct {
	struct capture_options capture;
	int frames, wait_ms;
	FILE *yuv;
} options = {
	.capture.camera = { .driver = "sim", .width = 1920, .height = 1080, .fps = 30 },
	.frames = 30, .wait_ms = 10000,
};

static void read_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "driver", 1, NULL, 'd' }, { "device", 1, NULL, 'p' }, { "world", 1, NULL, 'w' },
		{ "identity", 1, NULL, 'i' }, { "size", 1, NULL, 's' }, { "fps", 1, NULL, 'f' },
		{ "loop", 0, NULL, 'l' }, { "sandbox", 0, NULL, 'x' }, { "frames", 1, NULL, 'n' },
		{ "yuv", 1, NULL, 'y' }, { "wait", 1, NULL, 't' }, { NULL, 0, NULL, 0 },
	};
	struct camera_options *camera = &options.capture.camera;
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (option) {
		case 'd': camera->driver = optarg; break;
		case 'p': camera->device = optarg; break;
		case 'w': camera->world = optarg; break;
		case 'i': camera->identity = optarg; break;
		case 's':
			if (sscanf(optarg, "%ux%u", &camera->width, &camera->height) != 2)
				exit(2);
			break;
		case 'f': camera->fps = (uint32_t)atoi(optarg); break;
		case 'l': camera->loop = true; break;
		case 'x': options.capture.sandbox = true; break;
		case 'n': options.frames = atoi(optarg); break;
		case 't': options.wait_ms = atoi(optarg); break;
		case 'y': options.yuv = fopen(optarg, "wbe"); break;
		default: exit(2);
		}
	}
}

static void print(const struct frame *frame)
{
	int64_t utc_us = 0;
	bool timed = sim_read_time(frame, &utc_us);

	printf("{\"sequence\": %llu, \"width\": %u, \"height\": %u, \"synthetic\": %d, "
	       "\"age_us\": %lld, \"picture_utc_us\": %lld, \"face\": %d}\n",
	       (unsigned long long)frame->info.sequence, frame->info.width, frame->info.height,
	       (frame->info.flags & FRAME_SYNTHETIC) != 0,
	       (long long)(clock_mono_ns() - frame->info.captured_ns) / 1000,
	       timed ? (long long)utc_us : -1, sim_read_face(frame));
	fflush(stdout);
}

static void dump(const struct frame *frame)
{
	for (int plane = 0; plane < 3; plane++) {
		uint32_t half = plane ? 2 : 1;

		for (uint32_t y = 0; y < frame->info.height / half; y++)
			fwrite(frame->plane[plane] + (size_t)y * frame->info.stride[plane], 1,
			       frame->info.width / half, options.yuv);
	}
}

int main(int argc, char **argv)
{
	static struct harness harness;
	json_t *status;
	int left;

	read_options(argc, argv);
	harness_start(&harness, &options.capture);
	for (left = options.frames; left > 0; left--) {
		struct frame *frame = harness_frame(&harness, HARNESS_ANY, options.wait_ms);

		if (!frame)
			break;
		print(frame);
		if (options.yuv)
			dump(frame);
		frame_unref(frame);
	}
	status = harness_call(&harness, "camera.status", NULL, false);
	json_dumpf(status, stderr, 0);
	fputc('\n', stderr);
	json_decref(status);
	if (options.yuv)
		fclose(options.yuv);
	return harness_stop(&harness) != 0 || left > 0;
}
