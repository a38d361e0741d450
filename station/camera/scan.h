/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scan.h - camera.scan: look for QR codes in the live picture for a while.
 *
 *	loop: scan_offer(picture) --copy of the luma, when one is wanted--> thread: qr_read --> loop: answer
 *
 * It runs in the capture process, which has nothing but its camera: zbar reads whatever somebody holds before the
 * lens. It runs on a thread of its own, because a scan takes as long as several pictures; the pictures on their
 * way pay for a copy of the luma twice a second. Thread: the loop's.
 */
#ifndef OSTEND_CAMERA_SCAN_H
#define OSTEND_CAMERA_SCAN_H

#include "station/base/loop.h"
#include "station/base/rpc_server.h"
#include "station/picture/frame.h"

struct scan;

/** After the sandbox: the thread has the filters of the one that makes it. ERR_NOMEM; ERR_OS. */
int scan_new(struct scan **out, struct loop *loop, struct rpc_server *server, struct err *err);
/** Refuses what is asked for and joins the thread. NULL is fine; returns NULL. */
struct scan *scan_free(struct scan *scan);

/**
 * A request {"for_ms": 0 to 30000 (default 5000), "full": bool}, answered as soon as a code is seen, or at the end:
 * {"texts": [...], "pictures": how many were looked at, "width", "height" of the last}. "full" looks at every
 * picture in its full size; otherwise half the size is tried first and the full one after it.
 * Refused: ERR_RANGE; ERR_STATE while another scan runs.
 */
void scan_request(struct scan *scan, const json_t *params, struct rpc_ticket ticket);

/** A picture of the camera, before it is sent. */
void scan_offer(struct scan *scan, const struct frame *frame);

#endif
