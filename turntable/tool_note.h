/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_note.h - what one run of ostend-table tells the next: where the homed table was left.
 *
 * Alone it proves nothing. It counts only together with a controller that says it has kept its count,
 * at exactly this place; see table_keep_reference.
 */
#ifndef OSTEND_TURNTABLE_TOOL_NOTE_H
#define OSTEND_TURNTABLE_TOOL_NOTE_H

#include <stdbool.h>
#include <stdint.h>

/** The note for @port; false when there is none. */
bool tool_note_read(const char *port, int64_t *reported_mdeg);

/** Leave a note for @port, or take it away when the table is not @homed. Best effort. */
void tool_note_leave(const char *port, bool homed, int64_t reported_mdeg);

#endif
