/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cms_check.h - a detached CMS signature (RFC 5652), held to one form.
 *
 * CMS leaves room: unsigned attributes, further certificates, fields that no verifier looks at. Here the whole
 * structure is built anew from what is known and signed, and must be the same byte for byte.
 */
#ifndef OSTEND_VERIFY_CMS_CHECK_H
#define OSTEND_VERIFY_CMS_CHECK_H

#include "verify/chain.h"

/**
 * Whether @signature (DER) is one of the first certificate of @signer on @content. The certificates inside must
 * be among @known. Does not judge the chain.
 *
 * @signed_utc_us when the signer says it was; INT64_MIN: it does not say
 * @return 0; ERR_TAMPER: it is not one on these bytes, or was changed; ERR_PROTO: it is no such structure, or
 *         of a form that is not used here
 */
int cms_check(const void *signature, size_t signature_bytes, const void *content,
	      size_t content_bytes, const struct chain *signer, X509 *const *known,
	      size_t known_count, int64_t *signed_utc_us, struct err *err);

#endif
