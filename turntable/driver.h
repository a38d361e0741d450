/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * driver.h - what every turntable driver is: pure functions over a struct, without I/O and clock.
 *
 * A `struct drive` is one driver at work on one controller. Whoever owns the line gives it bytes and
 * time; it leaves bytes to send in `tx`, what it knows in `state`, and calls `event`. So a driver can
 * be replayed, fuzzed and run faster than time. A new driver is `drv_<name>.c`, a line in drivers.def
 * and one in Makefile.am. Thread: the line's owner. Angles are millidegrees, unwrapped, clockwise
 * from above; times are monotonic nanoseconds.
 */
#ifndef OSTEND_TURNTABLE_DRIVER_H
#define OSTEND_TURNTABLE_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "station/base/err.h"
#include "station/base/pose.h"
#include "turntable/geometry.h"

#define DRIVE_TX_BYTES 1024
#define DRIVE_UNCERTAINTY_UNKNOWN INT32_MAX

/* What a table can do; the governor refuses what is missing and never emulates it silently. */
enum drive_capability {
	DRIVE_CAN_REPORT = 1 << 0,	/* says its angle when asked */
	DRIVE_CAN_HOME = 1 << 1,
	DRIVE_CAN_GOTO = 1 << 2,	/* moves to an absolute angle */
	DRIVE_CAN_SPIN = 1 << 3,	/* turns on until stopped */
	DRIVE_CAN_RESPIN = 1 << 4,	/* changes the speed of a spin without stopping first */
	DRIVE_CAN_STOP = 1 << 5,	/* decelerates to a stop and keeps the count */
	DRIVE_CAN_STOP_NOW = 1 << 6,	/* stops at once; the count may be lost */
	DRIVE_STOPS_ALONE = 1 << 7,	/* comes to a stop by itself when the host falls silent */
	DRIVE_HAS_ENCODER = 1 << 8,
	DRIVE_CAN_ACCELERATE = 1 << 9,	/* takes the acceleration it is told, DRIVE_ACCELERATE */
	DRIVE_SETS_SPEED = 1 << 10,	/* moves at the speed it is told; without: at its own, limits.own_mdeg_s */
};

struct line_settings {		/* 8 data bits, no parity, one stop bit unless said otherwise */
	int baud, data_bits, stop_bits;
	char parity;		/* 'N', 'E', 'O' */
};

/* What the engineer knows of one table and its controller cannot say. */
struct drive_config {
	struct ratio units_per_turn;	/* of the controller's unit, gear left out; 0/0: the driver's usual */
	struct ratio gear;		/* turns of the driven axis to one of the table; 0/0: 1/1 */
	bool reversed;
	int64_t zero_mdeg;		/* geometry.zero_mdeg */
	int32_t backlash_mdeg;
	int address;			/* on the line, where the protocol has addresses; 0: the driver's usual */
	bool turn_unsure;		/* it is being calibrated: no lost steps are to be concluded from it */
	int32_t own_mdeg_s, own_mdeg_s2;	/* as measured, where the controller cannot be asked or told; 0: not known */
};

struct drive_limits {
	int32_t max_mdeg_s, max_mdeg_s2;	/* the controller's own; 0: not known (yet) */
	int32_t min_mdeg_s;			/* slower than this it cannot; 0: no such limit */
	int32_t own_mdeg_s;			/* the one speed of a controller without DRIVE_SETS_SPEED; 0: not known */
	int32_t home_mdeg_s;			/* the fastest that it turns while homing; 0: not known */
	int home_way;				/* homing turns 1: clockwise, -1: counter-clockwise; 0: not known */
	int64_t min_mdeg, max_mdeg;		/* unwrapped positions it can count exactly enough */
};

struct drive_state {
	enum pose_link link;
	enum pose_motion motion;
	enum pose_reference reference;
	enum pose_source source;
	int64_t reported_mdeg, commanded_mdeg;
	int64_t native;			/* the controller's count behind reported_mdeg, in its own units */
	int32_t uncertainty_mdeg;	/* at the time of the sample; a reader adds |speed| x age */
	int32_t speed_mdeg_s;		/* signed */
	uint64_t sampled_ns;
	uint64_t samples;		/* counts the reports, so that a reader sees a new one */
	uint32_t epoch;
	bool kept_count;		/* the controller was at rest, counting, when the line was opened, and says
					   that it has not lost its power since it was last homed or unlocked */
	char fault[32];			/* latched: the controller's own words; "" when there is none */
	char message[200];		/* a sentence for the operator; "" */
};

enum drive_act { DRIVE_HOME, DRIVE_MOVE, DRIVE_SPIN, DRIVE_CLEAR, DRIVE_ACCELERATE };

struct drive_command {
	enum drive_act act;
	int64_t target_mdeg;		/* MOVE: unwrapped, at most one turn from where the table is */
	int32_t speed_mdeg_s;		/* MOVE: above 0; SPIN: signed */
	int32_t accel_mdeg_s2;		/* ACCELERATE: to be used from now on; limits.max_mdeg_s2 follows */
	bool remote;			/* given from afar: a motion must be bounded at the controller */
};

enum drive_urgent { DRIVE_STOP, DRIVE_ESTOP, DRIVE_ESTOP_NOW };

enum drive_link {
	DRIVE_LINK_OPENED,
	DRIVE_LINK_LOST,		/* unplugged, hung up */
	DRIVE_LINK_CUT,			/* bytes handed over were thrown away, perhaps inside a line */
};

enum drive_event_kind {
	DRIVE_EVENT_DONE,	/* the command has ended: standing still where it was sent, by its own word */
	DRIVE_EVENT_FAILED,	/* the command has ended otherwise; `text` says why */
	DRIVE_EVENT_NOTE,	/* for the record: what the driver saw */
	DRIVE_EVENT_LOST_STEPS,	/* for the record: the angles since the last homing were wrong, and by how much */
};

struct drive_event {
	enum drive_event_kind kind;
	const char *text;	/* a sentence, or "" */
};

/* Bytes as they pass, for the test that plays each driver: sent by us, or answered. */
struct drive_exchange {
	enum drive_step { DRIVE_PLAY_SENT, DRIVE_PLAY_ANSWER, DRIVE_PLAY_WAIT_MS, DRIVE_PLAY_COMMAND,
			  DRIVE_PLAY_STOP, DRIVE_PLAY_DONE, DRIVE_PLAY_END,
			  DRIVE_PLAY_ASKS,	/* from here on it may send these bytes at any time: its questions */
			} step;
	const char *bytes;
	size_t len_bytes;		/* 0: up to the NUL */
	int value;
	struct drive_command command;
};

struct drive;

struct table_driver {
	const char *name, *title;
	struct line_settings line;
	int other_bauds[4];		/* that such controllers are found with too; ended by 0 */
	const char *unit;		/* that its controllers count in: "mm", "microstep" */
	int64_t native_per_unit;	/* whole numbers of which it keeps: 1000 for three decimals */
	struct ratio units_per_turn;	/* usual; a driver whose controller says it sets geometry.turn */
	size_t own_bytes;		/* of the struct behind drive->own */

	void (*init)(struct drive *drive);	/* geometry and config stand */
	/** @len_bytes of @bytes arrived. Any bytes at all are safe. */
	void (*rx)(struct drive *drive, const uint8_t *bytes, size_t len_bytes, uint64_t now_ns);
	void (*tick)(struct drive *drive, uint64_t now_ns);
	/** When tick is next wanted; UINT64_MAX: not. */
	uint64_t (*deadline)(const struct drive *drive);
	/** Start @command; its end comes as one event. ERR_STATE, ERR_UNSUPPORTED, ERR_RANGE. */
	int (*command)(struct drive *drive, const struct drive_command *command, uint64_t now_ns,
		       struct err *err);
	/**
	 * Stop: forget the command (without an event), write the bytes that stop the table in its
	 * present state. Called again until state.motion is still. Never fails.
	 */
	void (*urgent)(struct drive *drive, enum drive_urgent how, uint64_t now_ns);
	void (*link)(struct drive *drive, enum drive_link what, uint64_t now_ns);

	const struct drive_exchange *transcript;
};

struct drive {
	const struct table_driver *driver;
	struct drive_state state;
	struct drive_limits limits;
	struct drive_config config;
	struct ratio learnt;		/* units to a turn as its controller says, used or not; 0/0: it has not */
	struct geometry geometry;	/* change it by drive_set_geometry(); the driver reads it only */
	int64_t play_mdeg;		/* 0 to backlash: how far the play is known to be taken up clockwise */
	uint32_t capabilities;
	uint8_t tx[DRIVE_TX_BYTES];	/* the line's owner takes from the front */
	size_t tx_len_bytes;
	void (*event)(void *owner, const struct drive_event *event);
	void *owner;
	void *own;
};

/**
 * A drive of @driver, its epoch starting at @epoch. @out the caller's to free.
 *
 * @config NULL: all as usual with this driver
 * @return 0; ERR_NOMEM; ERR_RANGE: the turn of the table cannot be counted
 */
int drive_new(struct drive **out, const struct table_driver *driver, const struct drive_config *config,
	      uint32_t epoch, void (*event)(void *owner, const struct drive_event *event), void *owner,
	      struct err *err);
struct drive *drive_free(struct drive *drive);
DEFINE_FREEP(drive_free, struct drive *)

/** The driver called @name; NULL when there is none. */
const struct table_driver *drive_find(const char *name);
/** The drivers in the order of drivers.def; NULL after the last. */
const struct table_driver *drive_at(size_t index);

/** What the capability 1 << @bit is called in states and on screens, "stops-alone"; NULL after the last. */
const char *drive_capability_name(size_t bit);

/**
 * The numbers of @config for this drive: where it does not give the turn, what the controller has said, else
 * what is usual. ERR_RANGE: the turn cannot be counted.
 */
int drive_reckon(struct geometry *out, const struct drive *drive, const struct drive_config *config, struct err *err);

/**
 * Take other numbers for the table from now on, at rest and with no command running: the angle is computed
 * anew and the epoch rises, since no earlier angle compares with a later one.
 */
void drive_set_geometry(struct drive *drive, const struct geometry *geometry);

/* --- for drivers --- */

/**
 * The controller says that it counts @native, or said so at @sampled_ns: the reported angle, its
 * uncertainty (resolution and play; unknown without a reference) and the number of samples follow.
 */
void drive_sample(struct drive *drive, int64_t native, int32_t speed_mdeg_s, uint64_t sampled_ns);
/** For reasons of the driver's own the last sample is less sure than drive_sample() has it, by so much. */
void drive_add_uncertainty(struct drive *drive, int64_t mdeg);
/** Turn a count of the controller's units a turn into drive->geometry, unless the engineer has given one. */
int drive_learn_turn(struct drive *drive, struct ratio units_per_turn, struct err *err);

/** Add to tx. What does not fit is dropped and false returned: the line is stuck. */
bool drive_send(struct drive *drive, const void *bytes, size_t len_bytes);
void drive_emit(struct drive *drive, enum drive_event_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);
void drive_message(struct drive *drive, const char *format, ...) PRINTF_LIKE(2, 3);
/**
 * Latch a fault: @word is the controller's own for it, the sentence is for the operator. It stays until a
 * person clears it, and the first one is the one that tells: while there is one, another changes nothing.
 */
void drive_fault(struct drive *drive, const char *word, const char *format, ...) PRINTF_LIKE(3, 4);
/** Forget the fault and its sentence: a person has cleared it. */
void drive_forget_fault(struct drive *drive);
/** The line was opened: whatever was known before is of another life. */
void drive_line_opened(struct drive *drive);
/** The line has gone, unplugged or hung up; the driver ends its command. */
void drive_line_lost(struct drive *drive);
/** A command moves the table from now on: where to, and how fast it may turn before the next sample says so. */
void drive_begins(struct drive *drive, const struct drive_command *command);
/** Homing has ended at the mark, and the last sample is of the table at rest there. */
void drive_homed(struct drive *drive);
/** The command has ended as it should. */
void drive_done(struct drive *drive);
/** CLEAR has ended: done, or failed by a fault that is still there, or there again. */
void drive_cleared(struct drive *drive);

/* A position that cannot be: a line may be damaged once, but hardly twice alike. */
struct drive_suspect {
	bool is;
	int64_t native;
};

/** Whether @native, which cannot be, was said before: to @within counts. If not, it is the suspect from now on. */
bool drive_said_again(struct drive_suspect *suspect, int64_t native, int64_t within);
/** How old the last sample is, for what the table can have done since: 50 ms more, and a minute at most. */
int64_t drive_age_ms(const struct drive *drive, uint64_t now_ns);

/** The reference may be gone: the epoch rises, the reference is none, the uncertainty unknown. */
void drive_lose_reference(struct drive *drive);

#endif
