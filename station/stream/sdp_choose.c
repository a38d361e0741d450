/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which video of an offer can be served. A browser that is refused shows the sentence to its user. */
#include "station/stream/sdp.h"

#include <stdio.h>
#include <string.h>

#include "station/base/util.h"

/* What the m-line says, and where it says nothing the session. */
static void effective_transport(struct sdp_transport *out, const struct sdp_offer *offer,
				const struct sdp_media *media)
{
	*out = media->transport;
	if (!*out->ufrag && !*out->pwd) {
		memcpy(out->ufrag, offer->transport.ufrag, sizeof out->ufrag);
		memcpy(out->pwd, offer->transport.pwd, sizeof out->pwd);
	}
	if (!out->has_fingerprint) {
		out->has_fingerprint = offer->transport.has_fingerprint;
		memcpy(out->fingerprint, offer->transport.fingerprint, sizeof out->fingerprint);
	}
	if (out->setup == SDP_SETUP_NONE)
		out->setup = offer->transport.setup;
}

static enum sdp_direction effective_direction(const struct sdp_offer *offer, const struct sdp_media *media)
{
	if (media->has_direction)
		return media->direction;
	return offer->has_direction ? offer->direction : SDP_SENDRECV;	/* RFC 8866 6.7 */
}

/* Why this video m-line cannot be served; NULL when it can, but for its formats. */
static const char *obstacle(const struct sdp_offer *offer, const struct sdp_media *media,
			    const struct sdp_transport *transport)
{
	enum sdp_direction direction = effective_direction(offer, media);

	if (media->port == 0 && !media->bundle_only)
		return "its video is switched off (port 0)";
	if (direction != SDP_RECVONLY && direction != SDP_SENDRECV)
		return "it does not receive video, and this station only sends";
	if (strcmp(media->proto, "UDP/TLS/RTP/SAVPF") != 0 && strcmp(media->proto, "TCP/TLS/RTP/SAVPF") != 0)
		return "its video is not UDP/TLS/RTP/SAVPF";
	if (!media->mid[0] || !media->bundled)
		return "its video is not part of a=group:BUNDLE";
	if (!media->rtcp_mux)
		return "its video lacks a=rtcp-mux";
	if (!transport->ufrag[0] || !transport->pwd[0])
		return "a=ice-ufrag or a=ice-pwd is missing";
	if (!transport->has_fingerprint)
		return "a=fingerprint with sha-256 is missing";
	if (transport->setup != SDP_ACTPASS && transport->setup != SDP_ACTIVE)
		return "its a=setup does not let the viewer be the DTLS client (actpass or active)";
	if (offer->ice_lite)
		return "it is ICE-lite, as this station is";
	return NULL;
}

/* With rtcp-mux these would be taken for RTCP (RFC 5761 4). */
static bool usable_type(const struct sdp_format *format)
{
	return format->payload_type < 64 || format->payload_type > 95;
}

/* 2: constrained baseline, what we send; 1: baseline, of which ours is a part; 0: not for us. */
static int rank(const struct sdp_format *format)
{
	uint8_t profile = (uint8_t)(format->profile_level_id >> 16);
	uint8_t constraints = (uint8_t)(format->profile_level_id >> 8);

	if (format->codec != SDP_H264 || format->packetization_mode != 1 || !usable_type(format))
		return 0;
	if (!format->has_profile)
		return 1;	/* RFC 6184 8.1: baseline, level 1 */
	if (profile != 0x42)
		return 0;
	return constraints & 0x40 ? 2 : 1;
}

static const struct sdp_format *best_format(const struct sdp_media *media)
{
	const struct sdp_format *best = NULL;

	for (size_t i = 0; i < media->format_count; i++)
		if (rank(&media->formats[i]) > (best ? rank(best) : 0))
			best = &media->formats[i];
	return best;
}

static uint8_t rtx_for(const struct sdp_media *media, const struct sdp_format *format)
{
	for (size_t i = 0; i < media->format_count; i++)
		if (media->formats[i].codec == SDP_RTX && usable_type(&media->formats[i]) &&
		    media->formats[i].apt == format->payload_type)
			return media->formats[i].payload_type;
	return 0;
}

static void take(struct sdp_offer *offer, size_t index, const struct sdp_format *format,
		 const struct sdp_transport *transport)
{
	const struct sdp_media *media = &offer->media[index];

	offer->chosen = (struct sdp_choice){
		.media = index,
		.payload_type = format->payload_type,
		.rtx_payload_type = rtx_for(media, format),
		.feedback = format->feedback,
		.profile_level_id = format->has_profile ? format->profile_level_id : 0x42000a,
		.transport = *transport,
	};
}

int sdp_choose(struct sdp_offer *offer, struct err *err)
{
	const char *first_obstacle = NULL;
	bool lacks_h264 = false;

	for (size_t i = 0; i < offer->media_count; i++) {
		const struct sdp_media *media = &offer->media[i];
		const struct sdp_format *format = best_format(media);
		struct sdp_transport transport;
		const char *why;

		if (media->kind != SDP_VIDEO)
			continue;
		effective_transport(&transport, offer, media);
		why = obstacle(offer, media, &transport);
		if (!why && format) {
			take(offer, i, format, &transport);
			return 0;
		}
		lacks_h264 |= !why;
		first_obstacle = first_obstacle ? first_obstacle : why;
	}
	if (lacks_h264)
		return err_set(err, ERR_UNSUPPORTED,
			       "this browser offers no H.264 baseline video with packetization-mode 1; in Firefox, "
			       "enable the add-on \"OpenH264 Video Codec provided by Cisco Systems\" and reload");
	return err_set(err, ERR_PROTO, "offer refused: %s",
		       first_obstacle ? first_obstacle : "it has no video m-line");
}
