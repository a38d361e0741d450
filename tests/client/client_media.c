/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SRTP receiver: opens packets, unwraps RTX (RFC 4588), puts them in order, asks again for what
 * is missing, and builds access units (RFC 6184: single NAL units, STAP-A, FU-A).
 */
#include <stdlib.h>
#include <string.h>

#include "station/base/util.h"
#include "tests/client/client_private.h"

#define GAP_GIVEN_UP_NS 600000000ull
#define NACK_EVERY_NS 30000000ull
#define NACKS_AT_ONCE 64

static unsigned get16(const uint8_t *in)
{
	return (unsigned)in[0] << 8 | in[1];
}

static uint32_t get32(const uint8_t *in)
{
	return (uint32_t)get16(in) << 16 | get16(in + 2);
}

static void put32(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* --- keys ---------------------------------------------------------------------------------------- */

static int create(srtp_t *out, const char *profile, srtp_ssrc_type_t type, uint8_t *key)
{
	srtp_policy_t policy = { .ssrc = { type, 0 }, .key = key, .window_size = 1024 };
	srtp_profile_t id = srtp_profile_aes128_cm_sha1_80;

	if (strcmp(profile, "SRTP_AEAD_AES_128_GCM") == 0)
		id = srtp_profile_aead_aes_128_gcm;
	else if (strcmp(profile, "SRTP_AEAD_AES_256_GCM") == 0)
		id = srtp_profile_aead_aes_256_gcm;
	srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, id);
	srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, id);
	return srtp_create(out, &policy) == srtp_err_status_ok ? 0 : -1;
}

/* RFC 5764 4.2: client key, server key, client salt, server salt; a master key is key and salt. */
int client_media_start(struct webrtc_client *client, const char *profile, const uint8_t *keys,
		       size_t key_len, size_t salt_len)
{
	struct client_media *media = &client->media;
	const uint8_t *salts = keys + 2 * key_len;
	uint8_t ours[64], theirs[64];

	memcpy(ours, keys, key_len);
	memcpy(ours + key_len, salts, salt_len);
	memcpy(theirs, keys + key_len, key_len);
	memcpy(theirs + key_len, salts + salt_len, salt_len);
	util_random(&media->own_ssrc, sizeof media->own_ssrc);
	media->random = client->options.seed * 2654435761u + 1;
	if (create(&media->in, profile, ssrc_any_inbound, theirs) < 0)
		return -1;
	return create(&media->out, profile, ssrc_any_outbound, ours);
}

void client_media_free(struct webrtc_client *client)
{
	struct client_media *media = &client->media;

	if (media->in)
		srtp_dealloc(media->in);
	if (media->out)
		srtp_dealloc(media->out);
	for (size_t i = 0; i < CLIENT_RING; i++)
		free(media->ring[i].payload);
	free(media->unit);
}

/* --- access units -------------------------------------------------------------------------------- */

static void append(struct client_media *media, const void *bytes, size_t len)
{
	if (media->unit_len + len > media->unit_room) {
		media->unit_room = 2 * (media->unit_len + len);
		media->unit = realloc(media->unit, media->unit_room);
		if (!media->unit)
			abort();
	}
	memcpy(media->unit + media->unit_len, bytes, len);
	media->unit_len += len;
}

static void append_nal(struct client_media *media, uint8_t header, const uint8_t *rest, size_t len)
{
	static const uint8_t start_code[] = { 0, 0, 0, 1 };

	append(media, start_code, sizeof start_code);
	append(media, &header, 1);
	append(media, rest, len);
	media->unit_key |= (header & 0x1f) == 5;
}

static void append_stap(struct client_media *media, const uint8_t *at, const uint8_t *end)
{
	while (at + 2 < end && at + 2 + get16(at) <= end) {
		append_nal(media, at[2], at + 3, get16(at) - 1);
		at += 2 + get16(at);
	}
}

static void append_payload(struct client_media *media, const uint8_t *payload, size_t len)
{
	uint8_t type;

	if (len < 2)
		return;
	type = payload[0] & 0x1f;
	if (type == 24)
		append_stap(media, payload + 1, payload + len);
	else if (type == 28 && payload[1] & 0x80)
		append_nal(media, (payload[0] & 0xe0) | (payload[1] & 0x1f), payload + 2, len - 2);
	else if (type == 28)
		append(media, payload + 2, len - 2);
	else
		append_nal(media, payload[0], payload + 1, len - 1);
}

static void end_unit(struct webrtc_client *client)
{
	struct client_media *media = &client->media;
	struct webrtc_client_counts *counts = &client->counts;

	if (media->unit_broken) {
		counts->broken_access_units++;
	} else {
		counts->access_units++;
		counts->keyframes += media->unit_key;
		if (media->unit_key && !counts->first_keyframe_ns)
			counts->first_keyframe_ns = client_now_ns();
		if (client->options.access_unit)
			client->options.access_unit(client->options.owner, media->unit,
						    media->unit_len, media->unit_ts);
	}
	media->unit_len = 0;
	media->unit_broken = media->unit_key = false;
}

static void consume(struct webrtc_client *client, const uint8_t *payload, size_t len, uint32_t ts,
		    bool marker)
{
	client->media.unit_ts = ts;
	append_payload(&client->media, payload, len);
	if (marker)
		end_unit(client);
}

/* --- order --------------------------------------------------------------------------------------- */

static void drain(struct webrtc_client *client)
{
	struct client_media *media = &client->media;

	for (;;) {
		struct client_slot *slot = &media->ring[media->next % CLIENT_RING];

		if (!slot->payload || slot->index != media->next)
			return;
		consume(client, slot->payload, slot->len, slot->ts, slot->marker);
		free(slot->payload);
		slot->payload = NULL;
		media->next++;
		media->gap_since_ns = 0;
	}
}

static void keep(struct client_media *media, uint64_t index, const uint8_t *payload, size_t len,
		 uint32_t ts, bool marker)
{
	struct client_slot *slot = &media->ring[index % CLIENT_RING];

	if (slot->payload && slot->index == index)
		return;
	free(slot->payload);
	*slot = (struct client_slot){ malloc(len ? len : 1), len, ts, marker, index };
	if (!slot->payload)
		abort();
	memcpy(slot->payload, payload, len);
}

/* Leave the gap: the unit is broken, go on behind it. */
static void give_up_gap(struct webrtc_client *client)
{
	struct client_media *media = &client->media;

	while (media->next <= media->highest) {
		struct client_slot *slot = &media->ring[media->next % CLIENT_RING];

		if (slot->payload && slot->index == media->next)
			break;
		media->unit_broken = true;
		client->counts.given_up++;
		media->next++;
	}
	media->gap_since_ns = 0;
	if (client->options.pli_on_gap)
		webrtc_client_send_pli(client);
	drain(client);
}

static uint64_t extend(struct client_media *media, uint16_t sequence)
{
	if (!media->started) {
		media->started = true;
		media->next = media->highest = 0x10000u + sequence;
		return media->next;
	}
	return media->highest + (int64_t)(int16_t)(sequence - (uint16_t)media->highest);
}

static void arrange(struct webrtc_client *client, uint16_t sequence, const uint8_t *payload, size_t len,
		    uint32_t ts, bool marker)
{
	struct client_media *media = &client->media;
	uint64_t index = extend(media, sequence);

	if (index > media->highest)
		media->highest = index;
	if (index < media->next)
		return;
	while (index >= media->next + CLIENT_RING)
		give_up_gap(client);
	if (index == media->next) {
		media->next++;
		media->gap_since_ns = 0;
		consume(client, payload, len, ts, marker);
		drain(client);
	} else {
		keep(media, index, payload, len, ts, marker);
	}
	if (media->next <= media->highest && !media->gap_since_ns)
		media->gap_since_ns = client_now_ns();
}

/* --- packets ------------------------------------------------------------------------------------- */

static bool lose(struct webrtc_client *client)
{
	uint32_t *random = &client->media.random;

	*random = *random * 1664525u + 1013904223u;
	return (*random >> 8) % 100 < client->options.loss_percent;
}

static size_t payload_at(const uint8_t *bytes, size_t len)
{
	size_t at = 12 + 4u * (bytes[0] & 15);

	if (bytes[0] & 0x10) {
		if (at + 4 > len)
			return 0;
		at += 4 + 4 * get16(bytes + at + 2);
	}
	return at <= len ? at : 0;
}

static void note_first(struct webrtc_client *client, uint16_t sequence)
{
	if (!client->counts.first_packet_ns) {
		client->counts.first_packet_ns = client_now_ns();
		client->counts.first_sequence = sequence;
	}
	client->counts.last_sequence = sequence;
}

static void take_rtp(struct webrtc_client *client, uint8_t *bytes, size_t len_in)
{
	struct webrtc_client_counts *counts = &client->counts;
	struct client_media *media = &client->media;
	int len = (int)len_in;
	size_t at;

	if (lose(client)) {
		counts->lost_on_purpose++;
		return;
	}
	if (srtp_unprotect(media->in, bytes, &len) != srtp_err_status_ok) {
		counts->failed++;
		return;
	}
	counts->packets++;
	counts->bytes += (uint64_t)len;
	at = payload_at(bytes, (size_t)len);
	if (at == 0) {
		counts->wrong_extensions++;
	} else if (get32(bytes + 8) == media->video_ssrc && (bytes[1] & 0x7f) == media->video_pt) {
		media->received++;
		note_first(client, (uint16_t)get16(bytes + 2));
		arrange(client, (uint16_t)get16(bytes + 2), bytes + at, (size_t)len - at,
			get32(bytes + 4), bytes[1] & 0x80);
	} else if (get32(bytes + 8) == media->rtx_ssrc && (bytes[1] & 0x7f) == media->rtx_pt &&
		   (size_t)len >= at + 2) {
		counts->retransmitted++;
		counts->recovered++;
		arrange(client, (uint16_t)get16(bytes + at), bytes + at + 2, (size_t)len - at - 2,
			get32(bytes + 4), bytes[1] & 0x80);
	}
}

static void take_rtcp(struct webrtc_client *client, uint8_t *bytes, size_t len_in)
{
	struct webrtc_client_counts *counts = &client->counts;
	int len = (int)len_in;

	if (srtp_unprotect_rtcp(client->media.in, bytes, &len) != srtp_err_status_ok) {
		counts->failed++;
		return;
	}
	for (size_t at = 0; at + 8 <= (size_t)len; at += 4 + 4 * get16(bytes + at + 2)) {
		if (bytes[at + 1] == 203)
			counts->byes++, counts->closed = true;
		if (bytes[at + 1] != 200 || at + 28 > (size_t)len)
			continue;
		counts->srs++;
		counts->last_sr_ntp = (uint64_t)get32(bytes + at + 8) << 32 | get32(bytes + at + 12);
		counts->last_sr_rtp = get32(bytes + at + 16);
		client->media.lsr = (uint32_t)(counts->last_sr_ntp >> 16);
		client->media.lsr_ns = client_now_ns();
	}
}

void client_media_take(struct webrtc_client *client, uint8_t *bytes, size_t len)
{
	if (!client->counts.connected)
		client->counts.before_keys++;
	else if (len < 12)
		client->counts.failed++;
	else if ((bytes[1] & 0x7f) >= 64 && (bytes[1] & 0x7f) <= 95)
		take_rtcp(client, bytes, len);
	else
		take_rtp(client, bytes, len);
}

/* --- reports ------------------------------------------------------------------------------------- */

size_t client_protect_rtcp(struct webrtc_client *client, uint8_t *bytes, size_t len)
{
	int protected_len = (int)len;

	if (srtp_protect_rtcp(client->media.out, bytes, &protected_len) != srtp_err_status_ok)
		abort();
	return (size_t)protected_len;
}

static void send_rtcp(struct webrtc_client *client, uint8_t *bytes, size_t len)
{
	client_send(client, bytes, client_protect_rtcp(client, bytes, len));
}

size_t client_make_pli(struct webrtc_client *client, uint8_t *out)
{
	put32(out, 0x81ce0002);
	put32(out + 4, client->media.own_ssrc);
	put32(out + 8, client->media.video_ssrc);
	return 12;
}

void webrtc_client_send_pli(struct webrtc_client *client)
{
	uint8_t bytes[256];

	if (client->counts.connected && !client->silent)
		send_rtcp(client, bytes, client_make_pli(client, bytes));
}

void webrtc_client_send_rr(struct webrtc_client *client)
{
	struct client_media *media = &client->media;
	uint64_t expected = media->started ? media->highest - 0x10000u - client->counts.first_sequence + 1 : 0;
	uint64_t lost = expected > media->received ? expected - media->received : 0;
	uint8_t bytes[256] = { 0 };

	put32(bytes, 0x81c90007);
	put32(bytes + 4, media->own_ssrc);
	put32(bytes + 8, media->video_ssrc);
	put32(bytes + 12, (uint32_t)(expected ? lost * 256 / expected : 0) << 24 | (uint32_t)lost);
	put32(bytes + 16, (uint32_t)media->highest);
	put32(bytes + 24, media->lsr);
	if (media->lsr)
		put32(bytes + 28, (uint32_t)((client_now_ns() - media->lsr_ns) * 65536 / 1000000000u));
	send_rtcp(client, bytes, 32);
}

void webrtc_client_send_nack(struct webrtc_client *client, const uint16_t *sequences, size_t count)
{
	uint8_t bytes[12 + 4 * NACKS_AT_ONCE + 160] = { 0 };

	count = count > NACKS_AT_ONCE ? NACKS_AT_ONCE : count;
	put32(bytes, 0x81cd0000u + 2 + (uint32_t)count);
	put32(bytes + 4, client->media.own_ssrc);
	put32(bytes + 8, client->media.video_ssrc);
	for (size_t i = 0; i < count; i++)
		put32(bytes + 12 + 4 * i, (uint32_t)sequences[i] << 16);
	send_rtcp(client, bytes, 12 + 4 * count);
}

static void nack_missing(struct webrtc_client *client, uint64_t now_ns)
{
	struct client_media *media = &client->media;
	uint16_t missing[NACKS_AT_ONCE];
	size_t count = 0;

	if (media->next > media->highest || now_ns < media->nacked_ns + NACK_EVERY_NS)
		return;
	for (uint64_t i = media->next; i <= media->highest && count < NACKS_AT_ONCE; i++)
		if (!media->ring[i % CLIENT_RING].payload || media->ring[i % CLIENT_RING].index != i)
			missing[count++] = (uint16_t)i;
	if (count > 0)
		webrtc_client_send_nack(client, missing, count);
	media->nacked_ns = now_ns;
}

void client_media_tick(struct webrtc_client *client, uint64_t now_ns)
{
	struct client_media *media = &client->media;

	if (!client->counts.connected || client->silent)
		return;
	if (client->options.nack)
		nack_missing(client, now_ns);
	if (media->gap_since_ns && now_ns > media->gap_since_ns + GAP_GIVEN_UP_NS)
		give_up_gap(client);
	if (client->options.rr_ms && now_ns >= media->next_rr_ns && media->started) {
		webrtc_client_send_rr(client);
		media->next_rr_ns = now_ns + client->options.rr_ms * 1000000ull;
	}
}
