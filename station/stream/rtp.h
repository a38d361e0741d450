/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rtp.h - the per-viewer header before a shared payload (RFC 3550 5.1, RFC 8285 4.2, RFC 4588 4).
 *
 * A viewer maps the store's packet index to its own sequence numbers: equal steps from a base. When it
 * must leave packets out (waiting for a keyframe) rtp_viewer_skip moves the base, so that the numbers on
 * the wire stay without a gap and the browser asks for nothing that was never meant for it.
 *
 * Each packet is written once and in order (asserted): no sequence number is used for two packets, on
 * which the safety of SRTP rests (with GCM it would be a nonce used twice). A lost packet is repeated by
 * RTX only, under its own SSRC and numbers. First numbers are below 2^15, so that a receiver that misses
 * the first packets still guesses the rollover counter right (RFC 3711 3.3.1).
 *
 * The extension block has one size on every packet: mid and playout delay are zero padding when they
 * are not sent. All packets of a run thus differ in length only if their payloads do.
 */
#ifndef OSTEND_STREAM_RTP_H
#define OSTEND_STREAM_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/stream/packet_store.h"

#define RTP_MID_MAX 16			/* what a one-byte extension element holds */
#define RTP_EXTENSIONS_MAX 32		/* 4 + mid 17 + abs-send-time 4 + playout-delay 4, in whole words */
#define RTP_HEADER_MAX (12 + RTP_EXTENSIONS_MAX)
#define RTP_PACKET_MAX (RTP_HEADER_MAX + 2 + PACKET_PAYLOAD_MAX)	/* before SRTP's tag */

struct rtp_config {
	uint32_t ssrc, rtx_ssrc;
	uint8_t payload_type, rtx_payload_type;	/* rtx_payload_type 0: no RTX was negotiated */
	uint16_t first_sequence, rtx_first_sequence;	/* random; only the low 15 bits are used */
	uint8_t mid_id, abs_send_time_id, playout_delay_id;	/* 1..14; 0: not negotiated */
	char mid[RTP_MID_MAX + 1];
	uint16_t playout_min_10ms, playout_max_10ms;	/* 12 bits each; 0 and 10: at once, at most 100 ms */
};

struct rtp_viewer {
	uint32_t ssrc, rtx_ssrc;
	uint8_t payload_type, rtx_payload_type;
	uint64_t base_index;		/* the packet with the number base_sequence */
	uint64_t next_index;		/* the packet to be written next */
	uint32_t base_sequence;		/* of which 16 bits go out */
	uint32_t rtx_next_sequence;
	bool send_mid, send_playout_delay;	/* set by the caller: until an RR has come, and on keyframes */
	uint8_t mid_at, abs_send_time_at, playout_delay_at;	/* offset in the block; 0: not negotiated */
	uint8_t mid_len;		/* with its element header */
	uint8_t extensions_len;		/* whole block; 0 when nothing was negotiated */
	uint8_t extensions[RTP_EXTENSIONS_MAX];	/* the block with everything in it, abs-send-time 0 */
};

/** Begin at packet @first_index of the store. mid and playout delay are sent until they are turned off. */
void rtp_viewer_init(struct rtp_viewer *viewer, const struct rtp_config *config, uint64_t first_index);

/** Leave out every packet before @index (not before next_index); the numbers go on without a gap. */
void rtp_viewer_skip(struct rtp_viewer *viewer, uint64_t index);

/** Bytes before the payload; the same for every packet of this viewer (RTX: 2 more). */
size_t rtp_header_len(const struct rtp_viewer *viewer);

/** The number that goes out, or went out, with the packet of @index since the last skip. */
uint16_t rtp_sequence(const struct rtp_viewer *viewer, uint64_t index);

/**
 * Which packet went out under @sequence? The newest such is meant.
 *
 * @return false when none has, or it was before the last skip
 */
bool rtp_index_of(const struct rtp_viewer *viewer, uint16_t sequence, uint64_t *index);

/**
 * Write header and payload; advances the viewer by one packet.
 *
 * @out              rtp_header_len + packet->len_bytes bytes, and room for SRTP's tag behind
 * @packet           that of viewer->next_index
 * @abs_send_time    rtp_abs_send_time of now; one reading serves a whole batch
 * @return the length
 */
size_t rtp_write(uint8_t *out, struct rtp_viewer *viewer, const struct packet *packet,
		 uint32_t abs_send_time);

/**
 * Write the retransmission of a packet already written since the last skip: RTX header, original
 * sequence number, payload.
 *
 * @return the length, two more than the original's; 0 when RTX was not negotiated
 */
size_t rtp_write_rtx(uint8_t *out, struct rtp_viewer *viewer, const struct packet *packet,
		     uint32_t abs_send_time);

/** 24 bits, 6.18 seconds, of any clock that runs evenly (the abs-send-time draft of WebRTC). */
uint32_t rtp_abs_send_time(uint64_t now_ns);

#endif
