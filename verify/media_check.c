/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_check.c - slices are hashed into a queue; each signed SEI claims its section from the queue's front.
 *
 *	NAL unit --slice--> hash with the anchor of its GOP --> queue --+-- media_section_judge --> pictures, sections
 *	         `--SEI---> chain, key, signature ----------------------'
 */
#include "verify/media_check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "station/base/i18n.h"
#include "verify/media_check_own.h"

#define PICTURES_MAX 8000000	/* three days at 30 pictures/s */
#define SECTIONS_MAX 4000000

struct media_check *media_check_new(X509 *root)
{
	struct media_check *check = calloc(1, sizeof *check);

	if (!check)
		return NULL;
	check->root = root;
	check->parameters = EVP_MD_CTX_new();
	return check->parameters ? check : media_check_free(check);
}

struct media_check *media_check_free(struct media_check *check)
{
	if (!check)
		return NULL;
	chain_clear(&check->chain);
	chain_clear(&check->result.chain);
	EVP_MD_CTX_free(check->parameters);
	free(check->result.pictures);
	free(check->result.sections);
	free(check);
	return NULL;
}

static void give_up(struct media_check *check, const char *why)
{
	if (!check->result.trouble[0])
		snprintf(check->result.trouble, sizeof check->result.trouble, "%s", why);
}

/* Room for one more of @size bytes in an array that doubles; false: it must not or cannot grow. */
static bool grow(void **array, size_t *room, size_t count, size_t size, size_t limit)
{
	size_t wanted = *room ? *room * 2 : 256;
	void *larger;

	if (count < *room)
		return true;
	larger = count < limit ? realloc(*array, wanted * size) : NULL;
	if (!larger)
		return false;
	*array = larger;
	*room = wanted;
	return true;
}

/* --- the queue ------------------------------------------------------------------------------------- */

void media_queue_judge(struct media_check *check, size_t index, enum picture_status status)
{
	struct media_picture *picture = &check->result.pictures[check->queue[index].picture];

	if (picture->waiting)
		picture->waiting--;
	picture->status = MAX(picture->status, status);
}

void media_queue_drop(struct media_check *check, size_t count)
{
	check->queued -= count;
	memmove(check->queue, check->queue + count, check->queued * sizeof *check->queue);
	check->claimed_in_vain -= MIN(check->claimed_in_vain, count);
}

static void drop_unsigned(struct media_check *check, size_t count)
{
	for (size_t i = 0; i < count; i++)
		media_queue_judge(check, i, PICTURE_UNSIGNED);
	media_queue_drop(check, count);
}

/* --- slices ---------------------------------------------------------------------------------------- */

static struct tlog_hash sha256(const void *bytes, size_t len_bytes)
{
	struct tlog_hash hash;

	if (EVP_Digest(bytes, len_bytes, hash.bytes, NULL, EVP_sha256(), NULL) != 1)
		abort();	/* no memory for a hash: nothing that is said after would be true */
	return hash;
}

static struct tlog_hash hash_with_anchor(const struct tlog_hash *anchor,
					 const struct tlog_hash *own)
{
	struct tlog_hash both[2] = { *anchor, *own };

	return sha256(both, sizeof both);
}

static bool add_picture(struct media_check *check, bool keyframe, int64_t time_us)
{
	struct media_result *result = &check->result;

	if (!grow((void **)&result->pictures, &check->picture_room, result->picture_count,
		  sizeof *result->pictures, PICTURES_MAX)) {
		give_up(check, _("it has more pictures than this program can keep in mind"));
		return false;
	}
	result->pictures[result->picture_count++] =
		(struct media_picture){ .time_us = time_us, .keyframe = keyframe };
	return true;
}

static void enqueue(struct media_check *check, struct waiting slice)
{
	if (check->queued == QUEUE_MAX)
		drop_unsigned(check, QUEUE_MAX / 2);
	check->queue[check->queued++] = slice;
	check->result.pictures[slice.picture].waiting++;
	check->result.pictures[slice.picture].slices++;
}

static void give_slice(struct media_check *check, const struct nal *nal, int64_t time_us)
{
	bool idr = nal_type(nal) == NAL_TYPE_IDR, first = h264_begins_picture(nal);
	struct waiting slice = { .hash = sha256(nal->bytes, nal->len_bytes),
				 .begins_gop = idr && first };

	if ((first || !check->result.picture_count) && !add_picture(check, idr, time_us))
		return;
	slice.picture = check->result.picture_count - 1;
	if (slice.begins_gop) {
		check->anchor = slice.hash;
		check->anchored = true;
	} else {
		slice.hash = hash_with_anchor(&check->anchor, &slice.hash);
	}
	if (check->anchored)
		enqueue(check, slice);
	else	/* a file that begins in mid-GOP: what these pictures hang on is not here */
		check->result.pictures[slice.picture].status = PICTURE_UNSIGNED;
}

/* --- parameter sets: no SEI protects them ---------------------------------------------------------- */

static void give_parameters(struct media_check *check, const struct nal *nal, bool *known,
			    struct tlog_hash *kept)
{
	struct tlog_hash hash = sha256(nal->bytes, nal->len_bytes);

	if (*known) {
		check->result.parameters_changed |= !tlog_equal(kept, &hash);
		return;
	}
	*known = true;
	*kept = hash;
	/* SPS first: a PPS without one before it cannot be used, nor is it hashed */
	if (check->sps_known && EVP_MD_CTX_get0_md(check->parameters) == NULL &&
	    EVP_DigestInit_ex(check->parameters, EVP_sha256(), NULL) != 1)
		abort();
	if (check->sps_known &&
	    EVP_DigestUpdate(check->parameters, nal->bytes, nal->len_bytes) != 1)
		abort();
}

/* --- signatures ------------------------------------------------------------------------------------ */

static bool add_section(struct media_check *check)
{
	struct media_result *result = &check->result;

	if (!grow((void **)&result->sections, &check->section_room, result->section_count,
		  sizeof *result->sections, SECTIONS_MAX)) {
		give_up(check, _("it has more signatures than this program can keep in mind"));
		return false;
	}
	return true;
}

struct media_section *media_section_refuse(struct media_check *check, const struct signed_sei *sei,
					   const char *why)
{
	static struct media_section nowhere;	/* written, never read: there is no room for more */
	struct media_section *section;

	if (!add_section(check))
		return &nowhere;
	section = &check->result.sections[check->result.section_count++];
	*section = (struct media_section){ .status = MEDIA_NOT_OK, .broken = true,
					   .start_utc_us = MEDIA_TIME_UNKNOWN,
					   .end_utc_us = MEDIA_TIME_UNKNOWN };
	if (sei && sei->has_general) {
		section->counter = sei->counter;
		section->start_utc_us = sei->start_utc_us;
		section->end_utc_us = sei->end_utc_us;
		section->count = sei->list ? sei->list_count : sei->count;
	}
	section->first = section->end = check->queued ? check->queue[0].picture
						      : check->result.picture_count;
	snprintf(section->why, sizeof section->why, "%s", why);
	return section;
}

/* The chain that @sei brings is the one to go by from here on, unless its key is another than that before. */
static int take_chain(struct media_check *check, const struct signed_sei *sei, struct err *err)
{
	struct chain chain = { .count = 0 };
	int rc;

	if (!sei->chain)
		return check->chain.count
			       ? 0
			       : err_set(err, ERR_PROTO, "%s", _("it comes without a certificate"));
	rc = chain_read(&chain, sei->chain, sei->chain_bytes, err);
	if (rc < 0)
		return rc;
	if (check->chain.count &&
	    EVP_PKEY_eq(X509_get0_pubkey(chain.certificates[0]),
			X509_get0_pubkey(check->chain.certificates[0])) != 1) {
		chain_clear(&chain);
		return err_set(err, ERR_TAMPER, "%s",
			       _("it is signed with another key than what comes before"));
	}
	chain_clear(&check->chain);
	check->chain = chain;
	return 0;
}

/* A chain that does not reach the root is told apart from pictures that were changed. */
static void judge_provenance(struct media_check *check, const struct signed_sei *sei)
{
	struct media_result *result = &check->result;
	enum media_provenance found = PROVENANCE_OK;
	struct err err = { .text = "" };
	int rc;

	if (!check->root)
		return;
	rc = chain_verify(&check->chain, check->root, sei->start_utc_us, &err);
	if (rc == 0)
		rc = chain_check_signer(check->chain.certificates[0], &err);
	else if (rc == ERR_TIMEOUT &&
		 chain_verify(&check->chain, check->root, (int64_t)time(NULL) * 1000000, NULL) == 0)
		found = PROVENANCE_OTHER_TIME;
	if (rc < 0 && found == PROVENANCE_OK)
		found = PROVENANCE_BAD;
	if (found > result->provenance) {
		result->provenance = found;
		memcpy(result->provenance_why, err.text, sizeof err.text);
	}
}

static void keep_first_chain(struct media_check *check)
{
	struct chain *kept = &check->result.chain;

	if (kept->count)
		return;
	for (; kept->count < check->chain.count; kept->count++) {
		kept->certificates[kept->count] = check->chain.certificates[kept->count];
		X509_up_ref(kept->certificates[kept->count]);
	}
}

static void refuse_claim(struct media_check *check, const struct signed_sei *sei, const char *why)
{
	media_section_refuse(check, sei, why);
	if (sei->has_general)
		check->claimed_in_vain = MAX(check->claimed_in_vain,
					     media_section_claim(check, sei));
}

static void give_sei(struct media_check *check, const struct nal *nal)
{
	struct signed_sei sei;
	struct err err;
	int rc = signed_sei_read(&sei, nal, &err);

	check->any_sei = true;
	if (rc == 0 && !sei.is_signed)
		rc = err_set(&err, ERR_UNSUPPORTED, "%s", _("it is without a signature"));
	if (rc == 0)
		rc = take_chain(check, &sei, &err);
	if (rc == 0)
		rc = signed_sei_verify(&sei, check->chain.certificates[0], &err);
	if (rc < 0) {
		refuse_claim(check, &sei, err.text);
	} else if (!sei.certificate) {
		keep_first_chain(check);
		judge_provenance(check, &sei);
		if (add_section(check))
			media_section_judge(check, &sei);
	}
	signed_sei_clear(&sei);
}

void media_check_give(struct media_check *check, const struct nal *nal, int64_t time_us)
{
	int type = nal_type(nal);

	if (check->result.trouble[0])
		return;
	if (!h264_good_header(nal)) {
		check->result.unprotected++;
	} else if (type == NAL_TYPE_SLICE || type == NAL_TYPE_IDR) {
		give_slice(check, nal, time_us);
	} else if (type == NAL_TYPE_SEI) {
		if (signed_sei_is(nal))
			give_sei(check, nal);
	} else if (type == NAL_TYPE_SPS) {
		give_parameters(check, nal, &check->sps_known, &check->sps);
	} else if (type == NAL_TYPE_PPS) {
		give_parameters(check, nal, &check->pps_known, &check->pps);
	} else if (type < H264_AUD || type > H264_FILLER) {
		check->result.unprotected++;	/* partitions, layers, views: a decoder may show them */
	}
}

/* --- the end --------------------------------------------------------------------------------------- */

/* Where slices are missing, a picture with fewer of them than others have is not whole. */
static void find_incomplete(struct media_result *result)
{
	unsigned slices = 0;

	for (size_t i = 0; i < result->picture_count; i++)
		slices = MAX(slices, result->pictures[i].slices);
	for (size_t i = 0; i < result->picture_count; i++) {
		struct media_picture *picture = &result->pictures[i];
		bool loss = picture->missing_before || picture->missing_after ||
			    (i + 1 < result->picture_count &&
			     result->pictures[i + 1].missing_before);

		picture->incomplete = loss && picture->slices < slices;
	}
}

static void count_pictures(struct media_result *result)
{
	find_incomplete(result);
	for (size_t i = 0; i < result->picture_count; i++) {
		struct media_picture *picture = &result->pictures[i];

		if (picture->waiting && picture->status == PICTURE_OK)
			picture->status = PICTURE_PENDING;
		result->pending += picture->status == PICTURE_PENDING;
		result->authentic += picture->status == PICTURE_OK && !picture->incomplete;
		result->incomplete += picture->status == PICTURE_OK && picture->incomplete;
		result->unsigned_count += picture->status == PICTURE_UNSIGNED;
		result->changed += picture->status == PICTURE_CHANGED;
		result->missing += picture->missing_before + picture->missing_after;
	}
	for (size_t i = 0; i < result->section_count; i++)
		result->worst = MAX(result->worst, result->sections[i].status);
}

const struct media_result *media_check_end(struct media_check *check)
{
	struct media_result *result = &check->result;

	drop_unsigned(check,
		      check->any_sei ? MIN(check->claimed_in_vain, check->queued) : check->queued);
	if (check->sps_known && check->pps_known)
		result->parameters_known =
			EVP_DigestFinal_ex(check->parameters, result->parameters_sha256, NULL) == 1;
	count_pictures(result);
	return result;
}

bool media_result_good(const struct media_result *result)
{
	return result->picture_count && result->authentic == result->picture_count &&
	       !result->missing && result->worst < MEDIA_MISSING && !result->trouble[0] &&
	       !result->unprotected && !result->parameters_changed &&
	       (result->provenance == PROVENANCE_OK || result->provenance == PROVENANCE_OTHER_TIME);
}
