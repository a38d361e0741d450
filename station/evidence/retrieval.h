/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retrieval.h - an exhibit taken out of store for a time (调用): who, when, why, in what condition, approved
 * by whom, and how it came back (公安机关涉案财物管理若干规定 2015, art. 11; retrieval of DOMAIN 6).
 *
 *	requested -> approved -> out -> back -> signed
 *	    |            |
 *	    '------------'--> refused (by another than who asked), withdrawn (by who asked)
 *
 * One exhibit has at most one retrieval that is not back. Each act is a row changed and an event, in the
 * transaction of the caller. Thread: evidence.
 */
#ifndef OSTEND_EVIDENCE_RETRIEVAL_H
#define OSTEND_EVIDENCE_RETRIEVAL_H

#include "station/evidence/ledger.h"

/* STATE(identifier, name in records) */
#define RETRIEVAL_STATES                                                                           \
	STATE(REQUESTED, "requested")                                                              \
	STATE(APPROVED, "approved")                                                                \
	STATE(OUT, "out")                                                                          \
	STATE(BACK, "back")                                                                        \
	STATE(SIGNED, "signed")                                                                    \
	STATE(REFUSED, "refused")                                                                  \
	STATE(WITHDRAWN, "withdrawn")

enum retrieval_state {
#define STATE(id, name) RETRIEVAL_##id,
	RETRIEVAL_STATES
#undef STATE
	RETRIEVAL_STATE_COUNT
};

const char *retrieval_state_name(enum retrieval_state state);

/* Who puts a name to it when the exhibit is back: who had it (调用人), and who keeps it (保管员). */
enum retrieval_side { RETRIEVAL_HOLDER, RETRIEVAL_CUSTODIAN, RETRIEVAL_SIDE_COUNT };

const char *retrieval_side_name(enum retrieval_side side);	/* "holder", "custodian" */

/* What is looked up of one for others: whether an exhibit may be shown. */
struct retrieval {
	int64_t id;		/* 0: there is none */
	enum retrieval_state state;
	char code[32], case_no[256], exhibit_no[256], exhibit_name[256];
	uint64_t due_utc_us;
};

/** Its row. ERR_RANGE: no such retrieval. */
int retrieval_get(struct store *store, int64_t id, struct retrieval *out, struct err *err);

/** The retrieval of the exhibit @code that is not back yet; id 0 when there is none. */
int retrieval_of_exhibit(struct store *store, const char *code, struct retrieval *out, struct err *err);

struct retrieval_request {
	const char *code, *case_no, *exhibit_no, *exhibit_name;
	const char *purpose;	/* a name of purposes.def; "": none is said */
	uint64_t due_utc_us;	/* by when it is to be back */
};

/**
 * Ask for one; who and why are in @act.
 *
 * @return 0; ERR_RANGE without a reason or with a due time that has passed; ERR_STATE when the exhibit has been
 *         asked for or is out
 */
int retrieval_request(struct store *store, const struct act *act, const struct retrieval_request *request,
		      int64_t *id, struct err *err);

/** ERR_DENIED when the actor is who asked for it; ERR_STATE. */
int retrieval_approve(struct store *store, const struct act *act, int64_t id, struct err *err);

/**
 * It comes to nothing, with the reason in @act: refused by another than who asked, also after it was approved, or
 * withdrawn by who asked; before the exhibit is taken out, and while no open showing lists it. The exhibit may
 * then be asked for again.
 *
 * @return 0; ERR_RANGE without a reason; ERR_DENIED to whom it is not; ERR_STATE
 */
int retrieval_refuse(struct store *store, const struct act *act, int64_t id, struct err *err);
int retrieval_withdraw(struct store *store, const struct act *act, int64_t id, struct err *err);

/* What is found when it changes hands: going out, and coming back. */
struct retrieval_condition {
	const char *condition;		/* in words; needed */
	const char *seal;		/* number of the seal on it; "": it has none, and a reason says why */
	const char *other;		/* who received it; who brought it back */
	const int64_t *stills;		/* photographs of it, now */
	size_t still_count;
	bool changed;			/* back: compared and found changed, */
	const char *damage;		/* ... and how; "" when not changed */
};

/**
 * Record that it leaves the store, or is back in it. Both need a second person, the seal, and photographs, or a
 * reason why there are none; going out also the seal that it was put away with, coming back a comparison, or a
 * reason why not.
 *
 * @return 0; ERR_DENIED without a second person, or when the two are one; ERR_RANGE; ERR_STATE, also for what is
 *         on the list of an open showing
 */
int retrieval_out(struct store *store, const struct act *act, int64_t id,
		  const struct retrieval_condition *found, struct err *err);
int retrieval_back(struct store *store, const struct act *act, int64_t id,
		   const struct retrieval_condition *found, struct err *err);

/**
 * What is signed: one line each of "name: value", UTF-8, the same bytes whenever it is asked for once the
 * exhibit is back. The caller's to free. ERR_STATE before that.
 */
int retrieval_text(struct store *store, int64_t id, char **text, struct err *err);

struct retrieval_signature {
	enum retrieval_side side;
	const char *name;		/* of the signer; with a key as the certificate has it */
	const void *cms;		/* a verified detached signature over retrieval_text, DER; NULL: by name only */
	size_t cms_len_bytes;
	const char *certificate;	/* hexadecimal SHA-256 of the signer's certificate; "" by name only */
};

/** The second of the two ends it: SIGNED. ERR_STATE; ERR_DENIED when both sides would be one person. */
int retrieval_sign(struct store *store, const struct act *act, int64_t id,
		   const struct retrieval_signature *signature, struct err *err);

/** Whether it is out, and so can be compared with what went out. ERR_STATE */
int retrieval_check_out(const struct retrieval *retrieval, struct err *err);
/** Whether @still is one that it went out with, when there are such. ERR_RANGE */
int retrieval_check_before(struct store *store, const struct retrieval *retrieval, int64_t still, struct err *err);

/** Compared: two stills, what was measured (@result, stolen), and the file that shows both. */
int retrieval_compared(struct store *store, const struct act *act, int64_t id, int64_t before, int64_t after,
		       const char *file, const char *sha256, json_t *result, int64_t *comparison, struct err *err);

/** {"comparison", "before", "after", "file", "sha256", "result", "compared_by", "utc_us"} */
int retrieval_comparison_json(struct store *store, int64_t comparison, json_t **json, struct err *err);

/** Whether a still (as still_json has it) shows the exhibit of @retrieval, and is not rejected. ERR_RANGE */
int retrieval_check_still(const struct retrieval *retrieval, const json_t *still, struct err *err);

/**
 * Those that have become late since the last time: each gets its event, once.
 *
 * @late a list of objects as retrieval_json makes them, the caller's
 * @all  how many are late now
 */
int retrieval_find_late(struct store *store, const struct act *act, json_t **late, int64_t *all, struct err *err);

/** Everything about it, with photographs, comparisons, signatures and "overdue" at @now_utc_us. ERR_RANGE */
int retrieval_json(struct store *store, int64_t id, uint64_t now_utc_us, json_t **json, struct err *err);

struct retrieval_wish {
	const char *code;	/* of an exhibit; "": all */
	bool open_only;		/* without those that are signed, refused or withdrawn */
	int64_t after;		/* id: goes on with older ones; 0: from the newest on */
	int limit;
};

/**
 * Newest first, without pictures, comparisons and signatures.
 *
 * @next id to go on after; 0: that was all
 */
int retrieval_list(struct store *store, const struct retrieval_wish *wish, uint64_t now_utc_us, json_t **list,
		   int64_t *next, struct err *err);

/** Whether two names are one person's: spaces at the ends, case and what follows " (" do not matter. */
bool retrieval_same_person(const char *a, const char *b);

#endif
