/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls.h - TLS 1.3 for the rooms: the station's key, and who may come with a certificate.
 *
 * No resumption in any form: a revoked client must not come back by a ticket. No early data. A
 * client without a certificate is let in as far as the sign-in page; one with a certificate that is
 * not ours, expired or revoked fails in the handshake. Thread: web.
 */
#ifndef OSTEND_WEB_TLS_H
#define OSTEND_WEB_TLS_H

#include "station/base/openssl.h"

#include <openssl/ssl.h>

#include "certs/guard.h"

struct tls;

/**
 * @guard  borrowed for the life of the result; decides about client certificates
 * @return 0; ERR_OS when a file cannot be read; ERR_DENIED when the key is readable by others or does
 *         not belong to the certificate; ERR_STATE when the certificate is not valid now
 */
int tls_new(struct tls **out, const char *certificate_path, const char *key_path,
	    struct guard *guard, struct err *err);
struct tls *tls_free(struct tls *tls);	/* NULL is fine; returns NULL */
DEFINE_FREEP(tls_free, struct tls *)

/** A server's end on @fd, which stays the caller's. NULL without memory. */
SSL *tls_accept(struct tls *tls, int fd);

/** The client's certificate of a finished handshake. @return false when there is none */
bool tls_identity(SSL *ssl, struct identity *out);

/** Call @name for each DNS name and IP address in the station's certificate ("[::1]" for IPv6). */
void tls_each_name(const struct tls *tls, void (*name)(void *owner, const char *text), void *owner);

#endif
