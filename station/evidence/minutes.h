/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * minutes.h - the record of a showing (示证记录) for people to read and sign: who showed what to whom, when, how it was
 * made and kept. Made from the ledger's entries alone; each fact has its entry's number in brackets. Any thread.
 */
#ifndef OSTEND_EVIDENCE_MINUTES_H
#define OSTEND_EVIDENCE_MINUTES_H

#include "station/evidence/dossier.h"

struct minutes_order {
	const char *state_path;		/* pictures are in STATE/evidence; NULL: without pictures */
	const char *made_by;
	uint64_t made_utc_us;
	const json_t *remarks;		/* sentences that go on top; NULL: none */
};

/** @language "en", "zh_CN". @html and @pdf are the caller's to free. ERR_NOMEM, ERR_OS */
int minutes_make(const struct dossier *dossier, const char *language, const struct minutes_order *order,
		 char **html, size_t *html_bytes, void **pdf, size_t *pdf_bytes, struct err *err);

#endif
