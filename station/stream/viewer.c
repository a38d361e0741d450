/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two rules keep a viewer from being taken over or thrown out by others:
 *  - only a STUN check that carries the password, which came over the authorised way, adds an
 *    address or moves the one that is sent to; nothing else that arrives does;
 *  - what fails a check is counted and dropped, and never ends the viewer.
 */
#include "station/stream/viewer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/stream/offer.h"
#include "station/stream/rtcp.h"
#include "station/stream/viewer_pairs.h"

#define CHECK_WITHIN_NS (20 * NS_PER_S)		/* from the answer to the first check */
#define HANDSHAKE_MS 10000
#define PAUSE_MS 10000
#define EXPIRE_MS 25000			/* RFC 7675: 30 s at most */

struct viewer {
	struct viewer_host *host;
	uint64_t number;
	enum stream_viewer_state state;
	uint64_t offered_ns, connected_ns, checked_ns;
	struct offer offer;
	struct roster_ufrag ufrag;
	struct viewer_pairs pairs;
	struct dtls *dtls;
	struct address_pair dtls_to;
	struct outlet *outlet;		/* from CONNECTED on */
	int fir_number;			/* of the last FIR; -1: none yet */
};

static uint64_t time_of(uint32_t configured_ms, uint32_t usual_ms)
{
	return (configured_ms ? configured_ms : usual_ms) * NS_PER_MS;
}

static void tell(struct viewer *viewer, enum stream_viewer_state state, const char *reason)
{
	const struct stream_config *config = viewer->host->config;
	struct stream_event event = { .viewer = viewer->number, .state = state };

	viewer->state = state;
	snprintf(event.reason, sizeof event.reason, "%s", reason);
	if (config->event)
		config->event(config->owner, &event);
}

int viewer_new(struct viewer **out, struct viewer_host *host, uint64_t number, const char *offer,
	       char *answer, struct err *err)
{
	CLEANUP(viewer_freep) struct viewer *viewer = calloc(1, sizeof *viewer);
	struct offer_station station = {
		.fingerprint = dtls_server_fingerprint(host->dtls),
		.cname = host->cname,
		.candidates = host->candidates,
		.candidate_count = host->candidate_count,
	};
	int rc;

	if (!viewer)
		return err_set(err, ERR_NOMEM, "viewer: out of memory");
	viewer->host = host;
	viewer->number = number;
	viewer->state = STREAM_ENDED;	/* until the answer is written there is nobody to tell */
	viewer->fir_number = -1;
	viewer->pairs = (struct viewer_pairs){ .roster = host->roster, .viewer = viewer };
	rc = offer_answer(&viewer->offer, answer, offer, &station, err);
	if (rc < 0)
		return rc;
	viewer->state = STREAM_NEW;
	viewer->offered_ns = viewer->checked_ns = clock_mono_ns();
	memcpy(viewer->ufrag.ufrag, viewer->offer.ufrag, sizeof viewer->ufrag.ufrag);
	viewer->ufrag.viewer = viewer;
	roster_add_ufrag(host->roster, &viewer->ufrag);
	*out = MOVE(viewer);
	return 0;
}

static void send_to(struct viewer *viewer, const struct viewer_pair *pair)
{
	if (viewer->outlet && pair)
		viewer->outlet->to = pair->pair;
}

static void pause_outlet(struct outlet *outlet)
{
	outlet->paused = true;
	outlet->active = false;
}

/* Another viewer proved that it is behind an address of this one, which has been silent. */
static void lost_pair(struct viewer *viewer)
{
	if (!viewer->pairs.selected && viewer->outlet)
		pause_outlet(viewer->outlet);
}

/*
 * The address may be another viewer's: a browser that came back by the same port, or one that forges
 * its source to push another out. The other keeps it while it is heard of.
 */
static bool may_take_address(struct viewer *viewer, const struct address *remote, uint64_t now_ns)
{
	struct roster_address *node = roster_by_address(viewer->host->roster, remote);
	uint64_t pause_ns = time_of(viewer->host->config->consent_pause_ms, PAUSE_MS);
	struct viewer *other = node ? node->viewer : viewer;

	if (other == viewer)
		return true;
	if (!viewer_pairs_give_up(&other->pairs, node, now_ns - MIN(now_ns, pause_ns)))
		return false;
	lost_pair(other);
	return true;
}

/* --- DTLS ---------------------------------------------------------------------------------------- */

static void send_one(struct viewer *viewer, const struct address_pair *to, const uint8_t *bytes, size_t len)
{
	uint16_t len16 = (uint16_t)len;

	udp_send(viewer->host->udp, to, bytes, &len16, 1);
}

static void send_dtls(void *owner, const uint8_t *bytes, size_t len)
{
	struct viewer *viewer = owner;

	send_one(viewer, &viewer->dtls_to, bytes, len);
}

static void start_dtls(struct viewer *viewer, uint64_t now_ns)
{
	uint64_t deadline_ns = now_ns + time_of(viewer->host->config->handshake_ms, HANDSHAKE_MS);
	struct err err;

	if (dtls_new(&viewer->dtls, viewer->host->dtls, viewer->offer.fingerprint, deadline_ns, send_dtls,
		     viewer, &err) < 0)
		viewer_end(viewer, err.text);
	else
		tell(viewer, STREAM_CHECKED, "");
}

static int make_outlet(struct viewer *viewer, struct err *err)
{
	struct dtls_keys keys;
	struct outlet_config config = {
		.udp = viewer->host->udp,
		.keys = &keys,
		.rtp = viewer->offer.rtp,
		.first_index = fanout_next_index(viewer->host->fanout),
		.cname = viewer->host->cname,
		.bitrate_bps = viewer->host->config->bitrate_bps,
		.to = viewer->pairs.selected ? viewer->pairs.selected->pair : viewer->dtls_to,
	};
	int rc = dtls_export(viewer->dtls, &keys, err);

	if (rc == 0)
		rc = outlet_new(&viewer->outlet, &config, err);
	explicit_bzero(&keys, sizeof keys);
	return rc;
}

static void connected(struct viewer *viewer)
{
	struct err err;

	if (make_outlet(viewer, &err) < 0) {
		viewer_end(viewer, err.text);
		return;
	}
	viewer->connected_ns = clock_mono_ns();
	fanout_add(viewer->host->fanout, viewer->outlet);
	log_debug("stream: viewer %llu is connected with %s", (unsigned long long)viewer->number,
		  srtp_session_profile(viewer->outlet->srtp));
	tell(viewer, STREAM_CONNECTED, "");
	fanout_want_keyframe(viewer->host->fanout, viewer->outlet);
}

static void dtls_changed(struct viewer *viewer, enum dtls_state state)
{
	if (state == DTLS_DONE && !viewer->outlet)
		connected(viewer);
	else if (state == DTLS_FAILED || state == DTLS_CLOSED)
		viewer_end(viewer, dtls_reason(viewer->dtls));
}

void viewer_take_dtls(struct viewer *viewer, const struct address_pair *from, const uint8_t *bytes,
		      size_t len_bytes)
{
	if (!viewer->dtls || !viewer_pairs_find(&viewer->pairs, &from->remote)) {
		viewer->host->refused++;
		return;
	}
	viewer->dtls_to = *from;
	dtls_changed(viewer, dtls_feed(viewer->dtls, bytes, len_bytes));
}

uint64_t viewer_tick_dtls(struct viewer *viewer, uint64_t now_ns)
{
	if (viewer->state != STREAM_CHECKED)
		return UINT64_MAX;
	if (dtls_due_ns(viewer->dtls) <= now_ns)
		dtls_changed(viewer, dtls_tick(viewer->dtls, now_ns));
	return viewer->state == STREAM_CHECKED ? dtls_due_ns(viewer->dtls) : UINT64_MAX;
}

/* --- STUN ---------------------------------------------------------------------------------------- */

static void resume(struct viewer *viewer)
{
	viewer->outlet->paused = false;
	viewer->outlet->waiting = true;
	fanout_want_keyframe(viewer->host->fanout, viewer->outlet);
}

/* An authenticated check: the address is the viewer's, and it still wants what we send. */
static bool checked(struct viewer *viewer, const struct stun_message *request,
		    const struct address_pair *from, uint64_t now_ns)
{
	if (!viewer_pairs_find(&viewer->pairs, &from->remote) &&
	    !may_take_address(viewer, &from->remote, now_ns))
		return false;
	viewer->checked_ns = now_ns;
	send_to(viewer, viewer_pairs_checked(&viewer->pairs, from, request->use_candidate, now_ns));
	if (viewer->state == STREAM_NEW)
		start_dtls(viewer, now_ns);
	else if (viewer->outlet && viewer->outlet->paused)
		resume(viewer);
	return true;
}

void viewer_take_stun(struct viewer *viewer, const struct stun_message *request,
		      const struct address_pair *from, uint64_t now_ns)
{
	struct stun_credentials credentials = {
		.ufrag = viewer->offer.ufrag,
		.peer_ufrag = viewer->offer.peer_ufrag,
		.password = viewer->offer.pwd,
	};
	uint8_t answer[STUN_ANSWER_MAX];
	union address_sockaddr source;
	enum stun_verdict verdict;
	size_t len;

	if (stun_verify(request, &credentials) < 0) {
		viewer->host->refused++;
		return;
	}
	verdict = stun_judge(request);
	if (verdict == STUN_ANSWER && !checked(viewer, request, from, now_ns)) {
		viewer->host->refused++;
		return;
	}
	address_to_sockaddr(&source, &from->remote, false);
	if (verdict == STUN_ANSWER)
		len = stun_write_success(answer, request, &source.any, viewer->offer.pwd);
	else
		len = stun_write_error(answer, request, verdict, viewer->offer.pwd);
	if (len > 0)
		send_one(viewer, from, answer, len);
}

/* --- RTCP ---------------------------------------------------------------------------------------- */

static void take_item(struct viewer *viewer, const struct rtcp_item *item)
{
	struct outlet *outlet = viewer->outlet;
	struct fanout *fanout = viewer->host->fanout;

	switch (item->kind) {
	case RTCP_BLOCK:
		if (item->media_ssrc == viewer->offer.rtp.ssrc)
			outlet_take_block(outlet, item);
		break;
	case RTCP_NACK:
		if (item->media_ssrc == viewer->offer.rtp.ssrc)
			fanout_retransmit(fanout, outlet, item->nack.sequences, item->nack.count);
		break;
	case RTCP_FIR:
		if (item->fir.number == viewer->fir_number)
			break;
		viewer->fir_number = item->fir.number;
		/* fall through */
	case RTCP_PLI:
		outlet->plis++;
		fanout_want_keyframe(fanout, outlet);
		break;
	default:
		break;		/* REMB and SR change nothing here; the viewer's end is told by DTLS or silence */
	}
}

void viewer_take_rtcp(struct viewer *viewer, uint8_t *bytes, size_t len_bytes)
{
	struct rtcp_reader reader;
	struct rtcp_item item;

	if (!viewer->outlet || !srtp_session_open_rtcp(viewer->outlet->srtp, bytes, &len_bytes) ||
	    rtcp_open(&reader, bytes, len_bytes) < 0) {
		viewer->host->refused++;
		return;
	}
	while (rtcp_next(&reader, &item))
		take_item(viewer, &item);
}

/* --- time and end -------------------------------------------------------------------------------- */

void viewer_tick(struct viewer *viewer, uint64_t now_ns)
{
	const struct stream_config *config = viewer->host->config;
	uint64_t silent_ns = now_ns - MIN(now_ns, viewer->checked_ns);

	if (viewer->state == STREAM_NEW && silent_ns >= CHECK_WITHIN_NS)
		viewer_end(viewer, "no media connection was made");
	else if (viewer->state == STREAM_CONNECTED &&
		 silent_ns >= time_of(config->consent_expire_ms, EXPIRE_MS))
		viewer_end(viewer, "consent expired");
	else if (viewer->outlet && !viewer->outlet->paused &&
		 silent_ns >= time_of(config->consent_pause_ms, PAUSE_MS))
		pause_outlet(viewer->outlet);
}

static void leave_roster(struct viewer *viewer)
{
	viewer_pairs_clear(&viewer->pairs);
	if (viewer->ufrag.viewer)
		roster_remove_ufrag(viewer->host->roster, &viewer->ufrag);
	viewer->ufrag.viewer = NULL;
}

void viewer_end(struct viewer *viewer, const char *reason)
{
	if (viewer->state == STREAM_ENDED)
		return;
	if (viewer->outlet) {
		fanout_remove(viewer->host->fanout, viewer->outlet);
		outlet_bye(viewer->outlet);
	}
	if (viewer->dtls)
		dtls_close(viewer->dtls);
	leave_roster(viewer);
	tell(viewer, STREAM_ENDED, reason);
}

struct viewer *viewer_free(struct viewer *viewer)
{
	if (!viewer)
		return NULL;
	viewer_end(viewer, "closed");
	dtls_free(viewer->dtls);
	outlet_free(viewer->outlet);
	explicit_bzero(&viewer->offer, sizeof viewer->offer);
	free(viewer);
	return NULL;
}

enum stream_viewer_state viewer_state(const struct viewer *viewer)
{
	return viewer->state;
}

uint64_t viewer_number(const struct viewer *viewer)
{
	return viewer->number;
}

static uint64_t us_after_offer(const struct viewer *viewer, uint64_t ns)
{
	return ns ? (ns - viewer->offered_ns) / 1000 : 0;
}

void viewer_stats(const struct viewer *viewer, struct stream_viewer_stats *out)
{
	const struct outlet *outlet = viewer->outlet;

	*out = (struct stream_viewer_stats){ .viewer = viewer->number, .state = viewer->state,
					     .connected_ns = viewer->connected_ns };
	if (viewer->pairs.selected)
		address_format(out->address, &viewer->pairs.selected->pair.remote);
	if (!outlet)
		return;
	snprintf(out->srtp_profile, sizeof out->srtp_profile, "%s", srtp_session_profile(outlet->srtp));
	out->packets = outlet->packets;
	out->bytes = outlet->bytes;
	out->retransmitted = outlet->retransmitted;
	out->nacks = outlet->nacks;
	out->plis = outlet->plis;
	out->rtt_us = outlet->rtt_us;
	out->loss_ppm = outlet->loss_ppm;
	out->jitter_us = outlet->jitter_us;
	out->first_packet_us = us_after_offer(viewer, outlet->first_packet_ns);
	out->first_keyframe_us = us_after_offer(viewer, outlet->first_keyframe_ns);
	out->waiting_for_keyframe = outlet->waiting;
}
