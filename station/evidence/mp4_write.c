/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fragment is collected as two payloads, the pictures' and the texts', and two lists of samples; when it is
 * complete, moof and mdat are put together and written in one piece.
 */
#include "station/evidence/mp4_write.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "station/evidence/mp4_header.h"

#define SAMPLES_MAX 128		/* pictures, or texts, in a fragment; one that is full is written */

#define SAMPLE_SYNC 0x02000000		/* depends on no other (8.8.3.1) */
#define SAMPLE_NOT_SYNC 0x01010000

#define BASE_IS_MOOF 0x020000		/* tfhd, 8.8.7 */
#define TRUN_OFFSET 0x001		/* trun, 8.8.8 */
#define TRUN_DURATION 0x100
#define TRUN_SIZE 0x200
#define TRUN_FLAGS 0x400

struct sample {
	uint64_t time_90k;
	uint32_t size, flags;
};

struct part {			/* of one track, in the fragment that is being collected */
	struct bytes payload;
	struct sample samples[SAMPLES_MAX];
	uint32_t count;
	uint64_t next_90k;	/* the earliest time of what comes next */
};

struct mp4_writer {
	struct mp4_config config;
	struct part video, text;
	struct bytes out;
	struct mp4_index index;
	struct mp4_stats stats;
	uint64_t offset;		/* bytes written */
	int failed;			/* an ERR_*: nothing more is written */
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "recording: out of memory");
}

static uint64_t file_time(const struct mp4_writer *writer, uint64_t mono_ns)
{
	return mono_ns > writer->config.begun_mono_ns ?
	       (mono_ns - writer->config.begun_mono_ns) * 9 / 100000 : 0;
}

static int write_out(struct mp4_writer *writer, struct err *err)
{
	struct bytes *out = &writer->out;
	int rc;

	if (!bytes_ok(out))
		rc = no_memory(err);
	else
		rc = writer->config.write(writer->config.owner, out->data, out->len, err);
	writer->offset += out->len;
	out->len = 0;
	writer->failed = rc < 0 ? rc : 0;
	return writer->failed;
}

/* --- a fragment ---------------------------------------------------------------------------------- */

/* Returns where the data offset stands, to be filled in. */
static size_t put_trun(struct bytes *out, const struct part *part, uint32_t count, uint64_t end_90k,
		       bool flags)
{
	size_t box = mp4_begin_full(out, MP4_BOX('t', 'r', 'u', 'n'), 0,
				    TRUN_OFFSET | TRUN_DURATION | TRUN_SIZE | (flags ? TRUN_FLAGS : 0));
	size_t place;

	bytes_u32(out, count);
	place = out->len;
	bytes_u32(out, 0);
	for (uint32_t i = 0; i < count; i++) {
		const struct sample *sample = &part->samples[i];
		uint64_t next_90k = i + 1 < count ? sample[1].time_90k : end_90k;

		bytes_u32(out, (uint32_t)(next_90k - sample->time_90k));
		bytes_u32(out, sample->size);
		if (flags)
			bytes_u32(out, sample->flags);
	}
	mp4_end(out, box);
	return place;
}

static size_t put_traf(struct bytes *out, const struct part *part, uint32_t count, uint32_t track,
		       uint64_t end_90k)
{
	size_t traf = mp4_begin(out, MP4_BOX('t', 'r', 'a', 'f')), box, place;

	box = mp4_begin_full(out, MP4_BOX('t', 'f', 'h', 'd'), 0, BASE_IS_MOOF);
	bytes_u32(out, track);
	mp4_end(out, box);
	box = mp4_begin_full(out, MP4_BOX('t', 'f', 'd', 't'), 1, 0);
	bytes_u64(out, part->samples[0].time_90k);
	mp4_end(out, box);
	place = put_trun(out, part, count, end_90k, track == MP4_TRACK_VIDEO);
	mp4_end(out, traf);
	return place;
}

static size_t payload_of(const struct part *part, uint32_t count)
{
	size_t len = 0;

	for (uint32_t i = 0; i < count; i++)
		len += part->samples[i].size;
	return len;
}

static void put_fragment(struct mp4_writer *writer, uint32_t count, uint64_t end_90k)
{
	const struct part *video = &writer->video, *text = &writer->text;
	struct bytes *out = &writer->out;
	size_t moof = mp4_begin(out, MP4_BOX('m', 'o', 'o', 'f')), mdat, video_place, text_place = 0;
	size_t box = mp4_begin_full(out, MP4_BOX('m', 'f', 'h', 'd'), 0, 0);

	bytes_u32(out, (uint32_t)writer->stats.fragments + 1);
	mp4_end(out, box);
	video_place = put_traf(out, video, count, MP4_TRACK_VIDEO, end_90k);
	if (text->count)
		text_place = put_traf(out, text, text->count, MP4_TRACK_TEXT, MAX(end_90k, text->next_90k));
	mp4_end(out, moof);
	mdat = mp4_begin(out, MP4_BOX('m', 'd', 'a', 't'));
	bytes_set_u32(out, video_place, (uint32_t)(out->len - moof));
	bytes_add(out, video->payload.data, payload_of(video, count));
	if (text->count)
		bytes_set_u32(out, text_place, (uint32_t)(out->len - moof));
	bytes_add(out, text->payload.data, text->payload.len);
	mp4_end(out, mdat);
}

/* Take the first @count pictures, and all texts, out of what is collected. */
static void drop_written(struct mp4_writer *writer, uint32_t count)
{
	struct part *video = &writer->video;
	size_t len = payload_of(video, count);

	video->count -= count;
	video->payload.len -= len;
	memmove(video->samples, video->samples + count, video->count * sizeof *video->samples);
	memmove(video->payload.data, video->payload.data + len, video->payload.len);
	writer->text.count = 0;
	writer->text.payload.len = 0;
}

/* The first @count pictures collected, the last of them lasting until @end_90k. */
static int write_fragment(struct mp4_writer *writer, uint32_t count, uint64_t end_90k, struct err *err)
{
	struct part *video = &writer->video, *text = &writer->text;
	int rc = 0;

	if (!count)
		return 0;
	if (!bytes_ok(&video->payload) || !bytes_ok(&text->payload))
		rc = no_memory(err);
	else if (video->samples[0].flags == SAMPLE_SYNC)
		rc = mp4_index_add(&writer->index, video->samples[0].time_90k, writer->offset, err);
	if (rc < 0)
		return writer->failed = rc;
	put_fragment(writer, count, end_90k);
	rc = write_out(writer, err);
	if (rc < 0)
		return rc;
	writer->stats.fragments++;
	writer->stats.frames += count;
	writer->stats.written_ns = writer->config.begun_mono_ns + end_90k * 100000 / 9;
	text->next_90k = MAX(end_90k, text->next_90k);
	drop_written(writer, count);
	return 0;
}

/* --- what comes in ------------------------------------------------------------------------------- */

static uint32_t put_nals(struct bytes *out, const uint8_t *bytes, size_t len_bytes)
{
	size_t at = 0, before = out->len;
	struct nal nal;

	while (nal_next(&nal, bytes, len_bytes, &at)) {
		bytes_u32(out, (uint32_t)nal.len_bytes);
		bytes_add(out, nal.bytes, nal.len_bytes);
	}
	return (uint32_t)(out->len - before);
}

static int add_sample(struct part *part, uint64_t time_90k, uint32_t size, uint32_t flags, struct err *err)
{
	if (!bytes_ok(&part->payload))
		return no_memory(err);
	time_90k = MAX(time_90k, part->next_90k);
	part->samples[part->count++] = (struct sample){ time_90k, size, flags };
	part->next_90k = time_90k + 1;	/* no sample lasts no time */
	return 0;
}

/*
 * Make room for a picture of @time_90k, before which the newest one ends: when that makes the fragment too
 * long, the newest goes into the next one; when a further picture would, it is written.
 */
static int make_room(struct mp4_writer *writer, uint64_t time_90k, bool keyframe, struct err *err)
{
	const uint64_t limit_90k = MP4_FRAGMENT_NS * 9 / 100000;
	struct part *video = &writer->video;
	const struct sample *newest = &video->samples[MAX(video->count, 1u) - 1];
	uint64_t lasts_90k = time_90k - newest->time_90k;
	int rc = 0;

	if (!video->count)
		return 0;
	if (time_90k - video->samples[0].time_90k > limit_90k)
		rc = write_fragment(writer, video->count - 1, newest->time_90k, err);
	if (rc == 0 && (keyframe || video->count == SAMPLES_MAX ||
			time_90k + lasts_90k > video->samples[0].time_90k + limit_90k))
		rc = write_fragment(writer, video->count, time_90k, err);
	return rc;
}

int mp4_picture(struct mp4_writer *writer, const uint8_t *bytes, size_t len_bytes, uint64_t captured_ns,
		bool keyframe, struct err *err)
{
	struct part *video = &writer->video;
	uint64_t time_90k = MAX(file_time(writer, captured_ns), video->next_90k);
	uint32_t size;
	int rc = writer->failed;

	if (rc < 0)
		return err_set(err, rc, "recording: it has failed before");
	rc = make_room(writer, time_90k, keyframe, err);
	if (rc < 0)
		return rc;
	size = put_nals(&video->payload, bytes, len_bytes);
	if (!size)
		return err_set(err, ERR_PROTO, "recording: a picture without a NAL unit");
	return add_sample(video, time_90k, size, keyframe ? SAMPLE_SYNC : SAMPLE_NOT_SYNC, err);
}

int mp4_append(struct mp4_writer *writer, const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	struct part *video = &writer->video;

	if (!video->count)
		return err_set(err, ERR_STATE, "recording: no picture for what follows it");
	video->samples[video->count - 1].size += put_nals(&video->payload, bytes, len_bytes);
	return bytes_ok(&video->payload) ? 0 : no_memory(err);
}

int mp4_text(struct mp4_writer *writer, uint64_t mono_ns, const char *json, struct err *err)
{
	struct part *text = &writer->text;
	size_t len_bytes = strlen(json);

	if (len_bytes == 0 || len_bytes > MP4_TEXT_MAX)
		return err_set(err, ERR_RANGE, "recording: a text of %zu bytes", len_bytes);
	if (text->count == SAMPLES_MAX)
		return err_set(err, ERR_FULL, "recording: more than %d texts in a fifth of a second", SAMPLES_MAX);
	bytes_add(&text->payload, json, len_bytes);
	return add_sample(text, file_time(writer, mono_ns), (uint32_t)len_bytes, 0, err);
}

/* --- beginning and end --------------------------------------------------------------------------- */

static int find_parameters(struct mp4_about *about, const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	size_t at = 0;
	struct nal nal;

	while (nal_next(&nal, bytes, len_bytes, &at))
		if (nal_type(&nal) == NAL_TYPE_SPS && nal.len_bytes >= 4 && nal.len_bytes <= UINT16_MAX)
			about->sps = nal;
		else if (nal_type(&nal) == NAL_TYPE_PPS && nal.len_bytes <= UINT16_MAX)
			about->pps = nal;
	if (!about->sps.bytes || !about->pps.bytes)
		return err_set(err, ERR_PROTO, "recording: its first picture has no parameter sets");
	return 0;
}

static char *about_json(const struct mp4_config *config)
{
	json_t *object = json_pack("{s:s, s:I, s:i, s:I, s:I}", "station", config->station, "showing",
				   (json_int_t)config->showing, "number", (int)config->number,
				   "begun_utc_us", (json_int_t)config->begun_utc_us, "begun_mono_ns",
				   (json_int_t)config->begun_mono_ns);
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(object);
	return text;
}

static int write_head(struct mp4_writer *writer, const uint8_t *bytes, size_t len_bytes, struct err *err)
{
	const struct mp4_config *config = &writer->config;
	CLEANUP(util_freep) char *json = about_json(config);
	struct mp4_about about = { .width = config->width, .height = config->height,
				   .begun_utc_us = config->begun_utc_us, .json = json };
	int rc = json ? find_parameters(&about, bytes, len_bytes, err) : no_memory(err);

	if (rc < 0)
		return rc;
	mp4_put_header(&writer->out, &about);
	return write_out(writer, err);
}

int mp4_open(struct mp4_writer **out, const struct mp4_config *config, const uint8_t *bytes,
	     size_t len_bytes, struct err *err)
{
	CLEANUP(mp4_freep) struct mp4_writer *writer = calloc(1, sizeof *writer);
	int rc;

	if (!writer)
		return no_memory(err);
	writer->config = *config;
	rc = write_head(writer, bytes, len_bytes, err);
	if (rc < 0)
		return rc;
	writer->config.station = NULL;	/* borrowed for the head only */
	*out = MOVE(writer);
	return 0;
}

struct mp4_writer *mp4_free(struct mp4_writer *writer)
{
	if (!writer)
		return NULL;
	bytes_clear(&writer->video.payload);
	bytes_clear(&writer->text.payload);
	bytes_clear(&writer->out);
	free(writer->index.places);
	free(writer);
	return NULL;
}

int mp4_finish(struct mp4_writer *writer, uint64_t end_ns, struct err *err)
{
	CLEANUP(util_freep) void *bytes = NULL;
	size_t len_bytes = 0;
	int rc = writer->failed;

	if (rc < 0)
		return err_set(err, rc, "recording: it has failed before");
	rc = write_fragment(writer, writer->video.count, MAX(file_time(writer, end_ns), writer->video.next_90k), err);
	if (rc == 0)
		rc = mp4_index_bytes(&writer->index, &bytes, &len_bytes, err);
	if (rc < 0)
		return rc;
	bytes_add(&writer->out, bytes, len_bytes);
	return write_out(writer, err);
}

void mp4_stats(const struct mp4_writer *writer, struct mp4_stats *out)
{
	*out = writer->stats;
}
