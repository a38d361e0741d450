/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/cards.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "station/base/i18n.h"

const struct card_text cards[CARD_COUNT] = {
#define CARD(id, table, label, rule, words) { #id, table, label, rule, words },
#include "station/base/handling_cards.def"
#undef CARD
};

/* Whether @word of @len bytes is one of the words of @list, which are separated by '|'. */
static bool is_among(const char *list, const char *word, size_t len)
{
	for (const char *at = list; *at; at += *at == '|') {
		size_t span = strcspn(at, "|");

		if (span == len && strncasecmp(at, word, len) == 0)
			return true;
		at += span;
	}
	return false;
}

static int find(const char *word, size_t len)
{
	for (int i = 0; i < CARD_COUNT; i++)
		if (is_among(cards[i].id, word, len) || is_among(cards[i].label, word, len) ||
		    is_among(_(cards[i].label), word, len) || is_among(cards[i].words, word, len))
			return i;
	return -1;
}

/* How many bytes at @at part two words; 0: none does. */
static size_t separator_len(const char *at)
{
	static const char *const wide[] = { "，", "；", "、", "／", "＋" };

	if (*at && strchr(",;/+\n", *at))
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(wide); i++)
		if (strncmp(at, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	return 0;
}

static int add_word(uint32_t *set, const char *word, size_t len, struct err *err)
{
	char known[128];
	int found;

	while (len && word[0] == ' ')
		word++, len--;
	while (len && word[len - 1] == ' ')
		len--;
	if (!len)
		return 0;
	found = find(word, len);
	if (found < 0) {
		cards_print((1u << CARD_COUNT) - 1, known, sizeof known);
		return err_set(err, ERR_RANGE, _("\"%.*s\" is no handling card; there are %s"),
			       (int)MIN(len, (size_t)40), word, known);
	}
	*set |= 1u << found;
	return 0;
}

/* Some labels have a comma in them, so a whole text is tried before its parts. */
int cards_read(uint32_t *set, const char *text, struct err *err)
{
	uint32_t read = 0;
	int whole = find(text, strlen(text)), rc = 0;

	if (whole >= 0) {
		*set = 1u << whole;
		return 0;
	}
	for (const char *word = text, *at = text; rc == 0; at++) {
		size_t gap = separator_len(at);

		if (*at && !gap)
			continue;
		rc = add_word(&read, word, (size_t)(at - word), err);
		if (!*at)
			break;
		at += gap - 1;
		word = at + 1;
	}
	if (rc == 0)
		*set = read;
	return rc;
}

void cards_print(uint32_t set, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < CARD_COUNT && used < size; i++)
		if (set & 1u << i)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "", cards[i].id);
}
