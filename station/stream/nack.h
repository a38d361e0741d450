/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nack.h - which of the packets a viewer asks for again are sent again.
 *
 * Two guards: a packet at most once per round trip (a second request within it was sent before the
 * repeat could arrive), and at most a quarter of the layer's bit rate for repeats, so that a viewer on a bad
 * line cannot make its own loss worse. Pure; time is passed in. Thread: the owner's.
 */
#ifndef OSTEND_STREAM_NACK_H
#define OSTEND_STREAM_NACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NACK_HISTORY_PACKETS 256	/* remembered by the low bits of the index; a collision only forgets */
#define NACK_RTT_DEFAULT_NS UINT64_C(100000000)
#define NACK_RTT_MIN_NS UINT64_C(10000000)	/* a LAN's round trip is less than the browser's own spacing */

struct nack_history {			/* one a viewer, 4 KiB; all zero is empty */
	struct {
		uint64_t index_plus_one;	/* 0: nothing here */
		uint64_t sent_ns;
	} packets[NACK_HISTORY_PACKETS];
};

/**
 * May the packet of @index (of the packet store) be sent again now? If so it is remembered as sent.
 *
 * @rtt_ns    the viewer's; 0 when unknown
 */
bool nack_history_allow(struct nack_history *history, uint64_t index, uint64_t rtt_ns, uint64_t now_ns);

struct rtx_bucket {
	uint64_t rate_bytes_s;
	uint64_t size_bytes, level_bytes;
	uint64_t filled_ns;
};

/**
 * A full bucket that refills with a quarter of @bitrate_bps. It holds one second's worth of that, at
 * least 64 KiB: a burst of loss of a large keyframe is repaired at once.
 */
void rtx_bucket_init(struct rtx_bucket *bucket, uint32_t bitrate_bps, uint64_t now_ns);

/** Take @len_bytes; false, and nothing taken, when there is not enough. */
bool rtx_bucket_take(struct rtx_bucket *bucket, size_t len_bytes, uint64_t now_ns);

#endif
