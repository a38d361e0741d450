/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outlet.h - one viewer's way out: its numbers, its keys, its address; header, protect, send.
 *
 * Made when DTLS is done and the fingerprint equal, so that nothing can leave before. No allocation and
 * no lock for a packet. Thread: stream.
 */
#ifndef OSTEND_STREAM_OUTLET_H
#define OSTEND_STREAM_OUTLET_H

#include "station/stream/nack.h"
#include "station/stream/packet_store.h"
#include "station/stream/rtcp.h"
#include "station/stream/rtp.h"
#include "station/stream/srtp_session.h"
#include "station/stream/udp.h"

/* Room for one run of packets, used again for each viewer in turn while it is in the cache. */
struct arena {
	uint16_t lens[UDP_RUN_MAX];
	uint8_t bytes[UDP_RUN_MAX * (RTP_PACKET_MAX + 16) + SRTP_ROOM_BYTES];
};

struct outlet {
	struct udp *udp;
	struct srtp_session *srtp;
	struct address_pair to;
	struct rtp_viewer rtp;
	const char *cname;
	bool waiting;			/* for a keyframe to begin at */
	bool active;			/* takes the access unit that is being sent */
	bool paused;			/* the viewer has not been heard of for a while */
	bool reported;			/* an RR has come: mid and playout delay have arrived */
	uint64_t packets, bytes, payload_bytes, retransmitted, nacks, plis;
	uint64_t first_packet_ns, first_keyframe_ns, last_keyframe_ns, next_report_ns;
	uint32_t rtt_us, loss_ppm, jitter_us;
	struct rtx_bucket rtx;
	struct nack_history history;
};

struct outlet_config {
	struct udp *udp;
	struct dtls_keys *keys;		/* borrowed */
	struct rtp_config rtp;
	uint64_t first_index;		/* of the packet store: where it is now */
	const char *cname;		/* lives longer than the outlet */
	uint32_t bitrate_bps;
	struct address_pair to;
};

int outlet_new(struct outlet **out, const struct outlet_config *config, struct err *err);
struct outlet *outlet_free(struct outlet *outlet);
DEFINE_FREEP(outlet_free, struct outlet *)

/**
 * Send the packets [@first, @first + @count) of @store, whole run by whole run.
 *
 * @return false when the kernel had no room: the rest is left out and the outlet waits for a keyframe
 */
bool outlet_send(struct outlet *outlet, struct arena *arena, const struct packet_store *store,
		 uint64_t first, size_t count, uint32_t abs_send_time);

/** Send again by RTX what a NACK lists, within the guards of nack.h. */
void outlet_retransmit(struct outlet *outlet, struct arena *arena, const struct packet_store *store,
		       const uint16_t *sequences, size_t count);

/** Take in what the viewer reports about the picture. */
void outlet_take_block(struct outlet *outlet, const struct rtcp_item *item);

/** SR and SDES, if one is due. */
void outlet_report(struct outlet *outlet, uint64_t now_ns);

void outlet_bye(struct outlet *outlet);

#endif
