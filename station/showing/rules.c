/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may do what in which state: this table and nothing else. */
#include "station/showing/showing.h"

#include <string.h>

#include "station/base/i18n.h"

#define OPERATOR (1u << ROLE_COUNT)
#define STATION (1u << (ROLE_COUNT + 1))
#define PARTIES ((1u << ROLE_COUNT) - 1)
#define ANYBODY (OPERATOR | STATION | PARTIES)

#define IN(state) (1u << SHOWING_##state)
#define ANY_STATE ((1u << SHOWING_STATE_COUNT) - 1)
#define PAUSED (IN(HOLD) | IN(RECORDING_FAILED))
#define NOT_CLOSED (ANY_STATE & ~IN(CLOSED))

enum needs { NOTHING, OPEN_SHOWING, NO_SHOWING };

struct rule {
	unsigned actors, states;
	enum showing_effect effect;
	const char *not_you, *not_now;
	enum needs needs;
};

static const struct rule rules[SHOWING_COMMAND_COUNT] = {
	[SHOWING_SIT] = { PARTIES, ANY_STATE, EFFECT_OPEN_SEAT,
			  N_("a seat is for a remote party"), "", NOTHING },
	[SHOWING_WATCH] = { PARTIES, IN(ON_AIR), EFFECT_ADMIT_VIEWER,
			    N_("the live picture is for remote parties; the console has its preview"),
			    N_("nothing is on air: the picture comes when the showing begins"), NOTHING },
	[SHOWING_LOOK] = { OPERATOR, ANY_STATE, EFFECT_PREVIEW,
			   N_("the preview is the operator's"), "", NOTHING },
	/* also after the end: the exhibit is photographed again, from the same sides, when it goes back */
	[SHOWING_MOVE] = { OPERATOR, ANY_STATE, EFFECT_COMMAND_TABLE,
			   N_("only the operator turns the table"), "", NOTHING },
	[SHOWING_STOP] = { ANYBODY, ANY_STATE, EFFECT_STOP_TABLE, "", "", NOTHING },
	[SHOWING_UNLATCH] = { OPERATOR, ANY_STATE, EFFECT_COMMAND_TABLE,
			      N_("only the operator clears a stop, standing at the table"), "", NOTHING },
	[SHOWING_ADJUST] = { OPERATOR, ANY_STATE, EFFECT_COMMAND_CAMERA,
			     N_("only the operator adjusts the camera"), "", NOTHING },
	[SHOWING_OPEN] = { OPERATOR | STATION, IN(PREPARED) | IN(CLOSED), EFFECT_OPEN_SHOWING,
			   N_("only the operator opens a showing"), N_("a showing is under way: close it first"),
			   NO_SHOWING },
	[SHOWING_SHOW] = { OPERATOR | STATION, IN(PREPARED) | IN(PREVIEW), EFFECT_GO_ON_AIR,
			   N_("only the operator begins the showing"),
			   N_("the showing has begun already; from HOLD it goes on with `ostend showing resume`"),
			   OPEN_SHOWING },
	[SHOWING_PAUSE] = { OPERATOR, ANY_STATE, EFFECT_CUT,
			    N_("only the operator holds the showing"), "", NOTHING },
	[SHOWING_FAIL] = { STATION, ANY_STATE, EFFECT_CUT, N_("the station does this by itself"), "", NOTHING },
	[SHOWING_RESUME] = { OPERATOR | STATION, PAUSED, EFFECT_GO_ON_AIR,
			     N_("only the operator resumes the showing"),
			     N_("the showing is not on hold: there is nothing to resume"), OPEN_SHOWING },
	[SHOWING_CLOSE] = { OPERATOR, NOT_CLOSED, EFFECT_CLOSE_SHOWING,
			    N_("only the operator closes the showing"), N_("the showing is closed already"),
			    OPEN_SHOWING },
	[SHOWING_STAGE] = { OPERATOR | STATION, NOT_CLOSED, EFFECT_STAGE,
			    N_("only the operator puts an exhibit on the table"), N_("the showing is closed"),
			    OPEN_SHOWING },
	[SHOWING_RECORD] = { OPERATOR | STATION, ANY_STATE, EFFECT_RECORD,
			     N_("the record is kept by the operator"), "", NOTHING },
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

enum showing_state showing_state_find(const char *name)
{
	int state = 0;

	while (state < SHOWING_STATE_COUNT && strcmp(state_names[state], name) != 0)
		state++;
	return (enum showing_state)state;
}

/* Where the command leads; most lead nowhere else. */
static void follow(struct showing *next, enum showing_command command, const struct showing_actor *actor)
{
	bool was_on_air = next->state == SHOWING_ON_AIR || next->state == SHOWING_HOLD;

	switch (command) {
	case SHOWING_OPEN:
		*next = (struct showing){ .state = SHOWING_PREPARED };
		break;
	case SHOWING_SHOW:
	case SHOWING_RESUME:
		next->state = SHOWING_ON_AIR;
		next->pause = PAUSE_NONE;
		break;
	case SHOWING_PAUSE:
		/* what was not on air cannot be resumed, and a failure does not become a recess */
		if (was_on_air && !pause_reason_is_failure(next->pause)) {
			next->state = SHOWING_HOLD;
			next->pause = actor->pause;
		}
		break;
	case SHOWING_FAIL:
		if (was_on_air) {
			next->state = actor->pause == PAUSE_RECORDING_FAILED ? SHOWING_RECORDING_FAILED
									     : SHOWING_HOLD;
			next->pause = actor->pause;
		}
		break;
	case SHOWING_CLOSE:
		next->state = SHOWING_CLOSED;
		next->pause = PAUSE_NONE;
		next->id = 0;
		break;
	default:
		break;
	}
}

static int check_needs(const struct showing *now, const struct rule *rule, struct err *err)
{
	if (rule->needs == OPEN_SHOWING && !now->id)
		return err_set(err, ERR_STATE, _("no showing is open: `ostend showing open` begins one"));
	if (rule->needs == NO_SHOWING && now->id)
		return err_set(err, ERR_STATE, _("showing %lld is still open: close it first"), (long long)now->id);
	return 0;
}

int showing_apply(const struct showing *now, enum showing_command command,
		  const struct showing_actor *actor, struct showing *next,
		  struct showing_effects *effects, struct err *err)
{
	const struct rule *rule = &rules[command];
	unsigned who = actor->operator ? OPERATOR : actor->station ? STATION : 1u << actor->role;

	if (!(rule->actors & who))
		return err_set(err, ERR_DENIED, "%s", _(rule->not_you));
	if (check_needs(now, rule, err) < 0)
		return ERR_STATE;
	if (!(rule->states & 1u << now->state))
		return err_set(err, ERR_STATE, "%s", _(rule->not_now));
	if (command == SHOWING_RESUME && pause_reason_is_failure(now->pause) && !actor->has_reason)
		return err_set(err, ERR_STATE, _("the showing was held because %s: going on needs a reason, "
			       "which goes into the record"), _(pause_reason_label(now->pause)));
	*next = *now;
	follow(next, command, actor);
	*effects = (struct showing_effects){ .list = { rule->effect }, .count = 1 };
	return 0;
}
