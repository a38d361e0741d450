/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The emergency stop of a seat: from any admitted party to the table's process, with the party's name.
 *
 * The seat is told what became of it, and every seat and console sees the latch in the table's state. A stop
 * that meets no table process, because it is just being started again, is owed: it is asked for again until
 * the process is there, since nobody presses the button twice for us.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/log.h"
#include "station/station.h"

#define STILL_MS 5000	/* it is answered when the table stands still, or says why it does not know */

struct seat_stop {
	struct station *station;
	uint64_t seat;		/* who wants to know; 0: nobody */
};

static void tell(struct station *station, uint64_t seat, const char *outcome, const char *reason)
{
	if (seat)
		seats_send(station, seat, json_pack("{s:s, s:s, s:s}", "type", "estop", "outcome", outcome,
						    "reason", reason));
}

static void answered(void *arg, json_t *result, const struct err *err)
{
	struct seat_stop *stop = arg;
	struct station *station;

	if (!stop)
		return;
	station = stop->station;
	station->stop_asked = false;
	if (result || err->code != ERR_GONE)
		station->stop_owed[0] = '\0';
	if (!result)
		log_warning("emergency stop of a seat: %s", err->text);
	tell(station, stop->seat, result ? "done" : "failed", result ? "" : err->text);
	free(stop);
}

static void ask_table(struct station *station, uint64_t seat, const char *by)
{
	struct seat_stop *stop = calloc(1, sizeof *stop);

	/* without memory it is stopped all the same, and the table's state tells everybody */
	if (stop)
		*stop = (struct seat_stop){ station, seat };
	station->stop_asked = stop != NULL;
	child_call(station->table, "table.estop", json_pack("{s:s}", "by", by), STILL_MS, answered, stop);
}

static void name_party(char *text, size_t size, const struct identity *identity)
{
	const char *label = role_label(identity->role);

	if (strcmp(identity->name, label) == 0)
		snprintf(text, size, "%s", label);
	else
		snprintf(text, size, "%s (%s)", identity->name, label);
}

void seat_stop(struct station *station, const struct web_event *event)
{
	char by[sizeof station->stop_owed];

	name_party(by, sizeof by, &event->identity);
	log_warning("emergency stop by %s at %s", by, event->peer);
	if (!station->table) {
		tell(station, event->seat, "failed", "this station has no table");
		return;
	}
	snprintf(station->stop_owed, sizeof station->stop_owed, "%s", by);
	ask_table(station, event->seat, by);
}

void seat_stop_tick(struct station *station)
{
	if (station->stop_owed[0] && !station->stop_asked)
		ask_table(station, 0, station->stop_owed);
}
