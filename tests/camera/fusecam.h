/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fusecam.h - a V4L2 camera as a file that any program can open, without a kernel module.
 *
 * A regular file on a FUSE mount answers those V4L2 ioctls whose argument holds no pointer, polls, and
 * maps: the camera writes its pictures into the kernel's page cache (FUSE_NOTIFY_STORE), which is what
 * the program has mapped. The program under test is the real one, through the real kernel. The server
 * is a process of its own: one that waited for itself would never end.
 */
#ifndef OSTEND_TESTS_FUSECAM_H
#define OSTEND_TESTS_FUSECAM_H

#include <stdbool.h>
#include <sys/types.h>

struct fusecam {
	pid_t pid;
	int socket;
	char mount[64];
};

/** Get the right to mount, in a user namespace when need be. False, with the reason, when there is none. */
bool fusecam_prepare(const char **why);

/**
 * Serve on the empty folder @mount: a metadata node video0 and the camera "video1", called @card.
 * False, with the reason on standard error.
 */
bool fusecam_start(struct fusecam *cam, const char *mount, const char *card);
void fusecam_stop(struct fusecam *cam);
void fusecam_kill(struct fusecam *cam);		/* as a device that crashes: ENOTCONN for its users */

/**
 * "unplug"; "plug N CARD" (metadata node video<N>, camera video<N+1>, factory settings); "stall N",
 * "drop N", "error N", "cut N": that many of the next pictures; "eio N": of the next DQBUFs;
 * "left": returns how many of those are still to come. Returns when it is done.
 */
int fusecam_do(struct fusecam *cam, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
