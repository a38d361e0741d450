/* SPDX-License-Identifier: GPL-3.0-or-later */
/* retrieval_own.h - what the files of a retrieval share with each other only. */
#ifndef OSTEND_EVIDENCE_RETRIEVAL_OWN_H
#define OSTEND_EVIDENCE_RETRIEVAL_OWN_H

#include "station/evidence/retrieval.h"

/** retrieval_get, and ERR_STATE unless it is in @wanted; @verb for the sentence: "approved", "taken out". */
int retrieval_in_state(struct store *store, int64_t id, enum retrieval_state wanted, const char *verb,
		       struct retrieval *out, struct err *err);

/** ERR_STATE while an open showing lists it: what is being shown, or is about to be, is not in the store as well. */
int retrieval_check_not_shown(struct store *store, int64_t id, struct err *err);

/** An event about it; @data stolen. */
int retrieval_note(struct store *store, const struct act *act, enum ledger_action action,
		   const struct retrieval *retrieval, json_t *data, struct err *err);

#endif
