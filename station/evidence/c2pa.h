/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * c2pa.h - a C2PA manifest in the delivery copy of a still: who says what about these bytes, inside the file.
 *
 * C2PA 2.x: claim version 2, actions.v2 and hash.data assertions, one of the station's own, COSE_Sign1 with
 * ES256 (RFC 9052 4.2; the chain in the protected header), in JUMBF boxes (ISO 19566-5) in APP11 segments.
 * The private key is in another process, so it is done in two steps around a signature:
 *
 *	c2pa_begin(jpeg) -> digest --signer--> DER signature -> c2pa_finish -> jpeg with manifest
 *
 * It proves that the holder of the key said this of these bytes; not the time, and not that no other photo
 * was left out: the ledger does that. Any thread.
 */
#ifndef OSTEND_EVIDENCE_C2PA_H
#define OSTEND_EVIDENCE_C2PA_H

#include <jansson.h>

#include "station/base/err.h"

#define C2PA_DIGEST_BYTES 32

struct c2pa_statement {
	const char *program, *version;	/* who makes the claim */
	const char *title;		/* the name of the file */
	uint64_t captured_utc_us;
	const char *label;		/* of the station's own assertion, "local.ostend.still" */
	const json_t *facts;		/* its content, an object; borrowed for the call */
};

struct c2pa_draft;

/**
 * Prepare the manifest of @jpeg (borrowed for the call).
 *
 * @chain_pem of the key that will sign: leaf, then intermediates; without the root
 * @digest    the SHA-256 that is to be signed
 * @return    0; ERR_RANGE for what is no JPEG, or has a manifest; ERR_PROTO for a chain that is no PEM;
 *            ERR_NOMEM
 */
int c2pa_begin(struct c2pa_draft **out, const void *jpeg, size_t len_bytes, const char *chain_pem,
	       const struct c2pa_statement *statement, uint8_t digest[C2PA_DIGEST_BYTES], struct err *err);

/**
 * Put the signature in and give the finished file.
 *
 * @der  ECDSA-Sig-Value of P-256 over the digest
 * @jpeg the caller's to free
 * @return 0; ERR_PROTO when @der is none; ERR_NOMEM
 */
int c2pa_finish(struct c2pa_draft *draft, const uint8_t *der, size_t der_bytes, uint8_t **jpeg,
		size_t *len_bytes, struct err *err);

struct c2pa_draft *c2pa_draft_free(struct c2pa_draft *draft);	/* NULL is fine; returns NULL */
DEFINE_FREEP(c2pa_draft_free, struct c2pa_draft *)

#endif
