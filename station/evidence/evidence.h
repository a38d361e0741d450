/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evidence.h - the evidence thread: owns the store, does one job after the other in it, and answers when
 * the disk has it.
 *
 *   main: evidence_do(job) --queue--> evidence: run(store) in a savepoint, commit --queue--> main: done
 *
 * Jobs that wait together share one transaction and one flush (each in a savepoint of its own, so that a
 * refused one costs the others nothing).
 */
#ifndef OSTEND_EVIDENCE_EVIDENCE_H
#define OSTEND_EVIDENCE_EVIDENCE_H

#include "station/base/loop.h"
#include "station/evidence/ledger.h"
#include "station/showing/showing.h"

struct evidence;

/** The work. Thread: evidence; in a transaction: what it wrote is undone when it returns an ERR_*. */
typedef int evidence_run(struct store *store, void *arg, struct err *err);
/** Its end, exactly once for each job: 0 only when it is on the disk. Frees @arg. Thread: main. */
typedef void evidence_done(void *arg, int rc, const struct err *err);

struct evidence_config {
	const char *state_path;		/* the files are in STATE/evidence, 0700 */
	const char *station_name;	/* in every entry */
	uint64_t reserve_bytes;		/* kept on the disk for the ledger alone; 0: nothing */
};

struct evidence_state {
	bool writable;
	char reason[256];		/* why not: from the first write that failed on; "" */
	uint64_t entries;		/* of the ledger */
	uint32_t waiting;		/* jobs without an end */
	uint64_t refused;		/* jobs that were too many */
	uint64_t reserve_bytes, reserve_kept_bytes, free_bytes;	/* kept < reserve: the disk is full, or was from the start */
};

/**
 * Open STATE/evidence, hash the whole ledger again, and start the thread. @loop is main's.
 *
 * @return 0; ERR_OS, ERR_TAMPER, ERR_UNSUPPORTED: store_open's and ledger_check's; ERR_NOMEM
 */
int evidence_start(struct evidence **out, struct loop *loop, const struct evidence_config *config,
		   struct err *err);
/** Does what is waiting, tells everybody, and ends. Returns NULL. */
struct evidence *evidence_stop(struct evidence *evidence);
/** Wait until nothing is waiting, also not what the ends have asked for. Thread: main, at its end. */
void evidence_finish(struct evidence *evidence);
void evidence_state(const struct evidence *evidence, struct evidence_state *out);	/* thread: main */

/**
 * Have @run done. @done may be NULL (a failure is then logged). With JOBS_MAX (4,096) waiting it ends with
 * ERR_FULL. Thread: main; from @done too.
 */
void evidence_do(struct evidence *evidence, evidence_run *run, evidence_done *done, void *arg);

/** A job that only appends: @data is stolen. On a full disk it has the reserve. Thread: main. */
void evidence_note(struct evidence *evidence, const struct act *act, enum ledger_action action,
		   const char *case_no, const char *exhibit_no, json_t *data);

/*
 * Methods of control.sock that the evidence thread answers: one line each of evidence_methods.def,
 * METHOD(name, command of showing.h or SHOWING_COMMAND_COUNT, function). @params have been freed of "by",
 * "second" and "reason", which are in @act. What @run returns 0 for is durable before it is answered.
 */
typedef int evidence_method(struct store *store, const struct act *act, const json_t *params,
			    json_t **result, struct err *err);

#define METHOD(name, command, function) evidence_method function;
#include "station/evidence/evidence_methods.def"
#undef METHOD

struct evidence_method_entry {
	const char *name;
	enum showing_command command;
	evidence_method *run;
};

/** NULL: no such method. */
const struct evidence_method_entry *evidence_method_find(const char *name);

#endif
