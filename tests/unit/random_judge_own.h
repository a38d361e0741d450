/* SPDX-License-Identifier: GPL-3.0-or-later */
/* random_judge_own.h - the insides of the judge, for random_judge.c and random_truth.c only. */
#ifndef OSTEND_TESTS_RANDOM_JUDGE_OWN_H
#define OSTEND_TESTS_RANDOM_JUDGE_OWN_H

#include "random_judge.h"

struct judge {
	struct rig *rig;
	const char *driver;
	char trail[80][160];
	size_t trail_len;

	size_t seen_ends, room, last;
	uint8_t *ends;			/* by command: how often it has ended */
	uint64_t *given_ns;		/* by command; 0: never given */
	enum governor_name *names;
	unsigned outcomes[GOVERNOR_SUPERSEDED + 1];
	unsigned open_motions;		/* taken, and not ended */
	uint64_t idle_ns;		/* since when there is none */

	bool was_turning;
	uint64_t rest_ns, turning_ns;	/* turned last; was last as it should be */
	int64_t allowed_mdeg_s;
	uint64_t allowed_ns;		/* until then it brakes from the limit before this one */

	bool based, unknowable, was_unknowable;
	uint32_t epoch, base_epoch;
	enum pose_reference reference;
	int64_t base_mdeg;		/* true minus reported, when the reference was found */
	int32_t base_unsure_mdeg;	/* of the reported angle then */

	bool hung, stalled, damaged;
	uint64_t late_ns, noisy_ns;	/* bytes are late; they were damaged until */
	uint64_t foreign_ns;		/* until then somebody turns it without a command */
	uint64_t power_ns;		/* when its power came back, not said yet; 0: not so */
};

/* random_judge.c */
bool judge_somebody_turns_it(const struct judge *judge);	/* by its own knob or menu */

/* random_truth.c */
void judge_check_true(struct judge *judge);

#endif
