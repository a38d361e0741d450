/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_grbl.c - the serial side of the simulated Grbl: ring, lines, commands, reports, resets.
 *
 * One millisecond is one turn of its main program: it carries out the real-time flags, then at most
 * one line. Bytes leave at the pace of 115200 baud, so that a report takes the 4 to 7 ms it takes a
 * real controller.
 */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/sim_grbl_own.h"

#define RESET_NS (3 * NS_PER_MS)
#define ALARM_NS (500 * NS_PER_MS)	/* report_alarm_message() waits that long */
#define POWER_NS (1600 * NS_PER_MS)
#define PREPARED_NS (36 * NS_PER_MS)
#define SWALLOW_NS (500 * NS_PER_MS)
#define ALARM3_LOST_EACH 30	/* a real one lost 4 of 122 */

/* --- resets and alarms ---------------------------------------------------------------------------- */

/* What it says of an alarm comes only when the motors have been let go: $1 milliseconds, deaf (st_go_idle). */
static uint64_t let_go(struct sim_grbl *sim)
{
	uint64_t until_ns = sim->board->at_ns + (uint64_t)sim->settings[1] * NS_PER_MS;

	sim->deaf_ns = MAX(sim->deaf_ns, until_ns);
	return until_ns;
}

void sim_alarm(struct sim_grbl *sim, int number)
{
	sim_motion_end(sim);
	sim->state = SIM_ALARM;
	sim->alarm = number;
	sim->alarm_ns = let_go(sim);
	sim->halted = true;
	sim->reset_told = false;
}

/* The reset of 0x18, or of a failed homing: @alarm is pushed, and half a second later comes the banner. */
void sim_reset(struct sim_grbl *sim, int alarm)
{
	bool homing = sim->state == SIM_HOME;

	sim->boot_ns = sim->board->at_ns + RESET_NS;
	sim->alarm = alarm;
	sim->alarm_ns = sim->board->at_ns;
	if (sim->state == SIM_SLEEP || (alarm && !homing))
		sim->alarm_ns = let_go(sim);
	sim->boot_ns += sim->alarm_ns - sim->board->at_ns + (alarm ? ALARM_NS : 0);
	sim->ok_first = homing;
	sim->after_alarm = alarm;
	sim_motion_end(sim);
	if (alarm)
		sim->state = SIM_ALARM;
	else if (sim->state != SIM_ALARM)
		sim->state = sim->state == SIM_SLEEP ? SIM_ALARM : SIM_IDLE;
	sim->ring_len = sim->line_len = 0;
	sim->line_over = sim->comment = sim->comment_line = false;
	sim->jog_blocked = sim->asked = sim->cancel = sim->hold = sim->halted = sim->door = sim->door_after_jog = false;
	sim->dwell_ns = sim->delay_ns = 0;
	sim->offset_due = 0;
	sim->override_due = 1;
	sim->power_up = false;
}

static void soft_reset(struct sim_grbl *sim)
{
	bool moving = sim->state == SIM_JOG || sim->state == SIM_RUN || sim->state == SIM_HOME ||
		      ((sim->state == SIM_HOLD || sim->state == SIM_DOOR) && sim->stopping);
	int alarm = !moving ? 0 : sim->state == SIM_HOME ? 6 : 3;

	if (sim->boot_ns) {	/* while it restarts: once more */
		sim->reset_again = !sim->power_up;
		return;
	}
	if (sim->halted && sim->board->at_ns < sim->alarm_ns + SWALLOW_NS)
		return;
	if (alarm == 3 && ++sim->resets % ALARM3_LOST_EACH == 0)
		alarm = 0;
	sim_reset(sim, alarm);
}

static bool is_variant(const struct sim_board *board, const char *name)
{
	return board->config.variant && strcmp(board->config.variant, name) == 0;
}

static void power(struct sim_board *board, bool first)
{
	struct sim_grbl *sim = sim_grbl_of(board);

	sim->board = board;
	if (first) {
		sim->blank = is_variant(board, "blank");
		sim->single_axis = is_variant(board, "single");
		sim->z_first = sim->single_axis || is_variant(board, "stock");
		sim_default_settings(sim, sim->blank);
	}
	if (first && board->config.no_homing)
		sim->settings[22] = 0;
	sim_reset(sim, 0);
	sim->steps = 0;
	sim->gc_deg = 0;
	sim->state = sim->settings[22] != 0 ? SIM_ALARM : SIM_IDLE;
	sim->power_up = true;
	sim->ok_first = sim->reset_again = false;
	sim->deaf_ns = 0;
	sim->boot_ns = sim->board->at_ns + POWER_NS;
}

static void boot(struct sim_grbl *sim)
{
	sim->boot_ns = sim->reset_again ? sim->board->at_ns + RESET_NS : 0;
	sim->reset_again = false;
	if (sim->after_alarm)
		sim->asked = false;
	if (sim->ok_first)	/* the line "$H" has ended, after all */
		sim_board_print(sim->board, "ok\r\n");
	sim->ok_first = false;
	sim->absolute = true;
	sim->inches = false;
	sim->feed = 0;
	sim->moving = SIM_G0;
	sim->feed_percent = sim->rapid_percent = 100;
	if (sim->blank) {	/* what it read from an empty EEPROM did not add up */
		sim_board_print(sim->board, "error:7\r\n");
		sim_print_settings(sim);
	}
	sim->blank = false;
	sim_board_print(sim->board, "\r\nGrbl 1.1h ['$' for help]\r\n");
	if (sim->settings[21] != 0 && sim_at_switch(sim)) {
		sim->state = SIM_ALARM;
		sim_board_print(sim->board, "[MSG:Check Limits]\r\n");
	}
	if (sim->state == SIM_ALARM)
		sim_board_print(sim->board, "[MSG:'$H'|'$X' to unlock]\r\n");
}

/* --- the main program ------------------------------------------------------------------------------ */

/* One character out of the ring into the line; true when it ended one. */
static bool take_character(struct sim_grbl *sim, char c)
{
	if (c == '\n' || c == '\r')
		return true;
	if (sim->comment || sim->comment_line)
		sim->comment = sim->comment && c != ')';
	else if (c <= ' ' || c == '/')	/* block delete is not supported */
		;
	else if (c == '(')
		sim->comment = true;
	else if (c == ';')
		sim->comment_line = true;
	else if (sim->line_len >= SIM_LINE - 1)
		sim->line_over = true;
	else
		sim->line[sim->line_len++] = (char)toupper((unsigned char)c);
	return false;
}

/* --- one millisecond ------------------------------------------------------------------------------ */

/* What it has prepared of the motion is made first: segments for some 36 ms. */
static void brake(struct sim_grbl *sim)
{
	if (!sim->stopping)
		sim->brake_ns = sim->board->at_ns + PREPARED_NS;
	sim->stopping = true;
}

/* A door: what moves decelerates first; a jog is cancelled. Nothing is heard until '~'. */
static void open_door(struct sim_grbl *sim)
{
	if (sim->state == SIM_ALARM || sim->state == SIM_CHECK)
		return;
	sim_board_print(sim->board, "[MSG:Check Door]\r\n");
	if (sim->state == SIM_JOG) {
		sim->door_after_jog = true;
		brake(sim);
	} else if (sim->state != SIM_SLEEP) {
		if (sim->state == SIM_RUN)
			brake(sim);
		sim->state = SIM_DOOR;
	}
}

static void realtime(struct sim_grbl *sim)
{
	if (sim->asked) {
		sim->asked = false;
		sim_report(sim);
	}
	if ((sim->cancel || sim->hold) && sim->state == SIM_JOG)
		brake(sim);	/* a hold cancels a jog too */
	if (sim->hold && (sim->state == SIM_RUN || sim->state == SIM_IDLE)) {
		if (sim->state == SIM_RUN)
			brake(sim);
		sim->state = SIM_HOLD;
	}
	if (sim->door)
		open_door(sim);
	sim->cancel = sim->hold = sim->door = false;
}

/* Move characters from the ring to the line; true when one is complete. */
static bool next_line(struct sim_grbl *sim)
{
	unsigned used = 0;
	bool ended = false;

	while (used < sim->ring_len && !ended)
		ended = take_character(sim, (char)sim->ring[used++]);
	sim->ring_len -= used;
	memmove(sim->ring, sim->ring + used, sim->ring_len);
	return ended;
}

static void main_program(struct sim_grbl *sim)
{
	if (sim->halted) {
		if (!sim->reset_told && sim->board->at_ns >= sim->alarm_ns + SWALLOW_NS) {
			sim->reset_told = true;
			sim_board_print(sim->board, "[MSG:Reset to continue]\r\n");
		}
		return;
	}
	if (sim->state == SIM_HOME && sim->homing != SIM_STRAY)
		return;
	realtime(sim);
	if (sim->state == SIM_HOLD || sim->state == SIM_DOOR || sim->state == SIM_SLEEP || sim->stopping ||
	    sim->board->at_ns < sim->dwell_ns)
		return;
	if (sim->dwell_ns) {
		sim->dwell_ns = 0;
		sim_board_print(sim->board, "ok\r\n");
	}
	/* one that waited for room outlives the cancelling of those before it, and goes where it was to go */
	if (sim->jog_blocked)
		sim_queue_motion(sim, sim->blocked, sim->blocked_state);
	if (sim->jog_blocked)
		return;
	if (next_line(sim))
		sim_execute_line(sim);
}

static void step(struct sim_board *board)
{
	struct sim_grbl *sim = sim_grbl_of(board);

	if (sim->alarm && board->at_ns >= sim->alarm_ns) {
		sim_board_print(board, "ALARM:%d\r\n", sim->alarm);
		sim->alarm = 0;
	}
	if (sim->boot_ns && board->at_ns >= sim->boot_ns)
		boot(sim);
	if (sim->boot_ns)
		return;
	main_program(sim);
	sim_motion_step(sim);
}

static bool busy(const struct sim_board *board)
{
	const struct sim_grbl *sim = sim_grbl_of(board);

	return sim->boot_ns || sim->alarm || sim->block_count || sim->door || sim->dwell_ns ||
	       sim->ring_len || sim->asked || sim->jog_blocked ||
	       sim->state == SIM_HOME || sim->halted || sim->speed > 0 || sim->cancel || sim->hold;
}

/* --- bytes ---------------------------------------------------------------------------------------- */

static void override(struct sim_grbl *sim, uint8_t byte)
{
	static const int steps[] = { 0, 10, -10, 1, -1 };
	static const unsigned rapids[] = { 100, 50, 25 };

	if (byte >= 0x95)
		sim->rapid_percent = rapids[byte - 0x95];
	else if (byte == 0x90)
		sim->feed_percent = 100;
	else
		sim->feed_percent = (unsigned)CLAMP((int)sim->feed_percent + steps[byte - 0x90], 10, 200);
	sim->override_due = 0;
}

static void resume(struct sim_grbl *sim)
{
	if ((sim->state == SIM_HOLD || sim->state == SIM_DOOR) && !sim->stopping)
		sim->state = sim->block_count ? SIM_RUN : SIM_IDLE;
}

/* What the receive interrupt does with a byte before it reaches the ring. */
static void receive(struct sim_grbl *sim, uint8_t byte)
{
	if (byte == 0x18)
		soft_reset(sim);
	else if (byte == '?')
		sim->asked = true;
	else if (byte == '!')
		sim->hold = true;
	else if (byte == '~')
		resume(sim);
	else if (byte == 0x84)
		sim->door = true;
	else if (byte == 0x85)
		sim->cancel |= sim->state == SIM_JOG;	/* in any other state it is nothing */
	else if (byte >= 0x90 && byte <= 0x97)
		override(sim, byte);
	else if (byte < 0x80 && sim->ring_len < SIM_RING)
		sim->ring[sim->ring_len++] = byte;
}

static void rx(struct sim_board *board, uint8_t byte)
{
	struct sim_grbl *sim = sim_grbl_of(board);

	if (sim->drop && byte == sim->drop)
		sim->drop = 0;
	else if ((!sim->boot_ns || !sim->power_up) && board->at_ns >= sim->deaf_ns)
		receive(sim, byte);
}

static double counted_mdeg(const struct sim_board *board)
{
	const struct sim_grbl *sim = sim_grbl_of(board);

	return sim->steps / sim->settings[100] * 1000;
}

static double speed_mdeg_s(const struct sim_board *board)
{
	const struct sim_grbl *sim = sim_grbl_of(board);

	return sim->speed / sim->settings[100] * (sim->forward ? 1000 : -1000);
}

/* --- faults of its own ----------------------------------------------------------------------------- */

void sim_grbl_set(struct sim_board *board, unsigned number, double value)
{
	sim_grbl_of(board)->settings[number % 256] = value;
}

static void limit(struct sim_board *board, int64_t value)
{
	sim_grbl_of(board)->switch_forced = value != 0;
}

static void press_hold(struct sim_board *board, int64_t value)
{
	(void)value;
	sim_grbl_of(board)->hold = true;
}

static void press_reset(struct sim_board *board, int64_t value)
{
	(void)value;
	soft_reset(sim_grbl_of(board));
}

static void press_door(struct sim_board *board, int64_t value)
{
	(void)value;
	sim_grbl_of(board)->door = true;
}

/* A character of the kind whose number is given never reaches the ring, once: an overrun of its receiver. */
static void drop(struct sim_board *board, int64_t value)
{
	sim_grbl_of(board)->drop = (uint8_t)value;
}

/*
 *	limit 0|1		the switch is held closed; with $21=1 that is ALARM:1
 *	hold, reset, door	its buttons are pressed
 *	drop BYTE		the next such byte is lost on its way in
 */
static const struct sim_fault faults[] = {
	{ "limit", limit }, { "hold", press_hold }, { "reset", press_reset },
	{ "door", press_door }, { "drop", drop }, { NULL, NULL },
};

const struct sim_model sim_grbl = {
	.name = "grbl", .baud = 115200, .own_bytes = sizeof(struct sim_grbl),
	.power = power, .rx = rx, .step = step, .busy = busy,
	.counted_mdeg = counted_mdeg, .speed_mdeg_s = speed_mdeg_s, .faults = faults,
};
