/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was open when the station ended is open again, on hold: it went off without anybody's decision, so
 * going on is somebody's, with a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "station/base/log.h"
#include "station/evidence/showing_store.h"
#include "station/showings_own.h"

struct start {
	struct station *station;
	struct act act;
	struct showing showing;
};

static int hold(struct store *store, struct start *start, struct err *err)
{
	struct showing_actor actor = { .station = true, .pause = PAUSE_STATION_STOPPED };
	struct showing_effects effects;
	int rc;

	if (start->showing.state != SHOWING_ON_AIR)
		return 0;
	rc = showing_apply(&start->showing, SHOWING_FAIL, &actor, &start->showing, &effects, err);
	return rc < 0 ? rc : showing_store_change(store, &start->act, &start->showing, NULL, err);
}

/* Thread: evidence. */
static int run(struct store *store, void *arg, struct err *err)
{
	struct start *start = arg;
	int rc = showing_store_load(store, &start->showing, err);

	start->act.showing = start->showing.id;
	if (rc == 0)
		rc = hold(store, start, err);
	if (rc == 0 && start->station->config.demo)
		rc = showings_make_demo(store, &start->act, &start->station->config, &start->showing, err);
	return rc;
}

static void done(void *arg, int rc, const struct err *err)
{
	struct start *start = arg;
	struct station *station = start->station;

	if (rc < 0)
		log_error("the showing that was open cannot be taken up again: %s", err->text);
	else
		showings_take(station, &start->showing);
	station->showing_known = rc == 0;
	station->showing_asked = true;
	free(start);
}

int showings_open(struct station *station, struct err *err)
{
	struct start *start = calloc(1, sizeof *start);

	if (!start)
		return err_set(err, ERR_NOMEM, "the station is out of memory");
	start->station = station;
	station_act(station, NULL, &start->act);
	evidence_do(station->evidence, run, done, start);
	return 0;
}
