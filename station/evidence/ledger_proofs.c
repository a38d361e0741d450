/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/ledger_proofs.h"

/* --- proofs --------------------------------------------------------------------------------------- */

struct search {
	struct store *store;
	struct err *err;
};

static int root_of(void *owner, uint64_t first, uint64_t count, struct tlog_hash *root)
{
	const struct search *search = owner;
	struct tlog_tree tree;
	int rc = ledger_range(search->store, first, count, &tree, search->err);

	if (rc == 0)
		*root = tlog_root(&tree);
	return rc;
}

static int check_size(struct store *store, uint64_t size, struct err *err)
{
	uint64_t have;
	int rc = ledger_size(store, &have, err);

	if (rc == 0 && size > have)
		return err_set(err, ERR_RANGE, "the ledger has %llu entries, not %llu", (unsigned long long)have,
			       (unsigned long long)size);
	return rc;
}

int ledger_prove(struct store *store, uint64_t seq, uint64_t size, struct tlog_proof *proof, struct err *err)
{
	struct search search = { store, err };
	int rc = check_size(store, size, err);

	if (rc == 0 && seq >= size)
		return err_set(err, ERR_RANGE, "entry %llu is not among the first %llu", (unsigned long long)seq,
			       (unsigned long long)size);
	return rc < 0 ? rc : tlog_find_inclusion(proof, &(struct tlog_source){ root_of, &search }, seq, size);
}

int ledger_prove_growth(struct store *store, uint64_t old, uint64_t size, struct tlog_proof *proof, struct err *err)
{
	struct search search = { store, err };
	int rc = check_size(store, size, err);

	if (rc == 0 && old > size)
		return err_set(err, ERR_RANGE, "a ledger of %llu entries does not continue one of %llu",
			       (unsigned long long)size, (unsigned long long)old);
	return rc < 0 ? rc : tlog_find_consistency(proof, &(struct tlog_source){ root_of, &search }, old, size);
}

int ledger_root(struct store *store, uint64_t size, struct tlog_hash *root, struct err *err)
{
	struct search search = { store, err };
	int rc = check_size(store, size, err);

	return rc < 0 ? rc : root_of(&search, 0, size, root);
}

/* --- as texts ------------------------------------------------------------------------------------- */

json_t *ledger_proof_json(const struct tlog_proof *proof)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < proof->count; i++) {
		char text[TLOG_HASH_TEXT_SIZE];

		tlog_hash_print(text, &proof->hashes[i]);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

int ledger_proof_read(struct tlog_proof *proof, const json_t *hashes, struct err *err)
{
	size_t i;
	json_t *item;

	proof->count = 0;
	if (!json_is_array(hashes) || json_array_size(hashes) > TLOG_PROOF_MAX)
		return err_set(err, ERR_RANGE, "a proof is a list of at most %d hashes", TLOG_PROOF_MAX);
	json_array_foreach((json_t *)hashes, i, item)
		if (!tlog_hash_read(&proof->hashes[proof->count++], json_string_value(item)))
			return err_set(err, ERR_RANGE, "hash %zu of the proof is not the base64 of 32 bytes", i);
	return 0;
}

void ledger_fingerprint(char text[FINGERPRINT_SIZE], const struct checkpoint *checkpoint)
{
	char signed_text[NOTE_NAME_MAX + 96] = "";

	checkpoint_print(checkpoint, signed_text, sizeof signed_text, NULL);
	fingerprint_text(text, signed_text);
}

/* --- entries -------------------------------------------------------------------------------------- */

int ledger_entries_of_case(struct store_rows *rows, struct store *store, const char *case_no, uint64_t size,
			   struct err *err)
{
	return store_query(rows, store, err, "SELECT seq, entry FROM event WHERE case_no = ? AND case_no <> ''"
			   " AND seq < ? ORDER BY seq", "ti", case_no, (int64_t)size);
}

int ledger_entries_of_showing(struct store_rows *rows, struct store *store, int64_t showing, uint64_t size,
			      struct err *err)
{
	return store_query(rows, store, err, "SELECT seq, entry FROM event WHERE showing = ? AND showing <> 0"
			   " AND seq < ? ORDER BY seq", "ii", showing, (int64_t)size);
}

int ledger_entries_from(struct store_rows *rows, struct store *store, uint64_t first, uint64_t size, struct err *err)
{
	return store_query(rows, store, err, "SELECT seq, entry FROM event WHERE seq >= ? AND seq < ? ORDER BY seq",
			   "ii", (int64_t)first, (int64_t)size);
}
