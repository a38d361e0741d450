/* SPDX-License-Identifier: GPL-3.0-or-later */
/* governor_own.h - the insides of the governor, shared by its files only. */
#ifndef OSTEND_TURNTABLE_GOVERNOR_OWN_H
#define OSTEND_TURNTABLE_GOVERNOR_OWN_H

#include "turntable/governor.h"

#define STOPS_MAX 16
#define LEGS_MAX 3

enum job_phase {
	JOB_WAITS,		/* for the standstill before its next motion */
	JOB_ACCELERATES,	/* the controller is being told how softly to turn */
	JOB_MOVES,
};

struct job {
	uint64_t number;	/* 0: none */
	struct governor_request request;	/* its `by` is copied below */
	char by[GOVERNOR_BY_BYTES];
	enum job_phase phase;
	bool begun;		/* the controller has been given a motion of it */
	unsigned tellings;	/* how often it was told the acceleration */
	int64_t legs[LEGS_MAX];
	unsigned leg, leg_count;	/* the next one, of so many */
	int64_t from_mdeg;	/* where the present leg began */
	int32_t speed_mdeg_s;
	uint32_t epoch;		/* of its angles */
	uint64_t limit_ns;	/* when the present phase must have ended; UINT64_MAX: no limit */
};

struct governor {
	struct drive *drive;
	struct governor_config config;
	struct governor_ops ops;
	uint64_t last_number, now_ns;
	struct job running, waiting;

	/* governor_stop.c */
	struct { uint64_t number; enum governor_name name; char by[GOVERNOR_BY_BYTES]; } stops[STOPS_MAX];
	unsigned stop_count;
	bool stopping, stop_overdue;
	bool rest_wanted;	/* make sure of the standstill in the next step */
	enum drive_urgent stop_how;
	uint64_t stop_repeat_ns, stop_harder_ns, stop_limit_ns;

	/* governor_halt.c */
	struct governor_kept kept;	/* what is so now; cable: what was kept of it */
	bool keep_due;
	uint64_t armed_ns;		/* 0: not armed */
	enum pose_link seen_link;
	uint32_t seen_epoch;
	char seen_fault[32];
	char message[400];

	/* governor_lease.c */
	struct governor_lease lease;	/* number 0: none */
	uint64_t last_lease, heard_ns;	/* heard: 0 before the first time */
	uint64_t command_due_ns, keepalive_due_ns, home_due_ns;
	unsigned flood;			/* refused for being too many, one after the other */

	/* governor_cable.c */
	struct {
		bool active;		/* given to the controller, and it has not said since that it stands still */
		bool counted;		/* the cable's interval holds all that it may still turn */
		enum governor_name name;
		int64_t to_mdeg;
		int32_t speed_mdeg_s;	/* the highest that it was told: what is queued goes on at that */
	} motion;
	int64_t wound_min_mdeg, wound_max_mdeg, cable_at_mdeg;
	uint32_t cable_epoch;

	/* governor_watch.c */
	uint64_t watched_samples, progress_samples, progress_ns;
	int64_t progress_mdeg;
	unsigned astray;		/* reports in a row from where it should not be */

	/* governor_motion.c */
	int32_t natural_mdeg_s2;	/* the controller's acceleration before it was told one */
	int32_t asked_mdeg_s2, told_mdeg_s2;	/* what it was told, and what it made of that; 0: not told */
};

/* governor.c: the only way for a command to end, once */
void governor_end_job(struct governor *governor, struct job *job, enum governor_outcome outcome, int code,
		      const char *reason);
void governor_end_number(struct governor *governor, uint64_t number, enum governor_name name, const char *by,
			 enum governor_outcome outcome, int code, const char *reason);
void governor_happened(struct governor *governor, enum governor_event_kind kind, const char *by, const char *format,
		       ...) PRINTF_LIKE(4, 5);
void governor_keep(struct governor *governor);

/* governor_check.c: whether a command may be taken, and any motion begin at all; ERR_* with the reason */
int governor_check(const struct governor *governor, const struct governor_request *request, struct err *err);
int governor_check_table(const struct governor *governor, struct err *err);
/* The speed of @request, signed for a spin. */
int governor_speed(const struct governor *governor, const struct governor_request *request, int32_t *speed_mdeg_s,
		   struct err *err);
int32_t governor_home_speed_allowed(const struct governor *governor);
int32_t governor_speed_allowed(const struct governor *governor, uint64_t lease);
int32_t governor_accel_allowed(const struct governor *governor, uint64_t lease);
int32_t governor_accel_now(const struct governor *governor);	/* of the controller; 0: not known */
int64_t governor_brake_mdeg(const struct governor *governor, int32_t speed_mdeg_s);	/* and the word's way there */
uint64_t governor_brake_ns(const struct governor *governor, int32_t speed_mdeg_s);

/* governor_motion.c */
void governor_motion_step(struct governor *governor);
void governor_motion_done(struct governor *governor);	/* the driver says so of what it was given */
bool governor_respin(struct governor *governor, const struct governor_request *request, uint64_t *number);

/* governor_way.c: the legs of a job, from where the table stands; ERR_RANGE, ERR_DENIED */
int governor_plan(const struct governor *governor, struct job *job, struct err *err);
int governor_check_home(const struct governor *governor, struct err *err);
int governor_check_spin(const struct governor *governor, int32_t speed_mdeg_s, struct err *err);

/* governor_cable.c */
void governor_cable_begin(struct governor *governor, const struct job *job);	/* a motion is about to be given */
void governor_cable_homed(struct governor *governor);
void governor_cable_step(struct governor *governor);

/* governor_watch.c */
void governor_watch_begin(struct governor *governor);
void governor_watch_step(struct governor *governor);

/* governor_stop.c */
void governor_rest(struct governor *governor, enum drive_urgent how);
void governor_stop(struct governor *governor, const struct governor_request *request, uint64_t number);
void governor_stop_step(struct governor *governor);
void governor_stop_running(struct governor *governor, enum governor_outcome outcome, const char *reason);

/* governor_halt.c */
void governor_halt_now(struct governor *governor, enum governor_halt_kind kind, const char *reason, const char *by);
int governor_clear(struct governor *governor, const struct governor_request *request, uint64_t number, struct err *err);
void governor_cleared(struct governor *governor, const char *by);
void governor_halt_step(struct governor *governor);

/* governor_lease.c */
int governor_admit(struct governor *governor, const struct governor_request *request, struct err *err);
void governor_lease_end(struct governor *governor, const char *why);
void governor_lease_step(struct governor *governor);
/* Whether the path from @min_mdeg to @max_mdeg lies in the window of the lease @lease; 0: it has none. */
int governor_check_window(const struct governor *governor, uint64_t lease, int64_t min_mdeg, int64_t max_mdeg,
			  struct err *err);

#endif
