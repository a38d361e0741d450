/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Dial driver against its simulated table. */
#include "table_rig.h"

#include <stdlib.h>

static void test_goto_90_turns_the_table_there(void **state)
{
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "dial" });

	(void)state;
	assert_true(rig_until_ready(rig, 3000));
	assert_int_equal(rig_do(rig, RIG_GOTO(90), 20000), GOVERNOR_DONE);
	assert_in_range(llabs(sim_board_true_mdeg(rig->sim) - 90000), 0, 10);
	rig_free(rig);
}

static void test_a_stop_ends_the_move_and_the_table_stands(void **state)
{
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "dial" });
	enum governor_outcome outcome;
	uint64_t move;

	(void)state;
	assert_true(rig_until_ready(rig, 3000));
	move = rig_submit(rig, RIG_TURN(180), NULL);
	rig_run(rig, 1500);
	assert_int_equal(rig_do(rig, RIG_STOP, 5000), GOVERNOR_DONE);
	assert_int_equal(rig_ends(rig, move, &outcome), 1);
	assert_int_equal(outcome, GOVERNOR_STOPPED);
	rig_free(rig);
}

static void test_a_table_that_does_not_turn_has_not_arrived(void **state)
{
	struct rig *rig = rig_open(&(struct rig_options){ .driver = "dial" });

	(void)state;
	assert_true(rig_until_ready(rig, 3000));
	assert_true(sim_board_fault(rig->sim, "silence", 60000));
	assert_int_equal(rig_do(rig, RIG_TURN(10), 20000), GOVERNOR_FAILED);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goto_90_turns_the_table_there),
		cmocka_unit_test(test_a_stop_ends_the_move_and_the_table_stands),
		cmocka_unit_test(test_a_table_that_does_not_turn_has_not_arrived),
	};

	return cmocka_run_group_tests_name("dial", tests, NULL, NULL);
}
