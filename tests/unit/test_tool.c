/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program ostend-table, as an engineer runs it, against a simulated table of each driver.
 *
 *	this test --pipe--> ostend-table sim <--pty--> ostend-table probe, goto, measure ...
 *
 * The simulators know the truth, "state" says it: what the program claims is held against that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "turntable/driver.h"
#include "turntable/line.h"

#define DRIVERS_MAX 16
#define TEXT_BYTES 65536
#define TOLERANCE_MDEG 60	/* the coarsest step of a simulated table, and its rounding */

/* What measuring must find, in deg/s2, of the simulators' own making; and what an engineer has to say of them. */
static const struct { const char *driver; double deceleration; const char *settings; } truths[] = {
	{ "grbl", 100, "" }, { "zaber", 100, "" }, { "pelcod", 0, "--own-speed 8 --own-accel 20" },
	{ "comxim", 0, "" }, { "marlin", 0, "" },
};

struct sim {
	const char *driver;
	char folder[64], link[96];
	pid_t pid;
	int in;
	FILE *out;
	bool homes, has_bearing;
	int64_t truth_mdeg;		/* before a turn */
};

/* --- the simulator --------------------------------------------------------------------------------- */

static void start_sim(struct sim *sim, const char *driver, const char *option)
{
	int in[2], out[2];
	char line[256];

	*sim = (struct sim){ .driver = driver, .folder = "/tmp/ostend-tool-XXXXXX" };
	assert_non_null(mkdtemp(sim->folder));
	snprintf(sim->link, sizeof sim->link, "%s/line", sim->folder);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fflush(NULL);
	sim->pid = fork();
	if (sim->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execl("./ostend-table", "ostend-table", "sim", "--driver", driver, "--link", sim->link, "--at", "-6",
		      "--commands", option, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	sim->in = in[1];
	sim->out = fdopen(out[0], "r");
	assert_non_null(fgets(line, sizeof line, sim->out));
	assert_memory_equal(line, "ready ", 6);
}

static void ask_sim(struct sim *sim, const char *command, char *answer, size_t size)
{
	assert_true(dprintf(sim->in, "%s\n", command) > 0);
	assert_non_null(fgets(answer, (int)size, sim->out));
}

static int64_t true_mdeg(struct sim *sim)
{
	char answer[128];
	long long angle;

	ask_sim(sim, "state", answer, sizeof answer);
	assert_int_equal(sscanf(answer, "state %lld", &angle), 1);
	return angle;
}

static void end_sim(struct sim *sim)
{
	char command[128];

	close(sim->in);
	assert_int_equal(waitpid(sim->pid, NULL, 0), sim->pid);
	fclose(sim->out);
	snprintf(command, sizeof command, "rm -rf '%s'", sim->folder);
	assert_int_equal(system(command), 0);
}

/* --- the program ----------------------------------------------------------------------------------- */

static const char *settings_of(const char *driver)
{
	for (size_t i = 0; i < ARRAY_LEN(truths); i++)
		if (strcmp(truths[i].driver, driver) == 0)
			return truths[i].settings;
	return "";
}

/* Run a shell command in the folder of @sim; what it prints into @output, with its exit status. */
static int run(const struct sim *sim, char *output, size_t size, const char *format, ...)
{
	char arguments[512], command[1024];
	va_list args;
	size_t len;
	FILE *pipe;
	int word;

	va_start(args, format);
	vsnprintf(arguments, sizeof arguments, format, args);
	va_end(args);
	snprintf(command, sizeof command, "XDG_STATE_HOME=%s LC_ALL=C.UTF-8 timeout 200 sh -c \"%s\" 2>&1", sim->folder,
		 arguments);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	len = fread(output, 1, size - 1, pipe);
	output[len] = '\0';
	word = pclose(pipe);
	assert_true(WIFEXITED(word));
	return WEXITSTATUS(word);
}

static json_t *run_json(const struct sim *sim, const char *act)
{
	static char output[TEXT_BYTES];
	json_error_t error;
	json_t *root;

	if (run(sim, output, sizeof output, "./ostend-table --driver %s --port %s --json %s %s", sim->driver, sim->link,
		settings_of(sim->driver), act) != 0)
		fail_msg("%s: %s: %s", sim->driver, act, output);
	root = json_loads(output, 0, &error);
	if (!root)
		fail_msg("%s: %s: no JSON: %s", sim->driver, act, output);
	return root;
}

static void expect_text(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

static bool has(const json_t *list, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (strcmp(json_string_value(item), name) == 0)
			return true;
	return false;
}

static int wait_status(pid_t pid)
{
	int word;

	assert_int_equal(waitpid(pid, &word, 0), pid);
	assert_true(WIFEXITED(word));
	return WEXITSTATUS(word);
}

static void read_text(const struct sim *sim, const char *name, char *text, size_t size)
{
	char path[128];
	FILE *file;
	size_t len;

	snprintf(path, sizeof path, "%s/%s", sim->folder, name);
	file = fopen(path, "re");
	assert_non_null(file);
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	fclose(file);
}

static pid_t start_shell(const char *command)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	return pid;
}

/* --- probe ----------------------------------------------------------------------------------------- */

static void test_probe_finds_each_driver_and_moves_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; drive_at(i); i++) {
		static char output[TEXT_BYTES];
		struct sim sim;
		json_t *found, *first;
		int64_t before;

		start_sim(&sim, drive_at(i)->name, NULL);
		before = true_mdeg(&sim);
		assert_int_equal(run(&sim, output, sizeof output, "./ostend-table probe --port %s --json", sim.link), 0);
		found = json_loads(output, 0, NULL);
		first = json_array_get(found, 0);
		assert_string_equal(json_string_value(json_object_get(first, "driver")), sim.driver);
		assert_string_equal(json_string_value(json_object_get(first, "title")), drive_at(i)->title);
		assert_true(json_array_size(json_object_get(first, "capabilities")) > 0);
		assert_int_equal(json_integer_value(json_object_get(first, "baud")), drive_at(i)->line.baud);
		assert_int_equal(true_mdeg(&sim), before);
		json_decref(found);
		end_sim(&sim);
	}
}

/* The far end of a line at which nobody is, or somebody who only says @words. */
static int probe_line(const char *words, char *output, size_t size)
{
	const struct sim nobody = { .folder = "/tmp" };
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
	status = run(&nobody, output, size, "./ostend-table probe --driver grbl --port %s", path);
	kill(talker, SIGKILL);
	waitpid(talker, NULL, 0);
	close(master);
	return status;
}

static void test_probe_says_why_nothing_was_found(void **state)
{
	static char output[TEXT_BYTES];

	(void)state;
	assert_int_equal(probe_line("", output, sizeof output), 1);
	expect_text(output, "nothing answers");
	assert_int_equal(probe_line("\xfe\x80\x81\xf8\x83\x9d", output, sizeof output), 1);
	expect_text(output, "only garbage comes");
	assert_int_equal(probe_line("coffee is ready\n", output, sizeof output), 1);
	expect_text(output, "coffee is ready");
}

static void test_probe_leaves_a_held_port_alone_and_names_who_holds_it(void **state)
{
	const struct line_settings settings = { .baud = 115200, .data_bits = 8, .stop_bits = 1, .parity = 'N' };
	static char output[TEXT_BYTES];
	struct line *line = NULL;
	struct sim sim;
	struct err err;
	char own[48];

	(void)state;
	start_sim(&sim, "grbl", NULL);
	assert_int_equal(line_open(&line, sim.link, &settings, &err), 0);
	assert_int_equal(run(&sim, output, sizeof output, "./ostend-table probe --port %s", sim.link), 1);
	snprintf(own, sizeof own, "in use by process %d", (int)getpid());
	expect_text(output, own);
	line_close(line);
	end_sim(&sim);
}

/* --- moves ----------------------------------------------------------------------------------------- */

static int64_t reported(const json_t *state)
{
	return json_integer_value(json_object_get(state, "reported_mdeg"));
}

/* Of all tables at once: it is waiting for them that takes the time. */
static void do_all(struct sim *sims, size_t count, const char *(*act)(const struct sim *sim), json_t **states)
{
	pid_t pids[DRIVERS_MAX];

	for (size_t i = 0; i < count; i++) {
		char command[768];

		snprintf(command, sizeof command, "XDG_STATE_HOME=%s timeout 120 ./ostend-table --driver %s --port %s %s "
			 "--json %s >%s/out", sims[i].folder, sims[i].driver, sims[i].link, settings_of(sims[i].driver),
			 act(&sims[i]), sims[i].folder);
		pids[i] = start_shell(command);
	}
	for (size_t i = 0; i < count; i++) {
		static char text[TEXT_BYTES];

		if (wait_status(pids[i]) != 0)
			fail_msg("%s: %s failed", sims[i].driver, act(&sims[i]));
		read_text(&sims[i], "out", text, sizeof text);
		json_decref(states[i]);
		states[i] = json_loads(text, 0, NULL);
		assert_non_null(states[i]);
	}
}

static const char *say_status(const struct sim *sim)
{
	(void)sim;
	return "status";
}

static const char *begin_act(const struct sim *sim)
{
	return sim->homes ? "home" : "status";
}

/* Where it may go to a bearing, to 90 degrees; where it has no bearing, by a quarter. */
static const char *turn_act(const struct sim *sim)
{
	if (sim->homes)		/* again: not every controller can say that it has kept its count */
		return "--home goto 90";
	return sim->has_bearing ? "goto 90" : "turn 90";
}

static void expect_at_90(struct sim *sim, const json_t *before, const json_t *after)
{
	int64_t wanted = sim->has_bearing ? pose_bearing_mdeg(90000 - reported(before)) : 90000;
	int32_t off = pose_bearing_mdeg(true_mdeg(sim) - sim->truth_mdeg - wanted + TOLERANCE_MDEG);

	if (sim->has_bearing)
		assert_in_range(llabs(pose_bearing_mdeg(reported(after)) - 90000), 0, TOLERANCE_MDEG);
	if (off > 2 * TOLERANCE_MDEG)
		fail_msg("%s: off by %d mdeg", sim->driver, off - TOLERANCE_MDEG);
	assert_string_equal(json_string_value(json_object_get(after, "motion")), "still");
}

static size_t start_all(struct sim *sims)
{
	size_t count = 0;

	for (; drive_at(count); count++) {
		assert_true(count < DRIVERS_MAX);
		start_sim(&sims[count], drive_at(count)->name, NULL);
	}
	return count;
}

static void test_goto_90_turns_every_table_there_exactly(void **state)
{
	json_t *before[DRIVERS_MAX] = { NULL }, *after[DRIVERS_MAX] = { NULL };
	struct sim sims[DRIVERS_MAX];
	size_t count = start_all(sims);

	(void)state;
	do_all(sims, count, say_status, before);
	for (size_t i = 0; i < count; i++)
		sims[i].homes = has(json_object_get(before[i], "capabilities"), "home");
	do_all(sims, count, begin_act, before);
	for (size_t i = 0; i < count; i++) {
		sims[i].has_bearing = json_is_true(json_object_get(before[i], "homed"));
		sims[i].truth_mdeg = true_mdeg(&sims[i]);
	}
	do_all(sims, count, turn_act, after);
	for (size_t i = 0; i < count; i++) {
		expect_at_90(&sims[i], before[i], after[i]);
		json_decref(before[i]);
		json_decref(after[i]);
		end_sim(&sims[i]);
	}
}

static void expect_turn(struct sim *sim, const char *options, int64_t by_mdeg)
{
	int64_t before = true_mdeg(sim);
	json_t *after = run_json(sim, options);

	if (llabs(true_mdeg(sim) - before - by_mdeg) > TOLERANCE_MDEG)
		fail_msg("%s turned by %lld", options, (long long)(true_mdeg(sim) - before));
	json_decref(after);
}

static void test_the_settings_of_a_table_are_options(void **state)
{
	struct sim sim;

	(void)state;
	start_sim(&sim, "grbl", NULL);
	expect_turn(&sim, "turn -10", -10000);
	expect_turn(&sim, "--units-per-turn 720 turn 10", 20000);	/* 720 mm are a turn, 20 are 10 degrees */
	expect_turn(&sim, "--gear 3/2 --reversed turn 10", -15000);
	end_sim(&sim);
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
	const struct sim nobody = { .folder = "/tmp" };
	static char output[TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int status = run(&nobody, output, sizeof output, "./ostend-table %s", cases[i].arguments);

		if (status != cases[i].status)
			fail_msg("\"%s\" is %d: %s", cases[i].arguments, status, output);
	}
}

/* A damaged latch counts as an emergency stop: nothing moves until somebody has read why and said yes. */
static void test_a_latched_stop_is_cleared_after_its_reason_was_read(void **state)
{
	static const char tool[] = "./ostend-table --driver grbl";
	static char output[TEXT_BYTES];
	struct sim sim;

	(void)state;
	start_sim(&sim, "grbl", NULL);
	assert_int_equal(run(&sim, output, sizeof output, "echo broken >%s/table.state", sim.folder), 0);
	assert_int_equal(run(&sim, output, sizeof output, "%s --port %s --state %s turn 10", tool, sim.link, sim.folder), 1);
	assert_int_equal(run(&sim, output, sizeof output, "echo no | %s --port %s --state %s clear", tool, sim.link,
			     sim.folder), 1);
	expect_text(output, "Nothing moves because");
	assert_int_equal(run(&sim, output, sizeof output, "%s --port %s --state %s turn 10", tool, sim.link, sim.folder), 1);
	assert_int_equal(run(&sim, output, sizeof output, "echo yes | %s --port %s --state %s clear", tool, sim.link,
			     sim.folder), 0);
	assert_int_equal(run(&sim, output, sizeof output, "%s --port %s --state %s turn 10", tool, sim.link, sim.folder), 0);
	end_sim(&sim);
}

/* --- simulator ------------------------------------------------------------------------------------- */

static void test_every_simulator_lists_its_faults_and_has_them(void **state)
{
	(void)state;
	for (size_t i = 0; drive_at(i); i++) {
		char faults[1024], answer[1024], command[64], *name, *rest;
		struct sim sim;

		start_sim(&sim, drive_at(i)->name, NULL);
		ask_sim(&sim, "faults", faults, sizeof faults);
		faults[strcspn(faults, "\n")] = '\0';
		expect_text(faults, "garbage");
		name = strtok_r(faults, " ", &rest);
		assert_string_equal(name, "faults");
		while ((name = strtok_r(NULL, " ", &rest))) {
			snprintf(command, sizeof command, strcmp(name, "plug") ? "%s 0" : "%s", name);
			if (strcmp(name, "unplug") == 0)
				command[strlen("unplug")] = '\0';
			ask_sim(&sim, command, answer, sizeof answer);
			expect_text(answer, "done");
		}
		ask_sim(&sim, "no-such-fault 1", answer, sizeof answer);
		expect_text(answer, "unknown");
		end_sim(&sim);
	}
}

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
	static char output[TEXT_BYTES];
	int64_t before;
	struct sim sim;

	(void)state;
	start_sim(&sim, "grbl", "--backlash=0.5");
	assert_int_equal(run(&sim, output, sizeof output, "printf '%s' | ./ostend-table --driver grbl --port %s --state %s "
			     "--units-per-turn 350 calibrate", answers, sim.link, sim.folder), 0);
	expect_text(output, "turned by 350.000 degrees where it counted 3");
	assert_true(fabs(ratio_of(output, "\nunits_per_turn = ") - 360) < 0.05);
	expect_text(output, "\nbacklash_deg = 0.5\n");
	before = true_mdeg(&sim);
	assert_int_equal(run(&sim, output, sizeof output, "./ostend-table --driver grbl --port %s --state %s "
			     "--units-per-turn 350 turn 180", sim.link, sim.folder), 0);
	assert_in_range(llabs(true_mdeg(&sim) - before - 180000), 0, TOLERANCE_MDEG);
	end_sim(&sim);
}

static void test_an_answer_that_is_not_confirmed_changes_nothing(void **state)
{
	static char output[TEXT_BYTES];
	struct sim sim;

	(void)state;
	start_sim(&sim, "grbl", NULL);
	assert_int_equal(run(&sim, output, sizeof output, "printf 'yes\\n\\n-10\\nno\\n\\nmany\\n0\\nno\\n\\nno\\n' | "
			     "./ostend-table --driver grbl --port %s --state %s calibrate", sim.link, sim.folder), 0);
	expect_text(output, "Answer a number of degrees");
	expect_text(output, "\nunits_per_turn = 360\n");
	expect_text(output, "\nbacklash_deg = 0\n");
	assert_int_equal(run(&sim, output, sizeof output, "test -e %s/table.calibration", sim.folder), 1);
	end_sim(&sim);
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
static pid_t start_measuring(const struct sim *sim, const char *what)
{
	char command[768];

	snprintf(command, sizeof command, "printf '%s' | XDG_STATE_HOME=%s LC_ALL=C.UTF-8 timeout 300 ./ostend-table "
		 "--driver %s --port %s %s --moves 3 --homings 1 --json --report %s/report measure >%s/out 2>%s/err",
		 what, sim->folder, sim->driver, sim->link, settings_of(sim->driver), sim->folder, sim->folder,
		 sim->folder);
	return start_shell(command);
}

/* The JSON after the questions, of which the last has no newline of its own. */
static json_t *read_report(const struct sim *sim)
{
	static char text[TEXT_BYTES];
	const char *start;
	json_t *report;

	read_text(sim, "out", text, sizeof text);
	start = strstr(text, "{\"utc\"");
	assert_non_null(start);
	report = json_loads(start, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(report);
	return report;
}

static void expect_truth(const struct sim *sim, const json_t *report)
{
	for (size_t i = 0; i < ARRAY_LEN(truths); i++)
		if (strcmp(truths[i].driver, sim->driver) == 0 && truths[i].deceleration > 0) {
			double found = figure_of(report, "stop_deceleration");

			if (fabs(found - truths[i].deceleration) > 0.15 * truths[i].deceleration)
				fail_msg("%s brakes at %g, found %g", sim->driver, truths[i].deceleration, found);
		}
	assert_true(fabs(figure_of(report, "mark_after_moves") - 0.2) < 1e-9);
	assert_true(figure_of(report, "move_error") <= 0.1);
}

static void expect_report(const struct sim *sim, int status)
{
	static char text[TEXT_BYTES];
	json_t *report;

	read_text(sim, "err", text, sizeof text);
	if (status != 0)
		fail_msg("%s: %s", sim->driver, text);
	report = read_report(sim);
	assert_true(json_is_true(json_object_get(report, "passed")));
	expect_truth(sim, report);
	json_decref(report);
	read_text(sim, "report", text, sizeof text);
	expect_text(text, "Commissioning report");
	expect_text(text, "Witnessed by");
	expect_text(text, drive_find(sim->driver)->title);
}

static void test_measuring_finds_what_the_simulated_table_is_like(void **state)
{
	struct sim sims[DRIVERS_MAX];
	pid_t pids[DRIVERS_MAX];
	size_t count = start_all(sims);

	(void)state;
	for (size_t i = 0; i < count; i++)
		pids[i] = start_measuring(&sims[i], "yes\\n\\n0.2\\n");
	for (size_t i = 0; i < count; i++) {
		expect_report(&sims[i], wait_status(pids[i]));
		end_sim(&sims[i]);
	}
}

static void test_nothing_is_measured_on_a_table_that_is_not_empty(void **state)
{
	static char text[TEXT_BYTES];
	struct sim sim;
	int64_t before;

	(void)state;
	start_sim(&sim, "grbl", NULL);
	before = true_mdeg(&sim);
	assert_int_equal(wait_status(start_measuring(&sim, "perhaps\\nno\\n")), 1);
	read_text(&sim, "err", text, sizeof text);
	expect_text(text, "must be empty");
	assert_int_equal(wait_status(start_measuring(&sim, "")), 1);
	assert_int_equal(true_mdeg(&sim), before);
	end_sim(&sim);
}

static void test_a_table_that_goes_while_it_is_measured_fails(void **state)
{
	static char text[TEXT_BYTES];
	const struct timespec step = { .tv_nsec = 10000000 };
	char answer[64];
	struct sim sim;
	pid_t pid;

	(void)state;
	start_sim(&sim, "grbl", "--no-homing");
	pid = start_measuring(&sim, "yes\\n\\n0.2\\n");
	while (llabs(true_mdeg(&sim) + 6000) < 5000)	/* until it is on its way */
		nanosleep(&step, NULL);
	ask_sim(&sim, "unplug", answer, sizeof answer);
	assert_int_equal(wait_status(pid), 1);
	read_text(&sim, "report", text, sizeof text);
	expect_text(text, "everything asked of the table was done: FAILED");
	end_sim(&sim);
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
		cmocka_unit_test(test_calibrating_finds_the_turn_and_the_play),
		cmocka_unit_test(test_an_answer_that_is_not_confirmed_changes_nothing),
		cmocka_unit_test(test_nothing_is_measured_on_a_table_that_is_not_empty),
		cmocka_unit_test(test_a_table_that_goes_while_it_is_measured_fails),
		cmocka_unit_test(test_measuring_finds_what_the_simulated_table_is_like),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(500);
	return cmocka_run_group_tests_name("tool", tests, NULL, NULL);
}
