/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signer.h - the process that holds the station's signing keys. It signs hashes for ostendd, which never
 * has the keys, and does nothing else.
 *
 * JSON-RPC over the socket from its parent:
 *   signer.status {}                                -> {"keys": [{"key", "place", "reason", "serial", "id", "until_utc_us"}],
 *                                                       "checkpoint": the last one signed, or null}
 *   signer.sign {"key": "log" | "media", "digest"}  -> {"signature"}
 *   signer.checkpoint: see signer_checkpoint.h
 * `digest` is the hexadecimal SHA-256 of what is signed; `signature` is base64 of the DER ECDSA-Sig-Value
 * (RFC 3279 2.2.3), as `openssl dgst -sha256 -verify` takes it. A key's place is "file" or "token"; one in a token
 * that is not to be had costs its own signatures, which are refused with the reason, and nothing else.
 */
#ifndef OSTEND_EVIDENCE_SIGNER_H
#define OSTEND_EVIDENCE_SIGNER_H

#include "station/base/err.h"

struct signer_options {
	const char *state_path;		/* keys and certificates are in STATE/certs (certs/layout.h) */
	const char *log_key, *media_key;	/* "": in its file there; or the URI of a key in a token */
	const char *module, *pin_file;	/* of the token: signer_token.h; "": there is none */
};

/**
 * Read the keys, give up every right that is not needed (no opening of files, no network, no other
 * program), and serve @rpc_fd until the other end closes. Blocks SIGINT and SIGTERM: the parent says
 * when. Thread: main of its process.
 *
 * @rpc_fd a connected stream socket; becomes the signer's
 * @return exit status: 0 at the parent's end; 1 with a line in the log when a key is missing, not its
 *         certificate's, or readable by others
 */
int signer_main(const struct signer_options *options, int rpc_fd);

#endif
