/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_pelcod.c - a simulated pan head that speaks Pelco-D over RS-485, at address 1 and 2400 baud.
 *
 * After Pelco TF-0002 (version 2, revision 1, 2003) and what clones make of it. On the two wires only one can
 * speak: a frame that comes while the head answers spoils both. It goes the shorter way to a pan position, and
 * obeys a new one while it turns.
 *
 * Variants: "mute" (obeys, but answers nothing), "echo" (the adapter gives back each byte that it sends),
 * "acks" (the general response to every command), "stale" (its angle is renewed twice a second), "lazy" (its
 * angle is that of its last rest), "once" (hears no new position while it turns to one), "sleepy" (ends a pan
 * after 15 s by itself), "backwards" (has end stops, and goes the longer way round for them).
 */
#include <math.h>
#include <string.h>

#include "turntable/sim_board.h"

#define FRAME 7
#define SYNC 0xff
#define BYTES_APART_NS (50 * NS_PER_MS)	/* then what has come is no part of the frame */
#define FRAME_NS (30 * NS_PER_MS)	/* 70 bits at 2400 a second */
#define BOOT_NS (3 * NS_PER_S)		/* it looks for its zero */
#define STALE_NS (500 * NS_PER_MS)
#define SLEEPY_NS (15 * NS_PER_S)
#define ACCEL_DEG_S2 20.0
#define TOP_DEG_S 8.0			/* at 3F, and to a pan position */
#define TURBO_DEG_S 12.0
#define CREEP_DEG_S 0.05		/* at 00 */

enum sim_pan { PAN_STOP, PAN_ON, PAN_TO };

struct sim_pelcod {
	struct sim_board *board;
	bool mute, echo, acks, stale, lazy, once, sleepy, backwards;

	uint8_t frame[FRAME];
	unsigned len;
	uint64_t byte_ns, answering_ns;		/* of the last byte; its answer is on the wire until */
	uint64_t boot_ns;			/* it starts until */
	unsigned deaf, lost_answers;

	enum sim_pan pan;
	double pan_deg, speed;			/* unwrapped, of the motor; both clockwise */
	double target_deg, top;			/* PAN_TO: where to; top: signed with PAN_ON */
	uint64_t pan_ns;
	double told_deg;
	uint64_t told_ns;
};

static struct sim_pelcod *sim_of(const struct sim_board *board)
{
	return board->own;
}

/* --- answers -------------------------------------------------------------------------------------- */

static uint8_t sum_of(const uint8_t *frame)
{
	uint8_t sum = 0;

	for (unsigned i = 1; i < FRAME - 1; i++)
		sum = (uint8_t)(sum + frame[i]);
	return sum;
}

static void answer(struct sim_pelcod *sim, const uint8_t *bytes, size_t len)
{
	if (sim->mute || (sim->lost_answers && sim->lost_answers--))
		return;
	sim->answering_ns = sim->board->at_ns + FRAME_NS;
	sim_board_say(sim->board, bytes, len);
}

static unsigned told(struct sim_pelcod *sim)
{
	bool renew = !sim->lazy && (!sim->stale || sim->board->at_ns >= sim->told_ns + STALE_NS);
	long hundredths;

	if (renew || sim->pan == PAN_STOP) {
		sim->told_deg = sim->pan_deg;
		sim->told_ns = sim->board->at_ns;
	}
	hundredths = lround(sim->told_deg * 100) % 36000;
	return (unsigned)(hundredths < 0 ? hundredths + 36000 : hundredths);
}

static void tell_pan(struct sim_pelcod *sim)
{
	unsigned pan = told(sim);
	uint8_t frame[FRAME] = { SYNC, 1, 0, 0x59, (uint8_t)(pan >> 8), (uint8_t)pan };

	frame[FRAME - 1] = sum_of(frame);
	answer(sim, frame, sizeof frame);
}

/* --- commands ------------------------------------------------------------------------------------- */

static void pan_to(struct sim_pelcod *sim, unsigned hundredths)
{
	double by = fmod(hundredths / 100.0 - sim->pan_deg, 360);

	if (hundredths > 35999 || (sim->once && sim->pan == PAN_TO))
		return;
	if (by > 180)
		by -= 360;
	else if (by < -180)
		by += 360;
	if (sim->backwards && by != 0)
		by -= copysign(360, by);
	sim->pan = PAN_TO;
	sim->target_deg = sim->pan_deg + by;
	sim->top = TOP_DEG_S;
}

static void pan_on(struct sim_pelcod *sim, uint8_t bits, uint8_t speed)
{
	double top = speed >= 0x40 ? TURBO_DEG_S : fmax(CREEP_DEG_S, TOP_DEG_S * speed / 0x3f);

	sim->top = bits & 0x02 ? top : bits & 0x04 ? -top : 0;
	sim->pan = sim->top != 0 ? PAN_ON : PAN_STOP;
	sim->pan_ns = sim->board->at_ns;
}

static void start_up(struct sim_pelcod *sim)
{
	sim->pan = PAN_STOP;
	sim->speed = 0;
	sim->pan_deg = sim->told_deg = sim->board->true_deg;	/* by its own mark */
	sim->boot_ns = sim->board->at_ns + BOOT_NS;
}

static void execute(struct sim_pelcod *sim)
{
	const uint8_t *frame = sim->frame;
	uint8_t ack[4] = { SYNC, 1, 0, frame[6] };

	if (frame[1] != 1 || frame[2] != 0 || (sim->deaf && sim->deaf--))
		return;
	if (frame[3] == 0x51) {
		tell_pan(sim);
		return;
	}
	if (frame[3] == 0x4b)
		pan_to(sim, (unsigned)frame[4] << 8 | frame[5]);
	else if (frame[3] == 0x0f)
		start_up(sim);
	else if (frame[3] == 0x07 && frame[5] == 0x22)
		pan_to(sim, 0);
	else if (!(frame[3] & 1))
		pan_on(sim, frame[3], frame[4]);
	if (sim->acks)
		answer(sim, ack, sizeof ack);
}

static void rx(struct sim_board *board, uint8_t byte)
{
	struct sim_pelcod *sim = sim_of(board);

	if (sim->echo)
		sim_board_say(board, &byte, 1);
	if (board->at_ns < sim->boot_ns)
		return;
	if (board->at_ns < sim->answering_ns && !sim->echo) {	/* both speak */
		if (board->fifo_len)
			board->fifo[board->fifo_len - 1] ^= byte;
		return;
	}
	if (board->at_ns > sim->byte_ns + BYTES_APART_NS)
		sim->len = 0;
	sim->byte_ns = board->at_ns;
	if (!sim->len && byte != SYNC)
		return;
	sim->frame[sim->len++] = byte;
	if (sim->len < FRAME)
		return;
	sim->len = 0;	/* what is damaged is thrown away whole, be there another frame's beginning in it */
	if (sum_of(sim->frame) == byte)
		execute(sim);
}

/* --- time ----------------------------------------------------------------------------------------- */

static double wanted_speed(const struct sim_pelcod *sim)
{
	double left = sim->target_deg - sim->pan_deg;

	if (sim->pan != PAN_TO)
		return sim->pan == PAN_ON ? sim->top : 0;
	return copysign(fmin(sim->top, sqrt(2 * ACCEL_DEG_S2 * fabs(left))), left);
}

static void step(struct sim_board *board)
{
	struct sim_pelcod *sim = sim_of(board);
	double change = ACCEL_DEG_S2 * SIM_STEP_S, wanted, go;

	if (sim->sleepy && sim->pan == PAN_ON && board->at_ns >= sim->pan_ns + SLEEPY_NS)
		sim->pan = PAN_STOP;
	wanted = wanted_speed(sim);
	sim->speed += fmax(-change, fmin(change, wanted - sim->speed));
	go = sim->speed * SIM_STEP_S;
	if (sim->pan == PAN_TO && fabs(sim->target_deg - sim->pan_deg) <= fmax(fabs(go), 1e-6) &&
	    fabs(sim->speed) <= 2 * change + 0.2) {
		go = sim->target_deg - sim->pan_deg;
		sim->pan = PAN_STOP;
		sim->speed = 0;
	}
	sim->pan_deg += go;
	sim_board_turn(board, go);
}

static bool busy(const struct sim_board *board)
{
	const struct sim_pelcod *sim = sim_of(board);

	return sim->pan != PAN_STOP || sim->speed != 0 || board->at_ns < sim->boot_ns;
}

static bool is_variant(const struct sim_board *board, const char *name)
{
	return board->config.variant && strcmp(board->config.variant, name) == 0;
}

static void power(struct sim_board *board, bool first)
{
	struct sim_pelcod *sim = sim_of(board);

	*sim = (struct sim_pelcod){
		.board = board, .mute = is_variant(board, "mute"), .echo = is_variant(board, "echo"),
		.acks = is_variant(board, "acks"), .stale = is_variant(board, "stale"),
		.lazy = is_variant(board, "lazy"), .once = is_variant(board, "once"),
		.sleepy = is_variant(board, "sleepy"), .backwards = is_variant(board, "backwards"),
	};
	start_up(sim);
	if (first)
		sim->boot_ns = board->at_ns;
}

static double counted_mdeg(const struct sim_board *board)
{
	return sim_of(board)->pan_deg * 1000;
}

static double speed_mdeg_s(const struct sim_board *board)
{
	return sim_of(board)->speed * 1000;
}

/* --- faults of its own ---------------------------------------------------------------------------- */

static void be_deaf(struct sim_board *board, int64_t value) { sim_of(board)->deaf = (unsigned)value; }
static void lose_answers(struct sim_board *board, int64_t value) { sim_of(board)->lost_answers = (unsigned)value; }

/* Another master speaks with the head: its frames, the answers to it, and what is left of both. */
static void masters(struct sim_board *board, int64_t value)
{
	static const uint8_t query[FRAME] = { SYNC, 1, 0, 0x51, 0, 0, 0x52 };
	static const uint8_t zoom[FRAME] = { SYNC, 1, 0, 0x20, 0, 0, 0x21 };
	struct sim_pelcod *sim = sim_of(board);

	for (int64_t i = 0; i < value; i++) {
		sim_board_say(board, i & 1 ? zoom : query, sim_board_random(board) % 3 ? FRAME : 4);
		if (board->at_ns >= sim->boot_ns)	/* while it starts it answers nobody */
			tell_pan(sim);
		if (board->fifo_len && sim_board_random(board) % 2)
			board->fifo[board->fifo_len - 1 - sim_board_random(board) % MIN(board->fifo_len, 7u)] ^=
				(uint8_t)(1u << sim_board_random(board) % 8);
	}
}

static void other_moves(struct sim_board *board, int64_t value)
{
	struct sim_pelcod *sim = sim_of(board);

	sim->pan = PAN_TO;
	sim->target_deg = sim->pan_deg + (double)value / 1000;
	sim->top = TOP_DEG_S;
}

/*
 *	deaf N         the next so many frames are not heard      lost-answer N  so many answers are not said
 *	masters N      another master speaks with it N times      other MDEG     and turns it by so much
 */
static const struct sim_fault faults[] = {
	{ "deaf", be_deaf }, { "lost-answer", lose_answers }, { "masters", masters }, { "other", other_moves },
	{ NULL, NULL },
};

const struct sim_model sim_pelcod = {
	.name = "pelcod", .baud = 2400, .own_bytes = sizeof(struct sim_pelcod),
	.power = power, .rx = rx, .step = step, .busy = busy,
	.counted_mdeg = counted_mdeg, .speed_mdeg_s = speed_mdeg_s, .faults = faults,
};
