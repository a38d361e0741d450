/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim_zaber_motion.c - the motor, the switch and the encoder of the simulated Zaber stage.
 *
 * A newer target takes the place of an older one at any time. Homing turns down until the reference mark, at the
 * table's bearing 0, has gone by, counts from it and settles on it.
 */
#include <math.h>

#include "turntable/sim_zaber_own.h"

#define STALL_DEG 3.0		/* the count runs away from the encoder by so much */
#define KNOB_DEG_S 5.0

static double per_deg(const struct sim_zaber *sim)
{
	return (double)sim->turn / 360.0;
}

double sim_zaber_usteps_s(int64_t speed_data)
{
	return (double)speed_data / 1.6384;
}

double sim_zaber_usteps_s2(int64_t accel_data)
{
	return accel_data ? (double)accel_data * 10000 / 1.6384 : INFINITY;
}

double sim_zaber_encoder(const struct sim_zaber *sim)
{
	return (sim->board->true_deg - sim->encoder_zero_deg) * per_deg(sim);
}

void sim_zaber_halt(struct sim_zaber *sim)
{
	sim->pos = sim->target = round(sim->pos);
	sim->speed = 0;
	sim->state = SIM_ZABER_IDLE;
}

void sim_zaber_go(struct sim_zaber *sim, double target, double speed, double accel)
{
	sim_zaber_flag(sim, "NI", sim->state != SIM_ZABER_IDLE);
	sim_zaber_flag(sim, "NC", false);
	sim_zaber_flag(sim, "WM", false);
	sim->target = target;
	sim->motion_speed = speed;
	sim->motion_accel = accel;
	sim->state = SIM_ZABER_MOVING;
}

void sim_zaber_home(struct sim_zaber *sim)
{
	double speed = sim_zaber_usteps_s(MIN(sim->approach, sim->maxspeed));

	sim->seek_from = sim->pos;
	sim_zaber_go(sim, sim->pos - 1.5 * (double)sim->turn, speed, sim_zaber_usteps_s2(sim->accel));
	sim->state = SIM_ZABER_SEEKING;
}

/* Turn the motor by @usteps. */
static void turn(struct sim_zaber *sim, double usteps)
{
	sim->pos += usteps;
	sim_board_turn(sim->board, usteps / per_deg(sim));
}

/* The reference mark is where the table's bearing is 0; the table follows one step later than the motor. */
static bool passed_mark(const struct sim_zaber *sim)
{
	double ahead = fmod(sim->board->true_deg, 360.0);
	double step = fabs(sim->speed) * SIM_STEP_S / per_deg(sim) + 1e-9;

	ahead = ahead < 0 ? ahead + 360.0 : ahead;
	return !sim->board->config.no_homing && ahead > 360.0 - 2 * step;
}

static void found_mark(struct sim_zaber *sim)
{
	double mark_deg = round(sim->board->true_deg / 360.0) * 360.0;

	sim->pos = (sim->board->true_deg - mark_deg) * per_deg(sim);
	sim->encoder_zero_deg = mark_deg;
	sim->target = 0;
	sim->state = SIM_ZABER_SETTLING;
}

static void arrived(struct sim_zaber *sim)
{
	sim->pos = sim->target;
	sim->speed = 0;
	if (sim->state == SIM_ZABER_SETTLING) {
		sim->homed = true;
		sim_zaber_flag(sim, "WR", false);
	} else if (sim->state == SIM_ZABER_SEEKING) {
		sim_zaber_flag(sim, "FE", true);
	}
	sim->state = SIM_ZABER_IDLE;
	sim_zaber_alert(sim);
}

static double toward(double value, double wanted, double most)
{
	return value + fmax(-most, fmin(most, wanted - value));
}

static void follow(struct sim_zaber *sim)
{
	double change = sim->motion_accel * SIM_STEP_S, left = sim->target - sim->pos;
	double allowed = fmin(sim->motion_speed, sqrt(2 * sim->motion_accel * fabs(left)));

	if (fabs(left) <= fmax(fabs(sim->speed) * SIM_STEP_S, 0.5) && fabs(sim->speed) <= 2 * change) {
		turn(sim, left);
		arrived(sim);
		return;
	}
	sim->speed = toward(sim->speed, copysign(allowed, left), change);
	if (fabs(sim->speed) * SIM_STEP_S > fabs(left) && sim->speed * left > 0)
		sim->speed = left / SIM_STEP_S;
	turn(sim, sim->speed * SIM_STEP_S);
}

static void brake(struct sim_zaber *sim)
{
	sim->speed = toward(sim->speed, 0, sim_zaber_usteps_s2(sim->accel) * SIM_STEP_S);
	turn(sim, sim->speed * SIM_STEP_S);
	if (sim->speed == 0) {
		sim_zaber_halt(sim);
		sim_zaber_alert(sim);
	}
}

static void turn_knob(struct sim_zaber *sim)
{
	double deg = copysign(fmin(KNOB_DEG_S * SIM_STEP_S, fabs(sim->knob_deg)), sim->knob_deg);

	sim->knob_deg -= deg;
	turn(sim, deg * per_deg(sim));
	sim->target = sim->pos;
	if (sim->knob_deg == 0)
		sim_zaber_halt(sim);
}

static void watch_encoder(struct sim_zaber *sim)
{
	double off_deg = (sim->pos - sim_zaber_encoder(sim)) / per_deg(sim);

	if (!sim->encoder || fabs(off_deg) < STALL_DEG || sim->state == SIM_ZABER_SEEKING)
		return;
	if (sim->state == SIM_ZABER_IDLE) {
		sim_zaber_flag(sim, "WM", true);
		return;
	}
	if (sim_zaber_flagged(sim, "FS") && sim->board->slip_deg <= 0 && !sim->board->stalled)
		return;
	sim_zaber_halt(sim);
	sim_zaber_flag(sim, "FS", true);
	sim_zaber_alert(sim);
}

void sim_zaber_step(struct sim_zaber *sim)
{
	if (sim->off)
		return;
	if (sim->knob_deg != 0)
		turn_knob(sim);
	else if (sim->state == SIM_ZABER_SEEKING && passed_mark(sim))
		found_mark(sim);
	else if (sim->state == SIM_ZABER_STOPPING)
		brake(sim);
	else if (sim->state != SIM_ZABER_IDLE)
		follow(sim);
	watch_encoder(sim);
}
