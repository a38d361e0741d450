/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipeline.h - the encode thread: takes frames from the capture link, burns in the strip, writes the
 * preview, encodes each layer and gives the access units away.
 *
 * While no frame comes (camera process restarting) it makes a synthetic one that says so, at least
 * twice a second, so that every screen shows a reason and never a silently frozen picture.
 */
#ifndef OSTEND_ENCODE_PIPELINE_H
#define OSTEND_ENCODE_PIPELINE_H

#include "station/base/err.h"
#include "station/base/pose.h"
#include "station/encode/access_unit.h"

struct pipeline;

struct pipeline_config {
	uint32_t width, height;		/* of layer 0; frames of another size are scaled, of another
					   shape set in the middle with black beside them */
	uint32_t fps;			/* the camera's nominal rate */
	uint32_t bitrate_bps;		/* of layer 0 */
	/** Takes a reference of its own if it wants to keep @au. Thread: encode. Must not block. */
	void (*give)(void *owner, struct access_unit *au);
	void *owner;
};

struct pipeline_stats {
	uint64_t frames_in, frames_encoded, frames_dropped, frames_synthetic, keyframes;
	uint64_t bytes_out;
	uint32_t encode_us, picture_us;	/* of the last frame */
	uint64_t last_captured_ns;	/* of the newest real frame; 0: none yet */
	bool camera_present;		/* a real frame came within the last second */
};

int pipeline_start(struct pipeline **out, const struct pipeline_config *config, struct err *err);
struct pipeline *pipeline_stop(struct pipeline *pipeline);	/* joins the thread; returns NULL */

/* Any thread: */
void pipeline_set_capture(struct pipeline *pipeline, int link_fd);	/* takes it; -1: none now */
void pipeline_set_text(struct pipeline *pipeline, const char *case_no, const char *exhibit_no);
void pipeline_set_pose(struct pipeline *pipeline, const struct pose *pose);
/** Why there is no picture, for the synthetic one: English, then, after a newline, Chinese. */
void pipeline_set_notice(struct pipeline *pipeline, const char *reason);
void pipeline_request_keyframe(struct pipeline *pipeline);
void pipeline_stats(struct pipeline *pipeline, struct pipeline_stats *out);

/**
 * A read-only descriptor of the preview (base/preview.h), the caller's to close. Pictures are
 * written, at most 10 a second, for @lease_ms after the last call.
 */
int pipeline_preview(struct pipeline *pipeline, uint32_t lease_ms, struct err *err);

#endif
