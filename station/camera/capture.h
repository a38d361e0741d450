/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.h - the capture process: holds the camera, turns light into frames, and nothing else.
 *
 * While the camera gives no picture the process sends its own twice a second (FRAME_SYNTHETIC), with
 * the reason in English and Chinese, and tries to open the camera again every second.
 */
#ifndef OSTEND_CAMERA_CAPTURE_H
#define OSTEND_CAMERA_CAPTURE_H

#include "station/camera/camera.h"

struct capture_options {
	struct camera_options camera;	/* counts may be NULL */
	bool sandbox;			/* give up rights after the start, see base/sandbox.h */
};

/**
 * Run until the other end of either descriptor closes.
 *
 * @link_fd an ipc.h socket: frames go out as link.h has it
 * @rpc_fd  a stream socket: answers camera.status, .controls, .set, .lock and .scan, and sends `camera` when
 *          the state changes (doc/protocol.md). camera.status' "state" is "opening", "live", "silent"
 *          (open, but no good picture for a second), "lost" or "held" (a still is taken at full size).
 *          camera.still {"full", "keep"}: the JPEG of a picture that began after the request, in a sealed memfd
 *          beside the answer {"bytes", "width", "height", "format", "made_by": "camera" | "station", "captured_ns",
 *          "utc_us", "sequence", "full", "driver", "identity", "settings": {control: value}}. With "keep" the
 *          device stays at its full size for 15 s more, or until camera.video.
 * @return  0; 1 when it could not start (the reason is in the log). Both descriptors are closed.
 */
int capture_main(const struct capture_options *options, int link_fd, int rpc_fd);

#endif
