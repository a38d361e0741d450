/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulated Marlin: its answers are those of the real one, the unkind ones first. */
#include "sim_bench.h"

static struct sim_bench *booted(const char *variant)
{
	struct sim_bench *bench = bench_new("marlin", variant, 20000, 1700);

	assert_non_null(strstr(bench->said, "start\n"));
	return bench;
}

static void test_sim_takes_numbered_lines_in_order_only(void **state)
{
	struct sim_bench *bench = booted("projected");

	(void)state;
	assert_string_equal(bench_hear(bench, "N0 M110 N0*125\n", 20), "ok\n");
	assert_string_equal(bench_hear(bench, "N1 G21*27\n", 20), "ok\n");
	assert_string_equal(bench_hear(bench, "N1 G21*27\n", 20),
			    "Error:Line Number is not Last Line Number+1, Last Line: 1\nResend: 2\nok\n");
	assert_string_equal(bench_hear(bench, "N2 G21*25\n", 20), "Error:checksum mismatch, Last Line: 1\nResend: 2\nok\n");
	assert_string_equal(bench_hear(bench, "N2 G21\n", 20),
			    "Error:No Checksum with line number, Last Line: 1\nResend: 2\nok\n");
	assert_string_equal(bench_hear(bench, "\n\n", 20), "");
	bench_free(bench);
}

static void test_sim_forgets_its_line_number_with_the_power(void **state)
{
	struct sim_bench *bench = booted("projected");

	(void)state;
	bench_hear(bench, "N0 M110 N1000*76\n", 20);
	sim_board_fault(bench->sim, "power", 0);
	bench_run(bench, 1700);
	assert_non_null(strstr(bench_hear(bench, "N1001 G21*42\n", 20), "Resend: 1\n"));
	bench_free(bench);
}

static void test_sim_tells_the_target_as_the_position_unless_built_to_see(void **state)
{
	static const struct { const char *variant, *said; } cases[] = {
		{ "projected", "Count X:7200 " }, { NULL, "Count X:0 " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sim_bench *bench = booted(cases[i].variant);

		bench_hear(bench, "G91\nG1 X90 F1200\n", 30);
		assert_non_null(strstr(bench_hear(bench, "M114 R\n", 20), cases[i].said));
		bench_free(bench);
	}
}

static void test_sim_of_old_firmware_answers_when_the_motion_has_ended(void **state)
{
	struct sim_bench *bench = booted("old");

	(void)state;
	bench_hear(bench, "G91\nG1 X30 F600\n", 30);
	assert_string_equal(bench_hear(bench, "M114\n", 1000), "");
	bench_run(bench, 3000);
	assert_string_equal(bench->said, "echo:busy: processing\nX:30.00 Y:0.00 Z:0.00 E:0.00 Count X: 2400 Y:0 Z:0\nok\n");
	bench_free(bench);
}

static void test_sim_reads_nothing_while_it_waits_but_what_is_urgent(void **state)
{
	(void)state;
	for (int emergency = 0; emergency < 2; emergency++) {
		struct sim_bench *bench = booted(emergency ? NULL : "projected");

		bench_hear(bench, "G91\nG1 X200 F1200\nM400\n", 2000);
		bench_hear(bench, "M410\n", 20);
		assert_int_equal(sim_board_speed_mdeg_s(bench->sim) > 0, !emergency);
		bench_free(bench);
	}
}

static void test_sim_keeps_the_first_piece_back_and_the_speed_over_pieces(void **state)
{
	struct sim_bench *bench = booted(NULL);
	double slowest = 1e9;

	(void)state;
	bench_hear(bench, "G91\nG1 X3 F1200\n", 80);
	assert_int_equal((int)sim_board_speed_mdeg_s(bench->sim), 0);
	for (int i = 0; i < 5; i++)
		bench_hear(bench, "G1 X3 F1200\n", 10);
	bench_run(bench, 300);
	for (int ms = 0; ms < 300; ms++) {
		bench_run(bench, 1);
		slowest = slowest < sim_board_speed_mdeg_s(bench->sim) ? slowest : sim_board_speed_mdeg_s(bench->sim);
	}
	assert_true(slowest > 19900);
	bench_run(bench, 1500);
	assert_int_equal(sim_board_counted_mdeg(bench->sim), 18000);
	bench_free(bench);
}

static void test_sim_lets_the_motor_go_after_two_minutes(void **state)
{
	struct sim_bench *bench = booted(NULL);

	(void)state;
	bench_hear(bench, "M211 S1\nG28 X\n", 20000);
	assert_non_null(strstr(bench_hear(bench, "G90\nG1 X-5 F1200\nM400\nM114\n", 3000), "Count X:0 "));	/* clamped */
	bench_run(bench, 130000);
	assert_non_null(strstr(bench_hear(bench, "G1 X-5 F1200\nM400\nM114\n", 3000), "Count X:-400 "));	/* not homed */
	bench_free(bench);
}

static void test_sim_that_was_killed_says_nothing_more(void **state)
{
	struct sim_bench *bench = booted(NULL);

	(void)state;
	assert_string_equal(bench_hear(bench, "M112\n", 20), "Error:Printer halted. kill() called!\n");
	assert_string_equal(bench_hear(bench, "M115\n", 100), "");
	bench_free(bench);
}

static void test_sim_loses_what_does_not_fit_its_ring(void **state)
{
	struct sim_bench *bench = booted("projected");
	char flood[400] = "G91\nG1 X100 F600\nM400\n";	/* it waits, and reads no more */

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(flood, "G1 X-1\n");
	bench_hear(bench, flood, 30000);
	assert_true(sim_board_counted_mdeg(bench->sim) > 70000);	/* not all forty were heard */
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sim_takes_numbered_lines_in_order_only),
		cmocka_unit_test(test_sim_forgets_its_line_number_with_the_power),
		cmocka_unit_test(test_sim_tells_the_target_as_the_position_unless_built_to_see),
		cmocka_unit_test(test_sim_of_old_firmware_answers_when_the_motion_has_ended),
		cmocka_unit_test(test_sim_reads_nothing_while_it_waits_but_what_is_urgent),
		cmocka_unit_test(test_sim_keeps_the_first_piece_back_and_the_speed_over_pieces),
		cmocka_unit_test(test_sim_lets_the_motor_go_after_two_minutes),
		cmocka_unit_test(test_sim_that_was_killed_says_nothing_more),
		cmocka_unit_test(test_sim_loses_what_does_not_fit_its_ring),
	};

	return cmocka_run_group_tests_name("simulated marlin", tests, NULL, NULL);
}
