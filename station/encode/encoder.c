/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of drivers, and what is the same for all of them. */
#include "station/encode/encoder.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"

static const struct encoder_driver *const drivers[] = {
	&encoder_x264,
};

struct encoder {
	const struct encoder_driver *driver;
	void *state;
	struct encoder_config config;
	uint64_t number;
};

struct encoder *encoder_free(struct encoder *encoder)
{
	if (!encoder)
		return NULL;
	if (encoder->state)
		encoder->driver->close(encoder->state);
	free(encoder);
	return NULL;
}

static const struct encoder_driver *find_driver(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
		if (!name || strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

static int check(const struct encoder_config *config, struct err *err)
{
	struct frame_info info;

	if (frame_layout(&info, config->width, config->height) == 0)
		return err_set(err, ERR_RANGE, "encoder: %u x %u is not a picture size", config->width,
			       config->height);
	if (config->fps < 1 || config->fps > 120)
		return err_set(err, ERR_RANGE, "encoder: %u frames/s is not from 1 to 120", config->fps);
	if (config->bitrate_bps < 100000 || config->bitrate_bps > 50000000)
		return err_set(err, ERR_RANGE, "encoder: %u bit/s is not from 100000 to 50000000",
			       config->bitrate_bps);
	return 0;
}

int encoder_open(struct encoder **out, const char *driver, const struct encoder_config *config,
		 struct err *err)
{
	CLEANUP(encoder_freep) struct encoder *encoder = NULL;
	int rc = check(config, err);

	if (rc < 0)
		return rc;
	encoder = calloc(1, sizeof *encoder);
	if (!encoder)
		return err_set(err, ERR_NOMEM, "encoder: out of memory");
	encoder->driver = find_driver(driver);
	if (!encoder->driver)
		return err_set(err, ERR_UNSUPPORTED, "encoder: no driver \"%s\"", driver);
	encoder->config = *config;
	rc = encoder->driver->open(&encoder->state, config, err);
	if (rc < 0)
		return err_prefix(err, "encoder %s", encoder->driver->name);
	*out = MOVE(encoder);
	return 0;
}

int encoder_encode(struct encoder *encoder, const struct frame *frame, bool keyframe,
		   struct access_unit **out, struct err *err)
{
	const struct encoder_config *config = &encoder->config;
	struct access_unit *au = NULL;
	int rc;

	if (frame->info.width != config->width || frame->info.height != config->height)
		return err_set(err, ERR_RANGE, "encoder: a picture of %u x %u, not %u x %u",
			       frame->info.width, frame->info.height, config->width, config->height);
	rc = encoder->driver->encode(encoder->state, frame, keyframe, &au, err);
	if (rc < 0)
		return err_prefix(err, "encoder %s", encoder->driver->name);
	au->layer = config->layer;
	au->synthetic = frame->info.flags & FRAME_SYNTHETIC;
	au->width = (uint16_t)config->width;
	au->height = (uint16_t)config->height;
	au->number = encoder->number++;
	au->captured_ns = frame->info.captured_ns;
	au->encoded_ns = clock_mono_ns();
	au->ts_90k = access_unit_ts_90k(frame->info.captured_ns);
	*out = au;
	return 0;
}

size_t encoder_bytes_max(const struct encoder_config *config)
{
	return (size_t)config->bitrate_bps / 8 * 2 / config->fps + 4096;
}
