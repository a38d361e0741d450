/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zaber_rig.h - a rig with the Zaber driver and its simulated stage, for the two files that test them. */
#ifndef OSTEND_TESTS_ZABER_RIG_H
#define OSTEND_TESTS_ZABER_RIG_H

#include "table_rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "turntable/drv_zaber.h"
#include "turntable/sim_zaber_own.h"

/* Standing at @true_mdeg; @variant of the simulator: NULL, "old", "encoder". */
static inline struct rig *zaber_rig_open(const char *variant, int64_t true_mdeg)
{
	const struct sim_config sim = { .true_mdeg = true_mdeg, .variant = variant };

	return rig_open(&(struct rig_options){ .driver = "zaber", .sim = &sim });
}

static inline struct rig *zaber_rig_homed(const char *variant)
{
	struct rig *rig = zaber_rig_open(variant, 20000);

	assert_true(rig_until_ready(rig, 4000));
	assert_int_equal(rig_do(rig, RIG_HOME, 40000), GOVERNOR_DONE);
	assert_int_equal(rig->drive->state.reference, POSE_REF_HOMED);
	return rig;
}

#endif
