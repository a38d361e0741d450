/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_marlin_motion.c - the planner, the motor and the switch of the simulated Marlin.
 *
 * The end of the blocks in one direction is always planned for. A first block is kept back for a tenth of a second, in
 * case more come; a motion may begin and end with the speed of the jerk.
 */
#include <math.h>

#include "turntable/sim_marlin_own.h"

#define FIRST_DELAY_NS (100 * NS_PER_MS)
#define HOME_FEED 20.0
#define LOCATE_FEED 5.0
#define BUMP_MM 5.0

static double accel_steps(const struct sim_marlin *sim)
{
	return fmin(sim->accel, sim->travel) * sim->steps_mm;
}

bool sim_marlin_at_rest(const struct sim_marlin *sim)
{
	return !sim->block_count && sim->speed == 0;
}

void sim_marlin_queue(struct sim_marlin *sim, struct sim_marlin_block block)
{
	if (!sim->block_count)
		sim->first_ns = sim->board->at_ns + FIRST_DELAY_NS;
	sim->blocks[sim->block_count++] = block;
	sim->motor_on = true;
}

/* --- along the blocks ----------------------------------------------------------------------------- */

static double to_the_turn(const struct sim_marlin *sim)
{
	double from = sim->steps, distance = 0;
	bool up = sim->blocks[0].target > from;

	for (unsigned i = 0; i < sim->block_count && (sim->blocks[i].target > from) == up; i++) {
		distance += fabs(sim->blocks[i].target - from);
		from = sim->blocks[i].target;
	}
	return distance;
}

static void pop(struct sim_marlin *sim)
{
	sim->block_count--;
	for (unsigned i = 0; i < sim->block_count; i++)
		sim->blocks[i] = sim->blocks[i + 1];
}

static void travel(struct sim_marlin *sim, double distance)
{
	while (sim->block_count && distance > 0) {
		double left = sim->blocks[0].target - sim->steps;
		double go = fmin(fabs(left), distance);

		sim_board_turn(sim->board, copysign(go, left) / sim->steps_mm);
		distance -= go;
		if (go < fabs(left)) {
			sim->steps += copysign(go, left);
			return;
		}
		sim->steps = sim->blocks[0].target;
		pop(sim);
	}
}

static void follow(struct sim_marlin *sim)
{
	double change = accel_steps(sim) * SIM_STEP_S, jerk = sim->jerk * sim->steps_mm;
	double left = to_the_turn(sim), nominal = sim->blocks[0].nominal;
	double allowed = fmin(nominal, sqrt(jerk * jerk + 2 * accel_steps(sim) * left));
	double direction = sim->blocks[0].target < sim->steps ? -1 : 1, speed = fabs(sim->speed);

	if (speed < allowed)
		speed = fmin(fmax(speed + change, fmin(jerk, allowed)), allowed);
	else
		speed = fmax(speed - change, allowed);
	sim->speed = direction * fmax(speed, fmin(change, nominal));
	travel(sim, fabs(sim->speed) * SIM_STEP_S);
	if (!sim->block_count || (sim->blocks[0].target < sim->steps) != (direction < 0))
		sim->speed = 0;
}

/* --- homing --------------------------------------------------------------------------------------- */

static void homing_move(struct sim_marlin *sim, enum sim_marlin_homing phase, double by_mm, double feed)
{
	sim->homing = phase;
	sim->block_count = 0;
	sim->speed = 0;
	sim_marlin_queue(sim, (struct sim_marlin_block){ sim->steps + by_mm * sim->steps_mm, feed * sim->steps_mm });
	sim->first_ns = 0;
}

void sim_marlin_home(struct sim_marlin *sim)
{
	sim->homed = false;
	homing_move(sim, SIM_MARLIN_SEEK, -540, HOME_FEED);
}

/* The switch is at the table's bearing 0; the table follows one step later than the motor. */
static bool at_switch(const struct sim_marlin *sim)
{
	double bearing = fmod(sim->board->true_deg, 360.0);
	double step = fabs(sim->speed) / sim->steps_mm * SIM_STEP_S + 1e-9;

	bearing = bearing < 0 ? bearing + 360.0 : bearing;
	return !sim->board->config.no_homing && sim->speed < 0 && bearing > 360.0 - 2 * step;
}

static void homing_step(struct sim_marlin *sim)
{
	if (sim->homing == SIM_MARLIN_SEEK && at_switch(sim)) {
		homing_move(sim, SIM_MARLIN_BUMP, BUMP_MM, HOME_FEED);
	} else if (sim->homing == SIM_MARLIN_BUMP && sim_marlin_at_rest(sim)) {
		homing_move(sim, SIM_MARLIN_LOCATE, -2 * BUMP_MM, LOCATE_FEED);
	} else if (sim->homing == SIM_MARLIN_LOCATE && at_switch(sim)) {
		sim->block_count = 0;
		sim->speed = sim->steps = sim->where_mm = 0;
		sim->homed = true;
		sim_marlin_go_on(sim);
	} else if (sim_marlin_at_rest(sim)) {	/* the switch was not hit where it should have been */
		sim_board_print(sim->board, "echo:Homing Failed\n");
		sim_marlin_kill(sim);
	}
}

void sim_marlin_motion_step(struct sim_marlin *sim)
{
	if (sim->waits == SIM_MARLIN_HOMING)
		homing_step(sim);
	if (sim->block_count && (sim->board->at_ns >= sim->first_ns || sim->block_count >= 3))
		follow(sim);
	if (!sim_marlin_at_rest(sim))
		sim->idle_since_ns = sim->board->at_ns;
	if (sim->idle_limit_s && sim->board->at_ns >= sim->idle_since_ns + (uint64_t)sim->idle_limit_s * NS_PER_S)
		sim->motor_on = sim->homed = false;
}
