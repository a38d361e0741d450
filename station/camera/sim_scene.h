/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_scene.h - the simulated camera's picture at an angle and a time. Thread: one at a time. */
#ifndef OSTEND_CAMERA_SIM_SCENE_H
#define OSTEND_CAMERA_SIM_SCENE_H

#include <stdbool.h>

#include "station/base/err.h"
#include "station/picture/frame.h"

struct sim_scene;

/** Paint what does not change, for pictures of @width x @height (even). ERR_NOMEM, ERR_RANGE. */
int sim_scene_new(struct sim_scene **out, uint32_t width, uint32_t height, struct err *err);
struct sim_scene *sim_scene_free(struct sim_scene *scene);	/* NULL is fine; returns NULL */
DEFINE_FREEP(sim_scene_free, struct sim_scene *)

#define SIM_LABEL_SIZE 64	/* of the QR code's text, with the NUL */

/** Put a label with this QR code beside the exhibit. ERR_NOMEM: the former one stays. */
int sim_scene_label(struct sim_scene *scene, const char *text);

/** Draw into @frame, of the scene's size. @stale: say that nobody knows the angle any more. */
void sim_scene_draw(const struct sim_scene *scene, struct frame *frame, int64_t angle_mdeg,
		    int64_t utc_us, bool stale);

#endif
