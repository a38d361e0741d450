/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_section.c - what of a signed section is here.
 *
 * The signed list of hashes and the queue of received slices are laid side by side: the longest run of
 * pairs that stand in the same order in both is what is authentic (a longest rising subsequence of the
 * places where the list's hashes were received). Between two pairs, received slices without a partner
 * are changed ones; list entries beyond their number are missing.
 */
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "verify/media_check_own.h"

#define STARTS_MAX 64		/* places where a section without a list is looked for */
#define NOWHERE (-1)

/* A list entry or a received slice, sorted by hash so that equal ones meet. */
struct place {
	struct tlog_hash hash;
	int at;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;
	int order = memcmp(&left->hash, &right->hash, sizeof left->hash);

	return order ? order : left->at - right->at;
}

static struct place *sort_list(const struct signed_sei *sei)
{
	struct place *places = calloc(sei->list_count, sizeof *places);

	for (unsigned i = 0; places && i < sei->list_count; i++) {
		memcpy(places[i].hash.bytes, sei->list + 32 * (size_t)i, 32);
		places[i].at = (int)i;
	}
	if (places)
		qsort(places, sei->list_count, sizeof *places, compare_places);
	return places;
}

static struct place *sort_queue(const struct media_check *check)
{
	struct place *places = calloc(check->queued + 1, sizeof *places);

	for (size_t i = 0; places && i < check->queued; i++)
		places[i] = (struct place){ check->queue[i].hash, (int)i };
	if (places)
		qsort(places, check->queued, sizeof *places, compare_places);
	return places;
}

/* Equal slices (a still picture makes them) pair up in order: the n-th signed with the n-th received. */
static bool find_partners(const struct media_check *check, const struct signed_sei *sei,
			  int *partner)
{
	CLEANUP(util_freep) struct place *list = sort_list(sei);
	CLEANUP(util_freep) struct place *queue = sort_queue(check);
	size_t q = 0;

	if (!list || !queue)
		return false;
	for (unsigned i = 0; i < sei->list_count; i++) {
		int order = -1;

		while (q < check->queued && (order = memcmp(&queue[q].hash, &list[i].hash, 32)) < 0)
			q++;
		partner[list[i].at] = q < check->queued && order == 0 ? queue[q++].at : NOWHERE;
	}
	return true;
}

/*
 * Keep of @partner the longest rising run, by patience sorting: ends[k] is the list entry with the smallest
 * partner that ends a run of k + 1; before[] leads back. Returns the length of the run, or -1.
 */
static int keep_rising(int *partner, unsigned count)
{
	CLEANUP(util_freep) int *ends = calloc(count, sizeof *ends);
	CLEANUP(util_freep) int *before = calloc(count, sizeof *before);
	CLEANUP(util_freep) int *kept = calloc(count, sizeof *kept);
	int length = 0;

	if (!ends || !before || !kept)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		int low = 0, high = length;

		kept[i] = NOWHERE;
		if (partner[i] == NOWHERE)
			continue;
		while (low < high) {
			int middle = (low + high) / 2;

			if (partner[ends[middle]] < partner[i])
				low = middle + 1;
			else
				high = middle;
		}
		before[i] = low ? ends[low - 1] : NOWHERE;
		ends[low] = (int)i;
		length = MAX(length, low + 1);
	}
	for (int at = length ? ends[length - 1] : NOWHERE; at != NOWHERE; at = before[at])
		kept[at] = partner[at];
	memcpy(partner, kept, count * sizeof *kept);
	return length;
}

/* --- claiming from the queue ----------------------------------------------------------------------- */

/* The first slice from @from on that begins a GOP; the queue's end when none does. */
static size_t next_gop(const struct media_check *check, size_t from)
{
	while (from < check->queued && !check->queue[from].begins_gop)
		from++;
	return from;
}

size_t media_section_claim(const struct media_check *check, const struct signed_sei *sei)
{
	size_t count = sei->list ? sei->list_count : sei->count;

	return sei->partial ? MIN(count, check->queued) : next_gop(check, check->queued ? 1 : 0);
}

static void worsen(struct media_section *section, enum media_status status, const char *why)
{
	if (status <= section->status)
		return;
	section->status = status;
	snprintf(section->why, sizeof section->why, "%s", why);
}

static void judge_range(struct media_check *check, size_t from, size_t to,
			enum picture_status status)
{
	while (from < to)
		media_queue_judge(check, from++, status);
}

/* @received slices from @from on have no partner, nor have @listed entries of the list. Returns those missing. */
static uint32_t settle(struct media_check *check, struct media_section *section, size_t from,
		       size_t received, uint32_t listed)
{
	uint32_t missing = listed > received ? listed - (uint32_t)received : 0;

	judge_range(check, from, from + received, PICTURE_CHANGED);
	section->wrong += (uint32_t)received;
	section->missing += missing;
	if (received)
		worsen(section, MEDIA_NOT_OK, _("a picture is not what was signed"));
	else if (missing)
		worsen(section, MEDIA_MISSING, _("pictures are missing"));
	return missing;
}

/* Slices that seemed to be missing at the end of the section before were here, but changed. */
static size_t settle_tail_before(struct media_check *check, size_t received)
{
	uint32_t changed = (uint32_t)MIN(received, check->previous_tail);
	struct media_section *before = &check->result.sections[check->previous];

	if (!changed)
		return 0;
	before->missing -= changed;
	before->wrong += changed;
	worsen(before, MEDIA_NOT_OK, _("a picture is not what was signed"));
	before->end = MAX(before->end, check->queue[changed - 1].picture + 1);
	check->result.pictures[check->queue[0].picture - 1].missing_after -= changed;
	judge_range(check, 0, changed, PICTURE_CHANGED);
	return changed;
}

/* What waits before the first slice of this section; @listed entries of its list come before that one. */
static void settle_front(struct media_check *check, struct media_section *section, size_t received,
			 uint32_t listed, bool lost)
{
	size_t from = lost ? 0 : settle_tail_before(check, received);
	size_t own = lost || !check->any_found ? MIN(received - from, listed) : received - from;
	size_t foreign = received - from - own;

	if (foreign) {		/* section moves: refusing adds one before it */
		judge_range(check, from, from + foreign, PICTURE_UNSIGNED);
		section->wrong += (uint32_t)foreign;
		worsen(section, MEDIA_NOT_OK,
		       _("pictures before it are covered by no valid signature"));
	}
	check->result.pictures[check->queue[received].picture].missing_before +=
		settle(check, section, from + foreign, own, listed);
}

/* Go through the list beside the queue. Returns how many slices this section takes from the queue. */
static size_t settle_pairs(struct media_check *check, struct media_section *section,
			   const struct signed_sei *sei, const int *partner, bool lost)
{
	size_t at = 0;
	uint32_t listed = 0;
	bool first = true;

	for (unsigned i = 0; i < sei->list_count; i++) {
		size_t to = (size_t)partner[i];

		if (partner[i] == NOWHERE) {
			listed++;
			continue;
		}
		if (first)
			settle_front(check, section, to, listed, lost);
		else
			check->result.pictures[check->queue[to].picture].missing_before +=
				settle(check, section, at, to - at, listed);
		if (first)
			section->first = check->queue[to].picture;
		media_queue_judge(check, to, PICTURE_OK);
		first = false;
		listed = 0;
		at = to + 1;
	}
	/* up to the next GOP all is this section's; in mid-GOP what follows may be the next one's */
	if (!sei->partial)
		listed = settle(check, section, at, next_gop(check, at) - at, listed);
	else
		settle(check, section, at, 0, listed);
	check->result.pictures[check->queue[at - 1].picture].missing_after += listed;
	check->previous_tail = sei->partial ? listed : 0;
	return sei->partial ? at : next_gop(check, at);
}

/* --- one section ----------------------------------------------------------------------------------- */

/* Nothing that was signed is here. */
static void judge_absent(struct media_check *check, struct media_section *section,
			 const struct signed_sei *sei)
{
	size_t picture_count = check->result.picture_count;

	if (!check->any_found) {
		worsen(section, MEDIA_NOT_FEASIBLE,
		       _("it signs pictures from before the beginning of this file"));
		if (check->unmatched++)	/* one, or two, may be left over from before; then they are about this file */
			check->claimed_in_vain = MAX(check->claimed_in_vain,
						     media_section_claim(check, sei));
		return;
	}
	section->missing = section->count;
	worsen(section, MEDIA_NOT_OK, _("none of the pictures that it signs is here"));
	if (check->queued)
		check->result.pictures[check->queue[0].picture].missing_before += section->count;
	else if (picture_count)
		check->result.pictures[picture_count - 1].missing_after += section->count;
}

static void judge_by_list(struct media_check *check, struct media_section *section,
			  const struct signed_sei *sei, bool lost)
{
	CLEANUP(util_freep) int *partner = calloc(sei->list_count, sizeof *partner);
	int found = -1;
	size_t taken;

	check->previous_first_known = true;
	if (partner && find_partners(check, sei, partner))
		found = keep_rising(partner, sei->list_count);
	if (found < 0) {
		snprintf(check->result.trouble, sizeof check->result.trouble, "%s",
			 _("out of memory"));
		return;
	}
	if (found == 0) {
		judge_absent(check, section, sei);
	} else {
		taken = settle_pairs(check, section, sei, partner, lost);
		section->end = check->queue[taken - 1].picture + 1;
		check->any_found = true;
		media_queue_drop(check, taken);
	}
	memcpy(check->previous_first.bytes, sei->list, 32);
}

static bool hashes_to(const struct media_check *check, size_t from, const struct signed_sei *sei)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct tlog_hash hash;
	bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

	for (size_t i = from; good && i < from + sei->count; i++)
		good = EVP_DigestUpdate(context, check->queue[i].hash.bytes, 32) == 1;
	good = good && EVP_DigestFinal_ex(context, hash.bytes, NULL) == 1 &&
	       tlog_equal(&hash, &sei->section_hash);
	EVP_MD_CTX_free(context);
	return good;
}

/* Where in the queue the section begins that has no list: at its front, or with a GOP. */
static bool find_whole(const struct media_check *check, const struct signed_sei *sei, size_t *from)
{
	unsigned tries = 0;

	for (*from = 0; tries < STARTS_MAX && *from + sei->count <= check->queued; tries++) {
		if (hashes_to(check, *from, sei))
			return true;
		*from = next_gop(check, *from + 1);
	}
	return false;
}

static void judge_whole(struct media_check *check, struct media_section *section,
			const struct signed_sei *sei, bool lost)
{
	size_t from = 0, taken;

	check->result.list_missing = true;
	check->previous_tail = 0;
	check->previous_first_known = sei->count && find_whole(check, sei, &from);
	if (check->previous_first_known) {
		check->previous_first = check->queue[from].hash;
		if (from)
			settle_front(check, section, from, 0, lost);
		section->first = check->queue[from].picture;
		taken = from + sei->count;
		judge_range(check, from, taken, PICTURE_OK);
	} else if (!check->any_found) {
		judge_absent(check, section, sei);
		return;
	} else {
		taken = media_section_claim(check, sei);
		settle(check, section, 0, taken, sei->count);
		worsen(section, MEDIA_NOT_OK, _("its pictures are not those that were signed"));
	}
	check->any_found = true;
	section->end = taken ? check->queue[taken - 1].picture + 1 : section->first;
	media_queue_drop(check, taken);
}

static void break_section(struct media_section *section, const char *why)
{
	section->broken = true;
	worsen(section, MEDIA_NOT_OK, why);
}

/* That this section continues the one before: by counter and link. */
static void judge_link(const struct media_check *check, struct media_section *section,
		       const struct signed_sei *sei, bool lost)
{
	static const struct tlog_hash none;

	if (!check->previous_known && sei->counter == 1 && !tlog_equal(&sei->link, &none))
		break_section(section, _("it is the first of a signer, but names one before it"));
	if (check->previous_known && !lost && check->previous_first_known &&
	    !tlog_equal(&sei->link, &check->previous_first))
		break_section(section,
			      _("it was not signed as the continuation of what stands before it"));
	if (lost)
		break_section(section,
			      _("signatures between this one and the one before it are missing"));
}

static void note_ends(struct media_check *check, const struct media_section *section,
		      const struct signed_sei *sei)
{
	struct media_result *result = &check->result;

	check->previous_known = true;
	check->previous_counter = sei->counter;
	check->previous = (size_t)(section - result->sections);
	if (section->first == section->end)
		return;
	if (!result->sections_known) {
		result->first_counter = sei->counter;
		result->first_link = sei->link;
	}
	result->sections_known = true;
	result->last_counter = sei->counter;
	result->last_link = check->previous_first;
}

void media_section_judge(struct media_check *check, const struct signed_sei *sei)
{
	int32_t step = (int32_t)(sei->counter - check->previous_counter);
	struct media_section *section;
	bool lost;

	if (check->previous_known && step <= 0) {
		media_section_refuse(check, sei,
				     _("a signature stands here that belongs to an earlier place"));
		return;
	}
	lost = check->previous_known && step > 1;
	section = media_section_refuse(check, sei, "");
	section->status = MEDIA_OK;
	section->broken = false;
	judge_link(check, section, sei, lost);
	if (sei->list)
		judge_by_list(check, section, sei, lost);
	else
		judge_whole(check, section, sei, lost);
	note_ends(check, section, sei);
}
