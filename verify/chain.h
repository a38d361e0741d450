/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chain.h - certificates of the signers: read, verified up to the centre's root, named. Offline: nothing is
 * fetched, no revocation list is asked; the time at which a chain is judged is always given by the caller.
 */
#ifndef OSTEND_VERIFY_CHAIN_H
#define OSTEND_VERIFY_CHAIN_H

#include <stdio.h>

#include "station/base/err.h"
#include "station/base/openssl.h"
#include <openssl/evp.h>
#include <openssl/x509.h>

#define CHAIN_MAX 4			/* certificates in one chain */
#define CHAIN_NAME_MAX 256
#define CHAIN_ANY_TIME INT64_MIN	/* judge everything but the dates */

/** Leaf first, then those between it and the root. For chain_clear. */
struct chain {
	X509 *certificates[CHAIN_MAX];
	unsigned count;
};

/** All the certificates in a PEM text; other words between them are passed over. ERR_PROTO. */
int chain_read(struct chain *chain, const char *pem, size_t len_bytes, struct err *err);
void chain_clear(struct chain *chain);

/**
 * Verify @chain up to @root as it would have been judged at @utc_us.
 *
 * @return 0; ERR_DENIED, with the reason; ERR_TIMEOUT: it is good, but not at that time
 */
int chain_verify(const struct chain *chain, X509 *root, int64_t utc_us, struct err *err);

/** A certificate that may sign for a station: no CA, and not one that lets a person or a server in. ERR_DENIED. */
int chain_check_signer(X509 *leaf, struct err *err);

/** The common name, or the whole subject when it has none. */
void chain_name(X509 *certificate, char *name, size_t size);
/** SHA-256 of the certificate as pairs of digits with colons, as `openssl x509 -fingerprint -sha256` has it. */
void chain_fingerprint(X509 *certificate, char text[96]);

#endif
