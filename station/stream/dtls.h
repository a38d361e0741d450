/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dtls.h - the key exchange of a viewer: DTLS 1.2 server with use_srtp (RFC 5764, RFC 8827 6.5).
 *
 * It sends through a callback, datagram by datagram, and is fed with datagrams whose sender has
 * already proved by STUN that it is the viewer. The peer is known by its certificate's SHA-256, which
 * came with the authorised offer; without equality no key is ever exported. Thread: stream.
 */
#ifndef OSTEND_STREAM_DTLS_H
#define OSTEND_STREAM_DTLS_H

#include <stdbool.h>

#include "station/base/err.h"

#define DTLS_FINGERPRINT_BYTES 32
#define DTLS_KEYS_MAX 96	/* 2 keys of 32 and 2 salts of 14 bytes at most (RFC 5764 4.2, RFC 7714 12) */

struct dtls_server;
struct dtls;

enum dtls_state {
	DTLS_SHAKING,
	DTLS_DONE,	/* finished and the fingerprint is equal */
	DTLS_FAILED,	/* will not become anything; dtls_reason says why */
	DTLS_CLOSED,	/* the peer sent close_notify after DTLS_DONE */
};

enum dtls_profile {	/* the order is our preference; the server's order decides */
	DTLS_SRTP_AEAD_AES_128_GCM,
	DTLS_SRTP_AEAD_AES_256_GCM,
	DTLS_SRTP_AES128_CM_SHA1_80,
};

struct dtls_keys {
	enum dtls_profile profile;
	size_t key_bytes, salt_bytes;
	uint8_t client_key[32], server_key[32], client_salt[14], server_salt[14];
};

/** A fresh ECDSA P-256 key and self-signed certificate, which live in memory only. */
int dtls_server_new(struct dtls_server **out, struct err *err);
struct dtls_server *dtls_server_free(struct dtls_server *server);
DEFINE_FREEP(dtls_server_free, struct dtls_server *)

/** SHA-256 of our certificate's DER, for the answer's a=fingerprint. */
const uint8_t *dtls_server_fingerprint(const struct dtls_server *server);

/**
 * Wait for a ClientHello. @send is given one whole datagram at a time (at most 1200 bytes);
 * the handshake fails at @deadline_ns.
 *
 * @fingerprint   of the only certificate that is accepted, DTLS_FINGERPRINT_BYTES
 * @return 0; ERR_NOMEM
 */
int dtls_new(struct dtls **out, struct dtls_server *server, const uint8_t *fingerprint,
	     uint64_t deadline_ns, void (*send)(void *owner, const uint8_t *bytes, size_t len_bytes),
	     void *owner, struct err *err);
struct dtls *dtls_free(struct dtls *dtls);
DEFINE_FREEP(dtls_free, struct dtls *)

/**
 * Handle one datagram. A datagram that breaks the handshake costs only that handshake: it starts
 * anew, so that a forged one cannot end the session.
 */
enum dtls_state dtls_feed(struct dtls *dtls, const uint8_t *bytes, size_t len_bytes);

/** When dtls_tick is next wanted (monotonic); UINT64_MAX when never. */
uint64_t dtls_due_ns(const struct dtls *dtls);

/** Retransmit, or give up at the deadline. */
enum dtls_state dtls_tick(struct dtls *dtls, uint64_t now_ns);

enum dtls_state dtls_state(const struct dtls *dtls);
const char *dtls_reason(const struct dtls *dtls);	/* "wrong DTLS fingerprint", "DTLS timed out", ... */

/** The SRTP keys; ERR_STATE unless DTLS_DONE. The caller clears them after use. */
int dtls_export(struct dtls *dtls, struct dtls_keys *out, struct err *err);

/** Send close_notify, if there is a session to close. */
void dtls_close(struct dtls *dtls);

#endif
