/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ranges of RFC 7983 do not overlap, so the first byte decides; what is too short to be what it
 * claims is told apart here, so that no later step sees less than a header.
 */
#include "station/stream/demux.h"

#define RTP_HEADER_LEN 12
#define RTCP_HEADER_LEN 8
#define STUN_HEADER_LEN 20
#define DTLS_RECORD_LEN 13

static enum demux_class rtp_or_rtcp(const uint8_t *bytes, size_t len_bytes)
{
	uint8_t type;

	if (len_bytes < RTCP_HEADER_LEN)
		return DEMUX_OTHER;
	type = bytes[1] & 0x7f;
	if (type >= 64 && type <= 95)
		return DEMUX_RTCP;
	return len_bytes >= RTP_HEADER_LEN ? DEMUX_RTP : DEMUX_OTHER;
}

enum demux_class demux_classify(const uint8_t *bytes, size_t len_bytes)
{
	if (len_bytes == 0)
		return DEMUX_OTHER;
	if (bytes[0] <= 3)
		return len_bytes >= STUN_HEADER_LEN ? DEMUX_STUN : DEMUX_OTHER;
	if (bytes[0] >= 20 && bytes[0] <= 63)
		return len_bytes >= DTLS_RECORD_LEN ? DEMUX_DTLS : DEMUX_OTHER;
	if (bytes[0] >= 128 && bytes[0] <= 191)
		return rtp_or_rtcp(bytes, len_bytes);
	return DEMUX_OTHER;
}
