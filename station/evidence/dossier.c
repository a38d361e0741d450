/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Of another case nothing may be in it, though it was done while this showing was open. The station's own events in
 * between name no case: that the table was stopped or the clock set belongs to the story.
 */
#include "station/evidence/dossier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 200000

struct dossier *dossier_free(struct dossier *dossier)
{
	if (!dossier)
		return NULL;
	for (size_t i = 0; i < dossier->count; i++) {
		free(dossier->entries[i].line);
		json_decref(dossier->entries[i].json);
		json_decref(dossier->entries[i].hashes);
	}
	free(dossier->entries);
	json_decref(dossier->consistency);
	free(dossier);
	return NULL;
}

/* --- entries ------------------------------------------------------------------------------------- */

const char *dossier_text(const struct dossier_entry *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry->json, key));

	return text ? text : "";
}

int64_t dossier_number(const struct dossier_entry *entry, const char *key)
{
	return json_integer_value(json_object_get(entry->json, key));
}

const char *dossier_data_text(const struct dossier_entry *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(json_object_get(entry->json, "data"), key));

	return text ? text : "";
}

int64_t dossier_data_number(const struct dossier_entry *entry, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(entry->json, "data"), key));
}

bool dossier_shown(const struct dossier *dossier, const struct dossier_entry *entry)
{
	return dossier_number(entry, "showing") == dossier->showing;
}

static struct dossier_entry *add(struct dossier *dossier)
{
	if (!(dossier->count & (dossier->count - 1))) {	/* 0 or a power of two: full */
		size_t capacity = dossier->count ? 2 * dossier->count : 1;
		struct dossier_entry *entries = reallocarray(dossier->entries, capacity, sizeof *entries);

		if (!entries)
			return NULL;
		dossier->entries = entries;
	}
	dossier->entries[dossier->count] = (struct dossier_entry){ 0 };
	return &dossier->entries[dossier->count++];
}

static int take_entry(struct dossier *dossier, struct store *store, const struct store_rows *row, struct err *err)
{
	struct dossier_entry *entry = dossier->count < ENTRIES_MAX ? add(dossier) : NULL;
	struct tlog_proof proof;
	size_t len_bytes;
	const char *bytes = store_blob(row, 1, &len_bytes);
	int rc;

	if (!entry)
		return err_set(err, ERR_FULL, "the case has more entries than fit into memory");
	entry->seq = store_integer(row, 0);
	entry->line = strndup(bytes ? bytes : "", bytes ? len_bytes : 0);
	entry->json = entry->line ? json_loads(entry->line, JSON_REJECT_DUPLICATES, NULL) : NULL;
	if (!entry->json || strlen(entry->line) != len_bytes)
		return err_set(err, ERR_TAMPER, "entry %lld of the ledger cannot be read", (long long)entry->seq);
	entry->action = ledger_action_find(dossier_text(entry, "action"));
	rc = ledger_prove(store, (uint64_t)entry->seq, dossier->newest.checkpoint.size, &proof, err);
	if (rc < 0)
		return rc;
	entry->hashes = ledger_proof_json(&proof);
	return entry->hashes ? 0 : err_set(err, ERR_NOMEM, "out of memory for the proofs of the case");
}

static int take_entries(struct dossier *dossier, struct store *store, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err,
			     "SELECT seq, entry FROM event WHERE seq < ?1 AND ((case_no = ?2 AND ?2 <> '')"
			     " OR (showing = ?3 AND case_no IN ('', ?2))"
			     " OR (case_no = '' AND showing = 0 AND seq > (SELECT min(seq) FROM event WHERE showing = ?3)"
			     " AND seq < (SELECT max(seq) FROM event WHERE showing = ?3)"
			     " AND (action GLOB 'station.*' OR action IN ('camera.event', 'table.event'))))"
			     " ORDER BY seq", "iti", (int64_t)dossier->newest.checkpoint.size, dossier->case_no,
			     dossier->showing);

	while (rc == 0 && (rc = store_next(&rows, err)) > 0)
		rc = take_entry(dossier, store, &rows, err);
	return rc;
}

static void find_ends(struct dossier *dossier)
{
	dossier->opened_entry = dossier->closed_entry = -1;
	for (size_t i = 0; i < dossier->count; i++) {
		const struct dossier_entry *entry = &dossier->entries[i];

		if (!dossier_shown(dossier, entry))
			continue;
		if (entry->action == LEDGER_SHOWING_OPENED)
			dossier->opened_entry = entry->seq;
		if (entry->action == LEDGER_SHOWING_CLOSED)
			dossier->closed_entry = entry->seq;
	}
}

/* --- the rest ------------------------------------------------------------------------------------ */

static int take_showing(struct dossier *dossier, struct store *store, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows row = { 0 };
	int rc = store_query(&row, store, err, "SELECT purpose, case_no, state, opened_utc_us, closed_utc_us, fingerprint"
			     " FROM showing WHERE id = ?", "i", dossier->showing);

	if (rc == 0)
		rc = store_next(&row, err);
	if (rc == 0)
		return err_set(err, ERR_RANGE, "there is no showing %lld", (long long)dossier->showing);
	if (rc < 0)
		return rc;
	snprintf(dossier->purpose, sizeof dossier->purpose, "%s", store_text(&row, 0));
	snprintf(dossier->case_no, sizeof dossier->case_no, "%s", store_text(&row, 1));
	snprintf(dossier->state, sizeof dossier->state, "%s", store_text(&row, 2));
	dossier->opened_utc_us = (uint64_t)store_integer(&row, 3);
	dossier->closed_utc_us = (uint64_t)store_integer(&row, 4);
	snprintf(dossier->fingerprint, sizeof dossier->fingerprint, "%s", store_text(&row, 5));
	return 0;
}

static int add_growth(struct dossier *dossier, struct store *store, uint64_t old, uint64_t size, struct err *err)
{
	struct tlog_proof proof;
	int rc = ledger_prove_growth(store, old, size, &proof, err);

	if (rc < 0)
		return rc;
	json_array_append_new(dossier->consistency, json_pack("{s:I, s:I, s:o?}", "old", (json_int_t)old, "new",
							      (json_int_t)size, "hashes", ledger_proof_json(&proof)));
	return 0;
}

/* The signed checkpoints around the showing, and that each continues the one before. */
static int take_checkpoints(struct dossier *dossier, struct store *store, struct err *err)
{
	uint64_t at, size = dossier->newest.checkpoint.size;
	int rc = checkpoint_covering(store, (uint64_t)dossier->opened_entry, &dossier->opening, err);

	if (rc == 0 && dossier->closed_entry >= 0)
		rc = checkpoint_covering(store, (uint64_t)dossier->closed_entry, &dossier->closing, err);
	if (rc < 0)
		return rc;
	at = dossier->opening.checkpoint.size;
	dossier->consistency = json_array();
	if (dossier->closed_entry >= 0) {
		rc = add_growth(dossier, store, at, dossier->closing.checkpoint.size, err);
		at = dossier->closing.checkpoint.size;
	}
	return rc < 0 ? rc : add_growth(dossier, store, at, size, err);
}

static int fill(struct dossier *dossier, struct store *store, struct err *err)
{
	int rc = take_showing(dossier, store, err);

	if (rc == 0)
		rc = ledger_station(store, dossier->station, sizeof dossier->station, err);
	if (rc == 0)
		rc = checkpoint_newest(store, &dossier->newest, err);
	if (rc == 0)
		rc = take_entries(dossier, store, err);
	if (rc < 0)
		return rc;
	find_ends(dossier);
	if (!dossier->newest.note[0] || dossier->opened_entry < 0 ||
	    (dossier->closed_utc_us && dossier->closed_entry < 0))
		return err_set(err, ERR_STATE, "the log has not been signed since showing %lld was opened or closed: try again "
			       "in a moment, and look at `ostend status` when that does not help",
			       (long long)dossier->showing);
	return take_checkpoints(dossier, store, err);
}

int dossier_load(struct dossier **out, struct store *store, int64_t showing, struct err *err)
{
	CLEANUP(dossier_freep) struct dossier *dossier = calloc(1, sizeof *dossier);
	int rc;

	if (!dossier)
		return err_set(err, ERR_NOMEM, "dossier: out of memory");
	dossier->showing = showing;
	rc = fill(dossier, store, err);
	if (rc < 0)
		return rc;
	*out = MOVE(dossier);
	return 0;
}
