/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A paper is a list of blocks; the writers in paper_html.c and paper_pdf.c go through it. */
#include "station/evidence/paper_private.h"

#include <stdlib.h>
#include <string.h>

#include "station/camera/jpeg_check.h"

int paper_new(struct paper **out, const char *language, const char *title, uint64_t made_utc_us,
	      struct err *err)
{
	struct paper *paper = calloc(1, sizeof *paper);

	if (!paper)
		return err_set(err, ERR_NOMEM, "paper \"%s\": out of memory", title);
	paper->made_utc_us = made_utc_us;
	paper->language = strdup(language);
	paper->title = paper_clean(title);
	if (!paper->language || !paper->title) {
		paper_free(paper);
		return err_set(err, ERR_NOMEM, "paper \"%s\": out of memory", title);
	}
	*out = paper;
	return 0;
}

void paper_one_page(struct paper *paper)
{
	paper->one_page = true;
}

static void clear_block(struct paper_block *block)
{
	for (int i = 0; block->texts && i < block->count; i++)
		free(block->texts[i]);
	free(block->texts);
	for (int i = 0; i < PAPER_PICTURES_MAX; i++)
		free(block->pictures[i].jpeg);
}

struct paper *paper_free(struct paper *paper)
{
	if (!paper)
		return NULL;
	for (size_t i = 0; i < paper->count; i++)
		clear_block(&paper->blocks[i]);
	free(paper->blocks);
	free(paper->language);
	free(paper->title);
	free(paper);
	return NULL;
}

/* --- adding blocks -------------------------------------------------------------------------------- */

static void fail(struct paper *paper, int code, const char *sentence)
{
	if (!paper->failure.code)
		err_set(&paper->failure, code, "paper \"%.80s\": %s", paper->title, sentence);
}

static bool grow(struct paper *paper)
{
	size_t capacity = paper->capacity ? 2 * paper->capacity : 64;
	struct paper_block *blocks;

	if (paper->count < paper->capacity)
		return true;
	blocks = reallocarray(paper->blocks, capacity, sizeof *blocks);
	if (!blocks)
		return false;
	paper->blocks = blocks;
	paper->capacity = capacity;
	return true;
}

/* A new block of @count texts at the end; NULL: said in paper->failure. */
static struct paper_block *add(struct paper *paper, enum paper_kind kind, int count, const char *const *texts)
{
	struct paper_block block = { .kind = kind, .count = count };

	block.texts = calloc((size_t)count + 1, sizeof *block.texts);
	for (int i = 0; block.texts && i < count; i++) {
		block.texts[i] = paper_clean(texts[i] ? texts[i] : "");
		if (!block.texts[i])
			goto no_memory;
	}
	if (!block.texts || !grow(paper))
		goto no_memory;
	paper->blocks[paper->count] = block;
	return &paper->blocks[paper->count++];

no_memory:
	clear_block(&block);
	fail(paper, ERR_NOMEM, "out of memory");
	return NULL;
}

void paper_heading(struct paper *paper, int level, const char *text)
{
	struct paper_block *block = add(paper, PAPER_HEADING, 1, &text);

	if (block)
		block->level = CLAMP(level, 1, 3);
}

void paper_text(struct paper *paper, const char *text)
{
	add(paper, PAPER_TEXT, 1, &text);
}

void paper_pair(struct paper *paper, const char *label, const char *value)
{
	add(paper, PAPER_PAIR, 2, (const char *const[]){ label, value });
}

void paper_table(struct paper *paper, int columns, const int *widths, int rows, const char *const *cells)
{
	struct paper_block *block;

	if (columns < 1 || columns > PAPER_COLUMNS_MAX || rows < 1) {
		fail(paper, ERR_RANGE, "a table has 1 to 12 columns and at least a head");
		return;
	}
	block = add(paper, PAPER_TABLE, columns * rows, cells);
	if (!block)
		return;
	block->columns = columns;
	block->rows = rows;
	for (int i = 0; i < columns; i++)
		block->widths[i] = MAX(widths[i], 1);
}

static bool keep_picture(struct paper *paper, struct paper_picture *picture, const void *jpeg, size_t len_bytes)
{
	struct jpeg_info info;

	if (jpeg_check(&info, jpeg, len_bytes) != JPEG_WHOLE) {
		err_set(&paper->failure, ERR_RANGE, "paper \"%.80s\": a picture is no whole JPEG: %s", paper->title,
			info.why);
		return false;
	}
	picture->jpeg = malloc(info.len_bytes);
	if (!picture->jpeg) {
		fail(paper, ERR_NOMEM, "out of memory for a picture");
		return false;
	}
	memcpy(picture->jpeg, jpeg, info.len_bytes);
	picture->len_bytes = info.len_bytes;
	picture->width = info.width;
	picture->height = info.height;
	return true;
}

void paper_pictures(struct paper *paper, int count, const void *const *jpeg, const size_t *len_bytes,
		    const char *const *caption)
{
	struct paper_block *block;

	if (count < 1 || count > PAPER_PICTURES_MAX) {
		fail(paper, ERR_RANGE, "one or two pictures stand side by side");
		return;
	}
	block = add(paper, PAPER_PICTURES, count, caption);
	for (int i = 0; block && i < count; i++)
		if (!keep_picture(paper, &block->pictures[i], jpeg[i], len_bytes[i]))
			return;
}

void paper_code(struct paper *paper, const char *label, const char *text)
{
	add(paper, PAPER_CODE, 2, (const char *const[]){ label, text });
}

void paper_signatures(struct paper *paper, int count, const char *const *labels)
{
	add(paper, PAPER_SIGNATURES, count, labels);
}
