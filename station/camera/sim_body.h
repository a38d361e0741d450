/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_body.h - draws a turning drum or prism, column by column, from a picture of its unrolled side.
 *
 * The view is parallel and a little from above: a point of the body at radius R, angle b of its own
 * and height h, on a table turned by a (clockwise from above), stands at
 *
 *	x = cx + R sin(b - a)		y = cy + tilt R cos(b - a) - h
 *
 * so that the side's columns keep their height and only shift: one column of the picture is one
 * column of the unrolled side.
 */
#ifndef OSTEND_CAMERA_SIM_BODY_H
#define OSTEND_CAMERA_SIM_BODY_H

#include "station/picture/frame.h"

/* An unrolled side. Each plane is stored column by column. */
struct sim_sheet {
	uint32_t width, height;		/* even; the width is one full turn */
	uint8_t *columns[3];
};

struct sim_sheet *sim_sheet_new(const struct frame *unrolled);	/* NULL without memory */
struct sim_sheet *sim_sheet_free(struct sim_sheet *sheet);	/* NULL is fine; returns NULL */

struct sim_body {
	const struct sim_sheet *sheet;
	double cx, cy;			/* pixels: the axis, at the top of the side */
	double radius;			/* pixels; of the corners for a prism */
	double tilt;			/* pixels down for each pixel nearer */
	uint8_t lid[3];			/* prism: colour of its top, Y Cb Cr */
};

/** The side of a cylinder; its top is flat and drawn by somebody else. */
void sim_draw_drum(struct frame *frame, const struct sim_body *body, double angle_deg);

/** A prism of @faces faces with its lid; face 0 looks at the camera at angle 0. */
void sim_draw_prism(struct frame *frame, const struct sim_body *body, int faces, double angle_deg);

#endif
