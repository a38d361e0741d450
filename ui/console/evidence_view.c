/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/evidence_view.h"

#include <stdio.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/util.h"
#include "ui/console/fields.h"
#include "ui/console/words.h"

#define SIGNED_LATE_US (15 * INT64_C(1000000))	/* it is signed within a second of what happens */

void evidence_view_clear(struct evidence_view *view)
{
	json_decref(view->showing);
	json_decref(view->views);
	json_decref(view->stills);
	json_decref(view->spin);
	*view = (struct evidence_view){ 0 };
}

static void replace(json_t **place, const json_t *value)
{
	json_decref(*place);
	*place = json_incref((json_t *)value);
}

/* --- stills -------------------------------------------------------------------------------------- */

static void forget_stills(struct evidence_view *view)
{
	json_decref(view->stills);
	view->stills = NULL;
	view->stills_after = 0;
	view->ask |= EVIDENCE_ASK_STILLS;
}

static json_t *find_still(const struct evidence_view *view, json_int_t number)
{
	json_t *still;
	size_t i;

	json_array_foreach(view->stills, i, still)
		if (field_integer(still, "still", 0) == number)
			return still;
	return NULL;
}

static void add_still(struct evidence_view *view, const json_t *still)
{
	json_t *known = find_still(view, field_integer(still, "still", 0));

	if (!view->stills)
		view->stills = json_array();
	if (known)
		json_object_update(known, (json_t *)still);
	else
		json_array_append(view->stills, (json_t *)still);
}

static void take_still(struct evidence_view *view, const json_t *news)
{
	if (json_object_get(news, "error"))
		return;
	add_still(view, news);
	view->ask |= EVIDENCE_ASK_VIEWS;
}

/* A list longer than one answer comes in parts. */
static void take_stills(struct evidence_view *view, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "stills");
	json_t *still;
	size_t i;

	json_array_foreach((json_t *)list, i, still)
		add_still(view, still);
	view->stills_after = field_integer(answer, "next", 0);
	if (view->stills_after)
		view->ask |= EVIDENCE_ASK_STILLS;
}

static bool is_rejected(const json_t *still)
{
	const json_t *rejected = json_object_get(still, "rejected");

	return json_is_object(rejected) || json_is_true(rejected);
}

unsigned evidence_view_stills(const struct evidence_view *view)
{
	unsigned count = 0;
	json_t *still;
	size_t i;

	json_array_foreach(view->stills, i, still)
		count += !is_rejected(still);
	return count;
}

/* --- the shot list ------------------------------------------------------------------------------- */

unsigned evidence_view_missing(const struct evidence_view *view)
{
	unsigned missing = 0;
	json_t *item;
	size_t i;

	json_array_foreach(view->views, i, item)
		missing += json_array_size(json_object_get(item, "stills")) == 0;
	return missing;
}

const json_t *evidence_view_next(const struct evidence_view *view, unsigned passed)
{
	unsigned missing = evidence_view_missing(view);
	json_t *item;
	size_t i;

	if (!missing)
		return NULL;
	passed %= missing;
	json_array_foreach(view->views, i, item)
		if (json_array_size(json_object_get(item, "stills")) == 0 && passed-- == 0)
			return item;
	return NULL;
}

/* --- news ---------------------------------------------------------------------------------------- */

static void take_showing(struct evidence_view *view, const json_t *news)
{
	if (field_integer(view->showing, "showing", 0) != field_integer(news, "showing", 0))
		forget_stills(view);
	view->ask |= EVIDENCE_ASK_SHOWING | EVIDENCE_ASK_VIEWS;
}

static void take_checkpoint(struct evidence_view *view, json_int_t size, int64_t utc_us)
{
	if (size == view->checkpoint_size && view->checkpoint_utc_us)
		return;
	view->checkpoint_size = size;
	view->checkpoint_utc_us = utc_us;
}

static bool take_news(struct evidence_view *view, const json_t *news, int64_t now_utc_us)
{
	if (field_is(news, "kind", "showing"))
		take_showing(view, news);
	else if (field_is(news, "kind", "still"))
		take_still(view, news);
	else if (field_is(news, "kind", "spin"))
		replace(&view->spin, news);
	else if (field_is(news, "kind", "checkpoint"))
		take_checkpoint(view, field_integer(news, "size", 0), now_utc_us);
	else if (field_is(news, "kind", "doubt"))
		snprintf(view->doubt, sizeof view->doubt, "%s: %s", field_text(news, "by"), field_text(news, "reason"));
	else
		return false;
	return true;
}

static void take_ledger(struct evidence_view *view, const json_t *answer)
{
	const json_t *checkpoint = json_object_get(answer, "checkpoint");

	if (json_is_object(checkpoint))
		take_checkpoint(view, field_integer(checkpoint, "size", 0), field_integer(checkpoint, "utc_us", 0));
}

bool evidence_view_take(struct evidence_view *view, const char *method, const json_t *params, int64_t now_utc_us)
{
	if (strcmp(method, "evidence") == 0)
		return take_news(view, params, now_utc_us);
	if (strcmp(method, "showing.status") == 0)
		replace(&view->showing, params);
	else if (strcmp(method, "still.views") == 0)
		replace(&view->views, json_object_get(params, "views"));
	else if (strcmp(method, "still.list") == 0)
		take_stills(view, params);
	else if (strcmp(method, "ledger.status") == 0)
		take_ledger(view, params);
	else
		return false;
	return true;
}

/* --- what is wrong ------------------------------------------------------------------------------- */

bool evidence_view_alarm(const struct evidence_view *view, const json_t *status, char *text, size_t size)
{
	const json_t *record = json_object_get(status, "record"), *checkpoint = json_object_get(record, "checkpoint");
	const json_t *recording = json_object_get(status, "recording"), *signing = json_object_get(status, "signing");
	const struct {
		bool is;
		const char *words, *reason;
	} alarms[] = {
		{ json_is_false(json_object_get(record, "writable")), _("THE RECORD CANNOT BE WRITTEN"),
		  field_text(record, "reason") },
		{ field_is(checkpoint, "state", "refused"), _("THE RECORD IS NOT THE ONE THAT WAS SIGNED"),
		  field_text(checkpoint, "reason") },
		{ view->doubt[0], _("THE RECORD IS DOUBTED (A: seen)"), view->doubt },
		{ field_is(recording, "state", "failed"), _("RECORDING FAILED"), field_text(recording, "reason") },
		{ field_is(recording, "state", "full"), _("DISK FULL"), field_text(recording, "reason") },
		{ field_is(signing, "state", "unsigned"), _("THE PICTURE IS NOT SIGNED"),
		  field_text(signing, "reason") },
	};

	for (size_t i = 0; i < ARRAY_LEN(alarms); i++) {
		if (!alarms[i].is)
			continue;
		snprintf(text, size, "%s%s%s", alarms[i].words, *alarms[i].reason ? ": " : "", alarms[i].reason);
		return true;
	}
	text[0] = '\0';
	return false;
}

bool evidence_view_record(const struct evidence_view *view, const json_t *status, int64_t now_utc_us, char *text,
			  size_t size)
{
	const json_t *record = json_object_get(status, "record"), *checkpoint = json_object_get(record, "checkpoint");
	json_int_t entries = field_integer(record, "entries", 0), signed_size = field_integer(checkpoint, "size", 0);
	int64_t age_us = view->checkpoint_utc_us ? MAX(now_utc_us - view->checkpoint_utc_us, 0) : 0;
	char age[32];

	text[0] = '\0';
	if (!record)
		return true;
	if (!field_is(checkpoint, "state", "signed")) {
		snprintf(text, size, _("record %lld, NOT SIGNED"), (long long)entries);
		return false;
	}
	if (signed_size < entries && age_us > SIGNED_LATE_US) {
		words_duration(age, sizeof age, age_us / 1000000);
		snprintf(text, size, _("record %lld, signing late by %s"), (long long)entries, age);
		return false;
	}
	words_duration(age, sizeof age, age_us / 1000000);
	if (view->checkpoint_utc_us)
		snprintf(text, size, _("record %lld, signed %s ago"), (long long)entries, age);
	else
		snprintf(text, size, _("record %lld, signed"), (long long)entries);
	return true;
}

bool evidence_view_wants_reason(const char *pause)
{
	static const struct {
		const char *name;
		bool written;
	} list[] = {
#define PAUSE(id, name, label, written) { name, written },
#include "station/showing/pause_reasons.def"
#undef PAUSE
	};

	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		if (strcmp(list[i].name, pause) == 0)
			return list[i].written;
	return true;	/* of a newer station: it may want one, and it does no harm */
}
