/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed notes, verifier keys and proofs from anywhere: what is read stays within its bytes, and writes back the
 * same; a proof that holds is the only one there is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "station/evidence/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void read_key(const uint8_t *bytes, size_t len_bytes)
{
	char *text = strndup((const char *)bytes, len_bytes), again[NOTE_NAME_MAX + 128];
	struct note_key key;
	struct err err;

	if (text && note_key_read(&key, text, &err) == 0) {
		note_key_print(&key, again, sizeof again);
		require(strcmp(text, again) == 0);
	}
	free(text);
}

static void read_checkpoint(const struct note *note)
{
	struct checkpoint checkpoint;
	char again[512];
	struct err err;
	int len;

	if (checkpoint_read(&checkpoint, note, &err) < 0)
		return;
	len = checkpoint_print(&checkpoint, again, sizeof again, &err);
	require(len > 0 && (size_t)len <= note->text_bytes && memcmp(again, note->text, (size_t)len) == 0);
}

/*
 * The bytes as a proof: an index, two sizes, a number of hashes. In a tree of few leaves it holds only if it is
 * the one that the tree itself gives.
 */
static void check_proof(const uint8_t *bytes, size_t len_bytes)
{
	struct tlog_hash leaves[16], root, old_root;
	struct tlog_proof proof = { 0 }, true_proof;
	struct tlog_tree tree = { 0 };
	uint64_t index, size;

	if (len_bytes < 3)
		return;
	size = 1 + bytes[0] % 16;
	index = bytes[1] % size;
	for (uint64_t i = 0; i < size; i++) {
		if (i == index)
			old_root = tlog_root(&tree);	/* of the first @index leaves */
		leaves[i] = tlog_leaf(&i, sizeof i);
		tlog_append(&tree, &leaves[i]);
	}
	root = tlog_root(&tree);
	for (size_t at = 2; at + 1 < len_bytes && proof.count < TLOG_PROOF_MAX; at += 2) {
		if (bytes[at] < 128)	/* a hash that may be right: of a leaf, or of two */
			proof.hashes[proof.count++] = bytes[at] & 1 ? leaves[bytes[at + 1] % size] :
				tlog_node(&leaves[bytes[at + 1] % size], &leaves[bytes[at] % size]);
		else if (at + 32 <= len_bytes)
			memcpy(&proof.hashes[proof.count++], bytes + at, 32);
	}
	tlog_prove_inclusion(&true_proof, leaves, index, size);
	require(tlog_check_inclusion(&true_proof, &leaves[index], index, size, &root));
	if (tlog_check_inclusion(&proof, &leaves[index], index, size, &root))
		require(proof.count == true_proof.count &&
			memcmp(proof.hashes, true_proof.hashes, proof.count * sizeof proof.hashes[0]) == 0);
	tlog_prove_consistency(&true_proof, leaves, index, size);
	if (tlog_check_consistency(&proof, index, &old_root, size, &root))
		require(proof.count == true_proof.count &&
			memcmp(proof.hashes, true_proof.hashes, proof.count * sizeof proof.hashes[0]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	struct note_key key;
	struct note note;
	struct err err;

	read_key(bytes, len_bytes);
	check_proof(bytes, len_bytes);
	if (note_read(&note, (const char *)bytes, len_bytes, &err) < 0)
		return 0;
	require(note.count >= 1 && note.text_bytes < len_bytes);
	for (unsigned i = 0; i < note.count; i++)
		if (note_key_make(&key, note.signatures[i].name, i & 1 ? NOTE_COSIGNATURE : NOTE_ED25519,
				  note.signatures[i].bytes + 4, &err) == 0) {
			memcpy(key.id, note.signatures[i].bytes, sizeof key.id);	/* so that it is looked at */
			require(note_verify(&note, &key, NULL, &err) < 0);
		}
	read_checkpoint(&note);
	return 0;
}
