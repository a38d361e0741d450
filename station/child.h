/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * child.h - a child process: started from our own program, spoken to in JSON-RPC lines, started again
 * when it dies.
 *
 * Each child is this program with `--child ROLE OPTIONS`, OPTIONS being a JSON object. Its descriptor 3
 * is a stream socket with JSON-RPC lines (the child is the server); descriptor 4, where the role wants
 * one, an ipc.h link. A child that dies is started again at once, or if it has died before within a minute
 * after a pause that grows from 100 ms to 5 s. Thread: main.
 */
#ifndef OSTEND_CHILD_H
#define OSTEND_CHILD_H

#include <jansson.h>
#include <sys/types.h>

#include "station/base/err.h"
#include "station/base/loop.h"

#define CHILD_RPC_FD 3
#define CHILD_LINK_FD 4

struct child;

struct child_ops {
	/** It runs (again); @link_fd is ours to keep, -1 when the role has none. */
	void (*started)(void *owner, struct child *child, int link_fd);
	/** It said something unasked; @params is borrowed. */
	void (*notified)(void *owner, struct child *child, const char *method, json_t *params);
	/** It died; a restart follows. @reason is "killed by signal 9", "exit status 1", ... */
	void (*died)(void *owner, struct child *child, const char *reason);
};

struct child_spec {
	const char *role;	/* "capture": lives as long as the child does */
	bool wants_link;
	json_t *options;	/* stolen */
};

/** ERR_OS, ERR_NOMEM. ops->started is called before it returns. */
int child_start(struct child **out, struct loop *loop, const struct child_spec *spec,
		const struct child_ops *ops, void *owner, struct err *err);

/** Close its sockets, which tells it to end; wait for that up to @wait_ms, then kill it. Returns NULL. */
struct child *child_stop(struct child *child, int wait_ms);

const char *child_role(const struct child *child);

/** What the next start of it is given; @options is stolen. Without memory the old ones stay. */
void child_set_options(struct child *child, json_t *options);

/** What became of a call: @result is borrowed, NULL when @err says why there is none. */
typedef void child_answer(void *arg, json_t *result, const struct err *err);

/**
 * Send a request; @answer is called exactly once, also when the child dies (ERR_GONE) or @timeout_ms
 * pass (ERR_TIMEOUT), and never before this returns. @params is stolen.
 */
void child_call(struct child *child, const char *method, json_t *params, int timeout_ms,
		child_answer *answer, void *arg);

/**
 * Inside a child_answer with a result: the descriptor that came beside it, the caller's from then on; -1:
 * there is none. Only for methods that give one.
 */
int child_take_fd(struct child *child);

/** {"name", "pid", "state", "restarts", "reason"}, as in the answer of `status`. */
json_t *child_status(const struct child *child);

#endif
