/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Pelco-D driver, fed with anything: it sends the head nowhere that was not asked for. */
#include "fuzz_drive.h"

#define FRAME 7

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

/* Only the stop and the query move nothing. */
static bool moves(const uint8_t *bytes, size_t len_bytes)
{
	if (len_bytes % FRAME != 0)
		return true;
	for (size_t i = 0; i < len_bytes; i += FRAME)
		if (bytes[i] != 0xff || bytes[i + 2] != 0 || (bytes[i + 3] != 0x00 && bytes[i + 3] != 0x51))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	return fuzz_drive("pelcod", (char)0xff, moves, bytes, len_bytes);
}
