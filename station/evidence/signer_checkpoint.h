/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signer_checkpoint.h - the signer's own judgement of what it is asked to sign: it reads the checkpoint itself, and
 * signs none that does not continue the last one. Whoever holds the database cannot make it forget.
 *
 *	signer.checkpoint {"text", "old", "hashes": [base64]} -> {"line"}
 *
 * `text` is the text of a checkpoint without extension lines; `hashes` the proof that it continues the last one
 * signed here, whose size is `old`; `line` is the note's signature line. Refused: "tampered" when it does not
 * continue the last one, "state" when `old` is not its size.
 */
#ifndef OSTEND_EVIDENCE_SIGNER_CHECKPOINT_H
#define OSTEND_EVIDENCE_SIGNER_CHECKPOINT_H

#include <jansson.h>

#include "station/base/openssl.h"
#include <openssl/evp.h>

#include "station/evidence/last_checkpoint.h"

/** @key Ed25519. The answer in @result, the caller's; ERR_RANGE, ERR_STATE, ERR_TAMPER, ERR_OS. */
int signer_checkpoint(struct last_checkpoint *last, EVP_PKEY *key, const json_t *params, json_t **result,
		      struct err *err);

/** Sign once, so that OpenSSL has opened whatever it opens. */
int signer_checkpoint_warm_up(EVP_PKEY *key, struct err *err);

/** {"size", "origin", "root" in hexadecimal} of the last one; null: none yet. */
json_t *signer_checkpoint_last(const struct last_checkpoint *last);

#endif
