/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * viewer.h - one authenticated remote party, from its offer to its end.
 *
 *   NEW --authenticated STUN check--> CHECKED --DTLS done, fingerprint equal--> CONNECTED
 *    |                                   |                                          |
 *    `- no check came --------------> ENDED <- handshake failed      left, closed, consent expired
 *
 * Functions never free a viewer: they end it, and the owner frees it when it sees STREAM_ENDED.
 * Thread: stream.
 */
#ifndef OSTEND_STREAM_VIEWER_H
#define OSTEND_STREAM_VIEWER_H

#include "station/stream/dtls.h"
#include "station/stream/fanout.h"
#include "station/stream/roster.h"
#include "station/stream/stream.h"
#include "station/stream/stun.h"

struct viewer;

/* What all viewers share; outlives them. */
struct viewer_host {
	const struct stream_config *config;
	struct udp *udp;
	struct dtls_server *dtls;
	struct roster *roster;
	struct fanout *fanout;
	char cname[33];
	const struct address *candidates;	/* with the port to offer */
	size_t candidate_count;
	uint64_t refused;
};

/**
 * Take an offer and write the answer (STREAM_SDP_MAX bytes).
 *
 * @return 0; ERR_PROTO, ERR_UNSUPPORTED: the offer's fault; ERR_NOMEM
 */
int viewer_new(struct viewer **out, struct viewer_host *host, uint64_t number, const char *offer,
	       char *answer, struct err *err);
struct viewer *viewer_free(struct viewer *viewer);	/* says goodbye if it has not ended */
DEFINE_FREEP(viewer_free, struct viewer *)

/** A datagram of a class from an address that is this viewer's (STUN: that names its ufrag). */
void viewer_take_stun(struct viewer *viewer, const struct stun_message *request,
		      const struct address_pair *from, uint64_t now_ns);
void viewer_take_dtls(struct viewer *viewer, const struct address_pair *from, const uint8_t *bytes,
		      size_t len_bytes);
void viewer_take_rtcp(struct viewer *viewer, uint8_t *bytes, size_t len_bytes);

/** Retransmit DTLS if it is time; returns when it is next, UINT64_MAX: never. */
uint64_t viewer_tick_dtls(struct viewer *viewer, uint64_t now_ns);

/** Consent and deadlines. */
void viewer_tick(struct viewer *viewer, uint64_t now_ns);

/** BYE and close_notify; the state is STREAM_ENDED after it, and the event has been told. */
void viewer_end(struct viewer *viewer, const char *reason);

enum stream_viewer_state viewer_state(const struct viewer *viewer);
uint64_t viewer_number(const struct viewer *viewer);
void viewer_stats(const struct viewer *viewer, struct stream_viewer_stats *out);

#endif
