/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capture_rpc.h - the capture process's answers on its JSON-RPC socket. Inside station/camera only. */
#ifndef OSTEND_CAMERA_CAPTURE_RPC_H
#define OSTEND_CAMERA_CAPTURE_RPC_H

#include <jansson.h>

#include "station/camera/controls.h"

/* What camera.status says. */
struct capture_status {
	const char *driver, *state, *reason;
	const struct camera_info *info;
	uint64_t frames, dropped, rejected;
};

json_t *capture_rpc_status(const struct capture_status *status);	/* NULL only without memory */

/** camera.controls, camera.set, camera.lock. @result: the caller's; 0 or an ERR_*. */
int capture_rpc_controls(struct controls *controls, const char *method, const json_t *params,
			 json_t **result, int *rpc_code, struct err *err);

#endif
