/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drv_comxim.h - the insides of the ComXim driver, shared by its drv_comxim*.c files only. */
#ifndef OSTEND_TURNTABLE_DRV_COMXIM_H
#define OSTEND_TURNTABLE_DRV_COMXIM_H

#include "station/base/clock.h"
#include "turntable/circle.h"
#include "turntable/driver.h"

#define COMXIM_TEXT_MAX 64		/* the longest answer is some 30 characters */
#define COMXIM_PENDING_MAX 2		/* one question, and a stop */
#define COMXIM_TOLERANCE 20		/* hundredths of a degree: this near to its goal it has arrived */
#define COMXIM_PIECE_MDEG 180000	/* so that an angle modulo one turn tells where in it the table is */

enum comxim_phase { COMXIM_CLOSED, COMXIM_OPENING, COMXIM_READY };

enum comxim_said {
	COMXIM_SAID_NOTHING, COMXIM_SAID_OK, COMXIM_SAID_ERROR, COMXIM_SAID_END, COMXIM_SAID_PAUSE,
	COMXIM_SAID_ANGLE, COMXIM_SAID_OTHER,
};

struct comxim_word {
	enum comxim_said said;
	int error;			/* ERROR: its number */
	int64_t angle;			/* ANGLE: hundredths of a degree */
};

/* What was asked, so that an answer finds its question. */
enum comxim_line {
	COMXIM_LINE_STEP, COMXIM_LINE_ANGLE, COMXIM_LINE_ALIVE, COMXIM_LINE_SPEED, COMXIM_LINE_TURN,
	COMXIM_LINE_HOME, COMXIM_LINE_ZERO, COMXIM_LINE_STOP,
};

enum comxim_act { COMXIM_ACT_NONE, COMXIM_ACT_HOME, COMXIM_ACT_MOVE, COMXIM_ACT_SPIN, COMXIM_ACT_CLEAR };

/* A motion is made of pieces, and each piece of these. */
enum comxim_leg {
	COMXIM_LEG_SPEED,		/* the level of speed is to be set */
	COMXIM_LEG_START,		/* the turn is to be sent */
	COMXIM_LEG_SENT,		/* its CR+OK is to come */
	COMXIM_LEG_RUN,			/* it turns, by its own word */
	COMXIM_LEG_ZERO,		/* HOME: at its mark, where it is to count 0 */
	COMXIM_LEG_ZEROED,		/* HOME: its next two angles must say so */
};

struct comxim {
	enum comxim_phase phase;
	uint64_t phase_ns;
	unsigned step, tries;		/* of the opening */
	uint64_t first_answer_ns;	/* in it; 0: none yet */
	uint64_t next_ns;		/* the deadline */

	char text[COMXIM_TEXT_MAX];
	size_t text_len;
	unsigned noise;			/* texts that were none of its, since the last good one */

	struct { enum comxim_line kind; uint64_t sent_ns; } pending[COMXIM_PENDING_MAX];
	unsigned pending_count;
	uint64_t quiet_ns;		/* an answer did not come: nothing but a stop is sent before this time */
	uint64_t answered_ns, heard_ns, ask_due_ns;
	bool cut;			/* half a command may stand in its buffer: the next begins with ';' */

	bool has_angle, newer;		/* GETOFFSETANGLE; HOME */
	bool old_spelling, spelling_known;
	bool beats_off;			/* it beats no more, unless its power goes and comes */
	bool answers_moving;
	unsigned level;			/* as it was last set; 0: not known */

	struct circle circle;		/* of its angle; from and by are the piece that was sent */

	bool stopping;
	uint64_t stopped_ns, stop_heard_ns;	/* the first CR+OK to the stop, the last; 0: it has not come */

	enum comxim_act act;
	enum comxim_leg leg;
	bool remote;
	unsigned wanted_level;
	int32_t speed_mdeg_s;		/* of the table at that level; unsigned */
	int64_t target_native;		/* MOVE */
	int64_t spin_by;		/* SPIN: a whole piece */
	uint64_t run_ns, expected_ns, limit_ns;	/* expected: how long the piece takes */
	bool end_said, end_owed;	/* TB_END: of this piece; one may still come of an earlier */

	int32_t drift_mdeg;		/* dead reckoning: what may have summed up in this epoch */
	uint32_t drift_epoch;
};

static inline struct comxim *comxim_of(const struct drive *drive)
{
	return drive->own;
}

static inline void comxim_wake(struct comxim *comxim, uint64_t at_ns)
{
	comxim->next_ns = MIN(comxim->next_ns, at_ns);
}

static inline bool comxim_in_flight(const struct comxim *comxim)
{
	return comxim->act != COMXIM_ACT_NONE && comxim->act != COMXIM_ACT_CLEAR &&
	       (comxim->leg == COMXIM_LEG_SENT || comxim->leg == COMXIM_LEG_RUN);
}

/* How long it speeds up or slows down at most, by what the engineer has measured. */
static inline uint64_t comxim_ramp_ns(const struct drive *drive)
{
	int64_t accel = drive->config.own_mdeg_s2;

	return accel ? (uint64_t)(drive->limits.max_mdeg_s * INT64_C(1000) / accel) * NS_PER_MS : NS_PER_S;
}

/* drv_comxim_words.c: what it says, and how fast it is */
void comxim_read(struct comxim_word *word, const char *text);	/* without the ';' */
/** The level that turns no faster than @speed_mdeg_s, and how fast that is; 0: it cannot turn so slowly. */
unsigned comxim_level(const struct drive *drive, int32_t speed_mdeg_s, int32_t *level_mdeg_s);
void comxim_set_limits(struct drive *drive);
const char *comxim_error_sentence(int number);

/* drv_comxim.c: the line */
bool comxim_may_send(struct comxim *comxim, uint64_t now_ns);
bool comxim_send(struct drive *drive, enum comxim_line kind, const char *text, uint64_t now_ns);
void comxim_enter(struct drive *drive, enum comxim_phase phase, uint64_t now_ns);

/* drv_comxim_open.c: the opening */
void comxim_opening_step(struct drive *drive, uint64_t now_ns);
void comxim_step_answered(struct drive *drive, const struct comxim_word *word, uint64_t asked_ns, uint64_t now_ns);
void comxim_step_unanswered(struct drive *drive, uint64_t now_ns);
bool comxim_step_asks_angle(const struct comxim *comxim);
bool comxim_step_asks_speed(const struct comxim *comxim);

/* drv_comxim_motion.c */
int comxim_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns, struct err *err);
void comxim_motion_step(struct drive *drive, uint64_t now_ns);
void comxim_answered(struct drive *drive, enum comxim_line kind, const struct comxim_word *word, uint64_t now_ns);
void comxim_ended(struct drive *drive, uint64_t now_ns);		/* TB_END came */
void comxim_stood_still(struct drive *drive, uint64_t now_ns);

/* drv_comxim_stop.c */
void comxim_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns);
void comxim_stop_step(struct drive *drive, uint64_t now_ns);
void comxim_stop_answered(struct drive *drive, uint64_t now_ns);
void comxim_rested(struct drive *drive);
void comxim_fail(struct drive *drive, uint64_t now_ns, const char *format, ...) PRINTF_LIKE(3, 4);
void comxim_brake(struct drive *drive, uint64_t now_ns);	/* SETSTOP, and wait for rest */

/* drv_comxim_track.c: where the table is, and whether it stands */
void comxim_track(struct drive *drive, int64_t angle, uint64_t asked_ns, uint64_t now_ns);
/** It is believed to be at @native; @doubt_mdeg: of the piece that is under way. */
void comxim_reckon(struct drive *drive, int64_t native, int64_t doubt_mdeg, uint64_t now_ns);

extern const struct drive_exchange comxim_transcript[];

#endif
