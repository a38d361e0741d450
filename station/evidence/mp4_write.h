/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mp4_write.h - a recording as fragmented MP4 (ISO/IEC 14496-12 8.8): pictures and texts in, whole boxes out.
 *
 *	ftyp moov | moof mdat | moof mdat | ... | mfra
 *
 * A fragment lasts at most MP4_FRAGMENT_NS, or is one picture; a keyframe always begins one. NAL units are
 * kept byte for byte, with a length of four bytes in place of the start code. How long a picture lasts is
 * known when the next one is there, so the newest is always still in memory. No I/O of its own. One thread.
 */
#ifndef OSTEND_EVIDENCE_MP4_WRITE_H
#define OSTEND_EVIDENCE_MP4_WRITE_H

#include "station/base/err.h"

#define MP4_FRAGMENT_NS UINT64_C(200000000)
#define MP4_TEXT_MAX 4096

struct mp4_writer;

struct mp4_config {
	const char *station;
	int64_t showing;
	uint32_t number;
	uint16_t width, height;
	uint64_t begun_utc_us, begun_mono_ns;	/* of the first picture */
	/** One whole part: the head, a fragment, the end. Its error is handed on, and nothing more is given. */
	int (*write)(void *owner, const void *bytes, size_t len_bytes, struct err *err);
	void *owner;
};

struct mp4_stats {
	uint64_t frames, fragments;	/* written */
	uint64_t written_ns;		/* monotonic: the end of the newest picture that is written */
};

/**
 * Write the head. @bytes (Annex B) is the first picture, a keyframe with SPS and PPS; it is to be given by
 * mp4_picture as well.
 *
 * @out the caller's; untouched on failure
 * @return 0; ERR_PROTO without parameter sets; ERR_NOMEM; what write returned
 */
int mp4_open(struct mp4_writer **out, const struct mp4_config *config, const uint8_t *bytes,
	     size_t len_bytes, struct err *err);
struct mp4_writer *mp4_free(struct mp4_writer *writer);	/* writes nothing; NULL is fine; returns NULL */
DEFINE_FREEP(mp4_free, struct mp4_writer *)

/** The next picture, later than the one before. ERR_PROTO without a NAL unit; ERR_NOMEM; write's. */
int mp4_picture(struct mp4_writer *writer, const uint8_t *bytes, size_t len_bytes, uint64_t captured_ns,
		bool keyframe, struct err *err);
/** NAL units without a picture, behind those of the newest one. ERR_STATE before the first; ERR_NOMEM. */
int mp4_append(struct mp4_writer *writer, const uint8_t *bytes, size_t len_bytes, struct err *err);
/**
 * A text of the timed track, of the time @mono_ns; one that comes late is put at the earliest time that is
 * not yet written. ERR_RANGE when longer than MP4_TEXT_MAX, ERR_NOMEM.
 */
int mp4_text(struct mp4_writer *writer, uint64_t mono_ns, const char *json, struct err *err);

/** Write what is left, the newest picture lasting until @end_ns, and the index for seeking. */
int mp4_finish(struct mp4_writer *writer, uint64_t end_ns, struct err *err);

void mp4_stats(const struct mp4_writer *writer, struct mp4_stats *out);

/*
 * The index at the end of a file (8.8.10): where each fragment that begins with a keyframe is. Also for
 * files that are closed after a failure.
 */
struct mp4_index {
	struct mp4_place {
		uint64_t time_90k, moof_offset;
	} *places;		/* free() */
	size_t count, size;
};

int mp4_index_add(struct mp4_index *index, uint64_t time_90k, uint64_t moof_offset, struct err *err);
/** The mfra box, for free(). ERR_NOMEM */
int mp4_index_bytes(const struct mp4_index *index, void **bytes, size_t *len_bytes, struct err *err);

#endif
