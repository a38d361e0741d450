/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mp4_table.c - the samples of a file without fragments: sizes (stsz), chunks (stsc, stco or co64), times
 * (stts, ctts), gone through side by side. ISO/IEC 14496-12 8.6.1, 8.7.
 */
#include "station/base/i18n.h"
#include "verify/mp4_own.h"

/* A table of runs: a count, then that many pairs (or triples). */
struct runs {
	struct mp4_bytes bytes;
	uint64_t left, value;
	bool there;
};

static bool open_table(struct mp4_bytes stbl, uint32_t type, struct mp4_bytes *table,
		       uint64_t *count)
{
	struct mp4_box box;

	*count = 0;
	*table = (struct mp4_bytes){ NULL, NULL, false };
	if (!mp4_find(stbl, type, &box))
		return false;
	*table = box.body;
	mp4_skip(table, 4);
	*count = mp4_number(table, 4);
	return true;
}

static void open_runs(struct runs *runs, struct mp4_bytes stbl, uint32_t type)
{
	uint64_t count;

	*runs = (struct runs){ .left = 0 };
	runs->there = open_table(stbl, type, &runs->bytes, &count);
}

/* The value of the next sample; a table that is too short is bad. */
static uint64_t take(struct runs *runs)
{
	while (!runs->left && !runs->bytes.bad) {
		runs->left = mp4_number(&runs->bytes, 4);
		runs->value = mp4_number(&runs->bytes, 4);
	}
	runs->left -= runs->left > 0;
	return runs->value;
}

struct chunks {
	struct mp4_bytes map, offsets;
	uint64_t maps_left, chunk, chunk_count, per_chunk, next_from;
	unsigned offset_bytes;
};

static bool open_chunks(struct chunks *chunks, struct mp4_bytes stbl)
{
	*chunks = (struct chunks){ .offset_bytes = 4 };
	if (!open_table(stbl, MP4_TYPE('s', 't', 's', 'c'), &chunks->map, &chunks->maps_left))
		return false;
	if (!open_table(stbl, MP4_TYPE('s', 't', 'c', 'o'), &chunks->offsets,
			&chunks->chunk_count)) {
		chunks->offset_bytes = 8;
		if (!open_table(stbl, MP4_TYPE('c', 'o', '6', '4'), &chunks->offsets,
				&chunks->chunk_count))
			return false;
	}
	chunks->next_from = chunks->maps_left ? mp4_number(&chunks->map, 4) : 0;
	return true;
}

/* The next chunk: where it begins and how many samples it has. */
static bool next_chunk(struct chunks *chunks, uint64_t *offset)
{
	if (chunks->chunk++ >= chunks->chunk_count)
		return false;
	if (chunks->maps_left && chunks->chunk == chunks->next_from) {
		chunks->per_chunk = mp4_number(&chunks->map, 4);
		mp4_skip(&chunks->map, 4);
		chunks->next_from = --chunks->maps_left ? mp4_number(&chunks->map, 4) : 0;
	}
	*offset = mp4_number(&chunks->offsets, chunks->offset_bytes);
	return !chunks->offsets.bad && !chunks->map.bad && chunks->per_chunk;
}

static int broken(struct err *err)
{
	return err_set(err, ERR_PROTO, "%s", _("its tables of samples do not fit together"));
}

/* All but the sizes; @sizes stands at the first one, or @same is the size of all. */
static int walk(struct mp4_reading *reading, struct mp4_bytes stbl, struct mp4_bytes sizes,
		uint32_t same, uint64_t count, struct err *err)
{
	struct runs durations, shifts;
	uint64_t offset = 0, in_chunk = 0, ticks = 0;
	struct chunks chunks;

	open_runs(&durations, stbl, MP4_TYPE('s', 't', 't', 's'));
	open_runs(&shifts, stbl, MP4_TYPE('c', 't', 't', 's'));
	if (!open_chunks(&chunks, stbl) || !durations.there)
		return broken(err);
	for (; count; count--, in_chunk--) {
		struct mp4_sample sample = { .decoded_ticks = ticks };
		int rc;

		if (!in_chunk && !next_chunk(&chunks, &offset))
			return broken(err);
		in_chunk = in_chunk ? in_chunk : chunks.per_chunk;
		sample.offset = offset;
		sample.len_bytes = same ? same : (uint32_t)mp4_number(&sizes, 4);
		sample.shown_after = shifts.there ? (int32_t)take(&shifts) : 0;
		ticks += take(&durations);
		offset += sample.len_bytes;
		if (sizes.bad || durations.bytes.bad || shifts.bytes.bad)
			return broken(err);
		rc = mp4_add(reading, sample, err);
		if (rc < 0)
			return rc;
	}
	reading->next_ticks = ticks;
	return 0;
}

int mp4_read_table(struct mp4_reading *reading, struct mp4_bytes stbl, struct err *err)
{
	struct mp4_bytes sizes;
	struct mp4_box box;
	uint32_t same;
	uint64_t count;

	if (!mp4_find(stbl, MP4_TYPE('s', 't', 's', 'z'), &box))
		return err_set(err, ERR_UNSUPPORTED, "%s",
			       _("it has no table of the sizes of samples (stsz)"));
	sizes = box.body;
	mp4_skip(&sizes, 4);
	same = (uint32_t)mp4_number(&sizes, 4);
	count = mp4_number(&sizes, 4);
	if (sizes.bad)
		return broken(err);
	return count ? walk(reading, stbl, sizes, same, count, err) : 0;
}
