/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * udp.h - the one UDP socket: datagrams in by the batch, runs of packets out by the frame.
 *
 * Never blocks. A run is a viewer's packets of one frame lying one behind another in memory; with
 * UDP_SEGMENT (udp(7)) the kernel takes it in one piece. Where that is refused the socket falls back
 * to sendmmsg and then sendto, and stays there. Thread: the owner's.
 */
#ifndef OSTEND_STREAM_UDP_H
#define OSTEND_STREAM_UDP_H

#include "station/stream/address.h"

#define UDP_DATAGRAM_MAX 2048	/* longer ones are counted and thrown away: no peer of ours sends them */
#define UDP_RUN_MAX 64		/* packets in one udp_send */

struct udp;

enum udp_way { UDP_BY_GSO, UDP_BY_SENDMMSG, UDP_BY_SENDTO };

struct udp_stats {
	uint64_t datagrams_in, oversized;
	uint64_t dropped_in;		/* by the kernel, receive buffer full (SO_RXQ_OVFL) */
	uint64_t datagrams_out, bytes_out, sends, gso_sends;
	uint64_t not_sent;		/* packets: no room (EAGAIN, ENOBUFS) or another error */
};

/** What to do with a datagram; @bytes may be changed in place and lives until the return. */
typedef void udp_received(void *owner, const struct address_pair *from, uint8_t *bytes,
			  size_t len_bytes);

/**
 * Bind to @listen (port 0 picks one); "[::]" takes IPv4 as well.
 * @way is where to start in the order GSO, sendmmsg, sendto.
 *
 * @return 0; ERR_RANGE for a bad address; ERR_OS when it cannot be bound
 */
int udp_open(struct udp **out, const char *listen, enum udp_way way, struct err *err);
struct udp *udp_free(struct udp *udp);
DEFINE_FREEP(udp_free, struct udp *)

int udp_fd(const struct udp *udp);
const struct address *udp_local(const struct udp *udp);	/* as bound, with the port it got */
bool udp_takes_v6(const struct udp *udp);
enum udp_way udp_way(const struct udp *udp);	/* as it is now */

/** Take what has come, a few batches at most so that sending is never kept waiting for long. */
void udp_receive(struct udp *udp, udp_received *received, void *owner);

/**
 * Send @count packets (at most UDP_RUN_MAX), of @lens bytes each, lying one behind another at @bytes.
 *
 * @return how many the kernel took; the others are counted as not sent
 */
size_t udp_send(struct udp *udp, const struct address_pair *to, const uint8_t *bytes,
		const uint16_t *lens, size_t count);

const struct udp_stats *udp_stats(const struct udp *udp);

#endif
