/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader walks twice: rtcp_open over the frames, after which every length is known to be inside the
 * datagram; rtcp_next over the parts of each packet, with `inside` as the place of the next part (0 when the
 * packet has not been entered) and `end` as the end of the packet without its padding.
 */
#include "station/stream/rtcp.h"

#include <string.h>

#include "station/stream/bytes.h"

enum { TYPE_SR = 200, TYPE_RR = 201, TYPE_SDES = 202, TYPE_BYE = 203, TYPE_RTPFB = 205, TYPE_PSFB = 206 };
enum { RTPFB_NACK = 1, PSFB_PLI = 1, PSFB_FIR = 4, PSFB_AFB = 15 };

#define HEADER_LEN 4
#define SR_LEN 28			/* header, SSRC and sender information */
#define RR_LEN 8
#define FEEDBACK_LEN 12
#define BLOCK_LEN 24
#define REMB_NAME UINT32_C(0x52454d42)
#define NTP_UNIX_SECONDS UINT64_C(2208988800)
#define US_PER_S 1000000
#define RTT_MAX_SECONDS 10

static size_t packet_len(const uint8_t *packet)
{
	return 4 * ((size_t)be16_get(packet + 2) + 1);
}

/* The least that type and count announce; a packet we do not know has only its header. */
static size_t announced_len(const uint8_t *packet)
{
	size_t count = packet[0] & 0x1f;

	switch (packet[1]) {
	case TYPE_SR:
		return SR_LEN + BLOCK_LEN * count;
	case TYPE_RR:
		return RR_LEN + BLOCK_LEN * count;
	case TYPE_BYE:
		return HEADER_LEN + 4 * count;
	case TYPE_RTPFB:
	case TYPE_PSFB:
		return FEEDBACK_LEN;
	default:
		return HEADER_LEN;
	}
}

/* Its bytes without padding; 0 when the frame is wrong. @left is what the datagram still holds. */
static size_t checked_len(const uint8_t *packet, size_t left)
{
	size_t len, padding = 0;

	if (left < HEADER_LEN || packet[0] >> 6 != 2)
		return 0;
	len = packet_len(packet);
	if (len > left)
		return 0;
	if (packet[0] & 0x20) {		/* only the last may be padded (RFC 3550 6.4.1) */
		padding = packet[len - 1];
		if (len != left || padding == 0 || padding % 4 || padding > len - HEADER_LEN)
			return 0;
	}
	return len - padding >= announced_len(packet) ? len - padding : 0;
}

int rtcp_open(struct rtcp_reader *out, const uint8_t *bytes, size_t len_bytes)
{
	size_t at = 0;

	*out = (struct rtcp_reader){ .bytes = bytes, .len_bytes = len_bytes };
	if (len_bytes == 0)
		return ERR_PROTO;
	for (; at < len_bytes; at += packet_len(bytes + at))
		if (!checked_len(bytes + at, len_bytes - at))
			return ERR_PROTO;
	return 0;
}

static void read_sender(struct rtcp_item *out, const uint8_t *packet)
{
	out->kind = RTCP_SENDER;
	out->sender.ntp = be64_get(packet + 8);
	out->sender.ts_90k = be32_get(packet + 16);
	out->sender.packets = be32_get(packet + 20);
	out->sender.octets = be32_get(packet + 24);
}

static void read_block(struct rtcp_item *out, const uint8_t *block)
{
	uint32_t lost = be24_get(block + 5);

	out->kind = RTCP_BLOCK;
	out->media_ssrc = be32_get(block);
	out->block.fraction_lost = block[4];
	out->block.lost = lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost;
	out->block.highest_sequence = be32_get(block + 8);
	out->block.jitter_ticks = be32_get(block + 12);
	out->block.last_sr = be32_get(block + 16);
	out->block.since_last_sr = be32_get(block + 20);
}

/* The parts of an SR (@first: where its blocks begin) or RR; what follows the blocks is an extension. */
static bool next_report_part(struct rtcp_reader *reader, struct rtcp_item *out, const uint8_t *packet)
{
	bool sender = packet[1] == TYPE_SR;
	size_t first = sender ? SR_LEN : RR_LEN, blocks_end = announced_len(packet);

	out->sender_ssrc = be32_get(packet + 4);
	if (!reader->inside) {
		reader->inside = first;
		if (sender) {
			read_sender(out, packet);
			return true;
		}
	}
	if (reader->inside >= blocks_end)
		return false;
	read_block(out, packet + reader->inside);
	reader->inside += BLOCK_LEN;
	return true;
}

/* RFC 4585 6.2.1: a number, and a bit for each of the 16 after it. */
static void read_nack_pair(struct rtcp_item *out, const uint8_t *pair)
{
	uint16_t first = be16_get(pair), mask = be16_get(pair + 2);

	out->nack.sequences[out->nack.count++] = first;
	for (unsigned bit = 0; bit < 16; bit++)
		if (mask >> bit & 1)
			out->nack.sequences[out->nack.count++] = (uint16_t)(first + bit + 1);
}

static bool next_nack(struct rtcp_reader *reader, struct rtcp_item *out, const uint8_t *packet)
{
	out->kind = RTCP_NACK;
	out->nack.count = 0;
	if (!reader->inside)
		reader->inside = FEEDBACK_LEN;
	for (; reader->inside + 4 <= reader->end; reader->inside += 4) {
		if (out->nack.count + 17 > RTCP_NACK_MAX)
			break;
		read_nack_pair(out, packet + reader->inside);
	}
	return out->nack.count > 0;
}

/* RFC 5104 4.3.1.1: the SSRC of the entry is the stream that is meant, that of the packet is unused. */
static bool next_fir(struct rtcp_reader *reader, struct rtcp_item *out, const uint8_t *packet)
{
	if (!reader->inside)
		reader->inside = FEEDBACK_LEN;
	if (reader->inside + 8 > reader->end)
		return false;
	out->kind = RTCP_FIR;
	out->media_ssrc = be32_get(packet + reader->inside);
	out->fir.number = packet[reader->inside + 4];
	reader->inside += 8;
	return true;
}

/* draft-alvestrand-rmcat-remb 2.2: an 18-bit mantissa shifted by a 6-bit exponent. */
static bool read_remb(struct rtcp_item *out, const uint8_t *packet, size_t len)
{
	uint64_t mantissa;
	unsigned exponent;

	if (len < FEEDBACK_LEN + 8 || be32_get(packet + FEEDBACK_LEN) != REMB_NAME)
		return false;
	mantissa = be24_get(packet + FEEDBACK_LEN + 5) & 0x3ffff;
	exponent = packet[FEEDBACK_LEN + 5] >> 2;
	out->kind = RTCP_REMB;
	out->media_ssrc = 0;
	out->remb.rate_bps = mantissa > UINT64_MAX >> exponent ? UINT64_MAX : mantissa << exponent;
	return true;
}

static bool next_feedback(struct rtcp_reader *reader, struct rtcp_item *out, const uint8_t *packet)
{
	uint8_t format = packet[0] & 0x1f;
	bool entered = reader->inside;

	out->sender_ssrc = be32_get(packet + 4);
	out->media_ssrc = be32_get(packet + 8);
	if (packet[1] == TYPE_RTPFB)
		return format == RTPFB_NACK && next_nack(reader, out, packet);
	if (format == PSFB_FIR)
		return next_fir(reader, out, packet);
	reader->inside = reader->end;
	if (entered)
		return false;
	if (format == PSFB_AFB)
		return read_remb(out, packet, reader->end);
	out->kind = RTCP_PLI;
	return format == PSFB_PLI;
}

static bool next_bye(struct rtcp_reader *reader, struct rtcp_item *out, const uint8_t *packet)
{
	size_t sources_end = announced_len(packet);
	bool entered = reader->inside;

	if (!entered)
		reader->inside = HEADER_LEN;
	out->kind = RTCP_BYE;
	if (reader->inside < sources_end)
		out->sender_ssrc = be32_get(packet + reader->inside);
	else if (entered)
		return false;
	reader->inside += 4;
	return true;
}

static bool next_part(struct rtcp_reader *reader, struct rtcp_item *out, const uint8_t *packet)
{
	out->sender_ssrc = 0;
	out->media_ssrc = 0;
	switch (packet[1]) {
	case TYPE_SR:
	case TYPE_RR:
		return next_report_part(reader, out, packet);
	case TYPE_RTPFB:
	case TYPE_PSFB:
		return next_feedback(reader, out, packet);
	case TYPE_BYE:
		return next_bye(reader, out, packet);
	default:
		return false;
	}
}

bool rtcp_next(struct rtcp_reader *reader, struct rtcp_item *out)
{
	while (reader->at < reader->len_bytes) {
		const uint8_t *packet = reader->bytes + reader->at;

		if (!reader->inside)
			reader->end = checked_len(packet, reader->len_bytes - reader->at);
		if (next_part(reader, out, packet))
			return true;
		reader->inside = 0;
		reader->at += packet_len(packet);
	}
	return false;
}

/* --- writing --------------------------------------------------------------------------------- */

static size_t write_header(uint8_t *out, uint8_t count, uint8_t type, size_t len)
{
	out[0] = 0x80 | count;
	out[1] = type;
	be16_put(out + 2, (uint16_t)(len / 4 - 1));
	return HEADER_LEN;
}

/* RFC 3550 6.5: one chunk with CNAME; at least one zero byte ends the list, and fills the word. */
static size_t write_sdes(uint8_t *out, uint32_t ssrc, const char *cname)
{
	size_t cname_len = strnlen(cname, RTCP_CNAME_MAX);
	size_t len = (HEADER_LEN + 4 + 2 + cname_len + 1 + 3) & ~(size_t)3;

	memset(out, 0, len);
	write_header(out, 1, TYPE_SDES, len);
	be32_put(out + 4, ssrc);
	out[8] = 1;
	out[9] = (uint8_t)cname_len;
	memcpy(out + 10, cname, cname_len);
	return len;
}

size_t rtcp_write_report(uint8_t *out, const struct rtcp_report *report)
{
	write_header(out, 0, TYPE_SR, SR_LEN);
	be32_put(out + 4, report->ssrc);
	be64_put(out + 8, rtcp_ntp(report->utc_us));
	be32_put(out + 16, report->ts_90k);
	be32_put(out + 20, report->packets);
	be32_put(out + 24, report->octets);
	return SR_LEN + write_sdes(out + SR_LEN, report->ssrc, report->cname);
}

size_t rtcp_write_bye(uint8_t *out, uint32_t ssrc, uint32_t rtx_ssrc, const char *cname)
{
	uint8_t count = rtx_ssrc ? 2 : 1;
	size_t at = RR_LEN;

	write_header(out, 0, TYPE_RR, RR_LEN);
	be32_put(out + 4, ssrc);
	at += write_sdes(out + at, ssrc, cname);
	write_header(out + at, count, TYPE_BYE, HEADER_LEN + 4u * count);
	be32_put(out + at + 4, ssrc);
	if (rtx_ssrc)
		be32_put(out + at + 8, rtx_ssrc);
	return at + HEADER_LEN + 4u * count;
}

/* --- time ------------------------------------------------------------------------------------ */

uint64_t rtcp_ntp(int64_t utc_us)
{
	int64_t seconds = utc_us / US_PER_S, rest_us = utc_us % US_PER_S;

	if (rest_us < 0) {
		seconds--;
		rest_us += US_PER_S;
	}
	/* rounded up, so that the inverse, which rounds to nearest, gives the same microsecond */
	return ((uint64_t)seconds + NTP_UNIX_SECONDS) << 32 |
	       (((uint64_t)rest_us << 32) + US_PER_S - 1) / US_PER_S;
}

int64_t rtcp_utc_us(uint64_t ntp)
{
	int64_t seconds = (int64_t)(ntp >> 32) - (int64_t)NTP_UNIX_SECONDS;
	uint64_t rest_us = ((ntp & UINT32_MAX) * US_PER_S + (UINT64_C(1) << 31)) >> 32;

	return seconds * US_PER_S + (int64_t)rest_us;
}

bool rtcp_rtt_us(uint32_t *rtt_us, uint64_t now_ntp, uint32_t last_sr, uint32_t since_last_sr)
{
	uint32_t elapsed = (uint32_t)(now_ntp >> 16) - last_sr;	/* all in 1/65536 s */

	if (!last_sr || elapsed > INT32_MAX || since_last_sr > elapsed)
		return false;
	if (elapsed - since_last_sr > RTT_MAX_SECONDS << 16)
		return false;
	*rtt_us = (uint32_t)((uint64_t)(elapsed - since_last_sr) * US_PER_S >> 16);
	return true;
}
