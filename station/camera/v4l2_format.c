/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/camera/v4l2_format.h"

#include <errno.h>
#include <libv4l2.h>
#include <stdlib.h>

static const struct {
	uint32_t fourcc;
	enum camera_format format;
	const char *name;
} known[] = {		/* in order of preference */
	{ V4L2_PIX_FMT_NV12, CAMERA_NV12, "NV12" },
	{ V4L2_PIX_FMT_YUYV, CAMERA_YUYV, "YUYV" },
	{ V4L2_PIX_FMT_YUV420, CAMERA_I420, "I420" },
	{ V4L2_PIX_FMT_MJPEG, CAMERA_MJPEG, "MJPEG" },
	{ V4L2_PIX_FMT_JPEG, CAMERA_MJPEG, "JPEG" },
};

static size_t rank_of(uint32_t fourcc)
{
	size_t rank = 0;

	while (rank < ARRAY_LEN(known) && known[rank].fourcc != fourcc)
		rank++;
	return rank;
}

enum camera_format v4l2_camera_format(uint32_t fourcc)
{
	return known[rank_of(fourcc)].format;
}

const char *v4l2_format_name(uint32_t fourcc)
{
	return known[rank_of(fourcc)].name;
}

/* --- choosing: pure ------------------------------------------------------------------------------ */

static bool keeps_up(const struct v4l2_mode *mode, const struct v4l2_mode *want)
{
	return !mode->rate_mhz || (uint64_t)mode->rate_mhz * 10 >= (uint64_t)want->rate_mhz * 8;
}

/* Pixels too many or too few; one too few counts as much as four too many. */
static uint64_t size_distance(const struct v4l2_mode *mode, const struct v4l2_mode *want)
{
	int64_t x = (int64_t)mode->width - want->width, y = (int64_t)mode->height - want->height;

	return (uint64_t)(x < 0 ? -4 * x : x) + (uint64_t)(y < 0 ? -4 * y : y);
}

static uint32_t rate_distance(const struct v4l2_mode *mode, const struct v4l2_mode *want)
{
	if (!mode->rate_mhz)
		return 0;
	return mode->rate_mhz > want->rate_mhz ? mode->rate_mhz - want->rate_mhz
					       : want->rate_mhz - mode->rate_mhz;
}

bool v4l2_mode_better(const struct v4l2_mode *a, const struct v4l2_mode *b,
		      const struct v4l2_mode *want)
{
	if (keeps_up(a, want) != keeps_up(b, want))
		return keeps_up(a, want);
	if (size_distance(a, want) != size_distance(b, want))
		return size_distance(a, want) < size_distance(b, want);
	if (rate_distance(a, want) != rate_distance(b, want))
		return rate_distance(a, want) < rate_distance(b, want);
	if (a->emulated != b->emulated)
		return b->emulated;
	return rank_of(a->fourcc) < rank_of(b->fourcc);
}

bool v4l2_mode_larger(const struct v4l2_mode *a, const struct v4l2_mode *b, const struct v4l2_mode *want)
{
	bool a_jpeg = v4l2_camera_format(a->fourcc) == CAMERA_MJPEG && !a->emulated;
	bool b_jpeg = v4l2_camera_format(b->fourcc) == CAMERA_MJPEG && !b->emulated;
	uint64_t a_pixels = (uint64_t)a->width * a->height, b_pixels = (uint64_t)b->width * b->height;

	(void)want;
	if (a_jpeg != b_jpeg)
		return a_jpeg;
	if (a->emulated != b->emulated)
		return b->emulated;
	if (a_pixels != b_pixels)
		return a_pixels > b_pixels;
	if (a->rate_mhz != b->rate_mhz)
		return a->rate_mhz > b->rate_mhz;
	return rank_of(a->fourcc) < rank_of(b->fourcc);
}

/* --- going through what the camera lists --------------------------------------------------------- */

struct search {
	int fd;
	const struct v4l2_mode *want;
	bool (*better)(const struct v4l2_mode *a, const struct v4l2_mode *b, const struct v4l2_mode *want);
	struct v4l2_mode best;
	bool found;
};

static uint32_t rate_of(const struct v4l2_fract *interval)
{
	if (!interval->numerator)
		return 0;
	return (uint32_t)MIN((uint64_t)interval->denominator * 1000 / interval->numerator,
			     (uint64_t)CAMERA_FPS_MAX * 1000);
}

static void consider(struct search *search, const struct v4l2_mode *mode)
{
	if (mode->width < 16 || mode->height < 16 || mode->width > FRAME_WIDTH_MAX ||
	    mode->height > FRAME_HEIGHT_MAX)
		return;
	if (search->found && !search->better(mode, &search->best, search->want))
		return;
	search->best = *mode;
	search->found = true;
}

static void consider_rates(struct search *search, struct v4l2_mode mode)
{
	struct v4l2_frmivalenum interval = { .pixel_format = mode.fourcc, .width = mode.width,
					     .height = mode.height };

	while (v4l2_ioctl(search->fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval) == 0) {
		if (interval.type != V4L2_FRMIVAL_TYPE_DISCRETE) {
			uint32_t low = rate_of(&interval.stepwise.max), high = rate_of(&interval.stepwise.min);

			mode.rate_mhz = CLAMP(search->want->rate_mhz, low, high);
			consider(search, &mode);
			return;
		}
		mode.rate_mhz = rate_of(&interval.discrete);
		consider(search, &mode);
		interval.index++;
	}
	if (interval.index == 0)
		consider(search, &mode);
}

static uint32_t in_steps(uint32_t want, uint32_t min, uint32_t max, uint32_t step)
{
	uint32_t value = CLAMP(want, min, max);

	return step ? min + (value - min) / step * step : value;
}

static void consider_sizes(struct search *search, struct v4l2_mode mode)
{
	struct v4l2_frmsizeenum size = { .pixel_format = mode.fourcc };
	const struct v4l2_frmsize_stepwise *steps = &size.stepwise;

	while (v4l2_ioctl(search->fd, VIDIOC_ENUM_FRAMESIZES, &size) == 0) {
		bool discrete = size.type == V4L2_FRMSIZE_TYPE_DISCRETE;

		mode.width = discrete ? size.discrete.width
				      : in_steps(search->want->width, steps->min_width,
						 steps->max_width, steps->step_width);
		mode.height = discrete ? size.discrete.height
				       : in_steps(search->want->height, steps->min_height,
						  steps->max_height, steps->step_height);
		consider_rates(search, mode);
		if (!discrete)
			return;
		size.index++;
	}
	if (size.index == 0) {		/* it does not list sizes: ask, and take what comes */
		mode.width = search->want->width;
		mode.height = search->want->height;
		consider_rates(search, mode);
	}
}

static int go_through(struct v4l2_mode *out, struct search *search, const char *path, struct err *err)
{
	struct v4l2_fmtdesc format = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };

	for (; v4l2_ioctl(search->fd, VIDIOC_ENUM_FMT, &format) == 0; format.index++) {
		struct v4l2_mode mode = {
			.fourcc = format.pixelformat,
			.emulated = format.flags & V4L2_FMT_FLAG_EMULATED,
		};

		if (rank_of(mode.fourcc) < ARRAY_LEN(known))
			consider_sizes(search, mode);
	}
	if (!search->found)
		return err_set(err, ERR_UNSUPPORTED,
			       "camera %s has none of the formats MJPEG, YUYV, NV12 and I420", path);
	*out = search->best;
	return 0;
}

int v4l2_choose_mode(struct v4l2_mode *out, int fd, const char *path, const struct v4l2_mode *want,
		     struct err *err)
{
	struct search search = { .fd = fd, .want = want, .better = v4l2_mode_better };

	return go_through(out, &search, path, err);
}

int v4l2_largest_mode(struct v4l2_mode *out, int fd, const char *path, struct err *err)
{
	static const struct v4l2_mode most = { .width = FRAME_WIDTH_MAX, .height = FRAME_HEIGHT_MAX,
					       .rate_mhz = CAMERA_FPS_MAX * 1000 };
	struct search search = { .fd = fd, .want = &most, .better = v4l2_mode_larger };

	return go_through(out, &search, path, err);
}

/* --- setting ------------------------------------------------------------------------------------- */

int v4l2_failed(struct err *err, const char *path, const char *what)
{
	int cause = errno;

	err_os(err, "camera %s: %s", path, what);
	if (cause == EBUSY)
		return err_set(err, ERR_STATE, "camera %s is in use by another program", path);
	if (cause == ENODEV || cause == ENXIO || cause == ENOTCONN || cause == EIO || cause == ESHUTDOWN)
		return err ? (err->code = ERR_GONE) : ERR_GONE;
	return ERR_OS;
}

static void set_rate(struct v4l2_mode *mode, int fd)
{
	struct v4l2_streamparm parm = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };

	if (!mode->rate_mhz)
		return;
	parm.parm.capture.timeperframe.numerator = 1000;
	parm.parm.capture.timeperframe.denominator = mode->rate_mhz;
	if (v4l2_ioctl(fd, VIDIOC_S_PARM, &parm) < 0)
		return;		/* not every camera can; it then keeps its own rate */
	if (rate_of(&parm.parm.capture.timeperframe))
		mode->rate_mhz = rate_of(&parm.parm.capture.timeperframe);
}

int v4l2_set_mode(struct v4l2_mode *mode, struct v4l2_pix_format *pix, int fd, const char *path,
		  struct err *err)
{
	struct v4l2_format format = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.fmt.pix = { .width = mode->width, .height = mode->height,
			     .pixelformat = mode->fourcc, .field = V4L2_FIELD_ANY },
	};

	if (v4l2_ioctl(fd, VIDIOC_S_FMT, &format) < 0)
		return v4l2_failed(err, path, "setting the format");
	*pix = format.fmt.pix;
	if (pix->pixelformat != mode->fourcc)
		return err_set(err, ERR_UNSUPPORTED, "camera %s does not give the %s that it lists",
			       path, v4l2_format_name(mode->fourcc));
	if (pix->width < 16 || pix->height < 16 || pix->width > FRAME_WIDTH_MAX ||
	    pix->height > FRAME_HEIGHT_MAX)
		return err_set(err, ERR_UNSUPPORTED, "camera %s: pictures of %u x %u are not possible",
			       path, pix->width, pix->height);
	mode->width = pix->width;
	mode->height = pix->height;
	set_rate(mode, fd);
	return 0;
}

struct colour v4l2_colour(const struct v4l2_pix_format *pix)
{
	uint32_t matrix = pix->ycbcr_enc, range = pix->quantization;

	if (matrix == V4L2_YCBCR_ENC_DEFAULT)
		matrix = V4L2_MAP_YCBCR_ENC_DEFAULT(pix->colorspace);
	if (range == V4L2_QUANTIZATION_DEFAULT)
		range = V4L2_MAP_QUANTIZATION_DEFAULT(false, pix->colorspace, matrix);
	return (struct colour){
		.bt709 = matrix == V4L2_YCBCR_ENC_709 || matrix == V4L2_YCBCR_ENC_XV709,
		.full_range = range == V4L2_QUANTIZATION_FULL_RANGE,
	};
}
