/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scene.h - pictures like those of a station, the same in each run: a printed cylinder that turns on
 * a quiet background under a sensor's noise; and the two extremes.
 */
#ifndef OSTEND_TESTS_BENCH_SCENE_H
#define OSTEND_TESTS_BENCH_SCENE_H

#include "station/picture/frame.h"

enum scene_kind {
	SCENE_STILL,	/* the object does not turn */
	SCENE_TURNING,	/* 1 degree a picture */
	SCENE_NOISE,	/* each pixel at random in each picture: what no encoder can keep */
};

struct scene;

struct scene *scene_new(void);
struct scene *scene_free(struct scene *scene);

/** Draw picture number @index of @kind: the same bytes whenever asked. */
void scene_draw(struct scene *scene, struct frame *frame, enum scene_kind kind, unsigned index);

#endif
