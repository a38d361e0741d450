/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paper_private.h - the blocks of a paper, as the two writers read them. Texts are clean (paper_clean). */
#ifndef OSTEND_EVIDENCE_PAPER_PRIVATE_H
#define OSTEND_EVIDENCE_PAPER_PRIVATE_H

#include "station/evidence/paper.h"

enum paper_kind {
	PAPER_HEADING,
	PAPER_TEXT,
	PAPER_PAIR,		/* texts: label, value */
	PAPER_TABLE,		/* texts: rows * columns */
	PAPER_PICTURES,		/* texts: a caption each */
	PAPER_CODE,		/* texts: label, text */
	PAPER_SIGNATURES,	/* texts: a label each */
};

#define PAPER_COLUMNS_MAX 12
#define PAPER_PICTURES_MAX 2

struct paper_picture {
	void *jpeg;
	size_t len_bytes;
	uint32_t width, height;
};

struct paper_block {
	enum paper_kind kind;
	int level;
	int columns, rows;
	int widths[PAPER_COLUMNS_MAX];
	int count;				/* of texts */
	char **texts;
	struct paper_picture pictures[PAPER_PICTURES_MAX];
};

struct paper {
	char *language, *title;
	uint64_t made_utc_us;
	bool one_page;				/* if a smaller type makes it so */
	struct paper_block *blocks;
	size_t count, capacity;
	struct err failure;			/* of the first block that could not be kept; code 0: none */
};

/**
 * @text as it may stand in a document, for free(): valid UTF-8, and what would not be seen (controls, marks that
 * turn the direction of writing, characters of no width) as "[U+202E]". NULL: out of memory.
 */
char *paper_clean(const char *text);

#endif
