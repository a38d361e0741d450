/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table_process.c - the table process: its start, its right to the processor, and its end.
 *
 * The parent's death is a stop order, and so is a signal: the table is brought to rest before the port is
 * closed.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/base/sandbox.h"
#include "turntable/scribe.h"
#include "turntable/table_process.h"

#define FAREWELL_NS (5 * NS_PER_S)
#define REALTIME_PRIORITY 10

/* --- the end ------------------------------------------------------------------------------------- */

static void give_up(void *owner)
{
	struct process *process = owner;

	log_error(_("the table has not confirmed that it stands still; ending all the same"));
	loop_stop(process->loop);
}

/* Stop the table, and end when the controller says that it stands still. */
static void say_farewell(struct process *process, const char *why)
{
	struct governor_request stop = { .name = GOVERNOR_STOP };
	uint64_t number;
	struct err err;

	if (process->closing)
		return;
	process->closing = true;
	log_notice(_("ending: %s; stopping the table"), why);
	table_submit(process->table, &stop, &number, &err);
	loop_set(process->loop, &process->farewell, clock_mono_ns() + FAREWELL_NS);
	if (table_at_rest(process->table))
		loop_stop(process->loop);
}

static void left(void *owner, const struct rpc_peer *peer)
{
	struct process *process = owner;

	if (peer->number == process->parent)
		say_farewell(process, _("the station has gone"));
}

static void signal_came(void *owner, uint32_t events)
{
	struct process *process = owner;
	struct signalfd_siginfo info;

	(void)events;
	if (read(process->signals.fd, &info, sizeof info) == (ssize_t)sizeof info)
		say_farewell(process, _("asked by a signal"));
}

/* --- start --------------------------------------------------------------------------------------- */

static const struct rpc_server_ops server_ops = { .request = table_serve_request, .left = left };

static int serve(struct process *process, const struct table_options *options, int rpc_fd, struct err *err)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof path, "%s/table.sock", options->state_dir ? options->state_dir : ".");
	rc = rpc_server_open(&process->server, process->loop, options->state_dir ? path : NULL, &server_ops,
			     process, err);
	if (rc == 0 && rpc_fd >= 0)
		rc = rpc_server_adopt(process->server, rpc_fd, &process->parent, err);
	if (rc == 0 && rpc_fd >= 0)
		rc = rpc_server_subscribe(process->server, process->parent, TABLE_TOPIC, err);
	return rc;
}

/* Encoders may fill the cores, and pages may be written out: a stop must wait for neither. */
static void take_precedence(void)
{
	struct rlimit locked = { 0, 0 };

	util_hurry();
	if (!util_realtime(REALTIME_PRIORITY))
		log_notice(_("the table process may not run in real time (%s): on a busy machine a stop may come "
			     "some milliseconds later"), strerror(errno));
#ifndef OSTEND_SANITIZED
	getrlimit(RLIMIT_MEMLOCK, &locked);
	/* with a limit on it every later allocation could fail */
	if ((geteuid() == 0 || locked.rlim_cur == RLIM_INFINITY) &&
	    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		log_notice(_("the table process's memory is not locked: %s"), strerror(errno));
#else
	(void)locked;
#endif
}

static int run(struct process *process, const struct table_options *options, int rpc_fd, struct err *err)
{
	const struct table_ops ops = { .ended = table_serve_ended, .event = table_serve_event, .changed = table_serve_tell,
				       .owner = process };
	int rc = loop_new(&process->loop, err);

	process->heartbeat = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = table_serve_tell, .owner = process };
	process->farewell = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = give_up, .owner = process };
	process->signals = (struct loop_watch){ .fd = -1, .ready = signal_came, .owner = process };
	if (rc == 0)
		rc = loop_watch_signals(process->loop, &process->signals, 0, err);
	take_precedence();
	if (rc == 0)
		rc = sandbox_forbid("table process", 0, err);
	if (rc == 0)
		rc = serve(process, options, rpc_fd, err);
	if (rc == 0)
		rc = table_new(&process->table, process->loop, options, &ops, err);
	if (rc < 0)
		return rc;
	if (table_scribe(process->table))
		log_divert(scribe_log, table_scribe(process->table));
	table_serve_tell(process);
	loop_run(process->loop);
	return 0;
}

int table_main(const struct table_options *options, int rpc_fd)
{
	struct process *process = calloc(1, sizeof *process);
	struct err err = { .text = "out of memory" };
	int rc;

	log_init("table", LOG_LEVEL_NOTICE);
	rc = process ? run(process, options, rpc_fd, &err) : ERR_NOMEM;
	if (rc < 0)
		log_error(_("the table process cannot start: %s"), err.text);
	if (!process)
		return 1;
	log_divert(NULL, NULL);
	table_free(process->table);
	table_serve_drop(process);
	rpc_server_free(process->server);
	if (process->signals.fd >= 0)
		close(process->signals.fd);
	loop_free(process->loop);
	free(process);
	return rc < 0;
}
