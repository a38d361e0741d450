/* SPDX-License-Identifier: GPL-3.0-or-later */
/* governor_own.h - the insides of the governor, shared by its two files only. */
#ifndef OSTEND_TURNTABLE_GOVERNOR_OWN_H
#define OSTEND_TURNTABLE_GOVERNOR_OWN_H

#include "turntable/governor.h"

#define STOPS_MAX 16

struct job {
	uint64_t number;	/* 0: none */
	struct governor_request request;
	int64_t target_mdeg;
	uint64_t limit_ns;	/* running: when it must have ended; UINT64_MAX: no limit */
};

struct governor {
	struct drive *drive;
	struct governor_config config;
	struct governor_ops ops;
	uint64_t last_number, now_ns;
	struct job running, waiting;
	struct { uint64_t number; enum governor_name name; } stops[STOPS_MAX];
	unsigned stop_count;
	bool stopping, stop_overdue, estop;
	bool rest_wanted;	/* a command failed: make sure of the standstill in the next step */
	enum drive_urgent stop_how;
	uint64_t stop_repeat_ns, stop_limit_ns;
	uint32_t kept_epoch;
	char message[256];
};

/* governor_check.c: whether a command may be taken, and any motion begin at all; ERR_* with the reason */
int governor_check(const struct governor *governor, const struct governor_request *request, struct err *err);
int governor_check_table(const struct governor *governor, struct err *err);

#endif
