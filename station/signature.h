/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signature.h - a digest to the signer's process, a signature back. Thread: main. */
#ifndef OSTEND_SIGNATURE_H
#define OSTEND_SIGNATURE_H

#include "station/base/err.h"

struct station;

#define SIGNATURE_DIGEST_BYTES 32

/** @der (ECDSA-Sig-Value, RFC 3279 2.2.3) is borrowed for the call; NULL: @err says why there is none. */
typedef void signature_done(void *arg, const uint8_t *der, size_t len_bytes, const struct err *err);

/**
 * Have the SHA-256 @digest signed by the key "log" or "media" within @timeout_ms; @done is called exactly
 * once, and later.
 */
void signature_ask(struct station *station, const char *key, const uint8_t digest[SIGNATURE_DIGEST_BYTES],
		   int timeout_ms, signature_done *done, void *arg);

#endif
