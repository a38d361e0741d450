/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fingerprint.h - the closing fingerprint (完整性校验值): the first 160 bits of SHA-256 of a checkpoint's text (without
 * signatures), in Crockford's base32, 8 groups of 4 with hyphens: "7K3M-9Q2X-...". Short enough to be read aloud (doc/package.md 6).
 */
#ifndef OSTEND_VERIFY_FINGERPRINT_H
#define OSTEND_VERIFY_FINGERPRINT_H

#include <stddef.h>

#define FINGERPRINT_TEXT 40

void fingerprint_print(char text[FINGERPRINT_TEXT], const void *note_text, size_t len_bytes);

#endif
