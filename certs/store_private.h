/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_private.h - what store.c (files, certificates) and store_pass.c (passes, sessions) share. */
#ifndef OSTEND_CERTS_STORE_PRIVATE_H
#define OSTEND_CERTS_STORE_PRIVATE_H

#include <sys/stat.h>

#include "certs/limit.h"
#include "certs/records.h"
#include "certs/store.h"
#include "certs/trust.h"

#define STORE_FILES 6
#define STORE_ACCEPTED 1024	/* certificates let in lately; more than there can be connections */

struct store_accepted {
	X509 *certificate;
	char id[65];
};

struct store {
	char *state_path;
	struct stat seen[STORE_FILES];		/* st_ino 0: missing */
	struct trust trust;
	struct records passes, denied, sessions;
	struct err broken;			/* code 0: all files were readable */
	struct store_accepted accepted[STORE_ACCEPTED];
	size_t accepted_next;			/* a ring: the oldest is replaced */
	struct limit *addresses, *passes_tried;
};

/** ERR_STATE or ERR_TAMPER while a file is unreadable; nobody new may be let in. */
int store_check_readable(const struct store *store, struct err *err);
bool store_is_denied(const struct store *store, const char *id);
const struct pass *store_find_pass(const struct store *store, const char *id);

#endif
