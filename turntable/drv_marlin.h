/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drv_marlin.h - the insides of the Marlin driver, shared by its drv_marlin_*.c files only. */
#ifndef OSTEND_TURNTABLE_DRV_MARLIN_H
#define OSTEND_TURNTABLE_DRV_MARLIN_H

#include "station/base/clock.h"
#include "turntable/driver.h"
#include "turntable/text_line.h"

#define MARLIN_WORDS_MAX 64
#define MARLIN_JERK_MDEG_S 500		/* M205 X0.5 of the opening: what speed it may begin with */
#define MARLIN_FIRST_LINE 1000		/* a controller that was reset wants line 1, and so is found out */

enum marlin_phase {
	MARLIN_CLOSED,
	MARLIN_LISTENING,	/* nothing is known of it yet: M110 until it is answered */
	MARLIN_ASKING,		/* going through the opening lines, in the order of enum marlin_kind */
	MARLIN_READY,
	MARLIN_HALTED,		/* it has killed itself: only its reset button helps */
};

/* What was sent; the ones before MARLIN_OPENED are the opening. */
enum marlin_kind {
	MARLIN_NUMBER, MARLIN_IDENTIFY, MARLIN_KEEPALIVE, MARLIN_MILLIMETRES, MARLIN_HOLD_MOTOR, MARLIN_FEED_100,
	MARLIN_SETTINGS, MARLIN_ENDSTOPS, MARLIN_JERK, MARLIN_FIRST_FINISH,
	MARLIN_OPENED,
	MARLIN_POSITION = MARLIN_OPENED, MARLIN_FINISH, MARLIN_RELATIVE, MARLIN_PIECE, MARLIN_HOME, MARLIN_ACCEL_TRAVEL,
	MARLIN_ACCEL_AXIS,
};

enum marlin_act {
	MARLIN_ACT_NONE, MARLIN_ACT_HOME, MARLIN_ACT_MOVE, MARLIN_ACT_SPIN, MARLIN_ACT_CLEAR, MARLIN_ACT_ACCELERATE,
};

/* Whether M114 R tells where the table is while it turns; found out with the first motion. */
enum marlin_eyes { MARLIN_EYES_UNKNOWN, MARLIN_EYES_OPEN, MARLIN_EYES_SHUT };

struct marlin_settings {		/* thousandths; 0: not said */
	int64_t steps_milli;		/* M92 X: of a step a millimetre */
	int64_t rate_milli;		/* M203 X: of a millimetre a second */
	int64_t accel_milli, travel_milli;	/* M201 X, M204 T */
	bool endstops;			/* M211: on */
	int64_t low_milli, high_milli;
};

struct marlin {
	enum marlin_phase phase;
	uint64_t phase_ns;
	uint64_t next_ns;		/* the deadline */
	struct text_line line;
	uint64_t byte_ns;		/* when its newest byte came */
	unsigned noise;			/* lines that were none of Marlin's, since the last good one */
	uint64_t heard_ns;

	/* the one line that is under way */
	struct {
		bool used, answered;	/* answered: its data has come, "ok" has not */
		enum marlin_kind kind;
		unsigned number;
		char bytes[MARLIN_WORDS_MAX + 24];
		uint64_t sent_ns, resend_ns;	/* resend_ns: it was asked for again; 0: not */
		unsigned tries;
	} flight;
	unsigned last_number;
	unsigned resends;		/* without a good answer in between */
	bool resync;			/* M110 must go before anything else */
	uint64_t quiet_ns;		/* nothing is sent before */

	bool emergency_parser;
	uint64_t busy_ns;		/* when it last said "busy"; 0: never */
	int version;			/* 20102 is 2.1.2; 0: not known */
	struct marlin_settings settings, said_before;
	unsigned readings;		/* how often it has said its settings; said_alike: the last two were the same */
	bool said_alike;
	enum marlin_eyes eyes;
	enum marlin_eyes seems;		/* one report said so */

	uint64_t ask_due_ns;
	bool finished;			/* M400 was answered, and nothing was set in motion since */
	uint64_t moved_ns;		/* of the last motion or stop */
	int64_t still_native;
	unsigned still_count;
	bool tracked, has_offset;
	int64_t offset_milli;		/* of its coordinate to its steps */
	int64_t other_milli, other_native;	/* the last report that did not agree */
	struct drive_suspect suspect;

	enum marlin_act act;
	bool sent;			/* its first line: G91, G28, M204 */
	bool going;			/* that was answered: pieces may follow, or the end is near */
	uint64_t act_limit_ns;
	int64_t from_native, target_native, left_native;	/* left: MOVE, not yet sent */
	uint64_t begin_ns;		/* when the first piece was sent; 0: not yet */
	int32_t speed_mdeg_s;		/* MOVE: positive; SPIN: signed */
	int64_t queued_native, piece_native;	/* where the planner's queue ends; the piece under way */
	int64_t carry;
	uint64_t chain_end_ns;		/* when what was sent would have been made, at full speed to the end */
	uint64_t queue_end_ns;		/* and with its deceleration */
	int64_t progress_native;
	uint64_t progress_ns;
	int64_t wanted_accel_milli;

	bool stopping;
	uint64_t quick_ns;		/* when M410 was last sent; 0: not since the last motion */
	uint64_t escalate_ns;		/* when M410 follows the gentle stop; 0: never */
	uint64_t kill_ns;		/* when M112 follows M410; 0: never */
};

static inline struct marlin *marlin_of(const struct drive *drive)
{
	return drive->own;
}

static inline void marlin_wake(struct marlin *marlin, uint64_t at_ns)
{
	marlin->next_ns = MIN(marlin->next_ns, at_ns);
}

/* drv_marlin_words.c: what it prints */
bool marlin_count(const char *line, int64_t *steps, int64_t *milli);	/* "X:10.00 ... Count X:800 ..." */
bool marlin_setting(const char *line, const char *code, char letter, int64_t *milli);	/* "echo: M92 X80.00" */
int marlin_version(const char *line);			/* of "FIRMWARE_NAME:Marlin 2.1.2 (..." */
bool marlin_soft_endstops(const char *line, struct marlin_settings *settings);
uint8_t marlin_checksum(const char *text, size_t len);

/* drv_marlin_lines.c: numbered lines and their answers */
bool marlin_send(struct drive *drive, enum marlin_kind kind, uint64_t now_ns, const char *format, ...)
	PRINTF_LIKE(4, 5);
void marlin_ok(struct drive *drive, const char *line, uint64_t now_ns);
void marlin_resend(struct drive *drive, const char *line, uint64_t now_ns);
void marlin_lines_step(struct drive *drive, uint64_t now_ns);

/* drv_marlin_settings.c */
void marlin_take_setting(struct drive *drive, const char *line);
bool marlin_read_again(struct marlin *marlin);		/* they were said, but not yet twice alike */
int marlin_check_settings(struct drive *drive, struct err *err);
int64_t marlin_native(const struct marlin *marlin, int64_t steps);	/* thousandths of a millimetre */
int64_t marlin_step_native(const struct marlin *marlin);		/* one step, rounded up */
void marlin_set_capabilities(struct drive *drive);

/* drv_marlin_motion.c */
int marlin_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err);
bool marlin_motion_line(struct drive *drive, uint64_t now_ns);	/* send the next one; false: none is due */
void marlin_motion_step(struct drive *drive, uint64_t now_ns);
void marlin_motion_answered(struct drive *drive, enum marlin_kind kind, uint64_t now_ns);
void marlin_stood_still(struct drive *drive, uint64_t now_ns);

/* drv_marlin_stop.c */
void marlin_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns);
void marlin_fail(struct drive *drive, uint64_t now_ns, const char *format, ...) PRINTF_LIKE(3, 4);
void marlin_stop_step(struct drive *drive, uint64_t now_ns);
void marlin_unasked(struct drive *drive, uint64_t now_ns);	/* it turns, and nobody has told it to */

/* drv_marlin_track.c */
/** The controller says @native by its steps and @milli by its coordinate, which may have an offset. */
void marlin_track(struct drive *drive, int64_t native, int64_t milli, size_t len_bytes, uint64_t now_ns);
bool marlin_may_ask(const struct drive *drive, uint64_t now_ns);	/* for the position, now */

/* drv_marlin.c: the session */
void marlin_open(struct drive *drive, uint64_t now_ns);
void marlin_was_reset(struct drive *drive, uint64_t now_ns);
void marlin_fell_silent(struct drive *drive, uint64_t now_ns);
void marlin_answered(struct drive *drive, enum marlin_kind kind, uint64_t now_ns);

extern const struct drive_exchange marlin_transcript[];

#endif
