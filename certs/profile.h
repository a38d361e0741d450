/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * profile.h - what each kind of certificate may do: one line for each in profile.c.
 *
 * All keys are ECDSA P-256 and all signatures ecdsa-with-SHA256: the one type that TLS, CMS, ONVIF Media
 * Signing, WebCrypto and PKCS#11 tokens have in common. The one exception signs checkpoints, with the Ed25519
 * of C2SP signed-note, which everybody's log tools read.
 */
#ifndef OSTEND_CERTS_PROFILE_H
#define OSTEND_CERTS_PROFILE_H

#include <stdbool.h>

enum profile_kind {
	PROFILE_ROOT,
	PROFILE_CA,		/* the issuing CA, the only one below the root */
	PROFILE_STATION,	/* TLS server */
	PROFILE_LOG,		/* signs packages */
	PROFILE_MEDIA,		/* signs video, and the delivery copies of stills */
	PROFILE_CHECKPOINT,	/* signs checkpoints of the ledger */
	PROFILE_PERSON,		/* TLS client: a seat */
	PROFILE_COUNT
};

struct profile {
	const char *name;		/* in issued.json: "station" */
	const char *common_name;	/* of those that have a fixed one */
	int days, days_max;
	const char *basic_constraints;	/* RFC 5280 4.2.1.9, as openssl writes it; all critical */
	const char *key_usage;		/* 4.2.1.3 */
	const char *extended_key_usage;	/* 4.2.1.12; NULL: none */
	const char *key_file, *pem_file;	/* of certs/layout.h; NULL: not kept */
	bool ed25519;			/* instead of P-256 */
};

extern const struct profile profiles[PROFILE_COUNT];

#define CRL_DAYS_ROOT 397	/* the root key is fetched from its safe about once a year */
#define CRL_DAYS_CA 30
#define CRL_GRACE_S (24 * 3600)	/* after nextUpdate nobody new is let in */

#define ROLE_URI "urn:ostend:role:"	/* in subjectAltName of a person: ROLE_URI "judge" */

#endif
