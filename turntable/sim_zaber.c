/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_zaber.c - a simulated Zaber X-RST on its line: bytes, flags, power, faults.
 *
 * Variants: "old" is firmware 6.32, whose motions take no speeds; "encoder" has one on the table, and stops at a
 * stall. Plain is firmware 7.34 without. It does not mind what it cannot understand: a message with a wrong checksum,
 * or to another address, gets no answer.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "turntable/sim_zaber_own.h"

#define BOOT_NS (900 * NS_PER_MS)

const char *const sim_zaber_flags[] = {
	"FH", "FO", "FD", "FS", "FE", "WL", "WV", "WM", "WR", "NC", "NI", NULL,
};

static int flag_bit(const char *code)
{
	for (int i = 0; sim_zaber_flags[i]; i++)
		if (strcmp(sim_zaber_flags[i], code) == 0)
			return i;
	return SIM_ZABER_FLAGS - 1;
}

void sim_zaber_flag(struct sim_zaber *sim, const char *code, bool on)
{
	uint32_t bit = 1u << flag_bit(code);

	sim->flags = on ? sim->flags | bit : sim->flags & ~bit;
}

bool sim_zaber_flagged(const struct sim_zaber *sim, const char *code)
{
	return sim->flags & 1u << flag_bit(code);
}

const char *sim_zaber_highest(const struct sim_zaber *sim)
{
	for (int i = 0; sim_zaber_flags[i]; i++)
		if (sim->flags & 1u << i)
			return sim_zaber_flags[i];
	return "--";
}

void sim_zaber_say(struct sim_zaber *sim, const char *format, ...)
{
	char text[200];
	uint8_t sum = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	for (const char *c = text + 1; *c; c++)
		sum = (uint8_t)(sum - (uint8_t)*c);
	if (sim->checksum)
		sim_board_print(sim->board, "%s:%02X\r\n", text, sum);
	else
		sim_board_print(sim->board, "%s\r\n", text);
}

void sim_zaber_alert(struct sim_zaber *sim)
{
	if (sim->alert)
		sim_zaber_say(sim, "!01 1 %s %s", sim->state == SIM_ZABER_IDLE ? "IDLE" : "BUSY",
			      sim_zaber_highest(sim));
}

static void power(struct sim_board *board, bool first)
{
	struct sim_zaber *sim = sim_zaber_of(board);

	sim->board = board;
	if (first) {
		sim->old = board->config.variant && strcmp(board->config.variant, "old") == 0;
		sim->encoder = board->config.variant && strcmp(board->config.variant, "encoder") == 0;
		sim->turn = 768000;
		sim->limit_max = 768000000;
		sim->limit_min = -sim->limit_max;
		sim->maxspeed = 209715;		/* 60 degrees a second */
		sim->approach = 69905;		/* 20 */
		sim->accel = 35;		/* 100.1 degrees a second squared */
	}
	sim->len = 0;
	sim->flags = 0;
	sim->pos = sim->target = sim->speed = sim->knob_deg = 0;
	sim->state = SIM_ZABER_IDLE;
	sim->encoder_zero_deg = board->true_deg;
	sim->homed = sim->off = false;
	sim_zaber_flag(sim, "WR", true);
	sim->boot_ns = board->at_ns + BOOT_NS;
}

static void rx(struct sim_board *board, uint8_t byte)
{
	struct sim_zaber *sim = sim_zaber_of(board);

	if (sim->boot_ns || (sim->deaf && sim_board_random(board) % (uint64_t)sim->deaf == 0))
		return;
	if (byte != '\n' && byte != '\r') {
		if (sim->len < SIM_ZABER_LINE - 1)
			sim->line[sim->len++] = (char)byte;
		return;
	}
	sim->line[sim->len] = '\0';
	if (sim->len && sim->len < SIM_ZABER_LINE - 1)
		sim_zaber_message(sim);
	sim->len = 0;
}

static void step(struct sim_board *board)
{
	struct sim_zaber *sim = sim_zaber_of(board);

	if (sim->boot_ns && board->at_ns >= sim->boot_ns)
		sim->boot_ns = 0;
	if (!sim->boot_ns)
		sim_zaber_step(sim);
}

static bool busy(const struct sim_board *board)
{
	const struct sim_zaber *sim = sim_zaber_of(board);

	return sim->boot_ns || sim->state != SIM_ZABER_IDLE || sim->knob_deg != 0 || (sim->encoder && !sim->off);
}

static double counted_mdeg(const struct sim_board *board)
{
	const struct sim_zaber *sim = sim_zaber_of(board);

	return sim->pos * 360000.0 / (double)sim->turn;
}

static double speed_mdeg_s(const struct sim_board *board)
{
	const struct sim_zaber *sim = sim_zaber_of(board);

	return sim->speed * 360000.0 / (double)sim->turn;
}

/* --- faults of its own: what its number does ------------------------------------------------------ */

/* Somebody turns the knob by so many millidegrees. */
static void knob(struct sim_board *board, int64_t value)
{
	struct sim_zaber *sim = sim_zaber_of(board);

	sim->knob_deg = (double)value / 1000;
	sim->state = SIM_ZABER_MOVING;
	sim_zaber_flag(sim, "NC", true);
}

static void current_off(struct sim_zaber *sim, const char *code)
{
	sim_zaber_halt(sim);
	sim->knob_deg = 0;
	sim->off = true;
	sim_zaber_flag(sim, code, true);
	sim_zaber_alert(sim);
}

/* The hardware emergency stop: 1 pressed, 0 released; the motor stays off until it is enabled. */
static void button(struct sim_board *board, int64_t value)
{
	struct sim_zaber *sim = sim_zaber_of(board);

	sim->button = value != 0;
	if (sim->button)
		current_off(sim, "FH");
}

/* The driver is too hot: 1, or cool again: 0. */
static void heat(struct sim_board *board, int64_t value)
{
	struct sim_zaber *sim = sim_zaber_of(board);

	sim->hot = value != 0;
	if (sim->hot)
		current_off(sim, "FD");
}

static void voltage(struct sim_board *board, int64_t value)
{
	sim_zaber_flag(sim_zaber_of(board), "WV", value != 0);
}

static void limit(struct sim_board *board, int64_t value)
{
	struct sim_zaber *sim = sim_zaber_of(board);

	(void)value;
	sim_zaber_halt(sim);
	sim_zaber_flag(sim, "WL", true);
	sim_zaber_alert(sim);
}

static void park(struct sim_board *board, int64_t value)
{
	sim_zaber_of(board)->parked = value != 0;
}

/* One byte in so many that come is not heard. */
static void deaf(struct sim_board *board, int64_t value)
{
	sim_zaber_of(board)->deaf = value;
}

/* The next device of the chain says so many things. */
static void chatter(struct sim_board *board, int64_t value)
{
	for (int64_t i = 0; i < value; i++)
		sim_zaber_say(sim_zaber_of(board), "@02 1 %02d OK BUSY FS %d", (int)(i % 100), (int)(i * 7919 % 768000));
}

static const struct sim_fault faults[] = {
	{ "knob", knob }, { "button", button }, { "heat", heat }, { "voltage", voltage }, { "limit", limit },
	{ "park", park }, { "deaf", deaf }, { "chatter", chatter }, { NULL, NULL },
};

const struct sim_model sim_zaber = {
	.name = "zaber", .baud = 115200, .own_bytes = sizeof(struct sim_zaber),
	.power = power, .rx = rx, .step = step, .busy = busy,
	.counted_mdeg = counted_mdeg, .speed_mdeg_s = speed_mdeg_s, .faults = faults,
};
