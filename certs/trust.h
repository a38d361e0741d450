/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trust.h - the station's own two CAs and their CRLs, and what they say about a certificate. */
#ifndef OSTEND_CERTS_TRUST_H
#define OSTEND_CERTS_TRUST_H

#include "station/base/openssl.h"

#include <openssl/x509v3.h>

#include "certs/identity.h"
#include "certs/issue.h"
#include "certs/profile.h"
#include "station/base/err.h"

struct trust {
	X509 *root, *ca;
	X509_CRL *root_crl, *ca_crl;
	X509_STORE *store;	/* of both CAs, without CRLs */
};

/**
 * Read the CAs and CRLs from STATE/certs.
 *
 * @out    for trust_clear; untouched on failure
 * @return 0; ERR_STATE when one is missing; ERR_TAMPER when one is no PEM or not signed by its CA; ERR_OS
 */
int trust_load(struct trust *out, const char *state_path, struct err *err);
void trust_clear(struct trust *trust);

/**
 * Verify @leaf up to the root for @purpose (X509_PURPOSE_*; 0: any), with both CRLs and nothing unknown.
 *
 * @chain  further certificates from the peer; NULL is fine
 * @return 0; ERR_DENIED with the reason; ERR_STATE when a CRL is more than CRL_GRACE_S past its end
 */
int trust_verify(const struct trust *trust, X509 *leaf, STACK_OF(X509) *chain, int purpose,
		 struct err *err);

/** Name, role, id and end of a person's certificate. ERR_DENIED when it is not one. */
int trust_read_person(struct identity *out, X509 *leaf, struct err *err);

/** A PEM file's first certificate. ERR_STATE when the file is missing; ERR_TAMPER; ERR_OS. */
int trust_read_certificate(X509 **out, const char *path, struct err *err);
/** A PEM file's private key; never asks for a pass phrase. Errors as above. */
int trust_read_key(EVP_PKEY **out, const char *path, struct err *err);

#endif
