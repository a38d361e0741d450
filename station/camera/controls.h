/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * controls.h - a camera's controls over its whole life: what was set and locked outlives a re-plug.
 *
 * A locked control keeps its value: a request to set it is refused, its automatic is switched off and
 * may not be switched on again. What was set is wanted from then on; a camera that comes back, with
 * its factory settings, gets all of it again. Values are always those read back from the device.
 */
#ifndef OSTEND_CAMERA_CONTROLS_H
#define OSTEND_CAMERA_CONTROLS_H

#include "station/camera/camera.h"

struct controls;

int controls_new(struct controls **out, struct err *err);	/* ERR_NOMEM */
struct controls *controls_free(struct controls *controls);
DEFINE_FREEP(controls_free, struct controls *)

/**
 * The camera was opened: read its controls and give it what is wanted. A wish that the camera does
 * not take is logged, and shows in the value read back.
 * @driver and @self are used until controls_detach.
 */
int controls_attach(struct controls *controls, const struct camera_driver *driver, void *self,
		    struct err *err);
void controls_detach(struct controls *controls);

/**
 * Read all controls anew.
 *
 * @list   the controls' own, valid until the next call
 * @return how many; ERR_GONE while there is no camera
 */
int controls_list(struct controls *controls, const struct camera_control **list, struct err *err);

/**
 * Set @name to the possible value nearest to @value.
 *
 * @out    the control as read back, valid until the next call
 * @return 0; ERR_GONE; ERR_RANGE no such control, or no such entry of its menu; ERR_STATE locked, or
 *         inactive while its automatic is on; ERR_DENIED refused by the camera
 */
int controls_set(struct controls *controls, const char *name, int64_t value,
		 const struct camera_control **out, struct err *err);

/** Lock @name at its present value, or unlock it. As controls_set. */
int controls_lock(struct controls *controls, const char *name, bool locked,
		  const struct camera_control **out, struct err *err);

#endif
