/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "station/evidence/mp4_header.h"
#include "station/evidence/mp4_write.h"

int mp4_index_add(struct mp4_index *index, uint64_t time_90k, uint64_t moof_offset, struct err *err)
{
	struct mp4_place *places = index->places;

	if (index->count == index->size) {
		size_t size = index->size ? 2 * index->size : 64;

		places = realloc(places, size * sizeof *places);
		if (!places)
			return err_set(err, ERR_NOMEM, "recording: out of memory");
		index->places = places;
		index->size = size;
	}
	places[index->count++] = (struct mp4_place){ time_90k, moof_offset };
	return 0;
}

int mp4_index_bytes(const struct mp4_index *index, void **bytes, size_t *len_bytes, struct err *err)
{
	struct bytes out = { 0 };
	size_t mfra = mp4_begin(&out, MP4_BOX('m', 'f', 'r', 'a')), box;

	box = mp4_begin_full(&out, MP4_BOX('t', 'f', 'r', 'a'), 1, 0);
	bytes_u32(&out, MP4_TRACK_VIDEO);
	bytes_u32(&out, 0);		/* the three numbers below take a byte each */
	bytes_u32(&out, (uint32_t)index->count);
	for (size_t i = 0; i < index->count; i++) {
		bytes_u64(&out, index->places[i].time_90k);
		bytes_u64(&out, index->places[i].moof_offset);
		bytes_add(&out, "\1\1\1", 3);	/* traf, trun and sample, from 1 */
	}
	mp4_end(&out, box);
	box = mp4_begin_full(&out, MP4_BOX('m', 'f', 'r', 'o'), 0, 0);
	bytes_u32(&out, (uint32_t)(out.len + 4 - mfra));
	mp4_end(&out, box);
	mp4_end(&out, mfra);
	if (!bytes_ok(&out)) {
		bytes_clear(&out);
		return err_set(err, ERR_NOMEM, "recording: out of memory");
	}
	*bytes = out.data;
	*len_bytes = out.len;
	return 0;
}
