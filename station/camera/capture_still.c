/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * camera.still: the bytes of one picture that began after it was asked for, as the device made them, in
 * a sealed memfd beside the answer.
 *
 * At the size of the video it is one of the pictures that are shown. At the device's largest size its
 * pictures are another format: the newest one of the video is kept, and goes out with a word on it
 * until the camera is back, so that no screen goes dark and none shows an old picture as a new one.
 *
 * Whatever goes wrong, the video comes back: at the deadline, after a refused switch, and when nobody
 * asks for another still for KEEP_NS. A device that cannot be switched back is closed and opened.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <turbojpeg.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/camera/capture_private.h"
#include "station/camera/raw_jpeg.h"
#include "station/picture/convert.h"
#include "station/picture/held.h"

#define SETTLE_PICTURES 6	/* after a switch: webcams are at their exposure and white by then */
#define WAIT_NS (3 * NS_PER_S)
#define WAIT_FULL_NS (10 * NS_PER_S)
#define KEEP_NS (15 * NS_PER_S)
#define HELD_EVERY_NS (NS_PER_S / 5)

#define HELD_EN "A still is being taken; this picture is held"
#define HELD_ZH "正在拍摄静态照片，画面暂时静止"

/* --- answers ------------------------------------------------------------------------------------- */

static void refuse(struct capture *capture, const struct err *err)
{
	struct still *still = &capture->still;

	rpc_server_refuse(capture->server, still->ticket, RPC_REFUSED, err);
	still->ticket = (struct rpc_ticket){ 0 };
}

/* All controls as they are at this moment, by name. */
static json_t *settings_of(struct capture *capture)
{
	const struct camera_control *list;
	json_t *settings = json_object();
	int count = controls_list(capture->controls, &list, NULL);

	for (int i = 0; i < count; i++)
		if (list[i].kind != CAMERA_BUTTON)
			json_object_set_new(settings, list[i].name, json_integer(list[i].value));
	return settings;
}

static json_t *answer_of(struct capture *capture, const struct camera_shot *shot, uint32_t width,
			 uint32_t height, size_t len_bytes)
{
	bool own = shot->format == CAMERA_MJPEG || shot->format == CAMERA_DRAWN;

	return json_pack("{s:I, s:I, s:I, s:s, s:s, s:I, s:I, s:I, s:b, s:s, s:s, s:o}", "bytes",
			 (json_int_t)len_bytes, "width", (json_int_t)width, "height",
			 (json_int_t)height, "format", "image/jpeg", "made_by",
			 own ? "camera" : "station", "captured_ns", (json_int_t)shot->captured_ns,
			 "utc_us", (json_int_t)clock_utc_of_mono_us(shot->captured_ns), "sequence",
			 (json_int_t)(capture->sequence_base + shot->sequence), "full", (int)capture->still.resized, "driver",
			 capture->driver->name, "identity", capture->info.identity, "settings",
			 settings_of(capture));
}

/* The memory can change no more: what is hashed is what is kept. */
static int seal(int *out, const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	CLEANUP(util_closep) int fd = memfd_create("ostend-still", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || util_write(fd, bytes, len_bytes) < 0)
		return err_os(err, "still: memory");
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return err_os(err, "still: sealing the memory");
	*out = MOVE_FD(fd);
	return 0;
}

/* The light is caught: the table may go on while the bytes are made, checked and handed over. */
static void tell_exposed(struct capture *capture)
{
	rpc_server_notify(capture->server, capture->peer, "camera", "camera.exposed", NULL);
}

/* @frame is @shot decoded. */
static void answer(struct capture *capture, const struct camera_shot *shot, const struct frame *frame)
{
	struct still *still = &capture->still;
	CLEANUP(util_closep) int fd = -1;
	const uint8_t *bytes = shot->bytes;
	size_t len_bytes = shot->len_bytes;
	unsigned long made_bytes = 0;
	uint8_t *made = NULL;
	struct err err = { 0 };
	int rc = 0;

	if (shot->format != CAMERA_MJPEG) {
		rc = raw_jpeg_make(&made, &made_bytes, shot, frame, &err);
		bytes = made;
		len_bytes = made_bytes;
	}
	if (rc == 0)
		rc = seal(&fd, bytes, len_bytes, &err);
	tjFree(made);
	if (rc < 0) {
		refuse(capture, &err);
		return;
	}
	rpc_server_answer_fd(capture->server, still->ticket,
			     answer_of(capture, shot, made ? frame->info.width : shot->width,
				       made ? frame->info.height : shot->height, len_bytes), fd);
	still->ticket = (struct rpc_ticket){ 0 };
}

/* --- the held picture ---------------------------------------------------------------------------- */

static void send_held(struct capture *capture)
{
	const struct frame *held = capture->still.held;
	struct frame *frame = capture_begin_drawn(capture, held->info.width, held->info.height);

	if (!frame)
		return;
	convert_copy(frame, held);
	capture_send_drawn(capture, frame);
}

static int hold(struct capture *capture, const struct frame *frame, struct err *err)
{
	struct still *still = &capture->still;
	struct err why = { 0 };

	still->held = frame_new(frame->info.width, frame->info.height);
	if (!still->held)
		return err_set(err, ERR_NOMEM, "still: no memory for a picture to hold");
	convert_copy(still->held, frame);
	if (held_mark(still->held, HELD_EN, HELD_ZH, &why) < 0)
		log_warning("still: %s", why.text);
	return 0;
}

static void release(struct capture *capture)
{
	struct still *still = &capture->still;

	still->held = frame_unref(still->held);
	still->phase = STILL_NONE;
	still->resized = false;
	loop_cancel(capture->loop, &still->timer);
}

bool capture_still_holds(const struct capture *capture)
{
	return capture->still.held && capture->still.phase != STILL_FIRST;
}

/* --- sizes --------------------------------------------------------------------------------------- */

/* What was set and locked is set again: some cameras forget it with the format. */
static int resize(struct capture *capture, bool full, struct err *err)
{
	int rc = capture->driver->resize ? capture->driver->resize(capture->camera, full, err)
		: err_set(err, ERR_UNSUPPORTED, "the camera has one size of pictures");

	if (rc == 0)
		rc = controls_attach(capture->controls, capture->driver, capture->camera, err);
	return rc;
}

static void go_back(struct capture *capture)
{
	struct err err = { 0 };

	if (capture->still.resized && resize(capture, false, &err) < 0) {
		err_prefix(&err, _("the camera did not go back to its video after a still"));
		capture_lose_camera(capture, &err);
		return;
	}
	capture->still.resized = false;
	capture->still.phase = STILL_RETURNING;
	capture->still.deadline_ns = clock_mono_ns() + WAIT_NS;
}

static void give_up(struct capture *capture, const struct err *err)
{
	refuse(capture, err);
	if (capture->still.held)
		go_back(capture);
	else
		release(capture);
}

/* The picture to hold is there, and no shot is out. */
static void go_full(struct capture *capture)
{
	struct still *still = &capture->still;
	struct err err = { 0 }, why = { 0 };
	int rc = resize(capture, true, &err);

	if (rc == ERR_UNSUPPORTED) {	/* the video is all that there is */
		still->held = frame_unref(still->held);
		still->phase = STILL_WAITING;
		return;
	}
	still->resized = true;
	if (rc < 0) {
		err_prefix(&err, _("no still at full size"));
		give_up(capture, &err);
		return;
	}
	still->phase = STILL_SETTLING;
	still->to_settle = SETTLE_PICTURES;
	err_set(&why, ERR_AGAIN, _("a still is being taken; the last picture is held"));
	capture_set_state(capture, HELD, &why);
	send_held(capture);
}

/* --- pictures ------------------------------------------------------------------------------------ */

void capture_still_see(struct capture *capture, const struct camera_shot *shot,
		       const struct frame *frame)
{
	struct still *still = &capture->still;
	struct err err = { 0 };

	if (still->phase == STILL_FIRST && !still->held) {
		if (hold(capture, frame, &err) < 0)
			give_up(capture, &err);
	} else if (still->phase == STILL_WAITING && shot->exposed_ns >= still->asked_ns) {
		tell_exposed(capture);
		answer(capture, shot, frame);
		release(capture);
	}
}

/* A picture at full size must be whole before it is evidence: it is decoded, and the result thrown away. */
static void try_full(struct capture *capture, const struct camera_shot *shot)
{
	struct frame *frame = frame_new(shot->width / 2 * 2, shot->height / 2 * 2);
	struct err err = { 0 };

	if (!frame)
		return;		/* until the deadline */
	tell_exposed(capture);
	if (camera_shot_draw(capture->driver, capture->camera, capture->converter, shot, frame, &err) < 0) {
		capture->counts.rejected++;
	} else {
		answer(capture, shot, frame);
		capture->still.phase = STILL_KEPT;	/* and on from there once the shot is given back */
		capture->still.deadline_ns = capture->still.keep ? clock_mono_ns() + KEEP_NS : 0;
	}
	frame_unref(frame);
}

/* Somebody may have asked for another one on the way back. */
static void return_to_video(struct capture *capture)
{
	struct still *still = &capture->still;

	if (!still->ticket.id) {
		release(capture);
		return;
	}
	still->held = frame_unref(still->held);
	still->phase = still->full ? STILL_FIRST : STILL_WAITING;
}

void capture_still_take(struct capture *capture, const struct camera_shot *shot)
{
	struct still *still = &capture->still;

	capture->picture_ns = clock_mono_ns();
	if (still->phase == STILL_RETURNING)
		return_to_video(capture);	/* this one is only a sign of life: the next is shown */
	else if (still->phase == STILL_SETTLING && --still->to_settle <= 0)
		still->phase = STILL_WAITING;
	else if (still->phase == STILL_WAITING && shot->exposed_ns >= still->asked_ns)
		try_full(capture, shot);
}

void capture_still_step(struct capture *capture)
{
	struct still *still = &capture->still;

	if (still->phase == STILL_FIRST && still->held)
		go_full(capture);
	else if (still->phase == STILL_KEPT && clock_mono_ns() >= still->deadline_ns)
		go_back(capture);
}

void capture_still_lost(struct capture *capture, const struct err *reason)
{
	if (capture->still.ticket.id)
		refuse(capture, reason);
	release(capture);
}

static void tick(void *owner)
{
	struct capture *capture = owner;
	struct still *still = &capture->still;
	uint64_t now_ns = clock_mono_ns();
	struct err err = { 0 };

	loop_set(capture->loop, &still->timer, now_ns + HELD_EVERY_NS);
	if (capture_still_holds(capture))
		send_held(capture);
	if (now_ns < still->deadline_ns)
		return;
	if (still->phase == STILL_KEPT) {
		go_back(capture);
	} else if (still->phase == STILL_RETURNING && !still->ticket.id) {
		release(capture);	/* no picture: the silence is noticed as any other */
	} else {
		err_set(&err, ERR_TIMEOUT, _("camera %s: no good picture for a still came in time"),
			capture->info.device);
		give_up(capture, &err);
	}
}

/* --- requests ------------------------------------------------------------------------------------ */

static int read_flag(bool *out, const json_t *params, const char *key, struct err *err)
{
	const json_t *value = json_object_get(params, key);

	*out = json_is_true(value);
	if (value && !json_is_boolean(value))
		return err_set(err, ERR_RANGE, "%s: true or false is wanted", key);
	return 0;
}

static int check(const struct capture *capture, bool full, struct err *err)
{
	enum still_phase phase = capture->still.phase;

	if (phase == STILL_KEPT && !full)
		return err_set(err, ERR_STATE, "the camera is kept at its full size for more stills");
	if (capture->still.ticket.id)
		return err_set(err, ERR_STATE, "another still is being taken");
	if (phase == STILL_NONE && capture->state != LIVE && capture->state != HELD)
		return err_set(err, ERR_GONE, "no still: %s", capture->reason.text[0] ?
			       capture->reason.text : "the camera is only being opened");
	return 0;
}

static void begin(struct capture *capture, bool full, bool keep, struct rpc_ticket ticket)
{
	struct still *still = &capture->still;
	uint64_t now_ns = clock_mono_ns();

	if (still->phase != STILL_RETURNING)
		still->phase = still->phase == STILL_KEPT || !full ? STILL_WAITING : STILL_FIRST;
	still->full = full;
	still->keep = keep;
	still->ticket = ticket;
	still->asked_ns = now_ns;
	still->deadline_ns = now_ns + (full ? WAIT_FULL_NS : WAIT_NS);
	loop_set(capture->loop, &still->timer, now_ns + HELD_EVERY_NS);
}

static void take_still(struct capture *capture, const json_t *params, struct rpc_ticket ticket)
{
	static const char *const known[] = { "full", "keep", NULL };
	bool full = false, keep = false;
	struct err err = { 0 };
	int rc = rpc_only(params, known, &err);

	if (rc == 0)
		rc = read_flag(&full, params, "full", &err);
	if (rc == 0)
		rc = read_flag(&keep, params, "keep", &err);
	if (rc < 0) {
		rpc_server_refuse(capture->server, ticket, RPC_BAD_PARAMS, &err);
		return;
	}
	if (check(capture, full, &err) < 0)
		rpc_server_refuse(capture->server, ticket, RPC_REFUSED, &err);
	else
		begin(capture, full, keep, ticket);
}

bool capture_still_request(struct capture *capture, const char *method, const json_t *params,
			   struct rpc_ticket ticket)
{
	if (strcmp(method, "camera.still") == 0) {
		take_still(capture, params, ticket);
	} else if (strcmp(method, "camera.video") == 0) {
		if (capture->still.phase == STILL_KEPT)
			go_back(capture);
		rpc_server_answer(capture->server, ticket, NULL);
	} else {
		return false;
	}
	return true;
}

void capture_still_start(struct capture *capture)
{
	capture->still.timer = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = tick, .owner = capture };
}

void capture_still_stop(struct capture *capture)
{
	struct err err;

	err_set(&err, ERR_GONE, "the capture process ends");
	capture_still_lost(capture, &err);
}
