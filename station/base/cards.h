/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cards.h - handling cards: what must be known of an exhibit before it is touched (handling_cards.def). */
#ifndef OSTEND_BASE_CARDS_H
#define OSTEND_BASE_CARDS_H

#include "station/base/err.h"

enum card {
#define CARD(id, table, label, rule, words) CARD_##id,
#include "station/base/handling_cards.def"
#undef CARD
	CARD_COUNT
};

struct card_text {
	const char *id;		/* in records and messages */
	const char *table;	/* what table.handling is to be told; "": nothing */
	const char *label;	/* English, for gettext */
	const char *rule;	/* the same: what to do before it is placed */
	const char *words;	/* further words, separated by '|' */
};

extern const struct card_text cards[CARD_COUNT];

/**
 * Read "fragile, sharp", ids, labels and the words of spreadsheets, separated by , ; / + or their Chinese forms.
 *
 * @set bit 1 << CARD_*; 0 for an empty text
 * @return 0; ERR_RANGE naming the word and those there are
 */
int cards_read(uint32_t *set, const char *text, struct err *err);

/** "fragile,sharp": the ids of @set in the order of the file. */
void cards_print(uint32_t set, char *text, size_t size);

#endif
