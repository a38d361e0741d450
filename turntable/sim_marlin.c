/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_marlin.c - the serial side of the simulated Marlin: ring, line numbers, queue, resends, the emergency parser.
 *
 * Plain is 2.1.2 with EMERGENCY_PARSER, ADVANCED_OK and M114_REALTIME. Variants: "projected" is 2.1.2 as it comes,
 * without any of them, so that M114 tells where the planner will end; "old" is 1.1.9, where M114 waits for the end of
 * the motion. While its program waits in a command it reads nothing but what the emergency parser catches.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/sim_marlin_own.h"

#define BOOT_NS (1500 * NS_PER_MS)

void sim_marlin_ok(struct sim_marlin *sim)
{
	if (!sim->advanced) {
		sim_board_print(sim->board, "ok\n");
		return;
	}
	sim_board_print(sim->board, "ok");
	if (sim->current[0] == 'N')
		sim_board_print(sim->board, " N%d", atoi(sim->current + 1));
	sim_board_print(sim->board, " P%u B%u\n", SIM_MARLIN_BLOCKS - sim->block_count,
			SIM_MARLIN_QUEUE - sim->queue_count);
}

void sim_marlin_quick_stop(struct sim_marlin *sim)
{
	double whole = round(sim->steps);

	sim->block_count = 0;
	sim->speed = 0;
	sim_board_turn(sim->board, (whole - sim->steps) / sim->steps_mm);	/* a motor rests on a whole step */
	sim->steps = whole;
	sim->where_mm = sim->steps / sim->steps_mm;
}

void sim_marlin_kill(struct sim_marlin *sim)
{
	sim_marlin_quick_stop(sim);
	sim->killed = true;
	sim->motor_on = sim->homed = false;
	sim->waits = SIM_MARLIN_FREE;
	sim_board_print(sim->board, "Error:Printer halted. kill() called!\n");
}

/* --- lines ---------------------------------------------------------------------------------------- */

static void line_error(struct sim_marlin *sim, const char *what)
{
	sim_board_print(sim->board, "Error:%s, Last Line: %ld\n", what, sim->last_number);
	sim_board_print(sim->board, "Resend: %ld\n", sim->last_number + 1);
	sim_board_print(sim->board, "ok\n");
	sim->ring_len = 0;	/* what has come meanwhile is thrown away */
}

/* A line that begins with N must have the next number and the right checksum. */
static bool check_number(struct sim_marlin *sim)
{
	bool numbers = strstr(sim->line, "M110") != NULL;
	const char *second = numbers ? strchr(sim->line + 4, 'N') : NULL, *sum = strrchr(sim->line, '*');
	long number = atol(second ? second + 1 : sim->line + 1);
	uint8_t checksum = 0;

	if (number != sim->last_number + 1 && !numbers) {
		line_error(sim, "Line Number is not Last Line Number+1");
		return false;
	}
	for (const char *c = sim->line; sum && c < sum; c++)
		checksum ^= (uint8_t)*c;
	if (!sum || atoi(sum + 1) != checksum || sim->storm > 0) {
		sim->storm -= sim->storm > 0;
		line_error(sim, sum ? "checksum mismatch" : "No Checksum with line number");
		return false;
	}
	sim->last_number = number;
	return true;
}

static void take_line(struct sim_marlin *sim)
{
	if (sim->line[0] == 'N' && !check_number(sim))
		return;
	if (!sim->emergency && strncmp(sim->line, "M410", 4) == 0)
		sim_marlin_quick_stop(sim);
	if (!sim->emergency && strncmp(sim->line, "M112", 4) == 0)
		sim_marlin_kill(sim);
	memcpy(sim->queue[sim->queue_count++], sim->line, SIM_MARLIN_LINE);
}

static void read_lines(struct sim_marlin *sim)
{
	while (sim->ring_len && sim->queue_count < SIM_MARLIN_QUEUE) {
		uint8_t byte = sim->ring[0];

		memmove(sim->ring, sim->ring + 1, --sim->ring_len);
		if (byte != '\n' && byte != '\r') {
			if (sim->line_len < SIM_MARLIN_LINE - 1)
				sim->line[sim->line_len++] = (char)byte;
			continue;
		}
		sim->line[sim->line_len] = '\0';
		if (sim->line_len)
			take_line(sim);
		sim->line_len = 0;
	}
}

/* --- the program ---------------------------------------------------------------------------------- */

static void keep_alive(struct sim_marlin *sim)
{
	if (!sim->keepalive_s || sim->board->at_ns < sim->busy_due_ns)
		return;
	sim_board_print(sim->board, "echo:busy: processing\n");
	sim->busy_due_ns = sim->board->at_ns + (uint64_t)sim->keepalive_s * NS_PER_S;
}

static void program(struct sim_marlin *sim)
{
	if ((sim->waits == SIM_MARLIN_SYNC && sim_marlin_at_rest(sim)) ||
	    (sim->waits == SIM_MARLIN_FULL && sim->block_count < SIM_MARLIN_BLOCKS))
		sim_marlin_go_on(sim);
	if (sim->waits != SIM_MARLIN_FREE) {
		keep_alive(sim);
		return;
	}
	read_lines(sim);
	if (!sim->queue_count || sim->killed)
		return;
	memcpy(sim->current, sim->queue[0], SIM_MARLIN_LINE);
	sim->queue_count--;
	memmove(sim->queue[0], sim->queue[1], sim->queue_count * sizeof sim->queue[0]);
	sim_marlin_execute(sim);
}

static void step(struct sim_board *board)
{
	struct sim_marlin *sim = sim_marlin_of(board);

	if (sim->boot_ns && board->at_ns >= sim->boot_ns) {
		sim->boot_ns = 0;
		sim_board_print(board, "start\necho:Marlin %s\n\necho: Last Updated: 2021-10-12\necho:EEPROM error\n",
				sim->old ? "1.1.9" : "2.1.2");
	}
	if (sim->boot_ns || sim->killed)
		return;
	program(sim);
	sim_marlin_motion_step(sim);
}

/* --- bytes ---------------------------------------------------------------------------------------- */

/* The emergency parser looks at each byte as it comes, and acts at the end of its line. */
static void emergency(struct sim_marlin *sim, uint8_t byte)
{
	const char *at = sim->urgent;

	if (byte != '\n' && byte != '\r') {
		if (sim->urgent_len < sizeof sim->urgent - 1)
			sim->urgent[sim->urgent_len++] = (char)byte;
		return;
	}
	sim->urgent[sim->urgent_len] = '\0';
	sim->urgent_len = 0;
	if (*at == 'N')
		at += 1 + strspn(at + 1, "0123456789 ");
	if (strncmp(at, "M112", 4) == 0)
		sim_marlin_kill(sim);
	else if (strncmp(at, "M410", 4) == 0)
		sim_marlin_quick_stop(sim);
}

static bool one_in(struct sim_board *board, int64_t count)
{
	return count && sim_board_random(board) % (uint64_t)count == 0;
}

static void rx(struct sim_board *board, uint8_t byte)
{
	struct sim_marlin *sim = sim_marlin_of(board);

	if (sim->boot_ns || sim->killed || one_in(board, sim->drop))
		return;
	if (one_in(board, sim->corrupt))
		byte ^= (uint8_t)(1u << sim_board_random(board) % 7);
	if (sim->emergency)
		emergency(sim, byte);
	if (sim->ring_len < SIM_MARLIN_RING)
		sim->ring[sim->ring_len++] = byte;
}

/* --- power, and faults of its own ----------------------------------------------------------------- */

static void power(struct sim_board *board, bool first)
{
	struct sim_marlin *sim = sim_marlin_of(board);
	const char *variant = board->config.variant ? board->config.variant : "";

	(void)first;	/* it keeps nothing that we set: M500 was not sent */
	memset(sim, 0, sizeof *sim);
	sim->board = board;
	sim->old = strcmp(variant, "old") == 0;
	sim->emergency = sim->realtime = sim->advanced = !*variant;
	sim->steps_mm = 80;
	sim->max_feed = 60;
	sim->accel = sim->travel = 100;
	sim->jerk = 10;
	sim->feed = 25;
	sim->high = 200;
	sim->keepalive_s = 2;
	sim->idle_limit_s = 120;
	sim->idle_since_ns = board->at_ns;
	sim->boot_ns = board->at_ns + BOOT_NS;
}

static bool busy(const struct sim_board *board)
{
	const struct sim_marlin *sim = sim_marlin_of(board);

	return sim->boot_ns || (!sim->killed && (sim->ring_len || sim->queue_count || sim->waits != SIM_MARLIN_FREE ||
						 !sim_marlin_at_rest(sim) || (sim->idle_limit_s && sim->motor_on)));
}

static double counted_mdeg(const struct sim_board *board)
{
	const struct sim_marlin *sim = sim_marlin_of(board);

	return sim->steps / sim->steps_mm * 1000;
}

static double speed_mdeg_s(const struct sim_board *board)
{
	const struct sim_marlin *sim = sim_marlin_of(board);

	return sim->speed / sim->steps_mm * 1000;
}

/* One byte in so many that come is lost. */
static void drop(struct sim_board *board, int64_t value) { sim_marlin_of(board)->drop = value; }
/* One byte in so many that come is another one. */
static void corrupt(struct sim_board *board, int64_t value) { sim_marlin_of(board)->corrupt = value; }
/* So many lines are refused whatever they are. */
static void storm(struct sim_board *board, int64_t value) { sim_marlin_of(board)->storm = value; }

static void kill(struct sim_board *board, int64_t value)
{
	(void)value;
	sim_marlin_kill(sim_marlin_of(board));
}

static void endstop(struct sim_board *board, int64_t value)
{
	(void)value;
	sim_marlin_quick_stop(sim_marlin_of(board));
	sim_board_print(board, "echo:endstops hit:  X:%.2f\n", sim_marlin_of(board)->where_mm);
}

/* Somebody turns the table by so many millidegrees, by the controller's own menu. */
static void menu(struct sim_board *board, int64_t value)
{
	struct sim_marlin *sim = sim_marlin_of(board);

	if (sim->killed || sim->block_count == SIM_MARLIN_BLOCKS)
		return;
	sim->where_mm += (double)value / 1000;
	sim_marlin_queue(sim, (struct sim_marlin_block){ sim->where_mm * sim->steps_mm, 10 * sim->steps_mm });
}

static const struct sim_fault faults[] = {
	{ "drop", drop }, { "corrupt", corrupt }, { "storm", storm }, { "kill", kill }, { "endstop", endstop },
	{ "menu", menu }, { NULL, NULL },
};

const struct sim_model sim_marlin = {
	.name = "marlin", .baud = 115200, .own_bytes = sizeof(struct sim_marlin),
	.power = power, .rx = rx, .step = step, .busy = busy,
	.counted_mdeg = counted_mdeg, .speed_mdeg_s = speed_mdeg_s, .faults = faults,
};
