/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "station/stream/idr_budget.h"
#include "station/stream/nack.h"

#define MS UINT64_C(1000000)

static const struct idr_request joining = { 0 };

static void test_first_request_is_granted_at_once(void **state)
{
	struct idr_budget budget;

	(void)state;
	idr_budget_init(&budget, IDR_SPACING_NS);
	assert_true(idr_budget_deadline(&budget) == UINT64_MAX);
	assert_true(idr_budget_request(&budget, &joining, 1000 * MS));
	assert_true(budget.granted == 1 && budget.requested == 1);
}

/* STREAMING 6.5: fifty viewers within a second cost three keyframes, and nobody waits beyond the spacing */
static void test_fifty_joins_in_a_second_are_three_keyframes(void **state)
{
	struct idr_budget budget;
	uint64_t waiting_since = 0, longest = 0, out_at = UINT64_MAX;

	(void)state;
	idr_budget_init(&budget, IDR_SPACING_NS);
	for (uint64_t ms = 1000; ms < 2000; ms++) {
		bool tell = idr_budget_due(&budget, ms * MS);

		if ((ms - 1000) % 20 == 0) {
			tell |= idr_budget_request(&budget, &joining, ms * MS);
			waiting_since = waiting_since ? waiting_since : ms;
		}
		if (tell)
			out_at = ms + 15;	/* the encoder's own time */
		if (ms == out_at) {
			idr_budget_keyframe(&budget, ms * MS);
			longest = ms - waiting_since > longest ? ms - waiting_since : longest;
			waiting_since = 0;
		}
	}
	assert_in_range(budget.granted, 1, 3);
	assert_int_equal(budget.requested, 50);
	assert_in_range(longest, 1, 400 + 15);
}

static void test_request_within_the_spacing_waits_for_its_end(void **state)
{
	struct idr_budget budget;

	(void)state;
	idr_budget_init(&budget, 400 * MS);
	assert_true(idr_budget_request(&budget, &joining, 1000 * MS));
	idr_budget_keyframe(&budget, 1010 * MS);
	assert_false(idr_budget_request(&budget, &joining, 1100 * MS));
	assert_false(idr_budget_request(&budget, &joining, 1200 * MS));
	assert_true(idr_budget_deadline(&budget) == 1410 * MS);
	assert_false(idr_budget_due(&budget, 1409 * MS));
	assert_true(idr_budget_due(&budget, 1410 * MS));
	assert_false(idr_budget_due(&budget, 1411 * MS));
	assert_true(budget.granted == 2 && budget.coalesced == 1);
}

/* Many join at once: the second keyframe comes soon for those whom the first missed, the third spaced. */
static void test_one_early_keyframe_serves_those_who_join_just_after_another(void **state)
{
	struct idr_request stalled = { .last_sent_ns = 500 * MS };
	struct idr_budget budget;

	(void)state;
	idr_budget_init(&budget, 400 * MS);
	budget.joining_spacing_ns = 100 * MS;
	assert_true(idr_budget_request(&budget, &joining, 1000 * MS));
	idr_budget_keyframe(&budget, 1010 * MS);
	assert_false(idr_budget_request(&budget, &stalled, 1020 * MS));
	assert_true(idr_budget_deadline(&budget) == 1410 * MS);	/* a PLI waits the whole spacing */
	assert_false(idr_budget_request(&budget, &joining, 1030 * MS));
	assert_true(idr_budget_deadline(&budget) == 1110 * MS);
	assert_true(idr_budget_due(&budget, 1110 * MS));
	idr_budget_keyframe(&budget, 1120 * MS);
	assert_false(idr_budget_request(&budget, &joining, 1130 * MS));
	assert_true(idr_budget_deadline(&budget) == 1520 * MS);	/* not early twice */
	assert_true(idr_budget_due(&budget, 1520 * MS));
	idr_budget_keyframe(&budget, 1530 * MS);
	assert_false(idr_budget_request(&budget, &joining, 1540 * MS));
	assert_true(idr_budget_deadline(&budget) == 2010 * MS);	/* a fourth not within the second */
}

static void test_pli_sent_before_the_keyframe_could_arrive_is_ignored(void **state)
{
	struct idr_request viewer = { .last_sent_ns = 5000 * MS, .rtt_ns = 80 * MS };
	struct idr_budget budget;

	(void)state;
	idr_budget_init(&budget, 100 * MS);
	assert_false(idr_budget_request(&budget, &viewer, 5179 * MS));
	assert_int_equal(budget.suppressed, 1);
	assert_true(idr_budget_request(&budget, &viewer, 5180 * MS));
}

static void test_keyframe_on_its_way_or_unasked_serves_those_who_wait(void **state)
{
	struct idr_budget budget;

	(void)state;
	idr_budget_init(&budget, 400 * MS);
	idr_budget_keyframe(&budget, 1000 * MS);	/* the encoder's own first */
	assert_false(idr_budget_request(&budget, &joining, 1100 * MS));
	idr_budget_keyframe(&budget, 1200 * MS);
	assert_true(idr_budget_deadline(&budget) == UINT64_MAX);
	assert_true(idr_budget_request(&budget, &joining, 1600 * MS));
	assert_false(idr_budget_request(&budget, &joining, 2100 * MS));	/* under way */
	assert_int_equal(budget.coalesced, 1);
	assert_true(idr_budget_request(&budget, &joining, 2600 * MS));	/* lost: asked again */
}

/* Property: however they come, grants are never closer than the spacing and no request is forgotten */
static void test_random_requests_keep_the_spacing_and_are_all_served(void **state)
{
	uint64_t last = 0, out_at = UINT64_MAX, oldest = 0;
	struct idr_budget budget;
	unsigned seed = 3;

	(void)state;
	idr_budget_init(&budget, 300 * MS);
	for (uint64_t ms = 1; ms < 200000; ms++) {
		bool tell = idr_budget_due(&budget, ms * MS);

		if (rand_r(&seed) % 40 == 0) {
			tell |= idr_budget_request(&budget, &joining, ms * MS);
			oldest = oldest ? oldest : ms;
		}
		if (tell) {
			assert_true(!last || ms - last >= 300);
			last = ms;
			out_at = ms + 1 + (unsigned)rand_r(&seed) % 50;
		}
		if (ms == out_at) {
			idr_budget_keyframe(&budget, ms * MS);
			oldest = 0;
		}
		assert_true(!oldest || ms - oldest <= 350);
	}
	assert_true(budget.granted > 100);
	/* each request was either granted, or waited and then granted, or shared one of those */
	assert_true(budget.requested - budget.coalesced >= budget.granted);
}

static void test_nack_history_repeats_a_packet_once_per_round_trip(void **state)
{
	static struct nack_history history;

	(void)state;
	assert_true(nack_history_allow(&history, 0, 50 * MS, 1000 * MS));
	assert_false(nack_history_allow(&history, 0, 50 * MS, 1049 * MS));
	assert_true(nack_history_allow(&history, 0, 50 * MS, 1050 * MS));
	assert_true(nack_history_allow(&history, 1, 0, 1050 * MS));
	assert_false(nack_history_allow(&history, 1, 0, 1149 * MS));	/* unknown: 100 ms */
	assert_true(nack_history_allow(&history, 2, 1, 1050 * MS));
	assert_false(nack_history_allow(&history, 2, 1, 1059 * MS));	/* at least 10 ms */
	assert_true(nack_history_allow(&history, 2 + NACK_HISTORY_PACKETS, 1, 1059 * MS));
}

static void test_nack_of_seventeen_is_allowed_whole(void **state)
{
	static struct nack_history history;
	struct rtx_bucket bucket;

	(void)state;
	rtx_bucket_init(&bucket, 500000, 0);
	for (uint64_t index = 0; index < 17; index++) {
		assert_true(nack_history_allow(&history, index, 0, 1000 * MS));
		assert_true(rtx_bucket_take(&bucket, 1230, 1000 * MS));
	}
}

static void test_rtx_bucket_gives_a_quarter_over_time(void **state)
{
	struct rtx_bucket bucket;
	uint64_t taken = 0;

	(void)state;
	rtx_bucket_init(&bucket, 4000000, 0);
	while (rtx_bucket_take(&bucket, 1200, 0))
		;
	for (uint64_t us = 0; us <= 10000000; us += 100)
		taken += rtx_bucket_take(&bucket, 1200, us * 1000) ? 1200 : 0;
	assert_in_range(taken, 10 * 125000 - 2400, 10 * 125000 + 2400);
	assert_true(rtx_bucket_take(&bucket, 125000, UINT64_MAX / 2));	/* full, and no overflow */
	assert_false(rtx_bucket_take(&bucket, 1, UINT64_MAX / 2));
	assert_false(rtx_bucket_take(&bucket, 1, 0));	/* a clock that steps back gives nothing */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_request_is_granted_at_once),
		cmocka_unit_test(test_fifty_joins_in_a_second_are_three_keyframes),
		cmocka_unit_test(test_request_within_the_spacing_waits_for_its_end),
		cmocka_unit_test(test_one_early_keyframe_serves_those_who_join_just_after_another),
		cmocka_unit_test(test_pli_sent_before_the_keyframe_could_arrive_is_ignored),
		cmocka_unit_test(test_keyframe_on_its_way_or_unasked_serves_those_who_wait),
		cmocka_unit_test(test_random_requests_keep_the_spacing_and_are_all_served),
		cmocka_unit_test(test_nack_history_repeats_a_packet_once_per_round_trip),
		cmocka_unit_test(test_nack_of_seventeen_is_allowed_whole),
		cmocka_unit_test(test_rtx_bucket_gives_a_quarter_over_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
