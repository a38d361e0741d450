/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods of control.sock on retrievals, and those that look at showings (doc/protocol.md). */
#include <stdlib.h>
#include <string.h>

#include "station/base/rpc.h"
#include "station/base/i18n.h"
#include "station/evidence/custody.h"
#include "station/evidence/evidence.h"
#include "station/evidence/retrieval.h"
#include "station/evidence/showing_store.h"
#include "station/evidence/still.h"

#define HOUR_US INT64_C(3600000000)
#define HOURS_USUAL 24
#define HOURS_MAX (24 * 366)
#define STILLS_MAX 64
#define LIST_LIMIT 30	/* a message has 64 KiB */

static int param_id(const json_t *params, json_int_t *id, struct err *err)
{
	return rpc_integer(id, params, "retrieval", 1, INT64_MAX, err);
}

static int answer(struct store *store, const struct act *act, int64_t id, json_t **result, struct err *err)
{
	return retrieval_json(store, id, act->utc_us, result, err);
}

/* --- asked for, approved ------------------------------------------------------------------------- */

/* By when: a moment, or hours from now. */
static int param_due(const struct act *act, const json_t *params, uint64_t *due_utc_us, struct err *err)
{
	json_int_t hours, due;
	int rc = rpc_integer_or(&hours, params, "hours", 1, HOURS_MAX, HOURS_USUAL, err);

	if (rc == 0)
		rc = rpc_integer_or(&due, params, "due_utc_us", 1, INT64_MAX,
				    (json_int_t)act->utc_us + hours * HOUR_US, err);
	if (rc == 0)
		*due_utc_us = (uint64_t)due;
	return rc;
}

int retrieval_request_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			     struct err *err)
{
	static const char *const known[] = { "code", "purpose", "hours", "due_utc_us", NULL };
	struct retrieval_request request = { 0 };
	struct exhibit exhibit;
	const char *code;
	int64_t id = 0;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_string(&code, params, "code", err);
	if (rc == 0)
		rc = rpc_string_or(&request.purpose, params, "purpose", "", err);
	if (rc == 0 && *request.purpose && purpose_find(request.purpose) == PURPOSE_COUNT)
		rc = err_set(err, ERR_RANGE, _("there is no purpose \"%.40s\""), request.purpose);
	if (rc == 0)
		rc = param_due(act, params, &request.due_utc_us, err);
	if (rc == 0)
		rc = exhibit_by_code(store, code, &exhibit, err);
	if (rc == 0)
		rc = custody_check_kept(store, exhibit.code, err);
	if (rc < 0)
		return rc;
	request.code = exhibit.code;
	request.case_no = exhibit.in_case.values.case_no;
	request.exhibit_no = exhibit.values.exhibit_no;
	request.exhibit_name = exhibit.values.name;
	rc = retrieval_request(store, act, &request, &id, err);
	return rc < 0 ? rc : answer(store, act, id, result, err);
}

typedef int step(struct store *store, const struct act *act, int64_t id, struct err *err);

/* A step that needs no more than its number, and what the act says. */
static int take_step(step *take, struct store *store, const struct act *act, const json_t *params, json_t **result,
		     struct err *err)
{
	static const char *const known[] = { "retrieval", NULL };
	json_int_t id;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = param_id(params, &id, err);
	if (rc == 0)
		rc = take(store, act, id, err);
	return rc < 0 ? rc : answer(store, act, id, result, err);
}

int retrieval_approve_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			     struct err *err)
{
	return take_step(retrieval_approve, store, act, params, result, err);
}

int retrieval_refuse_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			    struct err *err)
{
	return take_step(retrieval_refuse, store, act, params, result, err);
}

int retrieval_withdraw_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			      struct err *err)
{
	return take_step(retrieval_withdraw, store, act, params, result, err);
}

/* --- out and back -------------------------------------------------------------------------------- */

/* @stills STILLS_MAX places. */
static int param_stills(const json_t *params, int64_t *stills, struct retrieval_condition *found, struct err *err)
{
	const json_t *list = json_object_get(params, "stills");

	if (list && (!json_is_array(list) || json_array_size(list) > STILLS_MAX))
		return err_set(err, ERR_RANGE, _("stills must be a list of at most %d numbers"), STILLS_MAX);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		/* the command line gives words */
		int64_t still = json_is_integer(item) ? json_integer_value(item)
						      : json_is_string(item) ? atoll(json_string_value(item)) : 0;

		if (still <= 0)
			return err_set(err, ERR_RANGE, _("stills must be a list of numbers"));
		stills[i] = still;
	}
	found->stills = stills;
	found->still_count = json_array_size(list);
	return 0;
}

static int check_stills(struct store *store, int64_t id, const struct retrieval_condition *found, struct err *err)
{
	struct retrieval retrieval;
	int rc = retrieval_get(store, id, &retrieval, err);

	for (size_t i = 0; i < found->still_count && rc == 0; i++) {
		json_t *still = NULL;

		rc = still_json(store, found->stills[i], &still, err);
		if (rc == 0)
			rc = retrieval_check_still(&retrieval, still, err);
		json_decref(still);
	}
	return rc;
}

static int param_found(const json_t *params, const char *other, struct retrieval_condition *found, int64_t *stills,
		       json_int_t *id, struct err *err)
{
	int rc = param_id(params, id, err);

	if (rc == 0)
		rc = rpc_string(&found->condition, params, "condition", err);
	if (rc == 0)
		rc = rpc_string_or(&found->seal, params, "seal", "", err);
	if (rc == 0)
		rc = rpc_string_or(&found->other, params, other, "", err);
	return rc < 0 ? rc : param_stills(params, stills, found, err);
}

int retrieval_out_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			 struct err *err)
{
	static const char *const known[] = { "retrieval", "condition", "seal", "received_by", "stills", NULL };
	struct retrieval_condition found = { .damage = "" };
	int64_t stills[STILLS_MAX];
	json_int_t id;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = param_found(params, "received_by", &found, stills, &id, err);
	if (rc == 0)
		rc = check_stills(store, id, &found, err);
	if (rc == 0)
		rc = retrieval_out(store, act, id, &found, err);
	return rc < 0 ? rc : answer(store, act, id, result, err);
}

/* "changed" must be said: whoever says nothing has not compared. */
static int param_changed(const json_t *params, struct retrieval_condition *found, struct err *err)
{
	const json_t *changed = json_object_get(params, "changed");
	int rc = rpc_string_or(&found->damage, params, "damage", "", err);

	if (rc == 0 && !changed && *found->damage)
		found->changed = true;
	else if (rc == 0 && !json_is_boolean(changed))
		rc = err_set(err, ERR_RANGE, _("confirm that nothing has changed (changed: false), or describe the damage"));
	else
		found->changed = json_is_true(changed);
	return rc;
}

int retrieval_back_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			  struct err *err)
{
	static const char *const known[] = { "retrieval", "condition", "seal", "returned_by", "stills", "changed",
					     "damage", NULL };
	struct retrieval_condition found = { 0 };
	int64_t stills[STILLS_MAX];
	json_int_t id;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = param_found(params, "returned_by", &found, stills, &id, err);
	if (rc == 0)
		rc = param_changed(params, &found, err);
	if (rc == 0)
		rc = check_stills(store, id, &found, err);
	if (rc == 0)
		rc = retrieval_back(store, act, id, &found, err);
	return rc < 0 ? rc : answer(store, act, id, result, err);
}

/* --- looking ------------------------------------------------------------------------------------- */

int retrieval_list_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			  struct err *err)
{
	static const char *const known[] = { "code", "open", "after", NULL };
	struct retrieval_wish wish = { .open_only = json_is_true(json_object_get(params, "open")), .limit = LIST_LIMIT };
	char whole[ITEM_CODE_SIZE] = "";
	enum item_code_kind kind;
	const char *code;
	json_int_t after;
	int64_t next;
	json_t *list;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_string_or(&code, params, "code", "", err);
	if (rc == 0 && *code)
		rc = item_code_read(whole, &kind, code, err);
	if (rc == 0)
		rc = rpc_integer_or(&after, params, "after", 0, INT64_MAX, 0, err);
	if (rc < 0)
		return rc;
	wish.code = whole;
	wish.after = after;
	rc = retrieval_list(store, &wish, act->utc_us, &list, &next, err);
	if (rc == 0)
		*result = json_pack("{s:o, s:I}", "retrievals", list, "next", (json_int_t)next);
	return rc;
}

int retrieval_show_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			  struct err *err)
{
	static const char *const known[] = { "retrieval", NULL };
	json_int_t id;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = param_id(params, &id, err);
	return rc < 0 ? rc : answer(store, act, id, result, err);
}

int retrieval_text_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			  struct err *err)
{
	static const char *const known[] = { "retrieval", NULL };
	CLEANUP(util_freep) char *text = NULL;
	json_int_t id;
	int rc = rpc_only(params, known, err);

	(void)act;
	if (rc == 0)
		rc = param_id(params, &id, err);
	if (rc == 0)
		rc = retrieval_text(store, id, &text, err);
	if (rc == 0)
		*result = json_pack("{s:I, s:s}", "retrieval", id, "text", text);
	return rc;
}

int showing_status_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			  struct err *err)
{
	static const char *const known[] = { "showing", NULL };
	json_int_t id;
	int rc = rpc_only(params, known, err);

	(void)act;
	if (rc == 0)
		rc = rpc_integer_or(&id, params, "showing", 1, INT64_MAX, 0, err);
	return rc < 0 ? rc : showing_store_json(store, id, result, err);
}

int showing_list_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			struct err *err)
{
	static const char *const known[] = { NULL };
	json_t *list;
	int rc = rpc_only(params, known, err);

	(void)act;
	if (rc == 0)
		rc = showing_store_list(store, &list, err);
	if (rc == 0)
		*result = json_pack("{s:o}", "showings", list);
	return rc;
}
