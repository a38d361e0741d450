/* SPDX-License-Identifier: GPL-3.0-or-later */
/* media_reader.h - what tests need of a signed stream: its SEI taken apart, written apart from the signer. */
#ifndef OSTEND_TESTS_MEDIA_READER_H
#define OSTEND_TESTS_MEDIA_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READER_TAGS 8
#define READER_SEI_MAX 65536

struct reader_field { const uint8_t *bytes; size_t len_bytes; };

struct reader_sei {
	uint8_t raw[READER_SEI_MAX];		/* without emulation prevention */
	size_t raw_bytes, document_bytes;	/* all of it; up to the signature's tag */
	size_t signed_bytes;			/* as document_bytes, in the NAL unit as it stands */
	struct reader_field tags[READER_TAGS];	/* by number; of what is not there, NULL */
};

/** Asserts (cmocka) that the NAL unit is a well-formed one. */
void reader_take(struct reader_sei *sei, const uint8_t *nal, size_t len_bytes);

/** Take the emulation prevention bytes out; returns how many bytes are left. */
size_t reader_unescape(uint8_t *out, const uint8_t *nal, size_t len_bytes);

/** Whether the signature of @sei, over the bytes of @nal, is by the key of its own first certificate. */
bool reader_verify(const struct reader_sei *sei, const uint8_t *nal);

uint64_t reader_number(const uint8_t *at, unsigned len_bytes);	/* big-endian */

/** A whole file, for free(). Fails the test when there is none. */
uint8_t *reader_file(const char *path, size_t *len_bytes);

#endif
