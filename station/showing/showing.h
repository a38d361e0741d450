/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * showing.h - the rules of a showing (示证), as pure functions: no I/O, no clock of its own.
 *
 * Whatever the station does for a person is asked here first, and only the effects named in the
 * answer are carried out; so console, page and record cannot disagree. Who may do what in which state
 * is one table, in rules.c.
 */
#ifndef OSTEND_SHOWING_SHOWING_H
#define OSTEND_SHOWING_SHOWING_H

#include "certs/identity.h"
#include "station/base/err.h"

/* STATE(identifier, name in messages) */
#define SHOWING_STATES                                                                             \
	STATE(PREPARED, "PREPARED")                                                                \
	STATE(PREVIEW, "PREVIEW")                                                                  \
	STATE(ON_AIR, "ON_AIR")                                                                    \
	STATE(HOLD, "HOLD")                                                                        \
	STATE(CLOSED, "CLOSED")                                                                    \
	STATE(RECORDING_FAILED, "RECORDING_FAILED")

enum showing_state {
#define STATE(id, name) SHOWING_##id,
	SHOWING_STATES
#undef STATE
	SHOWING_STATE_COUNT
};

const char *showing_state_name(enum showing_state state);
/** SHOWING_STATE_COUNT: no state is called @name. */
enum showing_state showing_state_find(const char *name);

/* Why it is paused: pause_reasons.def. */
enum pause_reason {
#define PAUSE(id, name, label, written) PAUSE_##id,
#include "station/showing/pause_reasons.def"
#undef PAUSE
	PAUSE_REASON_COUNT
};

const char *pause_reason_name(enum pause_reason pause);		/* "recess"; "" for PAUSE_NONE */
const char *pause_reason_label(enum pause_reason pause);	/* English, for gettext: "recess" */
bool pause_reason_is_failure(enum pause_reason pause);		/* going on needs a written reason */
/** PAUSE_REASON_COUNT: none is called @name. */
enum pause_reason pause_reason_find(const char *name);

/* What it is for: purposes.def. */
enum showing_purpose {
#define PURPOSE(id, name, label) PURPOSE_##id,
#include "station/showing/purposes.def"
#undef PURPOSE
	PURPOSE_COUNT
};

const char *purpose_name(enum showing_purpose purpose);		/* "challenge" */
const char *purpose_label(enum showing_purpose purpose);	/* English, for gettext */
/** PURPOSE_COUNT: none is called @name. */
enum showing_purpose purpose_find(const char *name);

struct showing {
	enum showing_state state;
	int64_t id;		/* 0: none is open, or the last one is closed */
	enum pause_reason pause;	/* in HOLD and RECORDING_FAILED */
	enum showing_purpose purpose;
	char case_no[256], exhibit_no[256], exhibit_name[256];	/* UTF-8, as entered; exhibit: what is on the table */
	char maker[128], second[128];	/* who opened it, and with whom (制作人); second "": alone, with a reason */
};

/* What somebody asks for. */
enum showing_command {
	SHOWING_SIT,		/* open a seat: the page's own messages */
	SHOWING_WATCH,		/* receive the live picture */
	SHOWING_LOOK,		/* see the private preview */
	SHOWING_MOVE,		/* home, goto, turn, spin */
	SHOWING_STOP,		/* stop the table, emergency stop */
	SHOWING_UNLATCH,	/* clear an emergency stop or a fault */
	SHOWING_ADJUST,		/* set or lock a control of the camera */
	SHOWING_OPEN,		/* begin a showing, PREPARED */
	SHOWING_SHOW,		/* go ON AIR the first time */
	SHOWING_PAUSE,		/* HOLD: nothing goes out any more */
	SHOWING_FAIL,		/* the station holds because it cannot keep the record */
	SHOWING_RESUME,		/* ON AIR again */
	SHOWING_CLOSE,		/* the end of a showing */
	SHOWING_STAGE,		/* put an exhibit on the table */
	SHOWING_RECORD,		/* enter exhibits and retrievals, take stills, make packages */
	SHOWING_COMMAND_COUNT
};

/* Who asks: the operator at the console, the station by itself, or a remote party by role. */
struct showing_actor {
	bool operator, station;
	enum role role;			/* of a remote party */
	bool has_reason;		/* gives a written reason */
	enum pause_reason pause;	/* SHOWING_PAUSE, SHOWING_FAIL: why */
};

enum showing_effect {
	EFFECT_OPEN_SEAT,
	EFFECT_ADMIT_VIEWER,
	EFFECT_PREVIEW,
	EFFECT_COMMAND_TABLE,
	EFFECT_STOP_TABLE,
	EFFECT_COMMAND_CAMERA,
	EFFECT_OPEN_SHOWING,
	EFFECT_GO_ON_AIR,	/* when it is in the record */
	EFFECT_CUT,		/* at once, and into the record afterwards */
	EFFECT_CLOSE_SHOWING,
	EFFECT_STAGE,
	EFFECT_RECORD,
};

#define SHOWING_EFFECTS_MAX 4

struct showing_effects {
	enum showing_effect list[SHOWING_EFFECTS_MAX];
	int count;
};

/**
 * Ask whether @actor may do @command now.
 *
 * @next    the state afterwards; untouched on refusal. May be @now. Number, purpose and texts of a new
 *          showing are its caller's to fill in
 * @effects what must be done for it; untouched on refusal
 * @return  0; ERR_DENIED when the actor never may; ERR_STATE when not in this state. The sentence says
 *          what to do instead
 */
int showing_apply(const struct showing *now, enum showing_command command,
		  const struct showing_actor *actor, struct showing *next,
		  struct showing_effects *effects, struct err *err);

#endif
