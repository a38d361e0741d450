/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The demonstration's case: made with the same acts, and the same refusals, as a real one. */
#include <stdio.h>
#include <string.h>

#include "station/base/log.h"
#include "station/base/qr_text.h"
#include "station/evidence/retrieval.h"
#include "station/evidence/showing_store.h"
#include "station/showings_own.h"

#define DUE_US (8 * UINT64_C(3600000000))
#define EXHIBITS 4

/* Invented, and so are the people. */
static const struct { const char *no, *name, *holder, *seal, *place, *handling; } things[EXHIBITS] = {
	{ NULL, NULL, "何某", "F-20260041-03", "B2-07", "" },	/* as in the configuration: the one before the camera */
	{ "E-0041-04", "水果刀", "何某", "F-20260041-04", "B2-08", "sharp" },
	{ "E-0041-05", "手机", "何某", "F-20260041-05", "B2-09", "" },
	{ "E-0041-06", "玻璃瓶", "何某", "F-20260041-06", "B2-10", "fragile,liquid" },
};

static struct act act_of(const struct act *station, const char *actor, const char *second, const char *reason)
{
	struct act act = *station;

	snprintf(act.actor, sizeof act.actor, "%s", actor);
	snprintf(act.second, sizeof act.second, "%s", second);
	snprintf(act.reason, sizeof act.reason, "%s", reason);
	snprintf(act.role, sizeof act.role, "demonstration");
	return act;
}

static int find_case(struct store *store, const struct act *act, const struct config *config,
		     struct case_file *file, struct err *err)
{
	struct case_values values = { 0 };

	if (case_by_no(store, config->case_no, file, err) == 0)
		return 0;
	snprintf(values.case_no, sizeof values.case_no, "%s", config->case_no);
	snprintf(values.title, sizeof values.title, "演示案件 (demonstration)");
	return case_add(store, act, &values, file, err);
}

static int find_exhibit(struct store *store, const struct act *act, const struct config *config, int place,
			const struct case_file *file, struct exhibit *exhibit, struct err *err)
{
	struct exhibit_values values = { 0 };

	snprintf(values.exhibit_no, sizeof values.exhibit_no, "%s",
		 things[place].no ? things[place].no : config->exhibit_no);
	snprintf(values.name, sizeof values.name, "%s",
		 things[place].name ? things[place].name : config->exhibit_name);
	if (exhibit_by_no(store, file->id, values.exhibit_no, exhibit, err) == 0)
		return 0;
	snprintf(values.holder, sizeof values.holder, "%s", things[place].holder);
	snprintf(values.seal_no, sizeof values.seal_no, "%s", things[place].seal);
	snprintf(values.place, sizeof values.place, "%s", things[place].place);
	snprintf(values.handling, sizeof values.handling, "%s", things[place].handling);
	return exhibit_add(store, act, file, &values, exhibit, err);
}

static int ask_for(struct store *store, const struct act *station, const struct exhibit *exhibit, int64_t *id,
		   struct err *err)
{
	struct act asking = act_of(station, "王检 (demonstration)", "", "demonstration: shown in court");
	struct act approving = act_of(station, "李科 (demonstration)", "", "");
	struct retrieval_request request = {
		.code = exhibit->code, .case_no = exhibit->in_case.values.case_no,
		.exhibit_no = exhibit->values.exhibit_no, .exhibit_name = exhibit->values.name,
		.purpose = purpose_name(PURPOSE_CHALLENGE), .due_utc_us = station->utc_us + DUE_US,
	};
	int rc = retrieval_request(store, &asking, &request, id, err);

	return rc < 0 ? rc : retrieval_approve(store, &approving, *id, err);
}

static int take_out(struct store *store, const struct act *station, const struct exhibit *exhibit, struct err *err)
{
	struct act act = act_of(station, "陈管 (demonstration)", "杜管 (demonstration)",
				"demonstration: no photograph was taken");
	struct retrieval_condition found = { .condition = "完好 (sound)", .seal = exhibit->values.seal_no,
					     .other = "王检", .damage = "" };
	struct retrieval open;
	int rc = retrieval_of_exhibit(store, exhibit->code, &open, err);

	if (rc == 0 && !open.id)
		rc = ask_for(store, station, exhibit, &open.id, err);
	if (rc == 0 && open.state != RETRIEVAL_OUT)
		rc = retrieval_out(store, &act, open.id, &found, err);
	return rc;
}

/* The simulated camera shows the label of what stands before it. */
static void put_label(const struct config *config, const char *code)
{
	char path[CONFIG_TEXT_SIZE + 16], text[QR_TEXT_SIZE];
	FILE *file;

	snprintf(path, sizeof path, "%s/demo-label", config->state);
	qr_text_print(text, code);
	file = fopen(path, "we");
	if (!file || fputs(text, file) < 0)
		log_warning("%s cannot be written: the label in the picture is no exhibit's", path);
	if (file)
		fclose(file);
}

static int open_one(struct store *store, const struct act *station, const struct config *config, const json_t *codes,
		    struct showing *showing, struct err *err)
{
	struct act act = act_of(station, "陈管 (demonstration)", "杜管 (demonstration)", "");
	struct exhibit placed;
	int rc = showing_store_open(store, &act, PURPOSE_CHALLENGE, config->case_no, codes, showing, err);

	act.showing = showing->id;
	if (rc == 0)
		put_label(config, json_string_value(json_array_get(codes, 0)));
	if (rc == 0)
		rc = showing_store_stage(store, &act, showing->id, json_string_value(json_array_get(codes, 0)), true,
					 &placed, err);
	return rc < 0 ? rc : showing_store_load(store, showing, err);
}

static int go_on_air(struct store *store, const struct act *station, struct showing *showing, struct err *err)
{
	bool fresh = showing->state == SHOWING_PREPARED || showing->state == SHOWING_PREVIEW;
	struct act act = act_of(station, station->actor, "", "demonstration: on air from the start");
	struct showing_actor actor = { .station = true, .has_reason = true };
	struct showing_effects effects;
	int rc = showing_apply(showing, fresh ? SHOWING_SHOW : SHOWING_RESUME, &actor, showing, &effects, err);

	act.showing = showing->id;
	return rc < 0 ? rc : showing_store_change(store, &act, showing, NULL, err);
}

/* Somebody's hold outlives the station, in the demo as well. */
static bool is_held(const struct showing *showing)
{
	return showing->state != SHOWING_PREPARED && showing->state != SHOWING_PREVIEW &&
	       showing->pause != PAUSE_STATION_STOPPED;
}

static int make_exhibits(struct store *store, const struct act *station, const struct config *config, json_t *codes,
			 struct err *err)
{
	struct act act = act_of(station, "陈管 (demonstration)", "", "");
	struct case_file file;
	struct exhibit exhibit;
	int rc = find_case(store, &act, config, &file, err);

	for (int i = 0; i < EXHIBITS && rc == 0; i++) {
		rc = find_exhibit(store, &act, config, i, &file, &exhibit, err);
		if (rc == 0)
			rc = take_out(store, station, &exhibit, err);
		if (rc == 0)
			json_array_append_new(codes, json_string(exhibit.code));
	}
	return rc;
}

int showings_make_demo(struct store *store, const struct act *act, const struct config *config,
		       struct showing *showing, struct err *err)
{
	json_t *codes = json_array();
	int rc = 0;

	if (!showing->id)
		rc = make_exhibits(store, act, config, codes, err);
	if (rc == 0 && !showing->id)
		rc = open_one(store, act, config, codes, showing, err);
	if (rc == 0 && !is_held(showing))
		rc = go_on_air(store, act, showing, err);
	json_decref(codes);
	return rc;
}
