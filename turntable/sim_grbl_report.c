/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_grbl_report.c - what the simulated Grbl prints: status, settings, parameters, build (Grbl 1.1h report.c). */
#include <math.h>

#include "turntable/sim_grbl_own.h"

static const char *state_word(const struct sim_grbl *sim)
{
	static const char *const words[] = { "Idle", "Run", "Hold:0", "Jog", "Alarm", "Door:0", "Home",
					     "Sleep", "Check" };

	if (sim->stopping && sim->state == SIM_HOLD)
		return "Hold:1";
	return sim->stopping && sim->state == SIM_DOOR ? "Door:2" : words[sim->state];
}

/*
 * What it believes its speed to be: that of the end of what it has prepared, 50 ms ahead of the shaft. A
 * runaway says a tenth of what was asked, and nothing is too slow for it to say.
 */
static double feed(const struct sim_grbl *sim)
{
	double ahead = sim->settings[120] * sim->settings[100] * 0.05, speed = sim->speed;
	bool runs_away = sim->block_count && fabs(sim->blocks[0].target - sim->steps) > SIM_RUNAWAY;

	if (runs_away)
		speed = sim->blocks[0].nominal / 10;
	else if (sim->stopping)
		speed = fmax(speed - ahead, 0);
	else if (sim->block_count)
		speed = fmin(speed + ahead, fmax(sim->blocks[0].nominal, speed));
	return speed / sim->settings[100] * 60;
}

static void print_now_and_then(struct sim_grbl *sim)
{
	bool busy = sim->state == SIM_RUN || sim->state == SIM_JOG || sim->state == SIM_HOLD ||
		    sim->state == SIM_HOME || sim->state == SIM_DOOR;

	if (sim->offset_due) {
		sim->offset_due--;
	} else {
		sim_board_print(sim->board, "|WCO:0.000,0.000,0.000");
		sim->offset_due = busy ? 29 : 9;
		sim->override_due = sim->override_due ? sim->override_due : 1;	/* not both in one report */
	}
	if (sim->override_due) {
		sim->override_due--;
		return;
	}
	sim_board_print(sim->board, "|Ov:%u,%u,100", sim->feed_percent, sim->rapid_percent);
	sim->override_due = busy ? 19 : 9;
}

void sim_report(struct sim_grbl *sim)
{
	float position = (float)lround(sim->steps) / (float)sim->settings[100];	/* as the firmware computes it */
	int mask = (int)sim->settings[10];
	float scale = sim->settings[13] != 0 ? 1 / 25.4f : 1;

	sim_board_print(sim->board, "<%s|%s:%.3f,0.000,0.000", state_word(sim), mask & 1 ? "MPos" : "WPos",
			(double)(position * scale));
	if (mask & 2)
		sim_board_print(sim->board, "|Bf:%u,%u", SIM_BLOCKS - sim->block_count, SIM_RING - sim->ring_len);
	sim_board_print(sim->board, "|FS:%.0f,0", feed(sim) * (double)scale);
	if (sim_at_switch(sim))
		sim_board_print(sim->board, "|Pn:X");
	print_now_and_then(sim);
	sim_board_print(sim->board, ">\r\n");
}

void sim_print_settings(struct sim_grbl *sim)
{
	bool whole;

	for (unsigned number = 0; number < 256; number++)
		if (sim_has_setting(number, &whole))
			sim_board_print(sim->board, "$%u=%.*f\r\n", number, whole ? 0 : 3, sim->settings[number]);
}

void sim_print_parameters(struct sim_grbl *sim)
{
	static const char *const names[] = { "G54", "G55", "G56", "G57", "G58", "G59", "G28", "G30", "G92" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		sim_board_print(sim->board, "[%s:0.000,0.000,0.000]\r\n", names[i]);
	sim_board_print(sim->board, "[TLO:0.000]\r\n[PRB:0.000,0.000,0.000:0]\r\n");
}

void sim_print_modes(struct sim_grbl *sim)
{
	sim_board_print(sim->board, "[GC:G%d G54 G17 G%d G%d G94 M5 M9 T0 F%.0f S0]\r\n", sim->feed > 0,
			sim->inches ? 20 : 21, sim->absolute ? 90 : 91, sim->feed);
}

void sim_print_build(struct sim_grbl *sim)
{
	sim_board_print(sim->board, "[VER:1.1h.20190830:]\r\n[OPT:V%s,%d,%d]\r\n", sim->single_axis ? "H" : "",
			SIM_BLOCKS, SIM_RING);
}
