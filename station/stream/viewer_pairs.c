/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/stream/viewer_pairs.h"

static void drop(struct viewer_pairs *pairs, struct viewer_pair *pair)
{
	if (pair->node.viewer)
		roster_remove_address(pairs->roster, &pair->node);
	pair->node.viewer = NULL;
	if (pairs->selected == pair)
		pairs->selected = NULL;
}

struct viewer_pair *viewer_pairs_find(struct viewer_pairs *pairs, const struct address *remote)
{
	for (size_t i = 0; i < VIEWER_PAIRS_MAX; i++) {
		struct viewer_pair *pair = &pairs->places[i];

		if (pair->node.viewer && address_equal(&pair->pair.remote, remote))
			return pair;
	}
	return NULL;
}

static struct viewer_pair *make_room(struct viewer_pairs *pairs)
{
	struct viewer_pair *oldest = NULL;

	for (size_t i = 0; i < VIEWER_PAIRS_MAX; i++) {
		struct viewer_pair *pair = &pairs->places[i];

		if (!pair->node.viewer)
			return pair;
		if (pair != pairs->selected && (!oldest || pair->checked_ns < oldest->checked_ns))
			oldest = pair;
	}
	drop(pairs, oldest);
	return oldest;
}

static struct viewer_pair *add(struct viewer_pairs *pairs, const struct address_pair *from)
{
	struct viewer_pair *pair = make_room(pairs);

	pair->pair = *from;
	pair->node = (struct roster_address){ .remote = from->remote, .viewer = pairs->viewer };
	roster_add_address(pairs->roster, &pair->node);
	return pair;
}

struct viewer_pair *viewer_pairs_checked(struct viewer_pairs *pairs, const struct address_pair *from,
					 bool use_candidate, uint64_t now_ns)
{
	struct viewer_pair *pair = viewer_pairs_find(pairs, &from->remote);

	if (!pair)
		pair = add(pairs, from);
	pair->pair.local = from->local;
	pair->checked_ns = now_ns;
	if (use_candidate || !pairs->selected)
		pairs->selected = pair;
	return pairs->selected;
}

bool viewer_pairs_give_up(struct viewer_pairs *pairs, struct roster_address *node, uint64_t since_ns)
{
	struct viewer_pair *pair = CONTAINER_OF(node, struct viewer_pair, node);

	if (pair->checked_ns > since_ns)
		return false;
	drop(pairs, pair);
	return true;
}

void viewer_pairs_clear(struct viewer_pairs *pairs)
{
	for (size_t i = 0; i < VIEWER_PAIRS_MAX; i++)
		drop(pairs, &pairs->places[i]);
}
