/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet_store.h - the newest packets of one encoded layer, shared by all its viewers.
 *
 * An access unit is cut into payloads once; a viewer only puts its own header before them (rtp.h). A
 * packet is named by its index, which rises by one for ever and never repeats; the store keeps the newest
 * PACKET_STORE_PACKETS of them in fixed memory, for sending now and for retransmission: at 4 Mbit/s
 * nine seconds, one second up to 38 Mbit/s. Thread: the owner's.
 */
#ifndef OSTEND_STREAM_PACKET_STORE_H
#define OSTEND_STREAM_PACKET_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/base/util.h"

#define PACKET_STORE_PACKETS 4096	/* a power of two; 4.8 MB */

/*
 * 1232 (IPv6 minimum MTU 1280 less 48) holds RTP header 12, extensions 32 with the longest mid, RTX's
 * OSN 2, payload 1168 and GCM tag 16: 1230.
 */
#define PACKET_PAYLOAD_MAX 1168

struct packet {
	uint64_t index;
	uint32_t ts_90k;
	uint16_t len_bytes;		/* of payload */
	bool marker;			/* last of its access unit */
	bool first;			/* first of its access unit: a viewer may begin here if also keyframe */
	bool keyframe;			/* of an IDR access unit */
	uint8_t payload[PACKET_PAYLOAD_MAX];
};

struct packet_store;

struct packet_store *packet_store_new(void);	/* NULL when there is no memory */
struct packet_store *packet_store_free(struct packet_store *store);	/* NULL is fine; returns NULL */
DEFINE_FREEP(packet_store_free, struct packet_store *)

/** The packet of @index, borrowed until PACKET_STORE_PACKETS more have been added; NULL: gone, or not yet. */
const struct packet *packet_store_get(const struct packet_store *store, uint64_t index);

/** The index that the next packet will get: one past the newest. */
uint64_t packet_store_next(const struct packet_store *store);

/** The next packet, for the packetiser to fill in; replaces the oldest. Only its index is set, the rest 0. */
struct packet *packet_store_add(struct packet_store *store);

/** The @back newest packet, 1 being the last added, for the packetiser to label. */
struct packet *packet_store_newest(struct packet_store *store, uint64_t back);

/**
 * How many packets, from @index and before @end, can leave in one UDP GSO send: all of one length,
 * the last one possibly shorter, since the kernel cuts a run into equal segments (udp(7) UDP_SEGMENT).
 *
 * @max    the most segments the caller takes, at least 1
 * @return 1 to @max; 0 when @index is not in the store or not before @end
 */
unsigned packet_store_run(const struct packet_store *store, uint64_t index, uint64_t end, unsigned max);

#endif
