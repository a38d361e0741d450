/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decimal.h - decimal numbers of serial protocols, in thousandths and whatever the locale.
 *
 * strtod and printf follow the locale's comma; controllers want a dot. Any thread.
 */
#ifndef OSTEND_TURNTABLE_DECIMAL_H
#define OSTEND_TURNTABLE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** "-12.5" is -12500; *@at moves behind it. Digits after the third are cut off. False: no number there. */
bool decimal_read(const char **at, int64_t *milli);
/** "12.5" for 12500: as short as it can be. */
void decimal_print(char *text, size_t size, int64_t milli);

#endif
