/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver_trial.h"

#define WORD(text) { text, sizeof text - 1 }

static const struct trial_subject subjects[] = {
	{ .driver = "grbl", .motions = { WORD("$J"), WORD("$H") }, .from_deg = -10, .moves_ms = 4656,
	  .long_ms = 3000, .notice_ms = 900, .stop_ms = 700, .alone_ms = 1100, .late_ms = 200,
	  .bad_from = 40, .rests_mdeg = 7, .within_mdeg = 30 },
	{ .driver = "marlin", .variants = { "projected", "old" }, .motions = { WORD("G1 "), WORD("G28") },
	  .from_deg = 20, .moves_ms = 4656, .short_ms = 150, .long_ms = 6000, .notice_ms = 5000, .late_ms = 120,
	  .garbage = 40, .bad_from = 60, .rests_mdeg = 7, .within_mdeg = 20 },
	{ .driver = "zaber", .variants = { "old", "encoder" }, .motions = { WORD(" move"), WORD(" home") },
	  .from_deg = 20, .moves_ms = 4561, .short_ms = 300, .long_ms = 3000, .notice_ms = 700, .stop_ms = 700,
	  .alone_ms = 900, .late_ms = 100, .garbage = 40, .bad_from = 40, .deaf = true, .within_mdeg = 1 },
	{ .driver = "comxim", .variants = { "old", "busy" }, .motions = { WORD("NSINGLE"), WORD("HOME") },
	  .from_deg = 40, .moves_ms = 6000, .begins_ms = 1000, .short_ms = 900, .long_ms = 5000, .notice_ms = 4000,
	  .late_ms = 40, .bad_from = 40, .within_mdeg = 10 },
	{ .driver = "pelcod", .motions = { WORD("\xff\x01\x00\x4b"), WORD("\xff\x01\x00\x02"), WORD("\xff\x01\x00\x04") },
	  .from_deg = 40, .moves_ms = 11401, .short_ms = 1200, .long_ms = 6000, .notice_ms = 3500, .stop_ms = 1000,
	  .late_ms = 40, .bad_from = 40, .config = { .own_mdeg_s = 8000, .own_mdeg_s2 = 20000 }, .within_mdeg = 10 },
};

static const struct trial_subject *subject_of(const struct table_driver *driver)
{
	for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
		if (strcmp(subjects[i].driver, driver->name) == 0)
			return &subjects[i];
	fail_msg("nothing is known here of the driver \"%s\"", driver->name);
	return NULL;
}

/* The zero that a person sets where there is none: so that it reports where the table is. */
static void set_zero(struct rig *rig)
{
	struct geometry geometry = rig->drive->geometry;

	geometry.zero_mdeg += sim_board_true_mdeg(rig->sim) - rig->drive->state.reported_mdeg;
	rig->drive->state.reference = POSE_REF_USER_ZERO;
	drive_set_geometry(rig->drive, &geometry);
}

struct rig *trial_open(const struct trial_subject *subject, const char *variant)
{
	const struct sim_config sim = { .true_mdeg = subject->from_deg * 1000, .variant = variant };
	const struct rig_options options = { .driver = subject->driver, .sim = &sim, .drive = &subject->config };
	struct rig *rig = rig_open(&options);

	assert_true(rig_until_ready(rig, 15000));
	if (rig->drive->state.reference == POSE_REF_NONE && rig->drive->capabilities & DRIVE_CAN_HOME)
		assert_int_equal(rig_do(rig, RIG_HOME, 60000), GOVERNOR_DONE);
	else if (rig->drive->state.reference == POSE_REF_NONE)
		set_zero(rig);
	return rig;
}

static void try_one(trial_claim *claim, const struct trial_subject *subject, const char *variant)
{
	print_message("%s, %s\n", subject->driver, variant ? variant : "plain");	/* which of them failed */
	claim(subject, variant);
}

void trial_each(trial_claim *claim)
{
	for (size_t i = 0; drive_at(i); i++) {
		const struct trial_subject *subject = subject_of(drive_at(i));

		try_one(claim, subject, NULL);
		for (size_t v = 0; v < TRIAL_VARIANTS && subject->variants[v]; v++)
			try_one(claim, subject, subject->variants[v]);
	}
}

void trial_each_plain(trial_claim *claim)
{
	for (size_t i = 0; drive_at(i); i++)
		try_one(claim, subject_of(drive_at(i)), NULL);
}

uint64_t trial_quarter(struct rig *rig)
{
	return rig_submit(rig, RIG_TURN(90), NULL);
}

void assert_ends_once(const struct rig *rig, uint64_t command, enum governor_outcome wanted)
{
	enum governor_outcome outcome;

	if (rig_ends(rig, command, &outcome) != 1)
		fail_msg("%s: it ended %u times", rig->drive->driver->name, rig_ends(rig, command, &outcome));
	if (outcome != wanted)
		fail_msg("%s: it ended %s: %s", rig->drive->driver->name, governor_outcome_text(outcome),
			 rig_reason(rig, command));
}

void assert_stands(const struct rig *rig)
{
	if (sim_board_speed_mdeg_s(rig->sim) >= 1)
		fail_msg("%s turns", rig->drive->driver->name);
}

void assert_angle_holds(const struct rig *rig, const struct trial_subject *subject)
{
	const struct drive_state *state = &rig->drive->state;

	if (state->reference != POSE_REF_NONE)
		assert_angle_true(rig, MAX(subject->within_mdeg, (int64_t)state->uncertainty_mdeg));
}
