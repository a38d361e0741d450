/* SPDX-License-Identifier: GPL-3.0-or-later */
/* degrees.h - angles as people write them, to and from millidegrees, without a float in between. */
#ifndef OSTEND_UI_CONSOLE_DEGREES_H
#define OSTEND_UI_CONSOLE_DEGREES_H

#include "station/base/err.h"

/**
 * Read "[+-]DEGREES[.ddd]". The point is "." in every language; at most three decimals.
 *
 * @what names the value in the sentence of an error, already translated: "bearing"
 * @low, @high allowed, in millidegrees
 * @return 0; ERR_RANGE when @text is no number, or outside, with what is allowed
 */
int degrees_parse(int32_t *out_mdeg, const char *text, const char *what, int32_t low, int32_t high,
		  struct err *err);

/** "-12.5" for -12500: at most @decimals (0 to 3) digits, rounded half away from zero, none left over. */
void degrees_format(char *text, size_t size, int64_t mdeg, int decimals);

/** As degrees_format, always with @decimals digits: "90.00". */
void degrees_format_fixed(char *text, size_t size, int64_t mdeg, int decimals);

#endif
