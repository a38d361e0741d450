/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A viewer's whole run of packets is written, protected and sent before the next viewer's: its cipher
 * state and the arena stay in the cache. (libsrtp's cost of a packet nearly doubles when it is called for
 * another session each time.)
 */
#include "station/stream/outlet.h"

#include <stdlib.h>

#include "station/base/clock.h"
#include "station/encode/access_unit.h"

#define REPORT_EVERY_NS NS_PER_S

int outlet_new(struct outlet **out, const struct outlet_config *config, struct err *err)
{
	CLEANUP(outlet_freep) struct outlet *outlet = calloc(1, sizeof *outlet);
	int rc;

	if (!outlet)
		return err_set(err, ERR_NOMEM, "viewer: out of memory");
	rc = srtp_session_new(&outlet->srtp, config->keys, config->rtp.ssrc, config->rtp.rtx_ssrc, err);
	if (rc < 0)
		return rc;
	outlet->udp = config->udp;
	outlet->to = config->to;
	outlet->cname = config->cname;
	outlet->waiting = true;
	rtp_viewer_init(&outlet->rtp, &config->rtp, config->first_index);
	rtx_bucket_init(&outlet->rtx, config->bitrate_bps, clock_mono_ns());
	*out = MOVE(outlet);
	return 0;
}

struct outlet *outlet_free(struct outlet *outlet)
{
	if (!outlet)
		return NULL;
	srtp_session_free(outlet->srtp);
	free(outlet);
	return NULL;
}

static void note_sent(struct outlet *outlet, const struct arena *arena, size_t sent)
{
	outlet->packets += sent;
	for (size_t i = 0; i < sent; i++)
		outlet->bytes += arena->lens[i];
}

/* At most UDP_RUN_MAX packets. */
static bool send_run(struct outlet *outlet, struct arena *arena, const struct packet_store *store,
		     uint64_t first, size_t count, uint32_t abs_send_time)
{
	uint8_t *at = arena->bytes;
	size_t written = 0, sent;

	for (uint64_t index = first; index < first + count; index++) {
		const struct packet *packet = packet_store_get(store, index);
		size_t len = rtp_write(at, &outlet->rtp, packet, abs_send_time);

		outlet->payload_bytes += packet->len_bytes;
		if (!srtp_session_protect_rtp(outlet->srtp, at, &len))
			break;
		arena->lens[written++] = (uint16_t)len;
		at += len;
	}
	sent = udp_send(outlet->udp, &outlet->to, arena->bytes, arena->lens, written);
	note_sent(outlet, arena, sent);
	return sent == count;
}

bool outlet_send(struct outlet *outlet, struct arena *arena, const struct packet_store *store,
		 uint64_t first, size_t count, uint32_t abs_send_time)
{
	const struct packet *packet = packet_store_get(store, first);

	outlet->rtp.send_mid = !outlet->reported;
	outlet->rtp.send_playout_delay = !outlet->reported || packet->keyframe;
	while (count > 0) {
		size_t run = MIN(count, UDP_RUN_MAX);

		if (!send_run(outlet, arena, store, first, run, abs_send_time)) {
			outlet->waiting = true;
			outlet->active = false;
			return false;
		}
		first += run;
		count -= run;
	}
	return true;
}

/* One packet to the end of the arena's run; false when it is not to be sent, or again, now. */
static bool write_again(struct outlet *outlet, uint8_t *at, size_t *len, const struct packet *packet,
			uint64_t now_ns)
{
	uint64_t rtt_ns = (uint64_t)outlet->rtt_us * 1000;

	if (!rtx_bucket_take(&outlet->rtx, packet->len_bytes, now_ns))
		return false;
	if (!nack_history_allow(&outlet->history, packet->index, rtt_ns, now_ns))
		return false;
	*len = rtp_write_rtx(at, &outlet->rtp, packet, rtp_abs_send_time(now_ns));
	return *len > 0 && srtp_session_protect_rtp(outlet->srtp, at, len);
}

void outlet_retransmit(struct outlet *outlet, struct arena *arena, const struct packet_store *store,
		       const uint16_t *sequences, size_t count)
{
	uint64_t now_ns = clock_mono_ns(), index;
	uint8_t *at = arena->bytes;
	size_t written = 0, sent;

	outlet->nacks++;
	for (size_t i = 0; i < count && written < UDP_RUN_MAX; i++) {
		const struct packet *packet;
		size_t len;

		if (!rtp_index_of(&outlet->rtp, sequences[i], &index))
			continue;
		packet = packet_store_get(store, index);
		if (!packet || !write_again(outlet, at, &len, packet, now_ns))
			continue;
		arena->lens[written++] = (uint16_t)len;
		at += len;
	}
	if (written == 0)
		return;
	sent = udp_send(outlet->udp, &outlet->to, arena->bytes, arena->lens, written);
	note_sent(outlet, arena, sent);
	outlet->retransmitted += sent;
}

void outlet_take_block(struct outlet *outlet, const struct rtcp_item *item)
{
	uint32_t rtt_us;

	outlet->reported = true;
	outlet->loss_ppm = (uint32_t)((uint64_t)item->block.fraction_lost * 1000000 / 256);
	outlet->jitter_us = (uint32_t)((uint64_t)item->block.jitter_ticks * 100 / 9);
	if (rtcp_rtt_us(&rtt_us, rtcp_ntp(clock_utc_us()), item->block.last_sr, item->block.since_last_sr))
		outlet->rtt_us = rtt_us;
}

static void send_rtcp(struct outlet *outlet, uint8_t *bytes, size_t len)
{
	uint16_t protected_len;

	if (!srtp_session_protect_rtcp(outlet->srtp, bytes, &len))
		return;
	protected_len = (uint16_t)len;
	udp_send(outlet->udp, &outlet->to, bytes, &protected_len, 1);
}

/* The instant is now, in both clocks from one reading: capture times follow from the RTP times. */
void outlet_report(struct outlet *outlet, uint64_t now_ns)
{
	uint8_t bytes[RTCP_REPORT_MAX + SRTP_ROOM_BYTES];
	struct rtcp_report report = {
		.ssrc = outlet->rtp.ssrc,
		.utc_us = clock_utc_of_mono_us(now_ns),
		.ts_90k = access_unit_ts_90k(now_ns),
		.packets = (uint32_t)(outlet->packets - outlet->retransmitted),
		.octets = (uint32_t)outlet->payload_bytes,
		.cname = outlet->cname,
	};

	if (outlet->packets == 0 || outlet->paused || now_ns < outlet->next_report_ns)
		return;
	outlet->next_report_ns = now_ns + REPORT_EVERY_NS;
	send_rtcp(outlet, bytes, rtcp_write_report(bytes, &report));
}

void outlet_bye(struct outlet *outlet)
{
	uint8_t bytes[RTCP_REPORT_MAX + SRTP_ROOM_BYTES];
	uint32_t rtx_ssrc = outlet->rtp.rtx_payload_type ? outlet->rtp.rtx_ssrc : 0;

	send_rtcp(outlet, bytes, rtcp_write_bye(bytes, outlet->rtp.ssrc, rtx_ssrc, outlet->cname));
}
