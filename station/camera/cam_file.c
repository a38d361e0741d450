/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pictures from a file or a pipe.
 *
 *	pipe		live: each picture when it comes, the newest of those that are there
 *	file, looped	one picture at each tick of a timer, again from the start at the end
 *	file, not	the same, but at the end it waits for more to be written
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/camera/camera.h"
#include "station/camera/stream.h"

#define CHUNK_BYTES ((size_t)256 << 10)
#define CHUNKS_A_READ 64	/* a program that writes faster than we show must not hold us here */

struct file {
	char path[256];
	int fd, timer_fd;	/* timer_fd -1: a pipe */
	bool loop;
	struct stream *stream;
	struct camera_info info;
	uint64_t sequence, pass_bytes, pass_pictures, rejected_seen;
	struct camera_counts *counts;
};

static void file_close(void *self)
{
	struct file *file = self;

	stream_free(file->stream);
	util_closep(&file->timer_fd);
	util_closep(&file->fd);
	free(file);
}

static void file_closep(struct file **file)
{
	if (*file)
		file_close(*file);
}

static int start_timer(struct file *file, uint32_t fps, struct err *err)
{
	uint64_t period_ns = NS_PER_S / fps;
	struct timespec period = { .tv_sec = (time_t)(period_ns / NS_PER_S),
				   .tv_nsec = (long)(period_ns % NS_PER_S) };
	struct itimerspec every = { .it_interval = period, .it_value = period };

	file->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (file->timer_fd < 0 || timerfd_settime(file->timer_fd, 0, &every, NULL) < 0)
		return err_os(err, "camera file %s: timer", file->path);
	return 0;
}

static int open_path(struct file *file, uint32_t fps, struct err *err)
{
	struct stat stat;

	file->fd = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (file->fd < 0 && errno == ENOENT)
		return err_set(err, ERR_GONE, "camera file %s: it is not there", file->path);
	if (file->fd < 0 || fstat(file->fd, &stat) < 0)
		return err_os(err, "camera file %s: open", file->path);
	if (S_ISREG(stat.st_mode))
		return start_timer(file, fps, err);
	if (!S_ISFIFO(stat.st_mode) && !S_ISSOCK(stat.st_mode) && !S_ISCHR(stat.st_mode))
		return err_set(err, ERR_UNSUPPORTED, "camera file %s: not a file or a pipe", file->path);
	return 0;
}

static int file_open(void **out, const struct camera_options *options, struct err *err)
{
	CLEANUP(file_closep) struct file *file = calloc(1, sizeof *file);
	int rc;

	if (!file)
		return err_set(err, ERR_NOMEM, "camera file: out of memory");
	file->fd = file->timer_fd = -1;
	file->loop = options->loop;
	file->counts = options->counts;
	snprintf(file->path, sizeof file->path, "%s", options->device ? options->device : "");
	snprintf(file->info.device, sizeof file->info.device, "%s", file->path);
	file->info.fps = options->fps;
	rc = stream_new(&file->stream, err);
	if (rc == 0)
		rc = open_path(file, options->fps, err);
	if (rc < 0)
		return rc;
	*out = MOVE(file);
	return 0;
}

static int file_fd(void *self)
{
	const struct file *file = self;

	return file->timer_fd >= 0 ? file->timer_fd : file->fd;
}

static void file_info(void *self, struct camera_info *info)
{
	const struct file *file = self;

	*info = file->info;
}

/* Bytes read; 0 at the end; ERR_AGAIN when a pipe has none now. */
static int read_chunk(struct file *file, struct err *err)
{
	uint8_t *space = stream_space(file->stream, CHUNK_BYTES);
	ssize_t len;

	if (!space)
		return err_set(err, ERR_NOMEM, "camera file %s: out of memory", file->path);
	len = read(file->fd, space, CHUNK_BYTES);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return err_set(err, ERR_AGAIN, "camera file %s: nothing now", file->path);
	if (len < 0)
		return err_os(err, "camera file %s: read", file->path);
	stream_add(file->stream, (size_t)len);
	file->pass_bytes += (uint64_t)len;
	return (int)len;
}

static int next_picture(struct file *file, struct camera_shot *shot, struct err *err)
{
	int rc = stream_next(file->stream, shot, err);
	uint64_t rejected = stream_rejected(file->stream);

	file->counts->rejected += rejected - file->rejected_seen;
	file->rejected_seen = rejected;
	if (rc < 0)
		return err_prefix(err, "camera file %s", file->path);
	if (rc == 1)
		file->pass_pictures++;
	return rc;
}

/* Whether what came so far can never become a picture, at an end that may or may not be the last. */
static bool is_foreign(const struct file *file)
{
	return file->pass_bytes >= 16 && strcmp(stream_format(file->stream), "unknown") == 0;
}

/* From the start again; a pass without a picture is not repeated: it would keep the processor busy. */
static int rewind_file(struct file *file, struct err *err)
{
	int rc = stream_end(file->stream, err);

	if (rc < 0)
		return err_prefix(err, "camera file %s", file->path);
	if (!file->pass_pictures)
		return err_set(err, ERR_PROTO, "camera file %s: there is no whole picture in it",
			       file->path);
	file->pass_pictures = file->pass_bytes = 0;
	if (lseek(file->fd, 0, SEEK_SET) < 0)
		return err_os(err, "camera file %s: seek", file->path);
	return 0;
}

static int next_of_file(struct file *file, struct camera_shot *shot, struct err *err)
{
	int rc = next_picture(file, shot, err);

	while (rc == 0) {
		int len = read_chunk(file, err);

		if (len < 0)
			return len;
		if (len == 0 && !file->loop && !is_foreign(file))
			return 0;
		if (len == 0)
			rc = rewind_file(file, err);
		if (rc == 0)
			rc = next_picture(file, shot, err);
	}
	return rc;
}

/* Nothing more can be read. A pipe that nobody has opened for writing yet does not hang up: wait. */
static int pipe_ended(struct file *file, struct err *err)
{
	struct pollfd end = { .fd = file->fd, .events = POLLIN };

	if (poll(&end, 1, 0) != 1 || !(end.revents & (POLLHUP | POLLERR)))
		return 0;
	if (is_foreign(file) && stream_end(file->stream, err) < 0)
		return err_prefix(err, "camera file %s", file->path);
	return err_set(err, ERR_GONE, "camera file %s: the program that writes it has ended",
		       file->path);
}

/* The newest picture of what is in the pipe now. */
static int next_of_pipe(struct file *file, struct camera_shot *shot, struct err *err)
{
	struct camera_shot newer;
	int len = 1, got = 0, rc;

	for (int i = 0; i < CHUNKS_A_READ && len > 0 && !got; i++) {
		len = read_chunk(file, err);
		while ((rc = next_picture(file, &newer, err)) == 1) {
			file->counts->skipped += (uint64_t)got;
			file->sequence++;
			*shot = newer;
			got = 1;
		}
		if (rc < 0)
			return rc;
	}
	if (got || len == ERR_AGAIN || len > 0)
		return got;
	if (len < 0)
		return len;
	return pipe_ended(file, err);
}

static int file_read(void *self, struct camera_shot *shot, struct err *err)
{
	struct file *file = self;
	uint64_t ticks;
	int rc;

	if (file->timer_fd < 0) {
		rc = next_of_pipe(file, shot, err);
	} else {
		if (read(file->timer_fd, &ticks, sizeof ticks) != sizeof ticks)
			return 0;
		rc = next_of_file(file, shot, err);
		file->sequence += rc == 1;
	}
	if (rc != 1)
		return rc;
	shot->sequence = file->sequence - 1;
	shot->captured_ns = shot->exposed_ns = clock_mono_ns();	/* when it was read: it says no time */
	file->info.width = shot->width;
	file->info.height = shot->height;
	snprintf(file->info.format, sizeof file->info.format, "%s", stream_format(file->stream));
	return 1;
}

const struct camera_driver cam_file = {
	.name = "file", .open = file_open, .close = file_close, .fd = file_fd, .info = file_info,
	.read = file_read,
};
