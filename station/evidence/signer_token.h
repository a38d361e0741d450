/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signer_token.h - keys that never leave a PKCS#11 token (OASIS PKCS #11 2.40), by libp11's OpenSSL engine.
 *
 * The engine is loaded here and for these keys only: in openssl.cnf every program of the machine would have it.
 * It writes remarks of its own to stderr. Thread: main of the signer.
 */
#ifndef OSTEND_EVIDENCE_SIGNER_TOKEN_H
#define OSTEND_EVIDENCE_SIGNER_TOKEN_H

#include "station/base/openssl.h"

#include "station/base/err.h"

struct signer_token;

/** Whether @text names a key in a token (RFC 7512). */
bool signer_token_is_uri(const char *text);

/**
 * @module   the maker's PKCS#11 library
 * @pin_file its first line is the PIN; belongs to this user and is open to nobody else
 * @return   0; ERR_STATE when module or PIN file are not named; ERR_DENIED, ERR_OS, ERR_RANGE for the PIN file;
 *           ERR_UNSUPPORTED without the engine; ERR_NOMEM
 */
int signer_token_open(struct signer_token **out, const char *module, const char *pin_file, struct err *err);
struct signer_token *signer_token_free(struct signer_token *token);

/**
 * The private key at @uri, the caller's.
 *
 * @return 0; ERR_DENIED when the token refuses the PIN: it is never tried again, as three wrong ones lock many
 *         tokens for good; ERR_GONE when there is no such token or key
 */
int signer_token_key(struct signer_token *token, EVP_PKEY **out, const char *uri, struct err *err);

#endif
