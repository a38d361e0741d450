/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger.c - events, and the tree over them.
 *
 * Table node holds the root of every complete subtree, also of single leaves: (level, no) covers the entries
 * from no * 2^level on. An append completes one subtree for each 1 bit at the end of the old size, so a row of
 * event brings two of node on average; any proof is then a few look-ups, however long the ledger is.
 */
#include "station/evidence/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"

#define ENTRY_MAX 65535		/* of an entry bundle of C2SP tlog-tiles: a length in two bytes */
#define SALT_BYTES 16

extern const char schema_ledger[];
const char schema_ledger[] =
	"CREATE TABLE IF NOT EXISTS event(seq INTEGER PRIMARY KEY, action TEXT NOT NULL, showing INTEGER NOT NULL,"
	" case_no TEXT NOT NULL, exhibit_no TEXT NOT NULL, entry BLOB NOT NULL);"
	"CREATE INDEX IF NOT EXISTS event_case ON event(case_no) WHERE case_no <> '';"
	"CREATE INDEX IF NOT EXISTS event_showing ON event(showing) WHERE showing <> 0;"
	"CREATE INDEX IF NOT EXISTS event_exhibit ON event(exhibit_no) WHERE exhibit_no <> '';"
	"CREATE TABLE IF NOT EXISTS node(level INTEGER NOT NULL, no INTEGER NOT NULL, hash BLOB NOT NULL,"
	" PRIMARY KEY(level, no)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS ledger_owner(id INTEGER PRIMARY KEY CHECK(id = 1), station TEXT NOT NULL);"
	"INSERT OR IGNORE INTO ledger_owner VALUES(1, '');"
	"CREATE TRIGGER IF NOT EXISTS event_stays BEFORE UPDATE ON event BEGIN"
	" SELECT RAISE(ABORT, 'an entry of the ledger is never changed'); END;"
	"CREATE TRIGGER IF NOT EXISTS event_remains BEFORE DELETE ON event BEGIN"
	" SELECT RAISE(ABORT, 'an entry of the ledger is never removed'); END;"
	"CREATE TRIGGER IF NOT EXISTS node_stays BEFORE UPDATE ON node BEGIN"
	" SELECT RAISE(ABORT, 'the tree of the ledger only grows'); END;"
	"CREATE TRIGGER IF NOT EXISTS node_remains BEFORE DELETE ON node BEGIN"
	" SELECT RAISE(ABORT, 'the tree of the ledger only grows'); END;";

static const struct { const char *name, *label; } actions[] = {
#define ACTION(id, name, label) { name, label },
#include "station/evidence/ledger_actions.def"
#undef ACTION
};

const char *ledger_action_name(enum ledger_action action)
{
	return actions[action].name;
}

const char *ledger_action_label(enum ledger_action action)
{
	return actions[action].label;
}

enum ledger_action ledger_action_find(const char *name)
{
	enum ledger_action action = 0;

	while (action < LEDGER_ACTION_COUNT && strcmp(actions[action].name, name) != 0)
		action++;
	return action;
}

/* --- the tree ------------------------------------------------------------------------------------ */

static int get_node(struct store *store, unsigned level, uint64_t no, struct tlog_hash *hash, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	const void *bytes;
	size_t len_bytes;
	int rc = store_query(&rows, store, err, "SELECT hash FROM node WHERE level = ? AND no = ?", "ii",
			     (int64_t)level, (int64_t)no);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc < 0)
		return rc;
	bytes = rc ? store_blob(&rows, 0, &len_bytes) : NULL;
	if (!bytes || len_bytes != sizeof hash->bytes)
		return err_set(err, ERR_TAMPER, "the ledger's tree lacks node %llu of level %u",
			       (unsigned long long)no, level);
	memcpy(hash->bytes, bytes, sizeof hash->bytes);
	return 0;
}

static int put_node(struct store *store, unsigned level, uint64_t no, const struct tlog_hash *hash, struct err *err)
{
	return store_run(store, err, "INSERT INTO node(level, no, hash) VALUES(?, ?, ?)", "iib", (int64_t)level,
			 (int64_t)no, hash->bytes, sizeof hash->bytes);
}

/* Entry @seq is the leaf, and the last of the subtrees that it completes. */
static int grow(struct store *store, uint64_t seq, struct tlog_hash hash, struct err *err)
{
	unsigned level = 0;
	int rc = put_node(store, level, seq, &hash, err);

	for (uint64_t no = seq; rc == 0 && (no & 1); no >>= 1) {
		struct tlog_hash left;

		rc = get_node(store, level, no - 1, &left, err);
		if (rc < 0)
			return rc;
		hash = tlog_node(&left, &hash);
		rc = put_node(store, ++level, no >> 1, &hash, err);
	}
	return rc;
}

int ledger_size(struct store *store, uint64_t *size, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT ifnull(max(seq) + 1, 0) FROM event", "");

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc < 0)
		return rc;
	*size = (uint64_t)store_integer(&rows, 0);
	return 0;
}

int ledger_range(struct store *store, uint64_t first, uint64_t count, struct tlog_tree *tree, struct err *err)
{
	unsigned depth = 0;
	int rc = 0;

	tree->size = count;
	for (int level = 63; level >= 0 && rc == 0; level--) {
		uint64_t width = UINT64_C(1) << level;

		if (!(count & width))
			continue;
		rc = get_node(store, (unsigned)level, first >> level, &tree->subtrees[depth++], err);
		first += width;
	}
	return rc;
}

int ledger_tree(struct store *store, struct tlog_tree *tree, struct err *err)
{
	uint64_t size;
	int rc = ledger_size(store, &size, err);

	return rc < 0 ? rc : ledger_range(store, 0, size, tree, err);
}

/* --- entries ------------------------------------------------------------------------------------- */

static bool has_real(json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_real(value))
		return true;
	json_object_foreach(value, key, item)
		if (has_real(item))
			return true;
	json_array_foreach(value, i, item)
		if (has_real(item))
			return true;
	return false;
}

/* The one line that is hashed. Texts that are no UTF-8 have no place in it: jansson refuses them. */
static char *line_of(const struct act *act, const char *station, enum ledger_action action, int64_t seq,
		     const char *case_no, const char *exhibit_no, json_t *data)
{
	uint8_t salt[SALT_BYTES];
	char hex[2 * SALT_BYTES + 1];
	json_t *entry;
	char *line;

	util_random(salt, sizeof salt);
	util_hex(hex, salt, sizeof salt);
	entry = json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:o, s:O, s:s}",
			  "seq", (json_int_t)seq, "utc_us", (json_int_t)act->utc_us, "mono_ns",
			  (json_int_t)act->mono_ns, "station", station, "action", ledger_action_name(action),
			  "actor", act->actor, "role", act->role, "second", act->second, "reason", act->reason,
			  "showing", (json_int_t)act->showing, "case", case_no, "exhibit", exhibit_no, "pose",
			  act->pose_known ? pose_json(&act->pose) : json_null(), "data", data, "salt", hex);
	line = entry ? json_dumps(entry, JSON_ENSURE_ASCII | JSON_COMPACT) : NULL;
	json_decref(entry);
	return line;
}

int ledger_station(struct store *store, char *name, size_t size, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT station FROM ledger_owner", "");

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc < 0)
		return rc;
	snprintf(name, size, "%s", rc ? store_text(&rows, 0) : "");
	return 0;
}

int ledger_set_station(struct store *store, const char *name, struct err *err)
{
	return store_run(store, err, "UPDATE ledger_owner SET station = ? WHERE id = 1", "t", name);
}

static int check_act(const struct act *act, json_t *data, struct err *err)
{
	if (!act->actor[0])
		return err_set(err, ERR_RANGE, "the ledger takes nothing that nobody has done: the actor is missing");
	if (!json_is_object(data))
		return err_set(err, ERR_RANGE, "the further members of a ledger entry must be an object");
	if (has_real(data))
		return err_set(err, ERR_RANGE, "numbers in the ledger are whole: two programs write 0.1 in two ways");
	return 0;
}

static int keep(struct store *store, const struct act *act, enum ledger_action action, const char *case_no,
		const char *exhibit_no, json_t *data, int64_t *seq, struct err *err)
{
	CLEANUP(util_freep) char *line = NULL;
	struct tlog_hash leaf;
	char station[256];
	uint64_t size;
	int rc = ledger_size(store, &size, err);

	if (rc == 0)
		rc = ledger_station(store, station, sizeof station, err);
	if (rc < 0)
		return rc;
	line = line_of(act, station, action, (int64_t)size, case_no, exhibit_no, data);
	if (!line)
		return err_set(err, ERR_RANGE, "a text of the ledger entry \"%s\" is not UTF-8, or memory is short",
			       ledger_action_name(action));
	if (strlen(line) > ENTRY_MAX)
		return err_set(err, ERR_RANGE, "the ledger entry \"%s\" is longer than %d bytes",
			       ledger_action_name(action), ENTRY_MAX);
	leaf = tlog_leaf(line, strlen(line));
	rc = store_run(store, err, "INSERT INTO event(seq, action, showing, case_no, exhibit_no, entry)"
		       " VALUES(?, ?, ?, ?, ?, ?)", "itittb", (int64_t)size, ledger_action_name(action),
		       act->showing, case_no, exhibit_no, line, strlen(line));
	if (rc == 0)
		rc = grow(store, size, leaf, err);
	if (rc == 0 && seq)
		*seq = (int64_t)size;
	return rc;
}

int ledger_append(struct store *store, const struct act *act, enum ledger_action action,
		  const char *case_no, const char *exhibit_no, json_t *data, int64_t *seq, struct err *err)
{
	json_t *members = data ? data : json_object();
	int rc = check_act(act, members, err);

	if (rc == 0)
		rc = store_begin(store, err);
	if (rc == 0) {
		rc = keep(store, act, action, case_no ? case_no : act->case_no,
			  exhibit_no ? exhibit_no : act->exhibit_no, members, seq, err);
		if (rc < 0)
			store_rollback(store);
		else
			rc = store_commit(store, err);
	}
	json_decref(members);
	return rc;
}

/* --- looking after it ---------------------------------------------------------------------------- */

static int check_node(struct store_rows *nodes, uint64_t seq, const void *entry, size_t len_bytes,
		      struct tlog_tree *tree, struct err *err)
{
	struct tlog_hash leaf = tlog_leaf(entry, len_bytes);
	int rc = store_next(nodes, err);
	const void *bytes;
	size_t hash_bytes;

	if (rc < 0)
		return rc;
	bytes = rc ? store_blob(nodes, 0, &hash_bytes) : NULL;
	if (!bytes || hash_bytes != sizeof leaf || memcmp(bytes, leaf.bytes, sizeof leaf) != 0)
		return err_set(err, ERR_TAMPER, "entry %llu of the ledger is not the one that was written",
			       (unsigned long long)seq);
	tlog_append(tree, &leaf);
	return 0;
}

int ledger_check(struct store *store, struct tlog_tree *tree, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 }, nodes = { 0 };
	struct tlog_tree kept;
	struct tlog_hash root, kept_root;
	size_t len_bytes;
	int rc = store_query(&rows, store, err, "SELECT seq, entry FROM event ORDER BY seq", "");

	*tree = (struct tlog_tree){ 0 };
	if (rc == 0)
		rc = store_query(&nodes, store, err, "SELECT hash FROM node WHERE level = 0 ORDER BY no", "");
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		const void *entry = store_blob(&rows, 1, &len_bytes);

		if ((uint64_t)store_integer(&rows, 0) != tree->size)
			return err_set(err, ERR_TAMPER, "entry %llu of the ledger is missing",
				       (unsigned long long)tree->size);
		rc = check_node(&nodes, tree->size, entry, len_bytes, tree, err);
	}
	if (rc == 0)
		rc = ledger_range(store, 0, tree->size, &kept, err);
	if (rc < 0)
		return rc;
	root = tlog_root(tree);
	kept_root = tlog_root(&kept);
	return tlog_equal(&root, &kept_root) ? 0 : err_set(err, ERR_TAMPER, "the ledger's tree does not belong "
							   "to its entries");
}
