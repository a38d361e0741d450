/* SPDX-License-Identifier: GPL-3.0-or-later */
/* offer.h - from the text of an offer to what a viewer's session needs, and the answer's text. */
#ifndef OSTEND_STREAM_OFFER_H
#define OSTEND_STREAM_OFFER_H

#include "station/stream/address.h"
#include "station/stream/rtp.h"

#define OFFER_UFRAG_LEN 32	/* 128 random bits each, in hexadecimal */
#define OFFER_PWD_LEN 32

struct offer {
	char ufrag[OFFER_UFRAG_LEN + 1], pwd[OFFER_PWD_LEN + 1];	/* ours, made for this viewer */
	char peer_ufrag[257];
	uint8_t fingerprint[32];	/* of the only certificate the viewer may show */
	struct rtp_config rtp;
};

/* What the station puts into every answer. */
struct offer_station {
	const uint8_t *fingerprint;	/* 32 bytes */
	const char *cname;
	const struct address *candidates;
	size_t candidate_count;
};

/**
 * Read an offer, choose, and write the answer (STREAM_SDP_MAX bytes). Any thread.
 *
 * @return 0; ERR_PROTO, ERR_UNSUPPORTED with a sentence for the viewer
 */
int offer_answer(struct offer *out, char *answer, const char *text, const struct offer_station *station,
		 struct err *err);

#endif
