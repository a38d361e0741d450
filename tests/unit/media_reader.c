/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/base/openssl.h"
#include "tests/unit/media_reader.h"
#include <openssl/evp.h>
#include <openssl/pem.h>

uint64_t reader_number(const uint8_t *at, unsigned len_bytes)
{
	uint64_t number = 0;

	while (len_bytes--)
		number = number << 8 | *at++;
	return number;
}

size_t reader_unescape(uint8_t *out, const uint8_t *nal, size_t len_bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < len_bytes; i++)
		if (i < 2 || nal[i] != 3 || nal[i - 1] || nal[i - 2])
			out[count++] = nal[i];
	return count;
}

static size_t take_header(const uint8_t *raw, size_t len_bytes)
{
	size_t at = 2, payload_bytes = 0;

	assert_int_equal(raw[0], 6);
	assert_int_equal(raw[1], 5);
	do {
		payload_bytes += raw[at];
	} while (raw[at++] == 0xff);
	assert_int_equal(at + payload_bytes + 1, len_bytes);
	assert_int_equal(raw[len_bytes - 1], 0x80);
	assert_int_equal(raw[at + 16], 0x40);
	return at + 17;
}

void reader_take(struct reader_sei *sei, const uint8_t *nal, size_t len_bytes)
{
	uint8_t part[READER_SEI_MAX];
	size_t at;

	assert_true(len_bytes < READER_SEI_MAX);
	memset(sei->tags, 0, sizeof sei->tags);
	sei->raw_bytes = reader_unescape(sei->raw, nal, len_bytes);
	for (at = take_header(sei->raw, sei->raw_bytes); at < sei->raw_bytes - 1;) {
		uint8_t tag = sei->raw[at];
		size_t size = reader_number(sei->raw + at + 1, 2);

		assert_in_range(tag, 1, READER_TAGS - 1);
		assert_null(sei->tags[tag].bytes);
		assert_null(sei->tags[3].bytes);	/* the signature is the last */
		if (tag == 3)
			sei->document_bytes = at;
		sei->tags[tag] = (struct reader_field){ sei->raw + at + 3, size };
		at += 3 + size;
	}
	assert_int_equal(at, sei->raw_bytes - 1);
	/* the shortest beginning of the NAL unit that holds the document: an escape after it is not signed */
	sei->signed_bytes = sei->document_bytes;
	while (reader_unescape(part, nal, sei->signed_bytes) < sei->document_bytes)
		sei->signed_bytes++;
}

bool reader_verify(const struct reader_sei *sei, const uint8_t *nal)
{
	const struct reader_field *chain = &sei->tags[6], *signature = &sei->tags[3];
	BIO *bio = BIO_new_mem_buf(chain->bytes + 2, (int)chain->len_bytes - 2);
	X509 *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good;

	assert_non_null(leaf);
	assert_int_equal(signature->len_bytes, 75);
	assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, X509_get0_pubkey(leaf)), 1);
	good = EVP_DigestVerify(context, signature->bytes + 3, reader_number(signature->bytes + 1, 2), nal,
				sei->signed_bytes) == 1;
	EVP_MD_CTX_free(context);
	X509_free(leaf);
	BIO_free(bio);
	return good;
}

uint8_t *reader_file(const char *path, size_t *len_bytes)
{
	FILE *file = fopen(path, "re");
	uint8_t *bytes = malloc(1 << 20);

	if (!file)
		fail_msg("%s is missing", path);
	*len_bytes = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return bytes;
}
