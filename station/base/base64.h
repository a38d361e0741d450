/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base64.h - what base64 (RFC 4648 4) stands for. Any thread. */
#ifndef OSTEND_BASE_BASE64_H
#define OSTEND_BASE_BASE64_H

#include "station/base/util.h"

/**
 * Decode @len characters into at most @size bytes. Only the one right form of bytes is taken (RFC 4648 3.5): padded,
 * nothing else between, no bit set that stands for nothing. What can be written in two ways could be "changed" under
 * a signature that still holds.
 *
 * @return how many bytes; -1 for anything else, more than @size included
 */
int base64_decode(void *bytes, size_t size, const char *text, size_t len);

#endif
