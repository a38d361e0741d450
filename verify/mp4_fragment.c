/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mp4_fragment.c - the samples of one fragment: moof, traf, tfhd, tfdt, trun. ISO/IEC 14496-12 8.8. */
#include "station/base/i18n.h"
#include "verify/mp4_own.h"

enum { /* tfhd */
       BASE_OFFSET = 0x1,
       DESCRIPTION = 0x2,
       DEFAULT_DURATION = 0x8,
       DEFAULT_SIZE = 0x10,
       DEFAULT_FLAGS = 0x20,
       BASE_IS_MOOF = 0x20000,
};
enum { /* trun */
       DATA_OFFSET = 0x1,
       FIRST_FLAGS = 0x4,
       DURATIONS = 0x100,
       SIZES = 0x200,
       FLAGS = 0x400,
       SHIFTS = 0x800,
};

struct fragment {
	struct mp4_defaults defaults;
	uint64_t base, at;		/* offsets in the file: of data_offset 0, and of the next sample */
	uint64_t ticks;
};

static int broken(struct err *err)
{
	return err_set(err, ERR_PROTO, "%s", _("a fragment of it is broken"));
}

/* Which track, and its defaults; false: it is another track's. */
static bool read_header(const struct mp4_reading *reading, struct mp4_bytes *tfhd, uint64_t moof_at,
			struct fragment *fragment)
{
	uint32_t flags = (uint32_t)mp4_number(tfhd, 4) & 0xffffff;
	bool mine = mp4_number(tfhd, 4) == reading->track;

	*fragment = (struct fragment){ reading->defaults, moof_at, moof_at, reading->next_ticks };
	if (flags & BASE_OFFSET)
		fragment->base = mp4_number(tfhd, 8);
	if (flags & DESCRIPTION)
		mp4_skip(tfhd, 4);
	if (flags & DEFAULT_DURATION)
		fragment->defaults.duration = (uint32_t)mp4_number(tfhd, 4);
	if (flags & DEFAULT_SIZE)
		fragment->defaults.len_bytes = (uint32_t)mp4_number(tfhd, 4);
	fragment->at = fragment->base;
	return mine;
}

static int add_samples(struct mp4_reading *reading, struct fragment *fragment,
		       struct mp4_bytes *trun, uint32_t flags, uint64_t count, struct err *err)
{
	for (; count; count--) {
		struct mp4_sample sample = { .offset = fragment->at,
					     .decoded_ticks = fragment->ticks };
		uint32_t duration = flags & DURATIONS ? (uint32_t)mp4_number(trun, 4)
						      : fragment->defaults.duration;
		int rc;

		sample.len_bytes = flags & SIZES ? (uint32_t)mp4_number(trun, 4)
						 : fragment->defaults.len_bytes;
		if (flags & FLAGS)
			mp4_skip(trun, 4);
		if (flags & SHIFTS)
			sample.shown_after = (int32_t)mp4_number(trun, 4);
		if (trun->bad)
			return broken(err);
		rc = mp4_add(reading, sample, err);
		if (rc < 0)
			return rc;
		fragment->at += sample.len_bytes;
		fragment->ticks += duration;
	}
	return 0;
}

static int read_run(struct mp4_reading *reading, struct fragment *fragment, struct mp4_bytes trun,
		    struct err *err)
{
	uint32_t flags = (uint32_t)mp4_number(&trun, 4) & 0xffffff;
	uint64_t count = mp4_number(&trun, 4);

	if (flags & DATA_OFFSET)
		fragment->at = fragment->base + (uint64_t)(int64_t)(int32_t)mp4_number(&trun, 4);
	if (flags & FIRST_FLAGS)
		mp4_skip(&trun, 4);
	return trun.bad ? broken(err) : add_samples(reading, fragment, &trun, flags, count, err);
}

static void read_time(struct mp4_bytes traf, struct fragment *fragment)
{
	struct mp4_box box;
	unsigned version;

	if (!mp4_find(traf, MP4_TYPE('t', 'f', 'd', 't'), &box))
		return;
	version = (unsigned)(mp4_number(&box.body, 4) >> 24);
	fragment->ticks = mp4_number(&box.body, version == 1 ? 8 : 4);
}

static int read_track(struct mp4_reading *reading, struct mp4_bytes traf, uint64_t moof_at,
		      struct err *err)
{
	struct fragment fragment;
	struct mp4_box box;
	int rc = 0;

	if (!mp4_find(traf, MP4_TYPE('t', 'f', 'h', 'd'), &box))
		return broken(err);
	if (!read_header(reading, &box.body, moof_at, &fragment))
		return 0;
	if (box.body.bad)
		return broken(err);
	read_time(traf, &fragment);
	while (rc == 0 && mp4_next(&traf, &box))
		if (box.type == MP4_TYPE('t', 'r', 'u', 'n'))
			rc = read_run(reading, &fragment, box.body, err);
	reading->next_ticks = fragment.ticks;
	return rc < 0 || !traf.bad ? rc : broken(err);
}

int mp4_read_fragment(struct mp4_reading *reading, const struct mp4_box *moof, struct err *err)
{
	uint64_t moof_at = (uint64_t)(moof->start - reading->bytes);
	struct mp4_bytes body = moof->body;
	struct mp4_box box;
	int rc = 0;

	while (rc == 0 && mp4_next(&body, &box))
		if (box.type == MP4_TYPE('t', 'r', 'a', 'f'))
			rc = read_track(reading, box.body, moof_at, err);
	return rc < 0 || !body.bad ? rc : broken(err);
}
