/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scans.c - exhibit.scan: the label before the camera becomes an exhibit, or a refusal that is recorded.
 *
 *	main: camera.scan --> capture: texts --> main: which is a label? --> evidence: which exhibit, is it on the list?
 *
 * Nothing is placed here: who scans sees what it is, acknowledges the handling card, and stages it.
 */
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/qr_text.h"
#include "station/base/rpc.h"
#include "station/evidence/showing_store.h"
#include "station/station.h"

#define FOR_MS 5000
#define FOR_MS_MAX 30000
#define GRACE_MS 5000		/* the last picture may take a while to read */

struct scan {
	struct station *station;
	struct rpc_ticket ticket;
	struct act act;
	char seen[128];			/* what was scanned, for the record */
	char code[ITEM_CODE_SIZE];	/* "": no label; refusal says why */
	struct err refusal;		/* code 0: none */
	json_t *result;
};

static void end(struct scan *scan, const struct err *err)
{
	struct rpc_server *control = scan->station->control;

	if (err) {
		rpc_server_refuse(control, scan->ticket, RPC_REFUSED, err);
		json_decref(scan->result);
	} else {
		rpc_server_answer(control, scan->ticket, scan->result);
	}
	free(scan);
}

/* --- thread: evidence ------------------------------------------------------------------------------ */

/* 1 when the exhibit is on the list of the open showing, 0 when not. */
static int is_listed(struct store *store, int64_t showing, const char *code, struct err *err)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int rc = store_query(&rows, store, err, "SELECT 1 FROM showing_exhibit WHERE showing = ? AND code = ?", "it",
			     showing, code);

	return rc == 0 ? store_next(&rows, err) : rc;
}

static int look_up(struct store *store, struct scan *scan, struct err *err)
{
	struct exhibit exhibit;
	int rc = exhibit_by_code(store, scan->code, &exhibit, err), listed = 0;

	if (rc == 0 && scan->act.showing)
		listed = is_listed(store, scan->act.showing, exhibit.code, err);
	if (rc < 0 || listed < 0)
		return MIN(rc, listed);
	if (scan->act.showing && !listed)
		return err_set(err, ERR_RANGE, _("exhibit %s (%s, %s) of case %s is not on the list of this showing"),
			       exhibit.values.exhibit_no, exhibit.values.name, exhibit.code,
			       exhibit.in_case.values.case_no);
	scan->result = json_pack("{s:o, s:I, s:b}", "exhibit", exhibit_json(&exhibit), "showing",
				 (json_int_t)scan->act.showing, "listed", listed);
	return 0;
}

/* A refusal is in the record, so the job itself succeeds. */
static int run(struct store *store, void *arg, struct err *err)
{
	struct scan *scan = arg;
	int rc = scan->code[0] ? look_up(store, scan, err) : 0;

	if (rc == ERR_RANGE)
		scan->refusal = *err;
	else if (rc < 0)
		return rc;
	if (!scan->refusal.code)
		return 0;
	return showing_store_refuse_scan(store, &scan->act, scan->seen, scan->refusal.text, err);
}

/* --- thread: main ---------------------------------------------------------------------------------- */

static void looked_up(void *arg, int rc, const struct err *err)
{
	struct scan *scan = arg;

	end(scan, rc < 0 ? err : scan->refusal.code ? &scan->refusal : NULL);
}

/* The one exhibit's label among @texts; others' codes may lie beside it. */
static void choose(struct scan *scan, const json_t *texts)
{
	char code[ITEM_CODE_SIZE];
	enum item_code_kind kind;
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)texts, i, item) {
		const char *text = json_is_string(item) ? json_string_value(item) : "";
		struct err err;

		if (!scan->code[0])
			snprintf(scan->seen, sizeof scan->seen, "%s", text);
		if (qr_text_read(code, &kind, text, strlen(text), &err) < 0) {
			if (!scan->code[0])
				scan->refusal = err;
			continue;
		}
		if (scan->code[0]) {
			err_set(&scan->refusal, ERR_RANGE,
				_("two labels are before the camera, %s and %s: show one alone"), scan->code, code);
			scan->code[0] = '\0';
			return;
		}
		scan->refusal.code = 0;
		memcpy(scan->code, code, sizeof code);
	}
}

static void scanned(void *arg, json_t *result, const struct err *err)
{
	struct scan *scan = arg;
	const json_t *texts = json_object_get(result, "texts");
	struct err nothing;

	if (!result) {
		end(scan, err);
		return;
	}
	if (json_array_size(texts) == 0) {
		err_set(&nothing, ERR_TIMEOUT,
			_("no QR code was seen: hold the label flat before the camera, larger and in focus"));
		end(scan, &nothing);
		return;
	}
	choose(scan, texts);
	evidence_do(scan->station->evidence, run, looked_up, scan);
}

static int read_params(struct station *station, const struct rpc_peer *peer, const json_t *params, struct scan *scan,
		       json_int_t *for_ms, bool *full, struct err *err)
{
	static const char *const known[] = { "for_ms", "full", NULL };
	json_t *rest = NULL;
	int rc = station_act_made(station, peer, params, &scan->act, &rest, err);

	if (rc == 0)
		rc = rpc_only(rest, known, err);
	if (rc == 0)
		rc = rpc_integer_or(for_ms, rest, "for_ms", 0, FOR_MS_MAX, FOR_MS, err);
	*full = json_is_true(json_object_get(rest, "full"));
	json_decref(rest);
	if (rc == 0 && !station->capture)
		rc = err_set(err, ERR_UNSUPPORTED, _("this station has no camera"));
	return rc;
}

void scans_ask(struct station *station, const struct rpc_peer *peer, json_t *params, struct rpc_ticket ticket)
{
	struct scan *scan = calloc(1, sizeof *scan);
	json_int_t for_ms;
	struct err err;
	bool full = false;
	int rc = scan ? 0 : err_set(&err, ERR_NOMEM, "the station is out of memory");

	if (rc == 0)
		rc = read_params(station, peer, params, scan, &for_ms, &full, &err);
	if (rc < 0) {
		rpc_server_refuse(station->control, ticket, RPC_REFUSED, &err);
		free(scan);
		return;
	}
	scan->station = station;
	scan->ticket = ticket;
	child_call(station->capture, "camera.scan", json_pack("{s:I, s:b}", "for_ms", for_ms, "full", (int)full),
		   (int)for_ms + GRACE_MS, scanned, scan);
}
