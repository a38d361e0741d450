/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulated controller: as unkind as Grbl 1.1h is, and its table moves as physics has it. */
#include "sim_bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "turntable/sim_grbl_own.h"

static unsigned count(const char *text, const char *what)
{
	unsigned found = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		found++;
	return found;
}

static struct sim_bench *booted(bool no_homing)
{
	const struct sim_config config = { .no_homing = no_homing, .true_mdeg = -20000 };
	struct sim_bench *bench = bench_open("grbl", &config, 1700);

	assert_non_null(strstr(bench->said, "\r\nGrbl 1.1h ['$' for help]\r\n"));
	return bench;
}

static void test_sim_is_locked_at_power_up_with_homing_on(void **state)
{
	struct sim_bench *bench = booted(false);

	(void)state;
	assert_non_null(strstr(bench->said, "[MSG:'$H'|'$X' to unlock]"));
	assert_string_equal(bench_hear(bench, "$J=G91X10F600\n", 20), "error:8\r\n");
	assert_string_equal(bench_hear(bench, "G0X10\n", 20), "error:9\r\n");
	assert_string_equal(bench_hear(bench, "$X\n", 20), "[MSG:Caution: Unlocked]\r\nok\r\n");
	assert_string_equal(bench_hear(bench, "$J=G91X10F600\n", 20), "ok\r\n");
	bench_free(bench);
}

static void test_sim_answers_lines_as_grbl_does(void **state)
{
	static const struct { const char *line, *answer; } cases[] = {
		{ "\r\n", "ok\r\nok\r\n" }, { "$J=G91X1\n", "error:22\r\n" }, { "$Jx\n", "error:3\r\n" },
		{ "G91 ( a comment ) g1 x1 f600 ; rest\n", "ok\r\n" }, { "$100=-1\n", "error:4\r\n" },
		{ "$999=1\n", "error:3\r\n" }, { "GX\n", "error:2\r\n" }, { "%\n", "error:1\r\n" }, { "M6\n", "error:20\r\n" },
	};
	struct sim_bench *bench = booted(true);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_string_equal(bench_hear(bench, cases[i].line, 40), cases[i].answer);
		bench_run(bench, 500);
	}
	assert_int_equal(count(bench_hear(bench, "$$\n", 200), "$"), 34);
	bench_free(bench);
}

static void test_sim_refuses_a_line_of_80_characters(void **state)
{
	struct sim_bench *bench = booted(true);
	char line[100];

	(void)state;
	memset(line, ' ', sizeof line);
	snprintf(line, sizeof line, "%079d\n", 0);
	line[0] = 'G';
	assert_string_equal(bench_hear(bench, line, 40), "ok\r\n");
	snprintf(line, sizeof line, "%080d\n", 0);
	line[0] = 'G';
	assert_string_equal(bench_hear(bench, line, 40), "error:11\r\n");
	bench_free(bench);
}

static void test_sim_report_takes_4_to_7_ms_and_five_questions_get_one(void **state)
{
	struct sim_bench *bench = booted(true);
	unsigned ms = 0;

	(void)state;
	bench_forget(bench);
	bench_say(bench, "?????");
	while (!strchr(bench->said, '>') && ms < 100) {
		bench_run(bench, 1);
		ms++;
	}
	assert_in_range(ms, 4, 8);
	bench_run(bench, 50);
	assert_int_equal(count(bench->said, "<Idle|MPos:0.000,0.000,0.000"), 1);
	bench_free(bench);
}

static void test_sim_planner_holds_15_and_the_16th_waits(void **state)
{
	struct sim_bench *bench = booted(true);

	(void)state;
	bench_forget(bench);
	for (int i = 0; i < 20; i++) {
		bench_say(bench, "$J=G91X1F60\n");	/* a second each */
		bench_run(bench, 10);
	}
	assert_int_equal(count(bench->said, "ok"), 15);
	bench_run(bench, 1100);
	assert_int_equal(count(bench->said, "ok"), 16);
	bench_free(bench);
}

static void test_sim_ring_of_128_loses_bytes_silently(void **state)
{
	struct sim_bench *bench = booted(true);
	char lines[400] = "";

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(lines, "$J=G91X1F600\n");
	assert_int_equal(count(bench_hear(bench, lines, 100), "ok"), 128 / 13);
	bench_free(bench);
}

static void test_sim_ok_comes_at_queueing_and_the_move_is_a_trapezoid(void **state)
{
	struct sim_bench *bench = booted(true);
	double top = 0, before = 0, hardest = 0;
	unsigned ms = 0;

	(void)state;
	assert_string_equal(bench_hear(bench, "$J=G91X90F1800\n", 15), "ok\r\n");
	before = sim_board_speed_mdeg_s(bench->sim);
	for (; sim_board_speed_mdeg_s(bench->sim) > 0 && ms < 10000; ms++) {
		double speed;

		bench_run(bench, 1);
		speed = sim_board_speed_mdeg_s(bench->sim);
		hardest = fmax(hardest, fabs(speed - before));
		before = speed;
		top = fmax(top, speed);
	}
	assert_true(fabs(top - 30000) < 1);
	assert_true(hardest <= 400);			/* 100 degrees/s^2: 100 mdeg/s a ms; its slowest is 381 */
	assert_in_range(ms, 3270, 3310);		/* 90/30 + 30/100 s, less the 15 ms above */
	assert_int_equal(sim_board_counted_mdeg(bench->sim), 90000);
	assert_int_equal(sim_board_true_mdeg(bench->sim), 70000);
	bench_free(bench);
}

static void test_sim_cancel_decelerates_and_drops_the_queue(void **state)
{
	struct sim_bench *bench = booted(true);
	int64_t from;
	unsigned ms = 0;

	(void)state;
	bench_hear(bench, "$J=G91X200F3600\n$J=G91X100F3600\n", 1500);
	from = sim_board_counted_mdeg(bench->sim);
	bench_say(bench, "\x85");
	for (; sim_board_speed_mdeg_s(bench->sim) > 0; ms++)
		bench_run(bench, 1);
	/* v/a = 0.6 s and v^2/2a = 18 degrees, behind 36 ms of motion that is prepared already */
	assert_in_range(ms, 626, 656);
	assert_in_range(sim_board_counted_mdeg(bench->sim) - from, 20000, 20400);
	assert_non_null(strstr(bench_hear(bench, "?", 20), "<Idle"));
	bench_free(bench);
}

/* A table whose motor was stopped at any point stands where the count says, however often that is done. */
static void test_sim_counts_what_its_table_has_turned(void **state)
{
	struct sim_bench *bench = booted(true);
	int64_t from = sim_board_true_mdeg(bench->sim) - sim_board_counted_mdeg(bench->sim);

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		bench_hear(bench, "$J=G91X10F613\n", 100 + i % 37);
		bench_hear(bench, i % 2 ? "\x85" : "\x18", 700);
	}
	assert_in_range(sim_board_true_mdeg(bench->sim) - sim_board_counted_mdeg(bench->sim) - from + 1, 0, 2);
	bench_free(bench);
}

static void test_sim_ignores_a_cancel_that_comes_before_the_jog_is_parsed(void **state)
{
	struct sim_bench *bench = booted(true);

	(void)state;
	bench_say(bench, "$J=G91X20F1800\n\x85");
	bench_run(bench, 3000);
	assert_int_equal(sim_board_counted_mdeg(bench->sim), 20000);
	bench_free(bench);
}

static void test_sim_hold_answers_no_line_and_parks_an_idle_controller(void **state)
{
	struct sim_bench *bench = booted(true);

	(void)state;
	bench_hear(bench, "!", 5);
	assert_non_null(strstr(bench_hear(bench, "?", 20), "<Hold:0"));
	assert_string_equal(bench_hear(bench, "$$\n", 300), "");
	assert_non_null(strstr(bench_hear(bench, "~", 300), "$0=10"));	/* answered late */
	bench_free(bench);
}

static void test_sim_reset_in_motion_is_silent_for_half_a_second(void **state)
{
	struct sim_bench *bench = booted(true);

	(void)state;
	bench_hear(bench, "$J=G91X200F3600\n", 1000);
	assert_string_equal(bench_hear(bench, "\x18", 700), "ALARM:3\r\n");	/* 500 ms, and $1=255 ms */
	assert_int_equal((int)sim_board_speed_mdeg_s(bench->sim), 0);
	bench_run(bench, 100);
	assert_non_null(strstr(bench->said, "Grbl 1.1h"));
	assert_non_null(strstr(bench->said, "to unlock"));
	bench_free(bench);
}

static void test_sim_swallows_a_reset_right_after_a_limit_alarm(void **state)
{
	struct sim_bench *bench = booted(true);

	(void)state;
	sim_grbl_set(bench->sim, 21, 1);
	sim_board_fault(bench->sim, "limit", 1);
	assert_null(strstr(bench_hear(bench, "?", 250), "ALARM"));	/* $1=255: deaf and dumb so long */
	bench_run(bench, 100);
	assert_null(strstr(bench_hear(bench, "\x18?$X\n", 350), "Grbl"));
	bench_run(bench, 200);
	assert_non_null(strstr(bench->said, "[MSG:Reset to continue]"));
	assert_null(strchr(bench->said, '<'));
	assert_non_null(strstr(bench_hear(bench, "\x18", 700), "Grbl 1.1h"));
	bench_free(bench);
}

static void test_sim_homing_is_silent_and_ends_at_the_switch(void **state)
{
	struct sim_bench *bench = booted(false);
	unsigned ms = 0;

	(void)state;
	bench_forget(bench);
	bench_say(bench, "$H\n");
	bench_run(bench, 300);
	bench_say(bench, "?");
	while (!strstr(bench->said, "ok") && ms < 20000) {
		bench_run(bench, 1);
		ms++;
		if (ms < 500)
			assert_int_equal(bench->len, 0);
	}
	assert_non_null(strstr(bench->said, "<Home|"));	/* stale: it was asked long ago */
	assert_int_equal(sim_board_counted_mdeg(bench->sim), -5000);
	assert_true(labs(sim_board_true_mdeg(bench->sim) + 5000) <= 15);
	bench_free(bench);
}

static void test_sim_slip_and_backlash_are_not_counted(void **state)
{
	const struct sim_config config = { .no_homing = true, .backlash_mdeg = 500 };
	struct sim_bench *bench = bench_open("grbl", &config, 1700);

	(void)state;
	bench_hear(bench, "$J=G91X10F1800\n", 1500);
	assert_int_equal(sim_board_true_mdeg(bench->sim), 9500);		/* the play was taken up */
	bench_hear(bench, "$J=G91X-10F1800\n", 1500);
	assert_int_equal(sim_board_counted_mdeg(bench->sim), 0);
	assert_int_equal(sim_board_true_mdeg(bench->sim), 0);
	bench_hear(bench, "$J=G91X-1F1800\n", 1500);
	sim_board_fault(bench->sim, "slip", 3000);
	bench_hear(bench, "$J=G91X-10F1800\n", 1500);
	assert_int_equal(sim_board_true_mdeg(bench->sim), -8000);
	assert_int_equal(sim_board_counted_mdeg(bench->sim), -11000);
	bench_free(bench);
}

static struct sim_bench *booted_as(const char *variant)
{
	return bench_new("grbl", variant, -20000, 1800);
}

static void test_sim_with_a_blank_eeprom_prints_its_settings_first(void **state)
{
	struct sim_bench *bench = booted_as("blank");

	(void)state;
	assert_ptr_equal(strstr(bench->said, "error:7\r\n$0=10\r\n$1=25\r\n"), bench->said);
	assert_non_null(strstr(bench->said, "$100=250.000\r\n"));
	assert_non_null(strstr(bench->said, "$132=200.000\r\n\r\nGrbl 1.1h"));
	assert_null(strstr(bench->said, "unlock"));	/* $22=0 */
	bench_free(bench);
}

static void test_sim_builds_differ_in_homing(void **state)
{
	struct sim_bench *single = booted_as("single"), *stock = booted_as("stock");

	(void)state;
	assert_non_null(strstr(bench_hear(single, "$I\n", 20), "[OPT:VH,15,128]"));
	assert_non_null(strstr(bench_hear(single, "$HX\n", 9000), "ok"));
	assert_non_null(strstr(bench_hear(stock, "$I\n", 20), "[OPT:V,15,128]"));
	assert_non_null(strstr(bench_hear(stock, "$H\n", 22000), "ALARM:9"));
	assert_int_equal(sim_board_true_mdeg(stock->sim), -20000);
	bench_free(single);
	bench_free(stock);
}

static void test_sim_reports_its_switch(void **state)
{
	struct sim_bench *bench = booted(false);

	(void)state;
	assert_null(strstr(bench_hear(bench, "?", 20), "Pn:"));
	sim_board_fault(bench->sim, "nudge", 21000);
	assert_non_null(strstr(bench_hear(bench, "?", 20), "|Pn:X"));
	bench_free(bench);
}

static void test_sim_runs_away_beyond_2_to_the_24_steps(void **state)
{
	struct sim_bench *bench = booted(true);
	int64_t from;

	(void)state;
	bench_hear(bench, "$J=G91X300000F3600\n", 4000);
	assert_in_range((int)sim_board_speed_mdeg_s(bench->sim), 190000, 200000);	/* $110 is 60 degrees/s */
	assert_non_null(strstr(bench_hear(bench, "?", 20), "|FS:360,0"));
	from = sim_board_true_mdeg(bench->sim);
	bench_say(bench, "\x85");
	bench_run(bench, 2500);
	assert_int_equal((int)sim_board_speed_mdeg_s(bench->sim), 0);
	assert_true(sim_board_true_mdeg(bench->sim) - from > 150000);
	bench_free(bench);
}

static void test_sim_is_never_slower_than_its_timer(void **state)
{
	struct sim_bench *bench = booted(true);
	int64_t from;

	(void)state;
	bench_hear(bench, "$J=G91X5F1\n", 500);
	from = sim_board_counted_mdeg(bench->sim);
	bench_run(bench, 3000);
	assert_in_range(sim_board_counted_mdeg(bench->sim) - from, 1100, 1190);	/* as measured: 0.38 degrees/s */
	bench_free(bench);
}

static void test_sim_is_deaf_while_it_writes(void **state)
{
	struct sim_bench *bench = booted(true);

	(void)state;
	assert_string_equal(bench_hear(bench, "$120=50\n", 5), "");
	assert_string_equal(bench_hear(bench, "$G\n", 50), "ok\r\n");	/* of the writing: the $G is gone */
	assert_non_null(strstr(bench_hear(bench, "$$\n", 200), "$120=50.000"));
	sim_board_fault(bench->sim, "power", 0);
	bench_run(bench, 1800);
	assert_non_null(strstr(bench_hear(bench, "$$\n", 200), "$120=50.000"));
	bench_free(bench);
}

static void test_sim_refuses_settings_as_grbl_does(void **state)
{
	static const struct { const char *line, *answer; } cases[] = {
		{ "$20=1\n", "error:10\r\n" }, { "$0=1\n", "error:6\r\n" }, { "$200=1\n", "error:3\r\n" },
		{ "$100=80x\n", "error:3\r\n" }, { "$a=1\n", "error:2\r\n" }, { "$$X\n", "error:3\r\n" },
	};
	struct sim_bench *bench = booted(true);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(bench_hear(bench, cases[i].line, 50), cases[i].answer);
	bench_free(bench);
}

static void test_sim_tells_modes_and_parameters(void **state)
{
	struct sim_bench *bench = booted(true);

	(void)state;
	assert_string_equal(bench_hear(bench, "$G\n", 20), "[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n");
	assert_string_equal(bench_hear(bench, "$N\n", 20), "$N0=\r\n$N1=\r\nok\r\n");
	assert_int_equal(count(bench_hear(bench, "$#\n", 60), ":0.000,0.000,0.000"), 10);
	assert_non_null(strstr(bench_hear(bench, "?", 20), "|WCO:0.000,0.000,0.000"));
	assert_non_null(strstr(bench_hear(bench, "\x91\x93?", 20), "|Ov:111,100,100"));
	assert_non_null(strstr(bench_hear(bench, "$RST=$\n", 20), "[MSG:Restoring defaults]\r\nok\r\n"));
	bench_run(bench, 400);
	assert_non_null(strstr(bench_hear(bench, "$$\n", 200), "$100=250.000"));
	bench_free(bench);
}

static void test_sim_check_mode_moves_nothing_and_ends_in_a_reset(void **state)
{
	struct sim_bench *bench = booted(true);

	(void)state;
	assert_string_equal(bench_hear(bench, "$C\n", 20), "[MSG:Enabled]\r\nok\r\n");
	assert_string_equal(bench_hear(bench, "G91G1X5F600\n", 20), "ok\r\n");
	assert_string_equal(bench_hear(bench, "$J=X1F100\n", 20), "error:8\r\n");
	assert_non_null(strstr(bench_hear(bench, "?", 20), "<Check|MPos:0.000"));
	assert_non_null(strstr(bench_hear(bench, "$C\n", 20), "[MSG:Disabled]\r\nok\r\n\r\nGrbl 1.1h"));
	bench_free(bench);
}

static void test_sim_door_ends_a_jog_and_hears_no_line(void **state)
{
	struct sim_bench *bench = booted(true);

	(void)state;
	bench_hear(bench, "$J=G91X40F1800\n", 500);
	assert_non_null(strstr(bench_hear(bench, "\x84", 600), "[MSG:Check Door]"));
	assert_non_null(strstr(bench_hear(bench, "?", 20), "<Door:0|"));
	assert_string_equal(bench_hear(bench, "$G\n", 100), "");
	assert_non_null(strstr(bench_hear(bench, "~", 50), "[GC:"));
	assert_non_null(strstr(bench_hear(bench, "?", 20), "<Idle|"));
	bench_free(bench);
}

static void test_sim_carries_out_a_jog_that_waited_while_the_others_were_cancelled(void **state)
{
	struct sim_bench *bench = booted(true);

	(void)state;
	bench_forget(bench);
	for (int i = 0; i < 16; i++) {
		bench_say(bench, "$J=G91X3F600\n");
		bench_run(bench, 5);
	}
	bench_say(bench, "\x85");
	bench_run(bench, 7000);
	assert_int_equal(count(bench->said, "ok"), 16);
	assert_int_equal(sim_board_counted_mdeg(bench->sim), 48000);	/* all the same: the 16th goes to where it was to go */
	bench_free(bench);
}

static void test_sim_says_ok_after_a_homing_that_failed(void **state)
{
	struct sim_bench *bench = booted(false);
	const char *alarm, *ok;

	(void)state;
	bench_hear(bench, "$H\n", 100);
	bench_hear(bench, "\x18", 700);
	alarm = strstr(bench->said, "ALARM:6");
	ok = strstr(bench->said, "ok\r\n\r\nGrbl 1.1h");
	assert_true(alarm && ok && alarm < ok);
	bench_free(bench);
}

static void test_sim_is_left_in_home_by_a_damaged_home(void **state)
{
	struct sim_bench *bench = booted(false);

	(void)state;
	assert_string_equal(bench_hear(bench, "$HQ\n", 20), "error:3\r\n");
	assert_non_null(strstr(bench_hear(bench, "?", 20), "<Home|"));
	assert_string_equal(bench_hear(bench, "$J=G91X1F100\n", 20), "error:8\r\n");
	assert_non_null(strstr(bench_hear(bench, "\x18", 700), "Grbl 1.1h"));
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sim_is_locked_at_power_up_with_homing_on),
		cmocka_unit_test(test_sim_answers_lines_as_grbl_does),
		cmocka_unit_test(test_sim_refuses_a_line_of_80_characters),
		cmocka_unit_test(test_sim_report_takes_4_to_7_ms_and_five_questions_get_one),
		cmocka_unit_test(test_sim_planner_holds_15_and_the_16th_waits),
		cmocka_unit_test(test_sim_ring_of_128_loses_bytes_silently),
		cmocka_unit_test(test_sim_ok_comes_at_queueing_and_the_move_is_a_trapezoid),
		cmocka_unit_test(test_sim_cancel_decelerates_and_drops_the_queue),
		cmocka_unit_test(test_sim_counts_what_its_table_has_turned),
		cmocka_unit_test(test_sim_ignores_a_cancel_that_comes_before_the_jog_is_parsed),
		cmocka_unit_test(test_sim_hold_answers_no_line_and_parks_an_idle_controller),
		cmocka_unit_test(test_sim_reset_in_motion_is_silent_for_half_a_second),
		cmocka_unit_test(test_sim_swallows_a_reset_right_after_a_limit_alarm),
		cmocka_unit_test(test_sim_homing_is_silent_and_ends_at_the_switch),
		cmocka_unit_test(test_sim_slip_and_backlash_are_not_counted),
		cmocka_unit_test(test_sim_with_a_blank_eeprom_prints_its_settings_first),
		cmocka_unit_test(test_sim_builds_differ_in_homing),
		cmocka_unit_test(test_sim_reports_its_switch),
		cmocka_unit_test(test_sim_runs_away_beyond_2_to_the_24_steps),
		cmocka_unit_test(test_sim_is_never_slower_than_its_timer),
		cmocka_unit_test(test_sim_is_deaf_while_it_writes),
		cmocka_unit_test(test_sim_refuses_settings_as_grbl_does),
		cmocka_unit_test(test_sim_tells_modes_and_parameters),
		cmocka_unit_test(test_sim_check_mode_moves_nothing_and_ends_in_a_reset),
		cmocka_unit_test(test_sim_door_ends_a_jog_and_hears_no_line),
		cmocka_unit_test(test_sim_carries_out_a_jog_that_waited_while_the_others_were_cancelled),
		cmocka_unit_test(test_sim_says_ok_after_a_homing_that_failed),
		cmocka_unit_test(test_sim_is_left_in_home_by_a_damaged_home),
	};

	return cmocka_run_group_tests_name("sim-grbl", tests, NULL, NULL);
}
