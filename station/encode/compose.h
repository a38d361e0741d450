/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compose.h - from what the camera gave, or did not give, to the picture that is encoded: fitted to
 * layer 0, with the strip burned in, and a small copy for the consoles. Thread: encode, where not said.
 */
#ifndef OSTEND_ENCODE_COMPOSE_H
#define OSTEND_ENCODE_COMPOSE_H

#include "station/base/err.h"
#include "station/base/pose.h"
#include "station/picture/frame.h"

#define COMPOSE_NOTICE_BYTES 512

struct compose;

/** ERR_RANGE, ERR_NOMEM, ERR_OS, ERR_UNSUPPORTED without fonts. */
int compose_new(struct compose **out, uint32_t width, uint32_t height, struct err *err);
struct compose *compose_free(struct compose *compose);
DEFINE_FREEP(compose_free, struct compose *)

void compose_set_text(struct compose *compose, const char *case_no, const char *exhibit_no);
void compose_set_pose(struct compose *compose, const struct pose *pose);

/** Why there is no picture: English, then, after a newline, Chinese; either may be empty. */
void compose_set_notice(struct compose *compose, const char *notice);

/**
 * The finished picture for @frame, whose reference it takes: @frame itself with the strip in it, or
 * a frame of the composer's that the next call overwrites. The reference is the caller's.
 */
struct frame *compose_picture(struct compose *compose, struct frame *frame);

/** The picture that gives the notice, of the time @now_ns (monotonic). */
struct frame *compose_slate(struct compose *compose, uint64_t now_ns);

/** As pipeline_preview. Thread: any. */
int compose_preview(struct compose *compose, uint32_t lease_ms, struct err *err);

#endif
