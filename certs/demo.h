/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demo.h - a whole little centre for `ostendd --demo`: CA, station certificate, one pass for each role. */
#ifndef OSTEND_CERTS_DEMO_H
#define OSTEND_CERTS_DEMO_H

#include "certs/identity.h"
#include "station/base/err.h"

struct demo_certs {
	char *ca_path;				/* what a client must trust: "STATE/certs/root.pem" */
	char *certificate_path, *key_path;	/* for web_config */
	char pass[ROLE_COUNT][25];		/* "7K2M-...": the texts, by role */
};

/**
 * Make in @state_path (made 0700 if missing) what is not there yet: root, issuing CA, CRLs, signers' keys,
 * a station certificate for @hosts, and a reusable pass of 30 days for each role, whose texts are kept
 * in certs/demo.json (0600). What is there and valid for another day is kept, so that passes
 * and sessions outlive a restart; a station certificate that lacks one of @hosts is made again.
 *
 * @hosts  names and addresses, NULL-ended: "127.0.0.1", "localhost", ...
 * @out    for demo_certs_clear
 * @return 0; ERR_OS; ERR_STATE when the folder holds a real centre (a CA not made by demo); ERR_NOMEM
 */
int demo_certs_make(struct demo_certs *out, const char *state_path, const char *const *hosts,
		    struct err *err);
void demo_certs_clear(struct demo_certs *certs);

#endif
