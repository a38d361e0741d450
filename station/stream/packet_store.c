/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ring: the packet of an index is at the index modulo the size, and is that one only if it says so. */
#include "station/stream/packet_store.h"

#include <stdlib.h>
#include <string.h>

struct packet_store {
	uint64_t next;
	struct packet packets[PACKET_STORE_PACKETS];
};

struct packet_store *packet_store_new(void)
{
	return calloc(1, sizeof(struct packet_store));
}

struct packet_store *packet_store_free(struct packet_store *store)
{
	free(store);
	return NULL;
}

const struct packet *packet_store_get(const struct packet_store *store, uint64_t index)
{
	if (index >= store->next || store->next - index > PACKET_STORE_PACKETS)
		return NULL;
	return &store->packets[index % PACKET_STORE_PACKETS];
}

uint64_t packet_store_next(const struct packet_store *store)
{
	return store->next;
}

struct packet *packet_store_add(struct packet_store *store)
{
	struct packet *packet = &store->packets[store->next % PACKET_STORE_PACKETS];

	memset(packet, 0, offsetof(struct packet, payload));
	packet->index = store->next++;
	return packet;
}

struct packet *packet_store_newest(struct packet_store *store, uint64_t back)
{
	return &store->packets[(store->next - back) % PACKET_STORE_PACKETS];
}

unsigned packet_store_run(const struct packet_store *store, uint64_t index, uint64_t end, unsigned max)
{
	const struct packet *first = packet_store_get(store, index), *packet;
	unsigned count = 1;

	if (!first || index >= end)
		return 0;
	while (count < max && index + count < end) {
		packet = packet_store_get(store, index + count);
		if (!packet || packet->len_bytes > first->len_bytes)
			break;
		count++;
		if (packet->len_bytes < first->len_bytes)
			break;
	}
	return count;
}
