/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_grbl.c - the serial side of the simulated Grbl: ring, lines, commands, reports, resets.
 *
 * One millisecond is one turn of its main program: it carries out the real-time flags, then at most
 * one line. Bytes leave at the pace of 115200 baud, so that a report takes the 4 to 7 ms it takes a
 * real controller.
 */
#include "turntable/sim_grbl.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/sim_grbl_own.h"

#define RESET_NS (550 * NS_PER_MS)
#define POWER_NS (1600 * NS_PER_MS)
#define SWALLOW_NS (500 * NS_PER_MS)
#define BYTES_PER_MS 11.52
#define ALARM3_LOST_EACH 30	/* a real one lost 4 of 122 */

static uint32_t random_bits(struct sim_grbl *sim)
{
	sim->seed ^= sim->seed << 13;
	sim->seed ^= sim->seed >> 7;
	sim->seed ^= sim->seed << 17;
	return (uint32_t)(sim->seed >> 16);
}

void sim_print(struct sim_grbl *sim, const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof text || sim->fifo_len + (unsigned)len > SIM_FIFO)
		return;
	memcpy(sim->fifo + sim->fifo_len, text, (size_t)len);
	sim->fifo_len += (unsigned)len;
}

static const char *state_word(const struct sim_grbl *sim)
{
	static const char *const words[] = { "Idle", "Run", "Hold:0", "Jog", "Alarm", "Door:0", "Home",
					     "Sleep", "Check" };

	return sim->state == SIM_HOLD && sim->stopping ? "Hold:1" : words[sim->state];
}

void sim_report(struct sim_grbl *sim)
{
	long count = lround(sim->steps);
	double feed = sim->speed / sim->settings[100] * 60;
	float position = (float)count / (float)sim->settings[100];	/* as the firmware computes it */
	bool work = !((int)sim->settings[10] & 1);

	sim_print(sim, "<%s|%s:%.3f,0.000,0.000", state_word(sim), work ? "WPos" : "MPos", (double)position);
	if ((int)sim->settings[10] & 2)
		sim_print(sim, "|Bf:%u,%u", SIM_BLOCKS - sim->block_count, SIM_RING - sim->ring_len);
	sim_print(sim, "|FS:%.0f,0", feed);
	if (sim->reports % 10 == 0)
		sim_print(sim, "|WCO:0.000,0.000,0.000");
	else if (sim->reports % 10 == 1)
		sim_print(sim, "|Ov:100,100,100");
	sim_print(sim, ">\r\n");
	sim->reports++;
}

/* --- resets and alarms ---------------------------------------------------------------------------- */

void sim_alarm(struct sim_grbl *sim, int number)
{
	sim_motion_end(sim);
	sim->state = SIM_ALARM;
	sim_print(sim, "ALARM:%d\r\n", number);
	if (number == 1 || number == 2) {
		sim->halted = true;
		sim->halted_ns = sim->at_ns;
		sim->reset_told = false;
	}
}

/* The reset of 0x18, or of a failed homing: @alarm is pushed before the half second of silence. */
void sim_reset(struct sim_grbl *sim, int alarm)
{
	sim_motion_end(sim);
	if (alarm) {
		sim->state = SIM_ALARM;
		sim_print(sim, "ALARM:%d\r\n", alarm);
	} else if (sim->state != SIM_ALARM) {
		sim->state = sim->state == SIM_SLEEP ? SIM_ALARM : SIM_IDLE;
	}
	sim->ring_len = sim->line_len = 0;
	sim->line_over = sim->comment = sim->comment_line = false;
	sim->jog_blocked = sim->asked = sim->cancel = sim->hold = sim->halted = false;
	sim->delay_ns = 0;
	sim->power_up = false;
	sim->boot_ns = sim->at_ns + RESET_NS;
}

static void soft_reset(struct sim_grbl *sim)
{
	bool moving = sim->state == SIM_JOG || sim->state == SIM_RUN || sim->state == SIM_HOME ||
		      (sim->state == SIM_HOLD && sim->speed > 0);
	int alarm = !moving ? 0 : sim->state == SIM_HOME ? 6 : 3;

	if (sim->boot_ns)
		return;
	if (sim->halted && sim->at_ns < sim->halted_ns + SWALLOW_NS)
		return;
	if (alarm == 3 && ++sim->resets % ALARM3_LOST_EACH == 0)
		alarm = 0;
	sim_reset(sim, alarm);
}

static void power_cycle(struct sim_grbl *sim)
{
	sim_reset(sim, 0);
	sim->fifo_len = sim->out_len = 0;
	sim->steps = 0;
	sim->gc_deg = 0;
	sim->hung = false;
	sim->state = sim->settings[22] != 0 ? SIM_ALARM : SIM_IDLE;
	sim->power_up = true;
	sim->boot_ns = sim->at_ns + POWER_NS;
}

static void boot(struct sim_grbl *sim)
{
	sim->boot_ns = 0;
	sim->absolute = true;
	sim->inches = false;
	sim_print(sim, "\r\nGrbl 1.1h ['$' for help]\r\n");
	if (sim->state == SIM_ALARM)
		sim_print(sim, "[MSG:'$H'|'$X' to unlock]\r\n");
}

/* --- the main program ------------------------------------------------------------------------------ */

/* One character out of the ring into the line; true when it ended one. */
static bool take_character(struct sim_grbl *sim, char c)
{
	if (c == '\n' || c == '\r')
		return true;
	if (sim->comment || sim->comment_line)
		sim->comment = sim->comment && c != ')';
	else if (c <= ' ')
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

static void realtime(struct sim_grbl *sim)
{
	if ((sim->cancel || sim->hold) && sim->state == SIM_JOG)
		sim->stopping = true;	/* a hold cancels a jog too */
	if (sim->hold && (sim->state == SIM_RUN || sim->state == SIM_IDLE)) {
		sim->stopping = sim->state == SIM_RUN;
		sim->state = SIM_HOLD;
	}
	sim->cancel = sim->hold = false;
	if (sim->asked && sim->state != SIM_SLEEP) {
		sim->asked = false;
		sim_report(sim);
	}
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
		if (!sim->reset_told && sim->at_ns >= sim->halted_ns + SWALLOW_NS) {
			sim->reset_told = true;
			sim_print(sim, "[MSG:Reset to continue]\r\n");
		}
		return;
	}
	if (sim->state == SIM_HOME)
		return;
	realtime(sim);
	if (sim->jog_blocked) {
		if (sim->stopping)	/* a cancelled jog is answered, and forgotten */
			sim_queue_motion(sim, (struct sim_block){ sim->steps, 1 }, sim->state);
		else
			sim_queue_motion(sim, sim->blocked, sim->blocked_state);
	}
	if (sim->jog_blocked || sim->state == SIM_HOLD || sim->state == SIM_DOOR || sim->state == SIM_SLEEP)
		return;
	if (next_line(sim))
		sim_execute_line(sim);
}

static void send_bytes(struct sim_grbl *sim)
{
	unsigned count;

	sim->bytes_due = fmin(sim->bytes_due + BYTES_PER_MS, 64);
	count = MIN((unsigned)sim->bytes_due, sim->fifo_len);
	sim->bytes_due = count == sim->fifo_len ? 0 : sim->bytes_due - count;
	for (unsigned i = 0; i < count; i++) {
		uint8_t byte = sim->fifo[i];

		if (sim->damage && random_bits(sim) % (uint64_t)sim->damage == 0)
			byte ^= (uint8_t)(1u << random_bits(sim) % 8);
		if (sim->at_ns >= sim->silent_ns && sim->out_len < SIM_FIFO)
			sim->out[sim->out_len++] = byte;
	}
	sim->fifo_len -= count;
	memmove(sim->fifo, sim->fifo + count, sim->fifo_len);
}

static void one_step(struct sim_grbl *sim)
{
	sim->at_ns += SIM_STEP_NS;
	if (sim->hung)
		return;
	if (sim->boot_ns && sim->at_ns >= sim->boot_ns)
		boot(sim);
	if (!sim->boot_ns) {
		main_program(sim);
		sim_motion_step(sim);
	}
	send_bytes(sim);
}

bool sim_grbl_busy(const struct sim_grbl *sim)
{
	return sim->boot_ns || sim->block_count || sim->ring_len || sim->fifo_len || sim->out_len ||
	       sim->asked || sim->jog_blocked || sim->state == SIM_HOME || sim->halted || sim->speed > 0 ||
	       sim->cancel || sim->hold;
}

void sim_grbl_advance(struct sim_grbl *sim, uint64_t now_ns)
{
	while (sim->at_ns + SIM_STEP_NS <= now_ns) {
		if (!sim_grbl_busy(sim) || sim->hung) {	/* nothing will happen: skip the time */
			sim->at_ns = now_ns - (now_ns - sim->at_ns) % SIM_STEP_NS;
			return;
		}
		one_step(sim);
	}
}

/* --- bytes ---------------------------------------------------------------------------------------- */

/* What the receive interrupt does with a byte before it reaches the ring. */
static void receive(struct sim_grbl *sim, uint8_t byte)
{
	if (byte == 0x18)
		soft_reset(sim);
	else if (byte == '?')
		sim->asked = true;
	else if (byte == '!')
		sim->hold = true;
	else if (byte == '~' && sim->state == SIM_HOLD && !sim->stopping)
		sim->state = sim->block_count ? SIM_RUN : SIM_IDLE;
	else if (byte == 0x84 && sim->state != SIM_ALARM && sim->state != SIM_HOME) {
		sim_motion_end(sim);
		sim->state = SIM_DOOR;
		sim_print(sim, "[MSG:Check Door]\r\n");
	} else if (byte == 0x85 && sim->state == SIM_JOG)
		sim->cancel = true;	/* in any other state it is nothing */
	else if (byte < 0x80 && byte != '~' && sim->ring_len < SIM_RING)
		sim->ring[sim->ring_len++] = byte;
}

void sim_grbl_rx(struct sim_grbl *sim, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns)
{
	sim_grbl_advance(sim, now_ns);
	if (sim->hung || (sim->boot_ns && sim->power_up))
		return;
	for (size_t i = 0; i < len_bytes; i++)
		receive(sim, bytes[i]);
}

size_t sim_grbl_tx(struct sim_grbl *sim, uint8_t *bytes, size_t size)
{
	unsigned count = (unsigned)MIN(size, (size_t)sim->out_len);

	memcpy(bytes, sim->out, count);
	sim->out_len -= count;
	memmove(sim->out, sim->out + count, sim->out_len);
	return count;
}

void sim_grbl_fault(struct sim_grbl *sim, enum sim_fault fault, int64_t value)
{
	switch (fault) {
	case SIM_SLIP: sim->slip_deg = (double)value / 1000; break;
	case SIM_STALL: sim->stalled = value != 0; break;
	case SIM_SILENCE: sim->silent_ns = sim->at_ns + (uint64_t)value * NS_PER_MS; break;
	case SIM_HANG: sim->hung = value != 0; break;
	case SIM_POWER: power_cycle(sim); break;
	case SIM_LIMIT: sim_alarm(sim, 1); break;
	case SIM_DAMAGE: sim->damage = value; break;
	case SIM_NUDGE: sim->true_deg += (double)value / 1000; break;
	case SIM_GARBAGE:
		for (int64_t i = 0; i < value && sim->fifo_len < SIM_FIFO; i++)
			sim->fifo[sim->fifo_len++] = (uint8_t)random_bits(sim);
	}
}

void sim_grbl_set(struct sim_grbl *sim, unsigned number, double value)
{
	sim->settings[number % ARRAY_LEN(sim->settings)] = value;
}

int64_t sim_grbl_true_mdeg(const struct sim_grbl *sim)
{
	return llround(sim->true_deg * 1000);
}

int64_t sim_grbl_counted_mdeg(const struct sim_grbl *sim)
{
	return llround(sim->steps / sim->settings[100] * 1000);
}

double sim_grbl_speed_mdeg_s(const struct sim_grbl *sim)
{
	return sim->speed / sim->settings[100] * 1000;
}

int sim_grbl_new(struct sim_grbl **out, const struct sim_grbl_config *config, uint64_t now_ns,
		 struct err *err)
{
	struct sim_grbl *sim = calloc(1, sizeof *sim);

	if (!sim)
		return err_set(err, ERR_NOMEM, "simulated table: out of memory");
	sim->config = *config;
	sim->at_ns = now_ns;
	sim->seed = 88172645463325252u;
	sim_default_settings(sim);
	if (config->no_homing)
		sim->settings[22] = 0;
	sim->true_deg = (double)config->true_mdeg / 1000;
	power_cycle(sim);
	*out = sim;
	return 0;
}

struct sim_grbl *sim_grbl_free(struct sim_grbl *sim)
{
	free(sim);
	return NULL;
}
