/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * address.h - where a datagram came from and to which of our addresses it was sent.
 *
 * One form for both families: an IPv4 address is held v4-mapped (RFC 4291 2.5.5.2), so that two
 * addresses are equal exactly when their bytes are. Pure functions; any thread.
 */
#ifndef OSTEND_STREAM_ADDRESS_H
#define OSTEND_STREAM_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "station/base/err.h"

#define ADDRESS_TEXT_MAX 64	/* "[fe80::1%17]:65535" and a NUL fit */

struct address {
	uint8_t ip[16];		/* network order; IPv4 as ::ffff:a.b.c.d */
	uint16_t port;		/* host order */
	uint16_t scope;		/* interface number, for link-local IPv6 only; else 0 */
};

/* The two ends of a viewer's way; @local has port 0 and, when unknown, all-zero bytes. */
struct address_pair {
	struct address remote, local;
};

union address_sockaddr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/** From AF_INET or AF_INET6; false for another family. */
bool address_from_sockaddr(struct address *out, const struct sockaddr *from);

/** To @out in the family it belongs to, or as IPv6 always when @as_v6; returns the length. */
socklen_t address_to_sockaddr(union address_sockaddr *out, const struct address *from, bool as_v6);

bool address_is_v4(const struct address *address);
bool address_is_loopback(const struct address *address);
bool address_is_zero(const struct address *address);	/* the wildcard or "not known" */
bool address_equal(const struct address *a, const struct address *b);
uint32_t address_hash(const struct address *address);

/** Read "192.0.2.1:7000", "[2001:db8::1]:7000", "192.0.2.1" or "::1"; no names. ERR_RANGE. */
int address_parse(struct address *out, const char *text, struct err *err);

/** "192.0.2.1:7000" or "[2001:db8::1]:7000" into @text (ADDRESS_TEXT_MAX bytes); returns @text. */
char *address_format(char *text, const struct address *address);

/** As address_format, the bare IP literal without port. */
char *address_format_ip(char *text, const struct address *address);

/**
 * The addresses of this machine's interfaces that are up, without link-local ones; loopback only
 * when there is no other. IPv4 before IPv6.
 *
 * @return how many were written, at most @max; 0 when the system tells none
 */
size_t address_of_machine(struct address *out, size_t max, bool v6_too);

#endif
