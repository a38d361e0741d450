/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may do what in which state: this table and nothing else. */
#include "station/showing/showing.h"

#define OPERATOR (1u << ROLE_COUNT)
#define PARTIES ((1u << ROLE_COUNT) - 1)
#define ANYBODY (OPERATOR | PARTIES)

#define IN(state) (1u << SHOWING_##state)
#define ANY_STATE ((1u << SHOWING_STATE_COUNT) - 1)
#define NOT_CLOSED (ANY_STATE & ~IN(CLOSED))

struct rule {
	unsigned actors, states;
	enum showing_effect effect;
	const char *not_you, *not_now;
};

static const struct rule rules[SHOWING_COMMAND_COUNT] = {
	[SHOWING_SIT] = { PARTIES, ANY_STATE, EFFECT_OPEN_SEAT,
			  "a seat is for a remote party", "" },
	[SHOWING_WATCH] = { PARTIES, IN(ON_AIR), EFFECT_ADMIT_VIEWER,
			    "the live picture is for remote parties; the console has its preview",
			    "nothing is on air: the picture comes when the showing begins" },
	[SHOWING_LOOK] = { OPERATOR, ANY_STATE, EFFECT_PREVIEW,
			   "the preview is the operator's", "" },
	[SHOWING_MOVE] = { OPERATOR, NOT_CLOSED, EFFECT_COMMAND_TABLE,
			   "only the operator turns the table", "the showing is closed" },
	[SHOWING_STOP] = { ANYBODY, ANY_STATE, EFFECT_STOP_TABLE, "", "" },
	[SHOWING_UNLATCH] = { OPERATOR, ANY_STATE, EFFECT_COMMAND_TABLE,
			      "only the operator clears a stop, standing at the table", "" },
	[SHOWING_ADJUST] = { OPERATOR, NOT_CLOSED, EFFECT_COMMAND_CAMERA,
			     "only the operator adjusts the camera", "the showing is closed" },
};

static const char *const state_names[] = {
#define STATE(id, name) [SHOWING_##id] = name,
	SHOWING_STATES
#undef STATE
};

const char *showing_state_name(enum showing_state state)
{
	return state_names[state];
}

int showing_apply(const struct showing *now, enum showing_command command,
		  const struct showing_actor *actor, struct showing *next,
		  struct showing_effects *effects, struct err *err)
{
	const struct rule *rule = &rules[command];
	unsigned who = actor->operator ? OPERATOR : 1u << actor->role;

	if (!(rule->actors & who))
		return err_set(err, ERR_DENIED, "%s", rule->not_you);
	if (!(rule->states & 1u << now->state))
		return err_set(err, ERR_STATE, "%s", rule->not_now);
	*next = *now;
	*effects = (struct showing_effects){ .list = { rule->effect }, .count = 1 };
	return 0;
}
