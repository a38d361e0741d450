/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table_process.c - the table process: the table's sockets, and its end.
 *
 * A command is answered when it has ended, so each one keeps its request's ticket until then. A stop
 * is handled where it is read: its bytes are written before the next request is looked at, and no
 * request can hold the loop, so it overtakes whatever is running or waiting. The parent's death is a
 * stop order too.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/base/sandbox.h"
#include "station/base/rpc_server.h"
#include "turntable/table.h"

#define TOPIC "table"
#define FAREWELL_NS (5 * NS_PER_S)
#define WAITERS_MAX 256
#define AT_REST_NS NS_PER_S

/* A request whose command has not ended. */
struct waiter {
	bool used;
	uint64_t command;
	struct rpc_ticket ticket;
};

struct process {
	struct loop *loop;
	struct table *table;
	struct rpc_server *server;
	uint64_t parent;		/* its peer number; 0: none */
	struct waiter waiters[WAITERS_MAX];
	uint64_t last_logged;
	bool closing;
	struct loop_timer heartbeat, farewell;
	struct loop_watch signals;
};

/* --- telling ------------------------------------------------------------------------------------- */

static void tell(void *owner)
{
	struct process *process = owner;

	if (process->server && process->table && rpc_server_has_subscriber(process->server, TOPIC))
		rpc_server_notify(process->server, 0, TOPIC, "table", table_status(process->table));
	loop_set(process->loop, &process->heartbeat, clock_mono_ns() + AT_REST_NS);
	if (process->closing && table_at_rest(process->table))
		loop_stop(process->loop);
}

static json_t *outcome(struct process *process, uint64_t command, const char *text)
{
	return json_pack("{s:I, s:s, s:o}", "command", (json_int_t)command, "outcome", text, "table",
			 table_status(process->table));
}

static void answer(struct process *process, struct rpc_ticket ticket, const struct governor_end *end)
{
	struct err err;

	if (end->armed) {
		rpc_server_answer(process->server, ticket,
				  json_pack("{s:b, s:s, s:I}", "armed", true, "reason", end->reason, "for_ms",
					    (json_int_t)(GOVERNOR_ARMED_NS / NS_PER_MS)));
		return;
	}
	if (end->outcome == GOVERNOR_DONE) {
		rpc_server_answer(process->server, ticket, outcome(process, end->command, "done"));
		return;
	}
	if (end->outcome == GOVERNOR_REFUSED)
		err_set(&err, end->code, "%s", end->reason);
	else
		err_set(&err, end->code, "%s: %s", governor_outcome_text(end->outcome), end->reason);
	rpc_server_refuse(process->server, ticket, RPC_REFUSED, &err);
}

static void ended(void *owner, const struct governor_end *end)
{
	struct process *process = owner;

	log_notice(_("command %llu, %s: %s%s%s"), (unsigned long long)end->command,
		   governor_name_text(end->name), governor_outcome_text(end->outcome),
		   end->reason[0] ? ": " : "", end->reason);
	rpc_server_notify(process->server, 0, TOPIC, "table.event",
			  json_pack("{s:I, s:s, s:s, s:s}", "command", (json_int_t)end->command, "name",
				    governor_name_text(end->name), "outcome",
				    governor_outcome_text(end->outcome), "reason", end->reason));
	for (size_t i = 0; i < WAITERS_MAX; i++) {
		struct waiter *waiter = &process->waiters[i];

		if (!waiter->used || waiter->command != end->command)
			continue;
		waiter->used = false;
		answer(process, waiter->ticket, end);
	}
}

/* --- requests ------------------------------------------------------------------------------------ */

static struct waiter *wait_for(struct process *process, struct rpc_ticket ticket)
{
	for (size_t i = 0; i < WAITERS_MAX; i++) {
		if (process->waiters[i].used)
			continue;
		process->waiters[i] = (struct waiter){ .used = true, .ticket = ticket };
		return &process->waiters[i];
	}
	return NULL;
}

static void refuse(struct process *process, struct rpc_ticket ticket, int rpc_code, int code,
		   const char *text)
{
	struct err err;

	err_set(&err, code, "%s", text);
	rpc_server_refuse(process->server, ticket, rpc_code, &err);
}

static void submit(struct process *process, const struct rpc_peer *peer,
		   const struct governor_request *request, bool wait, struct rpc_ticket ticket)
{
	bool stop = request->name == GOVERNOR_STOP || request->name == GOVERNOR_ESTOP;
	struct waiter *waiter = ticket.id ? wait_for(process, ticket) : NULL;
	uint64_t unheard, *number = waiter ? &waiter->command : &unheard;
	struct err err;
	int rc;

	if (ticket.id && !waiter)
		refuse(process, ticket, RPC_REFUSED, ERR_FULL, _("too many requests wait for an answer"));
	if (ticket.id && !waiter && !stop)
		return;		/* but a stop is never one too many */
	/* the number is in the waiter before the command can end, so ended() finds it also from in here */
	rc = table_submit(process->table, request, number, &err);
	if (*number > process->last_logged) {
		process->last_logged = *number;
		log_notice(_("command %llu, %s: from process %d, user %u"), (unsigned long long)*number,
			   governor_name_text(request->name), (int)peer->pid, (unsigned)peer->uid);
	}
	if (rc == 0 && waiter && waiter->used && !wait) {
		waiter->used = false;
		rpc_server_answer(process->server, ticket, outcome(process, *number, "accepted"));
	}
}

static int subscribe(struct process *process, const struct rpc_peer *peer, const json_t *params,
		     struct err *err)
{
	static const char *const known[] = { "topics", NULL };
	const json_t *topics = json_object_get(params, "topics");
	int rc = rpc_only(params, known, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < json_array_size(topics); i++) {
		const char *topic = json_string_value(json_array_get(topics, i));

		if (!topic || strcmp(topic, TOPIC) != 0)
			return err_set(err, ERR_RANGE, _("the table process has the topic \"table\" only"));
	}
	if (!json_array_size(topics))
		return err_set(err, ERR_RANGE, _("\"topics\" must be a list"));
	return rpc_server_subscribe(process->server, peer->number, TOPIC, err);
}

static void table_method(struct process *process, const struct rpc_peer *peer, const char *name,
			 const json_t *params, struct rpc_ticket ticket)
{
	struct governor_request request;
	bool wait = false;
	struct err err;
	int rc = table_read_request(&request, &wait, name, params, &err);

	if (rc == ERR_UNSUPPORTED)
		refuse(process, ticket, RPC_NO_METHOD, rc, err.text);
	else if (rc < 0)
		refuse(process, ticket, RPC_BAD_PARAMS, rc, err.text);
	else if (process->closing && request.name != GOVERNOR_STOP && request.name != GOVERNOR_ESTOP)
		refuse(process, ticket, RPC_REFUSED, ERR_STATE, _("the table process is ending"));
	else
		submit(process, peer, &request, wait, ticket);
}

static void request(void *owner, const struct rpc_peer *peer, const char *method, json_t *params,
		    struct rpc_ticket ticket)
{
	struct process *process = owner;
	struct err err;
	int rc;

	if (strcmp(method, "table.status") == 0) {
		rpc_server_answer(process->server, ticket, table_status(process->table));
	} else if (strncmp(method, "table.", 6) == 0) {
		table_method(process, peer, method + 6, params, ticket);
	} else if (strcmp(method, "subscribe") == 0) {
		rc = subscribe(process, peer, params, &err);
		if (rc < 0)
			refuse(process, ticket, RPC_BAD_PARAMS, rc, err.text);
		else
			rpc_server_answer(process->server, ticket, NULL);
	} else {
		refuse(process, ticket, RPC_NO_METHOD, ERR_UNSUPPORTED, _("there is no such method here"));
	}
}

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

static const struct rpc_server_ops server_ops = { .request = request, .left = left };

static int watch_signals(struct process *process, struct err *err)
{
	sigset_t signals;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_os(err, "signalfd");
	return loop_watch(process->loop, &process->signals, fd, EPOLLIN, err);
}

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
		rc = rpc_server_subscribe(process->server, process->parent, TOPIC, err);
	return rc;
}

static int run(struct process *process, const struct table_options *options, int rpc_fd, struct err *err)
{
	const struct table_ops ops = { .ended = ended, .changed = tell, .owner = process };
	int rc = loop_new(&process->loop, err);

	process->heartbeat = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = tell, .owner = process };
	process->farewell = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = give_up, .owner = process };
	process->signals = (struct loop_watch){ .fd = -1, .ready = signal_came, .owner = process };
	if (rc == 0)
		rc = watch_signals(process, err);
	util_hurry();	/* encoders may fill the cores: a stop must not wait for its turn behind them */
	if (rc == 0)
		rc = sandbox_forbid("table process", 0, err);
	if (rc == 0)
		rc = serve(process, options, rpc_fd, err);
	if (rc == 0)
		rc = table_new(&process->table, process->loop, options, &ops, err);
	if (rc < 0)
		return rc;
	tell(process);
	loop_run(process->loop);
	return 0;
}

static void drop_waiters(struct process *process)
{
	for (size_t i = 0; i < WAITERS_MAX; i++)
		if (process->waiters[i].used)
			json_decref(process->waiters[i].ticket.id);
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
	table_free(process->table);
	drop_waiters(process);
	rpc_server_free(process->server);
	if (process->signals.fd >= 0)
		close(process->signals.fd);
	loop_free(process->loop);
	free(process);
	return rc < 0;
}
