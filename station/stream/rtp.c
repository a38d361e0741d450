/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The extension block is laid out once, with all elements; a packet gets a copy in which the time is
 * filled in and what is not sent now is overwritten with zero bytes, which RFC 8285 4.1 lets stand
 * anywhere between elements as padding.
 */
#include "station/stream/rtp.h"

#include <assert.h>
#include <string.h>

#include "station/stream/bytes.h"

#define FIXED_LEN 12
#define ONE_BYTE_PROFILE 0xbede
#define SEQUENCE_FIRST_MASK 0x7fff

/* One element: id and length less one, then the value. Returns its offset in the block, 0 when not wanted. */
static uint8_t lay_element(struct rtp_viewer *viewer, size_t *len, uint8_t id, const void *value,
			   size_t value_len)
{
	size_t at = *len;

	if (id == 0 || value_len == 0)
		return 0;
	assert(id <= 14 && at + 1 + value_len <= RTP_EXTENSIONS_MAX);
	viewer->extensions[at] = (uint8_t)(id << 4 | (value_len - 1));
	memcpy(viewer->extensions + at + 1, value, value_len);
	*len = at + 1 + value_len;
	return (uint8_t)at;
}

static void lay_extensions(struct rtp_viewer *viewer, const struct rtp_config *config)
{
	static const uint8_t no_time[3];
	size_t mid_len = strnlen(config->mid, RTP_MID_MAX), len = 4;
	uint8_t delay[3];

	be24_put(delay, (config->playout_min_10ms & 0xfffu) << 12 | (config->playout_max_10ms & 0xfffu));
	viewer->mid_at = lay_element(viewer, &len, config->mid_id, config->mid, mid_len);
	viewer->mid_len = (uint8_t)(1 + mid_len);
	viewer->abs_send_time_at =
		lay_element(viewer, &len, config->abs_send_time_id, no_time, sizeof no_time);
	viewer->playout_delay_at =
		lay_element(viewer, &len, config->playout_delay_id, delay, sizeof delay);
	if (len == 4)
		return;
	len = (len + 3) & ~(size_t)3;
	viewer->extensions_len = (uint8_t)len;
	be16_put(viewer->extensions, ONE_BYTE_PROFILE);
	be16_put(viewer->extensions + 2, (uint16_t)(len / 4 - 1));
}

void rtp_viewer_init(struct rtp_viewer *viewer, const struct rtp_config *config, uint64_t first_index)
{
	*viewer = (struct rtp_viewer){
		.ssrc = config->ssrc,
		.rtx_ssrc = config->rtx_ssrc,
		.payload_type = config->payload_type,
		.rtx_payload_type = config->rtx_payload_type,
		.base_index = first_index,
		.next_index = first_index,
		.base_sequence = config->first_sequence & SEQUENCE_FIRST_MASK,
		.rtx_next_sequence = config->rtx_first_sequence & SEQUENCE_FIRST_MASK,
		.send_mid = true,
		.send_playout_delay = true,
	};
	lay_extensions(viewer, config);
}

void rtp_viewer_skip(struct rtp_viewer *viewer, uint64_t index)
{
	assert(index >= viewer->next_index);
	if (index == viewer->next_index)
		return;
	viewer->base_sequence += (uint32_t)(viewer->next_index - viewer->base_index);
	viewer->base_index = index;
	viewer->next_index = index;
}

size_t rtp_header_len(const struct rtp_viewer *viewer)
{
	return FIXED_LEN + viewer->extensions_len;
}

uint16_t rtp_sequence(const struct rtp_viewer *viewer, uint64_t index)
{
	return (uint16_t)(viewer->base_sequence + (uint32_t)(index - viewer->base_index));
}

bool rtp_index_of(const struct rtp_viewer *viewer, uint16_t sequence, uint64_t *index)
{
	uint64_t sent = viewer->next_index - viewer->base_index;
	uint16_t back = (uint16_t)(rtp_sequence(viewer, viewer->next_index) - sequence);

	/* 0 is the number to come, which as a past one would be 65536 packets ago */
	if (back == 0 || back > sent)
		return false;
	*index = viewer->next_index - back;
	return true;
}

static size_t write_header(uint8_t *out, const struct rtp_viewer *viewer, const struct packet *packet,
			   uint8_t payload_type, uint32_t sequence, uint32_t ssrc)
{
	out[0] = viewer->extensions_len ? 0x90 : 0x80;
	out[1] = (uint8_t)(payload_type | (packet->marker ? 0x80 : 0));
	be16_put(out + 2, (uint16_t)sequence);
	be32_put(out + 4, packet->ts_90k);
	be32_put(out + 8, ssrc);
	return FIXED_LEN;
}

static size_t write_extensions(uint8_t *out, const struct rtp_viewer *viewer, uint32_t abs_send_time)
{
	if (!viewer->extensions_len)
		return 0;
	memcpy(out, viewer->extensions, viewer->extensions_len);
	if (viewer->mid_at && !viewer->send_mid)
		memset(out + viewer->mid_at, 0, viewer->mid_len);
	if (viewer->abs_send_time_at)
		be24_put(out + viewer->abs_send_time_at + 1, abs_send_time);
	if (viewer->playout_delay_at && !viewer->send_playout_delay)
		memset(out + viewer->playout_delay_at, 0, 4);
	return viewer->extensions_len;
}

size_t rtp_write(uint8_t *out, struct rtp_viewer *viewer, const struct packet *packet,
		 uint32_t abs_send_time)
{
	size_t at;

	assert(packet->index == viewer->next_index);
	at = write_header(out, viewer, packet, viewer->payload_type,
			  rtp_sequence(viewer, packet->index), viewer->ssrc);
	at += write_extensions(out + at, viewer, abs_send_time);
	memcpy(out + at, packet->payload, packet->len_bytes);
	viewer->next_index++;
	return at + packet->len_bytes;
}

/* RFC 4588 4: marker and timestamp of the original, numbers of the RTX stream, OSN before the payload. */
size_t rtp_write_rtx(uint8_t *out, struct rtp_viewer *viewer, const struct packet *packet,
		     uint32_t abs_send_time)
{
	size_t at;

	if (!viewer->rtx_payload_type)
		return 0;
	assert(packet->index >= viewer->base_index && packet->index < viewer->next_index);
	at = write_header(out, viewer, packet, viewer->rtx_payload_type, viewer->rtx_next_sequence++,
			  viewer->rtx_ssrc);
	at += write_extensions(out + at, viewer, abs_send_time);
	be16_put(out + at, rtp_sequence(viewer, packet->index));
	memcpy(out + at + 2, packet->payload, packet->len_bytes);
	return at + 2 + packet->len_bytes;
}

uint32_t rtp_abs_send_time(uint64_t now_ns)
{
	uint64_t seconds = now_ns / 1000000000, rest_ns = now_ns % 1000000000;

	return (uint32_t)((seconds << 18) + (rest_ns << 18) / 1000000000) & 0xffffff;
}
