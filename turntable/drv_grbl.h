/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drv_grbl.h - the insides of the Grbl 1.1 driver, shared by its drv_grbl_*.c files only. */
#ifndef OSTEND_TURNTABLE_DRV_GRBL_H
#define OSTEND_TURNTABLE_DRV_GRBL_H

#include "station/base/clock.h"
#include "turntable/driver.h"
#include "turntable/text_line.h"

/* Real-time bytes (Grbl 1.1 interface.md, "Real-Time Commands"): outside the receive ring, no answer. */
#define GRBL_STATUS "?"
#define GRBL_HOLD "!"
#define GRBL_RESET "\x18"
#define GRBL_JOG_CANCEL "\x85"

#define GRBL_PENDING_MAX 8
#define GRBL_ASK_MOVING_NS (33 * NS_PER_MS)	/* 60 bytes in 33 ms are a sixth of the line */
#define GRBL_ASK_AGAIN_NS (120 * NS_PER_MS)	/* a question or its answer may be lost on the line */

enum grbl_phase {
	GRBL_CLOSED,
	GRBL_LISTENING,		/* just opened: either a banner comes, or the board did not reset */
	GRBL_RESETTING,		/* 0x18 sent: half a second of silence, then the banner */
	GRBL_ASKING_BUILD,
	GRBL_ASKING_SETTINGS,
	GRBL_WRITING,		/* of $120: the chip hears nothing as it writes its EEPROM */
	GRBL_READY,
	GRBL_HALTED,		/* after ALARM:1 or 2 it answers nothing but 0x18 */
};

enum grbl_said {
	GRBL_SAID_NOTHING, GRBL_SAID_IDLE, GRBL_SAID_RUN, GRBL_SAID_HOLD, GRBL_SAID_HOLDING,
	GRBL_SAID_JOG, GRBL_SAID_ALARM, GRBL_SAID_DOOR, GRBL_SAID_CHECK, GRBL_SAID_HOME,
	GRBL_SAID_SLEEP,
};

enum grbl_act { GRBL_ACT_NONE, GRBL_ACT_HOME, GRBL_ACT_MOVE, GRBL_ACT_SPIN, GRBL_ACT_CLEAR, GRBL_ACT_ACCELERATE };

enum grbl_line {
	GRBL_LINE_BUILD, GRBL_LINE_SETTINGS, GRBL_LINE_JOG, GRBL_LINE_HOME, GRBL_LINE_UNLOCK, GRBL_LINE_WRITE,
};

/* "native" is a thousandth of the controller's millimetre: the last digit that it prints. */
struct grbl_report {
	enum grbl_said said;
	char word[16];			/* the state as it was written: "Hold:0" */
	bool has_machine, has_work, has_offset, has_feed;
	bool at_switch;			/* "Pn:" names the X switch */
	int64_t machine_native, work_native, offset_native;
	int64_t feed_native_min;	/* of FS or F; 0 when absent */
};

struct grbl_settings {
	uint32_t seen;			/* bit n: the n-th of grbl_parse_setting() was there */
	int64_t idle_delay, report_mask, inches, soft_limits, hard_limits, homing;	/* thousandths too */
	int64_t home_down;		/* $23: bit 0, homing goes down the count */
	int64_t steps_milli;		/* $100: thousandths of a step a millimetre */
	int64_t rate_native_min;	/* $110 */
	int64_t accel_native_s2;	/* $120 */
	int64_t travel_native;		/* $130 */
	int64_t locate_native_min, seek_native_min, pulloff_native;	/* $24, $25, $27 */
};

#define GRBL_SETTINGS_ALL 0x3fff	/* all bits of `seen` */

struct grbl_build {			/* [OPT:...] of $I; Grbl 1.1 interface.md */
	bool home_one_axis;		/* H: $HX is there, and $H homes the other axes too */
	bool wakes_unlocked;		/* L: with homing on it is not locked at power-up */
	bool zero_at_pulloff;		/* Z: after homing it counts 0, not the pull-off */
	bool core_xy;			/* C: X is turned by two motors together */
	unsigned planner, ring;		/* motions; bytes */
};

/* Looking for the switch by count, before homing gives another count (drv_grbl_survey.c). */
struct grbl_survey {
	enum grbl_look {
		GRBL_LOOK_NOT, GRBL_LOOK_FAST, GRBL_LOOK_ON, GRBL_LOOK_CAUGHT, GRBL_LOOK_BACK, GRBL_LOOK_CREEP,
		GRBL_LOOK_FOUND,
	} look;
	int64_t fast_native_min, creep_native_min;
	int64_t expected_native, end_native;
	int64_t from_native, to_native;		/* where it creeps */
	int64_t clear_native, caught_native;	/* the newest report without the switch, the first with it */
	bool is_clear, last_try;
	int64_t lost_native, spread_native;	/* the result, when `known` */
	bool known;
};

struct grbl {
	enum grbl_phase phase;
	uint64_t phase_ns;		/* since when */
	uint64_t reset_ns;		/* when 0x18 was last sent */
	bool tried_reset;		/* on a line that was silent from its opening */
	uint64_t next_ns;		/* the deadline */
	struct text_line line;
	unsigned noise;			/* lines that were none of Grbl's, since the last good one */

	struct { enum grbl_line kind; uint64_t sent_ns; int64_t by_native; } pending[GRBL_PENDING_MAX];
	unsigned pending_count;

	uint64_t asked_ns;		/* the earliest '?' without an answer; 0: none */
	uint64_t asked_last_ns, ask_due_ns, heard_ns;

	struct grbl_settings settings;
	struct grbl_build build;
	enum grbl_said said;
	char word[16];
	bool at_switch;
	unsigned strange_reports;	/* of a closed switch where there is none, one after the other */
	uint32_t strange_epoch;		/* began with them; 0: none */
	unsigned settings_asked;	/* how often since the last $I */
	bool has_offset;
	int64_t offset_native;		/* the work offset, for tables that report WPos */
	struct drive_suspect suspect;	/* a position that was too far off to believe once */
	bool tracked;			/* the last position is one to compare the next with */
	uint64_t tracked_ns;		/* when it was asked for */
	unsigned home_reports;		/* of the state Home, one after the other, while nothing homes */
	bool rested;			/* stood still, and nothing was set in motion since */
	int64_t speed_native_s;		/* of the last report, signed */

	uint64_t moved_ns;		/* of the last motion or stop command */
	int64_t still_native;
	unsigned still_count;		/* reports of rest at still_native, all asked for after moved_ns */

	enum grbl_act act;
	uint64_t act_ns, act_limit_ns;
	int64_t target_native, piece_left_native;
	int64_t feed_native_min;	/* signed */
	bool unlocking;			/* $X is on its way, the motion follows */
	bool home_answered;
	int64_t from_native;		/* where the act began */
	bool chained;			/* jogs are under way that the following tell of */
	float queued_mm, planned_mm;	/* where Grbl's own single-precision sum stands: of all sent, of all answered */
	uint64_t watched_ns;		/* the last report of the chain */
	bool cruised;			/* it has been seen at the speed of feed_native_min */
	int64_t carry;			/* of the division of speed by pieces */
	int64_t progress_native;	/* where it was seen to advance last */
	uint64_t progress_ns;
	int64_t accel_native_s2;	/* ACCELERATE: what $120 is to be */
	struct grbl_survey survey;

	bool stopping;
	uint64_t escalate_ns;		/* when 0x18 follows the gentle stop; 0: never */
	uint64_t halted_ns;
	unsigned resets_due;		/* 0x18 sent whose banner has not come */
	int reset_alarm_ok;		/* we sent the reset: its ALARM:3 or 6 is no fault */
	bool was_idle;			/* at rest, unlocked, before the opening's reset */
	bool reset_done;		/* by us, and nothing was set in motion since */
};

static inline struct grbl *grbl_of(const struct drive *drive)
{
	return drive->own;
}

static inline void grbl_wake(struct grbl *grbl, uint64_t at_ns)
{
	grbl->next_ns = MIN(grbl->next_ns, at_ns);
}

/* drv_grbl_words.c: what it printed */
bool grbl_parse_report(struct grbl_report *report, const char *line);	/* "<Idle|MPos:...>" */
void grbl_parse_setting(struct grbl_settings *settings, const char *line);	/* "$100=80.000" */
void grbl_parse_build(struct grbl_build *build, const char *line);	/* "[OPT:VH,15,128]" */

/* drv_grbl_codes.c: its numbers as sentences, with what to do */
const char *grbl_error_sentence(int number);
const char *grbl_alarm_sentence(int number);

/* drv_grbl_settings.c: is this controller set up as a turntable? */
int grbl_check_settings(struct drive *drive, struct err *err);
void grbl_advise(struct drive *drive);		/* notes on what works, but not well */
int64_t grbl_step_native(const struct grbl *grbl);	/* one step, rounded up, at least 1 */
int64_t grbl_turn_native(const struct drive *drive);	/* one turn of the table */
int64_t grbl_switch_native(const struct grbl *grbl);	/* the count where homing finds the switch */

/* drv_grbl_open.c: from an open port to a controller that is known */
void grbl_banner(struct drive *drive, const char *line, uint64_t now_ns);
void grbl_adopt(struct drive *drive, const struct grbl_report *report, uint64_t now_ns);
void grbl_ask_build(struct drive *drive, uint64_t now_ns);
void grbl_ask_settings(struct drive *drive, uint64_t now_ns);
void grbl_settings_read(struct drive *drive, uint64_t now_ns);

/* drv_grbl_motion.c: jogs, and what the answers and the standing still make of them */
int grbl_command(struct drive *drive, const struct drive_command *command, uint64_t now_ns,
		 struct err *err);
bool grbl_jog(struct drive *drive, int64_t by_native, int64_t feed_native_min, uint64_t now_ns);
void grbl_head_for(struct drive *drive, int64_t target_native, int64_t feed_native_min, uint64_t now_ns);
void grbl_motion_step(struct drive *drive, uint64_t now_ns);
void grbl_answered(struct drive *drive, enum grbl_line kind, int error, uint64_t now_ns);
void grbl_stood_still(struct drive *drive, uint64_t now_ns);
void grbl_done(struct drive *drive);

/* drv_grbl_chain.c: the short jogs that every motion is made of */
void grbl_chain_begin(struct drive *drive, uint64_t now_ns);
void grbl_chain_step(struct drive *drive, uint64_t now_ns);
void grbl_chain_watch(struct drive *drive, uint64_t now_ns);
void grbl_chain_rests(struct drive *drive, uint64_t now_ns);
int64_t grbl_chain_end(const struct grbl *grbl);	/* the count where all that was sent ends */
void grbl_chain_answered(struct grbl *grbl, int64_t by_native);

/* drv_grbl_home.c */
void grbl_home_start(struct drive *drive, uint64_t now_ns);
void grbl_home_send(struct drive *drive, uint64_t now_ns);
void grbl_homed(struct drive *drive);

/* drv_grbl_survey.c */
bool grbl_survey_start(struct drive *drive, uint64_t now_ns);	/* false: the switch cannot be looked for */
void grbl_survey_saw(struct drive *drive, uint64_t now_ns);
void grbl_survey_stood(struct drive *drive, uint64_t now_ns);
void grbl_survey_watch(struct drive *drive, uint64_t now_ns);	/* with each report, but in homing */
bool grbl_survey_tell(struct drive *drive);	/* what it found, once; true when steps were lost */

/* drv_grbl_accel.c */
int grbl_accelerate(struct drive *drive, int32_t accel_mdeg_s2, uint64_t now_ns, struct err *err);
void grbl_accel_read(struct drive *drive);	/* the settings have been read back */

/* drv_grbl_stop.c */
void grbl_urgent(struct drive *drive, enum drive_urgent how, uint64_t now_ns);
void grbl_fail(struct drive *drive, uint64_t now_ns, const char *format, ...) PRINTF_LIKE(3, 4);
void grbl_stop_bytes(struct drive *drive);
void grbl_reset(struct drive *drive, uint64_t now_ns);

/* drv_grbl_time.c */
void grbl_tick(struct drive *drive, uint64_t now_ns);

extern const struct drive_exchange grbl_transcript[];

/* drv_grbl_track.c: where the table is, and whether it stands */
void grbl_track(struct drive *drive, const struct grbl_report *report, size_t len_bytes, uint64_t now_ns);

void grbl_blur(struct drive *drive);	/* the uncertainty that is Grbl's own, after a drive_sample() */

/* drv_grbl.c */
bool grbl_send_line(struct drive *drive, enum grbl_line kind, const char *text, uint64_t now_ns);
void grbl_enter(struct drive *drive, enum grbl_phase phase, uint64_t now_ns);
bool grbl_homing(const struct grbl *grbl);	/* $H is being carried out: silence is normal */

#endif
