/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table_fixture.h - a real table process on a simulated Grbl table, for tests.
 *
 *	the test --pipe--> station (a process that only holds the socketpair) --fork--> table process
 *	    |                                                                                |
 *	    +--- table.sock ----------------------------------------------------------------+
 *	    +--pipe--> simulator <------------------------ pty ------------------------------+
 *
 * Whatever does not happen in time fails the test.
 */
#ifndef OSTEND_TESTS_TABLE_FIXTURE_H
#define OSTEND_TESTS_TABLE_FIXTURE_H

#include <sys/types.h>

#include "station/base/rpc_client.h"
#include "turntable/table.h"
#include "turntable/world.h"

#define WAIT_NS (20 * NS_PER_S)

struct fixture_options {
	bool reset_on_open, no_homing;
	const char *trace_path;
	struct governor_config limits;		/* all zeroes: the default */
};

struct fixture {
	struct fixture_options options;
	char folder[64], port[96], world_path[96], sock[96];
	pid_t sim, station;
	int sim_in, sim_out;		/* its commands, and what it prints */
	const struct world *world;
	struct rpc_client *client;
};

/** All of it, the table at -6 degrees; @options NULL: as usual. */
struct fixture *fixture_start(const struct fixture_options *options);
void fixture_finish(struct fixture *fixture);
/* The parts, for tests that leave some out. */
void fixture_start_sim(struct fixture *fixture);
void fixture_start_station(struct fixture *fixture);
void fixture_connect(struct fixture *fixture);
void fixture_kill(pid_t pid, int how);		/* and wait for its end */
void fixture_leave(int status);			/* of a forked child */
void fixture_sleep_ms(long ms);			/* the step of a wait for a condition, never the wait itself */

void fixture_tell_sim(struct fixture *fixture, const char *command);	/* "unplug\n" */
pid_t fixture_pid(const struct fixture *fixture);			/* of the table process */
bool fixture_gone(struct fixture *fixture, uint64_t within_ns);		/* it has ended by itself */

/** The result, the caller's; @rc as rpc_client_call. */
json_t *fixture_call(struct fixture *fixture, const char *method, json_t *params, int *rc, struct err *err);
void fixture_call_done(struct fixture *fixture, const char *method, json_t *params);
/** Refused with @code, and a sentence that contains @words. */
void fixture_refused(struct fixture *fixture, const char *method, json_t *params, int code, const char *words);
/** Clear in its two steps. */
void fixture_clear(struct fixture *fixture);

json_t *fixture_state(struct fixture *fixture);
bool fixture_state_is(struct fixture *fixture, const char *key, const char *value);
void fixture_wait_state(struct fixture *fixture, const char *key, const char *value);
int64_t fixture_state_number(struct fixture *fixture, const char *key);

bool fixture_truly_still(const struct fixture *fixture);	/* by the world's angle, over 100 ms */
uint64_t fixture_until_still(const struct fixture *fixture);	/* how long it takes */
void fixture_spin(struct fixture *fixture, int mdeg_s);		/* and wait until it turns */

#endif
