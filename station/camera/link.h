/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.h - how frames get from the capture process to ostendd: a counted pool of shared pages.
 *
 * The capture process makes a memfd of equal slots and sends it. Each picture is decoded into a free
 * slot and announced; ostendd maps the pool, uses the slot and says when it is done with it. When no
 * slot is free the capture process drops the picture and counts it. All messages go over one
 * ipc.h socket. ostendd trusts nothing in them: slots, offsets and lengths are checked on arrival, so
 * that a broken capture process can at worst show a broken picture.
 *
 * A second descriptor, a stream socket with JSON-RPC lines (base/rpc_server.h), carries the camera's
 * controls and state; see doc/protocol.md, camera.*.
 */
#ifndef OSTEND_CAMERA_LINK_H
#define OSTEND_CAMERA_LINK_H

#include "station/base/err.h"
#include "station/picture/frame.h"

#define LINK_SLOTS_MAX 16

enum link_type {
	LINK_POOL = 1,		/* capture -> ostendd, with the memfd: a new pool replaces the old one */
	LINK_FRAME,		/* capture -> ostendd: a slot was filled */
	LINK_RELEASE,		/* ostendd -> capture: a slot is free again */
};

struct link_message {
	uint32_t type;
	uint32_t pool;		/* number of the pool, rises by one */
	uint32_t slot;
	uint32_t slots;			/* LINK_POOL */
	uint64_t slot_bytes;		/* LINK_POOL; a multiple of the page size */
	struct frame_info info;		/* LINK_FRAME; offsets from the start of the slot */
	uint64_t dropped;		/* LINK_FRAME: pictures lost since the start for want of a slot */
};

/* --- the capture process's end ------------------------------------------------------------------ */
struct link_source;

/** Send pictures into the ipc socket @fd (the source's from now on). ERR_NOMEM. */
int link_source_new(struct link_source **out, int fd, struct err *err);
struct link_source *link_source_free(struct link_source *source);

/**
 * A free slot laid out for @width x @height, making a new pool when the size has changed.
 * The frame is given back by link_source_send or frame_unref.
 *
 * @return 0; ERR_FULL when all slots are in use; ERR_RANGE; ERR_OS; ERR_GONE
 */
int link_source_frame(struct link_source *source, struct frame **out, uint32_t width,
		      uint32_t height, struct err *err);
int link_source_send(struct link_source *source, struct frame *frame, struct err *err);

/** Take in releases; call when the socket polls readable. ERR_GONE when ostendd has died. */
int link_source_receive(struct link_source *source, struct err *err);

/* --- ostendd's end: thread encode ---------------------------------------------------------------- */
struct link_sink;

int link_sink_new(struct link_sink **out, int fd, struct err *err);	/* @fd becomes the sink's */
struct link_sink *link_sink_free(struct link_sink *sink);	/* frames still referenced stay valid */
int link_sink_fd(const struct link_sink *sink);

/**
 * The next picture, without blocking. The planes may be written to (the strip is blended in place).
 *
 * @return 1; 0 when there is none; ERR_GONE; ERR_PROTO when the other end lies (drop the sink)
 */
int link_sink_frame(struct link_sink *sink, struct frame **out, struct err *err);
uint64_t link_sink_dropped(const struct link_sink *sink);	/* as the source last said */

#endif
