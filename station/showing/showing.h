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

struct showing {
	enum showing_state state;
	char case_no[256], exhibit_no[256], exhibit_name[256];	/* UTF-8, as entered */
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
	SHOWING_COMMAND_COUNT
};

/* Who asks: the operator at the console, or a remote party by role. */
struct showing_actor {
	bool operator;
	enum role role;		/* of a remote party */
};

enum showing_effect {
	EFFECT_OPEN_SEAT,
	EFFECT_ADMIT_VIEWER,
	EFFECT_PREVIEW,
	EFFECT_COMMAND_TABLE,
	EFFECT_STOP_TABLE,
	EFFECT_COMMAND_CAMERA,
};

#define SHOWING_EFFECTS_MAX 4

struct showing_effects {
	enum showing_effect list[SHOWING_EFFECTS_MAX];
	int count;
};

/**
 * Ask whether @actor may do @command now.
 *
 * @next    the state afterwards; untouched on refusal. May be @now
 * @effects what must be done for it; untouched on refusal
 * @return  0; ERR_DENIED when the actor never may; ERR_STATE when not in this state. The sentence says
 *          what to do instead
 */
int showing_apply(const struct showing *now, enum showing_command command,
		  const struct showing_actor *actor, struct showing *next,
		  struct showing_effects *effects, struct err *err);

#endif
