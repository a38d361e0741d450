/* SPDX-License-Identifier: GPL-3.0-or-later */
/* harness.h - runs the capture process by itself, for tests: capture_main in a child, the rest here. */
#ifndef OSTEND_TESTS_CAMERA_HARNESS_H
#define OSTEND_TESTS_CAMERA_HARNESS_H

#include <jansson.h>
#include <sys/types.h>

#include "station/camera/capture.h"
#include "station/camera/link.h"

struct harness {
	pid_t pid;
	struct link_sink *sink;
	int rpc_fd;
	char inbox[1 << 17];
	size_t inbox_len;
	int passed_fd;		/* the newest that came beside an answer; -1: none */
	int notifications;	/* "camera" messages seen so far */
	char last_state[16];	/* of the last of them */
};

/** Start it; exits the test program when that is not possible. */
void harness_start(struct harness *harness, const struct capture_options *options);

/** Close both sockets; the process's wait status, -1 when it has to be killed after 5 s. */
int harness_stop(struct harness *harness);

enum harness_want { HARNESS_ANY, HARNESS_REAL, HARNESS_SYNTHETIC };

/** The next frame of the wanted kind, others given back; NULL after @wait_ms or at the end. */
struct frame *harness_frame(struct harness *harness, enum harness_want want, int wait_ms);

/**
 * Call @method. The answer's "result", or with @refusal its "error"; the caller's.
 * NULL when it was the other of the two, or none came within 15 s.
 */
json_t *harness_call(struct harness *harness, const char *method, json_t *params, bool refusal);

#endif
