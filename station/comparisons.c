/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * comparisons.c - "retrieval.compare": two stills of an exhibit, out and back, compared; the sheet that shows
 * both is a file beside the stills, and what was done to make it stands on it and in the ledger.
 *
 *	main --job--> evidence: the rows --> main --> worker: files, pictures, sheet --> main --job--> evidence: entry
 *
 * The ledger goes on while pictures are compared: a showing of another exhibit may be on air. One comparison at a
 * time; one that is not done by its deadline is refused, and what it still brings is thrown away.
 */
#include "station/comparisons.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/base/rpc.h"
#include "station/station.h"

#define WORK_NS (120 * NS_PER_S)	/* 64 million pixels take some seconds, on a busy machine a minute */
#define WORKER_NICE 5

struct comparison {
	struct station *station;
	bool asked;			/* who asked still waits */
	struct rpc_ticket ticket;
	struct act act;
	json_t *params, *answer;
	struct comparison_task task;
	struct loop_watch worked;
	struct loop_timer deadline;
	pthread_t thread;
	bool running;
	int rc;				/* the worker's */
	struct err err;
};

static void answer(struct comparison *comparison, const struct err *err)
{
	struct rpc_server *control = comparison->station->control;

	if (!comparison->asked)
		return;
	comparison->asked = false;
	if (err)
		rpc_server_refuse(control, comparison->ticket, RPC_REFUSED, err);
	else
		rpc_server_answer(control, comparison->ticket, json_incref(comparison->answer));
}

static void end(struct comparison *comparison, const struct err *err)
{
	struct comparison_task *task = &comparison->task;
	int fd = comparison->worked.fd;

	answer(comparison, err);
	comparison->station->comparison = NULL;
	loop_cancel(comparison->station->loop, &comparison->deadline);
	loop_unwatch(comparison->station->loop, &comparison->worked);
	util_closep(&fd);
	json_decref(task->first);
	json_decref(task->second);
	json_decref(task->result);
	json_decref(comparison->answer);
	json_decref(comparison->params);
	free(comparison);
}

/* --- third: the entry ---------------------------------------------------------------------------- */

/* Thread: evidence. */
static int enter(struct store *store, void *arg, struct err *err)
{
	struct comparison *comparison = arg;
	struct comparison_task *task = &comparison->task;
	int64_t made;
	int rc = retrieval_compared(store, &comparison->act, task->retrieval.id, task->before, task->after, task->file,
				    task->sha256, json_incref(task->result), &made, err);

	return rc < 0 ? rc : retrieval_comparison_json(store, made, &comparison->answer, err);
}

static void entered(void *arg, int rc, const struct err *err)
{
	end(arg, rc < 0 ? err : NULL);
}

/* --- second: the worker -------------------------------------------------------------------------- */

static void *work(void *arg)
{
	struct comparison *comparison = arg;
	uint64_t one = 1;

	/* who is being shown something comes first */
	setpriority(PRIO_PROCESS, (id_t)gettid(), WORKER_NICE);
	comparison->rc = comparison_make(&comparison->task, &comparison->err);
	if (write(comparison->worked.fd, &one, sizeof one) != sizeof one)
		log_error("comparison: the worker cannot say that it has ended");
	return NULL;
}

/* Nobody waits for it any more: no entry will name the sheet. */
static void drop(struct comparison *comparison, const struct err *err)
{
	char path[COMPARISON_PATH_SIZE];

	snprintf(path, sizeof path, "%s/%s", comparison->task.folder, comparison->task.file);
	if (comparison->rc == 0 && comparison->task.file[0])
		unlink(path);
	end(comparison, err);
}

static void worked(void *owner, uint32_t events)
{
	struct comparison *comparison = owner;
	uint64_t count;

	(void)events;
	if (read(comparison->worked.fd, &count, sizeof count) != sizeof count || !comparison->running)
		return;
	pthread_join(comparison->thread, NULL);
	comparison->running = false;
	loop_cancel(comparison->station->loop, &comparison->deadline);
	if (comparison->rc < 0)
		end(comparison, &comparison->err);
	else if (!comparison->asked)
		drop(comparison, NULL);
	else
		evidence_do(comparison->station->evidence, enter, entered, comparison);
}

static void late(void *owner)
{
	struct comparison *comparison = owner;
	struct err err;

	err_set(&err, ERR_TIMEOUT, _("comparing the two stills takes more than %d s: it has been given up"),
		(int)(WORK_NS / NS_PER_S));
	answer(comparison, &err);
}

static int start_worker(struct comparison *comparison, struct err *err)
{
	struct loop *loop = comparison->station->loop;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), rc;

	if (fd < 0)
		return err_os(err, "comparison");
	rc = loop_watch(loop, &comparison->worked, fd, EPOLLIN, err);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	if (pthread_create(&comparison->thread, NULL, work, comparison) != 0)
		return err_set(err, ERR_OS, _("comparison: no thread can be had for it"));
	comparison->running = true;
	loop_set(loop, &comparison->deadline, clock_mono_ns() + WORK_NS);
	return 0;
}

/* --- first: the rows ----------------------------------------------------------------------------- */

static int read_still(struct store *store, const struct retrieval *retrieval, int64_t still, json_t **json,
		      struct err *err)
{
	int rc = still_json(store, still, json, err);

	return rc < 0 ? rc : retrieval_check_still(retrieval, *json, err);
}

/* Thread: evidence. */
static int look(struct store *store, void *arg, struct err *err)
{
	struct comparison *comparison = arg;
	struct comparison_task *task = &comparison->task;
	struct retrieval *retrieval = &task->retrieval;
	int rc = retrieval_get(store, retrieval->id, retrieval, err);

	if (rc == 0)
		rc = retrieval_check_out(retrieval, err);
	if (rc == 0)
		rc = retrieval_check_before(store, retrieval, task->before, err);
	if (rc == 0)
		rc = read_still(store, retrieval, task->before, &task->first, err);
	return rc < 0 ? rc : read_still(store, retrieval, task->after, &task->second, err);
}

static void looked(void *arg, int rc, const struct err *err)
{
	struct comparison *comparison = arg;
	struct err own;

	if (rc < 0)
		own = *err;
	else if (comparison->station->ending)
		rc = err_set(&own, ERR_GONE, _("the station is ending"));
	else
		rc = start_worker(comparison, &own);
	if (rc < 0)
		end(comparison, &own);
}

static int read_params(struct comparison *comparison, struct err *err)
{
	static const char *const known[] = { "retrieval", "before", "after", NULL };
	struct comparison_task *task = &comparison->task;
	json_int_t id, before, after;
	int rc = rpc_only(comparison->params, known, err);

	if (rc == 0)
		rc = rpc_integer(&id, comparison->params, "retrieval", 1, INT64_MAX, err);
	if (rc == 0)
		rc = rpc_integer(&before, comparison->params, "before", 1, INT64_MAX, err);
	if (rc == 0)
		rc = rpc_integer(&after, comparison->params, "after", 1, INT64_MAX, err);
	if (rc < 0)
		return rc;
	task->retrieval.id = id;
	task->before = before;
	task->after = after;
	return before == after ? err_set(err, ERR_RANGE, _("two stills are compared: one from before, one from after")) : 0;
}

void comparisons_ask(struct station *station, const struct rpc_peer *peer, json_t *params,
		     struct rpc_ticket ticket)
{
	struct comparison *comparison;
	struct err err;
	int rc;

	if (station->comparison) {
		err_set(&err, ERR_FULL, _("another comparison is just being made: try again in a moment"));
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	comparison = calloc(1, sizeof *comparison);
	if (!comparison) {
		err_set(&err, ERR_NOMEM, _("the station is out of memory"));
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	station->comparison = comparison;
	comparison->station = station;
	comparison->asked = true;
	comparison->ticket = ticket;
	comparison->worked = (struct loop_watch){ .fd = -1, .ready = worked, .owner = comparison };
	comparison->deadline = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = late, .owner = comparison };
	comparison->task.simulated = strcmp(station->config.camera_driver, "sim") == 0;
	snprintf(comparison->task.folder, sizeof comparison->task.folder, "%s/evidence", station->config.state);
	rc = station_act_of(station, peer, params, &comparison->act, &comparison->params, &err);
	if (rc == 0)
		rc = read_params(comparison, &err);
	if (rc < 0)
		end(comparison, &err);
	else
		evidence_do(station->evidence, look, looked, comparison);
}

void comparisons_halt(struct station *station)
{
	struct comparison *comparison = station->comparison;
	struct err err;

	if (!comparison || !comparison->running)
		return;		/* a job of the evidence thread, which comes to its end by itself */
	pthread_join(comparison->thread, NULL);
	comparison->running = false;
	err_set(&err, ERR_GONE, _("the station is ending"));
	drop(comparison, &err);
}
