/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/stream/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

bool address_is_v4(const struct address *address)
{
	return memcmp(address->ip, v4_prefix, sizeof v4_prefix) == 0;
}

bool address_is_loopback(const struct address *address)
{
	if (address_is_v4(address))
		return address->ip[12] == 127;
	return memcmp(address->ip, &in6addr_loopback, sizeof address->ip) == 0;
}

bool address_is_zero(const struct address *address)
{
	static const uint8_t zero[16];
	size_t skip = address_is_v4(address) ? sizeof v4_prefix : 0;

	return memcmp(address->ip + skip, zero, sizeof zero - skip) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->port == b->port && a->scope == b->scope && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

/* Only addresses that passed a STUN check are ever stored, so a plain FNV-1a need not resist floods. */
uint32_t address_hash(const struct address *address)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof address->ip; i++)
		hash = (hash ^ address->ip[i]) * 16777619u;
	hash = (hash ^ (address->port & 0xff)) * 16777619u;
	return (hash ^ (address->port >> 8)) * 16777619u;
}

static bool is_link_local(const struct address *address)
{
	if (address_is_v4(address))
		return address->ip[12] == 169 && address->ip[13] == 254;
	return address->ip[0] == 0xfe && (address->ip[1] & 0xc0) == 0x80;
}

bool address_from_sockaddr(struct address *out, const struct sockaddr *from)
{
	union address_sockaddr in;

	memset(out, 0, sizeof *out);
	if (from->sa_family == AF_INET) {
		memcpy(&in.v4, from, sizeof in.v4);
		memcpy(out->ip, v4_prefix, sizeof v4_prefix);
		memcpy(out->ip + 12, &in.v4.sin_addr, 4);
		out->port = ntohs(in.v4.sin_port);
		return true;
	}
	if (from->sa_family != AF_INET6)
		return false;
	memcpy(&in.v6, from, sizeof in.v6);
	memcpy(out->ip, &in.v6.sin6_addr, 16);
	out->port = ntohs(in.v6.sin6_port);
	if (is_link_local(out))
		out->scope = (uint16_t)in.v6.sin6_scope_id;
	return true;
}

socklen_t address_to_sockaddr(union address_sockaddr *out, const struct address *from, bool as_v6)
{
	memset(out, 0, sizeof *out);
	if (!as_v6 && address_is_v4(from)) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(from->port);
		memcpy(&out->v4.sin_addr, from->ip + 12, 4);
		return sizeof out->v4;
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(from->port);
	out->v6.sin6_scope_id = from->scope;
	memcpy(&out->v6.sin6_addr, from->ip, 16);
	return sizeof out->v6;
}

/* Cut "[v6]:port", "v4:port", "v4" or "v6" into the literal and the port; -1 when it is none. */
static int split(const char *text, char host[ADDRESS_TEXT_MAX], unsigned *port)
{
	const char *first_colon = strchr(text, ':'), *port_text = NULL;
	int used = 0;

	*port = 0;
	if (text[0] == '[') {
		const char *end = strchr(text, ']');

		if (!end || (end[1] != '\0' && end[1] != ':'))
			return -1;
		snprintf(host, ADDRESS_TEXT_MAX, "%.*s", (int)(end - text - 1), text + 1);
		port_text = end[1] == ':' ? end + 2 : NULL;
	} else if (first_colon && !strchr(first_colon + 1, ':')) {
		snprintf(host, ADDRESS_TEXT_MAX, "%.*s", (int)(first_colon - text), text);
		port_text = first_colon + 1;
	} else {
		snprintf(host, ADDRESS_TEXT_MAX, "%s", text);
	}
	if (!port_text)
		return 0;
	if (sscanf(port_text, "%5u%n", port, &used) != 1 || port_text[used] != '\0' || *port > 65535)
		return -1;
	return 0;
}

int address_parse(struct address *out, const char *text, struct err *err)
{
	char host[ADDRESS_TEXT_MAX];
	unsigned port;
	struct address address = { 0 };

	if (split(text, host, &port) < 0)
		return err_set(err, ERR_RANGE, "\"%s\" is not an IP address and port", text);
	if (inet_pton(AF_INET, host, address.ip + 12) == 1)
		memcpy(address.ip, v4_prefix, sizeof v4_prefix);
	else if (inet_pton(AF_INET6, host, address.ip) != 1)
		return err_set(err, ERR_RANGE, "\"%s\" is not an IP address; names are not looked up", text);
	address.port = (uint16_t)port;
	*out = address;
	return 0;
}

char *address_format_ip(char *text, const struct address *address)
{
	if (address_is_v4(address))
		inet_ntop(AF_INET, address->ip + 12, text, ADDRESS_TEXT_MAX);
	else
		inet_ntop(AF_INET6, address->ip, text, ADDRESS_TEXT_MAX);
	return text;
}

char *address_format(char *text, const struct address *address)
{
	char ip[ADDRESS_TEXT_MAX];

	address_format_ip(ip, address);
	if (address_is_v4(address))
		snprintf(text, ADDRESS_TEXT_MAX, "%.46s:%u", ip, address->port);
	else if (address->scope)
		snprintf(text, ADDRESS_TEXT_MAX, "[%.46s%%%u]:%u", ip, address->scope, address->port);
	else
		snprintf(text, ADDRESS_TEXT_MAX, "[%.46s]:%u", ip, address->port);
	return text;
}

/* Append the interfaces' addresses of one family that are (or are not) loopback. */
static size_t append(struct address *out, size_t count, size_t max, const struct ifaddrs *list,
		     sa_family_t family, bool loopback)
{
	struct address address;

	for (; list && count < max; list = list->ifa_next) {
		if (!list->ifa_addr || list->ifa_addr->sa_family != family ||
		    !(list->ifa_flags & IFF_UP) || !address_from_sockaddr(&address, list->ifa_addr))
			continue;
		if (address_is_loopback(&address) != loopback || is_link_local(&address))
			continue;
		out[count++] = address;
	}
	return count;
}

size_t address_of_machine(struct address *out, size_t max, bool v6_too)
{
	struct ifaddrs *list = NULL;
	size_t count = 0;

	if (getifaddrs(&list) < 0)
		return 0;
	count = append(out, count, max, list, AF_INET, false);
	if (v6_too)
		count = append(out, count, max, list, AF_INET6, false);
	if (count == 0)
		count = append(out, count, max, list, AF_INET, true);
	if (count == 0 && v6_too)
		count = append(out, count, max, list, AF_INET6, true);
	freeifaddrs(list);
	return count;
}
