/* SPDX-License-Identifier: GPL-3.0-or-later */
/* latch.h - what the table process must not forget: halt, emergency stop, epoch, handling and cable. */
#ifndef OSTEND_TURNTABLE_LATCH_H
#define OSTEND_TURNTABLE_LATCH_H

#include "station/base/err.h"
#include "turntable/governor.h"

/**
 * Read the file at @path. A file that is not there is a table never used: nothing latched, epoch 0.
 *
 * @return 0; ERR_TAMPER when the file is damaged: then the emergency stop is set, a person must look; ERR_OS,
 *         likewise
 */
int latch_load(const char *path, struct governor_kept *kept, struct err *err);

/**
 * Replace the file. It is renamed into place but not synced: a stop never waits for a disk, and the
 * page cache outlives the process.
 */
int latch_save(const char *path, const struct governor_kept *kept, struct err *err);

#endif
