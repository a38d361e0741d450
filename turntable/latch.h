/* SPDX-License-Identifier: GPL-3.0-or-later */
/* latch.h - what the table process must not forget: the emergency stop, and the epoch of its angles. */
#ifndef OSTEND_TURNTABLE_LATCH_H
#define OSTEND_TURNTABLE_LATCH_H

#include <stdbool.h>

#include "station/base/err.h"

/**
 * Read the file at @path. A file that is not there is a table never used: not latched, epoch 0.
 *
 * @return 0; ERR_TAMPER when the file is damaged: then @estop is set, a person must look; ERR_OS, likewise
 */
int latch_load(const char *path, bool *estop, uint32_t *epoch, struct err *err);

/**
 * Replace the file. It is renamed into place but not synced: a stop never waits for a disk, and the
 * page cache outlives the process.
 */
int latch_save(const char *path, bool estop, uint32_t epoch, struct err *err);

#endif
