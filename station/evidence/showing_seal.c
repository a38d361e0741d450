/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fingerprint of a showing's end. It is taken from the signed log as soon as that covers the end; when the
 * signer was away just then, later, and that it was later is an entry too.
 */
#include <stdio.h>

#include "station/evidence/checkpoint_store.h"
#include "station/evidence/showing_store.h"

static int find_end(struct store *store, int64_t id, uint64_t *seq, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT seq FROM event WHERE showing = ? AND action = ?", "it", id,
			     ledger_action_name(LEDGER_SHOWING_CLOSED));

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc == 0)
		return err_set(err, ERR_STATE, "showing %lld is not closed", (long long)id);
	if (rc > 0)
		*seq = (uint64_t)store_integer(&rows, 0);
	return MIN(rc, 0);
}

int showing_store_seal(struct store *store, int64_t id, struct err *err)
{
	struct checkpoint_kept kept;
	char fingerprint[FINGERPRINT_SIZE];
	uint64_t seq = 0;
	int rc = find_end(store, id, &seq, err);

	if (rc == 0)
		rc = checkpoint_covering(store, seq, &kept, err);
	if (rc == 0 && !kept.note[0])
		rc = err_set(err, ERR_AGAIN, "the end of showing %lld is not signed yet", (long long)id);
	if (rc < 0)
		return rc;
	ledger_fingerprint(fingerprint, &kept.checkpoint);
	rc = store_run(store, err, "UPDATE showing SET fingerprint = ? WHERE id = ? AND state = 'CLOSED'"
		       " AND fingerprint = ''", "ti", fingerprint, id);
	if (rc == 0 && store_changes(store) != 1)
		rc = err_set(err, ERR_STATE, "showing %lld is not closed, or has its fingerprint already", (long long)id);
	return rc;
}

/* --- later --------------------------------------------------------------------------------------- */

/* The first one after @after that is closed without a fingerprint; 0: there is none. */
static int next_unsealed(struct store *store, int64_t after, struct showing *out, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT id, case_no FROM showing WHERE state = 'CLOSED'"
			     " AND fingerprint = '' AND id > ? ORDER BY id LIMIT 1", "i", after);

	out->id = 0;
	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc > 0) {
		out->id = store_integer(&rows, 0);
		snprintf(out->case_no, sizeof out->case_no, "%s", store_text(&rows, 1));
	}
	return MIN(rc, 0);
}

static int read_fingerprint(struct store *store, int64_t id, char *fingerprint, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT fingerprint FROM showing WHERE id = ?", "i", id);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc > 0)
		snprintf(fingerprint, FINGERPRINT_SIZE, "%s", store_text(&rows, 0));
	return MIN(rc, 0);
}

static int note_late(struct store *store, const struct act *act, const struct showing *showing, json_t *sealed,
		     struct err *err)
{
	char fingerprint[FINGERPRINT_SIZE] = "";
	json_t *data;
	int rc = read_fingerprint(store, showing->id, fingerprint, err);

	if (rc < 0)
		return rc;
	data = json_pack("{s:I, s:s}", "showing", (json_int_t)showing->id, "fingerprint", fingerprint);
	json_array_append(sealed, data);
	return ledger_append(store, act, LEDGER_SHOWING_SEALED, showing->case_no, "", data, NULL, err);
}

int showing_store_seal_late(struct store *store, const struct act *act, json_t *sealed, int64_t *waiting,
			    struct err *err)
{
	struct showing showing = { 0 };
	int rc;

	*waiting = 0;
	while ((rc = next_unsealed(store, showing.id, &showing, err)) == 0 && showing.id) {
		rc = showing_store_seal(store, showing.id, err);
		if (rc == 0)
			rc = note_late(store, act, &showing, sealed, err);
		else if (rc == ERR_AGAIN)
			rc = 0, ++*waiting;
		if (rc < 0)
			break;
	}
	return rc;
}
