/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/client/webrtc_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "station/base/util.h"
#include "station/stream/srtp_session.h"
#include "tests/client/client_private.h"

uint64_t client_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct webrtc_client *webrtc_client_new(const char *bind_ip, const struct webrtc_client_options *options)
{
	struct webrtc_client *client = calloc(1, sizeof *client);
	socklen_t len = sizeof client->self;
	int size = 4 << 20;

	if (!client || !srtp_session_library_start())
		abort();
	if (options)
		client->options = *options;
	client->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	client->self.sin_family = AF_INET;
	inet_pton(AF_INET, bind_ip, &client->self.sin_addr);
	if (client->fd < 0 || bind(client->fd, (struct sockaddr *)&client->self, len) < 0 ||
	    getsockname(client->fd, (struct sockaddr *)&client->self, &len) < 0)
		abort();
	setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	client_dtls_new(client);
	client_ice_new(client);
	return client;
}

struct webrtc_client *webrtc_client_free(struct webrtc_client *client)
{
	if (!client)
		return NULL;
	client_media_free(client);
	client_dtls_free(client);
	close(client->fd);
	free(client);
	return NULL;
}

const char *webrtc_client_offer(struct webrtc_client *client)
{
	client->counts.offered_ns = client_now_ns();
	return client->offer;
}

int webrtc_client_answer(struct webrtc_client *client, const char *answer)
{
	if (client_read_answer(client, answer) < 0)
		return -1;
	client->answered = true;
	return 0;
}

void client_send(struct webrtc_client *client, const void *bytes, size_t len)
{
	sendto(client->fd, bytes, len, 0, (const struct sockaddr *)&client->remote, sizeof client->remote);
}

static void check(struct webrtc_client *client, uint64_t now_ns)
{
	unsigned every_ms = client->options.check_ms ? client->options.check_ms : 1000;

	if (now_ns < client->next_check_ns)
		return;
	util_random(client->transaction, sizeof client->transaction);
	webrtc_client_send_check(client, -1, STUN_INTACT);
	client->next_check_ns = now_ns + (client->counts.checked ? every_ms : 50) * 1000000ull;
}

static void take_stun(struct webrtc_client *client, const uint8_t *bytes, size_t len)
{
	if (!client_take_stun(client, bytes, len))
		return;
	client->counts.stun_answers++;
	if (!client->counts.checked && !client->options.never_dtls)
		client_dtls_start(client);
	client->counts.checked = true;
}

static void take(struct webrtc_client *client, uint8_t *bytes, size_t len)
{
	client->counts.datagrams++;
	if (len == 0)
		return;
	if (bytes[0] < 4)
		take_stun(client, bytes, len);
	else if (bytes[0] >= 20 && bytes[0] < 64)
		client_dtls_take(client, bytes, len);
	else if (bytes[0] >= 128 && bytes[0] < 192)
		client_media_take(client, bytes, len);
}

void webrtc_client_step(struct webrtc_client *client)
{
	uint8_t bytes[CLIENT_MTU];
	uint64_t now_ns = client_now_ns();
	ssize_t len;

	while ((len = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT)) >= 0)
		take(client, bytes, (size_t)len);
	if (!client->answered || client->silent)
		return;
	check(client, now_ns);
	client_dtls_tick(client);
	client_media_tick(client, now_ns);
}

bool webrtc_clients_run(struct webrtc_client **clients, size_t count,
			bool (*done)(void *owner, struct webrtc_client **clients, size_t count),
			void *owner, unsigned timeout_ms)
{
	uint64_t deadline_ns = client_now_ns() + timeout_ms * 1000000ull;
	struct pollfd *polled = calloc(count, sizeof *polled);
	bool is_done;

	if (!polled)
		abort();
	for (;;) {
		for (size_t i = 0; i < count; i++) {
			webrtc_client_step(clients[i]);
			polled[i] = (struct pollfd){ clients[i]->fd, POLLIN, 0 };
		}
		is_done = done(owner, clients, count);
		if (is_done || client_now_ns() >= deadline_ns)
			break;
		poll(polled, count, 5);
	}
	free(polled);
	return is_done;
}

const struct webrtc_client_counts *webrtc_client_counts(const struct webrtc_client *client)
{
	return &client->counts;
}

int webrtc_client_fd(const struct webrtc_client *client)
{
	return client->fd;
}

uint16_t webrtc_client_port(const struct webrtc_client *client)
{
	return ntohs(client->self.sin_port);
}

const char *webrtc_client_remote_ufrag(const struct webrtc_client *client)
{
	return client->remote_ufrag;
}

void webrtc_client_silence(struct webrtc_client *client)
{
	client->silent = true;
}

void webrtc_client_send_check(struct webrtc_client *client, int fd, enum webrtc_stun_fault fault)
{
	uint8_t bytes[512];
	size_t len = client_make_check(client, bytes, fault);

	sendto(fd < 0 ? client->fd : fd, bytes, len, 0, (const struct sockaddr *)&client->remote,
	       sizeof client->remote);
}

static void send_from_elsewhere(struct webrtc_client *client, const void *bytes, size_t len)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	sendto(fd, bytes, len, 0, (const struct sockaddr *)&client->remote, sizeof client->remote);
	close(fd);
}

void webrtc_client_send_damaged_pli(struct webrtc_client *client, enum webrtc_damage damage)
{
	bool gcm = strstr(client->counts.srtp_profile, "GCM");
	uint8_t bytes[256];
	size_t len = client_protect_rtcp(client, bytes, client_make_pli(client, bytes));

	if (damage == WEBRTC_TAG)
		bytes[gcm ? len - 5 : len - 1] ^= 1;
	if (damage == WEBRTC_E_BIT)
		bytes[len - 4 - (gcm ? 0 : 10)] &= 0x7f;
	if (damage == WEBRTC_OTHER_PORT)
		send_from_elsewhere(client, bytes, len);
	else
		client_send(client, bytes, len);
	if (damage == WEBRTC_REPLAY)
		client_send(client, bytes, len);
}
