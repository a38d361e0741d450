/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stun.h - STUN Binding as an ICE-lite agent needs it (RFC 8489, RFC 8445 7.3).
 *
 * The order of use is the defence: stun_parse costs no cryptography and gives the user name fragment to
 * look a session up by; stun_verify then proves that the sender holds the session's password;
 * only then stun_judge says which answer is due. Whatever fails before that is answered by silence and
 * changes no state, so that the port is useless as a reflector and to strangers. An answer is never
 * longer than its request: the writers refuse to make one.
 *
 * Pure functions. They neither block nor keep anything; stun_verify and the writers use OpenSSL's
 * HMAC, which takes and frees its own context. Any thread.
 */
#ifndef OSTEND_STREAM_STUN_H
#define OSTEND_STREAM_STUN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "station/base/err.h"

#define STUN_HEADER_LEN 20
#define STUN_UNKNOWN_MAX 8		/* unknown attributes listed in a 420 answer */
#define STUN_ANSWER_MAX 128		/* room that every answer fits in */

enum stun_class {			/* RFC 8489 5: the two class bits of the type */
	STUN_REQUEST,
	STUN_INDICATION,
	STUN_SUCCESS,
	STUN_ERROR,
};

enum stun_verdict {
	STUN_ANSWER = 200,		/* send the success response; the check counts */
	STUN_BAD_REQUEST = 400,		/* no FINGERPRINT or PRIORITY (RFC 8445 7.1.1), or both roles at once */
	STUN_UNKNOWN_ATTRIBUTE = 420,	/* a comprehension-required attribute we do not know (RFC 8489 6.3.1) */
	STUN_ROLE_CONFLICT = 487,	/* the peer claims to be controlled; a lite agent always is (RFC 8445 7.3.1.1) */
};

/* A parsed message. Pointers are into the datagram and live as long as it does. */
struct stun_message {
	const uint8_t *bytes;
	size_t len_bytes;
	enum stun_class class;
	uint16_t method;		/* 1 is Binding */
	const char *ufrag;		/* ours: USERNAME before the colon, no NUL; NULL without USERNAME or colon */
	const char *peer_ufrag;		/* the peer's: after the colon */
	size_t ufrag_len, peer_ufrag_len;
	size_t integrity_at;		/* offset of MESSAGE-INTEGRITY; 0 when there is none */
	bool fingerprint;		/* present, and then it was right */
	bool has_priority, controlling, controlled, use_candidate;
	uint32_t priority;
	uint64_t tie_breaker;
	uint16_t error_code;		/* of an error response; 0 otherwise */
	bool has_mapped;		/* XOR-MAPPED-ADDRESS was there and well-formed */
	struct sockaddr_storage mapped;
	uint16_t unknown[STUN_UNKNOWN_MAX];
	size_t unknown_count;		/* of comprehension-required ones before MESSAGE-INTEGRITY; may exceed the list */
};

/* What the session of a peer was set up with, from offer and answer. */
struct stun_credentials {
	const char *ufrag;		/* ours, from the answer */
	const char *peer_ufrag;		/* from the offer */
	const char *password;		/* ours, from the answer: the key of request and response (RFC 8445 7.2.2) */
};

/**
 * Parse one datagram. Cheap: bounds and a CRC, no cryptography.
 *
 * Takes any STUN message whose header is right (cookie, length equal to the datagram's, multiple of
 * four), whose attributes tile it exactly with the sizes RFC 8489 14 and RFC 8445 16.1 give, and whose
 * FINGERPRINT, when there, is last and right. The first of equal attributes counts; after
 * MESSAGE-INTEGRITY only FINGERPRINT does (RFC 8489 14.5).
 *
 * @return 0, or ERR_PROTO: drop the datagram
 */
int stun_parse(struct stun_message *out, const uint8_t *bytes, size_t len_bytes);

/**
 * Is this a Binding request by the peer of this session? Both fragments of USERNAME are compared, then
 * MESSAGE-INTEGRITY over the message with constant time.
 *
 * @return 0, or ERR_DENIED: drop the datagram, change nothing, answer nothing
 */
int stun_verify(const struct stun_message *request, const struct stun_credentials *credentials);

/** Which answer a request that stun_verify accepted gets. Only STUN_ANSWER validates an address. */
enum stun_verdict stun_judge(const struct stun_message *request);

/**
 * Write the success response: XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY, FINGERPRINT; 64 bytes for IPv4,
 * 76 for IPv6. An IPv4-mapped IPv6 address is written as IPv4, as the peer knows itself.
 *
 * @out    at least STUN_ANSWER_MAX bytes
 * @from   the source address of the request
 * @return its length; 0 when it would be longer than the request or @from is no IP address: stay silent.
 *         With user name fragments of 4 and more characters and PRIORITY every request has the room.
 */
size_t stun_write_success(uint8_t *out, const struct stun_message *request, const struct sockaddr *from,
			  const char *password);

/**
 * Write the error response for @verdict (not STUN_ANSWER): ERROR-CODE with an empty phrase, for 420
 * UNKNOWN-ATTRIBUTES, MESSAGE-INTEGRITY, FINGERPRINT. Only for requests that stun_verify accepted.
 *
 * @return as stun_write_success
 */
size_t stun_write_error(uint8_t *out, const struct stun_message *request, enum stun_verdict verdict,
			const char *password);

#endif
