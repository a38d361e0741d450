/* SPDX-License-Identifier: GPL-3.0-or-later */
/* capture_private.h - what the files of the capture process share. One thread. */
#ifndef OSTEND_CAMERA_CAPTURE_PRIVATE_H
#define OSTEND_CAMERA_CAPTURE_PRIVATE_H

#include "station/base/loop.h"
#include "station/base/rpc_server.h"
#include "station/camera/camera.h"
#include "station/camera/controls.h"
#include "station/camera/link.h"
#include "station/picture/slate.h"

enum capture_state { OPENING, LIVE, SILENT, LOST, HELD };

/*
 *	             .---------------- no larger size, or not wanted -----------------.
 *	 NONE --> FIRST --picture--> SETTLING --pictures--> WAITING --picture--> answer
 *	                  resize                                                   |
 *	 NONE <--picture-- RETURNING <--resize back-- KEPT <--"keep"----------------+---> NONE
 */
enum still_phase { STILL_NONE, STILL_FIRST, STILL_SETTLING, STILL_WAITING, STILL_KEPT, STILL_RETURNING };

struct still {
	enum still_phase phase;
	struct rpc_ticket ticket;	/* whoever waits; id NULL: nobody */
	bool full, keep;
	bool resized;			/* the device gives its largest pictures */
	uint64_t asked_ns, deadline_ns;
	int to_settle;			/* pictures */
	struct frame *held;		/* what is shown meanwhile; NULL: the camera's own pictures */
	struct loop_timer timer;
};

struct capture {
	struct camera_options options;
	const struct camera_driver *driver;
	void *camera;			/* NULL: not open */
	struct camera_info info;	/* of the camera, also after it has gone */
	enum capture_state state;
	struct err reason;		/* why there is no picture; empty text while there is */
	struct camera_counts counts;
	uint64_t frames, dropped;
	uint64_t retry_ns, picture_ns;
	uint64_t sequence_base, sequence_next;
	uint32_t width, height;		/* of the newest picture: the slate has it too */

	struct loop *loop;
	struct loop_watch camera_watch, link_watch;
	struct loop_timer tick;
	struct link_source *link;
	struct rpc_server *server;
	uint64_t peer;
	struct controls *controls;
	struct scan *scan;
	struct converter *converter;
	struct slate *slate;
	uint32_t slate_width, slate_height;
	struct still still;
};

/* --- capture.c ----------------------------------------------------------------------------------- */
void capture_set_state(struct capture *capture, enum capture_state state, const struct err *reason);
void capture_lose_camera(struct capture *capture, const struct err *reason);

/** A frame of the link of @width x @height that the station draws; NULL when there is none free. */
struct frame *capture_begin_drawn(struct capture *capture, uint32_t width, uint32_t height);
void capture_send_drawn(struct capture *capture, struct frame *frame);

/* --- capture_still.c ----------------------------------------------------------------------------- */
void capture_still_start(struct capture *capture);
void capture_still_stop(struct capture *capture);

/** camera.still and camera.video: answered now or later. False: another method. */
bool capture_still_request(struct capture *capture, const char *method, const json_t *params,
			   struct rpc_ticket ticket);

/** Whether the link has the held picture, and the camera's are not for it. */
bool capture_still_holds(const struct capture *capture);

/** The camera's picture has been decoded into @frame: it may be the one to be held, or that is wanted. */
void capture_still_see(struct capture *capture, const struct camera_shot *shot,
		       const struct frame *frame);

/** A picture that is not for the link. */
void capture_still_take(struct capture *capture, const struct camera_shot *shot);

/** No shot is out: the size may be changed now. */
void capture_still_step(struct capture *capture);

/** The camera has gone, for @reason. */
void capture_still_lost(struct capture *capture, const struct err *reason);

#endif
