/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One pass: every byte goes through put(), which inserts the emulation prevention bytes. The signature's tag
 * is 3, so when what is signed ends in two zeros an escape comes between the two; it is not signed, and as
 * the digest is taken before that tag is written, it needs no care.
 */
#include "station/evidence/media_sei.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/openssl.h"
#include <openssl/sha.h>

#define PAYLOAD_USER_DATA 5		/* user_data_unregistered: H.264 D.1.7 */
#define UUID_BYTES 16
#define FLAG_ESCAPED_BEFORE_SIGNING 0x40
#define STOP 0x80			/* rbsp_trailing_bits */
#define FILLER 0x01

#define TLV_HEADER 3			/* tag, 2 bytes of length */
#define CRYPTO_BYTES 16
#define GENERAL_BYTES (27 + 2 * MEDIA_SEI_HASH_BYTES)
#define SIGNATURE_BYTES (3 + MEDIA_SEI_SIGNATURE_MAX)

enum { TAG_GENERAL = 1, TAG_HASHES, TAG_SIGNATURE, TAG_CRYPTO, TAG_VENDOR, TAG_CHAIN };

static const uint8_t uuid[UUID_BYTES] = {
	0x00, 0x5b, 0xc9, 0x3f, 0x2d, 0x71, 0x5e, 0x95, 0xad, 0xa4, 0x79, 0x6f, 0x90, 0x87, 0x7a, 0x6f,
};

struct media_sei {
	uint8_t digest[SHA256_DIGEST_LENGTH];
	unsigned zeros;			/* at the end of what is written: 0 to 2 */
	size_t len_bytes, room_bytes;
	uint8_t bytes[];
};

/* --- writing -------------------------------------------------------------------------------------- */

static void put_byte(struct media_sei *sei, uint8_t byte)
{
	if (sei->zeros == 2 && byte <= 3) {
		sei->bytes[sei->len_bytes++] = 3;
		sei->zeros = 0;
	}
	sei->bytes[sei->len_bytes++] = byte;
	sei->zeros = byte ? 0 : sei->zeros + 1;
}

static void put(struct media_sei *sei, const void *bytes, size_t len_bytes)
{
	for (size_t i = 0; i < len_bytes; i++)
		put_byte(sei, ((const uint8_t *)bytes)[i]);
}

/* Big-endian, as the reference code has it; the specification's text says little-endian. */
static void put_number(struct media_sei *sei, uint64_t number, unsigned len_bytes)
{
	while (len_bytes--)
		put_byte(sei, (uint8_t)(number >> 8 * len_bytes));
}

static void put_tag(struct media_sei *sei, uint8_t tag, size_t len_bytes)
{
	put_byte(sei, tag);
	put_number(sei, len_bytes, 2);
}

static void put_header(struct media_sei *sei, size_t payload_bytes)
{
	put_byte(sei, NAL_TYPE_SEI);
	put_byte(sei, PAYLOAD_USER_DATA);
	for (; payload_bytes >= 0xff; payload_bytes -= 0xff)
		put_byte(sei, 0xff);
	put_byte(sei, (uint8_t)payload_bytes);
	put(sei, uuid, sizeof uuid);
	put_byte(sei, FLAG_ESCAPED_BEFORE_SIGNING);
}

/* SHA-256 by its object identifier; with keys on curves nothing else has to be said. */
static void put_crypto(struct media_sei *sei)
{
	static const uint8_t value[CRYPTO_BYTES] = {
		1, 11, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0, 0, 0,
	};

	put_tag(sei, TAG_CRYPTO, sizeof value);
	put(sei, value, sizeof value);
}

static size_t vendor_bytes(const struct media_sei_signer *signer)
{
	return 4 + strlen(signer->firmware) + strlen(signer->serial) + strlen(signer->manufacturer);
}

static void put_vendor(struct media_sei *sei, const struct media_sei_signer *signer)
{
	const char *texts[] = { signer->firmware, signer->serial, signer->manufacturer };

	put_tag(sei, TAG_VENDOR, vendor_bytes(signer));
	put_byte(sei, 1);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		put_byte(sei, (uint8_t)strlen(texts[i]));
		put(sei, texts[i], strlen(texts[i]));
	}
}

static void put_chain(struct media_sei *sei, const char *pem)
{
	put_tag(sei, TAG_CHAIN, 2 + strlen(pem));
	put_byte(sei, 1);
	put_byte(sei, 0);	/* the maker's key, not one put in by the user */
	put(sei, pem, strlen(pem));
}

/* 100 ns since 1601-01-01. */
static uint64_t ticks(uint64_t utc_us)
{
	return (utc_us + UINT64_C(11644473600000000)) * 10;
}

static void put_general(struct media_sei *sei, const struct media_sei_section *section)
{
	static const uint8_t versions[] = { 2, 25, 12, 0 };	/* of the tag; of the specification */
	uint8_t hash[SHA256_DIGEST_LENGTH] = { 0 };

	if (section->count)
		SHA256(section->hashes[0], section->count * MEDIA_SEI_HASH_BYTES, hash);
	put_tag(sei, TAG_GENERAL, GENERAL_BYTES);
	put(sei, versions, sizeof versions);
	put_byte(sei, section->partial);
	put_number(sei, ticks(section->start_utc_us), 8);
	put_number(sei, ticks(section->end_utc_us), 8);
	put_number(sei, section->counter, 4);
	put_number(sei, section->count, 2);
	put(sei, hash, sizeof hash);
	put(sei, section->link, MEDIA_SEI_HASH_BYTES);
}

static void put_hashes(struct media_sei *sei, const struct media_sei_section *section)
{
	put_tag(sei, TAG_HASHES, 1 + section->count * MEDIA_SEI_HASH_BYTES);
	put_byte(sei, 1);
	put(sei, section->hashes, section->count * MEDIA_SEI_HASH_BYTES);
}

/* --- the parts in their order --------------------------------------------------------------------- */

static size_t payload_size(const struct media_sei_signer *signer, const struct media_sei_section *section)
{
	return UUID_BYTES + 1 + 6 * TLV_HEADER + CRYPTO_BYTES + vendor_bytes(signer) +
	       2 + strlen(signer->chain_pem) + GENERAL_BYTES +
	       1 + section->count * MEDIA_SEI_HASH_BYTES + SIGNATURE_BYTES;
}

static int check(const struct media_sei_signer *signer, const struct media_sei_section *section,
		 struct err *err)
{
	if (strlen(signer->chain_pem) > MEDIA_SEI_CHAIN_MAX)
		return err_set(err, ERR_RANGE, "media signing: a certificate chain of %zu bytes, at most %d are sent",
			       strlen(signer->chain_pem), MEDIA_SEI_CHAIN_MAX);
	if (strlen(signer->firmware) > 255 || strlen(signer->serial) > 255 || strlen(signer->manufacturer) > 255)
		return err_set(err, ERR_RANGE, "media signing: a text about the signer has more than 255 bytes");
	if (section->count > MEDIA_SEI_HASHES_MAX)
		return err_set(err, ERR_RANGE, "media signing: %zu slices in a section, at most %d are signed",
			       section->count, MEDIA_SEI_HASHES_MAX);
	return 0;
}

int media_sei_new(struct media_sei **out, const struct media_sei_signer *signer,
		  const struct media_sei_section *section, struct err *err)
{
	size_t payload_bytes, room_bytes;
	struct media_sei *sei;
	int rc = check(signer, section, err);

	if (rc < 0)
		return rc;
	payload_bytes = payload_size(signer, section);
	room_bytes = 2 + payload_bytes / 0xff + 1 + payload_bytes + 1;
	room_bytes += room_bytes / 2;	/* an escape for every two zeros */
	sei = malloc(sizeof *sei + room_bytes);
	if (!sei)
		return err_set(err, ERR_NOMEM, "media signing: out of memory");
	sei->zeros = 0;
	sei->len_bytes = 0;
	sei->room_bytes = room_bytes;
	put_header(sei, payload_bytes);
	put_crypto(sei);
	put_vendor(sei, signer);
	put_chain(sei, signer->chain_pem);
	put_general(sei, section);
	put_hashes(sei, section);
	SHA256(sei->bytes, sei->len_bytes, sei->digest);
	*out = sei;
	return 0;
}

struct media_sei *media_sei_free(struct media_sei *sei)
{
	free(sei);
	return NULL;
}

const uint8_t *media_sei_digest(const struct media_sei *sei)
{
	return sei->digest;
}

int media_sei_sign(struct media_sei *sei, const uint8_t *der, size_t len_bytes, struct err *err)
{
	if (!len_bytes || len_bytes > MEDIA_SEI_SIGNATURE_MAX)
		return err_set(err, ERR_RANGE, "media signing: a signature of %zu bytes", len_bytes);
	put_tag(sei, TAG_SIGNATURE, SIGNATURE_BYTES);
	put_byte(sei, 1);
	put_number(sei, len_bytes, 2);
	put(sei, der, len_bytes);
	while (len_bytes++ < MEDIA_SEI_SIGNATURE_MAX)
		put_byte(sei, FILLER);
	put_byte(sei, STOP);
	assert(sei->len_bytes <= sei->room_bytes);
	return 0;
}

struct nal media_sei_nal(const struct media_sei *sei)
{
	return (struct nal){ .bytes = sei->bytes, .len_bytes = sei->len_bytes };
}

bool media_sei_is(const struct nal *nal)
{
	size_t at = 2;

	if (nal->len_bytes < 3 || nal_type(nal) != NAL_TYPE_SEI || nal->bytes[1] != PAYLOAD_USER_DATA)
		return false;
	while (at < nal->len_bytes && nal->bytes[at] == 0xff)
		at++;
	at++;
	return at + UUID_BYTES <= nal->len_bytes && memcmp(nal->bytes + at, uuid, UUID_BYTES) == 0;
}

/* The bytes of a NAL unit without emulation prevention, one after the other; -1 at the end. */
struct reader {
	const uint8_t *at, *end;
	unsigned zeros;
};

static int next_byte(struct reader *reader)
{
	int byte;

	if (reader->zeros >= 2 && reader->at < reader->end && *reader->at == 3) {
		reader->at++;
		reader->zeros = 0;
	}
	if (reader->at == reader->end)
		return -1;
	byte = *reader->at++;
	reader->zeros = byte ? 0 : reader->zeros + 1;
	return byte;
}

static bool skip(struct reader *reader, size_t len_bytes)
{
	while (len_bytes--)
		if (next_byte(reader) < 0)
			return false;
	return true;
}

static bool find_general(struct reader *reader)
{
	int tag, high, low;

	while (next_byte(reader) == 0xff)
		;	/* the payload's size */
	if (!skip(reader, UUID_BYTES + 1))
		return false;
	while ((tag = next_byte(reader)) > 0) {
		high = next_byte(reader);
		low = next_byte(reader);
		if (tag == TAG_GENERAL || high < 0 || low < 0)
			return low >= 0;
		if (!skip(reader, (size_t)high << 8 | (size_t)low))
			return false;
	}
	return false;
}

bool media_sei_about(const struct nal *nal, uint32_t *counter, bool *partial)
{
	struct reader reader = { nal->bytes + 2, nal->bytes + nal->len_bytes, 0 };
	int flag, byte = 0;

	if (!media_sei_is(nal) || !find_general(&reader) || !skip(&reader, 4))	/* the versions */
		return false;
	flag = next_byte(&reader);
	if (!skip(&reader, 16))		/* from, to */
		return false;
	*counter = 0;
	for (int i = 0; i < 4 && byte >= 0; i++) {
		byte = next_byte(&reader);
		*counter = *counter << 8 | (uint32_t)(byte & 0xff);
	}
	*partial = flag == 1;
	return byte >= 0;
}
