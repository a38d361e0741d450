/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tlog.h - the Merkle tree of RFC 6962 2.1 over SHA-256: append, roots, and the two kinds of proof.
 *
 * A leaf is an entry's bytes as they are kept; nothing is ever serialised again. Appending needs the roots of
 * the complete subtrees only (one for each 1 bit of the size), proofs need the leaves' hashes. Pure; needs
 * OpenSSL and nothing of the station, so that the offline verifier has the same code. Any thread.
 */
#ifndef OSTEND_EVIDENCE_TLOG_H
#define OSTEND_EVIDENCE_TLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLOG_PROOF_MAX 64	/* a tree of 2^63 leaves is 63 high, and a consistency proof one longer */

#define TLOG_HASH_TEXT_SIZE 45

struct tlog_hash { uint8_t bytes[32]; };

struct tlog_tree {
	uint64_t size;
	struct tlog_hash subtrees[64];	/* largest first; as many as @size has 1 bits */
};

struct tlog_proof {
	unsigned count;
	struct tlog_hash hashes[TLOG_PROOF_MAX];
};

struct tlog_hash tlog_leaf(const void *entry, size_t len_bytes);
struct tlog_hash tlog_node(const struct tlog_hash *left, const struct tlog_hash *right);
bool tlog_equal(const struct tlog_hash *a, const struct tlog_hash *b);

/** A hash as base64. Only its one right form is read; false, also for NULL: @text is none. */
void tlog_hash_print(char text[TLOG_HASH_TEXT_SIZE], const struct tlog_hash *hash);
bool tlog_hash_read(struct tlog_hash *hash, const char *text);

/** A tree of all zeroes is the empty one. */
void tlog_append(struct tlog_tree *tree, const struct tlog_hash *leaf);
struct tlog_hash tlog_root(const struct tlog_tree *tree);

/** That leaf @index is in the tree of the first @size of @leaves; @index < @size. */
void tlog_prove_inclusion(struct tlog_proof *proof, const struct tlog_hash *leaves, uint64_t index, uint64_t size);
/** That the tree of the first @old of @leaves is a beginning of that of the first @size; @old <= @size. */
void tlog_prove_consistency(struct tlog_proof *proof, const struct tlog_hash *leaves, uint64_t old, uint64_t size);

/*
 * The same where the leaves are not in memory: @root gives the root over @count leaves from @first on, which are
 * the left or the right side of a subtree. What it returns below 0 ends the search and is returned.
 */
struct tlog_source {
	int (*root)(void *owner, uint64_t first, uint64_t count, struct tlog_hash *root);
	void *owner;
};

int tlog_find_inclusion(struct tlog_proof *proof, const struct tlog_source *source, uint64_t index, uint64_t size);
int tlog_find_consistency(struct tlog_proof *proof, const struct tlog_source *source, uint64_t old, uint64_t size);

bool tlog_check_inclusion(const struct tlog_proof *proof, const struct tlog_hash *leaf, uint64_t index,
			  uint64_t size, const struct tlog_hash *root);
/** With @old 0 anything is consistent, by an empty proof; with equal sizes the roots must be equal. */
bool tlog_check_consistency(const struct tlog_proof *proof, uint64_t old, const struct tlog_hash *old_root,
			    uint64_t size, const struct tlog_hash *root);
/**
 * The same by the inclusion proof of @leaf, the last one of the @old: what it has to the left is all of the old tree, and
 * no later leaf has changed that.
 */
bool tlog_check_growth_of(const struct tlog_proof *inclusion, const struct tlog_hash *leaf, uint64_t old,
			  const struct tlog_hash *old_root, uint64_t size, const struct tlog_hash *root);

#endif
