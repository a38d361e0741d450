/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_move.c - one command to a table, from opening the port to standing still.
 *
 *	opened -> answers and stands still -> (homed) -> command -> ended -> stands still -> closed
 *
 * Ctrl-C is a stop; the port is closed when the controller has said that the table stands still.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "turntable/ostend_table.h"
#include "turntable/tool_note.h"

#define READY_WAIT_NS (12 * NS_PER_S)
#define REST_WAIT_NS (6 * NS_PER_S)

enum stage { STAGE_OPENING, STAGE_HOMING, STAGE_COMMAND, STAGE_RESTING };

struct tool {
	const struct tool_options *options;
	struct loop *loop;
	struct table *table;
	enum stage stage;
	uint64_t command;
	int status;
	struct loop_timer timer, begin;
	struct loop_watch signals;
};

static const struct { const char *word; enum governor_name name; bool number; } commands[] = {
	{ "home", GOVERNOR_HOME, false }, { "goto", GOVERNOR_GOTO, true }, { "turn", GOVERNOR_TURN, true },
	{ "spin", GOVERNOR_SPIN, true }, { "stop", GOVERNOR_STOP, false },
};

static bool set_number(struct governor_request *request, int64_t value)
{
	switch (request->name) {
	case GOVERNOR_GOTO:
		request->bearing_mdeg = (int32_t)value;
		return value >= 0 && value < MDEG_PER_TURN;
	case GOVERNOR_TURN:
		request->by_mdeg = (int32_t)value;
		return value >= -MDEG_PER_TURN && value <= MDEG_PER_TURN;
	default:
		request->speed_mdeg_s = (int32_t)value;
		return value != 0;
	}
}

bool tool_read_command(struct tool_options *options, int count, char **words)
{
	int64_t value;

	options->status = strcmp(words[0], "status") == 0;
	if (options->status)
		return count == 1;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(words[0], commands[i].word) != 0)
			continue;
		options->request = (struct governor_request){ .name = commands[i].name,
							      .speed_mdeg_s = options->speed_mdeg_s };
		if (count != (commands[i].number ? 2 : 1))
			return false;
		if (commands[i].name == GOVERNOR_HOME || commands[i].name == GOVERNOR_STOP)
			options->request.speed_mdeg_s = 0;
		return !commands[i].number ||
		       (tool_degrees(words[1], &value) && set_number(&options->request, value));
	}
	return false;
}

/* --- ends ---------------------------------------------------------------------------------------- */

static void come_to_rest(struct tool *tool)
{
	tool->stage = STAGE_RESTING;
	loop_set(tool->loop, &tool->timer, clock_mono_ns() + REST_WAIT_NS);
	if (table_at_rest(tool->table))
		loop_stop(tool->loop);
}

static void fail(struct tool *tool, const char *sentence)
{
	fprintf(stderr, "ostend-table: %s\n", sentence);
	tool->status = 1;
	come_to_rest(tool);
}

static void submit(struct tool *tool, const struct governor_request *request)
{
	struct err err;

	table_submit(tool->table, request, &tool->command, &err);	/* ended() hears of a refusal */
}

static void begin(void *owner)
{
	struct tool *tool = owner;
	const struct governor_request home = { .name = GOVERNOR_HOME };
	int64_t left_mdeg;

	if (tool->stage == STAGE_OPENING && tool_note_read(tool->options->port, &left_mdeg))
		table_keep_reference(tool->table, left_mdeg);
	if (tool->stage == STAGE_OPENING && tool->options->home && tool->options->request.name != GOVERNOR_HOME) {
		tool->stage = STAGE_HOMING;
		submit(tool, &home);
	} else if (tool->options->status) {
		come_to_rest(tool);
	} else {
		tool->stage = STAGE_COMMAND;
		submit(tool, &tool->options->request);
	}
}

static void ended(void *owner, const struct governor_end *end)
{
	struct tool *tool = owner;

	if (tool->stage == STAGE_RESTING || end->command != tool->command)
		return;
	if (end->outcome != GOVERNOR_DONE)
		fail(tool, end->reason);
	else if (tool->stage == STAGE_HOMING)
		loop_set(tool->loop, &tool->begin, clock_mono_ns());	/* not inside the table's own call */
	else
		come_to_rest(tool);
}

static void changed(void *owner)
{
	struct tool *tool = owner;

	if (!tool->table)
		return;
	if (tool->stage == STAGE_OPENING && table_ready(tool->table)) {
		loop_cancel(tool->loop, &tool->timer);
		loop_set(tool->loop, &tool->begin, clock_mono_ns());
	} else if (tool->stage == STAGE_RESTING && table_at_rest(tool->table)) {
		loop_stop(tool->loop);
	}
}

static void timed_out(void *owner)
{
	struct tool *tool = owner;
	json_t *state = table_status(tool->table);
	const char *message = json_string_value(json_object_get(state, "message"));

	if (tool->stage == STAGE_OPENING) {
		fail(tool, message && message[0] ? message : _("the table's controller does not answer"));
		loop_stop(tool->loop);
	} else {
		fprintf(stderr, "ostend-table: %s\n", _("the table has not confirmed that it stands still"));
		tool->status = 1;
		loop_stop(tool->loop);
	}
	json_decref(state);
}

static void interrupted(void *owner, uint32_t events)
{
	struct tool *tool = owner;
	const struct governor_request stop = { .name = GOVERNOR_STOP };
	struct signalfd_siginfo info;
	struct err err;
	uint64_t number;

	(void)events;
	if (read(tool->signals.fd, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	/* a spin has no other end: stopping it is what was meant */
	if (tool->stage != STAGE_RESTING)
		tool->status = tool->stage != STAGE_COMMAND || tool->options->request.name != GOVERNOR_SPIN;
	tool->stage = STAGE_RESTING;
	loop_set(tool->loop, &tool->timer, clock_mono_ns() + REST_WAIT_NS);
	table_submit(tool->table, &stop, &number, &err);
	if (table_at_rest(tool->table))
		loop_stop(tool->loop);
}

/* --- one run ------------------------------------------------------------------------------------- */

static int watch_signals(struct tool *tool, struct err *err)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_os(err, "signalfd");
	return loop_watch(tool->loop, &tool->signals, fd, EPOLLIN, err);
}

static void print_state(const struct tool *tool)
{
	json_t *state = table_status(tool->table);
	const char *message = json_string_value(json_object_get(state, "message"));
	json_int_t at = json_integer_value(json_object_get(state, "reported_mdeg"));
	const char *reference = json_string_value(json_object_get(state, "reference"));

	if (tool->options->json) {
		json_dumpf(state, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else {
		printf(_("%s at %.3f degrees (reference: %s). %s\n"),
		       json_string_value(json_object_get(state, "motion")), (double)at / 1000, reference,
		       message ? message : "");
	}
	json_decref(state);
}

static void leave_note(const struct tool *tool)
{
	json_t *state = table_status(tool->table);
	const char *motion = json_string_value(json_object_get(state, "motion"));
	bool still = motion && strcmp(motion, "still") == 0;

	tool_note_leave(tool->options->port, still && json_is_true(json_object_get(state, "homed")),
			json_integer_value(json_object_get(state, "reported_mdeg")));
	json_decref(state);
}

static int open_table(struct tool *tool, struct err *err)
{
	const struct table_ops ops = { .ended = ended, .changed = changed, .owner = tool };
	struct table_options options = {
		.driver = tool->options->driver, .port = tool->options->port, .limits = GOVERNOR_CONFIG_DEFAULT,
	};
	int rc = loop_new(&tool->loop, err);

	if (tool->options->max_mdeg_s)
		options.limits.max_mdeg_s = tool->options->max_mdeg_s;
	if (rc == 0)
		rc = watch_signals(tool, err);
	if (rc == 0)
		rc = table_new(&tool->table, tool->loop, &options, &ops, err);
	return rc < 0 ? rc : table_line_error(tool->table, err);
}

int tool_move(const struct tool_options *options)
{
	struct tool tool = {
		.options = options,
		.timer = { .due_ns = UINT64_MAX, .fire = timed_out, .owner = &tool },
		.begin = { .due_ns = UINT64_MAX, .fire = begin, .owner = &tool },
		.signals = { .fd = -1, .ready = interrupted, .owner = &tool },
	};
	struct err err;

	if (open_table(&tool, &err) < 0) {
		fprintf(stderr, "ostend-table: %s\n", err.text);
		tool.status = 1;
	} else {
		loop_set(tool.loop, &tool.timer, clock_mono_ns() + READY_WAIT_NS);
		loop_run(tool.loop);
		print_state(&tool);
		leave_note(&tool);
	}
	table_free(tool.table);
	if (tool.signals.fd >= 0)
		close(tool.signals.fd);
	loop_free(tool.loop);
	return tool.status;
}
