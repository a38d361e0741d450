/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_check.h - which pictures of an H.264 stream are those that a station signed (ONVIF Media Signing).
 *
 * Give it every NAL unit in decoding order, then ask for the result. Where the reference validator
 * judges a section by what it received of the one before, this one goes by the list of hashes that was
 * signed; so a loss is told where it is, and not once more in the next section.
 */
#ifndef OSTEND_VERIFY_MEDIA_CHECK_H
#define OSTEND_VERIFY_MEDIA_CHECK_H

#include "verify/chain.h"
#include "verify/h264.h"
#include "verify/signed_sei.h"

#define MEDIA_TIME_UNKNOWN INT64_MIN

enum media_status {		/* of a section; the worst last */
	MEDIA_OK,
	MEDIA_NOT_FEASIBLE,	/* it signs pictures from before the beginning of this file */
	MEDIA_MISSING,		/* pictures are missing, the others are right */
	MEDIA_NOT_OK,
};

enum picture_status { PICTURE_PENDING, PICTURE_OK, PICTURE_UNSIGNED, PICTURE_CHANGED };

enum media_provenance {
	PROVENANCE_NONE,	/* no root given, or nothing signed */
	PROVENANCE_OK,		/* at the claimed times */
	PROVENANCE_OTHER_TIME,	/* the chain is good, but not at the claimed times; today it is */
	PROVENANCE_BAD,
};

struct media_picture {
	int64_t time_us;		/* in the file, from 0; MEDIA_TIME_UNKNOWN */
	uint32_t missing_before, missing_after;	/* signed slices that are not here */
	bool keyframe;
	bool incomplete;		/* some of its slices seem to be among the missing ones */
	uint8_t status;
	uint32_t slices, waiting;	/* waiting: nothing has been said about them */
};

struct media_section {
	enum media_status status;
	uint32_t counter;
	int64_t start_utc_us, end_utc_us;
	size_t first, end;		/* pictures of it that are here, by index; equal: none */
	uint32_t count, missing, wrong;	/* slices signed, missing, and here but not signed */
	bool broken;			/* signature, place or link are wrong, whatever its pictures are */
	char why[256];			/* "" when OK */
};

struct media_result {
	struct media_picture *pictures;
	size_t picture_count, pending, authentic, incomplete, unsigned_count, changed;
	struct media_section *sections;
	size_t section_count;
	uint32_t missing;
	enum media_status worst;		/* of the sections */
	enum media_provenance provenance;
	char provenance_why[256];
	struct chain chain;			/* of the first signature; count 0: none */
	uint32_t first_counter, last_counter;	/* of the sections that are in this file */
	struct tlog_hash first_link, last_link;	/* last_link: what the section after the last one must name */
	bool sections_known;			/* the four above are set */
	bool list_missing;			/* some SEI have no hash list */
	uint32_t unprotected;			/* units with picture data of kinds that nobody signs */
	bool parameters_known, parameters_changed;
	uint8_t parameters_sha256[32];		/* of the first SPS and the first PPS, one after the other */
	char trouble[256];			/* why the check could not go on; "" */
};

struct media_check;

/** @root borrowed until media_check_free; NULL: provenance stays unknown. NULL: no memory. */
struct media_check *media_check_new(X509 *root);
struct media_check *media_check_free(struct media_check *check);

/** @time_us of the access unit in the file. */
void media_check_give(struct media_check *check, const struct nal *nal, int64_t time_us);
/** Nothing comes after. The result belongs to @check. */
const struct media_result *media_check_end(struct media_check *check);

/** Everything is signed, right, complete as far as a file can show it, and by a signer of the root. */
bool media_result_good(const struct media_result *result);

#endif
