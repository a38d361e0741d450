/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/ipc.h"
#include "station/base/log.h"
#include "station/base/rpc_client.h"

#define DEATHS_REMEMBERED 8
#define DEATHS_WINDOW_NS (60 * NS_PER_S)
#define RESTART_FIRST_NS (50 * NS_PER_MS)
#define RESTART_SLOWEST_NS (5 * NS_PER_S)

extern char **environ;

struct call {
	json_int_t id;
	uint64_t deadline_ns;
	child_answer *answer;
	void *arg;
	struct err refused;	/* could not be sent: said at the next turn of the loop */
	struct call *next;
};

struct child {
	struct loop *loop;
	const char *role;
	bool wants_link;
	char *options;
	const struct child_ops *ops;
	void *owner;
	pid_t pid;		/* 0: not running */
	struct loop_watch process, socket;
	struct loop_timer restart, deadline;
	struct rpc_client *client;
	struct call *calls;
	uint64_t deaths_ns[DEATHS_REMEMBERED];	/* a ring, the oldest at restarts % DEATHS_REMEMBERED */
	uint64_t restarts;
	char reason[64];
};

const char *child_role(const struct child *child)
{
	return child->role;
}

void child_set_options(struct child *child, json_t *options)
{
	char *text = json_dumps(options, JSON_COMPACT);

	json_decref(options);
	if (!text)
		return;
	free(child->options);
	child->options = text;
}

/* --- calls --------------------------------------------------------------------------------------- */

static void finish_call(struct child *child, struct call *call, json_t *result, const struct err *err)
{
	struct call **at = &child->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	call->answer(call->arg, result, err);
	free(call);
}

static void set_deadline(struct child *child)
{
	uint64_t first_ns = UINT64_MAX;

	for (struct call *call = child->calls; call; call = call->next)
		first_ns = MIN(first_ns, call->deadline_ns);
	if (first_ns == UINT64_MAX)
		loop_cancel(child->loop, &child->deadline);
	else
		loop_set(child->loop, &child->deadline, first_ns);
}

static void pass_deadline(void *owner)
{
	struct child *child = owner;
	uint64_t now_ns = clock_mono_ns();
	struct call *next;
	struct err err;

	for (struct call *call = child->calls; call; call = next) {
		next = call->next;
		if (call->deadline_ns > now_ns)
			continue;
		if (call->refused.code)
			err = call->refused;
		else
			err_set(&err, ERR_TIMEOUT, "the %s process did not answer in time", child->role);
		finish_call(child, call, NULL, &err);
	}
	set_deadline(child);
}

static void drop_calls(struct child *child)
{
	struct err err;

	err_set(&err, ERR_GONE, "the %s process has ended; it is being started again", child->role);
	while (child->calls)
		finish_call(child, child->calls, NULL, &err);
	loop_cancel(child->loop, &child->deadline);
}

void child_call(struct child *child, const char *method, json_t *params, int timeout_ms,
		child_answer *answer, void *arg)
{
	struct call *call = calloc(1, sizeof *call);

	if (!call) {
		log_error("%s: out of memory for a call", child->role);
		abort();	/* an answer was promised; a station without 100 bytes cannot go on */
	}
	call->answer = answer;
	call->arg = arg;
	call->deadline_ns = clock_mono_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	call->next = child->calls;
	child->calls = call;
	if (!child->client) {
		json_decref(params);
		err_set(&call->refused, ERR_GONE, "the %s process is not running: %s", child->role,
			child->reason);
	} else {
		rpc_client_send(child->client, method, params, &call->id, &call->refused);
	}
	if (call->refused.code)
		call->deadline_ns = 0;
	set_deadline(child);
}

int child_take_fd(struct child *child)
{
	return child->client ? rpc_client_take_fd(child->client) : -1;
}

static void take_answer(struct child *child, const struct rpc_message *message)
{
	const char *text = json_string_value(json_object_get(message->error, "message"));
	const char *kind = json_string_value(
		json_object_get(json_object_get(message->error, "data"), "kind"));
	struct call *call = child->calls;
	struct err err;

	while (call && call->id != json_integer_value(message->id))
		call = call->next;
	if (!call)
		return;		/* its deadline has passed */
	err_set(&err, err_code(kind), "%s", text ? text : "refused without a reason");
	finish_call(child, call, message->error ? NULL : message->result, &err);
	set_deadline(child);
}

static void socket_ready(void *owner, uint32_t events)
{
	struct child *child = owner;
	struct rpc_message message;
	struct err err;
	int rc;

	(void)events;
	while ((rc = rpc_client_receive(child->client, &message, NULL, &err)) == 1) {
		if (message.method)
			child->ops->notified(child->owner, child, message.method, message.params);
		else
			take_answer(child, &message);
		rpc_message_clear(&message);
	}
	if (rc < 0)	/* dead or talking nonsense: its end is seen on the process descriptor */
		loop_unwatch(child->loop, &child->socket);
	if (rc == ERR_PROTO)
		kill(child->pid, SIGKILL);
}

/* --- processes ----------------------------------------------------------------------------------- */

static void forget_process(struct child *child)
{
	int process_fd = child->process.fd;

	loop_unwatch(child->loop, &child->socket);
	loop_unwatch(child->loop, &child->process);
	if (process_fd >= 0)
		close(process_fd);
	child->client = rpc_client_free(child->client);
	child->pid = 0;
}

static int try_start(struct child *child, struct err *err);

static void restart(void *owner)
{
	struct child *child = owner;
	struct err err;

	if (try_start(child, &err) == 0)
		return;
	log_error("%s", err.text);
	loop_set(child->loop, &child->restart, clock_mono_ns() + RESTART_SLOWEST_NS);
}

/* At once the first time; then twice as long for each death of the last minute, 100 ms to 5 s. */
static uint64_t restart_delay_ns(struct child *child, uint64_t now_ns)
{
	int recent = 0;

	for (int i = 0; i < DEATHS_REMEMBERED; i++)
		if (child->deaths_ns[i] && now_ns - child->deaths_ns[i] < DEATHS_WINDOW_NS)
			recent++;
	child->deaths_ns[child->restarts++ % DEATHS_REMEMBERED] = now_ns;
	return recent ? MIN(RESTART_FIRST_NS << recent, RESTART_SLOWEST_NS) : 0;
}

static void process_ended(void *owner, uint32_t events)
{
	struct child *child = owner;
	uint64_t now_ns = clock_mono_ns();
	int status = 0;

	(void)events;
	if (waitpid(child->pid, &status, WNOHANG) == 0)
		return;
	if (WIFSIGNALED(status))
		snprintf(child->reason, sizeof child->reason, "killed by signal %d", WTERMSIG(status));
	else
		snprintf(child->reason, sizeof child->reason, "exit status %d", WEXITSTATUS(status));
	log_error("the %s process has ended (%s); starting it again", child->role, child->reason);
	forget_process(child);
	drop_calls(child);
	child->ops->died(child->owner, child, child->reason);
	loop_set(child->loop, &child->restart, now_ns + restart_delay_ns(child, now_ns));
}

/* Descriptors 3 and 4 of the new process; the pairs lie above them, so that neither overwrites one. */
static int spawn(struct child *child, int rpc_fd, int link_fd, struct err *err)
{
	char *argv[] = { (char *)"ostendd", (char *)"--child", (char *)child->role, child->options,
			 NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int rc;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	/* standard output is the station's own: what a child prints is for the log */
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, rpc_fd, CHILD_RPC_FD);
	if (link_fd >= 0)
		posix_spawn_file_actions_adddup2(&actions, link_fd, CHILD_LINK_FD);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	/* a group of its own: Ctrl-C is for the station, which stops the table before all else */
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	rc = posix_spawn(&child->pid, "/proc/self/exe", &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (rc == 0)
		return 0;
	child->pid = 0;
	errno = rc;
	return err_os(err, "starting the %s process", child->role);
}

static int move_above(int *fd, struct err *err)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, CHILD_LINK_FD + 1);

	if (moved < 0)
		return err_os(err, "descriptor");
	close(*fd);
	*fd = moved;
	return 0;
}

static int stream_pair(int fds[2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return err_os(err, "socketpair");
	return 0;
}

static int watch_process(struct child *child, struct err *err)
{
	int process_fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	int rc;

	if (process_fd < 0)
		return err_os(err, "watching the %s process", child->role);
	rc = loop_watch(child->loop, &child->process, process_fd, EPOLLIN, err);
	if (rc < 0)
		close(process_fd);
	return rc;
}

static int try_start(struct child *child, struct err *err)
{
	int rpc_fds[2] = { -1, -1 }, link_fds[2] = { -1, -1 };
	int rc = stream_pair(rpc_fds, err);

	if (rc == 0 && child->wants_link)
		rc = ipc_pair(link_fds, err);
	if (rc == 0)
		rc = move_above(&rpc_fds[1], err);
	if (rc == 0 && child->wants_link)
		rc = move_above(&link_fds[1], err);
	if (rc == 0)
		rc = spawn(child, rpc_fds[1], link_fds[1], err);
	if (rc == 0)
		rc = watch_process(child, err);
	if (rc == 0)
		rc = rpc_client_adopt(&child->client, MOVE_FD(rpc_fds[0]), err);
	if (rc == 0)
		rc = loop_watch(child->loop, &child->socket, rpc_client_fd(child->client), EPOLLIN, err);
	if (rc == 0)
		child->ops->started(child->owner, child, MOVE_FD(link_fds[0]));
	else if (child->pid)
		kill(child->pid, SIGKILL);
	for (int i = 0; i < 2; i++) {
		util_closep(&rpc_fds[i]);
		util_closep(&link_fds[i]);
	}
	return rc;
}

int child_start(struct child **out, struct loop *loop, const struct child_spec *spec,
		const struct child_ops *ops, void *owner, struct err *err)
{
	struct child *child = calloc(1, sizeof *child);
	int rc = child ? 0 : err_set(err, ERR_NOMEM, "%s process: out of memory", spec->role);

	if (rc == 0) {
		*child = (struct child){
			.loop = loop,
			.role = spec->role,
			.wants_link = spec->wants_link,
			.options = json_dumps(spec->options, JSON_COMPACT),
			.ops = ops,
			.owner = owner,
			.process = { .fd = -1, .ready = process_ended, .owner = child },
			.socket = { .fd = -1, .ready = socket_ready, .owner = child },
			.restart = { .due_ns = UINT64_MAX, .fire = restart, .owner = child },
			.deadline = { .due_ns = UINT64_MAX, .fire = pass_deadline, .owner = child },
		};
		*out = child;	/* ops->started may use it */
		rc = try_start(child, err);
	}
	json_decref(spec->options);
	if (rc < 0 && child)
		*out = child_stop(child, 0);
	return rc;
}

static void wait_for_end(pid_t pid, int process_fd, int wait_ms)
{
	struct pollfd poll_fd = { .fd = process_fd, .events = POLLIN };

	if (poll(&poll_fd, 1, wait_ms) <= 0)
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

struct child *child_stop(struct child *child, int wait_ms)
{
	if (!child)
		return NULL;
	loop_cancel(child->loop, &child->restart);
	loop_unwatch(child->loop, &child->socket);
	child->client = rpc_client_free(child->client);
	if (child->pid)
		wait_for_end(child->pid, child->process.fd, wait_ms);
	drop_calls(child);
	forget_process(child);
	free(child->options);
	free(child);
	return NULL;
}

json_t *child_status(const struct child *child)
{
	return json_pack("{s:s, s:i, s:s, s:I, s:s}", "name", child->role, "pid", (int)child->pid,
			 "state", child->pid ? "running" : "restarting", "restarts",
			 (json_int_t)child->restarts, "reason", child->reason);
}
