/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * random_judge.h - who stands at the simulated table and knows what its controller does not.
 *
 * In each millisecond of a rig's time:
 *
 *	asked      The motor begins to turn only for a command that has been taken and has not
 *	           ended, or while the line, a stop or the board's own standstill is in doubt, and
 *	           says so. It does not turn on where no command is open and no stop is under way.
 *	           No faster than allowed; homing has its own speed.
 *	explained  Whatever is not as it should be, there is a sentence about it.
 *	true       An angle with a reference is off by no more than its uncertainty and what it
 *	           turned since, for as long as its epoch stands; but for what no open-loop
 *	           controller can know (slipped, nudged or stalled steps) until it is homed again,
 *	           and while bytes are being damaged on a line without checksums.
 *
 * And every command ends exactly once, in its time. What is against this fails the test, with the
 * newest of what was done and of what happened.
 */
#ifndef OSTEND_TESTS_RANDOM_JUDGE_H
#define OSTEND_TESTS_RANDOM_JUDGE_H

#include "table_rig.h"

struct judge;

/** @rig and @driver stay the caller's; commands up to number @room may be given. */
struct judge *judge_new(struct rig *rig, const char *driver, size_t room);
void judge_free(struct judge *judge);

/** Something was done or happened: for who reads a failure. */
void judge_note(struct judge *judge, const char *format, ...) PRINTF_LIKE(2, 3);
void judge_accuse(struct judge *judge, const char *what);

/** Let @ms pass under its eyes. */
void judge_run(struct judge *judge, unsigned ms);
/** Command @number was given, whether it was taken or refused. */
void judge_given(struct judge *judge, uint64_t number, enum governor_name name);
void judge_count_ends(struct judge *judge);	/* what was done may have ended some */
bool judge_has_ended(const struct judge *judge, uint64_t number);
uint64_t judge_last_command(const struct judge *judge);

/** The limit of speed has changed: what is faster is still being braked. */
void judge_limit_changed(struct judge *judge);
/** The fault @name strikes with @value; 0 ends a lasting one. */
void judge_fault_struck(struct judge *judge, const char *name, int64_t value);

void judge_check_no_hang(struct judge *judge);
/** Nothing may be open any more. Prints how the commands ended. */
void judge_sum_up(struct judge *judge);

#endif
