/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ostend-table calibrate and measure: they find what the simulated tables are like. */
#include "tool_rig.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "turntable/driver.h"

/* Of the simulators' own making, in deg/s2. */
static const struct { const char *driver; double deceleration; } truths[] = { { "grbl", 100 }, { "zaber", 100 } };

/* --- calibrate ------------------------------------------------------------------------------------- */

/* "89997/250" is 359.988: as exact as steps and eyes are. */
static double ratio_of(const char *text, const char *setting)
{
	const char *at = strstr(text, setting);
	double over = 0, under = 1;

	assert_non_null(at);
	assert_true(sscanf(at + strlen(setting), "%lf/%lf", &over, &under) >= 1);
	return over / under;
}

/* Believed to have 350 mm to a turn, and half a degree of play: the engineer sees 10 degrees missing, then none. */
static void test_calibrating_finds_the_turn_and_the_play(void **state)
{
	static const char answers[] = "yes\\n\\n-10\\nyes\\n\\n\\n\\n0.5\\nyes\\n12.5\\n\\nyes\\n";
	static char output[TOOL_TEXT_BYTES];
	int64_t before;
	struct tool_sim sim;

	(void)state;
	tool_sim_start(&sim, "grbl", "--backlash=0.5");
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "printf '%s' | ./ostend-table --driver grbl --port %s --state %s "
			     "--units-per-turn 350 calibrate", answers, sim.link, sim.folder), 0);
	tool_expect(output, "turned by 350.000 degrees where it counted 3");
	assert_true(fabs(ratio_of(output, "\nunits_per_turn = ") - 360) < 0.05);
	tool_expect(output, "\nbacklash_deg = 0.5\n");
	before = tool_sim_true_mdeg(&sim);
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "./ostend-table --driver grbl --port %s --state %s "
			     "--units-per-turn 350 turn 180", sim.link, sim.folder), 0);
	assert_in_range(llabs(tool_sim_true_mdeg(&sim) - before - 180000), 0, TOOL_TOLERANCE_MDEG);
	tool_sim_end(&sim);
}

static void test_an_answer_that_is_not_confirmed_changes_nothing(void **state)
{
	static char output[TOOL_TEXT_BYTES];
	struct tool_sim sim;

	(void)state;
	tool_sim_start(&sim, "grbl", NULL);
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "printf 'yes\\n\\n-10\\nno\\n\\nmany\\n0\\nno\\n\\nno\\n' | "
			     "./ostend-table --driver grbl --port %s --state %s calibrate", sim.link, sim.folder), 0);
	tool_expect(output, "Answer a number of degrees");
	tool_expect(output, "\nunits_per_turn = 360\n");
	tool_expect(output, "\nbacklash_deg = 0\n");
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "test -e %s/table.calibration", sim.folder), 1);
	tool_sim_end(&sim);
}

/* --- measure --------------------------------------------------------------------------------------- */

static double figure_of(const json_t *report, const char *key)
{
	const json_t *figure;
	size_t i;

	json_array_foreach(json_object_get(report, "figures"), i, figure)
		if (strcmp(json_string_value(json_object_get(figure, "key")), key) == 0)
			return json_number_value(json_object_get(figure, "value"));
	fail_msg("there is no figure %s", key);
	return NAN;
}

/* The engineer says yes, puts a mark, and reads 0.2 degrees at the end. */
static pid_t start_measuring(const struct tool_sim *sim, const char *what)
{
	char command[768];

	snprintf(command, sizeof command, "printf '%s' | XDG_STATE_HOME=%s LC_ALL=C.UTF-8 timeout 300 ./ostend-table "
		 "--driver %s --port %s %s --moves 3 --homings 1 --json --report %s/report measure >%s/out 2>%s/err",
		 what, sim->folder, sim->driver, sim->link, tool_settings(sim->driver), sim->folder, sim->folder,
		 sim->folder);
	return tool_start_shell(command);
}

/* The JSON after the questions, of which the last has no newline of its own. */
static json_t *read_report(const struct tool_sim *sim)
{
	static char text[TOOL_TEXT_BYTES];
	const char *start;
	json_t *report;

	tool_read(sim, "out", text, sizeof text);
	start = strstr(text, "{\"utc\"");
	assert_non_null(start);
	report = json_loads(start, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(report);
	return report;
}

static void expect_truth(const struct tool_sim *sim, const json_t *report)
{
	for (size_t i = 0; i < ARRAY_LEN(truths); i++)
		if (strcmp(truths[i].driver, sim->driver) == 0) {
			double found = figure_of(report, "stop_deceleration");

			if (fabs(found - truths[i].deceleration) > 0.15 * truths[i].deceleration)
				fail_msg("%s brakes at %g, found %g", sim->driver, truths[i].deceleration, found);
		}
	assert_true(fabs(figure_of(report, "mark_after_moves") - 0.2) < 1e-9);
	assert_true(figure_of(report, "move_error") <= 0.1);
}

static void expect_report(const struct tool_sim *sim, int status)
{
	static char text[TOOL_TEXT_BYTES];
	json_t *report;

	tool_read(sim, "err", text, sizeof text);
	if (status != 0)
		fail_msg("%s: %s", sim->driver, text);
	report = read_report(sim);
	assert_true(json_is_true(json_object_get(report, "passed")));
	expect_truth(sim, report);
	json_decref(report);
	tool_read(sim, "report", text, sizeof text);
	tool_expect(text, "Commissioning report");
	tool_expect(text, "Witnessed by");
	tool_expect(text, drive_find(sim->driver)->title);
}

static void test_measuring_finds_what_the_simulated_table_is_like(void **state)
{
	struct tool_sim sims[TOOL_DRIVERS_MAX];
	pid_t pids[TOOL_DRIVERS_MAX];
	size_t count = tool_sim_start_all(sims);

	(void)state;
	for (size_t i = 0; i < count; i++)
		pids[i] = start_measuring(&sims[i], "yes\\n\\n0.2\\n");
	for (size_t i = 0; i < count; i++) {
		expect_report(&sims[i], tool_wait(pids[i]));
		tool_sim_end(&sims[i]);
	}
}

static void test_nothing_is_measured_on_a_table_that_is_not_empty(void **state)
{
	static char text[TOOL_TEXT_BYTES];
	struct tool_sim sim;
	int64_t before;

	(void)state;
	tool_sim_start(&sim, "grbl", NULL);
	before = tool_sim_true_mdeg(&sim);
	assert_int_equal(tool_wait(start_measuring(&sim, "perhaps\\nno\\n")), 1);
	tool_read(&sim, "err", text, sizeof text);
	tool_expect(text, "must be empty");
	assert_int_equal(tool_wait(start_measuring(&sim, "")), 1);
	assert_int_equal(tool_sim_true_mdeg(&sim), before);
	tool_sim_end(&sim);
}

static void test_a_table_that_goes_while_it_is_measured_fails(void **state)
{
	static char text[TOOL_TEXT_BYTES];
	const struct timespec step = { .tv_nsec = 10000000 };
	char answer[64];
	struct tool_sim sim;
	pid_t pid;

	(void)state;
	tool_sim_start(&sim, "grbl", "--no-homing");
	pid = start_measuring(&sim, "yes\\n\\n0.2\\n");
	while (llabs(tool_sim_true_mdeg(&sim) + 6000) < 5000)	/* until it is on its way */
		nanosleep(&step, NULL);
	tool_sim_ask(&sim, "unplug", answer, sizeof answer);
	assert_int_equal(tool_wait(pid), 1);
	tool_read(&sim, "report", text, sizeof text);
	tool_expect(text, "everything asked of the table was done: FAILED");
	tool_sim_end(&sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calibrating_finds_the_turn_and_the_play),
		cmocka_unit_test(test_an_answer_that_is_not_confirmed_changes_nothing),
		cmocka_unit_test(test_measuring_finds_what_the_simulated_table_is_like),
		cmocka_unit_test(test_nothing_is_measured_on_a_table_that_is_not_empty),
		cmocka_unit_test(test_a_table_that_goes_while_it_is_measured_fails),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(400);
	return cmocka_run_group_tests_name("measure", tests, NULL, NULL);
}
