/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Marlin driver, fed with anything: it sends no motion and no homing that was not asked for. */
#include <string.h>

#include "fuzz_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static bool moves(const uint8_t *bytes, size_t len_bytes)
{
	return memmem(bytes, len_bytes, "G1 ", 3) || memmem(bytes, len_bytes, "G28", 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	return fuzz_drive("marlin", '\n', moves, bytes, len_bytes);
}
