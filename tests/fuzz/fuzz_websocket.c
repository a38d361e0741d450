/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first byte says into how large pieces the rest is cut. What comes out is the same for every way
 * of cutting, every text is UTF-8 without NUL, and what is held for the peer stays in its bound.
 */
#include <stdlib.h>
#include <string.h>

#include "station/web/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

struct end {
	struct websocket *socket;
	struct buffer out;
	uint64_t hash;
	unsigned texts;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void text(void *owner, const char *message, size_t len)
{
	struct end *end = owner;

	require(len <= WEBSOCKET_TEXT_MAX && strlen(message) == len);
	require(!websocket_closing(end->socket));
	for (size_t i = 0; i < len; i++)
		end->hash = (end->hash ^ (uint8_t)message[i]) * UINT64_C(1099511628211);
	end->texts++;
}

static void run(struct end *end, const uint8_t *bytes, size_t len, size_t piece)
{
	if (websocket_new(&end->socket, &end->out, text, end, NULL) < 0)
		abort();
	for (size_t at = 0; at < len; at += piece)
		websocket_input(end->socket, bytes + at, MIN(piece, len - at));
	require(end->out.len <= WEBSOCKET_BACKLOG_MAX + 2 * WEBSOCKET_TEXT_MAX);
	websocket_send(end->socket, "{}", 2);
	websocket_free(end->socket);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	struct end whole = { 0 }, cut = { 0 };

	if (len_bytes < 1)
		return 0;
	run(&whole, bytes + 1, len_bytes - 1, len_bytes);
	run(&cut, bytes + 1, len_bytes - 1, 1u + bytes[0] % 64);
	require(whole.hash == cut.hash && whole.texts == cut.texts);
	buffer_clear(&whole.out);
	buffer_clear(&cut.out);
	return 0;
}
