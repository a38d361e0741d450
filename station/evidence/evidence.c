/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evidence.c - jobs go in, ends come out, in the same order.
 *
 * Main counts the jobs that have no end yet: never more than JOBS_MAX, so that both queues always have room
 * and an end cannot be lost. A job too many ends at once, with ERR_FULL, at the loop's next turn.
 */
#include "station/evidence/evidence.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/evidence/reserve.h"

#define JOBS_MAX 4096
#define BATCH_MAX 256		/* jobs that share a flush: also how long the first of them may wait */
#define TEND_NS (2 * NS_PER_S)	/* the disk is looked at so often when nothing else happens */

struct job {
	evidence_run *run;		/* NULL: the thread is to end */
	evidence_done *done;
	void *arg;
	bool again;			/* may be run twice: it only writes into the store */
	int rc;
	struct err err;
	struct evidence_state state;	/* as it is after the job */
	struct job *next;		/* of those that were too many */
};

struct evidence {
	struct loop *loop;		/* main's from here on */
	struct loop_watch ends_ready;
	struct loop_timer refuse, tend;
	struct job *refused, **refused_end;
	unsigned waiting;
	struct evidence_state state;

	struct queue *jobs, *ends;
	pthread_t thread;

	struct store *store;		/* the thread's from here on */
	struct reserve reserve;
	uint64_t entries;
};

/* --- the thread ---------------------------------------------------------------------------------- */

static void run_one(struct store *store, struct job *job)
{
	job->rc = store_begin(store, &job->err);
	if (job->rc < 0)
		return;
	job->rc = job->run(store, job->arg, &job->err);
	if (job->rc < 0)
		store_rollback(store);
	else
		job->rc = store_commit(store, &job->err);
}

/* Each job that is not yet refused by itself, in one transaction. */
static int run_together(struct store *store, struct job **jobs, size_t count, struct err *err)
{
	int rc = store_begin(store, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		run_one(store, jobs[i]);
	return store_commit(store, err);
}

static void fail_all(struct job **jobs, size_t count, const struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (jobs[i]->rc != 0)
			continue;
		jobs[i]->rc = err->code;
		jobs[i]->err = *err;
	}
}

/* The reserve is given up for what may be lost least: entries that nobody is there to ask for again. */
static void run_notes_again(struct evidence *evidence, struct job **jobs, size_t count)
{
	struct job *notes[BATCH_MAX];
	size_t found = 0;
	struct err err;

	for (size_t i = 0; i < count; i++)
		if (jobs[i]->again && jobs[i]->rc == ERR_FULL)
			notes[found++] = jobs[i];
	if (found && reserve_give_up(&evidence->reserve) && run_together(evidence->store, notes, found, &err) < 0)
		fail_all(notes, found, &err);
}

static void describe(struct evidence *evidence, struct evidence_state *state)
{
	struct err err = { 0 };

	*state = (struct evidence_state){
		.writable = store_alive(evidence->store, &err) == 0, .reserve_bytes = evidence->reserve.size,
		.reserve_kept_bytes = evidence->reserve.kept, .free_bytes = evidence->reserve.free_bytes,
		.entries = evidence->entries,
	};
	snprintf(state->reason, sizeof state->reason, "%s", err.text);
	if (state->writable && ledger_size(evidence->store, &state->entries, NULL) == 0)
		evidence->entries = state->entries;
}

static void run_batch(struct evidence *evidence, struct job **jobs, size_t count)
{
	struct evidence_state state;
	struct err err;

	reserve_tend(&evidence->reserve);
	if (run_together(evidence->store, jobs, count, &err) < 0)
		fail_all(jobs, count, &err);
	run_notes_again(evidence, jobs, count);
	describe(evidence, &state);
	for (size_t i = 0; i < count; i++) {
		jobs[i]->state = state;
		queue_give(evidence->ends, jobs[i]);
	}
}

/* @last: the thread is asked to end after these. */
static size_t take_batch(struct evidence *evidence, struct job **jobs, bool *last)
{
	size_t count = 0;

	while (!*last && count < BATCH_MAX && (jobs[count] = queue_take(evidence->jobs))) {
		*last = !jobs[count]->run;
		if (*last)
			free(jobs[count]);
		else
			count++;
	}
	return count;
}

static void *run_thread(void *arg)
{
	struct evidence *evidence = arg;
	struct pollfd wait = { .fd = queue_fd(evidence->jobs), .events = POLLIN };
	struct job *jobs[BATCH_MAX];
	bool last = false;

	pthread_setname_np(pthread_self(), "evidence");
	while (!last) {
		size_t count = take_batch(evidence, jobs, &last);

		if (count)
			run_batch(evidence, jobs, count);
		else if (!last)
			poll(&wait, 1, -1);
	}
	return NULL;
}

/* --- main ---------------------------------------------------------------------------------------- */

static void end_job(struct evidence *evidence, struct job *job)
{
	if (job->done)
		job->done(job->arg, job->rc, &job->err);
	else if (job->rc < 0 && evidence->state.writable)	/* said once, when it stopped being so */
		log_error("ledger: %s", job->err.text);
	free(job);
}

static void take_state(struct evidence *evidence, const struct evidence_state *state)
{
	const struct evidence_state before = evidence->state;

	evidence->state = *state;
	evidence->state.refused = before.refused;
	if (before.writable && !state->writable)
		log_error("ledger: %s", state->reason);
	if (before.reserve_kept_bytes && !state->reserve_kept_bytes)
		log_warning("ledger: the disk is full; its reserve of %llu MiB has been given up for the record",
			    (unsigned long long)(before.reserve_kept_bytes >> 20));
	if (!before.reserve_kept_bytes && state->reserve_kept_bytes)
		log_notice("ledger: the disk has room again; its reserve is kept again");
}

static void take_ends(void *owner, uint32_t events)
{
	struct evidence *evidence = owner;
	struct job *job;

	(void)events;
	while ((job = queue_take(evidence->ends))) {
		evidence->waiting--;
		take_state(evidence, &job->state);
		end_job(evidence, job);
	}
}

static void refuse_jobs(void *owner)
{
	struct evidence *evidence = owner;
	struct job *job;

	while ((job = evidence->refused)) {
		evidence->refused = job->next;
		end_job(evidence, job);
	}
	evidence->refused_end = &evidence->refused;
}

static void refuse(struct evidence *evidence, struct job *job)
{
	evidence->state.refused++;
	job->rc = err_set(&job->err, ERR_FULL, "the record has %u things to write and takes no more", JOBS_MAX);
	*evidence->refused_end = job;
	evidence->refused_end = &job->next;
	loop_set(evidence->loop, &evidence->refuse, clock_mono_ns());
}

static void give(struct evidence *evidence, evidence_run *run, evidence_done *done, void *arg, bool again)
{
	struct job *job = calloc(1, sizeof *job);
	struct err err;

	if (!job) {
		err_set(&err, ERR_NOMEM, "the record: out of memory");
		if (done)
			done(arg, ERR_NOMEM, &err);
		return;
	}
	*job = (struct job){ .run = run, .done = done, .arg = arg, .again = again };
	if (evidence->waiting >= JOBS_MAX) {
		refuse(evidence, job);
		return;
	}
	evidence->waiting++;
	queue_give(evidence->jobs, job);
}

void evidence_state(const struct evidence *evidence, struct evidence_state *out)
{
	*out = evidence->state;
	out->waiting = evidence->waiting;
}

void evidence_do(struct evidence *evidence, evidence_run *run, evidence_done *done, void *arg)
{
	give(evidence, run, done, arg, false);
}

/* --- a job that only appends --------------------------------------------------------------------- */

struct note {
	struct act act;
	enum ledger_action action;
	char *case_no, *exhibit_no;	/* NULL: as in the act */
	json_t *data;
};

static void note_free(struct note *note)
{
	free(note->case_no);
	free(note->exhibit_no);
	json_decref(note->data);
	free(note);
}

static int write_note(struct store *store, void *arg, struct err *err)
{
	struct note *note = arg;

	return ledger_append(store, &note->act, note->action, note->case_no, note->exhibit_no,
			     json_incref(note->data), NULL, err);
}

static void note_done(void *arg, int rc, const struct err *err)
{
	struct note *note = arg;

	if (rc < 0)
		log_error("ledger: \"%s\" is not in the record: %s", ledger_action_name(note->action), err->text);
	note_free(note);
}

void evidence_note(struct evidence *evidence, const struct act *act, enum ledger_action action,
		   const char *case_no, const char *exhibit_no, json_t *data)
{
	struct note *note = calloc(1, sizeof *note);

	if (!note) {
		log_error("ledger: \"%s\" is not in the record: out of memory", ledger_action_name(action));
		json_decref(data);
		return;
	}
	*note = (struct note){ .act = *act, .action = action, .data = data,
			       .case_no = case_no ? strdup(case_no) : NULL,
			       .exhibit_no = exhibit_no ? strdup(exhibit_no) : NULL };
	give(evidence, write_note, note_done, note, true);
}

/* --- life ---------------------------------------------------------------------------------------- */

static int look(struct store *store, void *arg, struct err *err)
{
	(void)store, (void)arg, (void)err;
	return 0;
}

/* Nothing may happen for hours, and the disk still fills and empties. */
static void look_again(void *owner)
{
	struct evidence *evidence = owner;

	if (!evidence->waiting)
		give(evidence, look, NULL, NULL, true);
	loop_set(evidence->loop, &evidence->tend, clock_mono_ns() + TEND_NS);
}

static struct evidence *evidence_free(struct evidence *evidence)
{
	queue_free(evidence->jobs);
	queue_free(evidence->ends);
	store_free(evidence->store);
	free(evidence);
	return NULL;
}

DEFINE_FREEP(evidence_free, struct evidence *)

static int open_store(struct evidence *evidence, const struct evidence_config *config, struct err *err)
{
	char folder[4096];
	struct tlog_tree tree;
	int rc;

	if (snprintf(folder, sizeof folder, "%s/evidence", config->state_path) >= (int)sizeof folder)
		return err_set(err, ERR_RANGE, "%.200s: the path is too long", config->state_path);
	rc = store_open(&evidence->store, folder, err);
	if (rc == 0)
		rc = ledger_check(evidence->store, &tree, err);
	if (rc == 0)
		rc = ledger_set_station(evidence->store, config->station_name, err);
	if (rc == 0)
		rc = reserve_open(&evidence->reserve, folder, config->reserve_bytes, err);
	evidence->entries = rc == 0 ? tree.size : 0;
	return rc;
}

static int open_queues(struct evidence *evidence, struct err *err)
{
	int rc = queue_new(&evidence->jobs, JOBS_MAX + 1, QUEUE_REFUSE, free, err);

	if (rc == 0)
		rc = queue_new(&evidence->ends, JOBS_MAX, QUEUE_REFUSE, free, err);
	if (rc == 0)
		rc = loop_watch(evidence->loop, &evidence->ends_ready, queue_fd(evidence->ends), EPOLLIN, err);
	return rc;
}

static int start_thread(struct evidence *evidence, struct err *err)
{
	errno = pthread_create(&evidence->thread, NULL, run_thread, evidence);
	if (errno) {
		loop_unwatch(evidence->loop, &evidence->ends_ready);
		return err_os(err, "evidence: a thread");
	}
	loop_set(evidence->loop, &evidence->tend, clock_mono_ns() + TEND_NS);
	return 0;
}

int evidence_start(struct evidence **out, struct loop *loop, const struct evidence_config *config,
		   struct err *err)
{
	CLEANUP(evidence_freep) struct evidence *evidence = calloc(1, sizeof *evidence);
	int rc;

	if (!evidence)
		return err_set(err, ERR_NOMEM, "evidence: out of memory");
	evidence->loop = loop;
	evidence->refused_end = &evidence->refused;
	evidence->ends_ready = (struct loop_watch){ .fd = -1, .ready = take_ends, .owner = evidence };
	evidence->refuse = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = refuse_jobs, .owner = evidence };
	evidence->tend = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = look_again, .owner = evidence };
	rc = open_store(evidence, config, err);
	if (rc == 0)
		rc = open_queues(evidence, err);
	if (rc < 0)
		return rc;
	describe(evidence, &evidence->state);
	rc = start_thread(evidence, err);
	if (rc < 0)
		return rc;
	*out = MOVE(evidence);
	return 0;
}

void evidence_finish(struct evidence *evidence)
{
	while (evidence->waiting || evidence->refused) {
		struct pollfd wait = { .fd = queue_fd(evidence->ends), .events = POLLIN };

		refuse_jobs(evidence);
		if (evidence->waiting && poll(&wait, 1, -1) > 0)
			take_ends(evidence, 0);
	}
}

struct evidence *evidence_stop(struct evidence *evidence)
{
	if (!evidence)
		return NULL;
	evidence_finish(evidence);
	queue_give(evidence->jobs, calloc(1, sizeof(struct job)));
	pthread_join(evidence->thread, NULL);
	loop_unwatch(evidence->loop, &evidence->ends_ready);
	loop_cancel(evidence->loop, &evidence->refuse);
	loop_cancel(evidence->loop, &evidence->tend);
	return evidence_free(evidence);
}
