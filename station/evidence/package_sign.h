/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * package_sign.h - a detached CMS signature (RFC 5652) by a key that is in another process: this makes what is to be
 * signed, and puts the signature in. The structure is the one of doc/package.md, section 3. Any thread.
 */
#ifndef OSTEND_EVIDENCE_PACKAGE_SIGN_H
#define OSTEND_EVIDENCE_PACKAGE_SIGN_H

#include "station/base/openssl.h"
#include <openssl/x509.h>

#include "station/base/err.h"

struct package_signature;

/**
 * Prepare the signature of @leaf over @bytes; @ca goes along with it.
 *
 * @digest SHA-256 of the signed attributes: what the key has to sign (ECDSA)
 * @return 0; ERR_UNSUPPORTED for a key that is not P-256; ERR_NOMEM
 */
int package_signature_new(struct package_signature **out, X509 *leaf, X509 *ca, const void *bytes, size_t len_bytes,
			  uint64_t utc_us, uint8_t digest[32], struct err *err);
struct package_signature *package_signature_free(struct package_signature *signature);
DEFINE_FREEP(package_signature_free, struct package_signature *)

/**
 * Put @der (ECDSA-Sig-Value) in, and check all of it as anybody would, up to @root.
 *
 * @p7s the finished bytes, the caller's
 * @return 0; ERR_TAMPER when it does not verify; ERR_NOMEM
 */
int package_signature_finish(struct package_signature *signature, const void *der, size_t der_bytes, X509 *root,
			     void **p7s, size_t *p7s_bytes, struct err *err);

#endif
