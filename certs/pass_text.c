/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The alphabet is Crockford's: no I, L, O or U, so that a pass survives being read aloud and copied. */
#include "certs/pass_text.h"

#include "station/base/openssl.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void pass_text_new(char *text)
{
	uint8_t random[PASS_CHARS];
	char *at = text;

	util_random(random, sizeof random);
	for (int i = 0; i < PASS_CHARS; i++) {
		if (i > 0 && i % PASS_GROUP == 0)
			*at++ = '-';
		*at++ = alphabet[random[i] % 32];	/* 256 is a multiple of 32: no bias */
	}
	*at = '\0';
	OPENSSL_cleanse(random, sizeof random);
}

/* The canonical character for @typed; NUL when there is none. */
static char canonical(char typed)
{
	if (typed >= 'a' && typed <= 'z')
		typed = (char)(typed - 'a' + 'A');
	if (typed == 'O')
		return '0';
	if (typed == 'I' || typed == 'L')
		return '1';
	return typed && strchr(alphabet, typed) ? typed : '\0';
}

int pass_text_read(char *plain, const char *text)
{
	int len = 0;

	for (; *text; text++) {
		if (*text == '-' || *text == ' ')
			continue;
		if (len == PASS_CHARS || !canonical(*text))
			return ERR_RANGE;
		plain[len++] = canonical(*text);
	}
	plain[len] = '\0';
	return len == PASS_CHARS ? 0 : ERR_RANGE;
}

void pass_text_id(char *id, const char *plain)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256((const uint8_t *)plain, PASS_CHARS, digest);
	util_hex(id, digest, sizeof digest);
}
