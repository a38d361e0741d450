/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tool_run.c - a loop that is run until something has ended, so that a procedure can be written down in order. */
#include "turntable/tool_run.h"

#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/util.h"
#include "turntable/tool_note.h"

#define READY_WAIT_NS (12 * NS_PER_S)
#define REST_WAIT_NS (6 * NS_PER_S)

static void ended(void *owner, const struct governor_end *end)
{
	struct tool_run *run = owner;

	/* a refusal ends before its number is known */
	if (run->ended || (run->command && end->command != run->command))
		return;
	run->ended = true;
	run->outcome = end->outcome;
	snprintf(run->reason, sizeof run->reason, "%s", end->reason);
}

static void changed(void *owner)
{
	struct tool_run *run = owner;

	if (run->changed && run->table)
		run->changed(run->owner);
}

static void passed(void *owner, char direction, size_t len_bytes, uint64_t at_ns)
{
	struct tool_run *run = owner;

	(void)len_bytes;
	if (run->passed)
		run->passed(run->owner, direction, at_ns);
}

static void limit_passed(void *owner)
{
	struct tool_run *run = owner;

	run->late = true;
}

static void interrupted(void *owner, uint32_t events)
{
	const struct governor_request stop = { .name = GOVERNOR_STOP, .by = TOOL_BY };
	struct tool_run *run = owner;
	struct signalfd_siginfo info;
	struct err err;
	uint64_t number;

	(void)events;
	if (read(run->signals.fd, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	run->interrupted = true;
	if (run->table)
		table_submit(run->table, &stop, &number, &err);
}

/* --- waiting -------------------------------------------------------------------------------------- */

/* Until @reached says so, or the time has passed; whether it was reached. */
static bool wait_for(struct tool_run *run, bool (*reached)(const struct tool_run *run), uint64_t wait_ns)
{
	run->late = false;
	loop_set(run->loop, &run->limit, clock_mono_ns() + wait_ns);
	while (!reached(run) && !run->late)
		loop_once(run->loop, -1);
	loop_cancel(run->loop, &run->limit);
	return reached(run);
}

static bool is_ready(const struct tool_run *run)
{
	return run->interrupted || table_ready(run->table);
}

static bool is_at_rest(const struct tool_run *run)
{
	return table_at_rest(run->table);
}

static bool has_ended(const struct tool_run *run)
{
	return run->interrupted || run->ended;
}

static int check_interrupted(const struct tool_run *run, struct err *err)
{
	return run->interrupted ? err_set(err, ERR_STATE, "%s", _("interrupted")) : 0;
}

int tool_run_rest(struct tool_run *run, struct err *err)
{
	const struct governor_request stop = { .name = GOVERNOR_STOP, .by = TOOL_BY };
	uint64_t number;

	if (!table_at_rest(run->table) && !run->interrupted)
		table_submit(run->table, &stop, &number, err);
	return wait_for(run, is_at_rest, REST_WAIT_NS) ? 0 :
		err_set(err, ERR_TIMEOUT, "%s", _("the table has not confirmed that it stands still"));
}

int tool_run_pass(struct tool_run *run, uint64_t wait_ns, struct err *err)
{
	wait_for(run, has_ended, wait_ns);
	return check_interrupted(run, err);
}

void tool_run_give(struct tool_run *run, const struct governor_request *request)
{
	struct err err;

	run->ended = false;
	run->command = 0;
	table_submit(run->table, request, &run->command, &err);	/* ended() hears of a refusal */
}

int tool_run_wait(struct tool_run *run, struct err *err)
{
	struct err rest_err;
	int rc;

	while (!has_ended(run))
		loop_once(run->loop, -1);	/* every command ends, by the governor's own limits */
	rc = wait_for(run, is_at_rest, REST_WAIT_NS) ? 0 : tool_run_rest(run, &rest_err);
	if (check_interrupted(run, err) < 0)
		return ERR_STATE;
	if (run->outcome != GOVERNOR_DONE)
		return err_set(err, ERR_STATE, "%s", run->reason);
	return rc < 0 ? err_set(err, rc, "%s", rest_err.text) : 0;
}

int tool_run_do(struct tool_run *run, const struct governor_request *request, struct err *err)
{
	int rc = check_interrupted(run, err);

	if (rc < 0)
		return rc;
	tool_run_give(run, request);
	return tool_run_wait(run, err);
}

/* --- opening and closing --------------------------------------------------------------------------- */

static int wait_ready(struct tool_run *run, struct err *err)
{
	json_t *state;
	const char *message;
	int64_t left_mdeg;

	if (!wait_for(run, is_ready, READY_WAIT_NS)) {
		state = table_status(run->table);
		message = json_string_value(json_object_get(state, "message"));
		err_set(err, ERR_TIMEOUT, "%s",
			message && message[0] ? message : _("the table's controller does not answer"));
		json_decref(state);
		return ERR_TIMEOUT;
	}
	if (tool_note_read(run->options->port, &left_mdeg))
		table_keep_reference(run->table, left_mdeg);
	return check_interrupted(run, err);
}

int tool_run_open(struct tool_run *run, const struct tool_options *options, struct err *err)
{
	const struct table_ops ops = { .ended = ended, .changed = changed, .passed = passed, .owner = run };
	const struct table_options table_options = {
		.state_dir = options->state_dir, .driver = options->driver, .port = options->port,
		.limits = options->limits, .drive = options->drive, .baud = options->baud,
		.trace_path = options->trace_path,
	};
	int rc;

	util_hurry();		/* a stop must not wait behind what else is computed here */
	util_realtime(1);
	run->options = options;
	run->signals = (struct loop_watch){ .fd = -1, .ready = interrupted, .owner = run };
	run->limit = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = limit_passed, .owner = run };
	rc = loop_new(&run->loop, err);
	if (rc == 0)
		rc = loop_watch_signals(run->loop, &run->signals, 0, err);
	if (rc == 0)
		rc = table_new(&run->table, run->loop, &table_options, &ops, err);
	if (rc == 0 && options->handling)
		governor_set_handling(table_governor(run->table), options->handling, TOOL_BY, clock_mono_ns());
	if (rc == 0)
		rc = table_line_error(run->table, err);
	return rc < 0 ? rc : wait_ready(run, err);
}

static void leave_note(const struct tool_run *run)
{
	json_t *state = table_status(run->table);
	const char *motion = json_string_value(json_object_get(state, "motion"));
	bool still = motion && strcmp(motion, "still") == 0;

	tool_note_leave(run->options->port, still && json_is_true(json_object_get(state, "homed")),
			json_integer_value(json_object_get(state, "reported_mdeg")));
	json_decref(state);
}

void tool_run_close(struct tool_run *run)
{
	struct err err;

	if (run->table && table_line_error(run->table, &err) == 0)
		leave_note(run);
	table_free(run->table);
	if (run->signals.fd >= 0) {
		loop_unwatch(run->loop, &run->signals);
		close(run->signals.fd);
	}
	loop_free(run->loop);
}
