/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table_serve.c - what the table process is asked, and what it tells.
 *
 * A command is answered when it has ended, so each one keeps its request's ticket until then. A stop is
 * handled where it is read: its bytes are written before anything is logged, told or answered and before the
 * next request is looked at, and no request can hold the loop, so it overtakes whatever is running or waiting.
 *
 * A process that was stopped and runs again finds in its sockets what was asked meanwhile. Commands that say
 * until when they are meant are refused by that; the others are refused because nobody meant them for now.
 */
#include <stdio.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "turntable/table_process.h"

#define AT_REST_NS NS_PER_S
#define LEASED_NS (100 * NS_PER_MS)	/* who acts from afar has to have seen a state of the last 500 ms */
#define STALL_NS (3 * NS_PER_S)		/* the loop runs each second at least */
#define BACKLOG_NS (200 * NS_PER_MS)

/* --- telling ------------------------------------------------------------------------------------- */

/* Called each second at least: a gap says that the process did not run, not that nothing happened. */
static void note_alive(struct process *process)
{
	uint64_t now_ns = clock_mono_ns();

	if (process->alive_ns && now_ns - process->alive_ns > STALL_NS) {
		process->woke_ns = now_ns;
		log_warning(_("the table process did not run for %llu ms"),
			    (unsigned long long)((now_ns - process->alive_ns) / NS_PER_MS));
	}
	process->alive_ns = now_ns;
}

void table_serve_tell(void *owner)
{
	struct process *process = owner;
	bool leased;

	if (!process->server || !process->table)
		return;
	note_alive(process);
	if (rpc_server_has_subscriber(process->server, TABLE_TOPIC))
		rpc_server_notify(process->server, 0, TABLE_TOPIC, "table", table_publish(process->table));
	leased = governor_lease(table_governor(process->table));
	loop_set(process->loop, &process->heartbeat, clock_mono_ns() + (leased ? LEASED_NS : AT_REST_NS));
	if (process->closing && table_at_rest(process->table))
		loop_stop(process->loop);
}

void table_serve_event(void *owner, json_t *event)
{
	struct process *process = owner;

	rpc_server_notify(process->server, 0, TABLE_TOPIC, "table.event", json_incref(event));
}

static json_t *outcome(struct process *process, uint64_t command, const char *text)
{
	return json_pack("{s:I, s:s, s:o}", "command", (json_int_t)command, "outcome", text, "table",
			 table_status(process->table));
}

static json_t *done(struct process *process, const struct governor_end *end)
{
	if (!end->armed)
		return outcome(process, end->command, "done");
	return json_pack("{s:b, s:o, s:I}", "armed", 1, "reason", rpc_text(end->reason), "for_ms",
			 (json_int_t)(GOVERNOR_ARMED_NS / NS_PER_MS));
}

static void answer(struct process *process, struct rpc_ticket ticket, const struct governor_end *end)
{
	struct err err;

	if (end->outcome == GOVERNOR_DONE) {
		rpc_server_answer(process->server, ticket, done(process, end));
		return;
	}
	if (end->outcome == GOVERNOR_REFUSED)
		err_set(&err, end->code, "%s", end->reason);
	else
		err_set(&err, end->code, "%s: %s", governor_outcome_text(end->outcome), end->reason);
	rpc_server_refuse(process->server, ticket, RPC_REFUSED, &err);
}

void table_serve_ended(void *owner, const struct governor_end *end)
{
	struct process *process = owner;

	log_notice(_("command %llu, %s: %s%s%s"), (unsigned long long)end->command,
		   governor_name_text(end->name), governor_outcome_text(end->outcome),
		   end->reason[0] ? ": " : "", end->reason);
	for (size_t i = 0; i < WAITERS_MAX; i++) {
		struct waiter *waiter = &process->waiters[i];

		if (!waiter->used || waiter->command != end->command)
			continue;
		waiter->used = false;
		answer(process, waiter->ticket, end);
	}
}

/* --- commands ------------------------------------------------------------------------------------ */

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

void table_serve_drop(struct process *process)
{
	for (size_t i = 0; i < WAITERS_MAX; i++)
		if (process->waiters[i].used)
			json_decref(process->waiters[i].ticket.id);
}

static void refuse(struct process *process, struct rpc_ticket ticket, int rpc_code, int code,
		   const char *text)
{
	struct err err;

	err_set(&err, code, "%s", text);
	rpc_server_refuse(process->server, ticket, rpc_code, &err);
}

/* Who asks, for the record. The station says it of those for whom it asks. */
static const char *name_giver(char *text, size_t size, const struct process *process, const struct rpc_peer *peer,
			      const char *by)
{
	if (peer->number == process->parent)
		snprintf(text, size, "%s", by && *by ? by : "station");
	else if (by && *by)
		snprintf(text, size, "%.30s (process %d, user %u)", by, (int)peer->pid, (unsigned)peer->uid);
	else
		snprintf(text, size, "process %d, user %u", (int)peer->pid, (unsigned)peer->uid);
	return text;
}

static void log_command(struct process *process, uint64_t number, const struct governor_request *request)
{
	if (number <= process->last_logged)
		return;
	process->last_logged = number;
	log_notice(_("command %llu, %s: from %s"), (unsigned long long)number, governor_name_text(request->name),
		   request->by);
}

static void submit(struct process *process, const struct governor_request *request, bool wait,
		   struct rpc_ticket ticket)
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
	log_command(process, *number, request);
	if (rc == 0 && waiter && waiter->used && !wait) {
		waiter->used = false;
		rpc_server_answer(process->server, ticket, outcome(process, *number, "accepted"));
	}
}

/* Whether it may have waited in the socket while nobody ran to read it. */
static bool is_stale(const struct process *process, const struct governor_request *request)
{
	return process->woke_ns && clock_mono_ns() - process->woke_ns < BACKLOG_NS && !request->expires_ns &&
	       !request->lease;
}

static void command(struct process *process, const struct rpc_peer *peer, const char *name, const json_t *params,
		    struct rpc_ticket ticket)
{
	struct table_request request;
	char by[GOVERNOR_BY_BYTES];
	struct err err;
	int rc = table_read_request(&request, name, params, &err);
	bool stop = rc == 0 && (request.governor.name == GOVERNOR_STOP || request.governor.name == GOVERNOR_ESTOP);

	if (rc < 0) {
		refuse(process, ticket, rc == ERR_UNSUPPORTED ? RPC_NO_METHOD : RPC_BAD_PARAMS, rc, err.text);
	} else if (process->closing && !stop) {
		refuse(process, ticket, RPC_REFUSED, ERR_STATE, _("the table process is ending"));
	} else if (!stop && is_stale(process, &request.governor)) {
		refuse(process, ticket, RPC_REFUSED, ERR_TIMEOUT,
		       _("the table process did not run when this was asked: ask again"));
	} else {
		request.governor.by = name_giver(by, sizeof by, process, peer, request.governor.by);
		if (request.governor.lease)
			request.governor.seen_ns = table_seen_ns(process->table, request.seen);
		submit(process, &request.governor, request.wait, ticket);
	}
}

/* --- what is set at the table, and leases -------------------------------------------------------- */

static int lease(struct process *process, const struct rpc_peer *peer, json_t *params, json_t **result,
		 struct err *err)
{
	struct governor_grant grant;
	uint64_t now_ns = clock_mono_ns(), number;
	int rc = table_read_grant(&grant, params, now_ns, err);

	(void)peer;
	if (rc == 0)
		rc = governor_grant(table_governor(process->table), &grant, now_ns, &number, err);
	if (rc == 0)
		*result = json_pack("{s:I}", "lease", (json_int_t)number);
	return rc;
}

static int release(struct process *process, const struct rpc_peer *peer, json_t *params, json_t **result,
		   struct err *err)
{
	static const char *const known[] = { "lease", "by", NULL };
	json_int_t number;
	int rc = rpc_only(params, known, err);

	(void)peer;
	(void)result;
	if (rc == 0)
		rc = rpc_integer(&number, params, "lease", 1, INT64_MAX, err);
	return rc < 0 ? rc : governor_release(table_governor(process->table), (uint64_t)number, clock_mono_ns(), err);
}

static int preempt(struct process *process, const struct rpc_peer *peer, json_t *params, json_t **result,
		   struct err *err)
{
	char by[GOVERNOR_BY_BYTES], why[GOVERNOR_REASON_BYTES];

	(void)result;
	(void)err;	/* as with a stop, nothing that may stand beside it matters */
	snprintf(why, sizeof why, _("somebody works at the table (%s)"),
		 name_giver(by, sizeof by, process, peer, json_string_value(json_object_get(params, "by"))));
	governor_preempt(table_governor(process->table), why, clock_mono_ns());
	return 0;
}

static int keepalive(struct process *process, const struct rpc_peer *peer, json_t *params, json_t **result,
		     struct err *err)
{
	static const char *const known[] = { "lease", "seen", "by", NULL };
	json_int_t number, seen;
	int rc = rpc_only(params, known, err);

	(void)peer;
	(void)result;
	if (rc == 0)
		rc = rpc_integer(&number, params, "lease", 1, INT64_MAX, err);
	if (rc == 0)
		rc = rpc_integer(&seen, params, "seen", 1, INT64_MAX, err);
	return rc < 0 ? rc : governor_keepalive(table_governor(process->table), (uint64_t)number,
						table_seen_ns(process->table, (uint64_t)seen), clock_mono_ns(), err);
}

static int handling(struct process *process, const struct rpc_peer *peer, json_t *params, json_t **result,
		    struct err *err)
{
	char by[GOVERNOR_BY_BYTES];
	const char *said;
	uint32_t mask;
	int rc = table_read_handling(&mask, &said, params, err);

	(void)result;
	if (rc == 0)
		governor_set_handling(table_governor(process->table), mask,
				      name_giver(by, sizeof by, process, peer, said), clock_mono_ns());
	return rc;
}

static int calibrate(struct process *process, const struct rpc_peer *peer, json_t *params, json_t **result,
		     struct err *err)
{
	struct table_calibration_step step = { .step = TABLE_ZERO };
	char by[GOVERNOR_BY_BYTES];
	const char *said;
	int rc = table_read_step(&step, &said, params, err);

	if (rc == 0)
		rc = table_calibrate(process->table, &step, name_giver(by, sizeof by, process, peer, said), err);
	if (rc == 0)
		*result = table_status(process->table);
	return rc;
}

static const struct {
	const char *name;
	int (*act)(struct process *process, const struct rpc_peer *peer, json_t *params, json_t **result,
		   struct err *err);
} acts[] = {
	{ "lease", lease }, { "release", release }, { "preempt", preempt }, { "keepalive", keepalive },
	{ "handling", handling }, { "calibrate", calibrate },
};

/* False: it is none of them. */
static bool act(struct process *process, const struct rpc_peer *peer, const char *name, json_t *params,
		struct rpc_ticket ticket)
{
	json_t *result = NULL;
	struct err err;
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		if (strcmp(acts[i].name, name) != 0)
			continue;
		rc = acts[i].act(process, peer, params, &result, &err);
		table_settled(process->table);
		if (rc < 0)
			rpc_server_refuse(process->server, ticket, RPC_REFUSED, &err);
		else
			rpc_server_answer(process->server, ticket, result);
		return true;
	}
	return false;
}

/* --- requests ------------------------------------------------------------------------------------ */

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

		if (!topic || strcmp(topic, TABLE_TOPIC) != 0)
			return err_set(err, ERR_RANGE, _("the table process has the topic \"table\" only"));
	}
	if (!json_array_size(topics))
		return err_set(err, ERR_RANGE, _("\"topics\" must be a list"));
	return rpc_server_subscribe(process->server, peer->number, TABLE_TOPIC, err);
}

void table_serve_request(void *owner, const struct rpc_peer *peer, const char *method, json_t *params,
			 struct rpc_ticket ticket)
{
	struct process *process = owner;
	struct err err;
	int rc;

	note_alive(process);
	if (strcmp(method, "table.status") == 0) {
		rpc_server_answer(process->server, ticket, table_status(process->table));
	} else if (strncmp(method, "table.", 6) == 0) {
		if (!act(process, peer, method + 6, params, ticket))
			command(process, peer, method + 6, params, ticket);
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
