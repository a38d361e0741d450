/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger.h - the record of every act: appended, never changed; a leaf of the transparency log each.
 *
 * An entry is one line of JSON, ASCII, keys in this order, without the newline; these bytes are the leaf
 * (RFC 6962 2.1) and are never serialised again:
 *
 *	{"seq":17,"utc_us":...,"mono_ns":...,"station":"...","action":"still.taken","actor":"...","role":"operator",
 *	 "second":"...","reason":"...","showing":3,"case":"...","exhibit":"...","pose":{...} or null,"data":{...},
 *	 "salt":"32 hexadecimal digits"}
 *
 * The salt keeps an entry from being guessed from its hash, so that one case can be proved with the
 * hashes of the others. Entry, leaf hash, tree and the state that follows are one transaction of the store.
 */
#ifndef OSTEND_EVIDENCE_LEDGER_H
#define OSTEND_EVIDENCE_LEDGER_H

#include <jansson.h>

#include "station/base/pose.h"
#include "station/evidence/store.h"
#include "station/evidence/tlog.h"

/* What can happen, in one place: ledger_actions.def. */
enum ledger_action {
#define ACTION(id, name, label) LEDGER_##id,
#include "station/evidence/ledger_actions.def"
#undef ACTION
	LEDGER_ACTION_COUNT
};

const char *ledger_action_name(enum ledger_action action);	/* "still.taken" */
const char *ledger_action_label(enum ledger_action action);	/* English, for gettext: "still taken" */
/** The action called @name; LEDGER_ACTION_COUNT: there is none. */
enum ledger_action ledger_action_find(const char *name);

/* Who does something, and where everything stood. Filled by the main thread when it is asked for. */
struct act {
	char actor[128];	/* as in the ledger; "" is refused */
	char role[32];		/* "operator", a role of role.h, or "station": by itself */
	char second[128];	/* the second maker (第二制作人); "": none */
	char reason[512];
	int64_t showing;	/* 0: none is open */
	char case_no[256], exhibit_no[256];	/* what the showing is of; "": nothing */
	bool pose_known;
	struct pose pose;
	uint64_t utc_us, mono_ns;
};

/**
 * Append one entry inside the transaction of the caller.
 *
 * @case_no, @exhibit_no what it is about; NULL: as in @act
 * @data    further members, stolen, also on failure; NULL: {}
 * @seq     its number, from 0; may be NULL
 * @return  0; ERR_RANGE when the line would be longer than 65,535 bytes; ERR_FULL; ERR_OS
 */
int ledger_append(struct store *store, const struct act *act, enum ledger_action action,
		  const char *case_no, const char *exhibit_no, json_t *data, int64_t *seq, struct err *err);

/** The tree as it stands in the transaction. */
int ledger_tree(struct store *store, struct tlog_tree *tree, struct err *err);
int ledger_size(struct store *store, uint64_t *size, struct err *err);

/**
 * The tree over @count entries from @first on, which must be a multiple of the largest power of two in @count:
 * what proofs are made of. ERR_TAMPER when the tree has not so many.
 */
int ledger_range(struct store *store, uint64_t first, uint64_t count, struct tlog_tree *tree, struct err *err);

/** The name in every entry from now on, "" until it is set; kept in the store. */
int ledger_set_station(struct store *store, const char *name, struct err *err);
int ledger_station(struct store *store, char *name, size_t size, struct err *err);

/**
 * Hash every entry again and compare with the tree: 100,000 take less than a second.
 *
 * @tree as it is found
 * @return 0; ERR_TAMPER naming the first entry that is missing or changed; ERR_OS
 */
int ledger_check(struct store *store, struct tlog_tree *tree, struct err *err);

#endif
