/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/fingerprint.h"

#include <stdint.h>
#include <stdlib.h>

#include "station/base/openssl.h"
#include <openssl/evp.h>

/* No I, L, O, U: none is taken for another, aloud or on paper. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void fingerprint_print(char text[FINGERPRINT_TEXT], const void *note_text, size_t len_bytes)
{
	uint8_t digest[32];
	uint32_t bits = 0;
	unsigned count = 0;

	if (EVP_Digest(note_text, len_bytes, digest, NULL, EVP_sha256(), NULL) != 1)
		abort();
	for (unsigned i = 0, at = 0; i < 32; i++) {	/* 32 characters of 5 bits from 20 bytes */
		while (count < 5) {
			bits = bits << 8 | digest[at++];
			count += 8;
		}
		count -= 5;
		*text++ = digits[bits >> count & 31];
		if (i % 4 == 3 && i < 31)
			*text++ = '-';
	}
	*text = '\0';
}
