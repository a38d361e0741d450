/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exhibits on the list, as they were entered, and how they came out of store and back. */
#include "station/evidence/minutes_private.h"

#include <stdio.h>
#include <string.h>

#include "station/base/form.h"

/* What the form of the exhibit @code said at the end of the showing: as entered, or changed since. */
static const json_t *form_of(const struct dossier *dossier, const char *code, const char *id)
{
	const json_t *found = NULL;

	for (size_t i = 0; i < dossier->count; i++) {
		const struct dossier_entry *entry = &dossier->entries[i];
		const json_t *data = json_object_get(entry->json, "data"), *value = NULL;

		if (dossier->closed_entry >= 0 && entry->seq > dossier->closed_entry)
			break;
		if (strcmp(dossier_data_text(entry, "code"), code) != 0)
			continue;
		if (entry->action == LEDGER_EXHIBIT_ADDED)
			value = json_object_get(data, id);
		else if (entry->action == LEDGER_EXHIBIT_CHANGED)
			value = json_object_get(json_object_get(data, "after"), id);
		if (value)
			found = value;
	}
	return found;
}

/* A text, or the handling cards, of which it is a list, with commas. */
static void form_text(struct minutes *minutes, const char *code, const char *id, char *text, size_t size)
{
	const json_t *value = form_of(minutes->dossier, code, id), *item;
	const char *whole = json_string_value(value);
	size_t i, len;

	snprintf(text, size, "%s", whole ? whole : "");
	json_array_foreach(value, i, item) {
		len = strlen(text);
		snprintf(text + len, size - len, "%s%s", i ? ", " : "",
			 json_is_string(item) ? minutes_card(minutes, json_string_value(item)) : "");
	}
}

static void put_exhibit(struct minutes *minutes, const json_t *listed)
{
	const char *no = json_string_value(json_object_get(listed, "exhibit_no"));
	const char *code = json_string_value(json_object_get(listed, "code"));
	const struct dossier *dossier = minutes->dossier;

	code = code ? code : "";
	paper_heading(minutes->paper, 2, no ? no : "");
	for (size_t i = 0; i < form_exhibit.count; i++) {
		const struct form_field *field = &form_exhibit.fields[i];
		char text[FORM_SIZE_NOTE];

		form_text(minutes, code, field->id, text, sizeof text);
		if (*text)
			minutes_pair(minutes, _(field->label), "%s", text);
	}
	minutes_pair(minutes, _("Item code"), "%s", code);
	for (size_t i = 0; i < dossier->count; i++) {
		const struct dossier_entry *entry = &dossier->entries[i];
		char time[MINUTES_TIME_SIZE];

		if (entry->action != LEDGER_EXHIBIT_STAGED || !dossier_shown(dossier, entry) ||
		    strcmp(dossier_data_text(entry, "code"), code) != 0)
			continue;
		minutes_pair(minutes, _("Placed on the table"), _("%s, by %s, seal no. %s [%lld]"),
			     minutes_time(time, (uint64_t)dossier_number(entry, "utc_us")), dossier_text(entry, "actor"),
			     *dossier_data_text(entry, "seal") ? dossier_data_text(entry, "seal") : "–",
			     (long long)entry->seq);
	}
}

static const json_t *listed_exhibits(const struct dossier *dossier)
{
	for (size_t i = 0; i < dossier->count; i++)
		if (dossier->entries[i].seq == dossier->opened_entry)
			return json_object_get(json_object_get(dossier->entries[i].json, "data"), "exhibits");
	return NULL;
}

void minutes_exhibits(struct minutes *minutes)
{
	const json_t *listed;
	size_t i;

	paper_heading(minutes->paper, 1, _("Exhibits"));
	json_array_foreach(listed_exhibits(minutes->dossier), i, listed)
		put_exhibit(minutes, listed);
	paper_text(minutes->paper, _("Identity with the original: an exhibit counts as placed only when the code on it was read "
		"or typed and found on the list of this showing. The code is given once, to one item, and never again; "
		"together with number, name, seal and condition as written down above and below, it says that what was shown "
		"is the item that was taken out of store for it."));
}

/* --- retrievals ---------------------------------------------------------------------------------- */

static void add_condition(struct minutes *minutes, const struct dossier_entry *entry, const char *hands, const char *label)
{
	const char *other = dossier_data_text(entry, hands), *damage = dossier_data_text(entry, "damage");

	minutes_pair(minutes, _("Condition"), "%s", dossier_data_text(entry, "condition"));
	minutes_pair(minutes, _("Seal no."), "%s", *dossier_data_text(entry, "seal") ? dossier_data_text(entry, "seal") : "–");
	if (*other)
		minutes_pair(minutes, label, "%s", other);
	if (*dossier_text(entry, "second"))
		minutes_pair(minutes, _("Second person"), "%s", dossier_text(entry, "second"));
	if (json_is_true(json_object_get(json_object_get(entry->json, "data"), "changed")))
		minutes_pair(minutes, _("CHANGED"), "%s", damage);
	minutes_pair(minutes, _("Photographs"), "%zu",
		     json_array_size(json_object_get(json_object_get(entry->json, "data"), "stills")));
}

static void put_act(struct minutes *minutes, const struct dossier_entry *entry)
{
	char time[MINUTES_TIME_SIZE];

	minutes_pair(minutes, minutes_action(minutes, entry), _("%s, by %s [%lld]"),
		     minutes_time(time, (uint64_t)dossier_number(entry, "utc_us")),
		     entry->action == LEDGER_RETRIEVAL_SIGNED ? dossier_data_text(entry, "name") : dossier_text(entry, "actor"),
		     (long long)entry->seq);
	if (entry->action == LEDGER_RETRIEVAL_REQUESTED)
		minutes_pair(minutes, _("To be back by"), "%s",
			     minutes_time(time, (uint64_t)dossier_data_number(entry, "due_utc_us")));
	if (entry->action == LEDGER_RETRIEVAL_OUT)
		add_condition(minutes, entry, "received_by", _("Received by"));
	if (entry->action == LEDGER_RETRIEVAL_BACK)
		add_condition(minutes, entry, "returned_by", _("Returned by"));
	if (entry->action == LEDGER_RETRIEVAL_SIGNED)
		minutes_pair(minutes, _("Signed"), "%s, %s",
			     strcmp(dossier_data_text(entry, "as"), "custodian") == 0 ? _("as custodian") : _("as holder"),
			     strcmp(dossier_data_text(entry, "kind"), "key") == 0 ? _("with a personal key")
										  : _("by name"));
	if (*dossier_text(entry, "reason"))
		minutes_pair(minutes, _("Reason"), "%s", dossier_text(entry, "reason"));
}

void minutes_retrievals(struct minutes *minutes)
{
	const struct dossier *dossier = minutes->dossier;
	const json_t *listed;
	size_t i;

	paper_heading(minutes->paper, 1, _("Retrievals"));
	json_array_foreach(listed_exhibits(dossier), i, listed) {
		int64_t id = json_integer_value(json_object_get(listed, "retrieval"));
		const char *no = json_string_value(json_object_get(listed, "exhibit_no"));
		char title[400];

		snprintf(title, sizeof title, _("%s, retrieval %lld"), no ? no : "", (long long)id);
		paper_heading(minutes->paper, 2, title);
		for (size_t j = 0; j < dossier->count; j++)
			if (strncmp(dossier_text(&dossier->entries[j], "action"), "retrieval.", 10) == 0 &&
			    dossier_data_number(&dossier->entries[j], "retrieval") == id)
				put_act(minutes, &dossier->entries[j]);
	}
}
