/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * paper.h - a document made once and written twice: as HTML that prints well, and as PDF (pango, cairo).
 *
 * All texts are UTF-8 as entered; escaping is the paper's. The same calls give the same bytes. Any thread,
 * one at a time for each paper.
 */
#ifndef OSTEND_EVIDENCE_PAPER_H
#define OSTEND_EVIDENCE_PAPER_H

#include "station/base/err.h"

struct paper;

/** @language "en" or "zh_CN"; @title also for the PDF's properties; @made_utc_us its date. ERR_NOMEM */
int paper_new(struct paper **out, const char *language, const char *title, uint64_t made_utc_us,
	      struct err *err);
struct paper *paper_free(struct paper *paper);
DEFINE_FREEP(paper_free, struct paper *)

/**
 * It is to stand on one page of A4: the type is made smaller for that, as far as it can still be read; what does
 * not fit then has more pages.
 */
void paper_one_page(struct paper *paper);

/* Each adds one block below the last; without memory the paper_write_* say so. */
void paper_heading(struct paper *paper, int level /* 1 to 3 */, const char *text);
void paper_text(struct paper *paper, const char *text);
void paper_pair(struct paper *paper, const char *label, const char *value);	/* a row: what, and its value */
/** @widths relative; @cells rows * columns texts, the first row is the head. */
void paper_table(struct paper *paper, int columns, const int *widths, int rows, const char *const *cells);
/** One or two JPEG pictures side by side, embedded as they are; @caption under each. */
void paper_pictures(struct paper *paper, int count, const void *const *jpeg, const size_t *len_bytes,
		    const char *const *caption);
/** A large text in a frame, for what is read aloud: the closing fingerprint. */
void paper_code(struct paper *paper, const char *label, const char *text);
/** Lines for hand signatures, with their labels. */
void paper_signatures(struct paper *paper, int count, const char *const *labels);

/** The finished bytes, the caller's to free. ERR_NOMEM, ERR_OS, ERR_RANGE for a damaged picture; PDF also ERR_UNSUPPORTED
 * when no font has Latin or Chinese, naming the package. */
int paper_html(struct paper *paper, char **html, size_t *len_bytes, struct err *err);
int paper_pdf(struct paper *paper, void **pdf, size_t *len_bytes, struct err *err);

#endif
