/* SPDX-License-Identifier: GPL-3.0-or-later */
/* media_check_own.h - what media_check.c and media_section.c share. */
#ifndef OSTEND_VERIFY_MEDIA_CHECK_OWN_H
#define OSTEND_VERIFY_MEDIA_CHECK_OWN_H

#include "verify/media_check.h"

#define QUEUE_MAX 8192		/* slices waiting for their signature: more than four minutes at 30 pictures/s */

/* A slice that no section has claimed yet. */
struct waiting {
	struct tlog_hash hash;		/* with its anchor: as it stands in a list */
	bool begins_gop;
	size_t picture;
};

struct media_check {
	X509 *root;
	struct media_result result;
	size_t picture_room, section_room;

	struct waiting queue[QUEUE_MAX];
	size_t queued;
	bool anchored;			/* an IDR has been seen */
	struct tlog_hash anchor;

	struct chain chain;		/* of the newest SEI that had one */
	bool any_sei, any_found;	/* found: a section of which something is here */
	bool previous_known;		/* the last section with a valid signature, found or not */
	bool previous_first_known;
	uint32_t previous_counter;
	struct tlog_hash previous_first;
	size_t previous;		/* its index in result.sections */
	uint32_t previous_tail;		/* slices missing at its end, which may yet prove to be changed ones */
	unsigned unmatched;		/* sections signed, of which nothing was found, before any was */
	size_t claimed_in_vain;		/* so many at the queue's front, by SEI that are not valid or do not fit */

	bool sps_known, pps_known;
	struct tlog_hash sps, pps;
	EVP_MD_CTX *parameters;
};

/** Judge the section that @sei signs by what waits in the queue; what it claims leaves the queue. */
void media_section_judge(struct media_check *check, const struct signed_sei *sei);
/** A section that is not OK, with its reason. @sei NULL: it cannot be read. Claims nothing. */
struct media_section *media_section_refuse(struct media_check *check, const struct signed_sei *sei,
					   const char *why);
/** How many at the queue's front @sei speaks of, going by GOPs and its number alone. */
size_t media_section_claim(const struct media_check *check, const struct signed_sei *sei);

/** What is said of the slice at @index of the queue. */
void media_queue_judge(struct media_check *check, size_t index, enum picture_status status);
/** Take @count slices, all judged, from the queue's front. */
void media_queue_drop(struct media_check *check, size_t count);

#endif
