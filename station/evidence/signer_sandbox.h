/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OSTEND_EVIDENCE_SIGNER_SANDBOX_H
#define OSTEND_EVIDENCE_SIGNER_SANDBOX_H

#include "station/base/err.h"

/**
 * Leave the process what it needs to answer on descriptors that it has: memory, random numbers, time. All
 * other system calls fail with EPERM from now on. No core file, no ptrace. Not in sanitizer builds.
 *
 * @return 0; ERR_OS; ERR_NOMEM
 */
int signer_sandbox(struct err *err);

/**
 * The wider one, where keys are in a token: the maker's library opens files, locks them, starts threads and speaks
 * with a service on this machine. Forbidden are other programs, other processes, and every network.
 */
int signer_sandbox_token(struct err *err);

#endif
