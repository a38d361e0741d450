/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_sei.h - the SEI NAL unit of ONVIF Media Signing (ONVIF Media Signing Specification 25.12) that carries
 * one section: written up to its signature, then signed, then done.
 *
 * What is signed is what stands in the stream: the bytes with emulation prevention (H.264 7.4.1), from the
 * NAL header up to the signature's tag. Pure; any thread.
 */
#ifndef OSTEND_EVIDENCE_MEDIA_SEI_H
#define OSTEND_EVIDENCE_MEDIA_SEI_H

#include <stdbool.h>

#include "station/base/nal.h"
#include "station/base/err.h"

#define MEDIA_SEI_HASH_BYTES 32
#define MEDIA_SEI_HASHES_MAX 600	/* readers of the reference code give up above it */
#define MEDIA_SEI_CHAIN_MAX 16384	/* four certificates are allowed */
#define MEDIA_SEI_SIGNATURE_MAX 72	/* DER of two 256-bit integers; the field has this size always */

/* Who signs: the same in every SEI of a stream. */
struct media_sei_signer {
	const char *chain_pem;		/* leaf, then intermediates, without the root */
	const char *firmware, *serial, *manufacturer;	/* at most 255 bytes each */
};

/* What is signed. */
struct media_sei_section {
	bool partial;			/* ended inside a group of pictures, not by an IDR or the end */
	uint32_t counter;
	uint64_t start_utc_us, end_utc_us;	/* of its first picture; of the first one after it */
	const uint8_t (*hashes)[MEDIA_SEI_HASH_BYTES];
	size_t count;			/* 0 to MEDIA_SEI_HASHES_MAX */
	const uint8_t *link;		/* the first hash of the section before; zeros in the first */
};

struct media_sei;

/**
 * Write everything but the signature.
 *
 * @return 0; ERR_RANGE for a chain, text or count beyond the limits above; ERR_NOMEM
 */
int media_sei_new(struct media_sei **out, const struct media_sei_signer *signer,
		  const struct media_sei_section *section, struct err *err);
struct media_sei *media_sei_free(struct media_sei *sei);
DEFINE_FREEP(media_sei_free, struct media_sei *)

/** SHA-256 of what is signed; borrowed. */
const uint8_t *media_sei_digest(const struct media_sei *sei);

/**
 * Put in the ECDSA-Sig-Value (RFC 3279 2.2.3) over the digest; then the NAL unit is complete. Once.
 * ERR_RANGE when it is empty or longer than MEDIA_SEI_SIGNATURE_MAX.
 */
int media_sei_sign(struct media_sei *sei, const uint8_t *der, size_t len_bytes, struct err *err);

/** The NAL unit, from its header on, without start code; borrowed. Before media_sei_sign: what is signed. */
struct nal media_sei_nal(const struct media_sei *sei);

/** Whether @nal is such an SEI, by its UUID. */
bool media_sei_is(const struct nal *nal);
/** Of which section such an SEI is, and whether that ended inside a group of pictures. False: it does not say. */
bool media_sei_about(const struct nal *nal, uint32_t *counter, bool *partial);

#endif
