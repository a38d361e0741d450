/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever class a datagram gets, the first steps of its parser find at least a header. */
#include <stdlib.h>

#include "station/stream/demux.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	static const size_t least[] = {
		[DEMUX_OTHER] = 0, [DEMUX_STUN] = 20, [DEMUX_DTLS] = 13, [DEMUX_RTP] = 12, [DEMUX_RTCP] = 8,
	};
	enum demux_class class = demux_classify(bytes, len_bytes);
	enum demux_class shorter = len_bytes ? demux_classify(bytes, len_bytes - 1) : DEMUX_OTHER;

	if (class > DEMUX_RTCP || len_bytes < least[class])
		abort();
	if (shorter != class && shorter != DEMUX_OTHER)	/* a cut changes no class, it only takes it away */
		abort();
	return 0;
}
