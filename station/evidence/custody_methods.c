/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods of control.sock on keeping an exhibit (doc/protocol.md). */
#include "station/base/rpc.h"
#include "station/base/i18n.h"
#include "station/evidence/custody.h"
#include "station/evidence/evidence.h"

/* What all of them have: the exhibit, and nothing that is not @known. */
static int param_exhibit(struct store *store, const json_t *params, const char *const *known, struct exhibit *exhibit,
			 struct err *err)
{
	const char *code;
	int rc = rpc_only(params, known, err);

	if (rc == 0)
		rc = rpc_string(&code, params, "code", err);
	return rc < 0 ? rc : exhibit_by_code(store, code, exhibit, err);
}

static int answer(struct store *store, const struct act *act, const char *code, json_t **result, struct err *err)
{
	struct exhibit exhibit;
	int rc = exhibit_by_code(store, code, &exhibit, err);

	return rc < 0 ? rc : custody_chain(store, &exhibit, act->utc_us, result, err);
}

int exhibit_store_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			 struct err *err)
{
	static const char *const known[] = { "code", "place", NULL };
	struct exhibit exhibit;
	const char *place;
	int rc = param_exhibit(store, params, known, &exhibit, err);

	if (rc == 0)
		rc = rpc_string_or(&place, params, "place", exhibit.values.place, err);
	if (rc == 0)
		rc = custody_store(store, act, &exhibit, place, err);
	return rc < 0 ? rc : answer(store, act, exhibit.code, result, err);
}

int exhibit_handover_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			    struct err *err)
{
	static const char *const known[] = { "code", "to", "document", NULL };
	struct exhibit exhibit;
	const char *to, *document;
	int rc = param_exhibit(store, params, known, &exhibit, err);

	if (rc == 0)
		rc = rpc_string(&to, params, "to", err);
	if (rc == 0)
		rc = rpc_string_or(&document, params, "document", "", err);
	if (rc == 0)
		rc = custody_handover(store, act, &exhibit, to, document, err);
	return rc < 0 ? rc : answer(store, act, exhibit.code, result, err);
}

int exhibit_dispose_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			   struct err *err)
{
	static const char *const known[] = { "code", "way", "to", "document", NULL };
	struct exhibit exhibit;
	const char *way, *to, *document;
	int rc = param_exhibit(store, params, known, &exhibit, err);

	if (rc == 0)
		rc = rpc_string(&way, params, "way", err);
	if (rc == 0)
		rc = rpc_string_or(&to, params, "to", "", err);
	if (rc == 0)
		rc = rpc_string_or(&document, params, "document", "", err);
	if (rc == 0 && disposal_find(way) == DISPOSAL_COUNT)
		rc = err_set(err, ERR_RANGE, _("there is no disposal \"%.40s\""), way);
	if (rc == 0)
		rc = custody_dispose(store, act, &exhibit, disposal_find(way), to, document, err);
	return rc < 0 ? rc : answer(store, act, exhibit.code, result, err);
}

int exhibit_chain_method(struct store *store, const struct act *act, const json_t *params, json_t **result,
			 struct err *err)
{
	static const char *const known[] = { "code", NULL };
	struct exhibit exhibit;
	int rc = param_exhibit(store, params, known, &exhibit, err);

	return rc < 0 ? rc : custody_chain(store, &exhibit, act->utc_us, result, err);
}
