/* SPDX-License-Identifier: GPL-3.0-or-later */
/* authority_private.h - what authority.c (records) and authority_issue.c (keys, certificates) share. */
#ifndef OSTEND_CERTS_AUTHORITY_PRIVATE_H
#define OSTEND_CERTS_AUTHORITY_PRIVATE_H

#include "certs/authority.h"

struct authority {
	char *state_path;
	int lock_fd;
	struct records issued, passes, denied;
	X509 *root, *ca;		/* NULL before init */
	EVP_PKEY *root_key, *ca_key;	/* NULL until needed */
};

int authority_path(char **out, const struct authority *authority, const char *name, struct err *err);
int authority_check_name(const char *name, struct err *err);

/* *@out stays NULL when there is no such file. */
int authority_load_certificate(X509 **out, const struct authority *authority, const char *name,
			       struct err *err);

/* Complete or undo a renewal of the station's pair that was interrupted. */
int authority_recover_station(const struct authority *authority, struct err *err);

#endif
