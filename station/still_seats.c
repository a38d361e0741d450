/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * still_seats.c - the stills that the seats are shown: told to them, and to be had at /still/N, while the
 * showing is ON AIR and at no other time. Who comes later is told of the earlier ones too.
 */
#include <string.h>

#include "station/evidence/still.h"
#include "station/stills.h"

#define TOLD_MAX 300	/* of the newest: what a seat does not read may grow to 256 KiB */

static bool is_now(const struct station *station, const json_t *still)
{
	return json_integer_value(json_object_get(still, "showing")) == station->showing.id;
}

static void offer(struct station *station, const json_t *still)
{
	char path[CONFIG_TEXT_SIZE + 128];

	snprintf(path, sizeof path, "%s/evidence/%s", station->config.state,
		 json_string_value(json_object_get(still, "file")));
	web_still_offer(station->web, (uint64_t)json_integer_value(json_object_get(still, "still")), path,
			json_string_value(json_object_get(still, "sha256")));
}

static void tell(struct station *station, uint64_t seat, const json_t *still)
{
	static const char *const keys[] = { "still", "sha256", "bytes", "width", "height", "view",
					    "captured_utc_us", "pose", NULL };
	json_t *news = stills_pick(still, keys);

	json_object_set_new(news, "type", json_string("still"));
	json_object_set_new(news, "view_label",
			    json_string(still_view_label(json_string_value(json_object_get(still, "view")))));
	seats_send(station, seat, news);
}

void still_seats_join(struct station *station, uint64_t seat)
{
	size_t count = json_array_size(station->stills_shown);

	if (station->showing.state != SHOWING_ON_AIR)
		return;
	for (size_t i = count > TOLD_MAX ? count - TOLD_MAX : 0; i < count; i++)
		tell(station, seat, json_array_get(station->stills_shown, i));
}

void still_seats_add(struct station *station, json_t *still)
{
	if (!station->stills_shown)
		station->stills_shown = json_array();
	json_array_append(station->stills_shown, still);
	if (station->showing.state != SHOWING_ON_AIR || !is_now(station, still) || !station->web)
		return;
	offer(station, still);
	tell(station, 0, still);
}

void still_seats_reject(struct station *station, int64_t number)
{
	json_t *still;
	size_t i;

	web_still_withdraw(station->web, (uint64_t)number);
	json_array_foreach(station->stills_shown, i, still) {
		if (json_integer_value(json_object_get(still, "still")) != number)
			continue;
		json_array_remove(station->stills_shown, i);
		seats_send(station, 0, json_pack("{s:s, s:I, s:b}", "type", "still", "still",
						 (json_int_t)number, "rejected", 1));
		return;
	}
}

void still_seats_follow(struct station *station)
{
	json_t *still;
	size_t i;

	if (!station->web)
		return;
	for (i = json_array_size(station->stills_shown); i-- > 0;)
		if (station->showing.id && !is_now(station, json_array_get(station->stills_shown, i)))
			json_array_remove(station->stills_shown, i);
	if (station->showing.state != SHOWING_ON_AIR) {
		web_still_withdraw(station->web, 0);
		return;
	}
	json_array_foreach(station->stills_shown, i, still)
		offer(station, still);
	still_seats_join(station, 0);
}
