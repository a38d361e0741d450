/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.h - the sender: one UDP port, ICE-lite, DTLS-SRTP, RTP; access units in, packets out.
 *
 * One thread owns the socket and every viewer. It knows viewers by number; who they are and what
 * they may see was decided before stream_join.
 */
#ifndef OSTEND_STREAM_STREAM_H
#define OSTEND_STREAM_STREAM_H

#include "station/base/err.h"
#include "station/encode/access_unit.h"

struct stream;

#define STREAM_ADDRESSES_MAX 8
#define STREAM_SDP_MAX 16384

enum stream_viewer_state {
	STREAM_NEW,		/* answered; no authenticated STUN check yet */
	STREAM_CHECKED,		/* STUN has validated an address; DTLS is running */
	STREAM_CONNECTED,	/* DTLS done, fingerprint equal, SRTP keyed: media flows */
	STREAM_ENDED,
};

struct stream_event {			/* thread: stream */
	uint64_t viewer;
	enum stream_viewer_state state;
	char reason[96];		/* for STREAM_ENDED: "closed", "consent expired", "wrong DTLS fingerprint", ... */
};

struct stream_config {
	const char *listen;				/* "0.0.0.0:0", "[::]:7000"; port 0 picks one */
	const char *addresses[STREAM_ADDRESSES_MAX];	/* IP literals offered as candidates; all NULL:
							   every address of this machine, loopback only
							   when there is no other or listen is loopback */
	uint32_t bitrate_bps;				/* of layer 0, for pacing and RTX budgets */
	uint32_t viewers_max;
	uint32_t consent_pause_ms, consent_expire_ms;	/* without an authenticated check; 0: 10 s, 25 s */
	uint32_t handshake_ms;				/* for DTLS from the first check; 0: 10 s */
	int send_way;					/* enum udp_way to begin with; 0: GSO */
	void (*request_keyframe)(void *owner);		/* thread: stream; already under the IDR budget */
	void (*event)(void *owner, const struct stream_event *event);	/* thread: stream */
	void *owner;
};

/*
 * What became of an offer; @answer is borrowed for the call. Thread: stream; the caller's own, within
 * stream_join, for ERR_FULL because the station is too busy.
 */
typedef void stream_joined(void *owner, uint64_t viewer, int rc, const char *answer,
			   const struct err *err);

struct stream_viewer_stats {
	uint64_t viewer;
	enum stream_viewer_state state;
	char address[64];		/* "198.18.0.2:50000" */
	char srtp_profile[32];
	uint64_t packets, bytes, retransmitted, nacks, plis;
	uint32_t rtt_us, loss_ppm, jitter_us;	/* from the newest RR */
	uint64_t connected_ns;
	uint64_t first_packet_us, first_keyframe_us;	/* after the offer; 0: not yet */
	bool waiting_for_keyframe;
};

struct stream_stats {
	uint64_t datagrams_in, datagrams_out, bytes_out, sends, gso_sends;
	uint64_t refused;		/* datagrams that no viewer was found for, or that failed a check */
	uint64_t keyframes_requested, keyframes_granted, keyframes_suppressed;
	uint64_t access_units, access_units_dropped;
	uint32_t viewers, srtp_sessions;
};

int stream_start(struct stream **out, const struct stream_config *config, struct err *err);
struct stream *stream_stop(struct stream *stream);	/* BYE and close_notify to all; joins; NULL */
uint16_t stream_port(const struct stream *stream);	/* the UDP port it got */

/* Any thread: */
void stream_give(struct stream *stream, struct access_unit *au);	/* takes its own reference */

/**
 * Answer an SDP offer for viewer number @viewer (the caller's, unique). @joined is called exactly
 * once: rc 0 with the answer; ERR_PROTO for a bad offer; ERR_UNSUPPORTED when it lacks H.264;
 * ERR_FULL; ERR_GONE. The sentence can be shown to the viewer.
 */
void stream_join(struct stream *stream, uint64_t viewer, const char *offer, stream_joined *joined,
		 void *owner);
void stream_leave(struct stream *stream, uint64_t viewer, const char *reason);

void stream_stats(struct stream *stream, struct stream_stats *out);
/** Fill up to @max; returns how many viewers there are. */
size_t stream_viewer_stats(struct stream *stream, struct stream_viewer_stats *out, size_t max);

#endif
