/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Dial driver, fed with anything. */
#include "fuzz_drive.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static bool moves(const uint8_t *bytes, size_t len_bytes)
{
	return memchr(bytes, 'A', len_bytes) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	return fuzz_drive("dial", '\r', moves, bytes, len_bytes);
}
