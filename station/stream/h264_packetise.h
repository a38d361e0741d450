/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * h264_packetise.h - an Annex B access unit as RTP payloads (RFC 6184, packetization-mode 1).
 *
 * How the sizes come out:
 *  - parameter sets and SEI that follow each other and fit together become one STAP-A (5.7.1): with x264
 *    the SPS and PPS before an IDR, and a SEI if there is one; a small packet, so a GSO send of its own;
 *  - a NAL unit of at most PACKET_PAYLOAD_MAX bytes goes as it is (5.6);
 *  - a longer one becomes the fewest FU-A fragments (5.8) that can hold it, all of equal size but
 *    the last, which is shorter by less than their number: one GSO run (up to 64 segments each).
 * An access unit of one slice is therefore one run, or two with parameter sets.
 */
#ifndef OSTEND_STREAM_H264_PACKETISE_H
#define OSTEND_STREAM_H264_PACKETISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/base/err.h"
#include "station/stream/packet_store.h"

/* An access unit of more packets is refused: a receiver's packet buffer starts at 512, and the
   store must keep what was sent before. About 1.1 MB. */
#define H264_PACKETS_MAX 1024

#define H264_NALS_MAX 256

/* Where the packets of one access unit are: [first, end). */
struct packet_span {
	uint64_t first, end;
	bool keyframe;
};

/**
 * Cut an access unit into @store. Start codes may be of three or four bytes, trailing zero bytes are
 * no part of a NAL unit, empty NAL units are passed over; the bytes are not otherwise looked at.
 *
 * @keyframe    marks the packets; the caller knows from the encoder
 * @return 0; ERR_PROTO when it does not begin with a start code or holds no NAL unit; ERR_RANGE when it
 *         has more than H264_NALS_MAX NAL units or H264_PACKETS_MAX packets. On failure nothing
 *         has been added.
 */
int h264_packetise(struct packet_store *store, struct packet_span *out, const uint8_t *bytes,
		   size_t len_bytes, uint32_t ts_90k, bool keyframe, struct err *err);

#endif
