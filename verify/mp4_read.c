/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mp4_read.c - the file's boxes, its one picture track, and what a player might do otherwise than we.
 *
 * A file that is still being written, or was cut by a crash, ends in half a box: all whole ones before it
 * are read, and the half one is told.
 */
#include "verify/mp4_read.h"

#include <stdlib.h>

#include "station/base/i18n.h"
#include "verify/mp4_own.h"

#define SAMPLES_MAX 8000000
#define BOXES_MAX 64		/* in one box of the track's description */

static const uint32_t moov = MP4_TYPE('m', 'o', 'o', 'v'), trak = MP4_TYPE('t', 'r', 'a', 'k'),
		      mdia = MP4_TYPE('m', 'd', 'i', 'a');

bool mp4_is(const uint8_t *bytes, size_t len_bytes)
{
	struct mp4_bytes file = { bytes, bytes + len_bytes, false };
	struct mp4_box box;

	return mp4_next(&file, &box) &&
	       (box.type == MP4_TYPE('f', 't', 'y', 'p') ||
		box.type == MP4_TYPE('s', 't', 'y', 'p') || box.type == moov);
}

int mp4_add(struct mp4_reading *reading, struct mp4_sample sample, struct err *err)
{
	struct mp4 *mp4 = reading->mp4;

	if (sample.offset > reading->len_bytes ||
	    sample.len_bytes > reading->len_bytes - sample.offset) {
		if (mp4->cut_off)	/* the index is here, the pictures are not: those before are judged */
			return 0;
		return err_set(err, ERR_PROTO,
			       _("picture %zu would lie beyond the end of the file"),
			       mp4->count + 1);
	}
	reading->sample_bytes += sample.len_bytes;
	if (!sample.len_bytes || reading->sample_bytes > reading->len_bytes ||
	    mp4->count == SAMPLES_MAX)
		return err_set(err, ERR_PROTO, "%s",
			       _("its pictures together are larger than the file"));
	if (mp4->count == mp4->room) {
		size_t room = mp4->room ? mp4->room * 2 : 1024;
		struct mp4_sample *larger = realloc(mp4->samples, room * sizeof *larger);

		if (!larger)
			return err_set(err, ERR_NOMEM, "out of memory");
		mp4->samples = larger;
		mp4->room = room;
	}
	if (mp4->count && (sample.shown_after != mp4->samples[0].shown_after ||
			   sample.decoded_ticks < mp4->samples[mp4->count - 1].decoded_ticks))
		mp4->reordered = true;
	mp4->samples[mp4->count++] = sample;
	return 0;
}

/* --- the track ------------------------------------------------------------------------------------- */

/* No type stands twice in @bytes: which of two a player would take is not known. */
static bool all_once(struct mp4_bytes bytes)
{
	struct mp4_bytes rest = bytes;
	unsigned count = 0;
	struct mp4_box box;

	while (mp4_next(&rest, &box))
		if (++count > BOXES_MAX || mp4_count(bytes, box.type) != 1)
			return false;
	return true;
}

static bool find_path(struct mp4_bytes bytes, const uint32_t *types, unsigned count,
		      struct mp4_box *box)
{
	for (unsigned i = 0; i < count; i++) {
		if (!mp4_find(bytes, types[i], box))
			return false;
		bytes = box->body;
	}
	return true;
}

static uint32_t handler_of(struct mp4_bytes track)
{
	const uint32_t path[] = { mdia, MP4_TYPE('h', 'd', 'l', 'r') };
	struct mp4_box box;

	if (!find_path(track, path, ARRAY_LEN(path), &box))
		return 0;
	mp4_skip(&box.body, 8);
	return (uint32_t)mp4_number(&box.body, 4);
}

/* The one picture track of @movie. */
static int find_track(struct mp4 *mp4, struct mp4_bytes movie, struct mp4_bytes *track,
		      struct err *err)
{
	unsigned found = 0;
	struct mp4_box box;

	while (mp4_next(&movie, &box)) {
		if (box.type != trak)
			continue;
		if (handler_of(box.body) != MP4_TYPE('v', 'i', 'd', 'e')) {
			mp4->other_tracks++;
			continue;
		}
		*track = box.body;
		found++;
	}
	if (found != 1)
		return err_set(err, ERR_UNSUPPORTED,
			       _("it has %u tracks of pictures: a player might show another than is "
				 "checked, so one is wanted"),
			       found);
	return 0;
}

/* tkhd and mdhd have longer times in version 1. */
static uint32_t number_after_times(struct mp4_bytes body)
{
	unsigned version = (unsigned)(mp4_number(&body, 4) >> 24);

	mp4_skip(&body, version == 1 ? 16 : 8);
	return (uint32_t)mp4_number(&body, 4);
}

/* stsd: one description, avc1 or avc3, with its avcC (ISO/IEC 14496-15 5.4.2.1). */
static int read_description(struct mp4 *mp4, struct mp4_bytes stbl, struct err *err)
{
	struct mp4_box list, box;

	if (!mp4_find(stbl, MP4_TYPE('s', 't', 's', 'd'), &list))
		return err_set(err, ERR_PROTO, "%s", _("it does not say what its pictures are"));
	mp4_skip(&list.body, 4);
	if (mp4_number(&list.body, 4) != 1 || !mp4_next(&list.body, &box) ||
	    (box.type != MP4_TYPE('a', 'v', 'c', '1') && box.type != MP4_TYPE('a', 'v', 'c', '3')))
		return err_set(err, ERR_UNSUPPORTED, "%s",
			       _("its pictures are not H.264, or of more than one kind"));
	mp4_skip(&box.body, 78);
	if (!mp4_find(box.body, MP4_TYPE('a', 'v', 'c', 'C'), &box) || mp4_left(&box.body) < 7)
		return err_set(err, ERR_PROTO, "%s", _("it has no decoder configuration"));
	mp4->config = box.body.at;
	mp4->config_bytes = mp4_left(&box.body);
	mp4->length_bytes = (mp4->config[4] & 3) + 1u;
	return mp4->length_bytes != 3
		       ? 0
		       : err_set(err, ERR_PROTO, "%s", _("its decoder configuration is broken"));
}

/* An edit list of one entry that begins at the first picture changes nothing. */
static void read_edits(struct mp4 *mp4, struct mp4_bytes track)
{
	const uint32_t path[] = { MP4_TYPE('e', 'd', 't', 's'), MP4_TYPE('e', 'l', 's', 't') };
	unsigned version, wide;
	struct mp4_box box;
	uint64_t count, from;

	if (!find_path(track, path, ARRAY_LEN(path), &box))
		return;
	version = (unsigned)(mp4_number(&box.body, 4) >> 24);
	wide = version == 1 ? 8 : 4;
	count = mp4_number(&box.body, 4);
	mp4_skip(&box.body, wide);
	from = mp4_number(&box.body, wide);
	mp4->edited = box.body.bad || count != 1 || mp4_number(&box.body, 4) != 0x10000 ||
		      from > (mp4->count ? (uint64_t)(uint32_t)MAX(mp4->samples[0].shown_after, 0)
					 : 0);
}

static void read_defaults(struct mp4_reading *reading, struct mp4_bytes movie)
{
	struct mp4_box mvex, box;

	if (!mp4_find(movie, MP4_TYPE('m', 'v', 'e', 'x'), &mvex))
		return;
	while (mp4_next(&mvex.body, &box)) {
		if (box.type != MP4_TYPE('t', 'r', 'e', 'x'))
			continue;
		mp4_skip(&box.body, 4);
		if (mp4_number(&box.body, 4) != reading->track)
			continue;
		mp4_skip(&box.body, 4);
		reading->defaults.duration = (uint32_t)mp4_number(&box.body, 4);
		reading->defaults.len_bytes = (uint32_t)mp4_number(&box.body, 4);
	}
}

/* dref: one entry, which says that the data are in this file (flag 1). */
static bool in_this_file(struct mp4_bytes minf)
{
	const uint32_t path[] = { MP4_TYPE('d', 'i', 'n', 'f'), MP4_TYPE('d', 'r', 'e', 'f') };
	struct mp4_box list, entry;

	if (!find_path(minf, path, ARRAY_LEN(path), &list))
		return false;
	mp4_skip(&list.body, 4);
	return mp4_number(&list.body, 4) == 1 && mp4_next(&list.body, &entry) &&
	       mp4_number(&entry.body, 4) & 1;
}

static int read_movie(struct mp4_reading *reading, struct mp4_bytes movie, struct mp4_bytes *track,
		      struct err *err)
{
	struct mp4_box media, header, minf, stbl;
	int rc = find_track(reading->mp4, movie, track, err);

	if (rc < 0)
		return rc;
	if (!mp4_find(*track, MP4_TYPE('t', 'k', 'h', 'd'), &header) ||
	    !mp4_find(*track, mdia, &media))
		return err_set(err, ERR_PROTO, "%s", _("its track of pictures is broken"));
	reading->track = number_after_times(header.body);
	if (!mp4_find(media.body, MP4_TYPE('m', 'd', 'h', 'd'), &header) ||
	    !mp4_find(media.body, MP4_TYPE('m', 'i', 'n', 'f'), &minf) ||
	    !mp4_find(minf.body, MP4_TYPE('s', 't', 'b', 'l'), &stbl) || !in_this_file(minf.body) ||
	    !all_once(*track) || !all_once(media.body) || !all_once(minf.body) ||
	    !all_once(stbl.body))
		return err_set(err, ERR_PROTO, "%s",
			       _("its track of pictures is broken, or lies in another file"));
	reading->mp4->ticks_per_s = number_after_times(header.body);
	if (!reading->mp4->ticks_per_s)
		return err_set(err, ERR_PROTO, "%s", _("its clock does not tick"));
	rc = read_description(reading->mp4, stbl.body, err);
	read_defaults(reading, movie);
	return rc < 0 ? rc : mp4_read_table(reading, stbl.body, err);
}

/* --- the file -------------------------------------------------------------------------------------- */

static int read_fragments(struct mp4_reading *reading, struct mp4_bytes file, struct err *err)
{
	struct mp4_box box;
	int rc = 0;

	while (rc == 0 && mp4_next(&file, &box))
		if (box.type == MP4_TYPE('m', 'o', 'o', 'f') && !box.cut_off)
			rc = mp4_read_fragment(reading, &box, err);
	return rc;
}

/* Whether the boxes fill the file to its end. */
static bool is_cut_off(struct mp4_bytes file)
{
	struct mp4_box box = { .cut_off = false };

	while (mp4_next(&file, &box))
		;
	return file.bad || box.cut_off;
}

int mp4_read(struct mp4 *out, const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	struct mp4_reading reading = { .mp4 = out, .bytes = bytes, .len_bytes = len_bytes };
	struct mp4_bytes file = { bytes, bytes + len_bytes, false }, track;
	struct mp4_box box;
	int rc;

	*out = (struct mp4){ .samples = NULL };
	out->cut_off = is_cut_off(file);
	if (mp4_count(file, moov) != 1 || !mp4_find(file, moov, &box) || box.cut_off)
		return err_set(err, ERR_PROTO, "%s",
			       _("it has no description of its tracks, or more than one"));
	rc = read_movie(&reading, box.body, &track, err);
	if (rc == 0)
		rc = read_fragments(&reading, file, err);
	if (rc < 0)
		return rc;
	read_edits(out, track);
	return out->count ? 0 : err_set(err, ERR_PROTO, "%s", _("it holds no picture"));
}

void mp4_clear(struct mp4 *mp4)
{
	free(mp4->samples);
	*mp4 = (struct mp4){ .samples = NULL };
}

int64_t mp4_time_us(const struct mp4 *mp4, const struct mp4_sample *sample)
{
	uint64_t ticks = sample->decoded_ticks - mp4->samples[0].decoded_ticks;

	return (int64_t)(ticks / mp4->ticks_per_s * 1000000 +
			 ticks % mp4->ticks_per_s * 1000000 / mp4->ticks_per_s);
}
