/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tlog.c - hashing up a tree that is complete on its left.
 *
 * Making a proof walks down to a leaf (or to the old size) and notes the sibling of each step; checking walks
 * up the same way by the bits of the index, as RFC 9162 2.1.3.2 and 2.1.4.2 do it: @first is where the walk
 * is in its level, @last the level's last node. Where a node has no right sibling it is its own parent.
 */
#include "station/evidence/tlog.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/base64.h"
#include "station/base/openssl.h"
#include <openssl/evp.h>
#include <openssl/sha.h>

static struct tlog_hash hash(uint8_t prefix, const void *a, size_t a_bytes, const void *b, size_t b_bytes)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	struct tlog_hash out;

	if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(context, &prefix, 1) != 1 || EVP_DigestUpdate(context, a, a_bytes) != 1 ||
	    (b_bytes && EVP_DigestUpdate(context, b, b_bytes) != 1) ||
	    EVP_DigestFinal_ex(context, out.bytes, NULL) != 1)
		abort();	/* without memory for a hash no record can be kept: better dead than wrong */
	EVP_MD_CTX_free(context);
	return out;
}

struct tlog_hash tlog_leaf(const void *entry, size_t len_bytes)
{
	return hash(0, entry, len_bytes, NULL, 0);
}

struct tlog_hash tlog_node(const struct tlog_hash *left, const struct tlog_hash *right)
{
	return hash(1, left->bytes, sizeof left->bytes, right->bytes, sizeof right->bytes);
}

bool tlog_equal(const struct tlog_hash *a, const struct tlog_hash *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

void tlog_hash_print(char text[TLOG_HASH_TEXT_SIZE], const struct tlog_hash *hash)
{
	EVP_EncodeBlock((unsigned char *)text, hash->bytes, sizeof hash->bytes);
}

bool tlog_hash_read(struct tlog_hash *hash, const char *text)
{
	struct tlog_hash read;

	if (!text || base64_decode(read.bytes, sizeof read.bytes, text, strlen(text)) != sizeof read.bytes)
		return false;
	*hash = read;
	return true;
}

/* --- appending ------------------------------------------------------------------------------------ */

void tlog_append(struct tlog_tree *tree, const struct tlog_hash *leaf)
{
	unsigned depth = (unsigned)__builtin_popcountll(tree->size);
	struct tlog_hash subtree = *leaf;

	for (uint64_t size = tree->size; size & 1; size >>= 1)
		subtree = tlog_node(&tree->subtrees[--depth], &subtree);
	tree->subtrees[depth] = subtree;
	tree->size++;
}

struct tlog_hash tlog_root(const struct tlog_tree *tree)
{
	unsigned depth = (unsigned)__builtin_popcountll(tree->size);
	struct tlog_hash root;

	if (!depth) {	/* RFC 6962 2.1: of no leaves, the hash of nothing, without a prefix */
		SHA256((const uint8_t *)"", 0, root.bytes);
		return root;
	}
	root = tree->subtrees[--depth];
	while (depth--)
		root = tlog_node(&tree->subtrees[depth], &root);
	return root;
}

/* --- proofs --------------------------------------------------------------------------------------- */

/* The largest power of two below @size, which is above 1: how many leaves the left subtree has. */
static uint64_t left_leaves(uint64_t size)
{
	return UINT64_C(1) << (63 - __builtin_clzll(size - 1));
}

/* What is found on the way down comes first at its upper end: a proof begins at the bottom. */
static void reverse(struct tlog_proof *proof)
{
	for (unsigned i = 0; i < proof->count / 2; i++) {
		struct tlog_hash other = proof->hashes[i];

		proof->hashes[i] = proof->hashes[proof->count - 1 - i];
		proof->hashes[proof->count - 1 - i] = other;
	}
}

static int note_root(struct tlog_proof *proof, const struct tlog_source *source, uint64_t first, uint64_t count)
{
	return source->root(source->owner, first, count, &proof->hashes[proof->count++]);
}

int tlog_find_inclusion(struct tlog_proof *proof, const struct tlog_source *source, uint64_t index, uint64_t size)
{
	uint64_t first = 0;
	int rc = 0;

	proof->count = 0;
	while (size > 1 && rc == 0) {
		uint64_t left = left_leaves(size);

		if (index - first < left) {
			rc = note_root(proof, source, first + left, size - left);
			size = left;
		} else {
			rc = note_root(proof, source, first, left);
			first += left;
			size -= left;
		}
	}
	reverse(proof);
	return rc;
}

int tlog_find_consistency(struct tlog_proof *proof, const struct tlog_source *source, uint64_t old, uint64_t size)
{
	bool whole = true;	/* the old tree is still the one whose root the checker has */
	uint64_t first = 0;
	int rc = 0;

	proof->count = 0;
	if (!old || old == size)
		return 0;
	while (old != size && rc == 0) {
		uint64_t left = left_leaves(size);

		if (old <= left) {
			rc = note_root(proof, source, first + left, size - left);
			size = left;
		} else {
			rc = note_root(proof, source, first, left);
			first += left;
			old -= left;
			size -= left;
			whole = false;
		}
	}
	if (!whole && rc == 0)
		rc = note_root(proof, source, first, size);
	reverse(proof);
	return rc;
}

static int root_of_leaves(void *owner, uint64_t first, uint64_t count, struct tlog_hash *root)
{
	const struct tlog_hash *leaves = owner;
	struct tlog_tree tree = { .size = 0 };

	for (uint64_t i = 0; i < count; i++)
		tlog_append(&tree, &leaves[first + i]);
	*root = tlog_root(&tree);
	return 0;
}

void tlog_prove_inclusion(struct tlog_proof *proof, const struct tlog_hash *leaves, uint64_t index, uint64_t size)
{
	tlog_find_inclusion(proof, &(struct tlog_source){ root_of_leaves, (void *)leaves }, index, size);
}

void tlog_prove_consistency(struct tlog_proof *proof, const struct tlog_hash *leaves, uint64_t old, uint64_t size)
{
	tlog_find_consistency(proof, &(struct tlog_source){ root_of_leaves, (void *)leaves }, old, size);
}

/* --- checks --------------------------------------------------------------------------------------- */

struct walk { uint64_t first, last; };

static void climb(struct walk *walk)
{
	walk->first >>= 1;
	walk->last >>= 1;
}

/* Whether the sibling is to the left; a node without one to the right first climbs to where it has one. */
static bool sibling_is_left(struct walk *walk)
{
	if (!(walk->first & 1) && walk->first != walk->last)
		return false;
	while (walk->first && !(walk->first & 1))
		climb(walk);
	return true;
}

bool tlog_check_inclusion(const struct tlog_proof *proof, const struct tlog_hash *leaf, uint64_t index,
			  uint64_t size, const struct tlog_hash *root)
{
	struct walk walk = { index, size - 1 };
	struct tlog_hash at = *leaf;

	if (index >= size || proof->count > TLOG_PROOF_MAX)
		return false;
	for (unsigned i = 0; i < proof->count; i++) {
		if (!walk.last)
			return false;
		at = sibling_is_left(&walk) ? tlog_node(&proof->hashes[i], &at) : tlog_node(&at, &proof->hashes[i]);
		climb(&walk);
	}
	return !walk.last && tlog_equal(&at, root);
}

static bool climb_both(const struct tlog_proof *proof, unsigned next, struct walk walk, struct tlog_hash at,
		       const struct tlog_hash *old_root, const struct tlog_hash *root)
{
	struct tlog_hash old_at = at;

	for (; next < proof->count; next++) {
		const struct tlog_hash *hash = &proof->hashes[next];

		if (!walk.last)
			return false;
		if (sibling_is_left(&walk)) {
			old_at = tlog_node(hash, &old_at);
			at = tlog_node(hash, &at);
		} else {
			at = tlog_node(&at, hash);
		}
		climb(&walk);
	}
	return !walk.last && tlog_equal(&old_at, old_root) && tlog_equal(&at, root);
}

bool tlog_check_growth_of(const struct tlog_proof *inclusion, const struct tlog_hash *leaf, uint64_t old,
			  const struct tlog_hash *old_root, uint64_t size, const struct tlog_hash *root)
{
	if (!old || old > size || inclusion->count > TLOG_PROOF_MAX)
		return false;
	return climb_both(inclusion, 0, (struct walk){ old - 1, size - 1 }, *leaf, old_root, root);
}

bool tlog_check_consistency(const struct tlog_proof *proof, uint64_t old, const struct tlog_hash *old_root,
			    uint64_t size, const struct tlog_hash *root)
{
	struct walk walk = { old - 1, size - 1 };

	if (old > size || proof->count > TLOG_PROOF_MAX)
		return false;
	if (!old || old == size)
		return !proof->count && (!old || tlog_equal(old_root, root));
	while (walk.first & 1)
		climb(&walk);
	if (!(old & (old - 1)))	/* a complete tree: its root is where the walk begins */
		return proof->count && climb_both(proof, 0, walk, *old_root, old_root, root);
	return proof->count && climb_both(proof, 1, walk, proof->hashes[0], old_root, root);
}
