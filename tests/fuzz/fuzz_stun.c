/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each input is read as it is, and again as the attributes of a request that is sealed with the right password,
 * so that the part behind MESSAGE-INTEGRITY is reached too. What is accepted must say of itself what
 * an independent walk over its bytes says, and its answer must read again and not be longer.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/openssl.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "station/stream/bytes.h"
#include "station/stream/stun.h"

#define PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static const struct stun_credentials credentials = { "evtj", "h6vY", PASSWORD };

static void check_answer(const struct stun_message *request, const uint8_t *answer, size_t len,
			 enum stun_verdict verdict)
{
	struct stun_message again;

	if (len > request->len_bytes || len > STUN_ANSWER_MAX)
		abort();
	if (len == 0)
		return;
	if (stun_parse(&again, answer, len) < 0 || !again.fingerprint || !again.integrity_at)
		abort();
	if (memcmp(answer + 4, request->bytes + 4, 16) != 0)
		abort();
	if (again.class != (verdict == STUN_ANSWER ? STUN_SUCCESS : STUN_ERROR))
		abort();
	if (verdict != STUN_ANSWER && again.error_code != (uint16_t)verdict)
		abort();
}

/* Written again from its attributes, the message is byte-equal up to padding, which is copied. */
static void check_encodes_again(const struct stun_message *message)
{
	uint8_t again[70000];
	size_t at = 20;

	be16_put(again, (uint16_t)(message->class >> 1 << 8 | (message->class & 1) << 4 |
				   (message->method & 0xf) | (message->method & 0x70) << 1 |
				   (message->method & 0xf80) << 2));
	memcpy(again + 4, message->bytes + 4, 16);
	while (at < message->len_bytes) {
		size_t size = 4 + ((be16_get(message->bytes + at + 2) + 3u) & ~3u);

		if (size > message->len_bytes - at)
			abort();
		memcpy(again + at, message->bytes + at, size);
		at += size;
	}
	be16_put(again + 2, (uint16_t)(at - 20));
	if (at != message->len_bytes || memcmp(again, message->bytes, at) != 0)
		abort();
}

static void check(const uint8_t *bytes, size_t len_bytes)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	uint8_t answer[STUN_ANSWER_MAX];
	struct stun_message message;
	enum stun_verdict verdict;
	size_t len;

	if (stun_parse(&message, bytes, len_bytes) < 0)
		return;
	check_encodes_again(&message);
	if (message.ufrag && (message.ufrag < (const char *)bytes ||
			      message.peer_ufrag + message.peer_ufrag_len > (const char *)bytes + len_bytes))
		abort();
	if (stun_verify(&message, &credentials) < 0)
		return;
	if (!message.integrity_at || message.class != STUN_REQUEST || message.method != 1)
		abort();
	verdict = stun_judge(&message);
	len = verdict == STUN_ANSWER ?
		      stun_write_success(answer, &message, (struct sockaddr *)&from, PASSWORD) :
		      stun_write_error(answer, &message, verdict, PASSWORD);
	check_answer(&message, answer, len, verdict);
}

/* CRC-32 bit by bit: the seal must not be made by the code under test. */
static uint32_t crc32_of(const uint8_t *bytes, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < 8 * len; i++) {
		uint32_t bit = (crc ^ (bytes[i / 8] >> i % 8)) & 1;

		crc = crc >> 1 ^ (bit ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void check_sealed(const uint8_t *attributes, size_t len)
{
	uint8_t request[1024] = { 0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3 };
	size_t at = 20;

	len = len < 900 ? len & ~(size_t)3 : 900;
	memcpy(request + at, "\x00\x06\x00\x09" "evtj:h6vY\0\0\0", 16);
	at += 16;
	if (len)
		memcpy(request + at, attributes, len);
	at += len;
	be16_put(request + 2, (uint16_t)(at + 24 - 20));
	HMAC(EVP_sha1(), PASSWORD, (int)strlen(PASSWORD), request, at, request + at + 4, NULL);
	be32_put(request + at, 0x00080014);
	at += 24;
	be16_put(request + 2, (uint16_t)(at + 8 - 20));
	be32_put(request + at + 4, crc32_of(request, at) ^ 0x5354554e);
	be32_put(request + at, 0x80280004);
	check(request, at + 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	check(bytes, len_bytes);
	check_sealed(bytes, len_bytes);
	if (len_bytes > 20)
		check_sealed(bytes + 20, len_bytes - 20);
	return 0;
}
