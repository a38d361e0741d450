/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame of the minutes: heading, persons, how it was made, what is signed. */
#include "station/evidence/minutes_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- heading ------------------------------------------------------------------------------------- */

static const struct dossier_entry *entry_of(const struct dossier *dossier, int64_t seq)
{
	for (size_t i = 0; i < dossier->count; i++)
		if (dossier->entries[i].seq == seq)
			return &dossier->entries[i];
	return NULL;
}

/* How long it was ON AIR, in all, and the first time. */
static uint64_t on_air_us(const struct dossier *dossier, uint64_t *first_utc_us, int64_t *first_seq)
{
	uint64_t sum = 0, since = 0;

	*first_utc_us = 0;
	for (size_t i = 0; i < dossier->count; i++) {
		const struct dossier_entry *entry = &dossier->entries[i];
		bool state = entry->action == LEDGER_SHOWING_STATE, closed = entry->action == LEDGER_SHOWING_CLOSED;
		uint64_t utc_us = (uint64_t)dossier_number(entry, "utc_us");

		if (!dossier_shown(dossier, entry) || (!state && !closed))
			continue;
		if (since && utc_us > since)
			sum += utc_us - since;
		since = state && strcmp(dossier_data_text(entry, "state"), "ON_AIR") == 0 ? utc_us : 0;
		if (since && !*first_utc_us) {
			*first_utc_us = since;
			*first_seq = entry->seq;
		}
	}
	return sum;
}

static void put_times(struct minutes *minutes)
{
	const struct dossier *dossier = minutes->dossier;
	char time[MINUTES_TIME_SIZE];
	uint64_t first, length_s;
	int64_t seq = -1;

	length_s = on_air_us(dossier, &first, &seq) / 1000000;
	minutes_pair(minutes, _("Opened"), "%s [%lld]", minutes_time(time, dossier->opened_utc_us),
		     (long long)dossier->opened_entry);
	if (first)
		minutes_pair(minutes, _("First on air"), "%s [%lld]", minutes_time(time, first), (long long)seq);
	if (dossier->closed_entry >= 0)
		minutes_pair(minutes, _("Closed"), "%s [%lld]", minutes_time(time, dossier->closed_utc_us),
			     (long long)dossier->closed_entry);
	minutes_pair(minutes, _("On air, in all"), "%llu:%02llu:%02llu", (unsigned long long)(length_s / 3600),
		     (unsigned long long)(length_s / 60 % 60), (unsigned long long)(length_s % 60));
}

static void put_heading(struct minutes *minutes)
{
	const struct dossier *dossier = minutes->dossier;
	const struct dossier_entry *opened = entry_of(dossier, dossier->opened_entry);
	const json_t *remark;
	char time[MINUTES_TIME_SIZE];
	size_t i;

	json_array_foreach(minutes->order->remarks, i, remark)
		paper_code(minutes->paper, _("Remark"), json_string_value(remark));
	minutes_pair(minutes, _("Station"), "%s", dossier->station);
	minutes_pair(minutes, _("Case no."), "%s", dossier->case_no);
	minutes_pair(minutes, _("Showing no."), "%lld", (long long)dossier->showing);
	minutes_pair(minutes, _("Purpose"), "%s", minutes_purpose(minutes, dossier->purpose));
	minutes_pair(minutes, _("State"), "%s", minutes_state(minutes, dossier->state));
	put_times(minutes);
	if (opened && *dossier_text(opened, "reason"))
		minutes_pair(minutes, _("Reason"), "%s", dossier_text(opened, "reason"));
	minutes_pair(minutes, _("These minutes were made"), _("%s, asked for by %s"),
		     minutes_time(time, minutes->order->made_utc_us), minutes->order->made_by);
	paper_text(minutes->paper, _("Numbers in brackets are those of the entries in the ledger from which each line was "
				     "taken. Times are those of the station's clock."));
}

/* --- persons ------------------------------------------------------------------------------------- */

static bool named_before(const struct dossier *dossier, size_t i)
{
	const char *actor = dossier_text(&dossier->entries[i], "actor"), *role = dossier_text(&dossier->entries[i], "role");

	for (size_t j = 0; j < i; j++)
		if (strcmp(dossier_text(&dossier->entries[j], "actor"), actor) == 0 &&
		    strcmp(dossier_text(&dossier->entries[j], "role"), role) == 0 &&
		    dossier_shown(dossier, &dossier->entries[j]))
			return true;
	return false;
}

static void add_acts(struct minutes *minutes, struct cells *cells, size_t first)
{
	const struct dossier *dossier = minutes->dossier;
	const struct dossier_entry *entry = &dossier->entries[first];
	unsigned acts = 0;
	int64_t last = entry->seq;

	for (size_t i = first; i < dossier->count; i++) {
		const struct dossier_entry *other = &dossier->entries[i];

		if (!dossier_shown(dossier, other) ||
		    strcmp(dossier_text(other, "actor"), dossier_text(entry, "actor")) != 0 ||
		    strcmp(dossier_text(other, "role"), dossier_text(entry, "role")) != 0)
			continue;
		acts++;
		last = other->seq;
	}
	cells_add(minutes, cells, "%s", minutes_actor(minutes, entry));
	cells_add(minutes, cells, "%s", minutes_role(minutes, dossier_text(entry, "role")));
	cells_add(minutes, cells, "%u", acts);
	cells_add(minutes, cells, "[%lld] – [%lld]", (long long)entry->seq, (long long)last);
}

/* Second makers stand in the entries of others. */
static void add_seconds(struct minutes *minutes, struct cells *cells)
{
	const struct dossier *dossier = minutes->dossier;

	for (size_t i = 0; i < dossier->count; i++) {
		const char *second = dossier_text(&dossier->entries[i], "second");
		bool before = !*second || !dossier_shown(dossier, &dossier->entries[i]);

		for (size_t j = 0; j < i && !before; j++)
			before = dossier_shown(dossier, &dossier->entries[j]) &&
				 strcmp(dossier_text(&dossier->entries[j], "second"), second) == 0;
		if (before)
			continue;
		cells_add(minutes, cells, "%s", second);
		cells_add(minutes, cells, "%s", _("second maker"));
		cells_add(minutes, cells, "%s", "");
		cells_add(minutes, cells, "[%lld]", (long long)dossier->entries[i].seq);
	}
}

static void put_persons(struct minutes *minutes)
{
	static const int widths[] = { 4, 3, 1, 2 };
	const struct dossier *dossier = minutes->dossier;
	struct cells cells = { 0 };

	paper_heading(minutes->paper, 1, _("Persons"));
	cells_add(minutes, &cells, "%s", _("Person"));
	cells_add(minutes, &cells, "%s", _("Role"));
	cells_add(minutes, &cells, "%s", _("Entries"));
	cells_add(minutes, &cells, "%s", _("First and last"));
	for (size_t i = 0; i < dossier->count; i++)
		if (dossier_shown(dossier, &dossier->entries[i]) && !named_before(dossier, i))
			add_acts(minutes, &cells, i);
	add_seconds(minutes, &cells);
	cells_table(minutes, &cells, 4, widths, _("Nobody has done anything."));
}

/* --- how it was made ----------------------------------------------------------------------------- */

static const struct dossier_entry *first_of(const struct dossier *dossier, enum ledger_action action)
{
	for (size_t i = 0; i < dossier->count; i++)
		if (dossier->entries[i].action == action && dossier_shown(dossier, &dossier->entries[i]))
			return &dossier->entries[i];
	return NULL;
}

/* 制作说明: 最高人民法院关于适用《刑事诉讼法》的解释 (2021), articles 82, 83 and 86 ask for it. */
static void put_making(struct minutes *minutes)
{
	const struct dossier *dossier = minutes->dossier;
	const struct dossier_entry *opened = entry_of(dossier, dossier->opened_entry);
	const struct dossier_entry *still = first_of(dossier, LEDGER_STILL_TAKEN);
	const char *second = opened ? dossier_text(opened, "second") : "";
	const char *camera = still ? dossier_data_text(still, "camera") : "";

	paper_heading(minutes->paper, 1, _("Statement of making"));
	minutes_pair(minutes, _("Makers"), "%s", opened ? dossier_text(opened, "actor") : "");
	if (*second)
		minutes_pair(minutes, _("Second maker"), "%s", second);
	else
		minutes_pair(minutes, _("Second maker"), _("none; the reason given when the showing was opened: %s"),
			     opened ? dossier_text(opened, "reason") : "");
	minutes_pair(minutes, _("Device"), _("station %s, program %s%s%s"), dossier->station, PACKAGE_STRING,
		     *camera ? _("; camera ") : "", camera);
	paper_text(minutes->paper, _("The exhibits named above stood on a rotating table in front of the station's camera. They "
		"were seen live by the seats listed in these minutes. What was on air was recorded at the same time, as it was "
		"sent; each second of it carries a signature of the station (ONVIF Media Signing). Photographs are the camera's "
		"own bytes, unaltered; copies made for delivery say so themselves."));
	paper_text(minutes->paper, _("The originals stay in the custody and at the places named above. The pictures show their "
		"shape and features; they do not replace an inspection of the original, which every party may ask for."));
	paper_text(minutes->paper, _("The SHA-256 of every file was taken when it came into being and entered into the "
		"station's ledger, to which can only be added. The ledger is a Merkle tree (RFC 6962) whose signed checkpoints "
		"were sent to all seats while the showing went on. Nobody can delete a recording or a photograph at the "
		"station; what was rejected is still there, with the reason."));
}

/* --- the end ------------------------------------------------------------------------------------- */

static void put_fingerprint(struct minutes *minutes)
{
	const struct dossier *dossier = minutes->dossier;

	paper_heading(minutes->paper, 1, _("Closing fingerprint"));
	if (dossier->closed_entry < 0) {
		paper_text(minutes->paper, _("The showing has not been closed: there is no closing fingerprint yet."));
		return;
	}
	paper_text(minutes->paper, _("This fingerprint stands for the whole ledger up to the end of the showing. Read it aloud, "
		"compare, and sign: no entry before it can be changed any more without another fingerprint coming out."));
	paper_code(minutes->paper, _("Closing fingerprint (integrity check value)"), dossier->fingerprint);
}

static void put_signatures(struct minutes *minutes)
{
	const char *const labels[] = {
		_("Operator: name, date"), _("Second maker: name, date"), _("Judge or officer in charge: name, date"),
		_("Clerk: name, date"), _("Prosecutor: name, date"), _("Defence: name, date"),
	};

	paper_heading(minutes->paper, 1, _("Signatures"));
	paper_signatures(minutes->paper, ARRAY_LEN(labels), labels);
}

static int fill(struct minutes *minutes, struct err *err)
{
	put_heading(minutes);
	put_persons(minutes);
	minutes_exhibits(minutes);
	minutes_retrievals(minutes);
	minutes_course(minutes);
	minutes_seats(minutes);
	minutes_recordings(minutes);
	minutes_stills(minutes);
	minutes_machine(minutes);
	put_making(minutes);
	put_fingerprint(minutes);
	put_signatures(minutes);
	minutes_annex(minutes);
	return minutes->failed ? err_set(err, ERR_NOMEM, "minutes: out of memory") : 0;
}

int minutes_make(const struct dossier *dossier, const char *language, const struct minutes_order *order,
		 char **html, size_t *html_bytes, void **pdf, size_t *pdf_bytes, struct err *err)
{
	CLEANUP(paper_freep) struct paper *paper = NULL;
	CLEANUP(tongue_freep) struct tongue *tongue = tongue_new(language);
	struct minutes held = { .dossier = dossier, .order = order, .tongue = tongue }, *minutes = &held;
	int rc;

	if (!tongue)
		return err_set(err, ERR_NOMEM, "minutes: out of memory");
	rc = paper_new(&paper, language, _("Record of a showing of evidence"), order->made_utc_us, err);
	if (rc < 0)
		return rc;
	minutes->paper = paper;
	rc = fill(minutes, err);
	if (rc == 0)
		rc = paper_html(paper, html, html_bytes, err);
	if (rc < 0)
		return rc;
	rc = paper_pdf(paper, pdf, pdf_bytes, err);
	if (rc < 0) {
		free(*html);
		*html = NULL;
	}
	return rc;
}
