/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * latch.h - what a table must not forget over a restart: struct governor_kept, as text for a file.
 *
 * The writing is the scribe's, so that no stop ever waits for a disk.
 */
#ifndef OSTEND_TURNTABLE_LATCH_H
#define OSTEND_TURNTABLE_LATCH_H

#include "turntable/governor.h"

/**
 * Read the file at @path. One that is not there is a table never used: all zeroes.
 *
 * @return 0; ERR_TAMPER when the file is damaged: then @kept has an emergency stop and a halt that says so, because
 *         a person must look
 */
int latch_load(const char *path, struct governor_kept *kept, struct err *err);

/** The text of the file, for free(); NULL only without memory. */
char *latch_text(const struct governor_kept *kept);

#endif
