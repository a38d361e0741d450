/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recording_rig.h - encoded pictures of a turning object for the recorder's tests, and a look into MP4 files. */
#ifndef OSTEND_TESTS_RECORDING_RIG_H
#define OSTEND_TESTS_RECORDING_RIG_H

#include <stdio.h>

#include "station/encode/access_unit.h"

#define RIG_WIDTH 320
#define RIG_HEIGHT 180
#define RIG_FPS 30

struct rig;

struct rig *rig_new(void);
void rig_free(struct rig *rig);

/** The next picture, captured at @captured_ns; the caller's. */
struct access_unit *rig_picture(struct rig *rig, uint64_t captured_ns, bool keyframe);

/** An access unit of nothing but an SEI of section @counter, no byte of which may be zero. */
struct access_unit *rig_sei(uint32_t counter, bool partial);

/* --- boxes ---- */

struct box {
	char type[5];
	const uint8_t *bytes;	/* of the content */
	size_t len_bytes;
	size_t offset;		/* of the header, in the bytes that were walked */
};

/** The next box of @bytes from *@at on; false at the end. Fails the test when it does not fit. */
bool rig_box(struct box *box, const uint8_t *bytes, size_t len_bytes, size_t *at);
/** The first box at @path, such as "moov/trak/mdia"; fails the test when there is none. */
struct box rig_find(const uint8_t *bytes, size_t len_bytes, const char *path);

uint8_t *rig_read(const char *path, size_t *len_bytes);		/* free() */
/** What @command writes to both its outputs; fails the test when it exits with another code than 0. */
char *rig_run(const char *format, ...) __attribute__((format(printf, 1, 2)));	/* free() */

#endif
