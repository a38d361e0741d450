/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A V4L2 camera by libv4l2: memory-mapped buffers, taken out without ever blocking.
 *
 * On each wake all filled buffers are taken out; the newest good one becomes the shot and stays out
 * until it is drawn, the others go back at once. libv4l2 prints an error for every DQBUF that finds
 * nothing, so each is preceded by a poll.
 *
 * An unplugged camera shows itself in many ways: POLLERR with POLLHUP, ENODEV, EINVAL from a blocking
 * DQBUF (vivid), EIO, ENOTCONN (a dead FUSE server). All end in ERR_GONE, and capture.c looks for the
 * same camera again, wherever it comes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <libv4l2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/camera/camera.h"
#include "station/camera/jpeg_check.h"
#include "station/camera/v4l2_controls.h"
#include "station/camera/v4l2_find.h"
#include "station/camera/v4l2_format.h"

#define BUFFERS 5
#define BUFFERS_MIN 2
#define SLOWEST_NS (NS_PER_S / 5)	/* period of a camera that does not say its rate */
#define STALL_NS (2 * NS_PER_S)
#define EIO_MAX 3		/* in a row: "temporary problems" end somewhere */
#define DRAIN_MAX 32		/* a driver that never runs dry must not hold us */

struct v4l2 {
	int fd;
	struct v4l2_found found;
	struct v4l2_mode mode, video;	/* now; of the opening */
	struct v4l2_pix_format pix;
	struct {
		uint8_t *bytes;
		size_t len_bytes;
	} buffers[BUFFERS];
	uint32_t buffer_count;
	bool streaming;
	uint64_t heard_ns;		/* when the camera last gave a buffer, good or not */
	uint64_t sequence;
	uint32_t device_sequence;
	bool sequence_known;
	unsigned int eio;
	struct camera_counts *counts;
};

/* --- libv4l2's own words ------------------------------------------------------------------------- */

static ssize_t log_words(void *cookie, const char *text, size_t len)
{
	(void)cookie;
	log_debug("%.*s", (int)MIN(len, (size_t)200), text);
	return (ssize_t)len;
}

static void quieten_libv4l2(void)
{
	static const cookie_io_functions_t to_log = { .write = log_words };

	if (v4l2_log_file)
		return;
	v4l2_log_file = fopencookie(NULL, "w", to_log);
	if (v4l2_log_file)
		setvbuf(v4l2_log_file, NULL, _IOLBF, 0);
}

/* --- opening and closing ------------------------------------------------------------------------- */

static void stop_streaming(struct v4l2 *cam)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	if (cam->streaming)
		v4l2_ioctl(cam->fd, VIDIOC_STREAMOFF, &type);
	cam->streaming = false;
	for (uint32_t i = 0; i < cam->buffer_count; i++) {
		if (cam->buffers[i].bytes)
			v4l2_munmap(cam->buffers[i].bytes, cam->buffers[i].len_bytes);
		cam->buffers[i].bytes = NULL;
	}
	cam->buffer_count = 0;
}

static void v4l2_cam_close(void *self)
{
	struct v4l2 *cam = self;

	stop_streaming(cam);
	if (cam->fd >= 0)
		v4l2_close(cam->fd);
	free(cam);
}

static void v4l2_cam_closep(struct v4l2 **cam)
{
	if (*cam)
		v4l2_cam_close(*cam);
}

static int failed(const struct v4l2 *cam, struct err *err, const char *what)
{
	return v4l2_failed(err, cam->found.path, what);
}

static int queue_buffer(struct v4l2 *cam, uint32_t index)
{
	struct v4l2_buffer buffer = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
				      .memory = V4L2_MEMORY_MMAP, .index = index };

	return v4l2_ioctl(cam->fd, VIDIOC_QBUF, &buffer);
}

static int map_buffer(struct v4l2 *cam, uint32_t index, struct err *err)
{
	struct v4l2_buffer buffer = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
				      .memory = V4L2_MEMORY_MMAP, .index = index };
	void *bytes;

	if (v4l2_ioctl(cam->fd, VIDIOC_QUERYBUF, &buffer) < 0)
		return failed(cam, err, "asking for a buffer");
	bytes = v4l2_mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, cam->fd,
			  buffer.m.offset);
	if (bytes == MAP_FAILED)
		return failed(cam, err, "mapping a buffer");
	cam->buffers[index].bytes = bytes;
	cam->buffers[index].len_bytes = buffer.length;
	if (queue_buffer(cam, index) < 0)
		return failed(cam, err, "queueing a buffer");
	return 0;
}

static int start_streaming(struct v4l2 *cam, struct err *err)
{
	struct v4l2_requestbuffers request = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
					       .memory = V4L2_MEMORY_MMAP, .count = BUFFERS };
	struct v4l2_event_subscription change = { .type = V4L2_EVENT_SOURCE_CHANGE };
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE, rc = 0;

	if (v4l2_ioctl(cam->fd, VIDIOC_REQBUFS, &request) < 0)
		return failed(cam, err, "asking for buffers");
	if (request.count < BUFFERS_MIN)
		return err_set(err, ERR_UNSUPPORTED, "camera %s gives only %u buffers",
			       cam->found.path, request.count);
	cam->buffer_count = MIN(request.count, (uint32_t)BUFFERS);
	for (uint32_t i = 0; i < cam->buffer_count && rc == 0; i++)
		rc = map_buffer(cam, i, err);
	if (rc < 0)
		return rc;
	/* HDMI grabbers tell of a new picture size this way; cameras do not know the event */
	v4l2_ioctl(cam->fd, VIDIOC_SUBSCRIBE_EVENT, &change);
	if (v4l2_ioctl(cam->fd, VIDIOC_STREAMON, &type) < 0)
		return failed(cam, err, "starting");
	cam->streaming = true;
	cam->heard_ns = clock_mono_ns();
	return 0;
}

static int start_mode(struct v4l2 *cam, const struct v4l2_mode *mode, struct err *err)
{
	int rc;

	cam->mode = *mode;
	rc = v4l2_set_mode(&cam->mode, &cam->pix, cam->fd, cam->found.path, err);
	return rc < 0 ? rc : start_streaming(cam, err);
}

static int open_device(struct v4l2 *cam, const struct camera_options *options, struct err *err)
{
	struct v4l2_mode want = { .width = options->width, .height = options->height,
				  .rate_mhz = options->fps * 1000 };
	int rc = v4l2_find(&cam->found, options->device, options->identity, err);

	if (rc < 0)
		return rc;
	cam->fd = v4l2_open(cam->found.path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (cam->fd < 0)
		return failed(cam, err, "open");
	rc = v4l2_choose_mode(&cam->video, cam->fd, cam->found.path, &want, err);
	return rc < 0 ? rc : start_mode(cam, &cam->video, err);
}

static int free_buffers(struct v4l2 *cam, struct err *err)
{
	struct v4l2_requestbuffers none = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
					    .memory = V4L2_MEMORY_MMAP };

	stop_streaming(cam);
	return v4l2_ioctl(cam->fd, VIDIOC_REQBUFS, &none) < 0 ? failed(cam, err, "giving buffers back") : 0;
}

static uint64_t pixels_of(uint32_t width, uint32_t height)
{
	return (uint64_t)width * height;
}

/* The descriptor stays open, so that no other program gets between the two sizes. */
static int v4l2_cam_resize(void *self, bool full, struct err *err)
{
	struct v4l2 *cam = self;
	struct v4l2_mode mode = cam->video;
	uint64_t now = pixels_of(cam->pix.width, cam->pix.height);
	int rc = full ? v4l2_largest_mode(&mode, cam->fd, cam->found.path, err) : 0;

	if (rc < 0)
		return rc;
	if (full && pixels_of(mode.width, mode.height) <= now &&
	    (mode.fourcc == cam->mode.fourcc || pixels_of(mode.width, mode.height) < now))
		return err_set(err, ERR_UNSUPPORTED, "camera %s has no larger pictures than %u x %u",
			       cam->found.path, cam->pix.width, cam->pix.height);
	rc = free_buffers(cam, err);
	return rc < 0 ? rc : start_mode(cam, &mode, err);
}

static int v4l2_cam_open(void **out, const struct camera_options *options, struct err *err)
{
	CLEANUP(v4l2_cam_closep) struct v4l2 *cam = calloc(1, sizeof *cam);
	int rc;

	if (!cam)
		return err_set(err, ERR_NOMEM, "camera: out of memory");
	cam->fd = -1;
	cam->counts = options->counts;
	quieten_libv4l2();
	rc = open_device(cam, options, err);
	if (rc < 0)
		return rc;
	*out = MOVE(cam);
	return 0;
}

static int v4l2_cam_fd(void *self)
{
	return ((struct v4l2 *)self)->fd;
}

static void v4l2_cam_info(void *self, struct camera_info *info)
{
	const struct v4l2 *cam = self;

	snprintf(info->device, sizeof info->device, "%s", cam->found.path);
	snprintf(info->identity, sizeof info->identity, "%s", cam->found.identity);
	snprintf(info->format, sizeof info->format, "%s", v4l2_format_name(cam->mode.fourcc));
	info->width = cam->pix.width;
	info->height = cam->pix.height;
	info->fps = (cam->mode.rate_mhz + 500) / 1000;
}

/* --- reading ------------------------------------------------------------------------------------- */

static int gone(const struct v4l2 *cam, struct err *err)
{
	return err_set(err, ERR_GONE, "camera %s was disconnected", cam->found.path);
}

static int source_changed(struct v4l2 *cam, struct err *err)
{
	struct v4l2_event event;

	while (v4l2_ioctl(cam->fd, VIDIOC_DQEVENT, &event) == 0)
		if (event.type == V4L2_EVENT_SOURCE_CHANGE)
			return err_set(err, ERR_STATE, "camera %s: the size of its pictures has changed",
				       cam->found.path);
	return 0;
}

static uint64_t period_ns(const struct v4l2 *cam)
{
	return cam->mode.rate_mhz ? 1000 * NS_PER_S / cam->mode.rate_mhz : SLOWEST_NS;
}

/* 1: a buffer is there; 0: none now; or why the camera must be opened again. */
static int look(struct v4l2 *cam, struct err *err)
{
	struct pollfd device = { .fd = cam->fd, .events = POLLIN | POLLPRI };
	uint64_t patience_ns = MAX(STALL_NS, 4 * period_ns(cam));
	int rc = 0;

	if (poll(&device, 1, 0) < 0)
		return 0;
	if (device.revents & POLLPRI)
		rc = source_changed(cam, err);
	if (rc < 0)
		return rc;
	if (device.revents & POLLIN)
		return 1;
	if (device.revents & (POLLERR | POLLHUP | POLLNVAL))
		return gone(cam, err);
	if (clock_mono_ns() > cam->heard_ns + patience_ns)
		return err_set(err, ERR_TIMEOUT, "camera %s has sent nothing for %d s", cam->found.path,
			       (int)(patience_ns / NS_PER_S));
	return 0;
}

/* As look: 1 with a buffer taken out, 0 when the attempt shall be made again later. */
static int take_out(struct v4l2 *cam, struct v4l2_buffer *buffer, struct err *err)
{
	*buffer = (struct v4l2_buffer){ .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
					.memory = V4L2_MEMORY_MMAP };
	if (v4l2_ioctl(cam->fd, VIDIOC_DQBUF, buffer) == 0) {
		cam->eio = 0;
		cam->heard_ns = clock_mono_ns();
		return buffer->index < cam->buffer_count ? 1 : gone(cam, err);
	}
	if (errno == EAGAIN || errno == EINTR || (errno == EIO && ++cam->eio <= EIO_MAX))
		return 0;
	return gone(cam, err);
}

static void note_sequence(struct v4l2 *cam, uint32_t device_sequence)
{
	uint32_t step = cam->sequence_known ? device_sequence - cam->device_sequence : 1;

	if (step == 0 || step > 100000)
		step = 1;	/* a driver that does not count, or starts anew */
	if (cam->sequence_known)
		cam->sequence += step;
	cam->counts->lost += step - 1;
	cam->device_sequence = device_sequence;
	cam->sequence_known = true;
}

static size_t raw_bytes(const struct v4l2 *cam)
{
	size_t plane = (size_t)cam->pix.bytesperline * cam->pix.height;

	return cam->pix.pixelformat == V4L2_PIX_FMT_YUYV ? plane : plane * 3 / 2;
}

static bool is_good(const struct v4l2 *cam, const struct v4l2_buffer *buffer)
{
	const uint8_t *bytes = cam->buffers[buffer->index].bytes;
	struct jpeg_info info;

	if (buffer->flags & V4L2_BUF_FLAG_ERROR ||
	    buffer->bytesused > cam->buffers[buffer->index].len_bytes)
		return false;
	if (v4l2_camera_format(cam->pix.pixelformat) != CAMERA_MJPEG)
		return buffer->bytesused >= raw_bytes(cam);
	return jpeg_check(&info, bytes, buffer->bytesused) == JPEG_WHOLE &&
	       info.width == cam->pix.width && info.height == cam->pix.height;
}

/*
 * The kernel's time of the picture, where it is one that can be compared with ours. It is that of the
 * exposure's start only where the driver says so; else the exposure began at most a period earlier.
 */
static uint64_t captured_ns(const struct v4l2 *cam, const struct v4l2_buffer *buffer,
			    uint64_t *exposed_ns)
{
	bool is_start = (buffer->flags & V4L2_BUF_FLAG_TSTAMP_SRC_MASK) == V4L2_BUF_FLAG_TSTAMP_SRC_SOE;
	uint64_t now_ns = clock_mono_ns();
	uint64_t stamp_ns = (uint64_t)buffer->timestamp.tv_sec * NS_PER_S +
			    (uint64_t)buffer->timestamp.tv_usec * 1000;
	bool monotonic = (buffer->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) ==
			 V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;

	/* some drivers stamp the end of the exposure to come; none is ten seconds late */
	if (!monotonic || stamp_ns > now_ns || stamp_ns + 10 * NS_PER_S < now_ns) {
		stamp_ns = now_ns;
		is_start = false;
	}
	*exposed_ns = is_start ? stamp_ns : stamp_ns - MIN(stamp_ns, period_ns(cam));
	return stamp_ns;
}

static void fill_shot(const struct v4l2 *cam, const struct v4l2_buffer *buffer,
		      struct camera_shot *shot)
{
	*shot = (struct camera_shot){
		.format = v4l2_camera_format(cam->pix.pixelformat),
		.bytes = cam->buffers[buffer->index].bytes,
		.len_bytes = buffer->bytesused,
		.stride_bytes = cam->pix.bytesperline,
		.rows = cam->pix.height,
		.colour = v4l2_colour(&cam->pix),
		.width = cam->pix.width,
		.height = cam->pix.height,
		.sequence = cam->sequence,
		.slot = buffer->index,
	};
	shot->captured_ns = captured_ns(cam, buffer, &shot->exposed_ns);
}

static int v4l2_cam_read(void *self, struct camera_shot *shot, struct err *err)
{
	struct v4l2 *cam = self;
	struct v4l2_buffer buffer;
	int have = 0, rc = 1;

	for (int i = 0; i < DRAIN_MAX && rc == 1; i++) {
		rc = look(cam, err);
		if (rc == 1)
			rc = take_out(cam, &buffer, err);
		if (rc != 1)
			break;
		note_sequence(cam, buffer.sequence);
		if (!is_good(cam, &buffer)) {
			cam->counts->rejected++;
			queue_buffer(cam, buffer.index);
			continue;
		}
		if (have)
			queue_buffer(cam, shot->slot);
		cam->counts->skipped += (uint64_t)have;
		fill_shot(cam, &buffer, shot);
		have = 1;
	}
	/* a picture that came before the camera went is still a picture; the next read tells */
	return have ? 1 : MIN(rc, 0);
}

static void v4l2_cam_done(void *self, const struct camera_shot *shot)
{
	queue_buffer(self, shot->slot);
}

static int v4l2_cam_controls(void *self, struct camera_control *list, size_t max, struct err *err)
{
	const struct v4l2 *cam = self;

	return v4l2_controls_list(cam->fd, cam->found.path, list, max, err);
}

static int v4l2_cam_set(void *self, struct camera_control *control, int64_t value, struct err *err)
{
	const struct v4l2 *cam = self;

	return v4l2_controls_set(cam->fd, cam->found.path, control, value, err);
}

const struct camera_driver cam_v4l2 = {
	.name = "v4l2", .open = v4l2_cam_open, .close = v4l2_cam_close, .fd = v4l2_cam_fd,
	.info = v4l2_cam_info, .read = v4l2_cam_read, .done = v4l2_cam_done,
	.resize = v4l2_cam_resize,
	.controls = v4l2_cam_controls, .set = v4l2_cam_set,
};
