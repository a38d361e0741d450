/* SPDX-License-Identifier: GPL-3.0-or-later */
/* issue.h - keys, certificates and revocation lists as OpenSSL objects. Pure but for randomness; any thread. */
#ifndef OSTEND_CERTS_ISSUE_H
#define OSTEND_CERTS_ISSUE_H

#include "station/base/openssl.h"

#include <openssl/x509v3.h>

#include "certs/profile.h"
#include "certs/records.h"

DEFINE_FREEP(X509_free, X509 *)
DEFINE_FREEP(X509_CRL_free, X509_CRL *)
DEFINE_FREEP(EVP_PKEY_free, EVP_PKEY *)
DEFINE_FREEP(BIO_free_all, BIO *)

struct issue_request {
	enum profile_kind profile;
	const char *organization;	/* O: the centre's name */
	const char *common_name;	/* CN: at most 64 characters; NULL: the profile's */
	const char *role;		/* of a person: OU, and ROLE_URI in the subjectAltName */
	const char *const *hosts;	/* of a station: names and addresses, NULL-ended */
	int64_t from_utc_us;
	int days;			/* 0: the profile's */
};

struct issuer {
	X509 *certificate;		/* NULL: self-signed */
	EVP_PKEY *key;
};

int issue_key(EVP_PKEY **out, enum profile_kind profile, struct err *err);	/* ERR_NOMEM */

/**
 * Make a certificate for the public half of @key, with a random 127-bit serial number. It never outlives
 * its issuer.
 *
 * @return 0; ERR_RANGE for a name, host or number of days that does not fit; ERR_NOMEM
 */
int issue_certificate(X509 **out, const struct issue_request *request, EVP_PKEY *key,
		      const struct issuer *issuer, struct err *err);

/** The issuer's CRL, valid for @days from @now_utc_us, with what @issued holds as revoked (its own only). */
int issue_crl(X509_CRL **out, const struct issuer *issuer, const struct records *issued,
	      int64_t now_utc_us, int days, struct err *err);

/** What issued.json says about @certificate. */
int issue_record(struct issued *out, X509 *certificate, const struct issue_request *request,
		 struct err *err);

/** Hex SHA-256 of the DER certificate into @id (65 bytes). */
int issue_id(char *id, const X509 *certificate, struct err *err);

/** Whether @key is on the curve P-256. */
bool issue_is_p256(const EVP_PKEY *key);
/** Whether @key is of the kind that @profile has. */
bool issue_fits(const struct profile *profile, const EVP_PKEY *key);

int64_t issue_time_us(const ASN1_TIME *time);	/* INT64_MIN when it is not a time */

/** Fill @err with OpenSSL's own reason after @format and clear its queue; returns @code. */
int issue_error(struct err *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
