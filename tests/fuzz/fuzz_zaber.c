/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Zaber driver, fed with anything: it sends no motion and no homing that was not asked for.
 *
 * Nearly every change of a reply spoils its checksum and goes no further; so with bit 1 of the fourth byte set each
 * line gets the right one first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_drive.h"
#include "turntable/drv_zaber.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static bool moves(const uint8_t *bytes, size_t len_bytes)
{
	return memmem(bytes, len_bytes, " move", 5) || memmem(bytes, len_bytes, " home", 5);
}

static void set_checksum(char *line, size_t len)
{
	char hex[3];

	if (len && line[len - 1] == '\r')
		len--;
	if (len < 5 || line[len - 3] != ':')
		return;
	snprintf(hex, sizeof hex, "%02X", zaber_checksum(line + 1, len - 4));
	memcpy(line + len - 2, hex, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	char *copy = malloc(len_bytes + 1), *line = copy + 4, *end;
	int rc;

	if (!copy)
		return 0;
	memcpy(copy, bytes, len_bytes);
	if (len_bytes > 4 && bytes[3] & 2)
		for (; (end = memchr(line, '\n', (size_t)(copy + len_bytes - line))); line = end + 1)
			set_checksum(line, (size_t)(end - line));
	rc = fuzz_drive("zaber", '\n', moves, (const uint8_t *)copy, len_bytes);
	free(copy);
	return rc;
}
