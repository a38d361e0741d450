/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A ZIP from anywhere: its members lie in it without overlap, names are sorted, found, and none leads to a terminal; and a
 * byte more, before or behind, is never a ZIP as well.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "verify/zip_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void check_member(const struct zip *zip, const struct zip_member *member, size_t len_bytes)
{
	require(member->name[0] != '\0' && zip_find(zip, member->name) == member);
	require(member->at <= len_bytes && member->len_bytes <= len_bytes - member->at);
	for (const char *c = member->name; *c; c++)
		require((unsigned char)*c >= ' ' && *c != 0x7f);
}

static void refuse_more(const uint8_t *bytes, size_t len_bytes)
{
	uint8_t *more = calloc(1, len_bytes + 2);
	struct zip *zip;

	require(more != NULL);
	memcpy(more + 1, bytes, len_bytes);
	require(zip_read(&zip, more, len_bytes + 1, NULL) < 0);
	require(zip_read(&zip, more + 1, len_bytes + 1, NULL) < 0);
	free(more);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	const struct zip_member *members;
	uint64_t total = 0;
	struct zip *zip;
	size_t count;

	if (zip_read(&zip, bytes, len_bytes, NULL) < 0)
		return 0;
	members = zip_members(zip, &count);
	require(count > 0);
	for (size_t i = 0; i < count; i++) {
		check_member(zip, &members[i], len_bytes);
		require(!i || strcmp(members[i - 1].name, members[i].name) < 0);
		total += members[i].len_bytes;
	}
	require(total < len_bytes);
	refuse_more(bytes, len_bytes);
	zip_free(zip);
	return 0;
}
