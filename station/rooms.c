/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/rooms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/rpc.h"

#define UFRAG_SIZE 40
#define STALE_AFTER_MS 1000
#define REPORT_OLD_NS (3 * NS_PER_S)	/* a page reports once a second; one that is silent is unknown */

struct page_report {
	uint64_t taken_ns;	/* 0: none yet */
	bool has_age;
	json_int_t age_ms, width, height, fps, frozen_ms, presented;
};

struct row {
	uint64_t number;
	bool is_viewer;
	struct identity identity;
	char peer[64];
	int64_t since_utc_us;
	char ufrag[UFRAG_SIZE];		/* of a viewer: its own; of a seat: the viewer it watches */
	struct page_report report;	/* of a seat */
	struct row *next;
};

struct rooms {
	struct row *rows;
	struct stream_viewer_stats *stats;
	size_t stats_max, count;
};

int rooms_new(struct rooms **out, struct err *err)
{
	struct rooms *rooms = calloc(1, sizeof *rooms);

	if (!rooms)
		return err_set(err, ERR_NOMEM, "rooms: out of memory");
	*out = rooms;
	return 0;
}

struct rooms *rooms_free(struct rooms *rooms)
{
	if (!rooms)
		return NULL;
	while (rooms->rows) {
		struct row *row = rooms->rows;

		rooms->rows = row->next;
		free(row);
	}
	free(rooms->stats);
	free(rooms);
	return NULL;
}

static struct row *find(const struct rooms *rooms, bool is_viewer, uint64_t number)
{
	for (struct row *row = rooms->rows; row; row = row->next)
		if (row->is_viewer == is_viewer && row->number == number)
			return row;
	return NULL;
}

static int add(struct rooms *rooms, bool is_viewer, uint64_t number, const struct identity *identity,
	       const char *peer, struct err *err)
{
	struct row *row = calloc(1, sizeof *row);

	if (!row)
		return err_set(err, ERR_NOMEM, "rooms: out of memory");
	row->number = number;
	row->is_viewer = is_viewer;
	row->identity = *identity;
	snprintf(row->peer, sizeof row->peer, "%s", peer);
	row->since_utc_us = clock_utc_us();
	row->next = rooms->rows;
	rooms->rows = row;
	rooms->count++;
	return 0;
}

static void drop(struct rooms *rooms, bool is_viewer, uint64_t number)
{
	for (struct row **at = &rooms->rows; *at; at = &(*at)->next) {
		struct row *row = *at;

		if (row->is_viewer != is_viewer || row->number != number)
			continue;
		*at = row->next;
		rooms->count--;
		free(row);
		return;
	}
}

int rooms_add_viewer(struct rooms *rooms, uint64_t number, const struct identity *identity,
		     const char *peer, struct err *err)
{
	return add(rooms, true, number, identity, peer, err);
}

int rooms_add_seat(struct rooms *rooms, uint64_t number, const struct identity *identity,
		   const char *peer, struct err *err)
{
	return add(rooms, false, number, identity, peer, err);
}

void rooms_remove_viewer(struct rooms *rooms, uint64_t number)
{
	drop(rooms, true, number);
}

void rooms_remove_seat(struct rooms *rooms, uint64_t number)
{
	drop(rooms, false, number);
}

bool rooms_has_viewer(const struct rooms *rooms, uint64_t number)
{
	return find(rooms, true, number) != NULL;
}

bool rooms_has_seat(const struct rooms *rooms, uint64_t number)
{
	return find(rooms, false, number) != NULL;
}

void rooms_each_seat(const struct rooms *rooms, void (*each)(void *arg, uint64_t seat,
		     const struct identity *identity, const char *peer), void *arg)
{
	for (const struct row *row = rooms->rows; row; row = row->next)
		if (!row->is_viewer)
			each(arg, row->number, &row->identity, row->peer);
}

size_t rooms_count(const struct rooms *rooms)
{
	return rooms->count;
}

void rooms_set_ufrag(struct rooms *rooms, uint64_t number, const char *ufrag)
{
	struct row *row = find(rooms, true, number);

	if (row)
		snprintf(row->ufrag, sizeof row->ufrag, "%s", ufrag);
}

int rooms_report(struct rooms *rooms, uint64_t seat, const json_t *report, struct err *err)
{
	struct row *row = find(rooms, false, seat);
	struct page_report taken = { .taken_ns = clock_mono_ns() };
	const char *ufrag = NULL;
	int rc = 0;

	if (!row)
		return err_set(err, ERR_GONE, "seat %llu has gone", (unsigned long long)seat);
	taken.has_age = json_is_integer(json_object_get(report, "age_ms"));
	if (taken.has_age)
		rc = rpc_integer(&taken.age_ms, report, "age_ms", 0, 86400000, err);
	if (rc == 0)
		rc = rpc_integer(&taken.presented, report, "presented", 0, INT64_MAX, err);
	if (rc == 0)
		rc = rpc_integer(&taken.width, report, "width", 0, 16384, err);
	if (rc == 0)
		rc = rpc_integer(&taken.height, report, "height", 0, 16384, err);
	if (rc == 0)
		rc = rpc_integer(&taken.fps, report, "fps", 0, 1000, err);
	if (rc == 0)
		rc = rpc_integer(&taken.frozen_ms, report, "frozen_ms", 0, INT64_MAX, err);
	if (rc == 0)
		rc = rpc_string_or(&ufrag, report, "ufrag", "", err);
	if (rc < 0)
		return rc;
	row->report = taken;
	snprintf(row->ufrag, sizeof row->ufrag, "%s", ufrag);
	return 0;
}

static const struct row *seat_of(const struct rooms *rooms, const struct row *viewer)
{
	if (!viewer->ufrag[0])
		return NULL;
	for (const struct row *row = rooms->rows; row; row = row->next)
		if (!row->is_viewer && strcmp(row->ufrag, viewer->ufrag) == 0 &&
		    strcmp(row->identity.id, viewer->identity.id) == 0)
			return row;
	return NULL;
}

static bool has_viewer(const struct rooms *rooms, const struct row *seat)
{
	for (const struct row *row = rooms->rows; row; row = row->next)
		if (row->is_viewer && seat_of(rooms, row) == seat)
			return true;
	return false;
}

static const char *const state_names[] = {
	[STREAM_NEW] = "new",
	[STREAM_CHECKED] = "checked",
	[STREAM_CONNECTED] = "connected",
	[STREAM_ENDED] = "ended",
};

static void add_stats(json_t *json, const struct stream_viewer_stats *stats)
{
	json_object_set_new(json, "state", json_string(state_names[stats->state]));
	json_object_set_new(json, "profile", json_string(stats->srtp_profile));
	json_object_set_new(json, "packets", json_integer((json_int_t)stats->packets));
	json_object_set_new(json, "retransmitted", json_integer((json_int_t)stats->retransmitted));
	json_object_set_new(json, "rtt_ms", json_real(stats->rtt_us / 1000.0));
	json_object_set_new(json, "loss_percent", json_real(stats->loss_ppm / 10000.0));
	if (stats->address[0])
		json_object_set_new(json, "address", json_string(stats->address));
}

/* A seat that reports nothing is unknown, never fine. */
static void add_report(json_t *json, const struct page_report *report)
{
	bool known = report->taken_ns && clock_mono_ns() - report->taken_ns < REPORT_OLD_NS;
	bool stale = !known || !report->has_age || report->age_ms > STALE_AFTER_MS;

	json_object_set_new(json, "age_ms",
			    known && report->has_age ? json_integer(report->age_ms) : json_null());
	json_object_set_new(json, "width", json_integer(known ? report->width : 0));
	json_object_set_new(json, "height", json_integer(known ? report->height : 0));
	json_object_set_new(json, "fps", json_integer(known ? report->fps : 0));
	json_object_set_new(json, "frozen_ms", json_integer(known ? report->frozen_ms : 0));
	json_object_set_new(json, "presented", json_integer(known ? report->presented : 0));
	json_object_set_new(json, "stale", json_boolean(stale));
}

static json_t *row_json(const struct rooms *rooms, const struct row *row, size_t stats_count)
{
	static const struct page_report no_report;
	const struct row *seat = row->is_viewer ? seat_of(rooms, row) : row;
	json_t *json = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:f, s:f, s:i}",
				 "id", (json_int_t)row->number, "name", row->identity.name, "role",
				 role_name(row->identity.role), "role_label",
				 role_label(row->identity.role), "kind",
				 row->identity.kind == IDENTITY_PASS ? "pass" : "certificate",
				 "address", row->peer, "state", row->is_viewer ? "new" : "page only",
				 "since_utc_us", (json_int_t)row->since_utc_us, "profile", "", "rtt_ms",
				 0.0, "loss_percent", 0.0, "packets", 0);

	for (size_t i = 0; row->is_viewer && i < stats_count; i++)
		if (rooms->stats[i].viewer == row->number)
			add_stats(json, &rooms->stats[i]);
	add_report(json, seat ? &seat->report : &no_report);
	return json;
}

static size_t read_stats(struct rooms *rooms, struct stream *stream)
{
	size_t count = stream_viewer_stats(stream, rooms->stats, rooms->stats_max);
	struct stream_viewer_stats *bigger;

	if (count <= rooms->stats_max)
		return count;
	bigger = realloc(rooms->stats, (count + 8) * sizeof *bigger);
	if (!bigger)
		return rooms->stats_max;
	rooms->stats = bigger;
	rooms->stats_max = count + 8;
	count = stream_viewer_stats(stream, rooms->stats, rooms->stats_max);
	return MIN(count, rooms->stats_max);
}

json_t *rooms_json(struct rooms *rooms, struct stream *stream)
{
	size_t stats_count = read_stats(rooms, stream);
	json_t *list = json_array();

	for (const struct row *row = rooms->rows; row; row = row->next)
		if (row->is_viewer || !has_viewer(rooms, row))
			json_array_append_new(list, row_json(rooms, row, stats_count));
	return list;
}
