/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fingerprint.c - the closing fingerprint (完整性校验值): 160 bits that can be read aloud.
 *
 * Crockford's base 32 has no I, L, O, U, so nothing is mistaken for another letter when it is dictated or
 * written by hand. Needs OpenSSL and nothing of the station.
 */
#include "station/evidence/fingerprint.h"

#include "station/base/openssl.h"
#include <openssl/sha.h>
#include <string.h>

#define BITS_PER_CHARACTER 5
#define GROUP 4

void fingerprint_text(char text[FINGERPRINT_SIZE], const char *checkpoint)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t hash[SHA256_DIGEST_LENGTH];
	unsigned bits = 0, held = 0, at = 0;
	size_t next = 0;

	SHA256((const uint8_t *)checkpoint, strlen(checkpoint), hash);
	for (unsigned i = 0; i < FINGERPRINT_CHARACTERS; i++) {
		if (i && i % GROUP == 0)
			text[at++] = '-';
		if (held < BITS_PER_CHARACTER) {
			bits = bits << 8 | hash[next++];
			held += 8;
		}
		held -= BITS_PER_CHARACTER;
		text[at++] = digits[bits >> held & 31];
	}
	text[at] = '\0';
}
