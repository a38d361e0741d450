/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rig_recording.h - two recordings that follow each other, made by the station's own signer and MP4 writer from
 * slices that are noise (nothing here decodes them): 30 pictures of two slices each, 15 in a second.
 */
#ifndef OSTEND_TESTS_RIG_RECORDING_H
#define OSTEND_TESTS_RIG_RECORDING_H

#include <stdint.h>

#include "station/base/openssl.h"
#include <openssl/evp.h>

#define RIG_PICTURES 30

struct rig_recordings {
	void *bytes[2];			/* free() */
	size_t len_bytes[2];
};

/** @chain_pem of @key, without the root. Asserts (cmocka). */
void rig_record(struct rig_recordings *out, EVP_PKEY *key, const char *chain_pem, int64_t begun_utc_us);

#endif
