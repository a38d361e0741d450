/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wrap.h - sentences broken into lines, also Chinese ones, which have no blanks. Pure but for LC_CTYPE. */
#ifndef OSTEND_UI_CONSOLE_WRAP_H
#define OSTEND_UI_CONSOLE_WRAP_H

#include <stddef.h>

/**
 * How many bytes of @text, which is clean (tty_clean.h), stand on a line of @columns: up to a blank or
 * between two wide characters, inside a word only when it is wider than the line.
 *
 * @next where the rest begins: behind the blanks of the break
 */
size_t wrap_line(const char *text, int columns, const char **next);

#endif
