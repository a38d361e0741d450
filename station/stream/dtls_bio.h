/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dtls_bio.h - what OpenSSL reads from and writes to: one datagram at a time.
 *
 * A memory BIO would glue two records into one datagram beyond the MTU; this one keeps the borders
 * both ways. Thread: the owner's.
 */
#ifndef OSTEND_STREAM_DTLS_BIO_H
#define OSTEND_STREAM_DTLS_BIO_H

#include <stddef.h>
#include <stdint.h>

#include "station/base/openssl.h"

#include <openssl/bio.h>

#define DTLS_BIO_MTU 1200	/* of a datagram's payload; fits every network in use */

struct dtls_bio {		/* the BIO's data (BIO_set_data), borrowed by it */
	void (*send)(void *owner, const uint8_t *bytes, size_t len_bytes);
	void *owner;
	const uint8_t *datagram;	/* to be read; NULL when there is none */
	size_t datagram_bytes;
};

BIO_METHOD *dtls_bio_method_new(void);	/* BIO_meth_free; NULL when there is no memory */

#endif
