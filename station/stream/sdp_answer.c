/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer has the m-lines of the offer in their order (RFC 3264 6): one served, the others with port 0
 * and out of the BUNDLE. Foreign text in it is only what sdp_parse kept: tokens, numbers.
 */
#include "station/stream/sdp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "station/base/util.h"

struct writer {
	char *out;
	size_t size, len;
	bool full;
};

static PRINTF_LIKE(2, 3) void put(struct writer *writer, const char *format, ...)
{
	size_t room = writer->size - writer->len;
	va_list args;
	int len;

	if (writer->full)
		return;
	va_start(args, format);
	len = vsnprintf(writer->out + writer->len, room, format, args);
	va_end(args);
	if (len < 0 || (size_t)len + 2 >= room) {
		writer->full = true;
		return;
	}
	memcpy(writer->out + writer->len + len, "\r\n", 3);
	writer->len += (size_t)len + 2;
}

static void put_session(struct writer *writer, const struct sdp_offer *offer,
			const struct sdp_answer *answer)
{
	put(writer, "v=0");
	put(writer, "o=- %" PRIu64 " 1 IN IP4 127.0.0.1", answer->session_id & INT64_MAX);
	put(writer, "s=-");
	put(writer, "t=0 0");
	put(writer, "a=group:BUNDLE %s", offer->media[offer->chosen.media].mid);
	put(writer, "a=ice-lite");
	if (offer->extmap_allow_mixed)
		put(writer, "a=extmap-allow-mixed");
	put(writer, "a=msid-semantic: WMS *");
}

static void put_refused(struct writer *writer, const struct sdp_media *media)
{
	put(writer, "m=%s 0 %s %s", media->media, media->proto, media->first_format);
	put(writer, "c=IN IP4 0.0.0.0");
	if (media->mid[0])
		put(writer, "a=mid:%s", media->mid);
	put(writer, "a=inactive");
}

static void put_fingerprint(struct writer *writer, const uint8_t fingerprint[SDP_FINGERPRINT_LEN])
{
	char text[3 * SDP_FINGERPRINT_LEN + 1];

	for (size_t i = 0; i < SDP_FINGERPRINT_LEN; i++)
		snprintf(text + 3 * i, 4, "%02X:", fingerprint[i]);
	text[sizeof text - 2] = '\0';
	put(writer, "a=fingerprint:sha-256 %s", text);
}

/* RFC 8445 5.1.2.1: type preference 126 of a host, component 1; earlier in the list is preferred. */
static void put_candidates(struct writer *writer, const struct sdp_answer *answer)
{
	for (size_t i = 0; i < answer->candidate_count; i++)
		put(writer, "a=candidate:%zu 1 udp %" PRIu32 " %s %u typ host", i + 1,
		    (UINT32_C(126) << 24) + ((65535 - (uint32_t)i) << 8) + 255,
		    answer->candidates[i].address, answer->candidates[i].port);
	put(writer, "a=end-of-candidates");
}

static void put_transport(struct writer *writer, const struct sdp_answer *answer)
{
	put(writer, "a=ice-ufrag:%s", answer->ufrag);
	put(writer, "a=ice-pwd:%s", answer->pwd);
	put_fingerprint(writer, answer->fingerprint);
	put(writer, "a=setup:passive");
	put_candidates(writer, answer);
}

static void put_extensions(struct writer *writer, const struct sdp_media *media, bool transport_cc)
{
	for (unsigned i = 0; i < SDP_EXTENSIONS; i++)
		if (media->extension_ids[i] && (i != SDP_EXT_TRANSPORT_CC || transport_cc))
			put(writer, "a=extmap:%u %s", media->extension_ids[i], sdp_extension_uris[i]);
}

static void put_feedback(struct writer *writer, const struct sdp_choice *chosen, bool transport_cc)
{
	for (unsigned i = 0; i < SDP_FEEDBACKS; i++)
		if (chosen->feedback >> i & 1 && (1u << i != SDP_FB_TRANSPORT_CC || transport_cc))
			put(writer, "a=rtcp-fb:%u %s", chosen->payload_type, sdp_feedback_words[i]);
}

static void put_formats(struct writer *writer, const struct sdp_choice *chosen,
			const struct sdp_answer *answer)
{
	unsigned rtx_time_ms = answer->rtx_time_ms ? answer->rtx_time_ms : SDP_RTX_TIME_MS;

	put(writer, "a=rtpmap:%u H264/90000", chosen->payload_type);
	put_feedback(writer, chosen, answer->transport_cc);
	put(writer, "a=fmtp:%u level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=%04" PRIx32 "%02x",
	    chosen->payload_type, chosen->profile_level_id >> 8, answer->level_idc);
	if (!chosen->rtx_payload_type)
		return;
	put(writer, "a=rtpmap:%u rtx/90000", chosen->rtx_payload_type);
	put(writer, "a=fmtp:%u apt=%u;rtx-time=%u", chosen->rtx_payload_type, chosen->payload_type,
	    rtx_time_ms);
}

/* The stream id is the video's own: sound, when it comes, must not hold the picture back for sync. */
static void put_sources(struct writer *writer, const struct sdp_choice *chosen,
			const struct sdp_answer *answer)
{
	put(writer, "a=msid:ostend-video ostend-video");
	if (chosen->rtx_payload_type)
		put(writer, "a=ssrc-group:FID %" PRIu32 " %" PRIu32, answer->ssrc, answer->rtx_ssrc);
	put(writer, "a=ssrc:%" PRIu32 " cname:%s", answer->ssrc, answer->cname);
	put(writer, "a=ssrc:%" PRIu32 " msid:ostend-video ostend-video", answer->ssrc);
	if (!chosen->rtx_payload_type)
		return;
	put(writer, "a=ssrc:%" PRIu32 " cname:%s", answer->rtx_ssrc, answer->cname);
	put(writer, "a=ssrc:%" PRIu32 " msid:ostend-video ostend-video", answer->rtx_ssrc);
}

static void put_served(struct writer *writer, const struct sdp_media *media,
		       const struct sdp_choice *chosen, const struct sdp_answer *answer)
{
	if (chosen->rtx_payload_type)
		put(writer, "m=video 9 %s %u %u", media->proto, chosen->payload_type,
		    chosen->rtx_payload_type);
	else
		put(writer, "m=video 9 %s %u", media->proto, chosen->payload_type);
	put(writer, "c=IN IP4 0.0.0.0");
	put(writer, "a=mid:%s", media->mid);
	put(writer, "a=sendonly");
	put(writer, "a=rtcp-mux");
	if (media->rtcp_rsize)
		put(writer, "a=rtcp-rsize");
	put_transport(writer, answer);
	put_extensions(writer, media, answer->transport_cc);
	put_formats(writer, chosen, answer);
	put_sources(writer, chosen, answer);
}

int sdp_write_answer(char *out, size_t size, const struct sdp_offer *offer,
		     const struct sdp_answer *answer, struct err *err)
{
	struct writer writer = { .out = out, .size = size };

	put_session(&writer, offer, answer);
	for (size_t i = 0; i < offer->media_count; i++) {
		if (i == offer->chosen.media)
			put_served(&writer, &offer->media[i], &offer->chosen, answer);
		else
			put_refused(&writer, &offer->media[i]);
	}
	if (writer.full)
		return err_set(err, ERR_FULL, "answer: does not fit %zu bytes", size);
	return (int)writer.len;
}
