/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim_comxim_motion.c - the motor of the simulated ComXim table. */
#include <math.h>

#include "turntable/sim_comxim_own.h"

#define ACCEL_DEG_S2 40.0
#define HOME_DEG_S 10.0

/* Degrees a second by level, as an owner has timed them; above 32 nothing changes. */
double sim_comxim_speed(unsigned grade)
{
	static const struct { unsigned grade; double deg_s; } timed[] = {
		{ 1, 15.7 }, { 2, 13.7 }, { 4, 12.2 }, { 8, 10.0 }, { 16, 6.9 }, { 32, 5.3 },
	};

	for (size_t i = 1; i < ARRAY_LEN(timed); i++)
		if (grade <= timed[i].grade) {
			double part = (double)(grade - timed[i - 1].grade) /
				      (double)(timed[i].grade - timed[i - 1].grade);

			return timed[i - 1].deg_s + part * (timed[i].deg_s - timed[i - 1].deg_s);
		}
	return 5.3;
}

int sim_comxim_turn(struct sim_comxim *sim, int direction, double deg, double top)
{
	if (sim->moving)
		return 31;
	sim->moving = true;
	sim->stopping = sim->homing = false;
	sim->endless = isinf(deg);
	sim->direction = direction ? -1 : 1;
	sim->left_deg = deg;
	sim->top = top;
	return 0;
}

static void come_to_rest(struct sim_comxim *sim)
{
	sim->moving = sim->endless = sim->stopping = sim->homing = false;
	sim->speed = 0;
	sim->shown_deg = sim->count_deg;
	sim->end_due_ns = sim->board->at_ns + sim->late_end_ns;
	if (!sim->late_end_ns)
		sim_comxim_end(sim);
}

void sim_comxim_motion_step(struct sim_comxim *sim)
{
	double change = ACCEL_DEG_S2 * SIM_STEP_S, go;

	if (!sim->moving)
		return;
	if (sim->stopping)
		sim->speed -= change;
	else
		sim->speed = fmin(fmin(sim->speed + change, sim->top), sqrt(2 * ACCEL_DEG_S2 * sim->left_deg) + change);
	go = fmin(fmax(sim->speed, 0) * SIM_STEP_S, sim->left_deg);
	sim->left_deg -= go;
	sim->count_deg += go * sim->direction;
	sim_board_turn(sim->board, go * sim->direction);
	if (!sim->lazy)
		sim->shown_deg = sim->count_deg;
	if (sim->speed <= 0 || sim->left_deg < 1e-9)
		come_to_rest(sim);
}

/* To the mark in the table, where the true bearing is 0. What it counts there is not changed by it. */
int sim_comxim_home(struct sim_comxim *sim)
{
	double bearing = fmod(sim->board->true_deg, 360), deg = bearing < 0 ? -bearing : 360 - bearing;
	int error = sim_comxim_turn(sim, 0, deg, HOME_DEG_S);

	sim->homing = !error;
	return error;
}

int sim_comxim_to_zero(struct sim_comxim *sim)
{
	if (fabs(sim->count_deg) < 0.005)
		return 0;	/* only CR+OK: it is there */
	return sim_comxim_turn(sim, sim->count_deg > 0, fabs(sim->count_deg), sim_comxim_speed(sim->grade));
}
