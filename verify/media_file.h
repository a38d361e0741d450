/* SPDX-License-Identifier: GPL-3.0-or-later */
/* media_file.h - a recording, MP4 or bare H.264, through the check of its signatures. Pure. */
#ifndef OSTEND_VERIFY_MEDIA_FILE_H
#define OSTEND_VERIFY_MEDIA_FILE_H

#include "verify/media_check.h"

struct media_file {
	struct media_check *check;
	const struct media_result *result;
	bool in_mp4, cut_off, reordered, edited, broken_samples;
	unsigned other_tracks;
	int64_t clock_off_us;	/* the file's clock and the signed one drift apart by that much; 0: less than 1 s */
	size_t clock_off_picture;
};

/**
 * Check @bytes by @root (NULL: none). @out for media_file_clear, also after a failure.
 *
 * @return 0: there is a result, whatever it says; ERR_PROTO or ERR_UNSUPPORTED: this is no such file; ERR_NOMEM
 */
int media_file_check(struct media_file *out, const uint8_t *bytes, size_t len_bytes, X509 *root,
		     struct err *err);
void media_file_clear(struct media_file *file);

/** As media_result_good, and nothing about the file itself is wrong. */
bool media_file_good(const struct media_file *file);

#endif
