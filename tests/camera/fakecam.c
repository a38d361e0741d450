/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/camera/fakecam.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <turbojpeg.h>

#include "station/base/util.h"

static const struct {
	uint32_t fourcc;
	const char *name;
} formats[] = {
	{ V4L2_PIX_FMT_MJPEG, "Motion-JPEG" },
	{ V4L2_PIX_FMT_YUYV, "YUYV 4:2:2" },
	{ V4L2_PIX_FMT_NV12, "Y/CbCr 4:2:0" },
};

static const struct {
	uint32_t format, width, height;
	int rates[3];		/* ends with 0 */
} modes[] = {
	{ 0, 2048, 1536, { 15, 0 } },	/* the whole sensor */
	{ 0, 1920, 1080, { 30, 15, 0 } },
	{ 0, 1280, 720, { 30, 15, 0 } },
	{ 0, 640, 480, { 30, 15, 0 } },
	{ 1, 1280, 720, { 10, 0, 0 } },
	{ 1, 800, 600, { 30, 0, 0 } },
	{ 1, 640, 480, { 30, 15, 0 } },
	{ 2, 640, 480, { 30, 0, 0 } },
	{ 2, 320, 240, { 30, 0, 0 } },
};

static const struct fakecam_control factory[FAKECAM_CONTROLS] = {
	{ V4L2_CID_BRIGHTNESS, "Brightness", V4L2_CTRL_TYPE_INTEGER, -64, 64, 1, 0, 0, 0 },
	{ V4L2_CID_AUTO_WHITE_BALANCE, "White Balance, Automatic", V4L2_CTRL_TYPE_BOOLEAN, 0, 1, 1, 1, 1, 0 },
	{ V4L2_CID_POWER_LINE_FREQUENCY, "Power Line Frequency", V4L2_CTRL_TYPE_MENU, 0, 2, 1, 1, 1, 0 },
	{ V4L2_CID_WHITE_BALANCE_TEMPERATURE, "White Balance Temperature", V4L2_CTRL_TYPE_INTEGER,
	  2800, 6500, 100, 4600, 4600, V4L2_CTRL_FLAG_INACTIVE },
	{ V4L2_CID_EXPOSURE_AUTO, "Auto Exposure", V4L2_CTRL_TYPE_MENU, 0, 3, 1, 3, 3, 0 },
	{ V4L2_CID_EXPOSURE_ABSOLUTE, "Exposure Time, Absolute", V4L2_CTRL_TYPE_INTEGER, 3, 2047, 1, 250,
	  250, V4L2_CTRL_FLAG_INACTIVE },
	{ V4L2_CID_FOCUS_ABSOLUTE, "Focus, Absolute", V4L2_CTRL_TYPE_INTEGER, 0, 250, 5, 0, 0,
	  V4L2_CTRL_FLAG_INACTIVE },
	{ V4L2_CID_FOCUS_AUTO, "Focus, Automatic Continuous", V4L2_CTRL_TYPE_BOOLEAN, 0, 1, 1, 1, 1, 0 },
	{ V4L2_CID_ZOOM_ABSOLUTE, "Zoom, Absolute", V4L2_CTRL_TYPE_INTEGER, 100, 500, 1, 100, 100, 0 },
};

static void drop_jpegs(struct fakecam *cam)
{
	for (int i = 0; i < 8; i++) {
		tjFree(cam->jpeg[i]);
		cam->jpeg[i] = NULL;
	}
}

/* As a driver does: the nearest of what there is. */
static void set_format(struct v4l2_pix_format *pix, uint32_t fourcc, uint32_t width, uint32_t height)
{
	uint32_t format = 0, best = 0;
	uint64_t best_distance = UINT64_MAX;

	for (uint32_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i].fourcc == fourcc)
			format = i;
	for (uint32_t i = 0; i < ARRAY_LEN(modes); i++) {
		uint64_t distance = (uint64_t)labs((long)modes[i].width - (long)width) +
				    (uint64_t)labs((long)modes[i].height - (long)height);

		if (modes[i].format == format && distance < best_distance) {
			best_distance = distance;
			best = i;
		}
	}
	*pix = (struct v4l2_pix_format){
		.width = modes[best].width, .height = modes[best].height,
		.pixelformat = formats[format].fourcc, .field = V4L2_FIELD_NONE,
		.colorspace = V4L2_COLORSPACE_SRGB,
		.bytesperline = modes[best].width * (format == 1 ? 2 : format == 2),
	};
	pix->sizeimage = pix->width * pix->height * (format == 1 ? 4 : 3) / 2;
}

void fakecam_reset(struct fakecam *cam)
{
	memcpy(cam->controls, factory, sizeof factory);
	cam->owner = 0;
	cam->buffer_count = cam->waiting_len = cam->filled_len = 0;
	cam->streaming = false;
	cam->stall = cam->drop = cam->error = cam->cut = cam->eio = 0;
	cam->rate = 30;
	drop_jpegs(cam);
	set_format(&cam->pix, V4L2_PIX_FMT_MJPEG, 1280, 720);
}

void fakecam_init(struct fakecam *cam, const char *card)
{
	snprintf(cam->card, sizeof cam->card, "%s", card);
	snprintf(cam->bus, sizeof cam->bus, "usb-fuse-1");
	fakecam_reset(cam);
}

/* --- pictures ------------------------------------------------------------------------------------ */

static void make_jpeg(struct fakecam *cam, uint32_t which)
{
	size_t pixels = (size_t)cam->pix.width * cam->pix.height;
	uint8_t *grey = malloc(pixels);
	uint8_t *chroma = malloc(pixels);
	const uint8_t *planes[3] = { grey, chroma, chroma };
	tjhandle encoder = tjInitCompress();

	memset(grey, FAKECAM_LUMA(which), pixels);
	memset(chroma, 128, pixels);
	cam->jpeg_len[which] = 0;
	tjCompressFromYUVPlanes(encoder, planes, (int)cam->pix.width, NULL, (int)cam->pix.height,
				TJSAMP_422, &cam->jpeg[which], &cam->jpeg_len[which], 85, 0);
	tjDestroy(encoder);
	free(grey);
	free(chroma);
}

static uint32_t fill(struct fakecam *cam, uint8_t *bytes, uint32_t number)
{
	size_t pixels = (size_t)cam->pix.width * cam->pix.height;
	uint32_t which = number % 8;

	if (cam->pix.pixelformat == V4L2_PIX_FMT_YUYV) {
		for (size_t i = 0; i < pixels * 2; i += 2) {
			bytes[i] = FAKECAM_LUMA(number);
			bytes[i + 1] = 128;
		}
		return (uint32_t)pixels * 2;
	}
	if (cam->pix.pixelformat == V4L2_PIX_FMT_NV12) {
		memset(bytes, FAKECAM_LUMA(number), pixels);
		memset(bytes + pixels, 128, pixels / 2);
		return (uint32_t)pixels * 3 / 2;
	}
	if (!cam->jpeg[which])
		make_jpeg(cam, which);
	memcpy(bytes, cam->jpeg[which], cam->jpeg_len[which]);
	return (uint32_t)cam->jpeg_len[which];
}

/* Whether a fault is due; counts it down. */
static bool take_fault(int *count)
{
	if (*count <= 0)
		return false;
	--*count;
	return true;
}

int fakecam_tick(struct fakecam *cam)
{
	uint32_t number = cam->sequence, index;
	struct v4l2_buffer *buffer;
	struct timespec now;

	if (!cam->streaming)
		return -1;
	if (take_fault(&cam->stall))	/* as one that is stuck: it does not even count */
		return -1;
	cam->sequence++;
	if (take_fault(&cam->drop) || !cam->waiting_len)
		return -1;		/* lost, by the camera or because the program is late */
	index = cam->waiting[0];
	memmove(cam->waiting, cam->waiting + 1, --cam->waiting_len * sizeof cam->waiting[0]);
	buffer = &cam->buffers[index];
	buffer->bytesused = fill(cam, cam->memory + index * FAKECAM_SLOT, number);
	buffer->sequence = number;
	buffer->field = V4L2_FIELD_NONE;
	clock_gettime(CLOCK_MONOTONIC, &now);
	buffer->timestamp.tv_sec = now.tv_sec;
	buffer->timestamp.tv_usec = now.tv_nsec / 1000;
	buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	if (take_fault(&cam->error))
		buffer->flags |= V4L2_BUF_FLAG_ERROR;
	if (take_fault(&cam->cut))	/* of every other only EOI */
		buffer->bytesused -= cam->cut % 2 ? 2 : buffer->bytesused / 3;
	cam->filled[cam->filled_len++] = index;
	return (int)index;
}

/* --- ioctls -------------------------------------------------------------------------------------- */

static int query_capability(const struct fakecam *cam, bool metadata, struct v4l2_capability *out)
{
	memset(out, 0, sizeof *out);
	snprintf((char *)out->driver, sizeof out->driver, "fakecam");
	snprintf((char *)out->card, sizeof out->card, "%s", cam->card);
	snprintf((char *)out->bus_info, sizeof out->bus_info, "%s", cam->bus);
	out->version = 0x060100;
	out->device_caps = V4L2_CAP_STREAMING | V4L2_CAP_EXT_PIX_FORMAT |
			   (metadata ? V4L2_CAP_META_CAPTURE : V4L2_CAP_VIDEO_CAPTURE);
	out->capabilities = out->device_caps | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_META_CAPTURE |
			    V4L2_CAP_DEVICE_CAPS;
	return 0;
}

static int enum_format(struct v4l2_fmtdesc *out)
{
	uint32_t index = out->index;

	if (out->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || index >= ARRAY_LEN(formats))
		return EINVAL;
	memset(out, 0, sizeof *out);
	out->index = index;
	out->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	out->pixelformat = formats[index].fourcc;
	out->flags = index == 0 ? V4L2_FMT_FLAG_COMPRESSED : 0;
	snprintf((char *)out->description, sizeof out->description, "%s", formats[index].name);
	return 0;
}

static int enum_size(struct v4l2_frmsizeenum *out)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (formats[modes[i].format].fourcc != out->pixel_format || count++ != out->index)
			continue;
		out->type = V4L2_FRMSIZE_TYPE_DISCRETE;
		out->discrete.width = modes[i].width;
		out->discrete.height = modes[i].height;
		return 0;
	}
	return EINVAL;
}

static int enum_interval(struct v4l2_frmivalenum *out)
{
	for (uint32_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (formats[modes[i].format].fourcc != out->pixel_format ||
		    modes[i].width != out->width || modes[i].height != out->height)
			continue;
		if (out->index >= 3 || !modes[i].rates[out->index])
			return EINVAL;
		out->type = V4L2_FRMIVAL_TYPE_DISCRETE;
		out->discrete.numerator = 1;
		out->discrete.denominator = (uint32_t)modes[i].rates[out->index];
		return 0;
	}
	return EINVAL;
}

static int format(struct fakecam *cam, uint32_t command, struct v4l2_format *out)
{
	struct v4l2_pix_format pix = cam->pix;

	if (out->type != V4L2_BUF_TYPE_VIDEO_CAPTURE)
		return EINVAL;
	if (command == VIDIOC_S_FMT && cam->buffer_count)
		return EBUSY;
	if (command != VIDIOC_G_FMT)
		set_format(&pix, out->fmt.pix.pixelformat, out->fmt.pix.width, out->fmt.pix.height);
	if (command == VIDIOC_S_FMT) {
		drop_jpegs(cam);
		cam->pix = pix;
	}
	out->fmt.pix = pix;
	return 0;
}

static int parameters(struct fakecam *cam, uint32_t command, struct v4l2_streamparm *out)
{
	const struct v4l2_fract *asked = &out->parm.capture.timeperframe;
	uint32_t want = asked->numerator ? asked->denominator / asked->numerator : 0;

	if (out->type != V4L2_BUF_TYPE_VIDEO_CAPTURE)
		return EINVAL;
	if (command == VIDIOC_S_PARM && want)
		cam->rate = want >= 25 ? 30 : want >= 12 ? 15 : 10;
	memset(&out->parm, 0, sizeof out->parm);
	out->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
	out->parm.capture.timeperframe.numerator = 1;
	out->parm.capture.timeperframe.denominator = (uint32_t)cam->rate;
	return 0;
}

static int request_buffers(struct fakecam *cam, uint64_t handle, struct v4l2_requestbuffers *out)
{
	if (out->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || out->memory != V4L2_MEMORY_MMAP)
		return EINVAL;
	if ((cam->owner && cam->owner != handle) || cam->streaming)
		return EBUSY;
	cam->buffer_count = out->count = MIN(out->count, (uint32_t)FAKECAM_BUFFERS);
	cam->owner = out->count ? handle : 0;
	cam->waiting_len = cam->filled_len = 0;
	for (uint32_t i = 0; i < out->count; i++) {
		cam->queued[i] = false;
		cam->buffers[i] = (struct v4l2_buffer){
			.index = i, .type = out->type, .memory = out->memory,
			.length = cam->pix.sizeimage, .m.offset = (uint32_t)(i * FAKECAM_SLOT),
			.flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
		};
	}
	return 0;
}

static int queue(struct fakecam *cam, uint64_t handle, struct v4l2_buffer *out)
{
	uint32_t index = out->index;

	if (cam->owner != handle)
		return cam->owner ? EBUSY : EINVAL;
	if (index >= cam->buffer_count || cam->queued[index])
		return EINVAL;
	cam->queued[index] = true;
	cam->waiting[cam->waiting_len++] = index;
	*out = cam->buffers[index];
	out->flags |= V4L2_BUF_FLAG_QUEUED | V4L2_BUF_FLAG_MAPPED;
	return 0;
}

static int dequeue(struct fakecam *cam, uint64_t handle, struct v4l2_buffer *out)
{
	uint32_t index;

	if (cam->owner != handle || !cam->streaming)
		return cam->owner && cam->owner != handle ? EBUSY : EINVAL;
	if (cam->eio > 0) {
		cam->eio--;
		return EIO;
	}
	if (!cam->filled_len)
		return EAGAIN;
	index = cam->filled[0];
	memmove(cam->filled, cam->filled + 1, --cam->filled_len * sizeof cam->filled[0]);
	cam->queued[index] = false;
	*out = cam->buffers[index];
	out->flags |= V4L2_BUF_FLAG_MAPPED;
	return 0;
}

static void stop(struct fakecam *cam)
{
	cam->streaming = false;
	cam->waiting_len = cam->filled_len = 0;
	memset(cam->queued, 0, sizeof cam->queued);
}

static int start_stop(struct fakecam *cam, uint64_t handle, bool start)
{
	if (cam->owner != handle)
		return cam->owner ? EBUSY : EINVAL;
	if (start) {
		cam->streaming = true;
		cam->sequence = 0;
	} else {
		stop(cam);
	}
	return 0;
}

void fakecam_release(struct fakecam *cam, uint64_t handle)
{
	if (cam->owner != handle)
		return;
	stop(cam);
	cam->owner = 0;
	cam->buffer_count = 0;
}

/* --- controls ------------------------------------------------------------------------------------ */

static struct fakecam_control *find(struct fakecam *cam, uint32_t id)
{
	uint32_t plain = id & ~(V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND);
	struct fakecam_control *next = NULL;

	for (int i = 0; i < FAKECAM_CONTROLS; i++) {
		struct fakecam_control *control = &cam->controls[i];

		if (!(id & V4L2_CTRL_FLAG_NEXT_CTRL) && control->id == plain)
			return control;
		if (id & V4L2_CTRL_FLAG_NEXT_CTRL && control->id > plain && (!next || control->id < next->id))
			next = control;
	}
	return next;
}

static int query_control(struct fakecam *cam, struct v4l2_queryctrl *out)
{
	const struct fakecam_control *control = find(cam, out->id);

	if (!control)
		return EINVAL;
	*out = (struct v4l2_queryctrl){ .id = control->id, .type = (uint32_t)control->type,
					.minimum = control->min, .maximum = control->max,
					.step = control->step, .default_value = control->fallback,
					.flags = control->flags };
	snprintf((char *)out->name, sizeof out->name, "%s", control->name);
	return 0;
}

static int query_menu(struct v4l2_querymenu *out)
{
	static const char *const frequencies[] = { "Disabled", "50 Hz", "60 Hz" };
	static const char *const exposures[] = { NULL, "Manual Mode", NULL, "Aperture Priority Mode" };
	const char *text = NULL;

	if (out->id == V4L2_CID_POWER_LINE_FREQUENCY && out->index < 3)
		text = frequencies[out->index];
	else if (out->id == V4L2_CID_EXPOSURE_AUTO && out->index < 4)
		text = exposures[out->index];
	if (!text)
		return EINVAL;
	snprintf((char *)out->name, sizeof out->name, "%s", text);
	return 0;
}

static void follow_automatic(struct fakecam *cam, uint32_t automatic, uint32_t moved, int32_t off)
{
	find(cam, moved)->flags = find(cam, automatic)->value == off ? 0 : V4L2_CTRL_FLAG_INACTIVE;
}

static int set_control(struct fakecam *cam, struct v4l2_control *in)
{
	struct fakecam_control *control = find(cam, in->id);

	if (!control)
		return EINVAL;
	if (control->flags & V4L2_CTRL_FLAG_INACTIVE)
		return EACCES;
	if (control->type == V4L2_CTRL_TYPE_MENU && (in->value < control->min || in->value > control->max))
		return ERANGE;
	control->value = CLAMP(in->value, control->min, control->max);
	control->value = control->min +
			 (control->value - control->min + control->step / 2) / control->step * control->step;
	in->value = control->value;
	follow_automatic(cam, V4L2_CID_FOCUS_AUTO, V4L2_CID_FOCUS_ABSOLUTE, 0);
	follow_automatic(cam, V4L2_CID_EXPOSURE_AUTO, V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_EXPOSURE_MANUAL);
	follow_automatic(cam, V4L2_CID_AUTO_WHITE_BALANCE, V4L2_CID_WHITE_BALANCE_TEMPERATURE, 0);
	return 0;
}

static int get_control(struct fakecam *cam, struct v4l2_control *out)
{
	const struct fakecam_control *control = find(cam, out->id);

	if (!control)
		return EINVAL;
	out->value = control->value;
	return 0;
}

static int query_buffer(const struct fakecam *cam, struct v4l2_buffer *out)
{
	if (out->index >= cam->buffer_count)
		return EINVAL;
	*out = cam->buffers[out->index];
	return 0;
}

int fakecam_ioctl(struct fakecam *cam, uint64_t handle, bool metadata, uint32_t command, void *argument)
{
	if (command == VIDIOC_QUERYCAP)
		return query_capability(cam, metadata, argument);
	if (metadata)
		return ENOTTY;
	switch (command) {
	case VIDIOC_ENUM_FMT:
		return enum_format(argument);
	case VIDIOC_ENUM_FRAMESIZES:
		return enum_size(argument);
	case VIDIOC_ENUM_FRAMEINTERVALS:
		return enum_interval(argument);
	case VIDIOC_G_FMT:
	case VIDIOC_S_FMT:
	case VIDIOC_TRY_FMT:
		return format(cam, command, argument);
	case VIDIOC_G_PARM:
	case VIDIOC_S_PARM:
		return parameters(cam, command, argument);
	case VIDIOC_REQBUFS:
		return request_buffers(cam, handle, argument);
	case VIDIOC_QUERYBUF:
		return query_buffer(cam, argument);
	case VIDIOC_QBUF:
		return queue(cam, handle, argument);
	case VIDIOC_DQBUF:
		return dequeue(cam, handle, argument);
	case VIDIOC_STREAMON:
	case VIDIOC_STREAMOFF:
		return start_stop(cam, handle, command == VIDIOC_STREAMON);
	case VIDIOC_QUERYCTRL:
		return query_control(cam, argument);
	case VIDIOC_QUERYMENU:
		return query_menu(argument);
	case VIDIOC_G_CTRL:
		return get_control(cam, argument);
	case VIDIOC_S_CTRL:
		return set_control(cam, argument);
	default:
		return ENOTTY;
	}
}
