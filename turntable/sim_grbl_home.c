/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_grbl_home.c - the homing of the simulated Grbl (Grbl 1.1h limits.c).
 *
 * Seek, pull off, locate, pull off; each begins with a count of 0 and stops dead at the switch. The stock
 * build homes Z first: there is none, so it searches until it gives up, and the table never turns.
 */
#include <math.h>

#include "turntable/sim_grbl_own.h"

static double direction(const struct sim_grbl *sim)
{
	return (int)sim->settings[23] & 1 ? -1 : 1;
}

static void block(struct sim_grbl *sim, enum sim_homing phase)
{
	const double *s = sim->settings;
	bool pull = phase == SIM_SEEK_PULL || phase == SIM_LOCATE_PULL;
	double deg = pull ? -s[27] : phase == SIM_SEEK ? s[130] * 1.5 : s[27] * 5;
	double rate = phase == SIM_LOCATE ? s[24] : s[25];

	sim_motion_end(sim);
	sim->homing = phase;
	sim->homing_from = sim->steps;
	sim->blocks[0] = (struct sim_block){ .target = sim->steps + direction(sim) * deg * s[100],
					     .nominal = fmin(rate, s[110]) / 60 * s[100] };
	sim->block_count = 1;
	sim->delay_ns = phase == SIM_SEEK ? 0 : sim->board->at_ns + (uint64_t)s[26] * NS_PER_MS;
}

void sim_homing_start(struct sim_grbl *sim, bool one_axis)
{
	sim->state = SIM_HOME;
	if (!sim->z_first || one_axis) {
		block(sim, SIM_SEEK);
		return;
	}
	sim_motion_end(sim);
	sim->homing = SIM_SEEK;
	sim->delay_ns = sim->board->at_ns + (uint64_t)(sim->settings[132] * 1.5 / sim->settings[25] * 60e3) * NS_PER_MS;
}

static void done(struct sim_grbl *sim)
{
	const double *s = sim->settings;

	sim->steps = round((direction(sim) < 0 ? s[27] - s[130] : -s[27]) * s[100]);
	sim_motion_end(sim);
	if (sim->asked)
		sim_report(sim);	/* asked while homing, said now: <Home...> */
	sim->asked = false;
	sim->state = SIM_IDLE;
	sim_board_print(sim->board, "ok\r\n");
}

static void settle(struct sim_grbl *sim)
{
	sim->homing = SIM_SETTLE;
	sim->delay_ns = sim->board->at_ns + (uint64_t)sim->settings[26] * NS_PER_MS;
}

void sim_homing_step(struct sim_grbl *sim)
{
	bool approach = sim->homing == SIM_SEEK || sim->homing == SIM_LOCATE;

	if (sim->door) {
		sim->door = false;
		sim_reset(sim, 7);
	} else if (approach && sim->block_count && sim_at_switch(sim)) {
		block(sim, sim->homing + 1);
	} else if (!sim->block_count) {
		if (approach)
			sim_reset(sim, 9);
		else if (sim_at_switch(sim))
			sim_reset(sim, 8);
		else if (sim->homing == SIM_SEEK_PULL)
			block(sim, SIM_LOCATE);
		else if (sim->homing == SIM_LOCATE_PULL)
			settle(sim);
		else
			done(sim);
	}
}
