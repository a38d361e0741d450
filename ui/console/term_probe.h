/* SPDX-License-Identifier: GPL-3.0-or-later */
/* term_probe.h - what only the terminal itself can tell: how wide it draws a block. */
#ifndef OSTEND_UI_CONSOLE_TERM_PROBE_H
#define OSTEND_UI_CONSOLE_TERM_PROBE_H

#include <stdbool.h>

/**
 * Print U+2580 on the terminal at @fd and ask for the cursor's place (ECMA-48 8.3.35, DSR 6): block
 * and frame characters are of ambiguous width (UAX 11), and a Chinese terminal may take two columns.
 * Waits at most one second; call before ncurses.
 *
 * @return columns it took; 1 when the terminal does not answer
 */
int term_probe_block_width(int fd);

#endif
