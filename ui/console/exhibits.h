/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exhibits.h - the console's exhibits: searched as one types, one opened, one placed. Part of struct screen. */
#ifndef OSTEND_UI_CONSOLE_EXHIBITS_H
#define OSTEND_UI_CONSOLE_EXHIBITS_H

#include <jansson.h>
#include <stdbool.h>

struct exhibits {
	json_t *list;			/* what the station has found; NULL: not told yet */
	char text[128];			/* for what it was asked */
	bool asking, more;		/* an answer is under way; there are more than these */
	int chosen, scroll;
	json_t *exhibit, *chain;	/* the one that is opened */
	char *facts;			/* of it, in lines */
	int facts_scroll;
	bool listed, scanned;		/* it is on the list of the open showing; it was found by its label */
};

void exhibits_clear(struct exhibits *exhibits);

/** The row that is chosen after @by more, and the first that is shown of @rows. */
void exhibits_move(struct exhibits *exhibits, int by, int rows);

/** NULL: none. Borrowed. */
const char *exhibits_chosen_code(const struct exhibits *exhibits);

/** Whether @code is among the exhibits of @showing (as showing.status), while that is open. */
bool exhibits_is_listed(const json_t *showing, const char *code);

#endif
