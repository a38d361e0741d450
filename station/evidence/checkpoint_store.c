/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/checkpoint_store.h"

#include <stdio.h>
#include <string.h>

#include "station/base/replace.h"

extern const char schema_checkpoint[];
const char schema_checkpoint[] =
	"CREATE TABLE IF NOT EXISTS checkpoint(size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL,"
	" utc_us INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS checkpoint_origin(id INTEGER PRIMARY KEY CHECK(id = 1), origin TEXT NOT NULL);";

int checkpoint_origin(struct store *store, const char *fallback, char origin[NOTE_NAME_MAX], struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_run(store, err, "INSERT OR IGNORE INTO checkpoint_origin VALUES(1, ?)", "t", fallback);

	if (rc == 0)
		rc = store_query(&rows, store, err, "SELECT origin FROM checkpoint_origin", "");
	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc < 0)
		return rc;
	snprintf(origin, NOTE_NAME_MAX, "%s", store_text(&rows, 0));
	return 0;
}

int checkpoint_draft(struct store *store, const char *origin, uint64_t old, struct checkpoint_draft *draft,
		     struct err *err)
{
	struct tlog_tree tree;
	int rc = ledger_tree(store, &tree, err);

	if (rc < 0)
		return rc;
	*draft = (struct checkpoint_draft){ .old = old };
	draft->checkpoint.size = tree.size;
	draft->checkpoint.root = tlog_root(&tree);
	snprintf(draft->checkpoint.origin, sizeof draft->checkpoint.origin, "%s", origin);
	rc = checkpoint_print(&draft->checkpoint, draft->text, sizeof draft->text, err);
	if (rc < 0)
		return rc;
	return old > tree.size ? 0 : ledger_prove_growth(store, old, tree.size, &draft->proof, err);
}

int checkpoint_keep(struct store *store, const char *folder, const struct checkpoint_kept *kept, struct err *err)
{
	const struct checkpoint *checkpoint = &kept->checkpoint;
	char path[4096];
	int rc = store_run(store, err, "INSERT OR IGNORE INTO checkpoint VALUES(?, ?, ?, ?)", "ibti",
			   (int64_t)checkpoint->size, checkpoint->root.bytes, sizeof checkpoint->root.bytes, kept->note,
			   (int64_t)kept->utc_us);

	if (rc < 0 || !folder)
		return rc;
	snprintf(path, sizeof path, "%s/checkpoint", folder);
	return replace_file(path, kept->note, strlen(kept->note), err);
}

static int take(struct store_rows *rows, struct checkpoint_kept *kept, struct err *err)
{
	struct note note;
	int rc = store_next(rows, err);

	*kept = (struct checkpoint_kept){ 0 };
	if (rc <= 0)
		return rc;
	snprintf(kept->note, sizeof kept->note, "%s", store_text(rows, 0));
	kept->utc_us = (uint64_t)store_integer(rows, 1);
	rc = note_read(&note, kept->note, strlen(kept->note), err);
	return rc < 0 ? rc : checkpoint_read(&kept->checkpoint, &note, err);
}

int checkpoint_newest(struct store *store, struct checkpoint_kept *kept, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT note, utc_us FROM checkpoint ORDER BY size DESC LIMIT 1", "");

	return rc < 0 ? rc : take(&rows, kept, err);
}

int checkpoint_covering(struct store *store, uint64_t seq, struct checkpoint_kept *kept, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT note, utc_us FROM checkpoint WHERE size > ? ORDER BY size"
			     " LIMIT 1", "i", (int64_t)seq);

	return rc < 0 ? rc : take(&rows, kept, err);
}
