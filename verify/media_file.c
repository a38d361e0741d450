/* SPDX-License-Identifier: GPL-3.0-or-later */
/* media_file.c - from a file to NAL units; and whether a player would show them when they were taken. */
#include "verify/media_file.h"

#include <stdlib.h>

#include "station/base/i18n.h"
#include "verify/mp4_read.h"

#define CLOCK_TOLERANCE_US 1000000
#define LONGEST_US INT64_C(86400000000)	/* no section lasts a day */

/* --- MP4 ------------------------------------------------------------------------------------------- */

/* avcC: SPS and PPS with a length of 16 bits each (ISO/IEC 14496-15 5.3.3.1.2). */
static void give_config(struct media_check *check, const uint8_t *config, size_t len_bytes)
{
	struct h264_reader reader = { config + 5, config + len_bytes, 2, false };
	struct nal nal;

	for (int kind = 0; kind < 2 && reader.at < reader.end; kind++)
		for (unsigned count = *reader.at++ & 0x1f; count && h264_next(&reader, &nal);
		     count--)
			media_check_give(check, &nal, 0);
}

static int give_mp4(struct media_file *file, const uint8_t *bytes, size_t len_bytes,
		    struct err *err)
{
	struct mp4 mp4;
	int rc = mp4_read(&mp4, bytes, len_bytes, err);

	if (rc == 0)
		give_config(file->check, mp4.config, mp4.config_bytes);
	for (size_t i = 0; rc == 0 && i < mp4.count; i++) {
		const uint8_t *sample = bytes + mp4.samples[i].offset;
		struct h264_reader reader = { sample, sample + mp4.samples[i].len_bytes,
					      mp4.length_bytes, false };
		struct nal nal;

		while (h264_next(&reader, &nal))
			media_check_give(file->check, &nal, mp4_time_us(&mp4, &mp4.samples[i]));
		file->broken_samples |= reader.broken;
	}
	file->in_mp4 = true;
	file->cut_off = mp4.cut_off;
	file->reordered = mp4.reordered;
	file->edited = mp4.edited;
	file->other_tracks = mp4.other_tracks;
	mp4_clear(&mp4);
	return rc;
}

/* --- a byte stream --------------------------------------------------------------------------------- */

static int give_stream(struct media_file *file, const uint8_t *bytes, size_t len_bytes,
		       struct err *err)
{
	struct h264_reader reader = { bytes, bytes + len_bytes, 0, false };
	bool known = false;
	struct nal nal;

	while (h264_next(&reader, &nal)) {
		known |= nal_type(&nal) == NAL_TYPE_SPS;
		media_check_give(file->check, &nal, MEDIA_TIME_UNKNOWN);
	}
	return known ? 0
		     : err_set(err, ERR_UNSUPPORTED, "%s",
			       _("it is neither an MP4 file nor an H.264 stream"));
}

/*
 * A stream has no clock: its pictures get the times that their sections claim, one section after the other
 * (the reference signer gives the last one the times of the one before it).
 */
static void take_signed_times(const struct media_result *result)
{
	int64_t begin_us = MEDIA_TIME_UNKNOWN, until_us = 0;

	for (size_t i = 0; i < result->section_count; i++) {
		const struct media_section *section = &result->sections[i];
		int64_t length_us = section->end_utc_us - section->start_utc_us, from_us;
		size_t count = section->end - section->first;

		if (!count || section->start_utc_us == MEDIA_TIME_UNKNOWN || length_us < 0 ||
		    length_us > LONGEST_US)
			continue;
		if (begin_us == MEDIA_TIME_UNKNOWN)
			begin_us = section->start_utc_us;
		from_us = MAX(section->start_utc_us - begin_us, until_us);
		until_us = from_us + length_us;
		for (size_t k = 0; k < count; k++)
			result->pictures[section->first + k].time_us =
				from_us + length_us * (int64_t)k / (int64_t)count;
	}
}

/* --- both ------------------------------------------------------------------------------------------ */

/* No signature covers the container's times; so they must agree with the signed ones, from the first section on. */
static void compare_clocks(struct media_file *file)
{
	const struct media_result *result = file->result;
	int64_t offset_us = 0;
	bool known = false;

	for (size_t i = 0; i < result->section_count; i++) {
		const struct media_section *section = &result->sections[i];
		int64_t found_us;

		if (section->status != MEDIA_OK || section->first == section->end)
			continue;
		found_us = (int64_t)((uint64_t)section->start_utc_us -
				     (uint64_t)result->pictures[section->first].time_us);
		if (!known)
			offset_us = found_us;
		known = true;
		found_us = (int64_t)((uint64_t)found_us - (uint64_t)offset_us);
		if (found_us > CLOCK_TOLERANCE_US || found_us < -CLOCK_TOLERANCE_US) {
			file->clock_off_us = found_us;
			file->clock_off_picture = section->first;
			return;
		}
	}
}

int media_file_check(struct media_file *out, const uint8_t *bytes, size_t len_bytes, X509 *root,
		     struct err *err)
{
	int rc;

	*out = (struct media_file){ .check = media_check_new(root) };
	if (!out->check)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = mp4_is(bytes, len_bytes) ? give_mp4(out, bytes, len_bytes, err)
				      : give_stream(out, bytes, len_bytes, err);
	if (rc < 0)
		return rc;
	out->result = media_check_end(out->check);
	if (out->in_mp4)
		compare_clocks(out);
	else
		take_signed_times(out->result);
	return 0;
}

void media_file_clear(struct media_file *file)
{
	media_check_free(file->check);
	*file = (struct media_file){ .check = NULL };
}

bool media_file_good(const struct media_file *file)
{
	return media_result_good(file->result) && !file->cut_off && !file->reordered &&
	       !file->edited && !file->broken_samples && !file->clock_off_us;
}
