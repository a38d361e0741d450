/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * records.c - what happens in the station goes into the ledger: who did it, as whom, and where everything
 * stood. Children, seats and the camera tell of themselves through here.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/checkpoints.h"
#include "station/evidence/retrieval.h"
#include "station/recordings.h"
#include "station/rooms.h"
#include "station/station.h"

#define CLOCK_STEP_US 200000	/* between two ticks: nothing that disciplines a clock moves it so far */

/* --- who, and where everything stands ------------------------------------------------------------- */

static void name_peer(char *name, size_t size, const struct rpc_peer *peer)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (getpwuid_r(peer->uid, &entry, buffer, sizeof buffer, &found) == 0 && found)
		snprintf(name, size, "%s", found->pw_name);
	else
		snprintf(name, size, "user %u", (unsigned)peer->uid);
}

void station_act(struct station *station, const struct rpc_peer *peer, struct act *act)
{
	const struct showing *showing = &station->showing;

	*act = (struct act){
		.showing = showing->id, .pose_known = station->table_state != NULL,
		.utc_us = (uint64_t)clock_utc_us(), .mono_ns = clock_mono_ns(),
	};
	snprintf(act->role, sizeof act->role, "%s", peer ? "operator" : "station");
	if (peer)
		name_peer(act->actor, sizeof act->actor, peer);
	else
		snprintf(act->actor, sizeof act->actor, "the station");
	snprintf(act->case_no, sizeof act->case_no, "%s", showing->case_no);
	snprintf(act->exhibit_no, sizeof act->exhibit_no, "%s", showing->exhibit_no);
	if (station->table_state)
		pose_read(&act->pose, station->table_state);
}

static int take_text(char *out, size_t size, json_t *params, const char *key, struct err *err)
{
	const char *text;
	int rc = rpc_string_or(&text, params, key, "", err);

	if (rc < 0)
		return rc;
	if (strlen(text) >= size)
		return err_set(err, ERR_RANGE, "\"%s\" has more than %zu bytes", key, size - 1);
	if (*text)
		strcpy(out, text);
	json_object_del(params, key);
	return 0;
}

int station_act_of(struct station *station, const struct rpc_peer *peer, const json_t *params, struct act *act,
		   json_t **rest, struct err *err)
{
	json_t *copy = json_copy((json_t *)params);
	int rc;

	station_act(station, peer, act);
	if (!copy)
		return err_set(err, ERR_NOMEM, "the station is out of memory");
	rc = take_text(act->actor, sizeof act->actor, copy, "by", err);
	if (rc == 0)
		rc = take_text(act->second, sizeof act->second, copy, "second", err);
	if (rc == 0)
		rc = take_text(act->reason, sizeof act->reason, copy, "reason", err);
	if (rc < 0)
		json_decref(copy);
	else
		*rest = copy;
	return rc;
}

static void add_maker(const struct showing *showing, struct act *act)
{
	const char *other = retrieval_same_person(act->actor, showing->second) ? showing->maker : showing->second;

	if (showing->id && showing->second[0] && !act->second[0])
		snprintf(act->second, sizeof act->second, "%s", other);
}

int station_act_made(struct station *station, const struct rpc_peer *peer, const json_t *params, struct act *act,
		     json_t **rest, struct err *err)
{
	int rc = station_act_of(station, peer, params, act, rest, err);

	if (rc == 0)
		add_maker(&station->showing, act);
	return rc;
}

/* --- what goes in --------------------------------------------------------------------------------- */

void records_note(struct station *station, const struct rpc_peer *peer, enum ledger_action action, json_t *data)
{
	struct act act;

	station_act(station, peer, &act);
	evidence_note(station->evidence, &act, action, NULL, NULL, data);
}

void records_seat(struct station *station, const struct web_event *event, enum ledger_action action)
{
	struct act act;

	station_act(station, NULL, &act);
	snprintf(act.actor, sizeof act.actor, "%s", event->identity.name);
	snprintf(act.role, sizeof act.role, "%s", role_name(event->identity.role));
	evidence_note(station->evidence, &act, action, NULL, NULL,
		      json_pack("{s:I, s:s}", "seat", (json_int_t)event->seat, "peer", event->peer));
}

static void enter_present(void *arg, uint64_t seat, const struct identity *identity, const char *peer)
{
	struct station *station = arg;
	struct act act;

	station_act(station, NULL, &act);
	snprintf(act.actor, sizeof act.actor, "%s", identity->name);
	snprintf(act.role, sizeof act.role, "%s", role_name(identity->role));
	evidence_note(station->evidence, &act, LEDGER_SEAT_JOINED, NULL, NULL,
		      json_pack("{s:I, s:s, s:b}", "seat", (json_int_t)seat, "peer", peer, "present", 1));
}

/* Who came before the showing was opened sees it all the same: each is entered again, in it. */
void records_present(struct station *station)
{
	if (station->rooms)
		rooms_each_seat(station->rooms, enter_present, station);
}

/* The table names who caused it itself: "by". */
void records_table(struct station *station, const json_t *event)
{
	const char *by = json_string_value(json_object_get(event, "by"));
	struct act act;

	station_act(station, NULL, &act);
	if (by && *by) {
		snprintf(act.actor, sizeof act.actor, "%s", by);
		snprintf(act.role, sizeof act.role, "by name");
	}
	recordings_mark(station, json_pack("{s:O}", "table", event));
	evidence_note(station->evidence, &act, LEDGER_TABLE_EVENT, NULL, NULL, json_deep_copy(event));
}

/* --- life ----------------------------------------------------------------------------------------- */

static int64_t clock_offset_us(void)
{
	return clock_utc_us() - (int64_t)(clock_mono_ns() / 1000);
}

/* The ledger is in the order of seq whatever the clock does, and says what it did. */
static void watch_clock(struct station *station)
{
	int64_t offset_us = clock_offset_us(), step_us = offset_us - station->clock_offset_us;

	station->clock_offset_us = offset_us;
	if (llabs(step_us) < CLOCK_STEP_US)
		return;
	log_warning("the clock was set by %lld ms", (long long)(step_us / 1000));
	records_note(station, NULL, LEDGER_CLOCK_STEPPED, json_pack("{s:I}", "by_us", (json_int_t)step_us));
}

/* A room full of people is being shown something of which no record is kept: everybody has to know. */
static void watch_writing(struct station *station)
{
	struct evidence_state state;

	evidence_state(station->evidence, &state);
	if (state.writable || station->record_lost)
		return;
	station->record_lost = true;
	seats_notice(station, "error", "record-lost", "The station cannot write its record any more");
}

void records_tick(struct station *station)
{
	watch_clock(station);
	watch_writing(station);
	checkpoints_tick(station->checkpoints);
}

json_t *records_status(struct station *station)
{
	struct evidence_state state;

	evidence_state(station->evidence, &state);
	return json_pack("{s:b, s:s, s:I, s:i, s:I, s:I, s:I, s:I, s:o}", "writable", (int)state.writable, "reason",
			 state.reason, "entries", (json_int_t)state.entries, "waiting", (int)state.waiting,
			 "refused", (json_int_t)state.refused, "reserve_bytes", (json_int_t)state.reserve_bytes,
			 "reserve_kept_bytes", (json_int_t)state.reserve_kept_bytes, "free_bytes",
			 (json_int_t)state.free_bytes, "checkpoint", checkpoints_status(station->checkpoints));
}

int records_open(struct station *station, struct err *err)
{
	struct config *config = &station->config;
	struct evidence_config evidence = {
		.state_path = config->state,
		.station_name = config->name,
		.reserve_bytes = (uint64_t)config->reserve_mb << 20,
	};
	int rc;

	if (!config->name[0])
		gethostname(config->name, sizeof config->name - 1);
	rc = evidence_start(&station->evidence, station->loop, &evidence, err);
	if (rc < 0)
		return rc;
	station->clock_offset_us = clock_offset_us();
	records_note(station, NULL, LEDGER_STATION_STARTED,
		     json_pack("{s:s, s:b}", "version", PACKAGE_VERSION, "demo", (int)config->demo));
	return checkpoints_open(&station->checkpoints, station, err);
}

void records_close(struct station *station)
{
	if (!station->evidence)
		return;
	station->ending = true;
	loop_cancel(station->loop, &station->tick);
	loop_unwatch(station->loop, &station->web_events);
	loop_unwatch(station->loop, &station->stream_events);
	records_note(station, NULL, LEDGER_STATION_STOPPED, NULL);
	if (station->signer)
		checkpoints_finish(station->checkpoints);
	children_stop_signer(station);
	station->evidence = evidence_stop(station->evidence);
	station->checkpoints = checkpoints_free(station->checkpoints);
}
