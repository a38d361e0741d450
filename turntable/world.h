/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world.h - what is true in the demo: where the simulated table physically stands.
 *
 * One file of 64 bytes, mapped shared: the simulated table writes it, the simulated camera draws
 * what it says. It is not what the controller reports: slip and backlash are in it, counted steps
 * are not.
 */
#ifndef OSTEND_TURNTABLE_WORLD_H
#define OSTEND_TURNTABLE_WORLD_H

#include <stdatomic.h>
#include <stdint.h>

#include "station/base/err.h"

#define WORLD_MAGIC 0x444c5257u		/* "WRLD" */

struct world {
	uint32_t magic;
	uint32_t reserved;
	_Atomic int64_t true_angle_mdeg;	/* unwrapped, clockwise from above */
	_Atomic uint64_t updated_ns;		/* monotonic: when the writer last said so; 0: never */
	uint8_t unused[40];
};
_Static_assert(sizeof(struct world) == 64, "the world file is 64 bytes");

/**
 * Map the world file at @path for writing, making it (mode 0600) when it is not there. A file that
 * is already a world keeps its angle, so that a restarted simulator finds its table where it stood.
 *
 * @out    the caller's to close; untouched on failure
 * @return 0; ERR_OS; ERR_PROTO when the file is something else
 */
int world_create(struct world **out, const char *path, struct err *err);

/** Map it for reading. ERR_GONE when it is not there or not yet complete: try again; ERR_OS. */
int world_open(const struct world **out, const char *path, struct err *err);

/** NULL is fine; returns NULL. */
struct world *world_close(const struct world *world);
DEFINE_FREEP(world_close, struct world *)

/** Set the angle and the time, in this order: a reader that sees the time sees the angle. */
void world_set(struct world *world, int64_t true_angle_mdeg, uint64_t now_ns);

#endif
