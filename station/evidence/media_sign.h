/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_sign.h - ONVIF Media Signing of one layer's H.264 stream (ONVIF Media Signing Specification 25.12;
 * the byte order and the other differences of the reference code are followed).
 *
 * Every slice is hashed as it passes; the hashes of a section (at most section_frames pictures or section_ms,
 * or up to the next IDR) are signed by the signer process, and the SEI is put in front of a later picture
 * when the signature has come, in order. The encoding path never waits: a section whose signature does not
 * come, while MEDIA_SIGN_WAITING_MAX others wait behind it, goes unsigned and is counted. Thread: encode, where
 * not said.
 */
#ifndef OSTEND_EVIDENCE_MEDIA_SIGN_H
#define OSTEND_EVIDENCE_MEDIA_SIGN_H

#include "station/base/err.h"
#include "station/encode/access_unit.h"

#define MEDIA_SIGN_WAITING_MAX 8

struct media_sign;

struct media_sign_config {
	const char *chain_pem;		/* of the media key: leaf, then intermediates, without the root */
	const char *firmware, *serial, *manufacturer;	/* vendor info, at most 255 bytes each */
	uint32_t section_frames;	/* 1 to 500 */
	uint32_t section_ms;		/* of captured time; 0: no limit */
	/** Have @digest signed by the media key and call media_sign_answer. Must not block. */
	void (*ask)(void *owner, struct media_sign *sign, uint32_t section, const uint8_t digest[32]);
	void *owner;
};

struct media_sign_stats {
	uint64_t sections, signed_sections, unsigned_sections;	/* unsigned: given up, or refused */
	uint32_t waiting;		/* sections whose signature has not come */
	uint32_t last_counter;
};

/** ERR_RANGE, ERR_NOMEM, ERR_OS; ERR_PROTO when the chain is no PEM. The texts are copied. */
int media_sign_new(struct media_sign **out, const struct media_sign_config *config, struct err *err);
struct media_sign *media_sign_free(struct media_sign *sign);

/**
 * Hash @au and give it on: itself (one more reference), or a copy with one or more SEI in front of its
 * slices. Never NULL: without memory it is itself, and the SEI go with a later one.
 *
 * @utc_us of the capture
 */
struct access_unit *media_sign_pass(struct media_sign *sign, struct access_unit *au, uint64_t utc_us);

/**
 * The stream pauses or ends after the last picture: close its section. What is still to come is given by
 * media_sign_rest, which is to be called until media_sign_stats says that nothing is waiting.
 *
 * The counter goes on when pictures come again. Who sees only what media_sign_pass gives has the SEI of the
 * last section too then: in front of the second picture, as a file that begins there must not begin with it.
 */
void media_sign_end(struct media_sign *sign, uint64_t utc_us);
/** SEI that have become ready, as an access unit without a picture; NULL: none. The caller's. */
struct access_unit *media_sign_rest(struct media_sign *sign);

/** The signature for @section; @len_bytes 0: it could not be had. Thread: any. */
void media_sign_answer(struct media_sign *sign, uint32_t section, const uint8_t *der, size_t len_bytes);

void media_sign_stats(struct media_sign *sign, struct media_sign_stats *out);	/* any thread */

#endif
