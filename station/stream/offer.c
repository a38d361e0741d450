/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/stream/offer.h"

#include <stdlib.h>
#include <string.h>

#include "station/stream/sdp.h"
#include "station/stream/stream.h"

#define LEVEL_IDC 42			/* up to 1080p60; a lower one in the SPS is fine */
#define PLAYOUT_MAX_10MS 10		/* RFC-less extension: 0..100 ms puts a browser on its fast path */

static void random_text(char *text, size_t len)
{
	uint8_t bytes[32];

	util_random(bytes, len / 2);
	util_hex(text, bytes, len / 2);
}

static uint32_t random_ssrc(uint32_t other)
{
	uint32_t ssrc;

	do
		util_random(&ssrc, sizeof ssrc);
	while (ssrc == 0 || ssrc == other);
	return ssrc;
}

static void fill_rtp(struct rtp_config *rtp, const struct sdp_offer *sdp)
{
	const struct sdp_media *media = &sdp->media[sdp->chosen.media];

	*rtp = (struct rtp_config){
		.payload_type = sdp->chosen.payload_type,
		.rtx_payload_type = sdp->chosen.rtx_payload_type,
		.mid_id = media->mid[0] ? media->extension_ids[SDP_EXT_MID] : 0,
		.abs_send_time_id = media->extension_ids[SDP_EXT_ABS_SEND_TIME],
		.playout_delay_id = media->extension_ids[SDP_EXT_PLAYOUT_DELAY],
		.playout_max_10ms = PLAYOUT_MAX_10MS,
	};
	memcpy(rtp->mid, media->mid, sizeof rtp->mid);
	rtp->ssrc = random_ssrc(0);
	rtp->rtx_ssrc = random_ssrc(rtp->ssrc);
	util_random(&rtp->first_sequence, sizeof rtp->first_sequence);
	util_random(&rtp->rtx_first_sequence, sizeof rtp->rtx_first_sequence);
}

static size_t fill_candidates(struct sdp_candidate *out, const struct offer_station *station)
{
	for (size_t i = 0; i < station->candidate_count; i++) {
		char text[ADDRESS_TEXT_MAX];

		address_format_ip(text, &station->candidates[i]);
		memcpy(out[i].address, text, sizeof out[i].address);
		out[i].port = station->candidates[i].port;
	}
	return station->candidate_count;
}

static int write_answer(struct offer *offer, char *answer, const struct sdp_offer *sdp,
			const struct offer_station *station, struct err *err)
{
	struct sdp_candidate candidates[STREAM_ADDRESSES_MAX] = { 0 };
	struct sdp_answer fields = {
		.ufrag = offer->ufrag,
		.pwd = offer->pwd,
		.cname = station->cname,
		.ssrc = offer->rtp.ssrc,
		.rtx_ssrc = offer->rtp.rtx_ssrc,
		.level_idc = LEVEL_IDC,
		.candidates = candidates,
		.candidate_count = fill_candidates(candidates, station),
	};
	int rc;

	memcpy(fields.fingerprint, station->fingerprint, sizeof fields.fingerprint);
	util_random(&fields.session_id, sizeof fields.session_id);
	fields.session_id >>= 1;
	rc = sdp_write_answer(answer, STREAM_SDP_MAX, sdp, &fields, err);
	return rc < 0 ? rc : 0;
}

int offer_answer(struct offer *out, char *answer, const char *text, const struct offer_station *station,
		 struct err *err)
{
	CLEANUP(util_freep) struct sdp_offer *sdp = calloc(1, sizeof *sdp);
	int rc;

	if (!sdp)
		return err_set(err, ERR_NOMEM, "offer: out of memory");
	rc = sdp_parse(sdp, text, strlen(text), err);
	if (rc == 0)
		rc = sdp_choose(sdp, err);
	if (rc < 0)
		return rc;
	random_text(out->ufrag, OFFER_UFRAG_LEN);
	random_text(out->pwd, OFFER_PWD_LEN);
	_Static_assert(sizeof out->peer_ufrag >= sizeof sdp->chosen.transport.ufrag, "room for a ufrag");
	memcpy(out->peer_ufrag, sdp->chosen.transport.ufrag, sizeof sdp->chosen.transport.ufrag);
	memcpy(out->fingerprint, sdp->chosen.transport.fingerprint, sizeof out->fingerprint);
	fill_rtp(&out->rtp, sdp);
	return write_answer(out, answer, sdp, station, err);
}
