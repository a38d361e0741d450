/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_encode.c - what the picture and encode steps cost for each 1080p frame, and how the result looks.
 *
 * CPU time of the whole process in ms per frame, beside the floor: one memcpy of the frame's bytes,
 * in the same run. PSNR is of luma, over what ffmpeg decodes; "worst" is the worst single picture.
 *
 * usage: bench-encode [FRAMES]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/encode/encoder.h"
#include "station/picture/convert.h"
#include "station/picture/preview_writer.h"
#include "station/picture/slate.h"
#include "station/picture/strip.h"
#include "tests/bench/scene.h"

#define WIDTH 1920
#define HEIGHT 1080
#define FPS 30
#define BITRATE_BPS 4000000
#define STEPS 300

struct bench {
	struct scene *scene;
	struct frame *frame, *other;
	struct strip *strip;
	struct slate *slate;
	struct preview_writer *preview;
	struct pose pose;
	double floor_ms;
};

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void die(const struct err *err)
{
	fprintf(stderr, "bench-encode: %s\n", err->text);
	exit(1);
}

/* --- picture steps ------------------------------------------------------------------------------ */

static void copy_frame(struct bench *bench, int i)
{
	size_t len_bytes = bench->frame->info.offset[2] +
			   (size_t)bench->frame->info.stride[2] * HEIGHT / 2;

	memcpy(bench->other->plane[0], bench->frame->plane[0], len_bytes);
	bench->frame->plane[0][i] = (uint8_t)i;	/* no two copies alike */
}

static void draw_strip(struct bench *bench, int i)
{
	bench->frame->info.captured_ns = bench->pose.sampled_ns + (uint64_t)i * NS_PER_S / FPS;
	bench->pose.reported_mdeg = i * 1000;
	strip_set_pose(bench->strip, &bench->pose);
	strip_draw(bench->strip, bench->frame);
}

static void draw_strip_anew(struct bench *bench, int i)
{
	strip_set_text(bench->strip, i % 2 ? "（2026）沪0101刑初123号" : "（2026）沪0101刑初124号",
		       i % 2 ? "WZ-1 水果刀" : "WZ-2 手机");
	draw_strip(bench, i);
}

static void draw_slate(struct bench *bench, int i)
{
	(void)i;
	slate_draw(bench->slate, bench->other, "The camera was unplugged", "摄像机已拔出");
}

static void write_preview(struct bench *bench, int i)
{
	(void)i;
	preview_writer_write(bench->preview, bench->frame);
}

static void measure(struct bench *bench, const char *name, void (*step)(struct bench *, int))
{
	double start_ms, ms;

	step(bench, 0);
	start_ms = cpu_ms();
	for (int i = 0; i < STEPS; i++)
		step(bench, i);
	ms = (cpu_ms() - start_ms) / STEPS;
	if (bench->floor_ms == 0)
		bench->floor_ms = ms;
	printf("%-34s %8.3f ms  %7.2f x floor\n", name, ms, ms / bench->floor_ms);
}

/* --- encoding ----------------------------------------------------------------------------------- */

struct result {
	double cpu_ms, wall_ms, psnr_db, worst_db;
	size_t bytes, idr_bytes, frame_bytes;	/* all; the largest IDR and other picture */
};

static void encode_all(struct bench *bench, const struct encoder_config *config, enum scene_kind kind,
		       unsigned frames, FILE *file, struct result *result)
{
	struct encoder *encoder = NULL;
	struct err err = { 0 };

	if (encoder_open(&encoder, NULL, config, &err) < 0)
		die(&err);
	for (unsigned i = 0; i < frames; i++) {
		struct access_unit *au = NULL;
		double start_ms;
		uint64_t start_ns;

		scene_draw(bench->scene, bench->frame, kind, i);
		draw_strip(bench, (int)i);
		start_ms = cpu_ms();
		start_ns = clock_mono_ns();
		if (encoder_encode(encoder, bench->frame, i % 60 == 59, &au, &err) < 0)
			die(&err);
		result->cpu_ms += (cpu_ms() - start_ms) / frames;
		result->wall_ms += (double)(clock_mono_ns() - start_ns) / 1e6 / frames;
		result->bytes += au->len_bytes;
		if (au->keyframe)
			result->idr_bytes = MAX(result->idr_bytes, au->len_bytes);
		else
			result->frame_bytes = MAX(result->frame_bytes, au->len_bytes);
		if (fwrite(au->bytes, 1, au->len_bytes, file) != au->len_bytes)
			perror("bench-encode: write");
		access_unit_unref(au);
	}
	encoder_free(encoder);
}

static double psnr_db(double square_error)
{
	return square_error > 0 ? 10 * log10(255.0 * 255.0 / square_error) : 99;
}

/* The strip's clock is not the same twice: compare what is above it. */
static double square_error(const struct frame *frame, const uint8_t *decoded)
{
	uint32_t rows = HEIGHT - strip_height(HEIGHT);
	uint64_t sum = 0;

	for (uint32_t y = 0; y < rows; y++)
		for (uint32_t x = 0; x < WIDTH; x++) {
			int difference = frame->plane[0][(size_t)y * frame->info.stride[0] + x] -
					 decoded[(size_t)y * WIDTH + x];

			sum += (uint64_t)(difference * difference);
		}
	return (double)sum / (rows * (double)WIDTH);
}

static void compare_all(struct bench *bench, enum scene_kind kind, unsigned frames, const char *path,
			struct result *result)
{
	static uint8_t decoded[WIDTH * HEIGHT * 3 / 2];
	double sum = 0, worst = 0;
	char command[200];
	FILE *pictures;

	snprintf(command, sizeof command,
		 "ffmpeg -v error -f h264 -i %s -f rawvideo -pix_fmt yuv420p -", path);
	pictures = popen(command, "r");
	for (unsigned i = 0; pictures && i < frames; i++) {
		double error;

		if (fread(decoded, 1, sizeof decoded, pictures) != sizeof decoded) {
			fprintf(stderr, "bench-encode: ffmpeg gave %u of %u pictures\n", i, frames);
			exit(1);
		}
		scene_draw(bench->scene, bench->frame, kind, i);
		error = square_error(bench->frame, decoded);
		sum += error;
		worst = MAX(worst, error);
	}
	if (!pictures || pclose(pictures) != 0)
		fprintf(stderr, "bench-encode: ffmpeg failed\n");
	result->psnr_db = psnr_db(sum / frames);
	result->worst_db = psnr_db(worst);
}

static void measure_encoder(struct bench *bench, const char *preset, uint32_t threads,
			    enum scene_kind kind, unsigned frames)
{
	struct encoder_config config = {
		.width = WIDTH, .height = HEIGHT, .fps = FPS, .bitrate_bps = BITRATE_BPS,
		.preset = preset, .threads = threads,
	};
	char path[] = "/tmp/bench-encode-XXXXXX";
	struct result result = { 0 };
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");

	if (!file) {
		perror("bench-encode: temporary file");
		exit(1);
	}
	encode_all(bench, &config, kind, frames, file, &result);
	fclose(file);
	compare_all(bench, kind, frames, path, &result);
	unlink(path);
	printf("%-10s %-8s %u  %6.2f ms cpu %6.2f ms wall %6.1f x floor  %5.2f dB worst %5.2f  %5.2f Mbit/s  "
	       "IDR <= %zu, P <= %zu bytes\n",
	       preset, kind == SCENE_STILL ? "still" : "turning", threads, result.cpu_ms, result.wall_ms,
	       result.cpu_ms / bench->floor_ms, result.psnr_db, result.worst_db,
	       (double)result.bytes * 8 * FPS / frames / 1e6, result.idr_bytes, result.frame_bytes);
	fflush(stdout);
}

static void set_up(struct bench *bench)
{
	struct err err = { 0 };

	bench->scene = scene_new();
	bench->frame = frame_new(WIDTH, HEIGHT);
	bench->other = frame_new(WIDTH, HEIGHT);
	bench->pose = (struct pose){
		.link = POSE_LINK_UP, .motion = POSE_MOTION_MOVING, .reference = POSE_REF_HOMED,
		.source = POSE_SRC_COUNTED, .sampled_ns = clock_mono_ns(),
	};
	if (strip_new(&bench->strip, WIDTH, HEIGHT, &err) < 0 ||
	    slate_new(&bench->slate, WIDTH, HEIGHT, &err) < 0 ||
	    preview_writer_new(&bench->preview, &err) < 0)
		die(&err);
	scene_draw(bench->scene, bench->frame, SCENE_TURNING, 0);
	convert_copy(bench->other, bench->frame);
}

int main(int argc, char **argv)
{
	static const char *const presets[] = { "ultrafast", "superfast", "veryfast" };
	unsigned frames = argc > 1 ? (unsigned)atoi(argv[1]) : 120;
	struct bench bench = { 0 };

	set_up(&bench);
	measure(&bench, "floor: memcpy of a frame", copy_frame);
	measure(&bench, "strip, clock and angle changing", draw_strip);
	measure(&bench, "strip, two texts laid out anew", draw_strip_anew);
	measure(&bench, "preview, 1080p to 640x360", write_preview);
	measure(&bench, "slate", draw_slate);
	printf("\npreset     scene    threads; %ux%u, %d frames/s, %d bit/s, %u pictures\n", WIDTH, HEIGHT,
	       FPS, BITRATE_BPS, frames);
	for (int kind = SCENE_STILL; kind <= SCENE_TURNING; kind++)
		for (size_t i = 0; i < ARRAY_LEN(presets); i++)
			for (uint32_t threads = 1; threads <= 2; threads++)
				measure_encoder(&bench, presets[i], threads, (enum scene_kind)kind, frames);
	strip_free(bench.strip);
	slate_free(bench.slate);
	preview_writer_free(bench.preview);
	scene_free(bench.scene);
	frame_unref(bench.frame);
	frame_unref(bench.other);
	return 0;
}
