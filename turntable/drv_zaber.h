/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drv_zaber.h - the insides of the Zaber ASCII driver, shared by its drv_zaber_*.c files only. */
#ifndef OSTEND_TURNTABLE_DRV_ZABER_H
#define OSTEND_TURNTABLE_DRV_ZABER_H

#include "station/base/clock.h"
#include "turntable/driver.h"
#include "turntable/text_line.h"

#define ZABER_PENDING_MAX 8
#define ZABER_FLAGS_MAX 12		/* of warnings that stand at one time */
#define ZABER_WORDS_MAX 64
#define ZABER_IDS 100

#define ZABER_ASK_AGAIN_NS (120 * NS_PER_MS)	/* a question or its reply may be lost on the line */

enum zaber_phase {
	ZABER_CLOSED,
	ZABER_ASKING,		/* going through the opening questions, in the order of enum zaber_kind */
	ZABER_READY,
};

/* What was sent; the first ones are the opening. */
enum zaber_kind {
	ZABER_CLEAR, ZABER_ENABLE,	/* only when a person clears a fault */
	ZABER_VERSION, ZABER_CHECKSUM, ZABER_TURN, ZABER_MAXSPEED, ZABER_APPROACH, ZABER_ACCEL, ZABER_MIN,
	ZABER_MAX, ZABER_HOMED, ZABER_HAS_ENCODER, ZABER_WARNINGS,
	ZABER_OPENING_COUNT,
	ZABER_POS = ZABER_OPENING_COUNT, ZABER_ENCODER,
	ZABER_SET_SPEED, ZABER_SET_ACCEL, ZABER_MOVE, ZABER_HOME, ZABER_STOP, ZABER_ESTOP,
};

enum zaber_act {
	ZABER_ACT_NONE, ZABER_ACT_HOME, ZABER_ACT_MOVE, ZABER_ACT_SPIN, ZABER_ACT_CLEAR, ZABER_ACT_ACCELERATE,
};

enum zaber_stage {
	ZABER_SETTING,		/* maxspeed is on its way, the motion follows */
	ZABER_SENT,		/* the motion is on its way; not to be sent again, whatever happens */
	ZABER_TAKEN,		/* the controller has it */
};

struct zaber_reply {
	char type;		/* '@' reply, '!' alert, '#' info */
	int address, axis;	/* axis 0: the device */
	int id;			/* -1: none */
	bool rejected, busy;
	char flag[3];		/* of the highest warning; "--": none */
	char data[TEXT_LINE_MAX];
	bool checked;		/* it had a checksum, and the right one */
};

/* What a warning flag means for us. */
enum zaber_meaning {
	ZABER_FAULT = 1,	/* nothing more until a person has cleared it */
	ZABER_OFF = 2,		/* the motor is without current: nothing holds the table */
	ZABER_LOST = 4,		/* the count is not to be trusted; an encoder's is */
	ZABER_BLIND = 8,	/* an encoder's is not, either */
	ZABER_UNHOMED = 16,	/* it has no reference */
	ZABER_TELL = 32,	/* for the operator */
};

struct zaber_flag {
	char code[3];
	unsigned meaning;
	const char *sentence;
};

struct zaber {
	enum zaber_phase phase;
	uint64_t phase_ns;
	enum zaber_kind opening;		/* the question of the opening that is asked now */
	uint64_t next_ns;			/* the deadline */
	struct text_line line;
	unsigned noise;				/* lines that were no Zaber's, since the last good one */
	int address;
	unsigned next_id;
	struct { enum zaber_kind kind; unsigned id; uint64_t sent_ns; } pending[ZABER_PENDING_MAX];
	unsigned pending_count;
	bool checksums;				/* replies carry one: those without are damaged */
	int version;				/* 734 is 7.34 */
	bool has_encoder;

	uint64_t asked_ns;			/* the earliest question since the last good reply; 0: none */
	uint64_t asked_last_ns, ask_due_ns, heard_ns;
	bool ask_warnings, encoder_turn;	/* what the next question is */

	char flags[ZABER_FLAGS_MAX][3];
	unsigned flag_count;
	bool told_silent;			/* the message is that it does not answer */
	bool flags_known;			/* since the opening: what comes now is new */
	bool was_homed, moved_at_opening;

	int64_t maxspeed, speed_now, speed_sent;	/* as found; as it is, 0: not known; as told */
	int64_t approach, accel, min_native, max_native;
	int64_t turn_learned;			/* limit.cycle.dist, for as long as this drive lives */

	bool tracked, slip_told;
	struct drive_suspect suspect;
	uint64_t moved_ns;			/* of the last motion or stop command */
	int64_t still_native;
	unsigned still_count;			/* idle at still_native, asked for after moved_ns */

	enum zaber_act act;
	enum zaber_stage stage;
	unsigned tries;
	uint64_t act_ns, act_limit_ns;
	int64_t from_native, target_native, by_native;
	int32_t speed_mdeg_s;			/* MOVE: positive; SPIN: signed */
	int64_t speed_data, wanted_accel;
	uint64_t carrot_ns;			/* SPIN: when the target is next put ahead */
	int64_t progress_native;
	uint64_t progress_ns;

	bool stopping;
	uint64_t escalate_ns;			/* when estop follows the gentle stop; 0: never */
};

static inline struct zaber *zaber_of(const struct drive *drive)
{
	return drive->own;
}

static inline void zaber_wake(struct zaber *zaber, uint64_t at_ns)
{
	zaber->next_ns = MIN(zaber->next_ns, at_ns);
}

/* drv_zaber_words.c: the protocol */
uint8_t zaber_checksum(const char *text, size_t len);		/* of what stands between the first byte and ':' */
bool zaber_parse(struct zaber_reply *reply, const char *line);	/* false: damaged, or none of Zaber's */
bool zaber_integer(const char *text, int64_t *value);		/* the whole of @text */
int zaber_version(const char *text);				/* "7.34" is 734; 0: damaged */
const struct zaber_flag *zaber_flag(const char *code);
const char *zaber_reason(const char *data);			/* of a rejection, as a sentence */

/* drv_zaber.c: the session */
bool zaber_send(struct drive *drive, enum zaber_kind kind, uint64_t now_ns, const char *format, ...)
	PRINTF_LIKE(4, 5);
void zaber_open(struct drive *drive, enum zaber_kind from, uint64_t now_ns);
void zaber_ask_opening(struct drive *drive, uint64_t now_ns);
bool zaber_flagged(const struct zaber *zaber, const char *code);

/* drv_zaber_units.c: angles to the controller's numbers */
int zaber_check_settings(struct drive *drive, struct err *err);
int64_t zaber_speed_data(const struct drive *drive, int64_t mdeg_s);	/* rounded down, at least 1 */
int64_t zaber_accel_data(const struct drive *drive, int64_t mdeg_s2);
int64_t zaber_speed_mdeg_s(const struct drive *drive, int64_t data);
int64_t zaber_accel_mdeg_s2(const struct drive *drive, int64_t data);

/* drv_zaber_motion.c */
int zaber_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err);
void zaber_motion_step(struct drive *drive, uint64_t now_ns);
void zaber_answered(struct drive *drive, enum zaber_kind kind, const struct zaber_reply *reply, uint64_t now_ns);
void zaber_stood_still(struct drive *drive, uint64_t now_ns);

/* drv_zaber_stop.c */
void zaber_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns);
void zaber_fail(struct drive *drive, uint64_t now_ns, const char *format, ...) PRINTF_LIKE(3, 4);
void zaber_stop(struct drive *drive, uint64_t now_ns);
void zaber_lose_count(struct drive *drive);	/* the count is wrong: without an encoder that is the reference */

/* drv_zaber_flags.c: warnings */
void zaber_flag_seen(struct drive *drive, const char *code, uint64_t now_ns);	/* the highest one, of any reply */
void zaber_message(struct drive *drive);	/* all is well, but for the warnings that stand */
void zaber_flags_listed(struct drive *drive, const char *data, uint64_t now_ns);	/* all, of "warnings" */

/* drv_zaber_track.c: where the table is, and whether it stands */
void zaber_track(struct drive *drive, enum zaber_kind kind, const struct zaber_reply *reply, uint64_t sent_ns,
		 uint64_t now_ns);

/* drv_zaber_time.c */
void zaber_tick(struct drive *drive, uint64_t now_ns);

extern const struct drive_exchange zaber_transcript[];

#endif
