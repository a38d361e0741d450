/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One loop over four things: the camera, the link to ostendd, its JSON-RPC socket, and a tick twice a
 * second that opens a lost camera again, notices a silent one and sends the slate.
 *
 *	opening --picture--> live --1 s without--> silent --picture--> live
 *	   |                   '------ error of the driver ------.
 *	   '--> lost <------------------------------------------'   (tick: opened again, once a second)
 *
 * and live --still at full size--> held --picture--> live, see capture_still.c.
 */
#include "station/camera/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/base/sandbox.h"
#include "station/camera/capture_private.h"
#include "station/camera/capture_rpc.h"
#include "station/camera/scan.h"

#define TICK_NS (NS_PER_S / 2)
#define RETRY_NS NS_PER_S
#define SILENT_NS NS_PER_S

static const char *const state_names[] = { "opening", "live", "silent", "lost", "held" };

/* --- what is said of the camera ------------------------------------------------------------------ */

static json_t *status_of(const struct capture *capture)
{
	struct capture_status status = {
		.driver = capture->driver->name,
		.state = state_names[capture->state],
		.reason = capture->reason.text,
		.info = &capture->info,
		.frames = capture->frames,
		.dropped = capture->dropped + capture->counts.skipped + capture->counts.lost,
		.rejected = capture->counts.rejected,
	};

	return capture_rpc_status(&status);
}

void capture_set_state(struct capture *capture, enum capture_state state, const struct err *reason)
{
	struct err why = reason ? *reason : (struct err){ 0 };

	if (state == capture->state && strcmp(why.text, capture->reason.text) == 0)
		return;
	if (state == LIVE)
		log_notice("camera %s: pictures of %u x %u, %s", capture->info.device,
			   capture->info.width, capture->info.height, capture->info.format);
	else if (why.text[0] && state != HELD)
		log_warning("%s", why.text);
	capture->state = state;
	capture->reason = why;
	rpc_server_notify(capture->server, capture->peer, "camera", "camera", status_of(capture));
}

/* --- the slate ----------------------------------------------------------------------------------- */

static const char *reason_zh(const struct err *reason)
{
	switch (reason->code) {
	case 0:
		return "正在打开摄像机";
	case ERR_GONE:
		return "摄像机未连接，等待重新接入";
	case ERR_DENIED:
		return "接入的不是本站登记的摄像机，已拒绝使用";
	case ERR_TIMEOUT:
		return "摄像机没有送来图像";
	case ERR_STATE:
		return "摄像机正被其他程序占用，或其信号已改变";
	case ERR_PROTO:
		return "摄像机送来的图像已损坏";
	case ERR_UNSUPPORTED:
	case ERR_RANGE:
		return "摄像机的图像格式不受支持";
	default:
		return "摄像机无法打开";
	}
}

static int fit_slate(struct capture *capture, struct err *err)
{
	if (capture->slate && capture->slate_width == capture->width &&
	    capture->slate_height == capture->height)
		return 0;
	capture->slate = slate_free(capture->slate);
	capture->slate_width = capture->width;
	capture->slate_height = capture->height;
	return slate_new(&capture->slate, capture->width, capture->height, err);
}

static void link_failed(struct capture *capture, int rc, const struct err *err)
{
	if (rc == ERR_FULL)
		return;		/* the source has counted it */
	if (rc != ERR_GONE)
		log_error("%s", err->text);
	loop_stop(capture->loop);
}

struct frame *capture_begin_drawn(struct capture *capture, uint32_t width, uint32_t height)
{
	struct frame *frame;
	struct err err = { 0 };
	int rc = link_source_frame(capture->link, &frame, width, height, &err);

	if (rc == 0)
		return frame;
	link_failed(capture, rc, &err);
	return NULL;
}

void capture_send_drawn(struct capture *capture, struct frame *frame)
{
	struct err err = { 0 };
	int rc;

	frame->info.flags |= FRAME_SYNTHETIC;
	frame->info.captured_ns = clock_mono_ns();
	frame->info.sequence = capture->sequence_next++;
	capture->sequence_base++;
	rc = link_source_send(capture->link, frame, &err);
	if (rc < 0)
		link_failed(capture, rc, &err);
}

static void send_slate(struct capture *capture)
{
	struct frame *frame;
	struct err err = { 0 };

	if (fit_slate(capture, &err) < 0) {
		log_error("%s", err.text);
		return;
	}
	frame = capture_begin_drawn(capture, capture->width, capture->height);
	if (!frame)
		return;
	slate_draw(capture->slate, frame,
		   capture->reason.text[0] ? capture->reason.text : "Opening the camera",
		   reason_zh(&capture->reason));
	capture_send_drawn(capture, frame);
}

/* --- the camera ---------------------------------------------------------------------------------- */

static void close_camera(struct capture *capture)
{
	if (!capture->camera)
		return;
	loop_unwatch(capture->loop, &capture->camera_watch);
	controls_detach(capture->controls);
	capture->driver->close(capture->camera);
	capture->camera = NULL;
}

void capture_lose_camera(struct capture *capture, const struct err *reason)
{
	close_camera(capture);
	capture_still_lost(capture, reason);
	capture->retry_ns = clock_mono_ns() + RETRY_NS;
	capture_set_state(capture, LOST, reason);
	send_slate(capture);
}

static void open_camera(struct capture *capture)
{
	struct camera_options options = capture->options;
	struct err err = { 0 };
	int rc;

	/* a camera seen once is the only one from then on: who swaps it restarts the station */
	if ((!options.identity || !options.identity[0]) && capture->info.identity[0])
		options.identity = capture->info.identity;
	rc = capture->driver->open(&capture->camera, &options, &err);
	if (rc == 0) {
		capture->driver->info(capture->camera, &capture->info);
		rc = loop_watch(capture->loop, &capture->camera_watch,
				capture->driver->fd(capture->camera), EPOLLIN | EPOLLPRI, &err);
	}
	if (rc == 0)
		rc = controls_attach(capture->controls, capture->driver, capture->camera, &err);
	if (rc < 0) {
		capture_lose_camera(capture, &err);
		return;
	}
	capture->picture_ns = clock_mono_ns();
	capture->sequence_base = capture->sequence_next;
	capture_set_state(capture, OPENING, NULL);
}

static void send_shot(struct capture *capture, const struct camera_shot *shot)
{
	struct frame *frame;
	struct err err = { 0 };
	int rc = link_source_frame(capture->link, &frame, shot->width / 2 * 2, shot->height / 2 * 2,
				   &err);

	if (rc < 0) {
		capture->dropped++;
		link_failed(capture, rc, &err);
		return;
	}
	rc = camera_shot_draw(capture->driver, capture->camera, capture->converter, shot, frame, &err);
	if (rc < 0) {
		capture->counts.rejected++;
		frame_unref(frame);
		return;
	}
	capture_still_see(capture, shot, frame);
	frame->info.captured_ns = shot->captured_ns;
	frame->info.sequence = capture->sequence_base + shot->sequence;
	frame->info.flags = 0;
	capture->sequence_next = frame->info.sequence + 1;
	capture->width = frame->info.width;
	capture->height = frame->info.height;
	scan_offer(capture->scan, frame);
	rc = link_source_send(capture->link, frame, &err);
	if (rc < 0) {
		capture->dropped++;
		link_failed(capture, rc, &err);
		return;
	}
	capture->frames++;
	capture->picture_ns = clock_mono_ns();
	if (capture->state != LIVE)
		capture->driver->info(capture->camera, &capture->info);
	capture_set_state(capture, LIVE, NULL);
}

static void read_camera(struct capture *capture)
{
	struct camera_shot shot;
	struct err err = { 0 };
	int rc = capture->driver->read(capture->camera, &shot, &err);

	if (rc < 0) {
		capture_lose_camera(capture, &err);
		return;
	}
	if (rc == 0)
		return;
	if (capture_still_holds(capture))
		capture_still_take(capture, &shot);
	else
		send_shot(capture, &shot);
	if (capture->driver->done)
		capture->driver->done(capture->camera, &shot);
	capture_still_step(capture);
}

static void camera_ready(void *owner, uint32_t events)
{
	(void)events;	/* the driver asks the device itself what it has */
	read_camera(owner);
}

static void note_silence(struct capture *capture, uint64_t now_ns)
{
	uint64_t silent_ns = MAX(SILENT_NS, 3 * NS_PER_S / MAX(capture->info.fps, 1u));
	struct err err = { 0 };

	if (now_ns < capture->picture_ns + silent_ns)
		return;
	if (capture->state != SILENT) {
		err_set(&err, ERR_TIMEOUT, _("camera %s: no good picture comes"),
			capture->info.device);
		capture_set_state(capture, SILENT, &err);
	}
	send_slate(capture);
}

static void tick(void *owner)
{
	struct capture *capture = owner;
	uint64_t now_ns = clock_mono_ns();

	loop_set(capture->loop, &capture->tick, now_ns + TICK_NS);
	if (capture->camera)
		read_camera(capture);
	else if (now_ns >= capture->retry_ns)
		open_camera(capture);
	else
		send_slate(capture);
	if (capture->camera && !capture_still_holds(capture))
		note_silence(capture, now_ns);
}

/* --- the station --------------------------------------------------------------------------------- */

static void link_ready(void *owner, uint32_t events)
{
	struct capture *capture = owner;
	struct err err = { 0 };
	int rc = link_source_receive(capture->link, &err);

	(void)events;
	if (rc < 0)
		link_failed(capture, rc, &err);
}

static void request(void *owner, const struct rpc_peer *peer, const char *method, json_t *params,
		    struct rpc_ticket ticket)
{
	struct capture *capture = owner;
	struct err err = { 0 };
	json_t *result;
	int rc, rpc_code;

	(void)peer;
	if (strcmp(method, "camera.status") == 0) {
		rpc_server_answer(capture->server, ticket, status_of(capture));
		return;
	}
	if (strcmp(method, "camera.scan") == 0) {
		scan_request(capture->scan, params, ticket);
		return;
	}
	if (capture_still_request(capture, method, params, ticket))
		return;
	rc = capture_rpc_controls(capture->controls, method, params, &result, &rpc_code, &err);
	if (rc == 0)
		rpc_server_answer(capture->server, ticket, result);
	else
		rpc_server_refuse(capture->server, ticket, rpc_code, &err);
}

static void left(void *owner, const struct rpc_peer *peer)
{
	struct capture *capture = owner;

	(void)peer;
	loop_stop(capture->loop);
}

static const struct rpc_server_ops server_ops = { .request = request, .left = left };

static int move_fd(int *fd)
{
	int moved = *fd;

	*fd = -1;
	return moved;
}

static int start(struct capture *capture, const struct capture_options *options, int *link_fd,
		 int *rpc_fd, struct err *err)
{
	int rc = camera_driver_find(&capture->driver, options->camera.driver, err);

	if (rc == 0)
		rc = loop_new(&capture->loop, err);
	if (rc == 0)
		rc = controls_new(&capture->controls, err);
	if (rc == 0)
		rc = converter_new(&capture->converter, err);
	if (rc == 0)
		rc = loop_watch(capture->loop, &capture->link_watch, *link_fd, EPOLLIN, err);
	if (rc == 0)
		rc = link_source_new(&capture->link, *link_fd, err);
	if (rc < 0)
		return rc;
	move_fd(link_fd);	/* the link's now */
	rc = rpc_server_open(&capture->server, capture->loop, NULL, &server_ops, capture, err);
	if (rc == 0)
		rc = rpc_server_adopt(capture->server, move_fd(rpc_fd), &capture->peer, err);
	if (rc == 0)
		rc = fit_slate(capture, err);
	if (rc == 0 && options->sandbox)
		rc = sandbox_forbid("capture", 0, err);
	return rc == 0 ? scan_new(&capture->scan, capture->loop, capture->server, err) : rc;
}

static void stop(struct capture *capture)
{
	if (capture->loop) {
		capture_still_stop(capture);
		close_camera(capture);
		loop_cancel(capture->loop, &capture->tick);
		loop_unwatch(capture->loop, &capture->link_watch);
	}
	scan_free(capture->scan);
	rpc_server_free(capture->server);
	link_source_free(capture->link);
	slate_free(capture->slate);
	converter_free(capture->converter);
	controls_free(capture->controls);
	loop_free(capture->loop);
	free(capture);
}

int capture_main(const struct capture_options *options, int link_fd, int rpc_fd)
{
	struct capture *capture = calloc(1, sizeof *capture);
	CLEANUP(util_closep) int link = link_fd;
	CLEANUP(util_closep) int rpc = rpc_fd;
	struct err err = { 0 };
	int rc;

	if (!capture)
		return 1;
	capture->options = options->camera;
	capture->options.counts = &capture->counts;
	/* what is looked for is shown until it is found */
	snprintf(capture->info.device, sizeof capture->info.device, "%s",
		 options->camera.device ? options->camera.device : "");
	snprintf(capture->info.identity, sizeof capture->info.identity, "%s",
		 options->camera.identity ? options->camera.identity : "");
	capture->width = CLAMP(options->camera.width / 2 * 2, 320u, (uint32_t)FRAME_WIDTH_MAX);
	capture->height = CLAMP(options->camera.height / 2 * 2, 180u, (uint32_t)FRAME_HEIGHT_MAX);
	capture->camera_watch = (struct loop_watch){ .fd = -1, .ready = camera_ready, .owner = capture };
	capture->link_watch = (struct loop_watch){ .fd = -1, .ready = link_ready, .owner = capture };
	capture->tick = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = tick, .owner = capture };
	capture_still_start(capture);
	rc = start(capture, options, &link, &rpc, &err);
	if (rc < 0) {
		log_error("%s", err.text);
	} else {
		open_camera(capture);
		loop_set(capture->loop, &capture->tick, clock_mono_ns() + TICK_NS);
		loop_run(capture->loop);
	}
	stop(capture);
	return rc < 0;
}
