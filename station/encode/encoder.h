/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * encoder.h - frames to access units: one encoder for each layer, of whichever driver.
 *
 * Every driver makes a stream that a browser shows without delay: constrained baseline profile, no
 * reordering, an IDR picture only when asked, SPS and PPS in front of each, and no access unit larger
 * than encoder_bytes_max, so that a keyframe can be sent within about two frame times.
 */
#ifndef OSTEND_ENCODE_ENCODER_H
#define OSTEND_ENCODE_ENCODER_H

#include "station/base/err.h"
#include "station/encode/access_unit.h"
#include "station/picture/frame.h"

struct encoder_config {
	uint32_t width, height;
	uint32_t fps;			/* nominal, 1 to 120 */
	uint32_t bitrate_bps;		/* 100,000 to 50,000,000 */
	uint8_t layer;
	const char *preset;		/* in the driver's words; NULL: the one that was measured best */
	uint32_t threads;		/* 0: the driver's choice */
};

/* What a driver does; the rest, numbers and times among it, encoder.c does for all. */
struct encoder_driver {
	const char *name;
	int (*open)(void **out, const struct encoder_config *config, struct err *err);
	/* One access unit for @frame, with keyframe and bytes filled; an IDR picture if @keyframe. */
	int (*encode)(void *state, const struct frame *frame, bool keyframe,
		      struct access_unit **out, struct err *err);
	void (*close)(void *state);
};

extern const struct encoder_driver encoder_x264;

struct encoder;

/**
 * @driver a name; NULL: the first
 * @return 0; ERR_RANGE for a picture or rate outside what is allowed; ERR_UNSUPPORTED for an unknown
 *         driver or preset; ERR_NOMEM
 * Thread: any one at a time.
 */
int encoder_open(struct encoder **out, const char *driver, const struct encoder_config *config,
		 struct err *err);
struct encoder *encoder_free(struct encoder *encoder);
DEFINE_FREEP(encoder_free, struct encoder *)

/**
 * Encode @frame, of the size in the configuration. The first picture is a keyframe in any case.
 *
 * @out    the caller's; its RTP time is that of the frame's captured_ns
 * @return 0; ERR_RANGE for another size; ERR_NOMEM; ERR_OS when the driver fails
 */
int encoder_encode(struct encoder *encoder, const struct frame *frame, bool keyframe,
		   struct access_unit **out, struct err *err);

/** The most bytes an access unit is meant to have: two frame times at the layer's rate, and 4 KiB. */
size_t encoder_bytes_max(const struct encoder_config *config);

#endif
