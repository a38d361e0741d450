/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exhibit.h - cases and exhibits: what is in custody, under which code. Entered and changed, never deleted.
 *
 * Everything is done inside the caller's transaction, event and state together. The fields are those of
 * station/base/form.h. An exhibit number is unique in its case, a code for ever. Thread: evidence.
 */
#ifndef OSTEND_EVIDENCE_EXHIBIT_H
#define OSTEND_EVIDENCE_EXHIBIT_H

#include "station/base/form.h"
#include "station/base/item_code.h"
#include "station/evidence/ledger.h"

struct case_file {
	int64_t id, added_utc_us;
	char code[ITEM_CODE_SIZE];
	struct case_values values;
};

struct exhibit {
	int64_t id, added_utc_us;
	char code[ITEM_CODE_SIZE];
	struct exhibit_values values;
	struct case_file in_case;
};

/* Each returns 0; ERR_RANGE, saying what is wrong with the values or that there is no such thing; ERR_STATE when
 * the number is taken; ERR_FULL; ERR_OS. @out may be NULL where something is written. */

int case_add(struct store *store, const struct act *act, const struct case_values *values, struct case_file *out,
	     struct err *err);
int case_by_no(struct store *store, const char *case_no, struct case_file *out, struct err *err);
json_t *case_json(const struct case_file *file);

int exhibit_add(struct store *store, const struct act *act, const struct case_file *in_case,
		const struct exhibit_values *values, struct exhibit *out, struct err *err);
/** Needs act->reason. ERR_STATE also when nothing would change. */
int exhibit_change(struct store *store, const struct act *act, const struct exhibit *exhibit,
		   const struct exhibit_values *values, struct err *err);

/** @text as typed or scanned, in any form that item_code_read takes. */
int exhibit_by_code(struct store *store, const char *text, struct exhibit *out, struct err *err);
int exhibit_by_id(struct store *store, int64_t id, struct exhibit *out, struct err *err);
/** By its number in a case. ERR_RANGE: there is none. */
int exhibit_by_no(struct store *store, int64_t case_id, const char *exhibit_no, struct exhibit *out, struct err *err);

/** {"id", "code", "case_no", "case_code", "case_title", "added_utc_us", and every field}. */
json_t *exhibit_json(const struct exhibit *exhibit);

/** The handling cards of @exhibit as bits of cards.h. */
uint32_t exhibit_cards(const struct exhibit *exhibit);
/** What table.handling is to be told for @set of cards: ["fragile", "tall"]. */
json_t *exhibit_table_names(uint32_t set);

struct exhibit_wish {
	const char *text;	/* words, parts of number, name, holder, seal, place or code; "": all */
	int64_t case_id;	/* 0: of every case */
	int64_t after;		/* id: goes on behind it */
	int limit;
};

/**
 * Exhibits in the order in which they were entered. Every word of the text must be found, from one character on,
 * in Chinese too; case, full width, dashes and brackets' shapes do not matter.
 *
 * @list  of exhibit_json without notes; the caller's. It may be shorter than the limit: a message has 64 KiB
 * @next  id to go on behind; 0: that was all
 */
int exhibit_list(struct store *store, const struct exhibit_wish *wish, json_t **list, int64_t *next, struct err *err);

#endif
