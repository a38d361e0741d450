/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The acts of a retrieval. Each checks the state it begins from inside the UPDATE, so that a row is never
 * moved twice; what is looked up before only serves to say why not.
 */
#include "station/evidence/retrieval.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "station/base/i18n.h"
#include "station/evidence/retrieval_own.h"

extern const char schema_retrieval[];
const char schema_retrieval[] =
	"CREATE TABLE IF NOT EXISTS retrieval(id INTEGER PRIMARY KEY, code TEXT NOT NULL, case_no TEXT NOT NULL,"
	" exhibit_no TEXT NOT NULL, exhibit_name TEXT NOT NULL, state TEXT NOT NULL, purpose TEXT NOT NULL,"
	" reason TEXT NOT NULL, requested_by TEXT NOT NULL, requested_utc_us INTEGER NOT NULL,"
	" due_utc_us INTEGER NOT NULL, approved_by TEXT NOT NULL DEFAULT '', approved_utc_us INTEGER,"
	" out_by TEXT NOT NULL DEFAULT '', out_second TEXT NOT NULL DEFAULT '', received_by TEXT NOT NULL DEFAULT '',"
	" out_utc_us INTEGER, condition_out TEXT NOT NULL DEFAULT '', seal_out TEXT NOT NULL DEFAULT '',"
	" out_remark TEXT NOT NULL DEFAULT '', back_by TEXT NOT NULL DEFAULT '', back_second TEXT NOT NULL DEFAULT '',"
	" returned_by TEXT NOT NULL DEFAULT '', back_utc_us INTEGER, condition_in TEXT NOT NULL DEFAULT '',"
	" seal_in TEXT NOT NULL DEFAULT '', back_remark TEXT NOT NULL DEFAULT '', changed INTEGER,"
	" damage TEXT NOT NULL DEFAULT '', late_told INTEGER NOT NULL DEFAULT 0);"
	"CREATE UNIQUE INDEX IF NOT EXISTS retrieval_one ON retrieval(code)"
	" WHERE state IN ('requested', 'approved', 'out');"
	"CREATE INDEX IF NOT EXISTS retrieval_code ON retrieval(code);"
	"CREATE TABLE IF NOT EXISTS retrieval_end(retrieval INTEGER PRIMARY KEY REFERENCES retrieval(id),"
	" ended_by TEXT NOT NULL, ended_utc_us INTEGER NOT NULL, ended_reason TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS retrieval_still(retrieval INTEGER NOT NULL REFERENCES retrieval(id),"
	" still INTEGER NOT NULL, way TEXT NOT NULL, PRIMARY KEY(retrieval, still)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS retrieval_comparison(id INTEGER PRIMARY KEY,"
	" retrieval INTEGER NOT NULL REFERENCES retrieval(id), before INTEGER NOT NULL, after INTEGER NOT NULL,"
	" file TEXT NOT NULL, sha256 TEXT NOT NULL, result TEXT NOT NULL, compared_by TEXT NOT NULL,"
	" utc_us INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS retrieval_signature(retrieval INTEGER NOT NULL REFERENCES retrieval(id),"
	" side TEXT NOT NULL, name TEXT NOT NULL, utc_us INTEGER NOT NULL, text_sha256 TEXT NOT NULL,"
	" certificate TEXT NOT NULL, cms BLOB, PRIMARY KEY(retrieval, side)) WITHOUT ROWID;";

static const char *const states[] = {
#define STATE(id, name) [RETRIEVAL_##id] = name,
	RETRIEVAL_STATES
#undef STATE
};

/* as people read them */
static const char *const state_labels[] = {
	[RETRIEVAL_REQUESTED] = N_("asked for"), [RETRIEVAL_APPROVED] = N_("approved"),
	[RETRIEVAL_OUT] = N_("out of store"), [RETRIEVAL_BACK] = N_("returned"),
	[RETRIEVAL_SIGNED] = N_("returned and signed"), [RETRIEVAL_REFUSED] = N_("refused"),
	[RETRIEVAL_WITHDRAWN] = N_("withdrawn"),
};

const char *retrieval_state_name(enum retrieval_state state)
{
	return states[state];
}

const char *retrieval_side_name(enum retrieval_side side)
{
	return side == RETRIEVAL_HOLDER ? "holder" : "custodian";
}

static enum retrieval_state state_find(const char *name)
{
	int state = 0;

	while (state < RETRIEVAL_STATE_COUNT && strcmp(states[state], name) != 0)
		state++;
	return (enum retrieval_state)state;
}

/* Without spaces at its ends and what the station added in parentheses. */
static size_t name_of(const char **name)
{
	const char *end;

	*name += strspn(*name, " \t");
	end = strstr(*name, " (");
	if (!end)
		end = *name + strlen(*name);
	while (end > *name && end[-1] == ' ')
		end--;
	return (size_t)(end - *name);
}

bool retrieval_same_person(const char *a, const char *b)
{
	size_t len_a = name_of(&a), len_b = name_of(&b);

	return len_a == len_b && strncasecmp(a, b, len_a) == 0;
}

/* --- looking one up ------------------------------------------------------------------------------ */

#define COLUMNS "id, state, code, case_no, exhibit_no, exhibit_name, due_utc_us"

static void take_row(struct retrieval *out, const struct store_rows *rows)
{
	*out = (struct retrieval){ .id = store_integer(rows, 0), .state = state_find(store_text(rows, 1)),
				   .due_utc_us = (uint64_t)store_integer(rows, 6) };
	snprintf(out->code, sizeof out->code, "%s", store_text(rows, 2));
	snprintf(out->case_no, sizeof out->case_no, "%s", store_text(rows, 3));
	snprintf(out->exhibit_no, sizeof out->exhibit_no, "%s", store_text(rows, 4));
	snprintf(out->exhibit_name, sizeof out->exhibit_name, "%s", store_text(rows, 5));
}

int retrieval_get(struct store *store, int64_t id, struct retrieval *out, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT " COLUMNS " FROM retrieval WHERE id = ?", "i", id);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, ERR_RANGE, _("there is no retrieval %lld"), (long long)id);
	take_row(out, &rows);
	return 0;
}

int retrieval_of_exhibit(struct store *store, const char *code, struct retrieval *out, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT " COLUMNS " FROM retrieval"
			     " WHERE code = ? AND state IN ('requested', 'approved', 'out')", "t", code);

	*out = (struct retrieval){ 0 };
	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc > 0)
		take_row(out, &rows);
	return MIN(rc, 0);
}

int retrieval_in_state(struct store *store, int64_t id, enum retrieval_state wanted, const char *verb,
		       struct retrieval *out, struct err *err)
{
	int rc = retrieval_get(store, id, out, err);

	if (rc == 0 && out->state != wanted)
		rc = err_set(err, ERR_STATE, _("retrieval %lld of %s is in the state \"%s\": only one in the state \"%s\" "
			     "can be %s"), (long long)id, out->exhibit_no, _(state_labels[out->state]),
			     _(state_labels[wanted]), _(verb));
	return rc;
}

int retrieval_note(struct store *store, const struct act *act, enum ledger_action action,
		   const struct retrieval *retrieval, json_t *data, struct err *err)
{
	json_object_set_new(data, "retrieval", json_integer(retrieval->id));
	json_object_set_new(data, "code", json_string(retrieval->code));
	return ledger_append(store, act, action, retrieval->case_no, retrieval->exhibit_no, data, NULL, err);
}

/* --- asked for, approved ------------------------------------------------------------------------- */

static int check_request(struct store *store, const struct act *act, const struct retrieval_request *request,
			 struct err *err)
{
	struct retrieval open;
	int rc;

	if (!act->reason[0])
		return err_set(err, ERR_RANGE, _("a retrieval needs a reason: what the exhibit is wanted for"));
	if (request->due_utc_us <= act->utc_us)
		return err_set(err, ERR_RANGE, _("the time by which the exhibit is to be back has passed already"));
	rc = retrieval_of_exhibit(store, request->code, &open, err);
	if (rc == 0 && open.id)
		rc = err_set(err, ERR_STATE, _("exhibit %s has retrieval %lld already, which is in the state \"%s\""),
			     request->exhibit_no, (long long)open.id, _(state_labels[open.state]));
	return rc;
}

int retrieval_request(struct store *store, const struct act *act, const struct retrieval_request *request,
		      int64_t *id, struct err *err)
{
	struct retrieval made = { 0 };
	int rc = check_request(store, act, request, err);

	if (rc == 0)
		rc = store_run(store, err, "INSERT INTO retrieval(code, case_no, exhibit_no, exhibit_name, state, purpose,"
			       " reason, requested_by, requested_utc_us, due_utc_us) VALUES(?, ?, ?, ?, 'requested', ?, ?,"
			       " ?, ?, ?)", "tttttttii", request->code, request->case_no, request->exhibit_no,
			       request->exhibit_name, request->purpose, act->reason, act->actor, (int64_t)act->utc_us,
			       (int64_t)request->due_utc_us);
	if (rc == 0)
		rc = retrieval_get(store, store_last_id(store), &made, err);
	if (rc == 0)
		rc = retrieval_note(store, act, LEDGER_RETRIEVAL_REQUESTED, &made,
			  json_pack("{s:s, s:s, s:I}", "name", made.exhibit_name, "purpose", request->purpose,
				    "due_utc_us", (json_int_t)request->due_utc_us), err);
	if (rc == 0)
		*id = made.id;
	return rc;
}

static int requester(struct store *store, int64_t id, char *name, size_t size, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT requested_by FROM retrieval WHERE id = ?", "i", id);

	if (rc == 0)
		rc = store_next(&rows, err);
	if (rc > 0)
		snprintf(name, size, "%s", store_text(&rows, 0));
	return MIN(rc, 0);
}

int retrieval_approve(struct store *store, const struct act *act, int64_t id, struct err *err)
{
	struct retrieval now;
	char name[sizeof act->actor] = "";
	int rc = retrieval_in_state(store, id, RETRIEVAL_REQUESTED, N_("approved"), &now, err);

	if (rc == 0)
		rc = requester(store, id, name, sizeof name, err);
	if (rc == 0 && retrieval_same_person(name, act->actor))
		rc = err_set(err, ERR_DENIED, _("%s asked for this retrieval: another person has to approve it"), name);
	if (rc == 0)
		rc = store_run(store, err, "UPDATE retrieval SET state = 'approved', approved_by = ?, approved_utc_us = ?"
			       " WHERE id = ? AND state = 'requested'", "tii", act->actor, (int64_t)act->utc_us, id);
	if (rc == 0)
		rc = retrieval_note(store, act, LEDGER_RETRIEVAL_APPROVED, &now, json_pack("{s:s}", "requested_by", name), err);
	return rc;
}

/* --- refused, withdrawn -------------------------------------------------------------------------- */

/* How a retrieval comes to nothing. */
struct ending {
	enum retrieval_state state;
	enum ledger_action action;
	bool by_asker;		/* else by another */
	const char *verb;
};

static int check_ending(struct store *store, const struct act *act, const struct retrieval *now,
			const struct ending *ending, char *asker, size_t size, struct err *err)
{
	int rc = requester(store, now->id, asker, size, err);

	if (rc < 0)
		return rc;
	if (now->state != RETRIEVAL_REQUESTED && now->state != RETRIEVAL_APPROVED)
		return err_set(err, ERR_STATE, _("retrieval %lld of %s is in the state \"%s\": it can be %s only before the "
			       "exhibit is taken out"), (long long)now->id, now->exhibit_no,
			       _(state_labels[now->state]), _(ending->verb));
	if (retrieval_same_person(asker, act->actor) != ending->by_asker)
		return err_set(err, ERR_DENIED, ending->by_asker ? _("%s asked for this retrieval: nobody else can withdraw it") :
			       _("%s asked for this retrieval, and can withdraw it; refusing it is another's"), asker);
	if (!act->reason[0])
		return err_set(err, ERR_RANGE, _("give the reason why it is %s"), _(ending->verb));
	return retrieval_check_not_shown(store, now->id, err);
}

static int come_to_nothing(struct store *store, const struct act *act, int64_t id, const struct ending *ending,
			   struct err *err)
{
	struct retrieval now;
	char asker[sizeof act->actor] = "";
	int rc = retrieval_get(store, id, &now, err);

	if (rc == 0)
		rc = check_ending(store, act, &now, ending, asker, sizeof asker, err);
	if (rc == 0)
		rc = store_run(store, err, "UPDATE retrieval SET state = ? WHERE id = ? AND state IN ('requested',"
			       " 'approved')", "ti", states[ending->state], id);
	if (rc == 0)
		rc = store_run(store, err, "INSERT INTO retrieval_end(retrieval, ended_by, ended_utc_us, ended_reason)"
			       " VALUES(?, ?, ?, ?)", "itit", id, act->actor, (int64_t)act->utc_us, act->reason);
	if (rc == 0)
		rc = retrieval_note(store, act, ending->action, &now,
				    json_pack("{s:s, s:s}", "requested_by", asker, "was", states[now.state]), err);
	return rc;
}

int retrieval_refuse(struct store *store, const struct act *act, int64_t id, struct err *err)
{
	static const struct ending refused = { RETRIEVAL_REFUSED, LEDGER_RETRIEVAL_REFUSED, false, "refused" };

	return come_to_nothing(store, act, id, &refused, err);
}

int retrieval_withdraw(struct store *store, const struct act *act, int64_t id, struct err *err)
{
	static const struct ending withdrawn = { RETRIEVAL_WITHDRAWN, LEDGER_RETRIEVAL_WITHDRAWN, true, "withdrawn" };

	return come_to_nothing(store, act, id, &withdrawn, err);
}
