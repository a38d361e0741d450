/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk.h - `ostend table calibrate` on a terminal: one question after the other. */
#ifndef OSTEND_UI_CONSOLE_WALK_H
#define OSTEND_UI_CONSOLE_WALK_H

#include "ui/console/reach.h"

/**
 * Ask on standard output, read from standard input, and send each step as it is answered: what has been
 * done stays when the walk is left. Returns an exit status.
 */
int walk_calibrate(const struct reach *reach);

#endif
