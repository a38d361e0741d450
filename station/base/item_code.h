/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * item_code.h - the codes that the station gives: one item one code (一物一码), one case one code (一案一码).
 *
 *	E-7K2M-9QXW-B4TZ	E an exhibit, C a case; eleven random characters and a check character
 *
 * The alphabet has 32 characters without I, L, O and U, so that a code can be read aloud and typed. The 55
 * random bits make codes that nobody guesses and that no other station has. The check character is linear over
 * GF(32), each place with a weight of its own: one wrong character, and any two exchanged, are always found.
 */
#ifndef OSTEND_BASE_ITEM_CODE_H
#define OSTEND_BASE_ITEM_CODE_H

#include "station/base/err.h"

#define ITEM_CODE_SIZE 17	/* with the NUL */

enum item_code_kind { ITEM_CODE_EXHIBIT = 'E', ITEM_CODE_CASE = 'C' };

/** A new one. */
void item_code_make(char code[ITEM_CODE_SIZE], enum item_code_kind kind);

/**
 * Read a code as somebody typed it: either case, with or without dashes and spaces, O for 0, I and L for 1.
 *
 * @code in its one right form; @kind which of the two it is
 * @return 0; ERR_RANGE: no code, or mistyped
 */
int item_code_read(char code[ITEM_CODE_SIZE], enum item_code_kind *kind, const char *text, struct err *err);

#endif
