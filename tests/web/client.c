/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/web/client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/clock.h"

#define PATIENCE_MS 5000

int client_connect(struct station *station, int third)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(station->port) };
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	signal(SIGPIPE, SIG_IGN);	/* the station may end the connection while we write */
	from.sin_addr.s_addr = htonl(0x7f000001u | (uint32_t)third << 8);
	to.sin_addr.s_addr = htonl(0x7f000001u);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);	/* as browsers do */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		fail_msg("connect to %s", station->host);
	return fd;
}

struct client *client_try(struct station *station, SSL_CTX *ctx, int third)
{
	struct client *client = calloc(1, sizeof *client);

	client->fd = client_connect(station, third);
	client->ssl = SSL_new(ctx);
	client->in = calloc(1, 1);
	SSL_set_fd(client->ssl, client->fd);
	SSL_set_tlsext_host_name(client->ssl, "localhost");
	if (SSL_connect(client->ssl) == 1)
		return client;
	client_free(client);
	return NULL;
}

struct client *client_new(struct station *station, SSL_CTX *ctx)
{
	struct client *client = client_try(station, ctx, 0);

	if (!client)
		fail_msg("TLS handshake with %s failed", station->host);
	return client;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	SSL_free(client->ssl);
	close(client->fd);
	free(client->in);
	free(client);
}

bool client_send(struct client *client, const void *bytes, size_t len)
{
	return SSL_write(client->ssl, bytes, (int)len) == (int)len;
}

void client_print(struct client *client, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	assert_true(len > 0);
	client_send(client, text, (size_t)len);
	free(text);
}

bool client_fill(struct client *client, int wait_ms)
{
	struct pollfd ready = { .fd = client->fd, .events = POLLIN };
	char chunk[16384];
	int got;

	if (client->ended)
		return false;
	if (!SSL_pending(client->ssl) && poll(&ready, 1, wait_ms) == 0)
		return false;
	got = SSL_read(client->ssl, chunk, sizeof chunk);
	if (got <= 0) {
		client->ended = true;
		return false;
	}
	client->in = realloc(client->in, client->len + (size_t)got + 1);
	memcpy(client->in + client->len, chunk, (size_t)got);
	client->len += (size_t)got;
	client->in[client->len] = '\0';
	return true;
}

static void take(struct client *client, size_t len)
{
	memmove(client->in, client->in + len, client->len - len + 1);
	client->len -= len;
}

const char *reply_field(const struct reply *reply, const char *name, char *value, size_t size)
{
	size_t name_len = strlen(name);

	for (const char *line = strchr(reply->head, '\n'); line; line = strchr(line, '\n')) {
		line++;
		if (strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
			continue;
		snprintf(value, size, "%.*s", (int)strcspn(line + name_len + 2, "\r"), line + name_len + 2);
		return value;
	}
	return NULL;
}

bool client_reply(struct client *client, struct reply *reply)
{
	char value[32], *end;
	size_t head_len;

	*reply = (struct reply){ 0 };
	while (!(end = strstr(client->in, "\r\n\r\n")))
		if (!client_fill(client, PATIENCE_MS))
			return false;
	head_len = (size_t)(end + 4 - client->in);
	reply->head = strndup(client->in, head_len);
	assert_int_equal(sscanf(reply->head, "HTTP/1.1 %d", &reply->status), 1);
	if (!client->asks_heads && reply_field(reply, "Content-Length", value, sizeof value))
		reply->body_len = strtoul(value, NULL, 10);
	while (client->len < head_len + reply->body_len)
		if (!client_fill(client, PATIENCE_MS))
			return false;
	reply->body = strndup(client->in + head_len, reply->body_len);
	take(client, head_len + reply->body_len);
	return true;
}

void reply_clear(struct reply *reply)
{
	free(reply->head);
	free(reply->body);
	*reply = (struct reply){ 0 };
}

int client_status(struct client *client)
{
	struct reply reply;
	int status;

	client_reply(client, &reply);
	status = reply.status;
	reply_clear(&reply);
	return status;
}

bool client_sees_end(struct client *client, int wait_ms)
{
	uint64_t deadline_ns = clock_mono_ns() + (uint64_t)wait_ms * NS_PER_MS;

	while (!client->ended && clock_mono_ns() < deadline_ns)
		client_fill(client, clock_poll_ms(deadline_ns));
	return client->ended;
}

void client_frame(struct client *client, uint8_t first, const void *payload, size_t len)
{
	static const uint8_t mask[4] = { 9, 8, 7, 6 };
	uint8_t *bytes = malloc(len + 14);
	size_t head = 2;

	bytes[0] = first;
	bytes[1] = 0x80 | (uint8_t)(len < 126 ? len : len < 65536 ? 126 : 127);
	for (int shift = len < 126 ? -8 : len < 65536 ? 8 : 56; shift >= 0; shift -= 8)
		bytes[head++] = (uint8_t)((uint64_t)len >> shift);
	memcpy(bytes + head, mask, 4);
	head += 4;
	for (size_t i = 0; i < len; i++)
		bytes[head + i] = ((const uint8_t *)payload)[i] ^ mask[i % 4];
	client_send(client, bytes, head + len);
	free(bytes);
}

/* Bytes of the first frame in the input, with its head; 0 when it is not all here. */
static size_t frame_size(const struct client *client, size_t *head)
{
	const uint8_t *in = (const uint8_t *)client->in;
	size_t len = client->len < 2 ? 0 : in[1] & 127;

	*head = len == 126 ? 4 : len == 127 ? 10 : 2;
	if (client->len < *head)
		return 0;
	if (len >= 126)
		for (size_t i = 2, wide = len = 0; i < *head; i++)
			len = wide = wide << 8 | in[i];
	return client->len >= *head + len ? *head + len : 0;
}

uint8_t client_take_frame(struct client *client, char *payload, size_t size, size_t *len)
{
	size_t head, total;
	uint8_t first;

	do {
		while (!(total = frame_size(client, &head)))
			if (!client_fill(client, PATIENCE_MS))
				return 0;
		first = (uint8_t)client->in[0];
		snprintf(payload, size, "%.*s", (int)(total - head), client->in + head);
		if (first == 0x88 && total - head >= 2)
			memcpy(payload, client->in + head, MIN(total - head, size));
		if (len)
			*len = total - head;
		take(client, total);
	} while (first == 0x89);
	return first;
}
