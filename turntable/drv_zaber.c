/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drv_zaber.c - Zaber rotary stages (X-RST, X-RSW, X-MCC with one ...) by the Zaber ASCII protocol.
 *
 * This file is the session: messages, their replies, the opening. Facts are from Zaber's ASCII Protocol Manual for
 * firmware 6 and 7 (zaber.com/wiki/Manuals/ASCII_Protocol_Manual, zaber.com/protocol-manual).
 *
 *	opened -> ASKING: version, checksums on, limit.cycle.dist, maxspeed, ..., warnings -> READY
 *	                       (a device that moves meanwhile is stopped gently)
 *
 * Each message has a number (ID), so a reply belongs to its question however late it comes, and a checksum, and so
 * has each reply from the first one on: those without are damaged. The devices of a chain share the line; what the
 * others say is not for us. Nothing moves by the opening, and to no other kind of controller it says anything either:
 * it begins with an impossible checksum, which spoils whatever half message stands in a device's memory.
 */
#include "turntable/drv_zaber.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"

#define SPOIL ":ZZ\n"
#define NOISE_MAX 20

static const struct { const char *words; int axis; bool optional; } opening[ZABER_OPENING_COUNT] = {
	[ZABER_CLEAR] = { "warnings clear", 1, false },
	[ZABER_ENABLE] = { "driver enable", 1, true },
	[ZABER_VERSION] = { "get version", 0, false },
	[ZABER_CHECKSUM] = { "set comm.checksum 1", 0, false },
	[ZABER_TURN] = { "get limit.cycle.dist", 1, true },
	[ZABER_MAXSPEED] = { "get maxspeed", 1, false },
	[ZABER_APPROACH] = { "get limit.approach.maxspeed", 1, true },
	[ZABER_ACCEL] = { "get accel", 1, false },
	[ZABER_MIN] = { "get limit.min", 1, false },
	[ZABER_MAX] = { "get limit.max", 1, false },
	[ZABER_HOMED] = { "get limit.home.triggered", 1, true },
	[ZABER_HAS_ENCODER] = { "get encoder.pos", 1, true },
	[ZABER_WARNINGS] = { "warnings", 1, false },
};

/* --- messages ------------------------------------------------------------------------------------- */

static void remember(struct zaber *zaber, enum zaber_kind kind, unsigned id, uint64_t now_ns)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < zaber->pending_count; i++)	/* an earlier one of its kind is given up */
		if (zaber->pending[i].kind != kind)
			zaber->pending[kept++] = zaber->pending[i];
	if (kept == ZABER_PENDING_MAX)
		memmove(zaber->pending, zaber->pending + 1, --kept * sizeof *zaber->pending);
	zaber->pending[kept].kind = kind;
	zaber->pending[kept].id = id;
	zaber->pending[kept].sent_ns = now_ns;
	zaber->pending_count = kept + 1;
}

bool zaber_send(struct drive *drive, enum zaber_kind kind, uint64_t now_ns, const char *format, ...)
{
	struct zaber *zaber = zaber_of(drive);
	int axis = kind < ZABER_OPENING_COUNT ? opening[kind].axis : 1;
	char words[ZABER_WORDS_MAX], text[ZABER_WORDS_MAX + 16], message[ZABER_WORDS_MAX + 32];
	va_list args;
	int len;

	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	len = snprintf(text, sizeof text, "%02d %d %02u %s", zaber->address, axis, zaber->next_id, words);
	len = snprintf(message, sizeof message, "/%s:%02X\n", text, zaber_checksum(text, (size_t)len));
	if (!drive_send(drive, message, (size_t)len))
		return false;
	remember(zaber, kind, zaber->next_id, now_ns);
	zaber->next_id = (zaber->next_id + 1) % ZABER_IDS;
	return true;
}

/* Take the message that @id answers from the pending ones. */
static bool recall(struct zaber *zaber, int id, enum zaber_kind *kind, uint64_t *sent_ns)
{
	for (unsigned i = 0; i < zaber->pending_count; i++) {
		if ((int)zaber->pending[i].id != id)
			continue;
		*kind = zaber->pending[i].kind;
		*sent_ns = zaber->pending[i].sent_ns;
		zaber->pending_count--;
		memmove(zaber->pending + i, zaber->pending + i + 1,
			(zaber->pending_count - i) * sizeof *zaber->pending);
		return true;
	}
	return false;
}

/* --- the opening ---------------------------------------------------------------------------------- */

void zaber_ask_opening(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	if (zaber->opening == ZABER_CHECKSUM && zaber->checksums)
		zaber->opening++;
	zaber->asked_last_ns = now_ns;
	if (!zaber->asked_ns)
		zaber->asked_ns = now_ns;
	zaber_send(drive, zaber->opening, now_ns, "%s", opening[zaber->opening].words);
}

void zaber_open(struct drive *drive, enum zaber_kind from, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	zaber->phase = ZABER_ASKING;
	zaber->phase_ns = now_ns;
	zaber->opening = from;
	zaber->pending_count = 0;
	zaber->still_count = 0;
	zaber->flags_known = false;
	zaber->flag_count = 0;
	zaber->moved_at_opening = false;
	drive->state.motion = POSE_MOTION_UNKNOWN;
	drive->state.link = POSE_LINK_OPENING;
	zaber_ask_opening(drive, now_ns);
	zaber_wake(zaber, now_ns);
}

static void ready(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	struct drive_state *state = &drive->state;
	struct err err;

	zaber->phase = ZABER_READY;
	zaber->phase_ns = zaber->moved_ns = zaber->ask_due_ns = now_ns;
	zaber->asked_ns = 0;
	zaber->flags_known = true;
	state->link = POSE_LINK_UP;
	state->source = zaber->has_encoder ? POSE_SRC_ENCODER : POSE_SRC_COUNTED;
	if (zaber_check_settings(drive, &err) < 0) {
		drive->capabilities = 0;
		drive_fault(drive, "settings", "%s", err.text);
	}
	/* power-up sets WR and clears limit.home.triggered */
	state->kept_count = zaber->was_homed && !zaber_flagged(zaber, "WR") && !zaber_flagged(zaber, "WH") &&
			    !zaber->moved_at_opening && !state->fault[0];
	if (zaber->act != ZABER_ACT_CLEAR)
		return;
	zaber->act = ZABER_ACT_NONE;
	drive_cleared(drive);
}

static bool take_number(struct drive *drive, enum zaber_kind kind, int64_t value)
{
	struct zaber *zaber = zaber_of(drive);
	struct err err;

	switch (kind) {
	case ZABER_TURN:
		/* 0 is a stage without a turn; one that was learned may have been calibrated since */
		if (value == 0 || value == zaber->turn_learned)
			return true;
		zaber->turn_learned = value;
		return drive_learn_turn(drive, (struct ratio){ value, 1 }, &err) == 0;
	case ZABER_MAXSPEED: zaber->maxspeed = zaber->speed_now = value; break;
	case ZABER_APPROACH: zaber->approach = value; break;
	case ZABER_ACCEL: zaber->accel = value; break;
	case ZABER_MIN: zaber->min_native = value; break;
	case ZABER_MAX: zaber->max_native = value; break;
	case ZABER_HOMED: zaber->was_homed = value == 1; break;
	case ZABER_HAS_ENCODER: zaber->has_encoder = true; break;
	default: break;
	}
	return value >= 0 || kind == ZABER_MIN || kind == ZABER_MAX || kind == ZABER_HAS_ENCODER;
}

/* False: the reply cannot be meant so; the question is asked again. */
static bool take_opening(struct drive *drive, enum zaber_kind kind, const struct zaber_reply *reply, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	int64_t value;

	if (reply->rejected && !opening[kind].optional) {
		drive_message(drive, _("The controller refused \"%s\": %s"), opening[kind].words,
			      zaber_reason(reply->data));
		return false;
	}
	if (kind == ZABER_VERSION) {
		zaber->version = zaber_version(reply->data);
		drive_emit(drive, DRIVE_EVENT_NOTE, _("controller: Zaber, firmware %.20s"), reply->data);
		return zaber->version != 0;
	}
	if (kind == ZABER_WARNINGS)
		zaber_flags_listed(drive, reply->data, now_ns);
	if (reply->rejected || kind == ZABER_WARNINGS || kind <= ZABER_CHECKSUM)
		return true;
	return zaber_integer(reply->data, &value) && take_number(drive, kind, value);
}

static void opening_answered(struct drive *drive, enum zaber_kind kind, const struct zaber_reply *reply,
			     uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	zaber->asked_ns = 0;
	if (reply->busy) {
		zaber->moved_at_opening = true;
		zaber_stop(drive, now_ns);
	}
	if (kind != zaber->opening || !take_opening(drive, kind, reply, now_ns))
		return;		/* asked again when its time has passed */
	if (kind == ZABER_WARNINGS) {
		ready(drive, now_ns);
		return;
	}
	zaber->opening++;
	zaber_ask_opening(drive, now_ns);
}

/* --- replies -------------------------------------------------------------------------------------- */

static void reply_came(struct drive *drive, const struct zaber_reply *reply, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	enum zaber_kind kind;
	uint64_t sent_ns;

	if (!recall(zaber, reply->id, &kind, &sent_ns))
		return;		/* late: it had been given up */
	if (zaber->phase == ZABER_ASKING && kind < ZABER_OPENING_COUNT) {
		opening_answered(drive, kind, reply, now_ns);
		return;
	}
	if (zaber->phase != ZABER_READY)
		return;
	zaber_flag_seen(drive, reply->flag, now_ns);
	if (kind == ZABER_WARNINGS && !reply->rejected)
		zaber_flags_listed(drive, reply->data, now_ns);
	else if (kind == ZABER_WARNINGS)
		zaber->ask_warnings = false;
	if (kind == ZABER_POS || kind == ZABER_ENCODER) {
		/* a new highest flag may hide one that says what this count is worth: the list first */
		if (!zaber->ask_warnings)
			zaber_track(drive, kind, reply, sent_ns, now_ns);
	} else if (kind > ZABER_ENCODER) {
		zaber_answered(drive, kind, reply, now_ns);
	}
	if (kind <= ZABER_ENCODER)
		zaber->asked_ns = 0;
}

static bool take_line(struct drive *drive, const char *line, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	struct zaber_reply reply;

	if (!zaber_parse(&reply, line))
		return false;
	if (reply.address != zaber->address)
		return true;	/* another device of the chain */
	if (zaber->checksums && !reply.checked)
		return false;
	zaber->checksums |= reply.checked;
	zaber->heard_ns = now_ns;
	if (reply.type == '@') {
		reply_came(drive, &reply, now_ns);
	} else if (reply.type == '!' && zaber->phase == ZABER_READY) {
		zaber_flag_seen(drive, reply.flag, now_ns);
		zaber->ask_due_ns = now_ns;	/* something has ended or begun: look */
	}
	return true;
}

static void zaber_rx(struct drive *drive, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	for (size_t i = 0; i < len_bytes; i++) {
		enum text_line_result result = text_line_take(&zaber->line, bytes[i]);

		if (result == TEXT_LINE_MORE || zaber->phase == ZABER_CLOSED)
			continue;
		if (result == TEXT_LINE_READY && take_line(drive, zaber->line.text, now_ns))
			zaber->noise = 0;
		else if (++zaber->noise == NOISE_MAX)
			drive_message(drive, _("The line is disturbed, or its speed or driver is wrong"));
	}
	zaber_tick(drive, now_ns);
}

static uint64_t zaber_deadline(const struct drive *drive)
{
	return zaber_of(drive)->next_ns;
}

/* --- the line ------------------------------------------------------------------------------------- */

static void link_opened(struct drive *drive, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);
	unsigned address = drive->config.address ? (unsigned)drive->config.address : 1;
	int64_t turn_learned = zaber->turn_learned;
	unsigned next_id = zaber->next_id;

	memset(zaber, 0, sizeof *zaber);
	zaber->turn_learned = turn_learned;
	zaber->next_id = next_id;	/* a reply that comes late is not to be taken for one of these */
	zaber->address = (int)MIN(address, 99u);
	drive_line_opened(drive);
	drive_send(drive, SPOIL, strlen(SPOIL));
	zaber_open(drive, ZABER_VERSION, now_ns);
}

static void zaber_link(struct drive *drive, enum drive_link what, uint64_t now_ns)
{
	struct zaber *zaber = zaber_of(drive);

	if (what == DRIVE_LINK_OPENED) {
		link_opened(drive, now_ns);
		return;
	}
	if (what == DRIVE_LINK_CUT) {
		/* a number cut short would still be one: spoil the half message before anything else */
		drive_send(drive, SPOIL, strlen(SPOIL));
		zaber_fail(drive, now_ns, _("the line was stuck"));
		zaber->asked_ns = 0;
		zaber_open(drive, ZABER_VERSION, now_ns);
		return;
	}
	drive_line_lost(drive);
	zaber_fail(drive, now_ns, _("the table was unplugged or switched off"));
	drive->tx_len_bytes = 0;
	zaber->phase = ZABER_CLOSED;
	zaber->next_ns = UINT64_MAX;
}

static void zaber_init(struct drive *drive)
{
	zaber_of(drive)->next_ns = UINT64_MAX;
	zaber_of(drive)->address = 1;
}

const struct table_driver drv_zaber = {
	.name = "zaber", .title = "Zaber ASCII",
	.line = { .baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'N' },
	.other_bauds = { 9600, 19200, 38400 },
	.unit = "microstep", .native_per_unit = 1,
	/* stands until limit.cycle.dist is read; 0.00046875 degrees, an X-RST with 64 microsteps */
	.units_per_turn = { 768000, 1 },
	.own_bytes = sizeof(struct zaber),
	.init = zaber_init, .rx = zaber_rx, .tick = zaber_tick, .deadline = zaber_deadline,
	.command = zaber_command, .urgent = zaber_urgent, .link = zaber_link,
	.transcript = zaber_transcript,
};
