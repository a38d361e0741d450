/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recorder that is to be ended in the middle, and a look at what is left.
 *
 *	recording-writer write FOLDER SECONDS	0: for ever; says what is kept for good
 *	recording-writer check FOLDER ACKS	closes what is open and looks whether all that was said is there
 *
 * A file each two seconds, whose last picture may be of any of the lines
 *
 *	kept NUMBER FRAMES	so many pictures of the file are on the disk
 *	ended NUMBER FRAMES BYTES SHA256
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/encode/encoder.h"
#include "station/evidence/recorder.h"
#include "tests/bench/scene.h"

#define WIDTH 320
#define HEIGHT 180
#define FPS 30
#define LOOP_FRAMES 30		/* encoded once, a keyframe and 29 others */

static void die(const char *what)
{
	printf("%s\n", what);
	exit(1);
}

static void say(const char *line)
{
	size_t len = strlen(line);

	if (write(STDOUT_FILENO, line, len) != (ssize_t)len)
		exit(1);
}

/* --- write --------------------------------------------------------------------------------------- */

static void on_event(void *owner, const struct recorder_event *event)
{
	char line[256], hex[65];

	(void)owner;
	if (event->kind == RECORDER_FAILED || event->kind == RECORDER_GAP)
		die(event->reason);
	if (event->kind != RECORDER_ENDED)
		return;
	util_hex(hex, event->sha256, 32);
	snprintf(line, sizeof line, "ended %u %llu %llu %s\n", event->number, (unsigned long long)event->frames,
		 (unsigned long long)event->bytes, hex);
	say(line);
}

static void on_keyframe(void *owner)
{
	(void)owner;
}

static void say_kept(struct recorder *recorder)
{
	static uint32_t number;
	static uint64_t frames;
	struct recorder_stats stats;
	char line[64];

	recorder_stats(recorder, &stats);
	if (!stats.frames || (stats.number == number && stats.frames == frames))
		return;
	number = stats.number;
	frames = stats.frames;
	snprintf(line, sizeof line, "kept %u %llu\n", number, (unsigned long long)frames);
	say(line);
}

static void encode_loop(struct access_unit *loop[LOOP_FRAMES])
{
	const struct encoder_config config = { .width = WIDTH, .height = HEIGHT, .fps = FPS, .bitrate_bps = 500000,
					       .threads = 1 };
	struct scene *scene = scene_new();
	struct frame *frame = frame_new(WIDTH, HEIGHT);
	struct encoder *encoder;

	if (!scene || !frame || encoder_open(&encoder, NULL, &config, NULL) < 0)
		die("no encoder");
	for (unsigned i = 0; i < LOOP_FRAMES; i++) {
		scene_draw(scene, frame, SCENE_TURNING, i);
		frame->info.captured_ns = (i + 1) * NS_PER_S / FPS;
		if (encoder_encode(encoder, frame, i == 0, &loop[i], NULL) < 0)
			die("a picture could not be encoded");
	}
	encoder_free(encoder);
	frame_unref(frame);
	scene_free(scene);
}

static void give(struct recorder *recorder, const struct access_unit *picture, uint64_t captured_ns)
{
	struct access_unit *au = access_unit_new(picture->len_bytes);

	if (!au)
		die("out of memory");
	memcpy(au->bytes, picture->bytes, picture->len_bytes);
	au->keyframe = picture->keyframe;
	au->width = picture->width;
	au->height = picture->height;
	au->captured_ns = captured_ns;
	recorder_give(recorder, au);
	access_unit_unref(au);
}

static int write_files(const char *folder, unsigned seconds)
{
	const struct recorder_config config = {
		.folder = folder, .station = "crash", .rate_bps = 500000, .file_max_ns = 6 * NS_PER_S,
		.event = on_event, .request_keyframe = on_keyframe,
	};
	struct access_unit *loop[LOOP_FRAMES];
	struct pose pose = { .link = POSE_LINK_UP, .motion = POSE_MOTION_MOVING };
	struct recorder *recorder;
	struct err err;

	encode_loop(loop);
	if (recorder_start(&recorder, &config, &err) < 0)
		die(err.text);
	recorder_begin(recorder, 1);
	for (unsigned i = 0; !seconds || i < seconds * FPS; i++) {
		pose.reported_mdeg += 100;
		pose.sampled_ns = clock_mono_ns();
		recorder_pose(recorder, &pose);
		give(recorder, loop[i % LOOP_FRAMES], clock_mono_ns());
		say_kept(recorder);
		usleep(1000000 / FPS);
	}
	recorder_end(recorder, "the end");
	recorder_stop(recorder);
	for (unsigned i = 0; i < LOOP_FRAMES; i++)
		access_unit_unref(loop[i]);
	return 0;
}

/* --- check --------------------------------------------------------------------------------------- */

static void check_line(const char *folder, const char *line)
{
	unsigned long long frames, bytes = 0;
	char sha256[65] = "", hex[65], path[PATH_MAX], text[PATH_MAX + 300];
	struct recorder_recovery found;
	struct err err = { 0 };
	bool ended = strncmp(line, "ended ", 6) == 0;
	unsigned number;

	if (sscanf(line, ended ? "ended %u %llu %llu %64s" : "kept %u %llu", &number, &frames, &bytes, sha256) <
	    (ended ? 4 : 2))
		return;
	snprintf(path, sizeof path, "%s/media/1/recording-%03u.mp4", folder, number);
	if (recorder_recover(path, &found, &err) < 0)
		snprintf(text, sizeof text, "%s: %s", line, err.text);
	else if (found.frames < frames)
		snprintf(text, sizeof text, "%s: %s has %llu", line, path, (unsigned long long)found.frames);
	else if (ended && (!found.whole || found.bytes_before != bytes ||
			   (util_hex(hex, found.sha256, 32), strcmp(hex, sha256) != 0)))
		snprintf(text, sizeof text, "%s: %s is not what was said", line, path);
	else
		return;
	die(text);
}

/* Whatever was made must be readable when it was closed, said or not, unless not even its head came to the disk. */
static void check_others(const char *folder)
{
	struct recorder_recovery found;
	char pattern[PATH_MAX], text[PATH_MAX + 300];
	struct err err;
	glob_t files;

	snprintf(pattern, sizeof pattern, "%s/media/1/*.mp4", folder);
	if (glob(pattern, 0, NULL, &files) != 0)
		return;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		int rc = recorder_recover(files.gl_pathv[i], &found, &err);

		if (rc == 0)
			rc = recorder_recover(files.gl_pathv[i], &found, &err) == 0 && found.whole ? 0 : ERR_STATE;
		if (rc < 0 && rc != ERR_TAMPER) {
			snprintf(text, sizeof text, "%s cannot be closed", files.gl_pathv[i]);
			die(text);
		}
	}
	globfree(&files);
}

static int check_files(const char *folder, const char *acks)
{
	FILE *file = fopen(acks, "re");
	char line[256];

	while (file && fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = '\0';
		check_line(folder, line);
	}
	check_others(folder);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "write") == 0)
		return write_files(argv[2], (unsigned)atoi(argv[3]));
	if (argc == 4 && strcmp(argv[1], "check") == 0)
		return check_files(argv[2], argv[3]);
	return 2;
}
