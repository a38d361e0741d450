/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pass_text.h - a pass as people write it: 20 characters of Crockford's base 32, "7K2M-9XQ4-...".
 *
 * The first group of four names the pass and may be stored; the other sixteen (80 bits) are its secret.
 * So a guess is a guess at one pass, and can be counted there.
 */
#ifndef OSTEND_CERTS_PASS_TEXT_H
#define OSTEND_CERTS_PASS_TEXT_H

#include "station/base/err.h"

#define PASS_TEXT_SIZE 25	/* 20 characters, 4 dashes, NUL */
#define PASS_CHARS 20
#define PASS_GROUP 4

/** A new random pass, with dashes, into @text (PASS_TEXT_SIZE bytes). */
void pass_text_new(char *text);

/**
 * Read what somebody typed: any case; spaces and dashes are skipped; O is 0, I and L are 1.
 *
 * @plain  PASS_CHARS + 1 bytes: the canonical characters without dashes
 * @return 0; ERR_RANGE when it is not 20 characters of the alphabet
 */
int pass_text_read(char *plain, const char *text);

/** Hex SHA-256 of the canonical characters into @id (65 bytes). */
void pass_text_id(char *id, const char *plain);

#endif
