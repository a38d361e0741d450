/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evidence_view.h - what the console knows of showing, stills, spin and record, and what of it nobody may
 * overlook. Pure: it is told, and says what is to be asked again.
 */
#ifndef OSTEND_UI_CONSOLE_EVIDENCE_VIEW_H
#define OSTEND_UI_CONSOLE_EVIDENCE_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum evidence_ask {		/* a set */
	EVIDENCE_ASK_SHOWING = 1, EVIDENCE_ASK_VIEWS = 2, EVIDENCE_ASK_STILLS = 4, EVIDENCE_ASK_ALL = 7,
};

struct evidence_view {
	json_t *showing;		/* as showing.status; NULL: none is known */
	json_t *views;			/* the array of still.views, of what is on the table; NULL: nothing is */
	json_t *stills;			/* of this showing in the order of their numbers, rejected ones too */
	json_t *spin;			/* the newest news of one; NULL: none yet */
	json_int_t checkpoint_size;	/* entries that are signed; 0: not told */
	int64_t checkpoint_utc_us;	/* when that was signed, or heard of */
	char doubt[400];		/* what somebody's page says against the record; "": nothing, or acknowledged */
	unsigned ask;			/* enum evidence_ask: what is to be asked; who asks clears it */
	json_int_t stills_after;	/* of still.list: from where; 0: from the first */
};

void evidence_view_clear(struct evidence_view *view);

/** An answer or a notification; @now_utc_us is when it came. True: something on screen changes. */
bool evidence_view_take(struct evidence_view *view, const char *method, const json_t *params, int64_t now_utc_us);

/** {"view", "label", "stills"} of the first view that has no still; after @passed views of those. NULL: there is none. */
const json_t *evidence_view_next(const struct evidence_view *view, unsigned passed);
/** How many views have no still. */
unsigned evidence_view_missing(const struct evidence_view *view);

/** How many stills have not been rejected. */
unsigned evidence_view_stills(const struct evidence_view *view);

/**
 * What nobody may overlook, as a sentence: the gravest first. False: nothing, and @text is "".
 *
 * @status as doc/protocol.md 1.1; NULL is fine
 */
bool evidence_view_alarm(const struct evidence_view *view, const json_t *status, char *text, size_t size);

/** "1234 entries, signed 3 s ago" into @text. False: that is not as it should be. */
bool evidence_view_record(const struct evidence_view *view, const json_t *status, int64_t now_utc_us, char *text,
			  size_t size);

/** What going on air from this pause takes: a written reason after a failure. */
bool evidence_view_wants_reason(const char *pause);

#endif
