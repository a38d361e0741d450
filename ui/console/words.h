/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * words.h - the protocol's fixed words ("moving", "user-zero") as people read them.
 *
 * A word that this program does not know is shown as it came (and cleaned where it is drawn).
 */
#ifndef OSTEND_UI_CONSOLE_WORDS_H
#define OSTEND_UI_CONSOLE_WORDS_H

#include <jansson.h>

const char *words_state(const char *state);	/* ON_AIR -> "ON AIR" */
const char *words_link(const char *link);
const char *words_motion(const char *motion);
const char *words_reference(const char *reference);
const char *words_source(const char *source);
const char *words_kind(const char *source);	/* "#": as words_source, one character, plain ASCII */
const char *words_event(const char *kind);	/* of table.event */
const char *words_handling(const char *name);
const char *words_outcome(const char *outcome);
const char *words_role(const char *role);
const char *words_room(const char *state);
const char *words_child(const char *state);
const char *words_action(const char *name);		/* of the ledger */
const char *words_spin(const char *state);
const char *words_disposal(const char *name);
const char *words_pause(const char *name);
const char *words_purpose(const char *name);
const char *words_view(const char *name);		/* of the shot list */
const char *words_retrieval(const char *state);

/** "3 s", "5 min", "2 h" into @text. */
void words_duration(char *text, size_t size, json_int_t seconds);

/** "fragile + tall" of the list @names into @text; "normal" for none. */
void words_handlings(char *text, size_t size, const json_t *names);

/** "0:07", "12:30" into @text: what is left, for a display that counts down. */
void words_countdown(char *text, size_t size, int64_t left_ms);

/** The beginning of a digest in @groups of four, to be read aloud: "3f2a 77c1" */
void words_digest(char *text, size_t size, const char *digest, int groups);

/** "2.4 Mbit/s" */
void words_rate(char *text, size_t size, json_int_t bits_per_second);

#endif
