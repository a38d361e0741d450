/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader ends, its lists are within their cap, and it hands out no more than the bytes can hold. */
#include <stdlib.h>

#include "station/stream/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	size_t items = 0, sequences = 0;
	struct rtcp_reader reader;
	struct rtcp_item item;
	uint32_t rtt_us = 0;

	if (rtcp_open(&reader, bytes, len_bytes) < 0)
		return 0;
	while (rtcp_next(&reader, &item)) {
		items++;
		if (item.kind > RTCP_BYE)
			abort();
		if (item.kind == RTCP_NACK) {
			if (item.nack.count == 0 || item.nack.count > RTCP_NACK_MAX)
				abort();
			sequences += item.nack.count;
		}
		if (item.kind == RTCP_BLOCK && (item.block.lost < -0x800000 || item.block.lost > 0x7fffff))
			abort();
		if (item.kind == RTCP_BLOCK &&
		    rtcp_rtt_us(&rtt_us, UINT64_C(0x0000800000000000), item.block.last_sr,
				item.block.since_last_sr) &&
		    rtt_us > 10000000)
			abort();
		if (items > len_bytes / 4 || sequences > 17 * len_bytes / 4)
			abort();
	}
	if (rtcp_next(&reader, &item))	/* the end stays the end */
		abort();
	return 0;
}
