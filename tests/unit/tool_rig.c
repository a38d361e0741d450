/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tool_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "turntable/driver.h"

static const struct { const char *driver, *settings; } engineers_words[] = {
	{ "pelcod", "--own-speed 8 --own-accel 20" },
};

/* --- the simulator --------------------------------------------------------------------------------- */

void tool_sim_start(struct tool_sim *sim, const char *driver, const char *option)
{
	int in[2], out[2];
	char line[256];

	*sim = (struct tool_sim){ .driver = driver, .folder = "/tmp/ostend-tool-XXXXXX" };
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

void tool_sim_ask(struct tool_sim *sim, const char *command, char *answer, size_t size)
{
	assert_true(dprintf(sim->in, "%s\n", command) > 0);
	assert_non_null(fgets(answer, (int)size, sim->out));
}

int64_t tool_sim_true_mdeg(struct tool_sim *sim)
{
	char answer[128];
	long long angle;

	tool_sim_ask(sim, "state", answer, sizeof answer);
	assert_int_equal(sscanf(answer, "state %lld", &angle), 1);
	return angle;
}

void tool_sim_end(struct tool_sim *sim)
{
	char command[128];

	close(sim->in);
	assert_int_equal(waitpid(sim->pid, NULL, 0), sim->pid);
	fclose(sim->out);
	snprintf(command, sizeof command, "rm -rf '%s'", sim->folder);
	assert_int_equal(system(command), 0);
}

/* --- the program ----------------------------------------------------------------------------------- */

const char *tool_settings(const char *driver)
{
	for (size_t i = 0; i < ARRAY_LEN(engineers_words); i++)
		if (strcmp(engineers_words[i].driver, driver) == 0)
			return engineers_words[i].settings;
	return "";
}

/* Run a shell command in the folder of @sim; what it prints into @output, with its exit status. */
int tool_run_shell(const struct tool_sim *sim, char *output, size_t size, const char *format, ...)
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

json_t *tool_run_json(const struct tool_sim *sim, const char *act)
{
	static char output[TOOL_TEXT_BYTES];
	json_error_t error;
	json_t *root;

	if (tool_run_shell(sim, output, sizeof output, "./ostend-table --driver %s --port %s --json %s %s", sim->driver, sim->link,
		tool_settings(sim->driver), act) != 0)
		fail_msg("%s: %s: %s", sim->driver, act, output);
	root = json_loads(output, 0, &error);
	if (!root)
		fail_msg("%s: %s: no JSON: %s", sim->driver, act, output);
	return root;
}

void tool_expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

bool tool_list_has(const json_t *list, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (strcmp(json_string_value(item), name) == 0)
			return true;
	return false;
}

int tool_wait(pid_t pid)
{
	int word;

	assert_int_equal(waitpid(pid, &word, 0), pid);
	assert_true(WIFEXITED(word));
	return WEXITSTATUS(word);
}

void tool_read(const struct tool_sim *sim, const char *name, char *text, size_t size)
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

pid_t tool_start_shell(const char *command)
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

size_t tool_sim_start_all(struct tool_sim *sims)
{
	size_t count = 0;

	for (; drive_at(count); count++) {
		assert_true(count < TOOL_DRIVERS_MAX);
		tool_sim_start(&sims[count], drive_at(count)->name, NULL);
	}
	return count;
}
