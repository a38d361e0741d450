/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * viewer_pairs.h - the addresses of one viewer that STUN has validated, and the one that is sent to.
 *
 * At most eight (a browser tries its networks at once; a hostile viewer could try any number). The
 * selected pair is the first that passed a check, then the one of the newest USE-CANDIDATE
 * (RFC 8445 7.3.1.5; browsers nominate aggressively against a lite agent). Thread: stream.
 */
#ifndef OSTEND_STREAM_VIEWER_PAIRS_H
#define OSTEND_STREAM_VIEWER_PAIRS_H

#include "station/stream/roster.h"

#define VIEWER_PAIRS_MAX 8

struct viewer_pair {
	struct roster_address node;	/* node.viewer is NULL while unused */
	struct address_pair pair;
	uint64_t checked_ns;
};

struct viewer_pairs {
	struct roster *roster;
	struct viewer *viewer;
	struct viewer_pair *selected;	/* NULL: none yet */
	struct viewer_pair places[VIEWER_PAIRS_MAX];
};

struct viewer_pair *viewer_pairs_find(struct viewer_pairs *pairs, const struct address *remote);

/**
 * An authenticated check came from there. A new pair takes a free place, or that of the pair heard of
 * longest ago that is not selected.
 *
 * @return the selected pair after it
 */
struct viewer_pair *viewer_pairs_checked(struct viewer_pairs *pairs, const struct address_pair *from,
					 bool use_candidate, uint64_t now_ns);

/** Leave @node's address to another viewer, if no check has come from it since @since_ns. */
bool viewer_pairs_give_up(struct viewer_pairs *pairs, struct roster_address *node, uint64_t since_ns);

void viewer_pairs_clear(struct viewer_pairs *pairs);

#endif
