/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/web/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/web/server.h"

#define BACKLOG 256
#define ACCEPTS 16		/* in one turn; a handshake costs about a millisecond */
#define SEND_BUFFER (256 * 1024)	/* else the kernel lets it grow to 4 MiB for each slow reader */
#define USER_TIMEOUT_MS 30000	/* the kernel gives up a peer that acknowledges nothing for so long */

/* Cut "HOST:PORT" or "[HOST]:PORT"; the last colon is the border. */
static int split(char *host, size_t size, const char **port, const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (len && memchr(text, ':', len)) {
		len = 0;	/* IPv6 without brackets: which colon is the border? */
	}
	if (len == 0 || len >= size)
		return err_set(err, ERR_RANGE,
			       "web: \"%s\" is no address with port, such as 127.0.0.1:8443", text);
	memcpy(host, text, len);
	host[len] = '\0';
	*port = colon + 1;
	/* getaddrinfo takes a larger number modulo 65536 */
	if (strspn(*port, "0123456789") != strlen(*port) || strlen(*port) > 5 || atoi(*port) > 65535)
		return err_set(err, ERR_RANGE, "web: \"%s\": a port is a number from 0 to 65535", text);
	return 0;
}

static void free_addresses(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static int bind_address(int *out, const char *text, struct err *err)
{
	CLEANUP(free_addresses) struct addrinfo *list = NULL;
	CLEANUP(util_closep) int fd = -1;
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	const char *port = NULL;
	char host[64];
	int on = 1;
	int rc = split(host, sizeof host, &port, text, err);

	if (rc < 0)
		return rc;
	if (getaddrinfo(host, port, &hints, &list) != 0)
		return err_set(err, ERR_RANGE, "web: \"%s\" is no IP address with port", text);
	fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_os(err, "web: socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, list->ai_addr, list->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return err_os(err, "web: listening on %s", text);
	*out = fd;
	fd = -1;
	return 0;
}

/* IPv4 that came in through an IPv6 socket is written as what it is. */
static const void *plain_address(const struct sockaddr_storage *from, int *family, uint16_t *port)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;

	*family = from->ss_family;
	*port = ntohs(from->ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
	if (from->ss_family == AF_INET)
		return &v4->sin_addr;
	if (!IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return &v6->sin6_addr;
	*family = AF_INET;
	return &v6->sin6_addr.s6_addr[12];
}

/* @peer with port; @network is what the cap counts by: one IPv4 address, one IPv6 /64. */
static uint16_t describe(const struct sockaddr_storage *from, char *peer, size_t peer_size,
			 char *network, size_t network_size)
{
	char text[INET6_ADDRSTRLEN] = "";
	uint8_t prefix[16] = { 0 };
	uint16_t port;
	int family;
	const void *address = plain_address(from, &family, &port);

	inet_ntop(family, address, text, sizeof text);
	snprintf(peer, peer_size, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
	if (family == AF_INET6) {
		memcpy(prefix, address, 8);
		inet_ntop(family, prefix, text, sizeof text);
	}
	snprintf(network, network_size, "%s", text);
	return port;
}

static void allow_host(void *owner, const char *name)
{
	auth_allow_host(owner, name);
}

static bool is_wildcard(const char *peer)
{
	return strncmp(peer, "0.0.0.0:", 8) == 0 || strncmp(peer, "[::]:", 5) == 0;
}

/* The first of: the address listened on, the names of the configuration, those of the certificate. */
static void fill_names(struct web *web, const char *own, const char *const *hosts)
{
	char name[64];

	snprintf(name, sizeof name, "%.*s", (int)(strrchr(own, ':') - own), own);
	if (!is_wildcard(own))
		auth_allow_host(&web->hosts, name);
	for (unsigned i = 0; i < 8 && hosts[i]; i++)
		auth_allow_host(&web->hosts, hosts[i]);
	tls_each_name(web->tls, allow_host, &web->hosts);
	if (web->hosts.count == 0)
		auth_allow_host(&web->hosts, "localhost");
	snprintf(web->url, sizeof web->url, "https://%s/", web->hosts.names[0]);
}

int listener_open(struct web *web, const char *text, const char *const *hosts, struct err *err)
{
	struct sockaddr_storage own = { 0 };
	socklen_t len = sizeof own;
	char peer[64], network[48];
	int rc = bind_address(&web->listen_fd, text, err);

	if (rc < 0)
		return rc;
	if (getsockname(web->listen_fd, (struct sockaddr *)&own, &len) < 0)
		return err_os(err, "web: own address");
	web->hosts.port = describe(&own, peer, sizeof peer, network, sizeof network);
	fill_names(web, peer, hosts);
	return 0;
}

static bool has_place(struct web *web, const char *network)
{
	uint32_t strangers = 0;
	uint64_t now_ns = clock_mono_ns();

	for (struct conn *conn = web->conns; conn; conn = conn->next)
		strangers += !conn->known && strcmp(conn->address, network) == 0;
	if (web->conn_count < web->limits.connections_max && strangers < web->limits.strangers_max)
		return true;
	if (now_ns - web->told_full_ns > 10 * NS_PER_S) {
		web->told_full_ns = now_ns;
		log_warning("web: connections are being refused: %u are open, %u of %s without authority",
			    web->conn_count, strangers, network);
	}
	return false;
}

static void take(struct web *web, int fd, const struct sockaddr_storage *from)
{
	unsigned timeout_ms = USER_TIMEOUT_MS;
	char peer[64], network[48];
	struct err err;
	int on = 1, size = SEND_BUFFER;

	describe(from, peer, sizeof peer, network, sizeof network);
	if (!has_place(web, network)) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
	if (conn_new(web, fd, peer, network, &err) < 0)
		log_error("%s", err.text);
}

/* Without a descriptor left the socket would poll readable for ever: look away until the next tick. */
static void rest(struct web *web)
{
	log_error("web: no descriptor is left for a new connection (%u are open)", web->conn_count);
	loop_unwatch(web->loop, &web->listener);
	web->listener_resting = true;
}

static void ready(void *owner, uint32_t events)
{
	struct web *web = owner;

	(void)events;
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t len = sizeof from;
		int fd = accept4(web->listen_fd, (struct sockaddr *)&from, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take(web, fd, &from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			rest(web);
		return;
	}
}

int listener_watch(struct web *web, struct err *err)
{
	web->listener = (struct loop_watch){ .fd = -1, .ready = ready, .owner = web };
	web->listener_resting = false;
	return loop_watch(web->loop, &web->listener, web->listen_fd, EPOLLIN, err);
}

void listener_tick(struct web *web)
{
	struct err err;

	if (web->listener_resting && listener_watch(web, &err) < 0) {
		web->listener_resting = true;
		log_error("%s", err.text);
	}
}
