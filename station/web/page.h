/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page.h - the files of ui/page, built into the program: a fixed list, so no path of a request is
 * ever looked up in a folder.
 */
#ifndef OSTEND_WEB_PAGE_H
#define OSTEND_WEB_PAGE_H

#include "station/web/conn.h"

struct page_file {
	const char *name;		/* "index.html", "app.js" */
	const char *type;
	const unsigned char *bytes;
	size_t len;
};

/* page_data.c, which embed.sh makes of PAGE_FILES; ends with a NULL name. */
extern const struct page_file page_files[];

/** The file at @path ("/" is index.html); NULL when there is none. signin.html has no path. */
const struct page_file *page_find(struct http_text path);

/* Thread: web. */
void page_get(struct conn *conn, const struct http_request *request, struct http_text body);
void page_sign_in(struct conn *conn);	/* 401 with signin.html */

/**
 * The Content-Security-Policy of a page that holds its one script and style in itself: they may run
 * because their SHA-256 is named. ERR_RANGE when @size is too small.
 */
int page_inline_policy(char *policy, size_t size, const char *html, size_t len, struct err *err);
int page_sign_in_policy(char *policy, size_t size, struct err *err);

#endif
