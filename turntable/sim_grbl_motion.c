/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_grbl_motion.c - the planner and the table of the simulated Grbl.
 *
 * Each millisecond the speed becomes what the acceleration allows, and never more than lets it still
 * keep every later junction: sqrt(v_junction^2 + 2 a distance). That is the trapezoid Grbl plans, by
 * another way. A block that goes back the other way is a junction of speed 0.
 */
#include <math.h>

#include "turntable/sim_grbl_own.h"

#define FLAG_DEG 3.0		/* the homing switch is closed while the bearing is in [0, 3) */

static double accel(const struct sim_grbl *sim)
{
	return sim->settings[120] * sim->settings[100];
}

bool sim_at_switch(const struct sim_grbl *sim)
{
	double bearing = fmod(sim->board->true_deg, 360.0);

	return sim->switch_forced ||
	       (!sim->board->config.no_homing && (bearing < 0 ? bearing + 360.0 : bearing) < FLAG_DEG);
}

void sim_motion_end(struct sim_grbl *sim)
{
	double whole = round(sim->steps);

	sim->block_count = 0;
	sim->speed = 0;
	sim->stopping = false;
	sim_board_turn(sim->board, (whole - sim->steps) / sim->settings[100]);	/* a motor rests on a whole step */
	sim->steps = whole;
	sim->gc_deg = (float)(sim->steps / sim->settings[100]);
}

static double allowed_speed(const struct sim_grbl *sim)
{
	double from = sim->steps, distance = 0, allowed = INFINITY;

	for (unsigned i = 0; i < sim->block_count; i++) {
		const struct sim_block *block = &sim->blocks[i], *next = block + 1;
		bool last = i + 1 == sim->block_count;
		bool goes_on = !last && (block->target > from) == (next->target > block->target);
		double junction = goes_on ? fmin(block->nominal, next->nominal) : 0;

		distance += fabs(block->target - from);
		allowed = fmin(allowed, sqrt(junction * junction + 2 * accel(sim) * distance));
		if (!goes_on)
			break;
		from = block->target;
	}
	return allowed;
}

static void pop_block(struct sim_grbl *sim)
{
	sim->block_count--;
	for (unsigned i = 0; i < sim->block_count; i++)
		sim->blocks[i] = sim->blocks[i + 1];
}

/* Go @distance steps along the blocks. */
static void follow(struct sim_grbl *sim, double distance)
{
	while (sim->block_count && distance > 0) {
		struct sim_block *block = &sim->blocks[0];
		double left = block->target - sim->steps;
		double go = copysign(fmin(fabs(left), distance), left);
		bool forward = left > 0;

		if (!block->other)
			sim_board_turn(sim->board, go / sim->settings[100]);
		sim->forward = forward;
		distance -= fabs(go);
		if (fabs(go) < fabs(left)) {
			sim->steps += go;
			return;
		}
		sim->steps = block->target;
		pop_block(sim);
		if (!sim->block_count || (sim->blocks[0].target > sim->steps) != forward) {
			sim->speed = 0;
			return;
		}
	}
}

static void come_to_rest(struct sim_grbl *sim)
{
	if (sim->state == SIM_HOLD || sim->state == SIM_DOOR) {
		sim->speed = 0;		/* the blocks wait for '~' */
		sim->stopping = false;
		return;
	}
	if (sim->state == SIM_JOG || sim->state == SIM_RUN) {
		/* a motion that was made to its end leaves the parser where it is, a cancelled one not */
		if (sim->stopping)
			sim_motion_end(sim);
		sim->state = sim->door_after_jog ? SIM_DOOR : SIM_IDLE;
		sim->door_after_jog = false;
	}
	sim->speed = 0;
	sim->stopping = false;
}

static void accelerate(struct sim_grbl *sim)
{
	double change = accel(sim) * SIM_STEP_S, nominal = sim->blocks[0].nominal;

	if (fabs(sim->blocks[0].target - sim->steps) > SIM_RUNAWAY)
		nominal *= 3.25;	/* as it was measured on a real one */
	if (sim->state == SIM_RUN)
		nominal *= (sim->blocks[0].rapid ? sim->rapid_percent : sim->feed_percent) / 100.0;

	if (sim->stopping && sim->board->at_ns >= sim->brake_ns) {
		sim->speed -= change;
		return;
	}
	if (sim->speed > nominal)
		sim->speed = fmax(sim->speed - change, nominal);
	else
		sim->speed = fmin(sim->speed + change, nominal);
	sim->speed = fmax(fmin(sim->speed, allowed_speed(sim)), fmin(change, nominal));
}

/* A switch that closes with hard limits on stops everything dead; while homing it is not one. */
static void watch_limit(struct sim_grbl *sim)
{
	bool closed = sim_at_switch(sim);

	if (closed != sim->switch_seen && sim->settings[21] != 0 && sim->state != SIM_HOME && sim->state != SIM_ALARM)
		sim_alarm(sim, 1);
	sim->switch_seen = closed;
}

void sim_motion_step(struct sim_grbl *sim)
{
	watch_limit(sim);
	if (sim->state == SIM_HOME && sim->board->at_ns < sim->delay_ns)
		return;
	if (sim->state == SIM_HOME && sim->homing != SIM_STRAY)
		sim_homing_step(sim);
	if (sim->state == SIM_ALARM || sim->state == SIM_SLEEP ||
	    ((sim->state == SIM_HOLD || sim->state == SIM_DOOR) && !sim->stopping))
		return;
	if (!sim->block_count) {
		if (sim->state != SIM_HOME && sim->state != SIM_HOLD && sim->state != SIM_CHECK)
			come_to_rest(sim);
		return;
	}
	accelerate(sim);
	if (sim->speed <= 0) {
		come_to_rest(sim);
		return;
	}
	follow(sim, fmax(sim->speed, SIM_SLOWEST) * SIM_STEP_S);
	if (!sim->block_count && sim->state != SIM_HOME)
		come_to_rest(sim);
}
