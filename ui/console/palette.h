/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * palette.h - the colours a terminal has: true colours to its numbers, and two numbers to a pair.
 *
 * ncurses draws with numbered pairs and has at most 65,536 of them; a picture in true colours would
 * use them up in a few frames. Colours are therefore cut to 5 or 6 bits a channel, pairs are kept in a
 * hash, and all picture pairs are given back between two frames, never inside one.
 */
#ifndef OSTEND_UI_CONSOLE_PALETTE_H
#define OSTEND_UI_CONSOLE_PALETTE_H

#include <stdbool.h>
#include <stddef.h>

#include "station/base/err.h"
#include "ui/console/scale.h"

enum palette_mode { PALETTE_MONO, PALETTE_8, PALETTE_16, PALETTE_256, PALETTE_DIRECT };

/**
 * The number that @mode's terminal has for @colour. With 8 and 16 colours neighbouring pixels are
 * dithered by their place (@x, @y). PALETTE_MONO: 0 black, 1 white, dithered.
 */
int palette_number(enum palette_mode mode, struct rgb colour, int x, int y);

/** What @number looks like, for tests and for theme colours given as one of 256. */
struct rgb palette_colour(enum palette_mode mode, int number);

struct palette_pairs;

/**
 * @first, @count the pair numbers it may hand out
 * @define tells the terminal what a pair is (init_extended_pair)
 */
int palette_pairs_new(struct palette_pairs **out, int first, int count,
		      int (*define)(int pair, int front, int back), struct err *err);
struct palette_pairs *palette_pairs_free(struct palette_pairs *pairs);
DEFINE_FREEP(palette_pairs_free, struct palette_pairs *)

/** The pair of @front on @back; 0, the terminal's own colours, when none is left. */
int palette_pair(struct palette_pairs *pairs, int front, int back);

/** Between two frames: give all pairs back if fewer than @wanted are left. */
void palette_pairs_make_room(struct palette_pairs *pairs, int wanted);

#endif
