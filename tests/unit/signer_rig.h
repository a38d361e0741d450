/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signer_rig.h - the signer as a process of a test's own, and lines to it. */
#ifndef OSTEND_TESTS_SIGNER_RIG_H
#define OSTEND_TESTS_SIGNER_RIG_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "station/evidence/signer.h"

#define SIGNER_DIGEST "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" /* of "test" */

struct signer_rig {
	struct signer_options options;
	int fd;			/* our end of its socket */
	pid_t pid;
};

void signer_rig_start(struct signer_rig *rig);
/** Its exit status, once our end is closed. Fails the test when it does not end. */
int signer_rig_end(struct signer_rig *rig);
/** Its exit status when it ends of its own accord within @wait_ms. */
int signer_rig_wait(struct signer_rig *rig, int wait_ms);

/** The answer to one line; the caller's. */
json_t *signer_rig_call(struct signer_rig *rig, const char *line);

/** The signature over SIGNER_DIGEST in base64, for free(); NULL: refused, for the reason in @reason. */
char *signer_rig_sign(struct signer_rig *rig, const char *key, char reason[256]);

/** Whether @base64 signs "test" by the key of the certificate in the file @pem. */
bool signer_rig_verify(const char *pem, const char *base64);

#endif
