/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every command in every state by everybody, against the rules as a lawyer would write them down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station/showing/showing.h"

/* One letter for each state, in the order of SHOWING_STATES: '+' allowed, 'n' not now, '-' never. */
struct expected {
	enum showing_command command;
	const char *operator, *station, *party;
	int64_t id;	/* of the open showing */
	bool changes;	/* state, pause or id may be others afterwards */
};

static const struct expected expected[] = {
	{ SHOWING_SIT,     "------", "------", "++++++", 1, false },
	{ SHOWING_WATCH,   "------", "------", "nn+nnn", 1, false },
	{ SHOWING_LOOK,    "++++++", "------", "------", 1, false },
	{ SHOWING_MOVE,    "++++++", "------", "------", 1, false },
	{ SHOWING_STOP,    "++++++", "++++++", "++++++", 1, false },
	{ SHOWING_UNLATCH, "++++++", "------", "------", 1, false },
	{ SHOWING_ADJUST,  "++++++", "------", "------", 1, false },
	{ SHOWING_OPEN,    "+nnn+n", "+nnn+n", "------", 0, true },
	{ SHOWING_SHOW,    "++nnnn", "++nnnn", "------", 1, true },
	{ SHOWING_PAUSE,   "++++++", "------", "------", 1, true },
	{ SHOWING_FAIL,    "------", "++++++", "------", 1, true },
	{ SHOWING_RESUME,  "nnn+n+", "nnn+n+", "------", 1, true },
	{ SHOWING_CLOSE,   "++++n+", "------", "------", 1, true },
	{ SHOWING_STAGE,   "++++n+", "++++n+", "------", 1, false },
	{ SHOWING_RECORD,  "++++++", "++++++", "------", 1, false },
};

static void check(const struct expected *row, enum showing_state state, const struct showing_actor *actor)
{
	char letter = (actor->operator ? row->operator : actor->station ? row->station : row->party)[state];
	struct showing now = { .state = state, .id = row->id, .case_no = "案" }, next = { .id = 99 };
	struct showing_effects effects = { 0 };
	struct err err = { 0 };
	int rc = showing_apply(&now, row->command, actor, &next, &effects, &err);

	assert_int_equal(rc, letter == '+' ? 0 : letter == 'n' ? ERR_STATE : ERR_DENIED);
	if (rc == 0) {
		assert_int_equal(effects.count, 1);
		if (!row->changes)
			assert_memory_equal(&next, &now, sizeof now);
	} else {
		assert_int_equal(effects.count, 0);
		assert_int_equal(next.id, 99);
		assert_int_equal(next.case_no[0], 0);
		assert_true(strlen(err.text) > 10);
	}
}

static void check_everybody(const struct expected *row, enum showing_state state)
{
	struct showing_actor actor = { .operator = true };

	check(row, state, &actor);
	actor = (struct showing_actor){ .station = true };
	check(row, state, &actor);
	for (int role = 0; role < ROLE_COUNT; role++) {
		actor = (struct showing_actor){ .role = (enum role)role };
		check(row, state, &actor);
	}
}

static void test_showing_allows_exactly_what_the_rules_say(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_LEN(expected), SHOWING_COMMAND_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_int_equal(strlen(expected[i].operator), SHOWING_STATE_COUNT);
		assert_int_equal(strlen(expected[i].station), SHOWING_STATE_COUNT);
		assert_int_equal(strlen(expected[i].party), SHOWING_STATE_COUNT);
		for (int at = 0; at < SHOWING_STATE_COUNT; at++)
			check_everybody(&expected[i], (enum showing_state)at);
	}
}

static int apply(struct showing *showing, enum showing_command command, bool station, enum pause_reason pause,
		 bool has_reason)
{
	struct showing_actor actor = { .operator = !station, .station = station, .pause = pause,
				       .has_reason = has_reason };
	struct showing_effects effects;
	struct err err;

	return showing_apply(showing, command, &actor, showing, &effects, &err);
}

static void test_a_showing_runs_from_prepared_over_hold_to_closed(void **state)
{
	struct showing showing = { .state = SHOWING_PREPARED, .case_no = "old" };

	(void)state;
	assert_int_equal(apply(&showing, SHOWING_SHOW, false, 0, false), ERR_STATE);
	assert_int_equal(apply(&showing, SHOWING_OPEN, false, 0, false), 0);
	assert_string_equal(showing.case_no, "");
	showing.id = 7;
	assert_int_equal(apply(&showing, SHOWING_OPEN, false, 0, false), ERR_STATE);
	assert_int_equal(apply(&showing, SHOWING_SHOW, false, 0, false), 0);
	assert_int_equal(showing.state, SHOWING_ON_AIR);
	assert_int_equal(apply(&showing, SHOWING_PAUSE, false, PAUSE_RECESS, false), 0);
	assert_int_equal(showing.state, SHOWING_HOLD);
	assert_int_equal(showing.pause, PAUSE_RECESS);
	assert_int_equal(apply(&showing, SHOWING_RESUME, false, 0, false), 0);
	assert_int_equal(showing.state, SHOWING_ON_AIR);
	assert_int_equal(showing.pause, PAUSE_NONE);
	assert_int_equal(apply(&showing, SHOWING_CLOSE, false, 0, false), 0);
	assert_int_equal(showing.state, SHOWING_CLOSED);
	assert_int_equal(showing.id, 0);
	assert_int_equal(apply(&showing, SHOWING_CLOSE, false, 0, false), ERR_STATE);
	assert_int_equal(apply(&showing, SHOWING_OPEN, false, 0, false), 0);
}

static void test_after_a_failed_recording_going_on_needs_a_written_reason(void **state)
{
	(void)state;
	for (int pause = PAUSE_OPERATOR; pause < PAUSE_REASON_COUNT; pause++) {
		struct showing showing = { .state = SHOWING_ON_AIR, .id = 1 };
		bool failure = pause_reason_is_failure((enum pause_reason)pause);

		assert_int_equal(apply(&showing, SHOWING_FAIL, true, (enum pause_reason)pause, false), 0);
		assert_int_equal(showing.state, pause == PAUSE_RECORDING_FAILED ? SHOWING_RECORDING_FAILED
										: SHOWING_HOLD);
		/* a recess called meanwhile does not make the failure forgotten */
		assert_int_equal(apply(&showing, SHOWING_PAUSE, false, PAUSE_RECESS, false), 0);
		assert_int_equal(showing.pause, failure ? pause : PAUSE_RECESS);
		assert_int_equal(apply(&showing, SHOWING_RESUME, false, 0, false), failure ? ERR_STATE : 0);
		if (failure)
			assert_int_equal(apply(&showing, SHOWING_RESUME, false, 0, true), 0);
		assert_int_equal(showing.state, SHOWING_ON_AIR);
	}
}

static void test_a_hold_of_what_is_not_on_air_changes_nothing(void **state)
{
	static const enum showing_state states[] = { SHOWING_PREPARED, SHOWING_PREVIEW, SHOWING_CLOSED };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		struct showing showing = { .state = states[i], .id = 1 };

		assert_int_equal(apply(&showing, SHOWING_PAUSE, false, PAUSE_RECESS, false), 0);
		assert_int_equal(showing.state, states[i]);
		assert_int_equal(showing.pause, PAUSE_NONE);
		assert_int_equal(apply(&showing, SHOWING_FAIL, true, PAUSE_DISK_FULL, false), 0);
		assert_int_equal(showing.state, states[i]);
	}
}

static void test_every_name_of_the_fixed_lists_is_found_again(void **state)
{
	(void)state;
	for (int i = 0; i < PAUSE_REASON_COUNT; i++)
		assert_int_equal(pause_reason_find(pause_reason_name((enum pause_reason)i)), i);
	assert_int_equal(pause_reason_find("because"), PAUSE_REASON_COUNT);
	for (int i = 0; i < PURPOSE_COUNT; i++)
		assert_int_equal(purpose_find(purpose_name((enum showing_purpose)i)), i);
	assert_int_equal(purpose_find("fun"), PURPOSE_COUNT);
	for (int i = 0; i < SHOWING_STATE_COUNT; i++)
		assert_int_equal(showing_state_find(showing_state_name((enum showing_state)i)), i);
	assert_int_equal(showing_state_find("OFF"), SHOWING_STATE_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_showing_allows_exactly_what_the_rules_say),
		cmocka_unit_test(test_a_showing_runs_from_prepared_over_hold_to_closed),
		cmocka_unit_test(test_after_a_failed_recording_going_on_needs_a_written_reason),
		cmocka_unit_test(test_a_hold_of_what_is_not_on_air_changes_nothing),
		cmocka_unit_test(test_every_name_of_the_fixed_lists_is_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
