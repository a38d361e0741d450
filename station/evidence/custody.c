/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/evidence/custody.h"

#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/evidence/retrieval.h"

#define ENTRIES_MAX 60	/* a message has 64 KiB */
#define RETRIEVALS_MAX 12

extern const char schema_custody[];
const char schema_custody[] =
	"CREATE TABLE IF NOT EXISTS custody(code TEXT PRIMARY KEY, body TEXT NOT NULL DEFAULT '',"
	" disposed TEXT NOT NULL DEFAULT '', changed_utc_us INTEGER NOT NULL) WITHOUT ROWID;";

static const struct { const char *name, *label; } ways[] = {
#define DISPOSAL(id, name, label) [DISPOSAL_##id] = { name, label },
#include "station/evidence/disposals.def"
#undef DISPOSAL
};

const char *disposal_name(enum disposal way)
{
	return ways[way].name;
}

const char *disposal_label(enum disposal way)
{
	return ways[way].label;
}

enum disposal disposal_find(const char *name)
{
	int way = 0;

	while (way < DISPOSAL_COUNT && strcmp(ways[way].name, name) != 0)
		way++;
	return (enum disposal)way;
}

struct keeping {
	char body[256], disposed[32];
};

static int get_keeping(struct store *store, const char *code, struct keeping *keeping, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows row = { 0 };
	int rc = store_query(&row, store, err, "SELECT body, disposed FROM custody WHERE code = ?", "t", code);

	*keeping = (struct keeping){ "", "" };
	if (rc == 0)
		rc = store_next(&row, err);
	if (rc > 0) {
		snprintf(keeping->body, sizeof keeping->body, "%s", store_text(&row, 0));
		snprintf(keeping->disposed, sizeof keeping->disposed, "%s", store_text(&row, 1));
	}
	return MIN(rc, 0);
}

static int set_keeping(struct store *store, const struct act *act, const char *code, const struct keeping *keeping,
		       struct err *err)
{
	return store_run(store, err, "INSERT INTO custody(code, body, disposed, changed_utc_us) VALUES(?, ?, ?, ?)"
			 " ON CONFLICT(code) DO UPDATE SET body = ?2, disposed = ?3, changed_utc_us = ?4", "ttti", code,
			 keeping->body, keeping->disposed, (int64_t)act->utc_us);
}

int custody_check_kept(struct store *store, const char *code, struct err *err)
{
	struct keeping keeping;
	int rc = get_keeping(store, code, &keeping, err);

	if (rc == 0 && keeping.disposed[0])
		rc = err_set(err, ERR_STATE, _("%s is no longer in keeping: %s"), code,
			     disposal_find(keeping.disposed) == DISPOSAL_COUNT ? keeping.disposed
			     : _(disposal_label(disposal_find(keeping.disposed))));
	return rc;
}

static int check_in_store(struct store *store, const struct exhibit *exhibit, struct err *err)
{
	struct retrieval open;
	int rc = custody_check_kept(store, exhibit->code, err);

	if (rc == 0)
		rc = retrieval_of_exhibit(store, exhibit->code, &open, err);
	if (rc == 0 && open.id)
		rc = err_set(err, ERR_STATE, _("%s has retrieval %lld, which is not back: end that first"), exhibit->code,
			     (long long)open.id);
	return rc;
}

/* Two people, and why: as for everything after which somebody else answers for it. */
static int check_parting(const struct act *act, const char *to, struct err *err)
{
	if (!act->reason[0])
		return err_set(err, ERR_RANGE, _("this needs a reason: the decision, or the stage of the case"));
	if (!act->second[0] || retrieval_same_person(act->actor, act->second))
		return err_set(err, ERR_DENIED, _("two people have to do this together: name the second one"));
	return *to ? 0 : err_set(err, ERR_RANGE, _("say to whom"));
}

static int note(struct store *store, const struct act *act, enum ledger_action action, const struct exhibit *exhibit,
		json_t *data, struct err *err)
{
	json_object_set_new(data, "code", json_string(exhibit->code));
	json_object_set_new(data, "name", json_string(exhibit->values.name));
	return ledger_append(store, act, action, exhibit->in_case.values.case_no, exhibit->values.exhibit_no, data, NULL,
			     err);
}

static int move(struct store *store, const struct act *act, const struct exhibit *exhibit, const char *place,
		struct err *err)
{
	struct exhibit_values values = exhibit->values;
	struct act moving = *act;
	int rc = form_set(&values, form_find(&form_exhibit, "place"), place, err);

	if (rc < 0 || strcmp(values.place, exhibit->values.place) == 0)
		return rc;
	if (!moving.reason[0])
		snprintf(moving.reason, sizeof moving.reason, "put into store");
	return exhibit_change(store, &moving, exhibit, &values, err);
}

int custody_store(struct store *store, const struct act *act, const struct exhibit *exhibit, const char *place,
		  struct err *err)
{
	int rc = check_in_store(store, exhibit, err);

	if (rc == 0 && !*place)
		rc = err_set(err, ERR_RANGE, _("say where it is put"));
	if (rc == 0)
		rc = move(store, act, exhibit, place, err);
	return rc < 0 ? rc : note(store, act, LEDGER_EXHIBIT_STORED, exhibit,
				  json_pack("{s:s, s:s}", "place", place, "seal", exhibit->values.seal_no), err);
}

int custody_handover(struct store *store, const struct act *act, const struct exhibit *exhibit, const char *to,
		     const char *document, struct err *err)
{
	struct keeping keeping;
	char from[sizeof keeping.body];
	int rc = check_parting(act, to, err);

	if (rc == 0 && strlen(to) >= sizeof keeping.body)
		rc = err_set(err, ERR_RANGE, _("the name of the body is too long"));
	if (rc == 0)
		rc = custody_check_kept(store, exhibit->code, err);
	if (rc == 0)
		rc = get_keeping(store, exhibit->code, &keeping, err);
	if (rc == 0 && strcmp(keeping.body, to) == 0)
		rc = err_set(err, ERR_RANGE, _("%s answers for it already"), to);
	if (rc < 0)
		return rc;
	strcpy(from, keeping.body);
	strcpy(keeping.body, to);
	rc = set_keeping(store, act, exhibit->code, &keeping, err);
	return rc < 0 ? rc : note(store, act, LEDGER_EXHIBIT_HANDED_OVER, exhibit,
				  json_pack("{s:s, s:s, s:s, s:s}", "from", from, "to", to, "document", document, "place",
					    exhibit->values.place), err);
}

int custody_dispose(struct store *store, const struct act *act, const struct exhibit *exhibit, enum disposal way,
		    const char *to, const char *document, struct err *err)
{
	struct keeping keeping;
	int rc = check_parting(act, way == DISPOSAL_DESTRUCTION ? "-" : to, err);

	if (rc == 0)
		rc = check_in_store(store, exhibit, err);
	if (rc == 0)
		rc = get_keeping(store, exhibit->code, &keeping, err);
	if (rc < 0)
		return rc;
	snprintf(keeping.disposed, sizeof keeping.disposed, "%s", ways[way].name);
	rc = set_keeping(store, act, exhibit->code, &keeping, err);
	return rc < 0 ? rc : note(store, act, LEDGER_EXHIBIT_DISPOSED, exhibit,
				  json_pack("{s:s, s:s, s:s}", "way", ways[way].name, "to", to, "document", document), err);
}

/* --- the chain ----------------------------------------------------------------------------------- */

/* What the chain is made of; everything else of the ledger is about other things. */
static bool belongs(const char *action)
{
	static const enum ledger_action list[] = {
		LEDGER_EXHIBIT_ADDED, LEDGER_EXHIBIT_CHANGED, LEDGER_EXHIBIT_STORED, LEDGER_EXHIBIT_HANDED_OVER,
		LEDGER_EXHIBIT_DISPOSED, LEDGER_EXHIBIT_STAGED, LEDGER_RETRIEVAL_REQUESTED, LEDGER_RETRIEVAL_APPROVED,
		LEDGER_RETRIEVAL_OUT, LEDGER_RETRIEVAL_BACK, LEDGER_RETRIEVAL_COMPARED, LEDGER_RETRIEVAL_SIGNED,
		LEDGER_RETRIEVAL_OVERDUE, LEDGER_RETRIEVAL_REFUSED, LEDGER_RETRIEVAL_WITHDRAWN,
	};

	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		if (strcmp(ledger_action_name(list[i]), action) == 0)
			return true;
	return false;
}

static json_t *entry_json(const struct store_rows *row)
{
	static const char *const kept[] = { "seq", "utc_us", "action", "actor", "second", "reason", "showing", "data" };
	size_t len_bytes;
	const void *bytes = store_blob(row, 0, &len_bytes);
	json_t *entry = json_loadb(bytes, len_bytes, 0, NULL), *json = json_object();

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		json_object_set(json, kept[i], json_object_get(entry, kept[i]));
	json_decref(entry);
	return json;
}

static int add_entries(json_t *chain, struct store *store, const struct exhibit *exhibit, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	json_t *list = json_array();
	json_int_t left_out = 0;
	int rc = store_query(&rows, store, err, "SELECT entry, action FROM event WHERE exhibit_no = ? AND case_no = ?"
			     " ORDER BY seq", "tt", exhibit->values.exhibit_no, exhibit->in_case.values.case_no);

	json_object_set_new(chain, "entries", list);
	while (rc == 0 && (rc = store_next(&rows, err)) > 0) {
		rc = 0;
		if (!belongs(store_text(&rows, 1)))
			continue;
		json_array_append_new(list, entry_json(&rows));
		if (json_array_size(list) <= ENTRIES_MAX)
			continue;
		json_array_remove(list, 0);
		left_out++;
	}
	json_object_set_new(chain, "left_out", json_integer(left_out));
	return rc;
}

int custody_chain(struct store *store, const struct exhibit *exhibit, uint64_t now_utc_us, json_t **chain,
		  struct err *err)
{
	struct keeping keeping;
	struct retrieval_wish wish = { .code = exhibit->code, .limit = RETRIEVALS_MAX };
	json_t *retrievals = NULL, *made;
	int64_t more;
	int rc = get_keeping(store, exhibit->code, &keeping, err);

	if (rc == 0)
		rc = retrieval_list(store, &wish, now_utc_us, &retrievals, &more, err);
	if (rc < 0)
		return rc;
	made = json_pack("{s:o, s:s, s:s, s:o}", "exhibit", exhibit_json(exhibit), "body", keeping.body, "disposed",
			 keeping.disposed, "retrievals", retrievals);
	rc = add_entries(made, store, exhibit, err);
	if (rc < 0)
		json_decref(made);
	else
		*chain = made;
	return rc;
}
