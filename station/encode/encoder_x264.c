/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libx264. "zerolatency" gives each access unit at once (no B pictures, no lookahead, slices instead
 * of frame threads); a decoder buffer of two frame times bounds every picture, an IDR one too.
 */
#include "station/encode/encoder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <x264.h>

#include "station/base/log.h"

/*
 * By tests/bench/bench-encode the slower presets cost 1.25 and 2.2 times as much and look no better on
 * a station's pictures. Subpixel refinement, a second reference and no psy changed nothing for the
 * better; deblocking and a little adaptive quantisation did: see set_looks.
 */
#define PRESET "ultrafast"
#define THREADS 2	/* two slices: a third less delay for a few per cent more work */

struct x264_state {
	x264_t *x264;
	int64_t pts;
};

/* H.264 table A-1, for the baseline profile: the first level that has room. */
static const struct level {
	int idc;
	uint32_t macroblocks_s, macroblocks;
	uint32_t kbit_s;
} levels[] = {
	{ 30, 40500, 1620, 10000 },	{ 31, 108000, 3600, 14000 },   { 32, 216000, 5120, 20000 },
	{ 40, 245760, 8192, 20000 },	{ 41, 245760, 8192, 50000 },   { 42, 522240, 8704, 50000 },
	{ 50, 589824, 22080, 135000 },	{ 51, 983040, 36864, 240000 }, { 52, 2073600, 36864, 240000 },
};

static int find_level(const struct encoder_config *config)
{
	uint32_t macroblocks = (config->width + 15) / 16 * ((config->height + 15) / 16);

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (macroblocks <= levels[i].macroblocks &&
		    macroblocks * config->fps <= levels[i].macroblocks_s &&
		    config->bitrate_bps / 1000 <= levels[i].kbit_s)
			return levels[i].idc;
	return 0;
}

static void log_line(void *owner, int level, const char *format, va_list arguments)
{
	char text[200];

	(void)owner;
	vsnprintf(text, sizeof text, format, arguments);
	text[strcspn(text, "\n")] = '\0';
	if (level <= X264_LOG_ERROR)
		log_error("x264: %s", text);
	else
		log_debug("x264: %s", text);
}

static void set_stream(x264_param_t *param, const struct encoder_config *config)
{
	param->i_width = (int)config->width;
	param->i_height = (int)config->height;
	param->i_csp = X264_CSP_I420;
	param->i_fps_num = config->fps;
	param->i_fps_den = 1;
	param->i_threads = (int)(config->threads ? config->threads : THREADS);
	param->i_keyint_max = X264_KEYINT_MAX_INFINITE;
	param->i_scenecut_threshold = 0;	/* an IDR only when somebody asks for one */
	param->b_repeat_headers = 1;
	param->b_annexb = 1;
	param->b_aud = 0;
	param->vui.b_fullrange = 0;
	param->vui.i_colorprim = 1;		/* BT.709 in all three: H.264 tables E-3 to E-5 */
	param->vui.i_transfer = 1;
	param->vui.i_colmatrix = 1;
	param->pf_log = log_line;
	param->i_log_level = X264_LOG_WARNING;
}

/*
 * What ultrafast leaves out and is missed in an IDR picture that has to be small: sharp print and
 * smooth dark surfaces come out in squares. 13 % more CPU; on such a picture 0.4 dB more in luma and
 * 0.7 dB in chroma, against 0.2 dB less where the sensor's noise is all there is to keep.
 */
static void set_looks(x264_param_t *param)
{
	param->b_deblocking_filter = 1;
	param->rc.i_aq_mode = X264_AQ_VARIANCE;
	param->rc.f_aq_strength = 0.5f;
}

static void set_rate(x264_param_t *param, const struct encoder_config *config)
{
	int kbit_s = (int)(config->bitrate_bps / 1000);

	param->rc.i_rc_method = X264_RC_ABR;
	param->rc.i_bitrate = kbit_s;
	param->rc.i_vbv_max_bitrate = kbit_s;
	param->rc.i_vbv_buffer_size = MAX(2 * kbit_s / (int)config->fps, 1);
	param->rc.f_vbv_buffer_init = 1.0f;
}

static int open_x264(void **out, const struct encoder_config *config, struct err *err)
{
	const char *preset = config->preset ? config->preset : PRESET;
	struct x264_state *state;
	x264_param_t param;

	if (x264_param_default_preset(&param, preset, "zerolatency") < 0)
		return err_set(err, ERR_UNSUPPORTED, "no preset \"%s\"", preset);
	set_stream(&param, config);
	set_looks(&param);
	set_rate(&param, config);
	param.i_level_idc = find_level(config);
	if (!param.i_level_idc)
		return err_set(err, ERR_RANGE, "%u x %u at %u frames/s is beyond level 5.2",
			       config->width, config->height, config->fps);
	if (x264_param_apply_profile(&param, "baseline") < 0)
		return err_set(err, ERR_UNSUPPORTED, "this build has no baseline profile");
	state = calloc(1, sizeof *state);
	if (state)
		state->x264 = x264_encoder_open(&param);
	if (!state || !state->x264) {
		free(state);
		return err_set(err, ERR_NOMEM, "cannot start for %u x %u", config->width, config->height);
	}
	*out = state;
	return 0;
}

static void close_x264(void *owner)
{
	struct x264_state *state = owner;

	x264_encoder_close(state->x264);
	free(state);
}

static bool wanted(const x264_nal_t *nal)
{
	return nal->i_type != NAL_SEI;	/* x264's own name and settings */
}

/* x264 gives later slices a start code of 3 bytes; all of ours have 4, which saves readers a case. */
static struct access_unit *collect(const x264_nal_t *nals, int count)
{
	struct access_unit *au;
	size_t len_bytes = 0;

	for (int i = 0; i < count; i++)
		if (wanted(&nals[i]))
			len_bytes += (size_t)nals[i].i_payload + !nals[i].b_long_startcode;
	au = access_unit_new(len_bytes);
	len_bytes = 0;
	for (int i = 0; au && i < count; i++) {
		if (!wanted(&nals[i]))
			continue;
		if (!nals[i].b_long_startcode)
			au->bytes[len_bytes++] = 0;
		memcpy(au->bytes + len_bytes, nals[i].p_payload, (size_t)nals[i].i_payload);
		len_bytes += (size_t)nals[i].i_payload;
	}
	return au;
}

static int encode_x264(void *owner, const struct frame *frame, bool keyframe,
		       struct access_unit **out, struct err *err)
{
	struct x264_state *state = owner;
	x264_picture_t in, done;
	x264_nal_t *nals;
	int count, len_bytes;

	x264_picture_init(&in);
	in.i_type = keyframe ? X264_TYPE_IDR : X264_TYPE_AUTO;
	in.i_pts = state->pts++;
	in.img.i_csp = X264_CSP_I420;
	in.img.i_plane = 3;
	for (int i = 0; i < 3; i++) {
		in.img.plane[i] = frame->plane[i];
		in.img.i_stride[i] = (int)frame->info.stride[i];
	}
	len_bytes = x264_encoder_encode(state->x264, &nals, &count, &in, &done);
	if (len_bytes <= 0)
		return err_set(err, ERR_OS, "no access unit for a picture (%d)", len_bytes);
	*out = collect(nals, count);
	if (!*out)
		return err_set(err, ERR_NOMEM, "no memory for %d bytes", len_bytes);
	(*out)->keyframe = done.b_keyframe;
	return 0;
}

const struct encoder_driver encoder_x264 = {
	.name = "x264",
	.open = open_x264,
	.encode = encode_x264,
	.close = close_x264,
};
