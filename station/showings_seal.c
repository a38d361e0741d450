/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A showing that was closed while the log could not be signed gets its fingerprint later: looked for at the
 * start, once a minute while one waits, and as soon as a checkpoint is signed again.
 */
#include <stdlib.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/evidence/showing_store.h"
#include "station/showings_own.h"

#define LOOK_AGAIN_NS (60 * NS_PER_S)

struct look {
	struct station *station;
	struct act act;
	json_t *sealed;
	int64_t waiting;
};

/* Thread: evidence. */
static int run(struct store *store, void *arg, struct err *err)
{
	struct look *look = arg;

	return showing_store_seal_late(store, &look->act, look->sealed, &look->waiting, err);
}

static void tell(struct station *station, const json_t *sealed)
{
	json_t *one;
	size_t i;

	json_array_foreach(sealed, i, one) {
		json_t *news = json_copy(one);

		json_object_set_new(news, "kind", json_string("fingerprint"));
		log_notice("showing %lld: fingerprint %s, taken later",
			   (long long)json_integer_value(json_object_get(one, "showing")),
			   json_string_value(json_object_get(one, "fingerprint")));
		if (station->control)
			rpc_server_notify(station->control, 0, "evidence", "evidence", news);
		else
			json_decref(news);
	}
}

static void done(void *arg, int rc, const struct err *err)
{
	struct look *look = arg;
	struct station *station = look->station;

	station->seal_looking = false;
	if (rc < 0) {
		log_error("a showing's fingerprint cannot be taken: %s", err->text);
	} else {
		station->unsealed = look->waiting;
		tell(station, look->sealed);
	}
	json_decref(look->sealed);
	free(look);
}

void showings_seal_later(struct station *station)
{
	station->unsealed++;
	station->seal_look_ns = clock_mono_ns() + LOOK_AGAIN_NS;
}

void showings_log_signed(struct station *station)
{
	if (station->unsealed)
		station->seal_look_ns = 0;
}

void showings_seal_tick(struct station *station)
{
	struct look *look;

	/* what is just being closed is sealed by who closes it */
	if (!station->showing_known || station->closing || station->sealing || station->seal_looking ||
	    clock_mono_ns() < station->seal_look_ns)
		return;
	station->seal_look_ns = clock_mono_ns() + LOOK_AGAIN_NS;
	look = calloc(1, sizeof *look);
	if (!look)
		return;
	look->station = station;
	look->sealed = json_array();
	station_act(station, NULL, &look->act);
	look->act.showing = 0;	/* not of the one that may be open now */
	station->seal_looking = true;
	evidence_do(station->evidence, run, done, look);
}
