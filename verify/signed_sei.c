/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signed_sei.c - tags, lengths and values.
 *
 * What is not exactly as the specification has it is refused, also where nothing depends on it (filler
 * bytes, what stands behind the stop bit): a signed document should have one form.
 */
#include "verify/signed_sei.h"

#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#define HASH_BYTES 32
#define HEAD_MAX 1100			/* header, type, size: a size below 256 KiB has at most 1,029 bytes */
#define FILETIME_1970_US INT64_C(11644473600000000)

enum {
	TAG_GENERAL = 1,
	TAG_LIST = 2,
	TAG_SIGNATURE = 3,
	TAG_CRYPTO = 4,
	TAG_VENDOR = 5,
	TAG_CHAIN = 6
};

static const uint8_t uuid[16] = { 0x00, 0x5b, 0xc9, 0x3f, 0x2d, 0x71, 0x5e, 0x95,
				  0xad, 0xa4, 0x79, 0x6f, 0x90, 0x87, 0x7a, 0x6f };
/* Tag 4 with SHA-256: version, length, the identifier 2.16.840.1.101.3.4.2.1 as DER. */
static const uint8_t sha256_info[] = {
	1, 11, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01
};

struct value {
	const uint8_t *bytes;
	size_t len_bytes;
};

static uint64_t read_number(const uint8_t *bytes, unsigned count)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < count; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* Header, payload type 5 and its size: where the payload begins; 0: it is no such SEI. */
static size_t read_head(const uint8_t *bytes, size_t len_bytes, size_t *payload_bytes)
{
	size_t at = 2;

	*payload_bytes = 0;
	if (len_bytes < 2 || bytes[0] != NAL_TYPE_SEI || bytes[1] != 5)
		return 0;
	while (at < len_bytes && at < HEAD_MAX && bytes[at] == 0xff)
		*payload_bytes += bytes[at++];
	if (at >= len_bytes)
		return 0;
	*payload_bytes += bytes[at++];
	return at;
}

bool signed_sei_is(const struct nal *nal)
{
	uint8_t bytes[HEAD_MAX + sizeof uuid + 32];
	size_t len = h264_unescape(bytes, nal->bytes, MIN(nal->len_bytes, sizeof bytes)),
	       payload_bytes;
	size_t at = read_head(bytes, len, &payload_bytes);

	return at && len - at >= sizeof uuid && memcmp(bytes + at, uuid, sizeof uuid) == 0;
}

static bool read_general(struct signed_sei *sei, struct value value)
{
	const uint8_t *at = value.bytes;

	if (sei->has_general || value.len_bytes != 27 + 2 * HASH_BYTES || at[0] != 2 || at[4] > 1)
		return false;
	sei->has_general = true;
	sei->partial = at[4];
	sei->start_utc_us = (int64_t)(read_number(at + 5, 8) / 10) - FILETIME_1970_US;
	sei->end_utc_us = (int64_t)(read_number(at + 13, 8) / 10) - FILETIME_1970_US;
	sei->counter = (uint32_t)read_number(at + 21, 4);
	sei->count = (uint16_t)read_number(at + 25, 2);
	memcpy(sei->section_hash.bytes, at + 27, HASH_BYTES);
	memcpy(sei->link.bytes, at + 27 + HASH_BYTES, HASH_BYTES);
	return true;
}

static bool read_list(struct signed_sei *sei, struct value value)
{
	if (sei->list || value.len_bytes < 1 + HASH_BYTES || value.bytes[0] != 1 ||
	    (value.len_bytes - 1) % HASH_BYTES)
		return false;
	sei->list = value.bytes + 1;
	sei->list_count = (unsigned)((value.len_bytes - 1) / HASH_BYTES);
	return true;
}

static bool read_signature(struct signed_sei *sei, struct value value)
{
	size_t len = value.len_bytes >= 3 ? (size_t)read_number(value.bytes + 1, 2) : 0;

	if (!len || value.bytes[0] != 1 || len > value.len_bytes - 3)
		return false;
	for (size_t i = 3 + len; i < value.len_bytes; i++)
		if (value.bytes[i] != 1)
			return false;
	sei->is_signed = true;
	sei->signature = value.bytes + 3;
	sei->signature_bytes = len;
	return true;
}

static bool read_chain(struct signed_sei *sei, struct value value)
{
	if (sei->chain || value.len_bytes < 3 || value.bytes[0] != 1 || value.bytes[1] != 0)
		return false;
	sei->chain = (const char *)value.bytes + 2;
	sei->chain_bytes = value.len_bytes - 2;
	return true;
}

static bool read_value(struct signed_sei *sei, unsigned tag, struct value value)
{
	switch (tag) {
	case TAG_GENERAL:
		return read_general(sei, value);
	case TAG_LIST:
		return read_list(sei, value);
	case TAG_SIGNATURE:
		return read_signature(sei, value);
	case TAG_CRYPTO:
		return value.len_bytes > sizeof sha256_info &&
		       memcmp(value.bytes, sha256_info, sizeof sha256_info) == 0;
	case TAG_VENDOR:
		return value.len_bytes >= 4 && value.bytes[0] == 1;
	case TAG_CHAIN:
		return read_chain(sei, value);
	default:
		return false;
	}
}

static int read_tags(struct signed_sei *sei, size_t at, size_t end, struct err *err)
{
	while (at < end) {
		unsigned tag = sei->bytes[at];
		size_t left = end - at,
		       len = left >= 3 ? (size_t)read_number(sei->bytes + at + 1, 2) : left;

		if (len > left - MIN(left, 3))
			return err_set(err, ERR_PROTO, "a part of it is longer than the whole");
		if (sei->is_signed)
			return err_set(err, ERR_PROTO, "something stands behind the signature");
		if (tag == TAG_SIGNATURE)
			sei->document_bytes = at;
		if (!read_value(sei, tag, (struct value){ sei->bytes + at + 3, len }))
			return err_set(err, ERR_PROTO,
				       "its part of kind %u is not as the specification has it", tag);
		at += 3 + len;
	}
	if (!sei->certificate && !sei->has_general)
		return err_set(err, ERR_PROTO, "it does not say what it signs");
	return 0;
}

int signed_sei_read(struct signed_sei *sei, const struct nal *nal, struct err *err)
{
	size_t len, at, payload_bytes;

	*sei = (struct signed_sei){ .bytes = NULL };
	if (nal->len_bytes > SIGNED_SEI_MAX)
		return err_set(err, ERR_PROTO, "it is too long");
	sei->bytes = malloc(nal->len_bytes);
	if (!sei->bytes)
		return err_set(err, ERR_NOMEM, "out of memory");
	len = h264_unescape(sei->bytes, nal->bytes, nal->len_bytes);
	at = read_head(sei->bytes, len, &payload_bytes);
	if (!at || payload_bytes < sizeof uuid + 1 || len - at != payload_bytes + 1 ||
	    sei->bytes[len - 1] != 0x80)
		return err_set(err, ERR_PROTO, "its length is not what it says");
	at += sizeof uuid;
	if (sei->bytes[at] & 0x3f)
		return err_set(err, ERR_PROTO, "it is of a kind that this program does not know");
	sei->certificate = sei->bytes[at] & 0x80;
	sei->escaped = sei->bytes[at] & 0x40;
	return read_tags(sei, at + 1, len - 1, err);
}

void signed_sei_clear(struct signed_sei *sei)
{
	free(sei->bytes);
	*sei = (struct signed_sei){ .bytes = NULL };
}

/* The signed bytes are those before the signature's tag, in the form that the flag says. */
static bool digest_document(const struct signed_sei *sei, uint8_t digest[32])
{
	CLEANUP(util_freep) uint8_t *escaped = NULL;

	if (!sei->escaped)
		return EVP_Digest(sei->bytes, sei->document_bytes, digest, NULL, EVP_sha256(),
				  NULL) == 1;
	escaped = malloc(sei->document_bytes * 3 / 2 + 1);
	return escaped && EVP_Digest(escaped, h264_escape(escaped, sei->bytes, sei->document_bytes),
				     digest, NULL, EVP_sha256(), NULL) == 1;
}

static bool set_up(EVP_PKEY_CTX *context, bool rsa)
{
	return context && EVP_PKEY_verify_init(context) == 1 &&
	       (!rsa || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1) &&
	       EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1;
}

int signed_sei_verify(const struct signed_sei *sei, X509 *leaf, struct err *err)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	bool rsa = key && EVP_PKEY_is_a(key, "RSA"), good;
	EVP_PKEY_CTX *context;
	uint8_t digest[32];

	if (!key || (!rsa && !EVP_PKEY_is_a(key, "EC")))
		return err_set(err, ERR_UNSUPPORTED,
			       "its key is of a kind that cannot sign pictures");
	context = EVP_PKEY_CTX_new(key, NULL);
	good = set_up(context, rsa) && digest_document(sei, digest) &&
	       EVP_PKEY_verify(context, sei->signature, sei->signature_bytes, digest,
			       sizeof digest) == 1;
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return good ? 0 : err_set(err, ERR_TAMPER, "its signature does not hold");
}
