/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three passes over at most H264_NALS_MAX NAL units: find them, plan each packet, count them; only when the
 * count fits are packets taken from the store, so that a refused access unit leaves no half behind.
 */
#include "station/stream/h264_packetise.h"

#include <string.h>

#include "station/base/nal.h"
#include "station/stream/bytes.h"

enum { NAL_STAP_A = 24, NAL_FU_A = 28 };	/* RFC 6184 5.2 */

#define FU_HEADER 2
#define FU_START 0x80
#define FU_END 0x40

struct nal_list {
	size_t count;
	struct nal nals[H264_NALS_MAX];
};

static int find_nals(struct nal_list *list, const uint8_t *bytes, size_t len, struct err *err)
{
	size_t at = nal_start(bytes, len, 0);
	struct nal nal;

	list->count = 0;
	for (size_t i = 0; i < at; i++)
		if (bytes[i] || at == len)
			return err_set(err, ERR_PROTO, "access unit: does not begin with a start code");
	while (nal_next(&nal, bytes, len, &at)) {
		if (list->count == H264_NALS_MAX)
			return err_set(err, ERR_RANGE, "access unit: more than %d NAL units", H264_NALS_MAX);
		list->nals[list->count++] = nal;
	}
	return list->count ? 0 : err_set(err, ERR_PROTO, "access unit: no NAL unit in %zu bytes", len);
}

static bool can_aggregate(const struct nal *nal)
{
	uint8_t type = nal->bytes[0] & 0x1f;

	return type == NAL_TYPE_SEI || type == NAL_TYPE_SPS || type == NAL_TYPE_PPS;
}

/* How many NAL units from @at go into one STAP-A; 1 when it is not worth one. */
static size_t aggregate_count(const struct nal_list *list, size_t at)
{
	size_t len = 1, count = 0;

	while (at + count < list->count && can_aggregate(&list->nals[at + count])) {
		len += 2 + list->nals[at + count].len_bytes;
		if (len > PACKET_PAYLOAD_MAX)
			break;
		count++;
	}
	return MAX(count, 1u);
}

/* Payload bytes of each fragment but the last: the smallest that needs no fragment more. */
static size_t fragment_size(size_t len)
{
	size_t body = len - 1;	/* the NAL header goes into the FU headers */
	size_t count = (body + PACKET_PAYLOAD_MAX - FU_HEADER - 1) / (PACKET_PAYLOAD_MAX - FU_HEADER);

	return (body + count - 1) / count;
}

static size_t packets_of(const struct nal *nal)
{
	size_t size;

	if (nal->len_bytes <= PACKET_PAYLOAD_MAX)
		return 1;
	size = fragment_size(nal->len_bytes);
	return (nal->len_bytes - 1 + size - 1) / size;
}

static size_t count_packets(const struct nal_list *list)
{
	size_t count = 0, step;

	for (size_t i = 0; i < list->count; i += step) {
		step = aggregate_count(list, i);
		count += step > 1 ? 1 : packets_of(&list->nals[i]);
	}
	return count;
}

/* RFC 6184 5.7.1; the header takes the highest NRI and any F bit of what is inside (5.3, 5.7). */
static void add_aggregate(struct packet_store *store, const struct nal *nals, size_t count)
{
	struct packet *packet = packet_store_add(store);
	uint8_t nri = 0, forbidden = 0;
	size_t at = 1;

	for (size_t i = 0; i < count; i++) {
		nri = MAX(nri, (uint8_t)(nals[i].bytes[0] & 0x60));
		forbidden |= nals[i].bytes[0] & 0x80;
		be16_put(packet->payload + at, (uint16_t)nals[i].len_bytes);
		memcpy(packet->payload + at + 2, nals[i].bytes, nals[i].len_bytes);
		at += 2 + nals[i].len_bytes;
	}
	packet->payload[0] = forbidden | nri | NAL_STAP_A;
	packet->len_bytes = (uint16_t)at;
}

static void add_fragments(struct packet_store *store, const struct nal *nal)
{
	size_t size = fragment_size(nal->len_bytes), at = 1;

	while (at < nal->len_bytes) {
		struct packet *packet = packet_store_add(store);
		size_t part = MIN(size, nal->len_bytes - at);

		packet->payload[0] = (nal->bytes[0] & 0xe0) | NAL_FU_A;
		packet->payload[1] = nal->bytes[0] & 0x1f;
		if (at == 1)
			packet->payload[1] |= FU_START;
		if (at + part == nal->len_bytes)
			packet->payload[1] |= FU_END;
		memcpy(packet->payload + FU_HEADER, nal->bytes + at, part);
		packet->len_bytes = (uint16_t)(FU_HEADER + part);
		at += part;
	}
}

static void add_nal(struct packet_store *store, const struct nal *nal)
{
	struct packet *packet;

	if (nal->len_bytes > PACKET_PAYLOAD_MAX) {
		add_fragments(store, nal);
		return;
	}
	packet = packet_store_add(store);
	memcpy(packet->payload, nal->bytes, nal->len_bytes);
	packet->len_bytes = (uint16_t)nal->len_bytes;
}

static void label(struct packet_store *store, const struct packet_span *span, uint32_t ts_90k)
{
	for (uint64_t index = span->first; index < span->end; index++) {
		struct packet *packet = packet_store_newest(store, span->end - index);

		packet->ts_90k = ts_90k;
		packet->keyframe = span->keyframe;
		packet->first = index == span->first;
		packet->marker = index + 1 == span->end;
	}
}

int h264_packetise(struct packet_store *store, struct packet_span *out, const uint8_t *bytes,
		   size_t len_bytes, uint32_t ts_90k, bool keyframe, struct err *err)
{
	struct nal_list list;
	size_t packets, step;
	int rc = find_nals(&list, bytes, len_bytes, err);

	if (rc < 0)
		return rc;
	packets = count_packets(&list);
	if (packets > H264_PACKETS_MAX)
		return err_set(err, ERR_RANGE, "access unit: %zu bytes make %zu packets, at most %d are sent",
			       len_bytes, packets, H264_PACKETS_MAX);
	*out = (struct packet_span){ .first = packet_store_next(store), .keyframe = keyframe };
	for (size_t i = 0; i < list.count; i += step) {
		step = aggregate_count(&list, i);
		if (step > 1)
			add_aggregate(store, &list.nals[i], step);
		else
			add_nal(store, &list.nals[i]);
	}
	out->end = packet_store_next(store);
	label(store, out, ts_90k);
	return 0;
}
