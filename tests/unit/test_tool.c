/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ostend-table: finding and moving each simulated table, its options, its exit statuses, its simulators. */
#include "tool_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "turntable/driver.h"
#include "turntable/line.h"

/* --- probe ----------------------------------------------------------------------------------------- */

static void test_probe_finds_each_driver_and_moves_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; drive_at(i); i++) {
		static char output[TOOL_TEXT_BYTES];
		struct tool_sim sim;
		json_t *found, *first;
		int64_t before;

		tool_sim_start(&sim, drive_at(i)->name, NULL);
		before = tool_sim_true_mdeg(&sim);
		assert_int_equal(tool_run_shell(&sim, output, sizeof output, "./ostend-table probe --port %s --json", sim.link), 0);
		found = json_loads(output, 0, NULL);
		first = json_array_get(found, 0);
		assert_string_equal(json_string_value(json_object_get(first, "driver")), sim.driver);
		assert_string_equal(json_string_value(json_object_get(first, "title")), drive_at(i)->title);
		assert_true(json_array_size(json_object_get(first, "capabilities")) > 0);
		assert_int_equal(json_integer_value(json_object_get(first, "baud")), drive_at(i)->line.baud);
		assert_int_equal(tool_sim_true_mdeg(&sim), before);
		json_decref(found);
		tool_sim_end(&sim);
	}
}

/* The far end of a line at which nobody is, or somebody who only says @words. */
static int probe_line(const char *words, char *output, size_t size)
{
	const struct tool_sim nobody = { .folder = "/tmp" };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char path[64];
	pid_t talker;
	int status;

	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	assert_int_equal(ptsname_r(master, path, sizeof path), 0);
	fflush(NULL);
	talker = fork();
	if (talker == 0) {
		char bytes[64];

		while (read(master, bytes, sizeof bytes) != 0)	/* answers every question alike */
			if (write(master, words, strlen(words)) < 0)
				break;
		_exit(0);
	}
	status = tool_run_shell(&nobody, output, size, "./ostend-table probe --driver grbl --port %s", path);
	kill(talker, SIGKILL);
	waitpid(talker, NULL, 0);
	close(master);
	return status;
}

static void test_probe_says_why_nothing_was_found(void **state)
{
	static char output[TOOL_TEXT_BYTES];

	(void)state;
	assert_int_equal(probe_line("", output, sizeof output), 1);
	tool_expect(output, "nothing answers");
	assert_int_equal(probe_line("\xfe\x80\x81\xf8\x83\x9d", output, sizeof output), 1);
	tool_expect(output, "only garbage comes");
	assert_int_equal(probe_line("coffee is ready\n", output, sizeof output), 1);
	tool_expect(output, "coffee is ready");
}

static void test_probe_leaves_a_held_port_alone_and_names_who_holds_it(void **state)
{
	const struct line_settings settings = { .baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'N' };
	static char output[TOOL_TEXT_BYTES];
	struct line *line = NULL;
	struct tool_sim sim;
	struct err err;
	char own[48];

	(void)state;
	tool_sim_start(&sim, "grbl", NULL);
	assert_int_equal(line_open(&line, sim.link, &settings, &err), 0);
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "./ostend-table probe --port %s", sim.link), 1);
	snprintf(own, sizeof own, "in use by process %d", (int)getpid());
	tool_expect(output, own);
	line_close(line);
	tool_sim_end(&sim);
}

/* --- moves ----------------------------------------------------------------------------------------- */

static int64_t reported(const json_t *state)
{
	return json_integer_value(json_object_get(state, "reported_mdeg"));
}

/* Of all tables at once: it is waiting for them that takes the time. */
static void do_all(struct tool_sim *sims, size_t count, const char *(*act)(const struct tool_sim *sim), json_t **states)
{
	pid_t pids[TOOL_DRIVERS_MAX];

	for (size_t i = 0; i < count; i++) {
		char command[768];

		snprintf(command, sizeof command, "XDG_STATE_HOME=%s timeout 120 ./ostend-table --driver %s --port %s %s "
			 "--json %s >%s/out", sims[i].folder, sims[i].driver, sims[i].link, tool_settings(sims[i].driver),
			 act(&sims[i]), sims[i].folder);
		pids[i] = tool_start_shell(command);
	}
	for (size_t i = 0; i < count; i++) {
		static char text[TOOL_TEXT_BYTES];

		if (tool_wait(pids[i]) != 0)
			fail_msg("%s: %s failed", sims[i].driver, act(&sims[i]));
		tool_read(&sims[i], "out", text, sizeof text);
		json_decref(states[i]);
		states[i] = json_loads(text, 0, NULL);
		assert_non_null(states[i]);
	}
}

static const char *say_status(const struct tool_sim *sim)
{
	(void)sim;
	return "status";
}

static const char *begin_act(const struct tool_sim *sim)
{
	return sim->homes ? "home" : "status";
}

/* Where it may go to a bearing, to 90 degrees; where it has no bearing, by a quarter. */
static const char *turn_act(const struct tool_sim *sim)
{
	if (sim->homes)		/* again: not every controller can say that it has kept its count */
		return "--home goto 90";
	return sim->has_bearing ? "goto 90" : "turn 90";
}

static void expect_at_90(struct tool_sim *sim, const json_t *before, const json_t *after)
{
	int64_t wanted = sim->has_bearing ? pose_bearing_mdeg(90000 - reported(before)) : 90000;
	int32_t off = pose_bearing_mdeg(tool_sim_true_mdeg(sim) - sim->truth_mdeg - wanted + TOOL_TOLERANCE_MDEG);

	if (sim->has_bearing)
		assert_in_range(llabs(pose_bearing_mdeg(reported(after)) - 90000), 0, TOOL_TOLERANCE_MDEG);
	if (off > 2 * TOOL_TOLERANCE_MDEG)
		fail_msg("%s: off by %d mdeg", sim->driver, off - TOOL_TOLERANCE_MDEG);
	assert_string_equal(json_string_value(json_object_get(after, "motion")), "still");
}

static void test_goto_90_turns_every_table_there_exactly(void **state)
{
	json_t *before[TOOL_DRIVERS_MAX] = { NULL }, *after[TOOL_DRIVERS_MAX] = { NULL };
	struct tool_sim sims[TOOL_DRIVERS_MAX];
	size_t count = tool_sim_start_all(sims);

	(void)state;
	do_all(sims, count, say_status, before);
	for (size_t i = 0; i < count; i++)
		sims[i].homes = tool_list_has(json_object_get(before[i], "capabilities"), "home");
	do_all(sims, count, begin_act, before);
	for (size_t i = 0; i < count; i++) {
		sims[i].has_bearing = json_is_true(json_object_get(before[i], "homed"));
		sims[i].truth_mdeg = tool_sim_true_mdeg(&sims[i]);
	}
	do_all(sims, count, turn_act, after);
	for (size_t i = 0; i < count; i++) {
		expect_at_90(&sims[i], before[i], after[i]);
		json_decref(before[i]);
		json_decref(after[i]);
		tool_sim_end(&sims[i]);
	}
}

static void expect_turn(struct tool_sim *sim, const char *options, int64_t by_mdeg)
{
	int64_t before = tool_sim_true_mdeg(sim);
	json_t *after = tool_run_json(sim, options);

	if (llabs(tool_sim_true_mdeg(sim) - before - by_mdeg) > TOOL_TOLERANCE_MDEG)
		fail_msg("%s turned by %lld", options, (long long)(tool_sim_true_mdeg(sim) - before));
	json_decref(after);
}

static void test_the_settings_of_a_table_are_options(void **state)
{
	struct tool_sim sim;

	(void)state;
	tool_sim_start(&sim, "grbl", NULL);
	expect_turn(&sim, "turn -10", -10000);
	expect_turn(&sim, "--units-per-turn 720 turn 10", 20000);	/* 720 mm are a turn, 20 are 10 degrees */
	expect_turn(&sim, "--gear 3/2 --reversed turn 10", -15000);
	tool_sim_end(&sim);
}

static void test_wrong_usage_is_2_and_a_refusal_is_1(void **state)
{
	static const struct { const char *arguments; int status; } cases[] = {
		{ "", 2 }, { "--max fast status", 2 }, { "--gear 0 --driver grbl --port /nowhere status", 2 },
		{ "--estop perhaps status", 2 }, { "--baud 5000000 probe", 2 }, { "--surprise", 2 },
		{ "--driver grbl --port /nowhere goto 360", 2 }, { "--driver grbl --port /nowhere measure now", 2 },
		{ "--driver grbl --port /nowhere measure", 1 }, { "--driver none probe", 1 },
		{ "--driver none sim --link /tmp/ostend-tool-none", 1 }, { "--version", 0 }, { "--help", 0 },
	};
	const struct tool_sim nobody = { .folder = "/tmp" };
	static char output[TOOL_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int status = tool_run_shell(&nobody, output, sizeof output, "./ostend-table %s", cases[i].arguments);

		if (status != cases[i].status)
			fail_msg("\"%s\" is %d: %s", cases[i].arguments, status, output);
	}
}

/* A damaged latch counts as an emergency stop: nothing moves until somebody has read why and said yes. */
static void test_a_latched_stop_is_cleared_after_its_reason_was_read(void **state)
{
	static const char tool[] = "./ostend-table --driver grbl";
	static char output[TOOL_TEXT_BYTES];
	struct tool_sim sim;

	(void)state;
	tool_sim_start(&sim, "grbl", NULL);
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "echo broken >%s/table.state", sim.folder), 0);
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "%s --port %s --state %s turn 10", tool, sim.link, sim.folder), 1);
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "echo no | %s --port %s --state %s clear", tool, sim.link,
			     sim.folder), 1);
	tool_expect(output, "Nothing moves because");
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "%s --port %s --state %s turn 10", tool, sim.link, sim.folder), 1);
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "echo yes | %s --port %s --state %s clear", tool, sim.link,
			     sim.folder), 0);
	assert_int_equal(tool_run_shell(&sim, output, sizeof output, "%s --port %s --state %s turn 10", tool, sim.link, sim.folder), 0);
	tool_sim_end(&sim);
}

/* --- simulator ------------------------------------------------------------------------------------- */

static void test_every_simulator_lists_its_faults_and_has_them(void **state)
{
	(void)state;
	for (size_t i = 0; drive_at(i); i++) {
		char faults[1024], answer[1024], command[64], *name, *rest;
		struct tool_sim sim;

		tool_sim_start(&sim, drive_at(i)->name, NULL);
		tool_sim_ask(&sim, "faults", faults, sizeof faults);
		faults[strcspn(faults, "\n")] = '\0';
		tool_expect(faults, "garbage");
		name = strtok_r(faults, " ", &rest);
		assert_string_equal(name, "faults");
		while ((name = strtok_r(NULL, " ", &rest))) {
			snprintf(command, sizeof command, strcmp(name, "plug") ? "%s 0" : "%s", name);
			if (strcmp(name, "unplug") == 0)
				command[strlen("unplug")] = '\0';
			tool_sim_ask(&sim, command, answer, sizeof answer);
			tool_expect(answer, "done");
		}
		tool_sim_ask(&sim, "no-such-fault 1", answer, sizeof answer);
		tool_expect(answer, "unknown");
		tool_sim_end(&sim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe_finds_each_driver_and_moves_nothing),
		cmocka_unit_test(test_probe_says_why_nothing_was_found),
		cmocka_unit_test(test_probe_leaves_a_held_port_alone_and_names_who_holds_it),
		cmocka_unit_test(test_goto_90_turns_every_table_there_exactly),
		cmocka_unit_test(test_the_settings_of_a_table_are_options),
		cmocka_unit_test(test_wrong_usage_is_2_and_a_refusal_is_1),
		cmocka_unit_test(test_a_latched_stop_is_cleared_after_its_reason_was_read),
		cmocka_unit_test(test_every_simulator_lists_its_faults_and_has_them),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(400);
	return cmocka_run_group_tests_name("tool", tests, NULL, NULL);
}
