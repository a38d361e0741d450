/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * authority.h - the acts of a centre's certificate authority on STATE/certs: what ostend-certs and the
 * demonstration do.
 *
 * Opening takes the writers' lock, so that two programs cannot mix their changes. What an act returns as
 * done is on the disk. The root key may be absent (kept off line) for everything but init and the root's
 * CRL; the issuing CA's key is needed for all else but passes. Thread: any one.
 */
#ifndef OSTEND_CERTS_AUTHORITY_H
#define OSTEND_CERTS_AUTHORITY_H

#include "certs/identity.h"
#include "certs/issue.h"
#include "certs/pass_text.h"
#include "certs/records.h"

struct authority;

/**
 * Open STATE/certs, made (0700) if missing, waiting up to 10 s for the lock.
 *
 * @out    the caller's to free; untouched on failure
 * @return 0; ERR_TIMEOUT; ERR_DENIED when the folder is writable by others; ERR_TAMPER; ERR_OS; ERR_NOMEM
 */
int authority_open(struct authority **out, const char *state_path, struct err *err);
struct authority *authority_free(struct authority *authority);
DEFINE_FREEP(authority_free, struct authority *)

/**
 * Make what is not there yet of root, issuing CA, their CRLs and the three signers' keys, for the centre
 * named @organization. Overwrites nothing; an interrupted init is completed by calling it again.
 *
 * @return how many files were made; ERR_STATE when the key needed for a missing part is not here
 */
int authority_init(struct authority *authority, const char *organization, struct err *err);

/**
 * Make the station's TLS key and certificate for @hosts (NULL-ended). ERR_STATE when there is one and not
 * @renew, which replaces both.
 */
int authority_station(struct authority *authority, const char *const *hosts, int64_t from_utc_us,
		      int days, bool renew, struct err *err);

/**
 * Issue a person's certificate for @key (only its public half is used).
 *
 * @out    certificate, the caller's; it is recorded in issued.json before this returns
 * @return 0; ERR_RANGE for a name, role or time that does not fit; ERR_STATE without the CA's key
 */
int authority_person(struct authority *authority, X509 **out, EVP_PKEY *key, const char *name,
		     enum role role, int64_t from_utc_us, int days, struct err *err);

/** Record the pass @text (of pass_text_new). ERR_RANGE for a name or time that does not fit; ERR_OS. */
int authority_pass(struct authority *authority, const char *text, const char *name, enum role role,
		   int64_t until_utc_us, bool reusable, struct err *err);

/**
 * Deny the credential with @id or an id beginning with it (8 digits or more), or all of the person
 * named so; then mark certificates revoked and renew the CRL.
 *
 * @return how many were denied now; ERR_GONE when nobody is named so, or all were denied before. The
 *         denial is in force even if a later step fails; ERR_STATE: in force, but the CRL could not
 *         be renewed because the CA's key is not here
 */
int authority_revoke(struct authority *authority, const char *id_or_name, struct err *err);

/** Renew a CRL: @ca PROFILE_CA or PROFILE_ROOT. ERR_STATE when that CA's key is not here. */
int authority_crl(struct authority *authority, enum profile_kind ca, struct err *err);

/** The CAs' certificates for a PKCS#12, borrowed; NULL while there are none. */
X509 *authority_root(struct authority *authority);
X509 *authority_ca(struct authority *authority);

/** What is on record, borrowed until the next act. @kind ISSUED, PASSES or DENIED. */
const struct records *authority_records(struct authority *authority, enum records_kind kind);

#endif
