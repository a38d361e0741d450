/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signed_sei.h - the SEI of ONVIF Media Signing (specification 25.12), taken apart: what is claimed of a
 * section of the stream, and whether the signature under it holds. Pure; any bytes are safe.
 */
#ifndef OSTEND_VERIFY_SIGNED_SEI_H
#define OSTEND_VERIFY_SIGNED_SEI_H

#include "station/base/err.h"
#include "station/evidence/tlog.h"
#include "verify/chain.h"
#include "verify/h264.h"

#define SIGNED_SEI_MAX (256 * 1024)	/* bytes of one; with the longest hash list it has 70,000 */

struct signed_sei {
	bool certificate;		/* carries the chain only; counts no section */
	bool is_signed, escaped, has_general, partial;	/* partial: ended in mid-GOP, by the limit of frames */
	int64_t start_utc_us, end_utc_us;		/* the signer's claim; end is exclusive */
	uint32_t counter;
	uint16_t count;
	struct tlog_hash section_hash, link;
	const uint8_t *list;		/* list_count hashes of 32 bytes; NULL: without a list */
	unsigned list_count;
	const char *chain;		/* PEM, or NULL */
	size_t chain_bytes;
	const uint8_t *signature;	/* DER */
	size_t signature_bytes, document_bytes;
	uint8_t *bytes;			/* unescaped; what the pointers point into */
};

/** Whether @nal is an SEI unit that begins with the UUID of ONVIF Media Signing. */
bool signed_sei_is(const struct nal *nal);

/**
 * Take @nal apart.
 *
 * @sei for signed_sei_clear, also after a failure
 * @return 0; ERR_PROTO with what is wrong; ERR_NOMEM
 */
int signed_sei_read(struct signed_sei *sei, const struct nal *nal, struct err *err);
void signed_sei_clear(struct signed_sei *sei);

/** Whether the signature is one of @leaf on all that stands before it. ERR_TAMPER, ERR_UNSUPPORTED. */
int signed_sei_verify(const struct signed_sei *sei, X509 *leaf, struct err *err);

#endif
