/* SPDX-License-Identifier: GPL-3.0-or-later */
/* demux.h - what a datagram on the media port is, by its first two bytes (RFC 7983 7, RFC 5761 4). */
#ifndef OSTEND_STREAM_DEMUX_H
#define OSTEND_STREAM_DEMUX_H

#include <stddef.h>
#include <stdint.h>

enum demux_class {
	DEMUX_OTHER,		/* too short for its class, ZRTP, TURN channel, QUIC, unassigned: drop */
	DEMUX_STUN,		/* 0..3, at least 20 bytes */
	DEMUX_DTLS,		/* 20..63, at least one record header of 13 bytes; may be a part of a flight */
	DEMUX_RTP,		/* 128..191, at least 12 bytes */
	DEMUX_RTCP,		/* 128..191 and the second byte & 0x7f is 64..95, at least 8 bytes */
};

/** The one class of a datagram of @len_bytes (0 is fine). It promises nothing beyond the sizes above. */
enum demux_class demux_classify(const uint8_t *bytes, size_t len_bytes);

#endif
