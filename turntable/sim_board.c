/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_board.c - the line, the shaft and the common faults of every simulated controller.
 *
 * Time goes in milliseconds: in each the model does its work, then the shaft follows its motor, then the
 * bytes leave that the baud rate lets leave. A board with nothing to do skips the time.
 */
#include "turntable/sim_board.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"

#define SIM_MODEL(name) extern const struct sim_model sim_##name;
#include "turntable/sims.def"
#undef SIM_MODEL

static const struct sim_model *const models[] = {
#define SIM_MODEL(name) &sim_##name,
#include "turntable/sims.def"
#undef SIM_MODEL
};

uint32_t sim_board_random(struct sim_board *board)
{
	board->seed ^= board->seed << 13;
	board->seed ^= board->seed >> 7;
	board->seed ^= board->seed << 17;
	return (uint32_t)(board->seed >> 16);
}

/* --- the line ------------------------------------------------------------------------------------- */

void sim_board_say(struct sim_board *board, const void *bytes, size_t len_bytes)
{
	if (board->fifo_len + len_bytes > SIM_FIFO)
		return;
	memcpy(board->fifo + board->fifo_len, bytes, len_bytes);
	board->fifo_len += (unsigned)len_bytes;
}

void sim_board_print(struct sim_board *board, const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (len > 0 && (size_t)len < sizeof text)
		sim_board_say(board, text, (size_t)len);
}

static bool one_in(struct sim_board *board, int64_t count)
{
	return count && sim_board_random(board) % (uint64_t)count == 0;
}

static void leave(struct sim_board *board, uint8_t byte)
{
	if (one_in(board, board->damage))
		byte ^= (uint8_t)(1u << sim_board_random(board) % 8);
	if (one_in(board, board->lose) || board->at_ns < board->silent_ns)
		return;
	if (board->held_count < SIM_FIFO) {
		unsigned last = (board->held_first + board->held_count++) % SIM_FIFO;

		board->held[last].byte = byte;
		board->held[last].leaves_ns = board->at_ns + board->late_ns;
	}
}

static void send_bytes(struct sim_board *board)
{
	double per_ms = board->model->baud / 10000.0;
	unsigned count;

	board->bytes_due = fmin(board->bytes_due + per_ms, fmax(64, per_ms));
	count = MIN((unsigned)board->bytes_due, board->fifo_len);
	board->bytes_due = count == board->fifo_len ? 0 : board->bytes_due - count;
	for (unsigned i = 0; i < count; i++)
		leave(board, board->fifo[i]);
	board->fifo_len -= count;
	memmove(board->fifo, board->fifo + count, board->fifo_len);
	while (board->held_count && board->held[board->held_first].leaves_ns <= board->at_ns &&
	       board->out_len < SIM_FIFO) {
		board->out[board->out_len++] = board->held[board->held_first].byte;
		board->held_first = (board->held_first + 1) % SIM_FIFO;
		board->held_count--;
	}
}

size_t sim_board_tx(struct sim_board *board, uint8_t *bytes, size_t size)
{
	unsigned count = (unsigned)MIN(size, (size_t)board->out_len);

	memcpy(bytes, board->out, count);
	board->out_len -= count;
	memmove(board->out, board->out + count, board->out_len);
	return count;
}

/* --- the shaft ------------------------------------------------------------------------------------ */

void sim_board_turn(struct sim_board *board, double deg)
{
	board->due_deg += deg;
}

/* What the load follows: what is speeded up or braked harder than the grip slips. */
static double grip(struct sim_board *board, double deg)
{
	double change = deg / SIM_STEP_S - board->table_deg_s;
	double most = board->config.grip_mdeg_s2 / 1000.0 * SIM_STEP_S;

	if (!board->config.grip_mdeg_s2)
		most = INFINITY;
	board->table_deg_s += fmax(-most, fmin(most, change));
	return board->table_deg_s * SIM_STEP_S;
}

static void turn_table(struct sim_board *board)
{
	double backlash = board->config.backlash_mdeg / 1000.0, deg = board->due_deg;
	double slip = fmin(fabs(deg), board->slip_deg);

	board->due_deg = 0;
	board->slip_deg -= slip;
	deg = grip(board, board->stalled ? 0 : deg - copysign(slip, deg));
	board->play_deg += deg;
	if (board->play_deg > backlash) {
		board->true_deg += board->play_deg - backlash;
		board->play_deg = backlash;
	} else if (board->play_deg < 0) {
		board->true_deg += board->play_deg;
		board->play_deg = 0;
	}
}

int64_t sim_board_true_mdeg(const struct sim_board *board)
{
	return llround(board->true_deg * 1000);
}

int64_t sim_board_counted_mdeg(const struct sim_board *board)
{
	return llround(board->model->counted_mdeg(board));
}

double sim_board_speed_mdeg_s(const struct sim_board *board)
{
	return fabs(board->model->speed_mdeg_s(board));
}

/* --- faults --------------------------------------------------------------------------------------- */

static void power_cycle(struct sim_board *board, bool first)
{
	board->fifo_len = board->out_len = board->held_count = 0;
	board->hung = false;
	board->model->power(board, first);
}

static void slip(struct sim_board *board, int64_t value) { board->slip_deg = (double)value / 1000; }
static void stall(struct sim_board *board, int64_t value) { board->stalled = value != 0; }
static void hang(struct sim_board *board, int64_t value) { board->hung = value != 0; }
static void damage(struct sim_board *board, int64_t value) { board->damage = value; }
static void lose(struct sim_board *board, int64_t value) { board->lose = value; }
static void nudge(struct sim_board *board, int64_t value) { board->true_deg += (double)value / 1000; }

static void silence(struct sim_board *board, int64_t value)
{
	board->silent_ns = board->at_ns + (uint64_t)value * NS_PER_MS;
}

static void late(struct sim_board *board, int64_t value)
{
	board->late_ns = (uint64_t)value * NS_PER_MS;
}

static void power(struct sim_board *board, int64_t value)
{
	(void)value;
	power_cycle(board, false);
}

static void garbage(struct sim_board *board, int64_t value)
{
	for (int64_t i = 0; i < value && board->fifo_len < SIM_FIFO; i++)
		board->fifo[board->fifo_len++] = (uint8_t)sim_board_random(board);
}

static bool strike(struct sim_board *board, const struct sim_fault *faults, const char *name, int64_t value)
{
	for (; faults && faults->name; faults++)
		if (strcmp(name, faults->name) == 0) {
			faults->strike(board, value);
			return true;
		}
	return false;
}

static const struct sim_fault common[] = {
	{ "slip", slip }, { "stall", stall }, { "silence", silence }, { "late", late },
	{ "hang", hang }, { "garbage", garbage }, { "damage", damage }, { "lose", lose },
	{ "power", power }, { "nudge", nudge }, { NULL, NULL },
};

bool sim_board_fault(struct sim_board *board, const char *name, int64_t value)
{
	return value >= 0 || strcmp(name, "nudge") == 0 ?
		strike(board, board->model->faults, name, value) || strike(board, common, name, value) : false;
}

static void name_faults(const struct sim_fault *faults, void (*each)(void *owner, const char *name), void *owner)
{
	for (; faults && faults->name; faults++)
		each(owner, faults->name);
}

void sim_board_faults(const struct sim_board *board, void (*each)(void *owner, const char *name), void *owner)
{
	name_faults(common, each, owner);
	name_faults(board->model->faults, each, owner);
}

/* --- time ----------------------------------------------------------------------------------------- */

static void one_step(struct sim_board *board)
{
	board->at_ns += SIM_STEP_NS;
	if (board->hung)
		return;
	board->model->step(board);
	turn_table(board);
	send_bytes(board);
}

bool sim_board_busy(const struct sim_board *board)
{
	return board->fifo_len || board->out_len || board->held_count || board->table_deg_s != 0 ||
	       board->model->busy(board);
}

void sim_board_advance(struct sim_board *board, uint64_t now_ns)
{
	while (board->at_ns + SIM_STEP_NS <= now_ns) {
		if (!sim_board_busy(board) || board->hung) {	/* nothing will happen: skip the time */
			board->at_ns = now_ns - (now_ns - board->at_ns) % SIM_STEP_NS;
			return;
		}
		one_step(board);
	}
}

void sim_board_rx(struct sim_board *board, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns)
{
	sim_board_advance(board, now_ns);
	for (size_t i = 0; i < len_bytes && !board->hung; i++)
		board->model->rx(board, bytes[i]);
}

int sim_board_new(struct sim_board **out, const char *driver, const struct sim_config *config, uint64_t now_ns,
		  struct err *err)
{
	CLEANUP(sim_board_freep) struct sim_board *board = calloc(1, sizeof *board);

	if (!board)
		return err_set(err, ERR_NOMEM, "simulated table: out of memory");
	for (size_t i = 0; i < ARRAY_LEN(models); i++)
		if (strcmp(models[i]->name, driver) == 0)
			board->model = models[i];
	if (!board->model)
		return err_set(err, ERR_RANGE, _("there is no simulator for \"%s\""), driver);
	board->own = calloc(1, board->model->own_bytes);
	if (!board->own)
		return err_set(err, ERR_NOMEM, "simulated table: out of memory");
	board->config = *config;
	board->at_ns = now_ns;
	board->seed = 88172645463325252u;
	board->true_deg = (double)config->true_mdeg / 1000;
	power_cycle(board, true);
	*out = MOVE(board);
	return 0;
}

struct sim_board *sim_board_free(struct sim_board *board)
{
	if (board)
		free(board->own);
	free(board);
	return NULL;
}
