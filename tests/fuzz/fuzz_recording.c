/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording with anything in it: what is called whole is within its bytes, and is whole by itself too. */
#include <stdint.h>
#include <stdlib.h>

#include "station/evidence/mp4_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void require(int holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	struct mp4_extent extent, again;

	if (mp4_check(&extent, bytes, len_bytes, NULL) == 0) {
		require(extent.len_bytes <= len_bytes);
		require(extent.frames >= extent.fragments && extent.index.count <= extent.fragments);
		require(mp4_check(&again, bytes, extent.len_bytes, NULL) == 0);
		require(again.len_bytes == extent.len_bytes && again.frames == extent.frames && !again.ended);
		free(again.index.places);
	}
	free(extent.index.places);
	return 0;
}
