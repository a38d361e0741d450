/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ledger_methods.c - what control.sock can ask of the ledger: doc/protocol.md 1.10. */
#include <string.h>

#include "station/base/rpc.h"
#include "station/base/i18n.h"
#include "station/evidence/checkpoint_store.h"
#include "station/evidence/evidence.h"

#define ENTRIES_MAX 500
#define BYTES_MAX 40000		/* of an answer's entries; the line may be RPC_LINE_MAX */

static json_t *hash_json(const struct tlog_hash *hash)
{
	char hex[2 * sizeof hash->bytes + 1];

	util_hex(hex, hash->bytes, sizeof hash->bytes);
	return json_string(hex);
}

static json_t *checkpoint_json(const struct checkpoint_kept *kept)
{
	char fingerprint[FINGERPRINT_SIZE];

	if (!kept->note[0])
		return json_null();
	ledger_fingerprint(fingerprint, &kept->checkpoint);
	return json_pack("{s:s, s:I, s:o, s:s, s:s, s:I}", "origin", kept->checkpoint.origin, "size",
			 (json_int_t)kept->checkpoint.size, "root", hash_json(&kept->checkpoint.root), "fingerprint",
			 fingerprint, "note", kept->note, "utc_us", (json_int_t)kept->utc_us);
}

int ledger_status_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			 struct err *err)
{
	static const char *const none[] = { NULL };
	struct checkpoint_kept kept;
	struct tlog_tree tree;
	struct tlog_hash root;
	int rc = rpc_only(params, none, err);

	(void)act;
	if (rc == 0)
		rc = ledger_tree(store, &tree, err);
	if (rc == 0)
		rc = checkpoint_newest(store, &kept, err);
	if (rc < 0)
		return rc;
	root = tlog_root(&tree);
	*result = json_pack("{s:I, s:o, s:o}", "entries", (json_int_t)tree.size, "root", hash_json(&root),
			    "checkpoint", checkpoint_json(&kept));
	return 0;
}

/* --- entries -------------------------------------------------------------------------------------- */

static int read_entries(struct store_rows *rows, json_int_t count, json_t *entries, struct err *err)
{
	size_t used = 0;
	int rc = 0;

	while (json_array_size(entries) < (size_t)count && used < BYTES_MAX && (rc = store_next(rows, err)) > 0) {
		size_t len_bytes;
		const char *line = store_blob(rows, 1, &len_bytes);
		json_t *entry = json_loadb(line, len_bytes, JSON_REJECT_DUPLICATES, NULL);

		if (!entry)
			return err_set(err, ERR_TAMPER, _("entry %lld of the ledger is no JSON"),
				       (long long)store_integer(rows, 0));
		json_array_append_new(entries, entry);
		used += len_bytes;
	}
	return rc < 0 ? rc : 0;
}

static int query_entries(struct store_rows *rows, struct store *store, json_int_t after, const char *case_no,
			 struct err *err)
{
	if (!*case_no)
		return ledger_entries_from(rows, store, (uint64_t)(after + 1), INT64_MAX, err);
	return store_query(rows, store, err, "SELECT seq, entry FROM event WHERE case_no = ? AND seq > ? ORDER BY seq",
			   "ti", case_no, (int64_t)after);
}

int ledger_entries_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			  struct err *err)
{
	static const char *const known[] = { "after", "count", "case_no", NULL };
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_int_t after, count;
	const char *case_no;
	json_t *entries;
	int rc = rpc_only(params, known, err);

	(void)act;
	if (rc == 0)
		rc = rpc_integer_or(&after, params, "after", -1, INT64_MAX - 1, -1, err);
	if (rc == 0)
		rc = rpc_integer_or(&count, params, "count", 1, ENTRIES_MAX, 100, err);
	if (rc == 0)
		rc = rpc_string_or(&case_no, params, "case_no", "", err);
	if (rc == 0)
		rc = query_entries(&rows, store, after, case_no, err);
	if (rc < 0)
		return rc;
	entries = json_array();
	rc = read_entries(&rows, count, entries, err);
	if (rc < 0)
		json_decref(entries);
	else
		*result = json_pack("{s:o}", "entries", entries);
	return rc;
}

/* --- proofs --------------------------------------------------------------------------------------- */

static int entry_text(struct store *store, uint64_t seq, json_t **text, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	size_t len_bytes;
	const char *line;
	int rc = ledger_entries_from(&rows, store, seq, seq + 1, err);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc <= 0)
		return rc < 0 ? rc : err_set(err, ERR_RANGE, _("the ledger has no entry %llu"), (unsigned long long)seq);
	line = store_blob(&rows, 1, &len_bytes);
	*text = json_stringn(line, len_bytes);
	return *text ? 0 : err_set(err, ERR_TAMPER, _("entry %llu of the ledger is no text"), (unsigned long long)seq);
}

int ledger_prove_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			struct err *err)
{
	static const char *const known[] = { "seq", NULL };
	struct checkpoint_kept kept;
	struct tlog_proof proof;
	json_t *text = NULL;
	json_int_t seq;
	int rc = rpc_only(params, known, err);

	(void)act;
	if (rc == 0)
		rc = rpc_integer(&seq, params, "seq", 0, INT64_MAX - 1, err);
	if (rc == 0)
		rc = entry_text(store, (uint64_t)seq, &text, err);
	if (rc == 0)
		rc = checkpoint_newest(store, &kept, err);
	if (rc == 0 && (uint64_t)seq >= kept.checkpoint.size)
		rc = err_set(err, ERR_STATE, _("entry %lld is not in a signed checkpoint yet: ask again in a second"),
			     (long long)seq);
	if (rc == 0)
		rc = ledger_prove(store, (uint64_t)seq, kept.checkpoint.size, &proof, err);
	if (rc < 0) {
		json_decref(text);
		return rc;
	}
	*result = json_pack("{s:I, s:o, s:o, s:o}", "seq", seq, "entry", text, "hashes", ledger_proof_json(&proof),
			    "checkpoint", checkpoint_json(&kept));
	return 0;
}

int ledger_consistency_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			      struct err *err)
{
	static const char *const known[] = { "old", NULL };
	struct checkpoint_kept kept;
	struct tlog_proof proof;
	json_int_t old;
	int rc = rpc_only(params, known, err);

	(void)act;
	if (rc == 0)
		rc = rpc_integer(&old, params, "old", 0, INT64_MAX, err);
	if (rc == 0)
		rc = checkpoint_newest(store, &kept, err);
	if (rc == 0)
		rc = ledger_prove_growth(store, (uint64_t)old, kept.checkpoint.size, &proof, err);
	if (rc < 0)
		return rc;
	*result = json_pack("{s:I, s:I, s:o, s:o}", "old", old, "size", (json_int_t)kept.checkpoint.size, "hashes",
			    ledger_proof_json(&proof), "checkpoint", checkpoint_json(&kept));
	return 0;
}
