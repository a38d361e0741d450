/* SPDX-License-Identifier: GPL-3.0-or-later */
/* marlin_rig.h - a rig with the Marlin driver and its simulated controller, for the two files that test them. */
#ifndef OSTEND_TESTS_MARLIN_RIG_H
#define OSTEND_TESTS_MARLIN_RIG_H

#include "table_rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/drv_marlin.h"
#include "turntable/sim_marlin_own.h"

/* Standing at @true_mdeg; @variant of the simulator: NULL, "projected", "old". */
static inline struct rig *marlin_rig_open(const char *variant, int64_t true_mdeg)
{
	const struct sim_config sim = { .true_mdeg = true_mdeg, .variant = variant };
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "marlin", .sim = &sim });

	assert_true(rig_until_ready(rig, 6000));
	return rig;
}

static inline struct rig *marlin_rig_homed(void)
{
	struct rig *rig = marlin_rig_open(NULL, 20000);

	assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	return rig;
}

static inline struct sim_marlin *marlin_sim(struct rig *rig)
{
	return rig->sim->own;
}

#endif
