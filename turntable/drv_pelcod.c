/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_pelcod.c - a pan head that speaks Pelco-D, as a turntable.
 *
 * Frames of seven bytes, FF address 00 code data data sum, 8N1 at 2400, 4800 or 9600, over two wires that only one
 * may use at a time. This file is the line: frames, the query for the pan angle, and what follows from silence.
 *
 *	opened -> PROBING: stop, then 0x51 until it answers ------> READY, with an angle
 *	                   `- nothing in 8 s ---------------------> READY, mute: left, right and stop by hand only
 *
 * Most clones answer nothing, and many lack the query: such a head may be turned by who stands before it, one turn
 * at a time and never from afar, for nobody can say where it is nor whether it stands. One that answers counts by
 * a zero of its own, so its angle has a reference at once; it says nothing of faults, and has no home and no
 * watchdog. Alarms in a general response are inputs of the head (door contacts), and are only told.
 *
 * Sources: Pelco TF-0002 version 2 revision 1 (2003), as text at gist.github.com/jn0/cc5c78f4a0f447a6fb2e45a5d9efa13d
 * (frames, sums, general and extended responses, 0x4B, 0x51, 0x59); tables of clones: manualshive.com minrray
 * uv950a page 61, hameco hv-55 page 42; commfront.com's tutorial of the protocol.
 */
#include "turntable/drv_pelcod.h"

#include <string.h>

#include "station/base/i18n.h"

#define SYNC 0xff
#define FRAME_NS (30 * NS_PER_MS)	/* 70 bits at 2400 a second */
#define GAP_NS (20 * NS_PER_MS)
#define BYTES_APART_NS (150 * NS_PER_MS)
#define ANSWER_NS (250 * NS_PER_MS)	/* an answer takes 60 ms, and the head its time */
#define ASK_MOVING_NS (150 * NS_PER_MS)
#define ASK_AT_REST_NS (500 * NS_PER_MS)
#define ASK_MUTE_NS (2 * NS_PER_S)
#define SILENT_NS (2 * NS_PER_S)
#define MUTE_NS (8 * NS_PER_S)		/* longer than a prober waits, who would take silence for an answer */
#define UNKNOWN_MDEG_S 60000		/* a head that nobody has measured */
#define REMEMBERED_NS (600 * NS_PER_MS)	/* some heads renew the angle that they tell only twice a second */

static uint8_t sum_of(const uint8_t *frame)
{
	uint8_t sum = 0;

	for (size_t i = 1; i < PELCOD_FRAME - 1; i++)
		sum = (uint8_t)(sum + frame[i]);
	return sum;
}

static uint8_t address_of(const struct drive *drive)
{
	return drive->config.address ? (uint8_t)drive->config.address : 1;
}

/* Ordinary frames wait until the wires are free; a stop does not. */
bool pelcod_may_send(struct pelcod *pelcod, uint64_t now_ns)
{
	if (pelcod->asked_ns)
		pelcod_wake(pelcod, pelcod->asked_ns + ANSWER_NS);
	else if (now_ns < pelcod->free_ns)
		pelcod_wake(pelcod, pelcod->free_ns);
	return !pelcod->asked_ns && now_ns >= pelcod->free_ns;
}

void pelcod_send(struct drive *drive, enum pelcod_code code, uint8_t data1, uint8_t data2, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	uint8_t frame[PELCOD_FRAME] = { SYNC, address_of(drive), 0, (uint8_t)code, data1, data2 };

	frame[PELCOD_FRAME - 1] = sum_of(frame);
	if (pelcod->cut)	/* behind half a frame, the head may take the first bytes of this one for its rest */
		drive_send(drive, frame, sizeof frame);
	pelcod->cut = false;
	drive_send(drive, frame, sizeof frame);
	memmove(pelcod->sent[1], pelcod->sent[0], sizeof pelcod->sent - sizeof pelcod->sent[0]);
	memcpy(pelcod->sent[0], frame, sizeof frame);
	pelcod->free_ns = now_ns + FRAME_NS + GAP_NS;
}

void pelcod_enter(struct drive *drive, enum pelcod_phase phase, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	pelcod->phase = phase;
	pelcod->phase_ns = now_ns;
	pelcod->asked_ns = 0;
	pelcod->ask_due_ns = pelcod->free_ns = now_ns;
	if (phase != PELCOD_READY) {
		drive->state.motion = POSE_MOTION_UNKNOWN;
		drive->state.speed_mdeg_s = 0;
	}
	pelcod_wake(pelcod, now_ns);
}

/* --- it answers, or not --------------------------------------------------------------------------- */

static void set_limits(struct drive *drive)
{
	const struct drive_config *config = &drive->config;

	drive->limits = (struct drive_limits){
		.max_mdeg_s = config->own_mdeg_s, .own_mdeg_s = config->own_mdeg_s,
		.max_mdeg_s2 = config->own_mdeg_s2,
		.min_mdeg = -INT64_C(360000) * 1000, .max_mdeg = INT64_C(360000) * 1000,
	};
}

static void ready(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	drive->capabilities = DRIVE_CAN_SPIN | DRIVE_CAN_STOP;
	if (pelcod->answers)
		drive->capabilities |= DRIVE_CAN_REPORT | DRIVE_CAN_GOTO | DRIVE_STOPS_ALONE;
	drive->state.source = pelcod->answers ? POSE_SRC_COUNTED : POSE_SRC_ASSUMED;
	drive->state.link = POSE_LINK_UP;
	if (!drive->state.fault[0])
		drive_message(drive, "%s", pelcod->answers ? "" :
			      _("The head does not say its angle: nobody can say where it is or whether it stands"));
	pelcod_enter(drive, PELCOD_READY, now_ns);
	pelcod->stopping = false;
	pelcod_brake(drive, now_ns);
	if (pelcod->act != PELCOD_ACT_CLEAR)
		return;
	pelcod->act = PELCOD_ACT_NONE;
	drive_emit(drive, DRIVE_EVENT_DONE, "%s", "");
}

/* The first answer, or the first after a silence: by now its power may have gone, and it may have turned round. */
static void begins_to_answer(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	pelcod->answers = true;
	pelcod->circle.tracked = pelcod->circle.swept = false;
	drive_lose_reference(drive);
	ready(drive, now_ns);
}

static void take_angle(struct drive *drive, int64_t angle, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	uint64_t asked_ns = pelcod->asked_ns;	/* 0: it answers another master, who knows when that asked */

	pelcod->heard_ns = now_ns;
	if (pelcod->phase == PELCOD_PROBING || !pelcod->answers || drive->state.link != POSE_LINK_UP)
		begins_to_answer(drive, now_ns);
	pelcod->asked_ns = 0;
	pelcod_track(drive, angle, asked_ns, now_ns);
}

/* --- frames --------------------------------------------------------------------------------------- */

static void take_response(struct drive *drive, uint8_t alarms, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	pelcod->heard_ns = now_ns;
	if (alarms && alarms != pelcod->alarms)
		drive_emit(drive, DRIVE_EVENT_NOTE, _("alarm inputs of the head: 0x%02x"), alarms);
	pelcod->alarms = alarms;
}

static void take_frame(struct drive *drive, const uint8_t *frame, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	unsigned value = (unsigned)frame[4] << 8 | frame[5];

	if (frame[3] == PELCOD_PAN_IS && frame[2] == 0) {
		if (frame[1] == address_of(drive) && value < PELCOD_FULL_TURN)
			take_angle(drive, value, now_ns);
		return;
	}
	for (size_t i = 0; i < PELCOD_SENT_KEPT; i++)
		if (memcmp(frame, pelcod->sent[i], PELCOD_FRAME) == 0)
			return;		/* our own, from the adapter */
	if (!pelcod->foreign_told)
		drive_emit(drive, DRIVE_EVENT_NOTE,
			   _("another controller speaks on this line: it may turn the table"));
	pelcod->foreign_told = true;
}

static bool is_response(const struct drive *drive, const uint8_t *bytes)
{
	const struct pelcod *pelcod = drive->own;
	bool begins_pan = bytes[2] == 0 && bytes[3] == PELCOD_PAN_IS;

	return !begins_pan && bytes[1] == address_of(drive) && bytes[2] < 0x80 &&
	       bytes[3] == (uint8_t)(pelcod->sent[0][PELCOD_FRAME - 1] + bytes[2]);
}

/* How many of the first bytes are done with; 0: more must come. */
static size_t take_bytes(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	uint8_t frame[PELCOD_FRAME];

	memcpy(frame, pelcod->bytes, sizeof frame);
	if (frame[0] != SYNC)
		return 1;
	if (pelcod->len >= 4 && is_response(drive, frame)) {
		take_response(drive, frame[2], now_ns);
		return 4;
	}
	if (pelcod->len < PELCOD_FRAME)
		return 0;
	if (sum_of(frame) != frame[PELCOD_FRAME - 1])
		return 1;
	take_frame(drive, frame, now_ns);
	return PELCOD_FRAME;
}

static void pelcod_rx(struct drive *drive, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	size_t used;

	if (pelcod->phase == PELCOD_CLOSED)
		return;
	if (now_ns > pelcod->byte_ns + BYTES_APART_NS)
		pelcod->len = 0;
	pelcod->byte_ns = now_ns;
	for (size_t i = 0; i < len_bytes; i++) {
		pelcod->bytes[pelcod->len++] = bytes[i];
		while (pelcod->len && (used = take_bytes(drive, now_ns)) > 0) {
			pelcod->len -= used;
			memmove(pelcod->bytes, pelcod->bytes + used, pelcod->len);
		}
	}
	drive->driver->tick(drive, now_ns);
}

/* --- time ----------------------------------------------------------------------------------------- */

static void ask_step(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	bool still = drive->state.motion == POSE_MOTION_STILL && !pelcod->act;

	if (now_ns < pelcod->ask_due_ns) {
		pelcod_wake(pelcod, pelcod->ask_due_ns);
		return;
	}
	if (!pelcod_may_send(pelcod, now_ns))
		return;
	pelcod_send(drive, PELCOD_QUERY_PAN, 0, 0, now_ns);
	pelcod->asked_ns = now_ns;
	pelcod->ask_due_ns = now_ns + (pelcod->phase == PELCOD_READY && !pelcod->answers ? ASK_MUTE_NS :
				       still ? ASK_AT_REST_NS : ASK_MOVING_NS);
	pelcod_wake(pelcod, now_ns + ANSWER_NS);
}

static void silence_step(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);
	uint64_t limit_ns = pelcod->heard_ns + SILENT_NS;

	if (pelcod->phase == PELCOD_PROBING) {
		if (now_ns >= pelcod->phase_ns + MUTE_NS)
			ready(drive, now_ns);
		pelcod_wake(pelcod, pelcod->phase_ns + MUTE_NS);
	} else if (pelcod->answers && drive->state.link == POSE_LINK_UP) {
		pelcod_wake(pelcod, limit_ns);
		if (now_ns < limit_ns)
			return;
		drive->state.link = POSE_LINK_SILENT;
		drive->state.motion = POSE_MOTION_UNKNOWN;
		drive->state.speed_mdeg_s = 0;
		drive_message(drive, _("The head does not answer"));
		drive_emit(drive, DRIVE_EVENT_NOTE, "%s", drive->state.message);
		pelcod_fail(drive, now_ns, _("the head does not answer"));
	}
}

static void pelcod_tick(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	pelcod->next_ns = UINT64_MAX;
	if (pelcod->phase == PELCOD_CLOSED)
		return;
	if (pelcod->asked_ns && now_ns >= pelcod->asked_ns + ANSWER_NS)
		pelcod->asked_ns = 0;
	silence_step(drive, now_ns);
	pelcod_motion_step(drive, now_ns);
	ask_step(drive, now_ns);
	if (pelcod->next_ns <= now_ns)
		pelcod->next_ns = now_ns + NS_PER_MS;
}

static uint64_t pelcod_deadline(const struct drive *drive)
{
	const struct pelcod *pelcod = drive->own;

	return pelcod->next_ns;
}

/* --- the line ------------------------------------------------------------------------------------- */

static void link_opened(struct drive *drive, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	*pelcod = (struct pelcod){ .next_ns = UINT64_MAX };
	set_limits(drive);
	pelcod->circle = (struct circle){
		.full = PELCOD_FULL_TURN, .span_ns = REMEMBERED_NS, .line_ns = FRAME_NS, .rest_ns = CIRCLE_NEVER,
		.max_mdeg_s = drive->limits.max_mdeg_s ? drive->limits.max_mdeg_s : UNKNOWN_MDEG_S,
	};
	drive->state.source = POSE_SRC_NONE;
	drive_line_opened(drive);
	pelcod_enter(drive, PELCOD_PROBING, now_ns);
	pelcod_send(drive, PELCOD_STOP, 0, 0, now_ns);	/* it may have been left turning */
}

static void pelcod_link(struct drive *drive, enum drive_link what, uint64_t now_ns)
{
	struct pelcod *pelcod = pelcod_of(drive);

	if (what == DRIVE_LINK_OPENED) {
		link_opened(drive, now_ns);
	} else if (what == DRIVE_LINK_CUT) {	/* a stop follows */
		pelcod->cut = true;
		pelcod->asked_ns = 0;
	} else {
		drive_line_lost(drive);
		pelcod_fail(drive, now_ns, _("the table was unplugged or switched off"));
		pelcod_enter(drive, PELCOD_CLOSED, now_ns);
		drive->tx_len_bytes = 0;
		pelcod->next_ns = UINT64_MAX;
	}
}

static void pelcod_init(struct drive *drive)
{
	pelcod_of(drive)->next_ns = UINT64_MAX;
}

const struct table_driver drv_pelcod = {
	.name = "pelcod", .title = "Pelco-D",
	.line = { .baud = 2400, .data_bits = 8, .stop_bits = 1, .parity = 'N' }, .other_bauds = { 9600, 4800 },
	.unit = "degree", .native_per_unit = 100, .units_per_turn = { 360, 1 },
	.own_bytes = sizeof(struct pelcod),
	.init = pelcod_init, .rx = pelcod_rx, .tick = pelcod_tick, .deadline = pelcod_deadline,
	.command = pelcod_command, .urgent = pelcod_urgent, .link = pelcod_link,
	.transcript = pelcod_transcript,
};
