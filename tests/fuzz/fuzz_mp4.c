/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recording from anywhere (MP4, a byte stream, one SEI unit): what is read stays within its bytes, every
 * picture is of exactly one kind, the stretches cover them all, and without a root nothing is good.
 */
#include <stdint.h>
#include <stdlib.h>

#include "verify/media_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void read_sei(const uint8_t *bytes, size_t len_bytes)
{
	struct nal nal = { bytes, len_bytes };
	struct signed_sei sei;

	if (!len_bytes)
		return;
	signed_sei_is(&nal);
	if (signed_sei_read(&sei, &nal, NULL) == 0)
		require(!sei.is_signed || sei.document_bytes < len_bytes);
	signed_sei_clear(&sei);
}

static void walk(const struct media_result *result)
{
	struct stretch stretch = { .end = 0 };
	size_t at = 0;

	require(result->authentic + result->incomplete + result->pending + result->unsigned_count +
			result->changed ==
		result->picture_count);
	for (; stretch_next(&stretch, result); at = stretch.end) {
		require(stretch.first == at && stretch.end > at &&
			stretch.end <= result->picture_count);
		require(stretch.culprit >= at && stretch.culprit < stretch.end);
	}
	require(at == result->picture_count);
	for (size_t i = 0; i < result->section_count; i++)
		require(result->sections[i].first <= result->sections[i].end &&
			result->sections[i].end <= result->picture_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	struct media_file media;

	read_sei(bytes, len_bytes);
	if (media_file_check(&media, bytes, len_bytes, NULL, NULL) == 0) {
		walk(media.result);
		require(!media_file_good(&media));
	}
	media_file_clear(&media);
	return 0;
}
