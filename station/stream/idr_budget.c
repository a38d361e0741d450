/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Idle, waiting for the spacing to end, under way: a request only ever moves the state forward. */
#include "station/stream/idr_budget.h"

#define ARRIVAL_NS UINT64_C(100000000)	/* beyond the round trip: jitter buffer and decoder of the peer */
#define SECOND_NS UINT64_C(1000000000)
#define LOST_NS UINT64_C(1000000000)	/* an encoder that has made none by then has lost the request */

void idr_budget_init(struct idr_budget *budget, uint64_t spacing_ns)
{
	*budget = (struct idr_budget){ .spacing_ns = spacing_ns };
}

static bool still_arriving(const struct idr_request *request, uint64_t now_ns)
{
	return request->last_sent_ns && now_ns < request->last_sent_ns + request->rtt_ns + ARRIVAL_NS;
}

/* The earliest time for the next keyframe. */
static uint64_t allowed_ns(const struct idr_budget *budget, bool joins)
{
	uint64_t spaced_ns = budget->granted_ns + budget->spacing_ns, third_ns;

	if (!budget->granted_ns)
		return 0;
	if (!joins || !budget->joining_spacing_ns)
		return spaced_ns;
	if (budget->before_ns && budget->granted_ns < budget->before_ns + budget->spacing_ns)
		return spaced_ns;	/* the last one was early already */
	third_ns = budget->before_that_ns ? budget->before_that_ns + SECOND_NS : 0;
	spaced_ns = budget->granted_ns + budget->joining_spacing_ns;
	return third_ns > spaced_ns ? third_ns : spaced_ns;
}

static bool is_under_way(const struct idr_budget *budget, uint64_t now_ns)
{
	return budget->under_way && now_ns < budget->granted_ns + LOST_NS;
}

static bool grant(struct idr_budget *budget, uint64_t now_ns)
{
	budget->granted++;
	budget->before_that_ns = budget->before_ns;
	budget->before_ns = budget->granted_ns;
	budget->granted_ns = now_ns;
	budget->waiting_joins = false;
	budget->under_way = true;
	budget->waiting = false;
	return true;
}

bool idr_budget_request(struct idr_budget *budget, const struct idr_request *request, uint64_t now_ns)
{
	bool joins = request->last_sent_ns == 0;

	budget->requested++;
	if (still_arriving(request, now_ns)) {
		budget->suppressed++;
		return false;
	}
	if (is_under_way(budget, now_ns) || budget->waiting) {
		budget->coalesced++;
		budget->waiting_joins |= budget->waiting && joins;
		return false;
	}
	if (now_ns >= allowed_ns(budget, joins))
		return grant(budget, now_ns);
	budget->waiting = true;
	budget->waiting_joins = joins;
	return false;
}

uint64_t idr_budget_deadline(const struct idr_budget *budget)
{
	return budget->waiting ? allowed_ns(budget, budget->waiting_joins) : UINT64_MAX;
}

bool idr_budget_due(struct idr_budget *budget, uint64_t now_ns)
{
	if (!budget->waiting || now_ns < allowed_ns(budget, budget->waiting_joins))
		return false;
	return grant(budget, now_ns);
}

void idr_budget_keyframe(struct idr_budget *budget, uint64_t now_ns)
{
	budget->granted_ns = now_ns;	/* the next is spaced from what went out */
	budget->under_way = false;
	budget->waiting = false;
	budget->waiting_joins = false;
}
