/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attributes tile the message: each step is the four-byte header, the value and the padding, and the walk
 * must end exactly at the end. What stands after MESSAGE-INTEGRITY is not covered by it and so is not
 * believed, but for FINGERPRINT, which proves nothing and only tells STUN from chance.
 */
#include "station/stream/stun.h"

#include <string.h>

#include "station/base/crc32.h"
#include "station/base/openssl.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "station/stream/bytes.h"

#define COOKIE UINT32_C(0x2112a442)
#define BINDING 1
#define USERNAME_MAX 513		/* RFC 8489 14.3: less than 509 bytes of text; RFC 5389 said 513 */
#define FRAGMENT_MIN 4
#define FRAGMENT_MAX 256		/* RFC 8839 5.4 */
#define INTEGRITY_LEN 20
#define INTEGRITY_SIZE (4 + INTEGRITY_LEN)
#define FINGERPRINT_SIZE 8
#define FINGERPRINT_XOR UINT32_C(0x5354554e)

enum {					/* RFC 8489 18.3, RFC 8445 20.1 */
	ATTR_MAPPED_ADDRESS = 0x0001,
	ATTR_USERNAME = 0x0006,
	ATTR_INTEGRITY = 0x0008,
	ATTR_ERROR_CODE = 0x0009,
	ATTR_UNKNOWN = 0x000a,
	ATTR_XOR_MAPPED = 0x0020,
	ATTR_PRIORITY = 0x0024,
	ATTR_USE_CANDIDATE = 0x0025,
	ATTR_FINGERPRINT = 0x8028,
	ATTR_CONTROLLED = 0x8029,
	ATTR_CONTROLLING = 0x802a,
};

/* HMAC-SHA1 of the first @covered bytes, the header's length counted up to the end of the attribute. */
static int integrity_of(uint8_t mac[INTEGRITY_LEN], const uint8_t *bytes, size_t covered,
			const char *password)
{
	uint8_t copy[1500];
	unsigned len = 0;

	if (covered > sizeof copy)
		return ERR_DENIED;
	memcpy(copy, bytes, covered);
	be16_put(copy + 2, (uint16_t)(covered + INTEGRITY_SIZE - STUN_HEADER_LEN));
	if (!HMAC(EVP_sha1(), password, (int)strlen(password), copy, covered, mac, &len))
		return ERR_DENIED;
	return 0;
}

/* --- reading --------------------------------------------------------------------------------- */

static int read_username(struct stun_message *message, const uint8_t *value, size_t len)
{
	const uint8_t *colon = memchr(value, ':', len);

	if (len > USERNAME_MAX)
		return ERR_PROTO;
	if (message->ufrag || !colon)
		return 0;
	message->ufrag = (const char *)value;
	message->ufrag_len = (size_t)(colon - value);
	message->peer_ufrag = (const char *)colon + 1;
	message->peer_ufrag_len = len - message->ufrag_len - 1;
	return 0;
}

static int read_mapped(struct stun_message *message, const uint8_t *value, size_t len)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&message->mapped;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&message->mapped;
	bool v4 = len == 8 && value[1] == 1;

	if (!v4 && !(len == 20 && value[1] == 2))
		return ERR_PROTO;
	if (message->has_mapped)
		return 0;
	message->has_mapped = true;
	if (v4) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(be16_get(value + 2) ^ (uint16_t)(COOKIE >> 16));
		in4->sin_addr.s_addr = htonl(be32_get(value + 4) ^ COOKIE);
		return 0;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(be16_get(value + 2) ^ (uint16_t)(COOKIE >> 16));
	for (size_t i = 0; i < 16; i++)	/* cookie and transaction stand together in the header */
		in6->sin6_addr.s6_addr[i] = value[4 + i] ^ message->bytes[4 + i];
	return 0;
}

static int read_error(struct stun_message *message, const uint8_t *value, size_t len)
{
	if (len < 4 || (value[2] & 7) < 3 || (value[2] & 7) > 6 || value[3] > 99)
		return ERR_PROTO;
	if (!message->error_code)
		message->error_code = (uint16_t)((value[2] & 7) * 100 + value[3]);
	return 0;
}

static int read_role(struct stun_message *message, bool *role, const uint8_t *value, size_t len)
{
	if (len != 8)
		return ERR_PROTO;
	if (!message->controlled && !message->controlling)
		message->tie_breaker = be64_get(value);
	*role = true;
	return 0;
}

static int read_priority(struct stun_message *message, const uint8_t *value, size_t len)
{
	if (len != 4)
		return ERR_PROTO;
	if (!message->has_priority)
		message->priority = be32_get(value);
	message->has_priority = true;
	return 0;
}

static int read_unknown(struct stun_message *message, uint16_t type)
{
	if (type >= 0x8000)
		return 0;	/* comprehension-optional */
	if (message->unknown_count < STUN_UNKNOWN_MAX)
		message->unknown[message->unknown_count] = type;
	message->unknown_count++;
	return 0;
}

static int read_attribute(struct stun_message *message, uint16_t type, const uint8_t *value, size_t len)
{
	switch (type) {
	case ATTR_USERNAME:
		return read_username(message, value, len);
	case ATTR_INTEGRITY:
		message->integrity_at = (size_t)(value - message->bytes) - 4;
		return len == INTEGRITY_LEN ? 0 : ERR_PROTO;
	case ATTR_PRIORITY:
		return read_priority(message, value, len);
	case ATTR_USE_CANDIDATE:
		message->use_candidate = true;
		return len == 0 ? 0 : ERR_PROTO;
	case ATTR_CONTROLLED:
		return read_role(message, &message->controlled, value, len);
	case ATTR_CONTROLLING:
		return read_role(message, &message->controlling, value, len);
	case ATTR_XOR_MAPPED:
		return read_mapped(message, value, len);
	case ATTR_ERROR_CODE:
		return read_error(message, value, len);
	case ATTR_MAPPED_ADDRESS:
	case ATTR_UNKNOWN:
		return 0;
	default:
		return read_unknown(message, type);
	}
}

/* Last in the message (RFC 8489 14.7), over all that stands before it. */
static int read_fingerprint(struct stun_message *message, size_t at, size_t len)
{
	const uint8_t *value = message->bytes + at + 4;

	if (len != 4 || at + FINGERPRINT_SIZE != message->len_bytes)
		return ERR_PROTO;
	if (be32_get(value) != (crc32_of(0, message->bytes, at) ^ FINGERPRINT_XOR))
		return ERR_PROTO;
	message->fingerprint = true;
	return 0;
}

static int read_attributes(struct stun_message *message)
{
	size_t at = STUN_HEADER_LEN;
	int rc = 0;

	while (rc == 0 && at < message->len_bytes) {
		uint16_t type, len;
		size_t padded;

		if (message->len_bytes - at < 4)
			return ERR_PROTO;
		type = be16_get(message->bytes + at);
		len = be16_get(message->bytes + at + 2);
		padded = (len + 3u) & ~3u;
		if (padded > message->len_bytes - at - 4)
			return ERR_PROTO;
		if (type == ATTR_FINGERPRINT)
			rc = read_fingerprint(message, at, len);
		else if (!message->integrity_at)
			rc = read_attribute(message, type, message->bytes + at + 4, len);
		at += 4 + padded;
	}
	return rc;
}

int stun_parse(struct stun_message *out, const uint8_t *bytes, size_t len_bytes)
{
	uint16_t type;

	*out = (struct stun_message){ .bytes = bytes, .len_bytes = len_bytes };
	if (len_bytes < STUN_HEADER_LEN || len_bytes % 4 || bytes[0] > 0x3f)
		return ERR_PROTO;
	if (be16_get(bytes + 2) != len_bytes - STUN_HEADER_LEN || be32_get(bytes + 4) != COOKIE)
		return ERR_PROTO;
	type = be16_get(bytes);
	out->class = (enum stun_class)((type >> 7 & 2) | (type >> 4 & 1));
	out->method = (uint16_t)((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80));
	return read_attributes(out);
}

/* --- believing ------------------------------------------------------------------------------- */

static bool fragment_is(const char *fragment, size_t len, const char *wanted)
{
	return fragment && len >= FRAGMENT_MIN && len <= FRAGMENT_MAX && len == strlen(wanted) &&
	       CRYPTO_memcmp(fragment, wanted, len) == 0;
}

int stun_verify(const struct stun_message *request, const struct stun_credentials *credentials)
{
	uint8_t mac[INTEGRITY_LEN];

	if (request->class != STUN_REQUEST || request->method != BINDING || !request->integrity_at)
		return ERR_DENIED;
	if (!fragment_is(request->ufrag, request->ufrag_len, credentials->ufrag) ||
	    !fragment_is(request->peer_ufrag, request->peer_ufrag_len, credentials->peer_ufrag))
		return ERR_DENIED;
	if (integrity_of(mac, request->bytes, request->integrity_at, credentials->password) < 0)
		return ERR_DENIED;
	if (CRYPTO_memcmp(mac, request->bytes + request->integrity_at + 4, sizeof mac) != 0)
		return ERR_DENIED;
	return 0;
}

enum stun_verdict stun_judge(const struct stun_message *request)
{
	if (request->unknown_count)
		return STUN_UNKNOWN_ATTRIBUTE;
	if (!request->fingerprint || !request->has_priority || !request->priority)
		return STUN_BAD_REQUEST;
	if (request->controlled && request->controlling)
		return STUN_BAD_REQUEST;
	/* no role at all is an agent of before RFC 5245, and lets a conflict go unseen (RFC 8445 7.3.1.1) */
	return request->controlled ? STUN_ROLE_CONFLICT : STUN_ANSWER;
}

/* --- writing --------------------------------------------------------------------------------- */

static size_t write_header(uint8_t *out, const struct stun_message *request, enum stun_class class)
{
	be16_put(out, class == STUN_SUCCESS ? 0x0101 : 0x0111);
	memcpy(out + 4, request->bytes + 4, 16);	/* cookie and transaction */
	return STUN_HEADER_LEN;
}

static size_t write_attribute_header(uint8_t *out, size_t at, uint16_t type, size_t len)
{
	be16_put(out + at, type);
	be16_put(out + at + 2, (uint16_t)len);
	return at + 4;
}

/* MESSAGE-INTEGRITY and FINGERPRINT. 0 when the answer would be longer than its request. */
static size_t seal(uint8_t *out, size_t at, const struct stun_message *request, const char *password)
{
	size_t len = at + INTEGRITY_SIZE + FINGERPRINT_SIZE;

	if (len > request->len_bytes || integrity_of(out + at + 4, out, at, password) < 0)
		return 0;
	write_attribute_header(out, at, ATTR_INTEGRITY, INTEGRITY_LEN);
	at += INTEGRITY_SIZE;
	be16_put(out + 2, (uint16_t)(len - STUN_HEADER_LEN));
	be32_put(out + at + 4, crc32_of(0, out, at) ^ FINGERPRINT_XOR);
	write_attribute_header(out, at, ATTR_FINGERPRINT, 4);
	return len;
}

static size_t write_mapped(uint8_t *out, size_t at, uint16_t port, const uint8_t *address, size_t len)
{
	at = write_attribute_header(out, at, ATTR_XOR_MAPPED, 4 + len);
	out[at] = 0;
	out[at + 1] = len == 4 ? 1 : 2;
	be16_put(out + at + 2, port ^ (uint16_t)(COOKIE >> 16));
	for (size_t i = 0; i < len; i++)
		out[at + 4 + i] = address[i] ^ out[4 + i];
	return at + 4 + len;
}

size_t stun_write_success(uint8_t *out, const struct stun_message *request, const struct sockaddr *from,
			  const char *password)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
	size_t at = write_header(out, request, STUN_SUCCESS);

	if (from->sa_family == AF_INET)
		at = write_mapped(out, at, ntohs(in4->sin_port), (const uint8_t *)&in4->sin_addr, 4);
	else if (from->sa_family != AF_INET6)
		return 0;
	else if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		at = write_mapped(out, at, ntohs(in6->sin6_port), in6->sin6_addr.s6_addr + 12, 4);
	else
		at = write_mapped(out, at, ntohs(in6->sin6_port), in6->sin6_addr.s6_addr, 16);
	return seal(out, at, request, password);
}

static size_t write_unknown(uint8_t *out, size_t at, const struct stun_message *request)
{
	size_t count = MIN(request->unknown_count, STUN_UNKNOWN_MAX);
	size_t len = 2 * count;

	at = write_attribute_header(out, at, ATTR_UNKNOWN, len);
	for (size_t i = 0; i < count; i++)
		be16_put(out + at + 2 * i, request->unknown[i]);
	if (len % 4)
		be16_put(out + at + len, 0);
	return at + ((len + 3) & ~(size_t)3);
}

size_t stun_write_error(uint8_t *out, const struct stun_message *request, enum stun_verdict verdict,
			const char *password)
{
	size_t at = write_header(out, request, STUN_ERROR);

	at = write_attribute_header(out, at, ATTR_ERROR_CODE, 4);
	be16_put(out + at, 0);
	out[at + 2] = (uint8_t)(verdict / 100);
	out[at + 3] = (uint8_t)(verdict % 100);
	at += 4;
	if (verdict == STUN_UNKNOWN_ATTRIBUTE)
		at = write_unknown(out, at, request);
	return seal(out, at, request, password);
}
