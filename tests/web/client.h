/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client.h - for tests: a TLS client that sends exactly the bytes it is told to, good or bad. */
#ifndef OSTEND_TESTS_WEB_CLIENT_H
#define OSTEND_TESTS_WEB_CLIENT_H

#include "station/base/openssl.h"

#include <openssl/ssl.h>

#include "tests/web/station.h"

struct client {
	int fd;
	SSL *ssl;
	char *in;		/* received and not yet taken; NUL-ended */
	size_t len;
	bool ended;		/* nothing more will come */
	bool asks_heads;	/* sends HEAD: the answers have a length but no body */
};

struct reply {
	int status;
	char *head, *body;
	size_t body_len;
};

/** A TCP connection from 127.0.@third.1 (each a stranger to the limits). */
int client_connect(struct station *station, int third);

/** With a finished handshake as far as the client can see; NULL when it failed. @ctx borrowed. */
struct client *client_try(struct station *station, SSL_CTX *ctx, int third);
struct client *client_new(struct station *station, SSL_CTX *ctx);	/* must succeed */
void client_free(struct client *client);

bool client_send(struct client *client, const void *bytes, size_t len);
void client_print(struct client *client, const char *format, ...) PRINTF_LIKE(2, 3);

/** Read the next answer. @return false at the end of the connection, or after 5 s */
bool client_reply(struct client *client, struct reply *reply);
int client_status(struct client *client);		/* of the next answer; 0: none came */
void reply_clear(struct reply *reply);
const char *reply_field(const struct reply *reply, const char *name, char *value, size_t size);

/** Whether the station ends the connection within @wait_ms; what it sends is read and kept. */
bool client_sees_end(struct client *client, int wait_ms);
bool client_fill(struct client *client, int wait_ms);	/* read once; false: end, or nothing in time */

/* WebSocket frames, masked as a client's must be. */
void client_frame(struct client *client, uint8_t first, const void *payload, size_t len);
/** The next frame but pings; @return its first byte, 0 at the end. @payload NUL-ended, @len may be NULL. */
uint8_t client_take_frame(struct client *client, char *payload, size_t size, size_t *len);

#endif
