/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guard_private.h - what guard.c (files, certificates) and guard_pass.c (passes, sessions) share. */
#ifndef OSTEND_CERTS_GUARD_PRIVATE_H
#define OSTEND_CERTS_GUARD_PRIVATE_H

#include <sys/stat.h>

#include "certs/limit.h"
#include "certs/records.h"
#include "certs/guard.h"
#include "certs/trust.h"

#define GUARD_FILES 6
#define GUARD_ACCEPTED 1024	/* certificates let in lately; more than there can be connections */

struct guard_accepted {
	X509 *certificate;
	char id[65];
};

struct guard {
	char *state_path;
	struct stat seen[GUARD_FILES];		/* st_ino 0: missing */
	struct trust trust;
	struct records passes, denied, sessions;
	struct err broken;			/* code 0: all files were readable */
	struct guard_accepted accepted[GUARD_ACCEPTED];
	size_t accepted_next;			/* a ring: the oldest is replaced */
	struct limit *addresses, *passes_tried;
};

/** ERR_STATE or ERR_TAMPER while a file is unreadable; nobody new may be let in. */
int guard_check_readable(const struct guard *guard, struct err *err);
bool guard_is_denied(const struct guard *guard, const char *id);
const struct pass *guard_find_pass(const struct guard *guard, const char *id);

#endif
