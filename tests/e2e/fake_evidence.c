/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/e2e/fake_evidence.h"

#include <string.h>

#include "station/base/i18n.h"
#include "station/base/util.h"

#define FIRST "E-0000-0000-0001"
#define SECOND "E-0000-0000-0002"
#define SHA256 "3f2a77c1d0e49b8800112233445566778899aabbccddeeff0011223344556677"

static const struct { const char *name, *label; } views[] = {
#define VIEW(name, label) { name, label },
#include "station/evidence/shot_views.def"
#undef VIEW
};

static const char *name_of(const struct fake_evidence *fake, const char *name)
{
	return fake->hostile ? fake->hostile : name;
}

static json_t *exhibit(const struct fake_evidence *fake, bool second)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[]}", "code", second ? SECOND : FIRST, "case_no",
				 name_of(fake, "(2026)\u6caa0101\u5211\u521d88\u53f7"), "exhibit_no",
				 name_of(fake, second ? "WZ-2" : "WZ-1"), "name",
				 name_of(fake, second ? "\u73bb\u7483\u74f6" : "\u6c34\u679c\u5200"), "seal_no",
				 name_of(fake, "F-77"), "handling");

	if (second)
		json_array_append_new(json_object_get(json, "handling"), json_string("fragile"));
	return json;
}

static json_t *showing(const struct fake_evidence *fake)
{
	bool closed = strcmp(fake->state, "CLOSED") == 0;

	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[{s:s}, {s:s}]}", "showing", 3, "state", fake->state,
			 "pause", fake->pause, "purpose", "interrogation", "code", fake->staged ? SECOND : FIRST, "exhibit_no",
			 fake->staged ? "WZ-2" : "WZ-1", "exhibit_name", "", "fingerprint",
			 closed ? "K7QM2TXA9RDC4W3HB8NVZPFJ5YGES6M1" : "", "exhibits", "code", FIRST, "code", SECOND);
}

void fake_evidence_add_status(const struct fake_evidence *fake, json_t *status)
{
	json_t *more = json_pack("{s:s, s:i, s:s, s:{s:s, s:f}, s:{s:b, s:s, s:i, s:{s:s, s:s, s:i}}}", "state",
				 fake->state, "showing", strcmp(fake->state, "CLOSED") ? 3 : 0, "pause", fake->pause,
				 "recording", "state", "recording", "hours_left", 26.5, "record", "writable", 1, "reason",
				 "", "entries", 120, "checkpoint", "state", fake->refused ? "refused" : "signed", "reason",
				 fake->refused ? name_of(fake, "it has fewer entries than were signed") : "", "size", 120);

	json_object_update(status, more);
	json_decref(more);
}

static json_t *still(const struct fake_evidence *fake, int number)
{
	return json_pack("{s:i, s:s, s:s, s:{s:i}}", "still", number, "sha256", SHA256, "view",
			 name_of(fake, views[number - 1].name), "pose", "bearing_mdeg", 12300);
}

static json_t *list_views(const struct fake_evidence *fake)
{
	json_t *list = json_array();

	for (int i = 0; i < (int)ARRAY_LEN(views); i++) {
		json_t *stills = json_array();

		if (i < fake->stills)
			json_array_append_new(stills, json_integer(i + 1));
		json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "view", views[i].name, "label", views[i].label,
						      "stills", stills));
	}
	return json_pack("{s:o}", "views", list);
}

static json_t *list_stills(const struct fake_evidence *fake)
{
	json_t *list = json_array();

	for (int i = 1; i <= fake->stills; i++)
		json_array_append_new(list, still(fake, i));
	return json_pack("{s:o, s:i}", "stills", list, "next", 0);
}

static json_t *find(const struct fake_evidence *fake, const char *text)
{
	json_t *list = json_array();

	for (int i = 0; i < 2; i++) {
		json_t *item = exhibit(fake, i);

		if (!*text || strstr(json_string_value(json_object_get(item, "name")), text))
			json_array_append(list, item);
		json_decref(item);
	}
	return json_pack("{s:o, s:n}", "exhibits", list, "next");
}

static json_t *change(struct fake_evidence *fake, const char *state, const char *pause)
{
	fake->state = state;
	fake->pause = pause;
	return showing(fake);
}

static const char *text_of(const json_t *params, const char *key)
{
	const char *text = json_string_value(json_object_get(params, key));

	return text ? text : "";
}

static json_t *showing_answer(struct fake_evidence *fake, const char *act, const json_t *params)
{
	if (strcmp(act, "status") == 0)
		return showing(fake);
	if (strcmp(act, "hold") == 0)
		return change(fake, "HOLD", strcmp(text_of(params, "pause"), "fault") == 0 ? "fault" : "recess");
	if (strcmp(act, "resume") == 0)
		return strcmp(fake->pause, "fault") == 0 && !*text_of(params, "reason") ? NULL : change(fake, "ON_AIR", "");
	if (strcmp(act, "close") == 0)
		return change(fake, "CLOSED", "");
	if (strcmp(act, "stage") != 0 || !json_is_true(json_object_get(params, "acknowledge")))
		return NULL;
	fake->staged = true;
	return showing(fake);
}

json_t *fake_evidence_answer(struct fake_evidence *fake, const char *method, const json_t *params)
{
	bool second = strcmp(text_of(params, "code"), SECOND) == 0;

	if (strncmp(method, "showing.", 8) == 0)
		return showing_answer(fake, method + 8, params);
	if (strcmp(method, "still.views") == 0)
		return list_views(fake);
	if (strcmp(method, "still.list") == 0)
		return list_stills(fake);
	if (strcmp(method, "still.take") == 0)
		return still(fake, ++fake->stills);
	if (strcmp(method, "still.reject") == 0)
		return still(fake, 1);
	if (strcmp(method, "spin.take") == 0)
		return json_pack("{s:i}", "spin", 1);
	if (strcmp(method, "exhibit.list") == 0)
		return find(fake, text_of(params, "text"));
	if (strcmp(method, "exhibit.show") == 0)
		return exhibit(fake, second);
	if (strcmp(method, "exhibit.scan") == 0)
		return json_pack("{s:o, s:i, s:b}", "exhibit", exhibit(fake, true), "showing", 3, "listed", 1);
	return NULL;
}
