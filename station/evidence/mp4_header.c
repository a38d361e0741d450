/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Box by box in the order of ISO/IEC 14496-12 8; the section of each stands behind its name. The sample
 * tables are empty: every sample is in a fragment.
 *
 * The video is "avc3" (ISO/IEC 14496-15 5.4.2.1): its parameter sets may stand in the samples, so that the NAL
 * units of the file are those that were sent, all of them and in their order. "avc1" would demand that
 * SPS and PPS be taken out. They are in avcC as well, for players that look nowhere else.
 */
#include "station/evidence/mp4_header.h"

#include <string.h>

#define EPOCH_1904_S UINT64_C(2082844800)	/* from there to 1970 */
#define LANGUAGE_UNKNOWN 0x55c4			/* "und", 8.4.2.3 */
#define DPI_72 0x00480000
#define ONE 0x00010000

const uint8_t mp4_uuid[MP4_UUID_BYTES] = { 0x0d, 0x8e, 0xdb, 0xb3, 0x83, 0x3e, 0x4f, 0xf3,
					   0x80, 0xd8, 0x93, 0x0f, 0xc1, 0xc6, 0x69, 0x40 };

static uint64_t file_time(const struct mp4_about *about)
{
	return about->begun_utc_us / 1000000 + EPOCH_1904_S;
}

static void put_ftyp(struct bytes *out)	/* 4.3; iso6: tfdt, and offsets that begin at moof */
{
	size_t box = mp4_begin(out, MP4_BOX('f', 't', 'y', 'p'));

	bytes_u32(out, MP4_BOX('i', 's', 'o', '6'));
	bytes_u32(out, 0);
	bytes_u32(out, MP4_BOX('i', 's', 'o', '6'));
	bytes_u32(out, MP4_BOX('m', 'p', '4', '1'));
	mp4_end(out, box);
}

static void put_matrix(struct bytes *out)
{
	static const uint32_t unity[] = { ONE, 0, 0, 0, ONE, 0, 0, 0, 0x40000000 };

	for (size_t i = 0; i < sizeof unity / sizeof *unity; i++)
		bytes_u32(out, unity[i]);
}

static void put_mvhd(struct bytes *out, const struct mp4_about *about)	/* 8.2.2 */
{
	size_t box = mp4_begin_full(out, MP4_BOX('m', 'v', 'h', 'd'), 1, 0);

	bytes_u64(out, file_time(about));
	bytes_u64(out, file_time(about));
	bytes_u32(out, MP4_TIMESCALE);
	bytes_u64(out, 0);
	bytes_u32(out, ONE);		/* rate */
	bytes_u16(out, 0x0100);	/* volume */
	bytes_zeros(out, 10);
	put_matrix(out);
	bytes_zeros(out, 24);
	bytes_u32(out, about->sound ? MP4_TRACK_SOUND + 1 : MP4_TRACK_TEXT + 1);
	mp4_end(out, box);
}

static void put_tkhd(struct bytes *out, const struct mp4_about *about, uint32_t track)	/* 8.3.2 */
{
	bool video = track == MP4_TRACK_VIDEO;
	size_t box = mp4_begin_full(out, MP4_BOX('t', 'k', 'h', 'd'), 1, 3 /* enabled, in the movie */);

	bytes_u64(out, file_time(about));
	bytes_u64(out, file_time(about));
	bytes_u32(out, track);
	bytes_u32(out, 0);
	bytes_u64(out, 0);
	bytes_zeros(out, 8);
	bytes_u32(out, 0);		/* layer, alternate group */
	bytes_u16(out, track == MP4_TRACK_SOUND ? 0x0100 : 0);
	bytes_u16(out, 0);
	put_matrix(out);
	bytes_u32(out, video ? (uint32_t)about->width << 16 : 0);
	bytes_u32(out, video ? (uint32_t)about->height << 16 : 0);
	mp4_end(out, box);
}

static void put_mdhd(struct bytes *out, const struct mp4_about *about)	/* 8.4.2 */
{
	size_t box = mp4_begin_full(out, MP4_BOX('m', 'd', 'h', 'd'), 1, 0);

	bytes_u64(out, file_time(about));
	bytes_u64(out, file_time(about));
	bytes_u32(out, MP4_TIMESCALE);
	bytes_u64(out, 0);
	bytes_u16(out, LANGUAGE_UNKNOWN);
	bytes_u16(out, 0);
	mp4_end(out, box);
}

static void put_hdlr(struct bytes *out, uint32_t handler, const char *name)	/* 8.4.3 */
{
	size_t box = mp4_begin_full(out, MP4_BOX('h', 'd', 'l', 'r'), 0, 0);

	bytes_u32(out, 0);
	bytes_u32(out, handler);
	bytes_zeros(out, 12);
	mp4_put_text(out, name);
	mp4_end(out, box);
}

static void put_dinf(struct bytes *out)	/* 8.7.1, 8.7.2: the media are in this file */
{
	size_t dinf = mp4_begin(out, MP4_BOX('d', 'i', 'n', 'f'));
	size_t dref = mp4_begin_full(out, MP4_BOX('d', 'r', 'e', 'f'), 0, 0);

	bytes_u32(out, 1);
	mp4_end(out, mp4_begin_full(out, MP4_BOX('u', 'r', 'l', ' '), 0, 1));
	mp4_end(out, dref);
	mp4_end(out, dinf);
}

static void put_avcc(struct bytes *out, const struct mp4_about *about)	/* 14496-15 5.3.3.1.2 */
{
	size_t box = mp4_begin(out, MP4_BOX('a', 'v', 'c', 'C'));

	bytes_u8(out, 1);
	bytes_add(out, about->sps.bytes + 1, 3);	/* profile, constraints, level */
	bytes_u8(out, 0xfc | 3);		/* lengths of four bytes */
	bytes_u8(out, 0xe0 | 1);
	bytes_u16(out, (uint16_t)about->sps.len_bytes);
	bytes_add(out, about->sps.bytes, about->sps.len_bytes);
	bytes_u8(out, 1);
	bytes_u16(out, (uint16_t)about->pps.len_bytes);
	bytes_add(out, about->pps.bytes, about->pps.len_bytes);
	mp4_end(out, box);
}

static size_t begin_entry(struct bytes *out, uint32_t type)	/* 8.5.2.2 */
{
	size_t box = mp4_begin(out, type);

	bytes_zeros(out, 6);
	bytes_u16(out, 1);	/* data reference */
	return box;
}

static void put_video_entry(struct bytes *out, const struct mp4_about *about)	/* 12.1.3 */
{
	size_t box = begin_entry(out, MP4_BOX('a', 'v', 'c', '3'));

	bytes_zeros(out, 16);
	bytes_u16(out, about->width);
	bytes_u16(out, about->height);
	bytes_u32(out, DPI_72);
	bytes_u32(out, DPI_72);
	bytes_u32(out, 0);
	bytes_u16(out, 1);
	bytes_zeros(out, 32);
	bytes_u16(out, 24);
	bytes_u16(out, 0xffff);
	put_avcc(out, about);
	mp4_end(out, box);
}

static void put_text_entry(struct bytes *out, const struct mp4_about *about)	/* 12.3.3 */
{
	size_t box = begin_entry(out, MP4_BOX('m', 'e', 't', 't'));

	(void)about;
	mp4_put_text(out, "");
	mp4_put_text(out, "application/json");
	mp4_end(out, box);
}

/* "Encapsulation of Opus in ISO Base Media File Format" 0.8.1, 4.3.1 and 4.3.2 */
static void put_sound_entry(struct bytes *out, const struct mp4_about *about)
{
	size_t box = begin_entry(out, MP4_BOX('O', 'p', 'u', 's')), dops;

	bytes_zeros(out, 8);
	bytes_u16(out, 1);		/* channels */
	bytes_u16(out, 16);
	bytes_u32(out, 0);
	bytes_u32(out, UINT32_C(48000) << 16);
	dops = mp4_begin(out, MP4_BOX('d', 'O', 'p', 's'));
	bytes_u8(out, 0);
	bytes_u8(out, 1);
	bytes_u16(out, about->sound_pre_skip);
	bytes_u32(out, 48000);
	bytes_u16(out, 0);		/* gain */
	bytes_u8(out, 0);		/* mapping family */
	mp4_end(out, dops);
	mp4_end(out, box);
}

static void put_stbl(struct bytes *out, const struct mp4_about *about,
		     void (*put_entry)(struct bytes *, const struct mp4_about *))
{
	static const uint32_t empty[] = { MP4_BOX('s', 't', 't', 's'), MP4_BOX('s', 't', 's', 'c'),
					  MP4_BOX('s', 't', 'c', 'o') };
	size_t stbl = mp4_begin(out, MP4_BOX('s', 't', 'b', 'l')), box;	/* 8.5.1 */

	box = mp4_begin_full(out, MP4_BOX('s', 't', 's', 'd'), 0, 0);
	bytes_u32(out, 1);
	put_entry(out, about);
	mp4_end(out, box);
	for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
		box = mp4_begin_full(out, empty[i], 0, 0);
		bytes_u32(out, 0);
		mp4_end(out, box);
	}
	box = mp4_begin_full(out, MP4_BOX('s', 't', 's', 'z'), 0, 0);
	bytes_u64(out, 0);
	mp4_end(out, box);
	mp4_end(out, stbl);
}

struct kind {
	uint32_t track, handler;
	const char *name;
	uint32_t media_header, media_header_flags;	/* 12.1.2, 12.2.2, 8.4.5.2 */
	size_t media_header_bytes;
	void (*put_entry)(struct bytes *out, const struct mp4_about *about);
};

static const struct kind kinds[] = {
	{ MP4_TRACK_VIDEO, MP4_BOX('v', 'i', 'd', 'e'), "picture as shown", MP4_BOX('v', 'm', 'h', 'd'), 1, 8,
	  put_video_entry },
	{ MP4_TRACK_TEXT, MP4_BOX('m', 'e', 't', 'a'), "table and events", MP4_BOX('n', 'm', 'h', 'd'), 0, 0,
	  put_text_entry },
	{ MP4_TRACK_SOUND, MP4_BOX('s', 'o', 'u', 'n'), "sound as sent", MP4_BOX('s', 'm', 'h', 'd'), 0, 4,
	  put_sound_entry },
};

static void put_tref(struct bytes *out)	/* 8.3.3: the text describes the picture */
{
	size_t tref = mp4_begin(out, MP4_BOX('t', 'r', 'e', 'f'));
	size_t cdsc = mp4_begin(out, MP4_BOX('c', 'd', 's', 'c'));

	bytes_u32(out, MP4_TRACK_VIDEO);
	mp4_end(out, cdsc);
	mp4_end(out, tref);
}

static void put_trak(struct bytes *out, const struct mp4_about *about, const struct kind *kind)	/* 8.3.1 */
{
	size_t trak = mp4_begin(out, MP4_BOX('t', 'r', 'a', 'k')), mdia, minf, header;

	put_tkhd(out, about, kind->track);
	if (kind->track == MP4_TRACK_TEXT)
		put_tref(out);
	mdia = mp4_begin(out, MP4_BOX('m', 'd', 'i', 'a'));
	put_mdhd(out, about);
	put_hdlr(out, kind->handler, kind->name);
	minf = mp4_begin(out, MP4_BOX('m', 'i', 'n', 'f'));
	header = mp4_begin_full(out, kind->media_header, 0, kind->media_header_flags);
	bytes_zeros(out, kind->media_header_bytes);
	mp4_end(out, header);
	put_dinf(out);
	put_stbl(out, about, kind->put_entry);
	mp4_end(out, minf);
	mp4_end(out, mdia);
	mp4_end(out, trak);
}

static void put_trex(struct bytes *out, uint32_t track)	/* 8.8.3 */
{
	size_t box = mp4_begin_full(out, MP4_BOX('t', 'r', 'e', 'x'), 0, 0);

	bytes_u32(out, track);
	bytes_u32(out, 1);	/* sample description */
	bytes_zeros(out, 12);
	mp4_end(out, box);
}

static void put_uuid(struct bytes *out, const char *json)	/* 4.2, 11.1 */
{
	size_t box = mp4_begin(out, MP4_BOX('u', 'u', 'i', 'd'));

	bytes_add(out, mp4_uuid, sizeof mp4_uuid);
	bytes_add(out, json, strlen(json));
	mp4_end(out, box);
}

void mp4_put_header(struct bytes *out, const struct mp4_about *about)
{
	size_t count = sizeof kinds / sizeof *kinds - !about->sound, moov, mvex;

	put_ftyp(out);
	moov = mp4_begin(out, MP4_BOX('m', 'o', 'o', 'v'));
	put_mvhd(out, about);
	for (size_t i = 0; i < count; i++)
		put_trak(out, about, &kinds[i]);
	mvex = mp4_begin(out, MP4_BOX('m', 'v', 'e', 'x'));
	for (size_t i = 0; i < count; i++)
		put_trex(out, kinds[i].track);
	mp4_end(out, mvex);
	put_uuid(out, about->json);
	mp4_end(out, moov);
}
