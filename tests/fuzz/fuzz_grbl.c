/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Grbl driver, fed with anything: it sends no jog and no homing that was not asked for. */
#include <string.h>

#include "fuzz_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static bool moves(const uint8_t *bytes, size_t len_bytes)
{
	return memmem(bytes, len_bytes, "$J", 2) || memmem(bytes, len_bytes, "$H", 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	return fuzz_drive("grbl", '\n', moves, bytes, len_bytes);
}
