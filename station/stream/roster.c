/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/stream/roster.h"

#include <stdlib.h>
#include <string.h>

struct roster {
	uint32_t mask;
	struct roster_address **addresses;
	struct roster_ufrag **ufrags;
};

struct roster *roster_new(size_t viewers_max)
{
	struct roster *roster = calloc(1, sizeof *roster);
	uint32_t buckets = 64;

	if (!roster)
		return NULL;
	while (buckets < 4 * viewers_max && buckets < 1u << 16)
		buckets *= 2;
	roster->mask = buckets - 1;
	roster->addresses = calloc(buckets, sizeof(struct roster_address *));
	roster->ufrags = calloc(buckets, sizeof(struct roster_ufrag *));
	return roster->addresses && roster->ufrags ? roster : roster_free(roster);
}

struct roster *roster_free(struct roster *roster)
{
	if (!roster)
		return NULL;
	free(roster->addresses);
	free(roster->ufrags);
	free(roster);
	return NULL;
}

static struct roster_address **address_bucket(const struct roster *roster, const struct address *remote)
{
	return &roster->addresses[address_hash(remote) & roster->mask];
}

void roster_add_address(struct roster *roster, struct roster_address *node)
{
	struct roster_address **bucket = address_bucket(roster, &node->remote);

	node->next = *bucket;
	*bucket = node;
}

void roster_remove_address(struct roster *roster, struct roster_address *node)
{
	struct roster_address **at = address_bucket(roster, &node->remote);

	while (*at && *at != node)
		at = &(*at)->next;
	if (*at)
		*at = node->next;
}

struct roster_address *roster_by_address(const struct roster *roster, const struct address *remote)
{
	struct roster_address *node = *address_bucket(roster, remote);

	while (node && !address_equal(&node->remote, remote))
		node = node->next;
	return node;
}

/* Ufrags are ours and random: their first characters spread as well as any hash. */
static struct roster_ufrag **ufrag_bucket(const struct roster *roster, const char *ufrag)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < ROSTER_UFRAG_LEN; i++)
		hash = hash * 31 + (uint8_t)ufrag[i];
	return &roster->ufrags[hash & roster->mask];
}

void roster_add_ufrag(struct roster *roster, struct roster_ufrag *node)
{
	struct roster_ufrag **bucket = ufrag_bucket(roster, node->ufrag);

	node->next = *bucket;
	*bucket = node;
}

void roster_remove_ufrag(struct roster *roster, struct roster_ufrag *node)
{
	struct roster_ufrag **at = ufrag_bucket(roster, node->ufrag);

	while (*at && *at != node)
		at = &(*at)->next;
	if (*at)
		*at = node->next;
}

struct viewer *roster_by_ufrag(const struct roster *roster, const char *ufrag, size_t len)
{
	struct roster_ufrag *node;

	if (len != ROSTER_UFRAG_LEN)
		return NULL;
	for (node = *ufrag_bucket(roster, ufrag); node; node = node->next)
		if (memcmp(node->ufrag, ufrag, len) == 0)
			return node->viewer;
	return NULL;
}
