/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/stream/dtls_bio.h"

#include <string.h>

#include "station/base/util.h"

static int bio_write(BIO *bio, const char *bytes, int len)
{
	struct dtls_bio *wire = BIO_get_data(bio);

	if (len > 0)
		wire->send(wire->owner, (const uint8_t *)bytes, (size_t)len);
	return len;
}

static int bio_read(BIO *bio, char *bytes, int size)
{
	struct dtls_bio *wire = BIO_get_data(bio);
	size_t len = MIN(wire->datagram_bytes, (size_t)size);

	BIO_clear_retry_flags(bio);
	if (!wire->datagram) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(bytes, wire->datagram, len);
	wire->datagram = NULL;
	return (int)len;
}

static long bio_ctrl(BIO *bio, int command, long number, void *ptr)
{
	(void)bio;
	(void)number;
	(void)ptr;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		return DTLS_BIO_MTU;
	default:
		return 0;
	}
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

BIO_METHOD *dtls_bio_method_new(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");

	if (!method)
		return NULL;
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_ctrl(method, bio_ctrl);
	BIO_meth_set_create(method, bio_create);
	return method;
}
