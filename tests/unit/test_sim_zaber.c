/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The simulated Zaber stage: its bytes are those of the manual, and it forgives nothing. */
#include "sim_bench.h"

static struct sim_bench *booted(const char *variant)
{
	return bench_new("zaber", variant, 20000, 1000);
}

static void test_sim_answers_as_the_manual_has_it(void **state)
{
	static const struct { const char *message, *reply; } cases[] = {
		{ "/\n", "@01 0 OK IDLE WR 0\r\n" }, { "/1 1 get pos\r\n", "@01 1 OK IDLE WR 0\r\n" },
		{ "/01 1 42 get accel\n", "@01 1 42 OK IDLE WR 35\r\n" }, { "/1 get version\n", "@01 0 OK IDLE WR 7.34\r\n" },
		{ "/1 1 get nonsense\n", "@01 1 RJ IDLE WR BADCOMMAND\r\n" },
		{ "/1 1 set maxspeed 0\n", "@01 1 RJ IDLE WR BADDATA\r\n" }, { "/1 2 home\n", "@01 2 RJ IDLE WR BADAXIS\r\n" },
		{ "/1 1 warnings\n", "@01 1 OK IDLE WR 01 WR\r\n" }, { "/1 1 get encoder.pos\n", "@01 1 RJ IDLE WR BADCOMMAND\r\n" },
	};
	struct sim_bench *bench = booted(NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(bench_hear(bench, cases[i].message, 20), cases[i].reply);
	bench_free(bench);
}

static void test_sim_says_nothing_to_what_is_damaged_or_not_for_it(void **state)
{
	static const char *const unheard[] = {
		"/01 1 05 move rel 1000:00\n", "/01 1 05 move rel 1000:ZZ\n", "/2 1 home\n", "home\n", "x/1 1 home\n", "\r\n\n",
	};
	struct sim_bench *bench = booted(NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unheard); i++)
		assert_string_equal(bench_hear(bench, unheard[i], 50), "");
	assert_int_equal(sim_board_true_mdeg(bench->sim), 20000);
	bench_free(bench);
}

static void test_sim_adds_checksums_once_they_are_asked_for(void **state)
{
	struct sim_bench *bench = booted(NULL);

	(void)state;
	assert_string_equal(bench_hear(bench, "/1 set comm.checksum 1\n", 20), "@01 0 OK IDLE WR 0:3E\r\n");
	sim_board_fault(bench->sim, "power", 0);
	bench_run(bench, 1000);
	assert_string_equal(bench_hear(bench, "/1 get comm.checksum\n", 20), "@01 0 OK IDLE WR 1:3D\r\n");	/* it is kept */
	bench_free(bench);
}

static void test_sim_of_old_firmware_takes_no_speed_with_a_motion(void **state)
{
	struct sim_bench *bench = booted("old");

	(void)state;
	assert_string_equal(bench_hear(bench, "/1 1 move rel 100 1000 10\n", 20), "@01 1 RJ IDLE WR BADCOMMAND\r\n");
	assert_string_equal(bench_hear(bench, "/1 1 move rel 100\n", 20), "@01 1 OK BUSY WR 0\r\n");
	bench_free(bench);
}

static void test_sim_homes_to_its_mark_and_clears_wr(void **state)
{
	struct sim_bench *bench = booted(NULL);

	(void)state;
	assert_string_equal(bench_hear(bench, "/1 1 home\n", 5000), "@01 1 OK BUSY WR 0\r\n");
	assert_string_equal(bench_hear(bench, "/1 1 get pos\n", 20), "@01 1 OK IDLE -- 0\r\n");
	assert_int_equal(sim_board_true_mdeg(bench->sim), 0);
	bench_free(bench);
}

static void test_sim_takes_a_newer_motion_for_an_older_and_says_so(void **state)
{
	struct sim_bench *bench = booted(NULL);

	(void)state;
	bench_hear(bench, "/1 1 move rel 768000\n", 1000);
	assert_string_equal(bench_hear(bench, "/1 1 move rel -1000\n", 20), "@01 1 OK BUSY WR 0\r\n");
	assert_non_null(strstr(bench_hear(bench, "/1 1 warnings\n", 20), " 02 WR NI"));
	bench_run(bench, 4000);
	assert_true(sim_board_counted_mdeg(bench->sim) < 60000);
	bench_free(bench);
}

static void test_sim_loses_its_position_with_the_power(void **state)
{
	struct sim_bench *bench = booted(NULL);

	(void)state;
	bench_hear(bench, "/1 1 home\n", 5000);
	bench_hear(bench, "/1 1 move abs 10000\n", 3000);
	sim_board_fault(bench->sim, "power", 0);
	assert_string_equal(bench_hear(bench, "/1 1 get pos\n", 500), "");	/* it boots */
	bench_run(bench, 600);
	assert_string_equal(bench_hear(bench, "/1 1 get pos\n", 20), "@01 1 OK IDLE WR 0\r\n");
	bench_free(bench);
}

static void test_sim_with_an_encoder_stops_at_a_stall(void **state)
{
	struct sim_bench *bench = booted("encoder");

	(void)state;
	bench_hear(bench, "/1 1 home\n", 5000);
	bench_hear(bench, "/1 1 move rel 192000\n", 500);
	sim_board_fault(bench->sim, "stall", 1);
	bench_run(bench, 1000);
	assert_non_null(strstr(bench_hear(bench, "/1 1 get pos\n", 20), "OK IDLE FS "));
	assert_int_equal((int)sim_board_speed_mdeg_s(bench->sim), 0);
	bench_free(bench);
}

static void test_sim_without_current_refuses_motions(void **state)
{
	struct sim_bench *bench = booted(NULL);

	(void)state;
	sim_board_fault(bench->sim, "button", 1);
	assert_string_equal(bench_hear(bench, "/1 1 move rel 1\n", 20), "@01 1 RJ IDLE FH DRIVERDISABLED\r\n");
	assert_string_equal(bench_hear(bench, "/1 1 driver enable\n", 20), "@01 1 RJ IDLE FH DRIVERDISABLED\r\n");
	sim_board_fault(bench->sim, "button", 0);
	assert_string_equal(bench_hear(bench, "/1 1 driver enable\n", 20), "@01 1 OK IDLE WR 0\r\n");
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sim_answers_as_the_manual_has_it),
		cmocka_unit_test(test_sim_says_nothing_to_what_is_damaged_or_not_for_it),
		cmocka_unit_test(test_sim_adds_checksums_once_they_are_asked_for),
		cmocka_unit_test(test_sim_of_old_firmware_takes_no_speed_with_a_motion),
		cmocka_unit_test(test_sim_homes_to_its_mark_and_clears_wr),
		cmocka_unit_test(test_sim_takes_a_newer_motion_for_an_older_and_says_so),
		cmocka_unit_test(test_sim_loses_its_position_with_the_power),
		cmocka_unit_test(test_sim_with_an_encoder_stops_at_a_stall),
		cmocka_unit_test(test_sim_without_current_refuses_motions),
	};

	return cmocka_run_group_tests_name("simulated zaber", tests, NULL, NULL);
}
