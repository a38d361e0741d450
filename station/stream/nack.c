/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/stream/nack.h"

#include "station/base/util.h"

#define SHARE 4				/* RTX gets one of so many parts of the bit rate */
#define BUCKET_MIN_BYTES 65536
#define NS_PER_SECOND UINT64_C(1000000000)

bool nack_history_allow(struct nack_history *history, uint64_t index, uint64_t rtt_ns, uint64_t now_ns)
{
	uint64_t wait_ns = rtt_ns ? MAX(rtt_ns, NACK_RTT_MIN_NS) : NACK_RTT_DEFAULT_NS;
	size_t place = index % NACK_HISTORY_PACKETS;

	if (history->packets[place].index_plus_one == index + 1 &&
	    now_ns < history->packets[place].sent_ns + wait_ns)
		return false;
	history->packets[place].index_plus_one = index + 1;
	history->packets[place].sent_ns = now_ns;
	return true;
}

void rtx_bucket_init(struct rtx_bucket *bucket, uint32_t bitrate_bps, uint64_t now_ns)
{
	bucket->rate_bytes_s = bitrate_bps / 8 / SHARE;
	bucket->size_bytes = MAX(bucket->rate_bytes_s, (uint64_t)BUCKET_MIN_BYTES);
	bucket->level_bytes = bucket->size_bytes;
	bucket->filled_ns = now_ns;
}

/* Whole bytes only; the time they took is what the fill mark moves by, so that no fraction is lost. */
static void refill(struct rtx_bucket *bucket, uint64_t now_ns)
{
	uint64_t elapsed_ns, earned_bytes;

	if (now_ns <= bucket->filled_ns || !bucket->rate_bytes_s)
		return;
	elapsed_ns = now_ns - bucket->filled_ns;
	earned_bytes = elapsed_ns >= 100 * NS_PER_SECOND ? bucket->size_bytes :
			       elapsed_ns * bucket->rate_bytes_s / NS_PER_SECOND;
	if (bucket->level_bytes + earned_bytes >= bucket->size_bytes) {
		bucket->level_bytes = bucket->size_bytes;
		bucket->filled_ns = now_ns;
		return;
	}
	bucket->level_bytes += earned_bytes;
	bucket->filled_ns += earned_bytes * NS_PER_SECOND / bucket->rate_bytes_s;
}

bool rtx_bucket_take(struct rtx_bucket *bucket, size_t len_bytes, uint64_t now_ns)
{
	refill(bucket, now_ns);
	if (bucket->level_bytes < len_bytes)
		return false;
	bucket->level_bytes -= len_bytes;
	return true;
}
