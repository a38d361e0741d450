/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idr_budget.h - one budget of keyframes for all viewers: who asks, and when the encoder is told.
 *
 * A keyframe costs every viewer ten pictures' worth of bits, and twenty stalled browsers can ask a
 * hundred times a second. So requests are answered together: one that finds no keyframe under way and the
 * spacing over is granted at once; others wait for the end of the spacing, at which one keyframe
 * serves them all; while one is under way a request needs no other. A viewer that just joined is thus
 * served within one spacing. A PLI from a viewer whose last keyframe left less than its round trip and
 * 100 ms ago was sent before that could arrive, and is ignored (RFC 4585 6.3.1: the reader decides).
 *
 * A pure state machine, time is passed in. Thread: the owner's.
 */
#ifndef OSTEND_STREAM_IDR_BUDGET_H
#define OSTEND_STREAM_IDR_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define IDR_SPACING_NS UINT64_C(400000000)	/* the usual minimum spacing */
#define IDR_JOINING_SPACING_NS UINT64_C(100000000)

struct idr_budget {
	uint64_t spacing_ns;
	uint64_t joining_spacing_ns;	/* 0, or set after idr_budget_init: for one who has no picture yet a
					   keyframe may follow another this soon, once between two full
					   spacings, and with no more than three in a second */
	uint64_t before_ns, before_that_ns;	/* the two grants before granted_ns; 0: none */
	bool waiting_joins;		/* one of those who wait has no picture yet */
	uint64_t granted_ns;		/* when the encoder was last told; 0: never */
	bool under_way;			/* told, and its keyframe has not come out yet */
	bool waiting;			/* requests wait for the spacing to end */
	uint64_t requested;		/* every call of idr_budget_request */
	uint64_t granted;		/* how often the encoder was told */
	uint64_t suppressed;		/* requests ignored because a keyframe is on its way to that viewer */
	uint64_t coalesced;		/* requests that share another's keyframe */
};

struct idr_request {
	uint64_t last_sent_ns;		/* when the last keyframe left for this viewer; 0: never, it joins */
	uint64_t rtt_ns;		/* 0 when unknown */
};

void idr_budget_init(struct idr_budget *budget, uint64_t spacing_ns);

/** A viewer joined, or sent a PLI or FIR. True: tell the encoder now. */
bool idr_budget_request(struct idr_budget *budget, const struct idr_request *request, uint64_t now_ns);

/** When idr_budget_due wants to be called; UINT64_MAX: nothing is waiting. */
uint64_t idr_budget_deadline(const struct idr_budget *budget);

/** True: tell the encoder now; at most once for all that wait. */
bool idr_budget_due(struct idr_budget *budget, uint64_t now_ns);

/** A keyframe came out of the encoder, asked for or not: whoever waits gets this one. */
void idr_budget_keyframe(struct idr_budget *budget, uint64_t now_ns);

#endif
