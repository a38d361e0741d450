/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ComXim driver, fed with anything: it sends no turn and no homing that was not asked for. */
#include <string.h>

#include "fuzz_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static bool moves(const uint8_t *bytes, size_t len_bytes)
{
	static const char *const commands[] = { "SINGLE", "START(", "RUN(", "HOME(", "TOZERO(" };

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (memmem(bytes, len_bytes, commands[i], strlen(commands[i])))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	return fuzz_drive("comxim", ';', moves, bytes, len_bytes);
}
