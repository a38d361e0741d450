/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libwslay pulls its input and pushes its output through callbacks. Here both ends are memory: the
 * piece just received, and the buffer the connection sends from. So it never waits for anything, and
 * the bound on memory is the one of that buffer.
 */
#include "station/web/websocket.h"

#include "station/base/openssl.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

struct websocket {
	wslay_event_context_ptr frames;
	const uint8_t *in;
	size_t in_len;
	struct buffer *out;
	void (*text)(void *owner, const char *text, size_t len_bytes);
	void *owner;
	bool dead;		/* a failure that leaves no way to say goodbye */
};

/* 16 bytes in base64: 22 digits of which the last holds 4 bits, and "==". */
static bool is_key(struct http_text key)
{
	unsigned char decoded[24];
	char text[25] = "";

	if (!key.at || key.len != 24)
		return false;
	memcpy(text, key.at, 24);
	return text[22] == '=' && text[23] == '=' && !memchr(text, '=', 22) &&
	       EVP_DecodeBlock(decoded, (const unsigned char *)text, 24) == 18;
}

static void make_accept(char *accept, struct http_text key)
{
	static const char suffix[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[24 + sizeof suffix];

	memcpy(text, key.at, 24);
	memcpy(text + 24, suffix, sizeof suffix);
	EVP_Digest(text, sizeof text - 1, digest, NULL, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)accept, digest, 20);
}

int websocket_check(const struct http_request *request, const char *protocol, char *accept,
		    int *status, struct err *err)
{
	struct http_text key = http_header(request, "Sec-WebSocket-Key");

	*status = 400;
	if (!http_equals_nocase(http_header(request, "Upgrade"), "websocket") ||
	    !http_has_token(request, "Connection", "Upgrade")) {
		*status = 426;
		return err_set(err, ERR_PROTO, "this is a WebSocket");
	}
	if (!http_equals(http_header(request, "Sec-WebSocket-Version"), "13")) {
		*status = 426;
		return err_set(err, ERR_PROTO, "WebSocket version 13 is spoken here");
	}
	if (!is_key(key))
		return err_set(err, ERR_PROTO, "a Sec-WebSocket-Key that is not 16 bytes");
	if (!http_has_token(request, "Sec-WebSocket-Protocol", protocol))
		return err_set(err, ERR_PROTO, "the subprotocol %s was not offered", protocol);
	make_accept(accept, key);
	return 0;
}

static ssize_t pull(wslay_event_context_ptr ctx, uint8_t *bytes, size_t len, int flags, void *arg)
{
	struct websocket *socket = arg;
	size_t got = MIN(len, socket->in_len);

	(void)flags;
	if (got == 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(bytes, socket->in, got);
	socket->in += got;
	socket->in_len -= got;
	return (ssize_t)got;
}

static ssize_t push(wslay_event_context_ptr ctx, const uint8_t *bytes, size_t len, int flags,
		    void *arg)
{
	struct websocket *socket = arg;

	(void)flags;
	if (buffer_add(socket->out, bytes, len) < 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
		return -1;
	}
	return (ssize_t)len;
}

static void give_text(struct websocket *socket, const uint8_t *bytes, size_t len)
{
	char *text;

	if (memchr(bytes, 0, len)) {
		websocket_close(socket, WEBSOCKET_BAD_DATA, "a NUL in a text");
		return;
	}
	text = malloc(len + 1);
	if (!text) {
		socket->dead = true;
		return;
	}
	memcpy(text, bytes, len);
	text[len] = '\0';
	socket->text(socket->owner, text, len);
	free(text);
}

static void received(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg,
		     void *owner)
{
	struct websocket *socket = owner;

	(void)ctx;
	if (arg->opcode == WSLAY_TEXT_FRAME && !wslay_event_get_close_sent(ctx))
		give_text(socket, arg->msg_length ? arg->msg : (const uint8_t *)"", arg->msg_length);
	else if (arg->opcode == WSLAY_BINARY_FRAME)
		websocket_close(socket, WEBSOCKET_UNSUPPORTED, "only text is spoken here");
}

int websocket_new(struct websocket **out_socket, struct buffer *out,
		  void (*text)(void *owner, const char *text, size_t len_bytes), void *owner,
		  struct err *err)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = pull,
		.send_callback = push,
		.on_msg_recv_callback = received,
	};
	struct websocket *socket = calloc(1, sizeof *socket);

	if (!socket || wslay_event_context_server_init(&socket->frames, &callbacks, socket) != 0) {
		free(socket);
		return err_set(err, ERR_NOMEM, "web: a WebSocket: out of memory");
	}
	wslay_event_config_set_max_recv_msg_length(socket->frames, WEBSOCKET_TEXT_MAX);
	socket->out = out;
	socket->text = text;
	socket->owner = owner;
	*out_socket = socket;
	return 0;
}

struct websocket *websocket_free(struct websocket *socket)
{
	if (!socket)
		return NULL;
	wslay_event_context_free(socket->frames);
	free(socket);
	return NULL;
}

static void push_all(struct websocket *socket)
{
	if (!socket->dead && wslay_event_want_write(socket->frames) &&
	    wslay_event_send(socket->frames) != 0)
		socket->dead = true;
}

/* For frames that break 5.2 or 5.5 libwslay would say goodbye without a code: say 1002 ourselves. */
static void refuse_frame(struct websocket *socket)
{
	if (!wslay_event_get_close_sent(socket->frames))
		buffer_add(socket->out, "\x88\x02\x03\xea", 4);
	socket->dead = true;
}

void websocket_input(struct websocket *socket, const void *bytes, size_t len_bytes)
{
	socket->in = bytes;
	socket->in_len = len_bytes;
	while (socket->in_len > 0 && wslay_event_want_read(socket->frames) && !socket->dead) {
		if (wslay_event_recv(socket->frames) != 0)
			refuse_frame(socket);
		push_all(socket);	/* each round, so that pongs cannot pile up in wslay's list */
		if (socket->out->len > WEBSOCKET_BACKLOG_MAX)
			socket->dead = true;
	}
	socket->in_len = 0;
	push_all(socket);
}

static int queue(struct websocket *socket, uint8_t opcode, const char *bytes, size_t len)
{
	struct wslay_event_msg message = { opcode, (const uint8_t *)bytes, len };

	if (socket->dead || wslay_event_get_close_sent(socket->frames) ||
	    wslay_event_get_close_received(socket->frames))
		return ERR_STATE;
	if (socket->out->len + len > WEBSOCKET_BACKLOG_MAX)
		return ERR_FULL;
	if (wslay_event_queue_msg(socket->frames, &message) != 0)
		return ERR_STATE;
	push_all(socket);
	return 0;
}

int websocket_send(struct websocket *socket, const char *text, size_t len_bytes)
{
	return queue(socket, WSLAY_TEXT_FRAME, text, len_bytes);
}

int websocket_ping(struct websocket *socket)
{
	return queue(socket, WSLAY_PING, "", 0);
}

void websocket_close(struct websocket *socket, uint16_t code, const char *reason)
{
	size_t len = MIN(strlen(reason), 123);	/* RFC 6455 5.5: a control frame holds 125 bytes */

	while (len > 0 && len < strlen(reason) && ((unsigned char)reason[len] & 0xc0) == 0x80)
		len--;
	wslay_event_queue_close(socket->frames, code, (const uint8_t *)reason, len);
	push_all(socket);
}

bool websocket_closing(const struct websocket *socket)
{
	return wslay_event_get_close_sent(socket->frames);
}

bool websocket_finished(const struct websocket *socket)
{
	return socket->dead || (wslay_event_get_close_sent(socket->frames) &&
				(wslay_event_get_close_received(socket->frames) ||
				 !wslay_event_get_read_enabled(socket->frames)));
}
