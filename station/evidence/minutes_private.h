/* SPDX-License-Identifier: GPL-3.0-or-later */
/* minutes_private.h - what the sections of the minutes have in common. */
#ifndef OSTEND_EVIDENCE_MINUTES_PRIVATE_H
#define OSTEND_EVIDENCE_MINUTES_PRIVATE_H

#include "station/base/tongue.h"
#include "station/evidence/minutes.h"
#include "station/evidence/paper.h"

struct minutes {
	const struct dossier *dossier;
	const struct minutes_order *order;
	struct paper *paper;
	struct tongue *tongue;
	bool failed;			/* out of memory */
};

/* The words are those of the paper's language, not of the process. xgettext finds them by the same name. */
#define _(text) tongue_say(minutes->tongue, text)

/* The cells of a table, row after row. */
struct cells {
	char **texts;
	size_t count;
};

void cells_add(struct minutes *minutes, struct cells *cells, const char *format, ...) PRINTF_LIKE(3, 4);
/** Put the table on the paper, or @nothing as a text when there is only the head; frees the cells. */
void cells_table(struct minutes *minutes, struct cells *cells, int columns, const int *widths, const char *nothing);

#define MINUTES_TIME_SIZE 48
/** "2026-11-24 15:31:10 +0800", the station's own time; "" for 0. */
const char *minutes_time(char text[MINUTES_TIME_SIZE], uint64_t utc_us);
/** "90.0°", or "" when nothing is known of the table. */
const char *minutes_angle(char text[24], const json_t *pose);
/** The label of a fixed list's name, in the paper's language; the name itself when it is not on the list. */
const char *minutes_purpose(struct minutes *minutes, const char *name);
const char *minutes_pause(struct minutes *minutes, const char *name);
const char *minutes_state(struct minutes *minutes, const char *name);
const char *minutes_role(struct minutes *minutes, const char *name);
const char *minutes_action(struct minutes *minutes, const struct dossier_entry *entry);
const char *minutes_view(struct minutes *minutes, const char *name);
const char *minutes_card(struct minutes *minutes, const char *id);
const char *minutes_event(struct minutes *minutes, const char *kind);
/** Who it was: a name as it was given, or the station itself in the paper's language. */
const char *minutes_actor(struct minutes *minutes, const struct dossier_entry *entry);
/** paper_pair with a format. */
void minutes_pair(struct minutes *minutes, const char *label, const char *format, ...) PRINTF_LIKE(3, 4);

/* The sections, in this order. */
void minutes_exhibits(struct minutes *minutes);		/* minutes_exhibits.c */
void minutes_retrievals(struct minutes *minutes);
void minutes_course(struct minutes *minutes);		/* minutes_course.c */
void minutes_seats(struct minutes *minutes);
void minutes_machine(struct minutes *minutes);
void minutes_stills(struct minutes *minutes);		/* minutes_media.c */
void minutes_recordings(struct minutes *minutes);
void minutes_annex(struct minutes *minutes);		/* minutes_course.c */

#endif
