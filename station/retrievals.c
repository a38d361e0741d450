/* SPDX-License-Identifier: GPL-3.0-or-later */
/* retrievals.c - what of the retrievals needs the station: its certificates, and its clock for what is late. */
#include <stdlib.h>
#include <string.h>

#include "station/base/base64.h"
#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "station/base/rpc.h"
#include "station/evidence/personal.h"
#include "station/evidence/retrieval.h"
#include "station/station.h"

#define LOOK_NS (60 * NS_PER_S)
#define CMS_MAX (32 * 1024)	/* a certificate or three, and one signature */

/* --- signing ------------------------------------------------------------------------------------- */

struct signing {
	struct station *station;
	struct rpc_ticket ticket;
	struct act act;
	json_t *params, *result;
};

static int sign_with_key(struct store *store, const struct signing *signing, int64_t id,
			 struct retrieval_signature *signature, const char *base64, struct err *err)
{
	CLEANUP(util_freep) char *text = NULL;
	CLEANUP(util_freep) uint8_t *der = malloc(CMS_MAX);
	struct identity who;
	int len_bytes = der ? base64_decode(der, CMS_MAX, base64, strlen(base64)) : 0;
	int rc;

	if (!der)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (len_bytes <= 0)
		return err_set(err, ERR_RANGE, _("cms must be a signature in base64"));
	rc = retrieval_text(store, id, &text, err);
	if (rc == 0)
		rc = personal_verify(signing->station->config.state, text, der, (size_t)len_bytes, &who, err);
	if (rc < 0)
		return rc;
	signature->name = who.name;
	signature->certificate = who.id;
	signature->cms = der;
	signature->cms_len_bytes = (size_t)len_bytes;
	return retrieval_sign(store, &signing->act, id, signature, err);
}

static int param_side(const json_t *params, enum retrieval_side *side, struct err *err)
{
	const char *as;
	int rc = rpc_string(&as, params, "as", err);

	if (rc < 0)
		return rc;
	for (int i = 0; i < RETRIEVAL_SIDE_COUNT; i++)
		if (strcmp(as, retrieval_side_name((enum retrieval_side)i)) == 0) {
			*side = (enum retrieval_side)i;
			return 0;
		}
	return err_set(err, ERR_RANGE, _("as must be holder or custodian"));
}

/* Thread: evidence. By name it is the actor who signs. */
static int sign(struct store *store, void *arg, struct err *err)
{
	static const char *const known[] = { "retrieval", "as", "cms", NULL };
	struct signing *signing = arg;
	struct retrieval_signature signature = { .name = signing->act.actor, .certificate = "" };
	const char *base64;
	json_int_t id;
	int rc = rpc_only(signing->params, known, err);

	if (rc == 0)
		rc = rpc_integer(&id, signing->params, "retrieval", 1, INT64_MAX, err);
	if (rc == 0)
		rc = rpc_string_or(&base64, signing->params, "cms", "", err);
	if (rc == 0)
		rc = param_side(signing->params, &signature.side, err);
	if (rc < 0)
		return rc;
	rc = *base64 ? sign_with_key(store, signing, id, &signature, base64, err)
		     : retrieval_sign(store, &signing->act, id, &signature, err);
	return rc < 0 ? rc : retrieval_json(store, id, signing->act.utc_us, &signing->result, err);
}

static void signed_or_not(void *arg, int rc, const struct err *err)
{
	struct signing *signing = arg;
	struct rpc_server *control = signing->station->control;

	if (rc < 0)
		rpc_server_refuse(control, signing->ticket, RPC_REFUSED, err);
	else
		rpc_server_answer(control, signing->ticket, json_incref(signing->result));
	json_decref(signing->result);
	json_decref(signing->params);
	free(signing);
}

void retrievals_ask_sign(struct station *station, const struct rpc_peer *peer, json_t *params,
			 struct rpc_ticket ticket)
{
	struct signing *signing = calloc(1, sizeof *signing);
	struct err err;
	int rc = signing ? 0 : err_set(&err, ERR_NOMEM, _("the station is out of memory"));

	if (rc == 0)
		rc = station_act_of(station, peer, params, &signing->act, &signing->params, &err);
	if (rc < 0) {
		free(signing);
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		return;
	}
	signing->station = station;
	signing->ticket = ticket;
	evidence_do(station->evidence, sign, signed_or_not, signing);
}

/* --- late ---------------------------------------------------------------------------------------- */

struct look {
	struct station *station;
	struct act act;
	json_t *late;
	int64_t all;
};

/* Thread: evidence. */
static int look(struct store *store, void *arg, struct err *err)
{
	struct look *look = arg;

	return retrieval_find_late(store, &look->act, &look->late, &look->all, err);
}

static void tell_late(struct station *station, const json_t *retrieval)
{
	json_t *news = json_pack("{s:s, s:O}", "kind", "retrieval", "retrieval", (json_t *)retrieval);

	log_warning("retrieval %lld is overdue: %s %s, asked for by %s",
		    (long long)json_integer_value(json_object_get(retrieval, "retrieval")),
		    json_string_value(json_object_get(retrieval, "exhibit_no")),
		    json_string_value(json_object_get(retrieval, "exhibit_name")),
		    json_string_value(json_object_get(retrieval, "requested_by")));
	rpc_server_notify(station->control, 0, "evidence", "evidence", news);
}

static void looked(void *arg, int rc, const struct err *err)
{
	struct look *look = arg;
	size_t i;
	json_t *item;

	if (rc < 0)
		log_error("overdue retrievals cannot be looked for: %s", err->text);
	else
		look->station->late_count = look->all;
	json_array_foreach(look->late, i, item)
		tell_late(look->station, item);
	json_decref(look->late);
	free(look);
}

void retrievals_tick(struct station *station)
{
	uint64_t now_ns = clock_mono_ns();
	struct look *asked;

	if (!station->showing_known || now_ns < station->late_asked_ns + LOOK_NS)
		return;
	asked = calloc(1, sizeof *asked);
	if (!asked)
		return;
	station->late_asked_ns = now_ns;
	asked->station = station;
	station_act(station, NULL, &asked->act);
	evidence_do(station->evidence, look, looked, asked);
}
