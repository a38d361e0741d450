/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Idle, waiting for the spacing to end, under way: a request only ever moves the state forward. */
#include "station/stream/idr_budget.h"

#define ARRIVAL_NS UINT64_C(100000000)	/* beyond the round trip: jitter buffer and decoder of the peer */
#define LOST_NS UINT64_C(1000000000)	/* an encoder that has made none by then has lost the request */

void idr_budget_init(struct idr_budget *budget, uint64_t spacing_ns)
{
	*budget = (struct idr_budget){ .spacing_ns = spacing_ns };
}

static bool still_arriving(const struct idr_request *request, uint64_t now_ns)
{
	return request->last_sent_ns && now_ns < request->last_sent_ns + request->rtt_ns + ARRIVAL_NS;
}

static bool spacing_over(const struct idr_budget *budget, uint64_t now_ns)
{
	return !budget->granted_ns || now_ns >= budget->granted_ns + budget->spacing_ns;
}

static bool is_under_way(const struct idr_budget *budget, uint64_t now_ns)
{
	return budget->under_way && now_ns < budget->granted_ns + LOST_NS;
}

static bool grant(struct idr_budget *budget, uint64_t now_ns)
{
	budget->granted++;
	budget->granted_ns = now_ns;
	budget->under_way = true;
	budget->waiting = false;
	return true;
}

bool idr_budget_request(struct idr_budget *budget, const struct idr_request *request, uint64_t now_ns)
{
	budget->requested++;
	if (still_arriving(request, now_ns)) {
		budget->suppressed++;
		return false;
	}
	if (is_under_way(budget, now_ns) || budget->waiting) {
		budget->coalesced++;
		return false;
	}
	if (spacing_over(budget, now_ns))
		return grant(budget, now_ns);
	budget->waiting = true;
	return false;
}

uint64_t idr_budget_deadline(const struct idr_budget *budget)
{
	return budget->waiting ? budget->granted_ns + budget->spacing_ns : UINT64_MAX;
}

bool idr_budget_due(struct idr_budget *budget, uint64_t now_ns)
{
	if (!budget->waiting || !spacing_over(budget, now_ns))
		return false;
	return grant(budget, now_ns);
}

void idr_budget_keyframe(struct idr_budget *budget, uint64_t now_ns)
{
	budget->granted_ns = now_ns;	/* the next is spaced from what went out */
	budget->under_way = false;
	budget->waiting = false;
}
