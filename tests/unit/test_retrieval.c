/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Retrievals and showings in the store: what they need of each other, of two people, and what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "station/evidence/checkpoint_store.h"
#include "station/evidence/custody.h"
#include "station/evidence/retrieval.h"
#include "station/evidence/showing_store.h"
#include "tests/unit/temp_folder.h"

#define NOW_US UINT64_C(1790000000000000)
#define HOUR_US UINT64_C(3600000000)

struct fixture {
	char *folder;
	struct store *store;
	struct exhibit exhibits[3];	/* the last is of another case */
};

static struct act act_of(const char *actor, const char *second, const char *reason)
{
	struct act act = { .utc_us = NOW_US };

	snprintf(act.actor, sizeof act.actor, "%s", actor);
	snprintf(act.role, sizeof act.role, "operator");
	snprintf(act.second, sizeof act.second, "%s", second);
	snprintf(act.reason, sizeof act.reason, "%s", reason);
	return act;
}

static void add_exhibit(struct fixture *fixture, int place, const struct case_file *in_case, const char *no,
			const char *name, const char *handling)
{
	struct act act = act_of("Chen", "", "");
	struct exhibit_values values = { 0 };
	struct err err;

	snprintf(values.exhibit_no, sizeof values.exhibit_no, "%s", no);
	snprintf(values.name, sizeof values.name, "%s", name);
	snprintf(values.handling, sizeof values.handling, "%s", handling);
	if (exhibit_add(fixture->store, &act, in_case, &values, &fixture->exhibits[place], &err) < 0)
		fail_msg("%s", err.text);
}

static struct case_file add_case(struct fixture *fixture, const char *no)
{
	struct act act = act_of("Chen", "", "");
	struct case_values values = { 0 };
	struct case_file file;

	snprintf(values.case_no, sizeof values.case_no, "%s", no);
	assert_int_equal(case_add(fixture->store, &act, &values, &file, NULL), 0);
	return file;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct case_file first, other;
	struct err err;

	fixture->folder = temp_folder_new();
	if (store_open(&fixture->store, fixture->folder, &err) < 0 || store_begin(fixture->store, &err) < 0)
		fail_msg("%s", err.text);
	first = add_case(fixture, "(2026)浙0108刑初123号");
	other = add_case(fixture, "(2026)浙0108刑初124号");
	add_exhibit(fixture, 0, &first, "1", "菜刀", "sharp");
	add_exhibit(fixture, 1, &first, "2", "手机", "");
	add_exhibit(fixture, 2, &other, "1", "瓶", "");
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(store_commit(fixture->store, NULL), 0);
	store_free(fixture->store);
	temp_folder_free(fixture->folder);
	free(fixture);
	return 0;
}

/* The sentence of a refusal must name @what. */
#define assert_refused(rc, code, err, what)                                                        \
	do {                                                                                       \
		assert_int_equal(rc, code);                                                        \
		if (!strstr((err).text, what))                                                     \
			fail_msg("\"%s\" does not say \"%s\"", (err).text, what);                  \
	} while (0)

static void must(int rc, const struct err *err)
{
	if (rc < 0)
		fail_msg("%s", err->text);
}

static int request(struct fixture *fixture, int which, const char *who, const char *why, int64_t *id, struct err *err)
{
	const struct exhibit *exhibit = &fixture->exhibits[which];
	struct act act = act_of(who, "", why);
	struct retrieval_request wish = {
		.code = exhibit->code, .case_no = exhibit->in_case.values.case_no,
		.exhibit_no = exhibit->values.exhibit_no, .exhibit_name = exhibit->values.name, .purpose = "challenge",
		.due_utc_us = NOW_US + 24 * HOUR_US,
	};

	return retrieval_request(fixture->store, &act, &wish, id, err);
}

static int approve(struct fixture *fixture, const char *who, int64_t id, struct err *err)
{
	struct act act = act_of(who, "", "");

	return retrieval_approve(fixture->store, &act, id, err);
}

static int take_out(struct fixture *fixture, int64_t id, struct err *err)
{
	static const int64_t stills[] = { 4, 5 };
	struct act act = act_of("Chen", "Du", "");
	struct retrieval_condition found = { .condition = "clean, tip bent", .seal = "F-1", .other = "Wang",
					     .stills = stills, .still_count = 2, .damage = "" };

	return retrieval_out(fixture->store, &act, id, &found, err);
}

static int bring_back(struct fixture *fixture, int64_t id, bool changed, const char *damage, const char *reason,
		      struct err *err)
{
	static const int64_t stills[] = { 9 };
	struct act act = act_of("Chen", "Du", reason);
	struct retrieval_condition found = { .condition = "as before\nclean", .seal = "F-2", .other = "Wang",
					     .stills = stills, .still_count = 1, .changed = changed, .damage = damage };

	return retrieval_back(fixture->store, &act, id, &found, err);
}

static int64_t make_out(struct fixture *fixture, int which)
{
	struct err err;
	int64_t id = 0;

	must(request(fixture, which, "Wang", "hearing", &id, &err), &err);
	must(approve(fixture, "Li", id, &err), &err);
	must(take_out(fixture, id, &err), &err);
	return id;
}

static int64_t compare(struct fixture *fixture, int64_t id)
{
	struct act act = act_of("Chen", "", "");
	int64_t comparison = 0;
	struct err err;

	must(retrieval_compared(fixture->store, &act, id, 4, 9, "media/c.jpg", "ab", json_pack("{s:b, s:[]}", "comparable", 1, "regions"),
				&comparison, &err), &err);
	return comparison;
}

static int sign(struct fixture *fixture, int64_t id, enum retrieval_side side, const char *name, struct err *err)
{
	struct act act = act_of("Chen", "", "");
	struct retrieval_signature signature = { .side = side, .name = name, .certificate = "" };

	return retrieval_sign(fixture->store, &act, id, &signature, err);
}

static enum retrieval_state state_of(struct fixture *fixture, int64_t id)
{
	struct retrieval now;

	assert_int_equal(retrieval_get(fixture->store, id, &now, NULL), 0);
	return now.state;
}

static void test_a_retrieval_goes_from_asked_for_to_signed(void **state)
{
	struct fixture *fixture = *state;
	struct err err;
	int64_t id = make_out(fixture, 0);

	assert_int_equal(state_of(fixture, id), RETRIEVAL_OUT);
	compare(fixture, id);
	must(bring_back(fixture, id, false, "", "", &err), &err);
	assert_int_equal(state_of(fixture, id), RETRIEVAL_BACK);
	must(sign(fixture, id, RETRIEVAL_HOLDER, "Wang", &err), &err);
	assert_int_equal(state_of(fixture, id), RETRIEVAL_BACK);
	must(sign(fixture, id, RETRIEVAL_CUSTODIAN, "Chen", &err), &err);
	assert_int_equal(state_of(fixture, id), RETRIEVAL_SIGNED);
	must(request(fixture, 0, "Wang", "hearing again", &id, &err), &err);
}

static void test_who_asks_cannot_approve(void **state)
{
	struct fixture *fixture = *state;
	struct err err;
	int64_t id = 0;

	must(request(fixture, 0, "Wang (process 7, user 0)", "hearing", &id, &err), &err);
	assert_refused(approve(fixture, "wang ", id, &err), ERR_DENIED, err, "another person");
	assert_refused(approve(fixture, "Wang (process 9, user 0)", id, &err), ERR_DENIED, err, "another person");
	assert_int_equal(state_of(fixture, id), RETRIEVAL_REQUESTED);
	must(approve(fixture, "Wang Er", id, &err), &err);
}

static int come_to_nothing(struct fixture *fixture, bool refused, const char *who, const char *why, int64_t id,
			   struct err *err)
{
	struct act act = act_of(who, "", why);

	return refused ? retrieval_refuse(fixture->store, &act, id, err) : retrieval_withdraw(fixture->store, &act, id, err);
}

static void test_one_is_refused_by_another_or_withdrawn_by_who_asked_with_a_reason(void **state)
{
	struct fixture *fixture = *state;
	struct err err;
	int64_t id, again;
	json_t *json;

	must(request(fixture, 0, "Wang", "hearing", &id, &err), &err);
	assert_refused(come_to_nothing(fixture, true, "wang ", "no", id, &err), ERR_DENIED, err, "another's");
	assert_refused(come_to_nothing(fixture, true, "Li", "", id, &err), ERR_RANGE, err, "reason");
	assert_refused(come_to_nothing(fixture, false, "Li", "not needed", id, &err), ERR_DENIED, err, "nobody else");
	must(come_to_nothing(fixture, true, "Li", "it is with the laboratory", id, &err), &err);
	assert_int_equal(state_of(fixture, id), RETRIEVAL_REFUSED);
	assert_refused(approve(fixture, "Li", id, &err), ERR_STATE, err, "refused");
	must(retrieval_json(fixture->store, id, NOW_US, &json, &err), &err);
	assert_string_equal(json_string_value(json_object_get(json, "ended_by")), "Li");
	assert_string_equal(json_string_value(json_object_get(json, "ended_reason")), "it is with the laboratory");
	assert_string_equal(json_string_value(json_object_get(json, "reason")), "hearing");
	json_decref(json);
	must(request(fixture, 0, "Wang", "hearing, after the laboratory", &again, &err), &err);
	must(approve(fixture, "Li", again, &err), &err);
	must(come_to_nothing(fixture, false, "Wang", "the hearing was put off", again, &err), &err);
	assert_int_equal(state_of(fixture, again), RETRIEVAL_WITHDRAWN);
	assert_refused(come_to_nothing(fixture, true, "Li", "no", again, &err), ERR_STATE, err, "withdrawn");
}

static void test_what_is_out_or_on_a_list_is_neither_refused_nor_withdrawn(void **state)
{
	struct fixture *fixture = *state;
	struct act two = act_of("Chen", "Du", "");
	struct showing showing;
	json_t *codes = json_pack("[s]", fixture->exhibits[1].code);
	int64_t out = make_out(fixture, 0), listed;
	struct err err;

	assert_refused(come_to_nothing(fixture, true, "Li", "no", out, &err), ERR_STATE, err, "before the exhibit is taken out");
	assert_refused(come_to_nothing(fixture, false, "Wang", "no", out, &err), ERR_STATE, err, "before the exhibit");
	must(request(fixture, 1, "Wang", "hearing", &listed, &err), &err);
	must(approve(fixture, "Li", listed, &err), &err);
	must(showing_store_open(fixture->store, &two, PURPOSE_CHALLENGE, "", codes, &showing, &err), &err);
	assert_refused(come_to_nothing(fixture, false, "Wang", "no", listed, &err), ERR_STATE, err, "close that first");
	must(showing_store_close(fixture->store, &two, showing.id, &err), &err);
	must(come_to_nothing(fixture, false, "Wang", "not shown after all", listed, &err), &err);
	json_decref(codes);
}

static void test_a_request_needs_a_reason_and_a_time_to_come(void **state)
{
	struct fixture *fixture = *state;
	struct retrieval_request late = { .code = fixture->exhibits[0].code, .case_no = "", .exhibit_no = "1",
					  .exhibit_name = "", .purpose = "", .due_utc_us = NOW_US };
	struct act act = act_of("Wang", "", "hearing");
	struct err err;
	int64_t id;

	assert_refused(request(fixture, 0, "Wang", "", &id, &err), ERR_RANGE, err, "reason");
	assert_refused(retrieval_request(fixture->store, &act, &late, &id, &err), ERR_RANGE, err, "passed");
	must(request(fixture, 0, "Wang", "hearing", &id, &err), &err);
	assert_refused(request(fixture, 0, "Zhao", "hearing", &id, &err), ERR_STATE, err, "already");
}

static void test_out_and_back_need_two_people_a_condition_and_photographs(void **state)
{
	struct fixture *fixture = *state;
	static const int64_t still[] = { 4 };
	struct retrieval_condition found = { .condition = "clean", .seal = "F-1", .other = "", .stills = still,
					     .still_count = 1, .damage = "" };
	struct act alone = act_of("Chen", "", ""), twice = act_of("Chen", "CHEN", ""), two = act_of("Chen", "Du", "");
	struct err err;
	int64_t id = 0;

	must(request(fixture, 0, "Wang", "hearing", &id, &err), &err);
	assert_refused(retrieval_out(fixture->store, &two, id, &found, &err), ERR_STATE, err, "approved");
	must(approve(fixture, "Li", id, &err), &err);
	assert_refused(retrieval_out(fixture->store, &alone, id, &found, &err), ERR_DENIED, err, "two people");
	assert_refused(retrieval_out(fixture->store, &twice, id, &found, &err), ERR_DENIED, err, "second person");
	found.condition = "";
	assert_refused(retrieval_out(fixture->store, &two, id, &found, &err), ERR_RANGE, err, "condition");
	found.condition = "clean";
	found.seal = "";
	assert_refused(retrieval_out(fixture->store, &two, id, &found, &err), ERR_RANGE, err, "seal");
	found.seal = "F-1";
	found.still_count = 0;
	assert_refused(retrieval_out(fixture->store, &two, id, &found, &err), ERR_RANGE, err, "photographs");
	two = act_of("Chen", "Du", "the camera is being repaired");
	must(retrieval_out(fixture->store, &two, id, &found, &err), &err);
}

static void test_another_seal_than_it_was_put_away_with_needs_a_reason(void **state)
{
	struct fixture *fixture = *state;
	static const int64_t still[] = { 4 };
	struct retrieval_condition found = { .condition = "clean", .seal = "F-3", .other = "", .stills = still,
					     .still_count = 1, .damage = "" };
	struct act two = act_of("Chen", "Du", "");
	struct err err;
	int64_t id = make_out(fixture, 0);

	compare(fixture, id);
	must(bring_back(fixture, id, false, "", "", &err), &err);	/* with F-2 */
	must(sign(fixture, id, RETRIEVAL_HOLDER, "Wang", &err), &err);
	must(sign(fixture, id, RETRIEVAL_CUSTODIAN, "Chen", &err), &err);
	must(request(fixture, 0, "Wang", "hearing again", &id, &err), &err);
	must(approve(fixture, "Li", id, &err), &err);
	assert_refused(retrieval_out(fixture->store, &two, id, &found, &err), ERR_RANGE, err, "F-2");
	two = act_of("Chen", "Du", "the seal was torn, and renewed before witnesses");
	must(retrieval_out(fixture->store, &two, id, &found, &err), &err);
}

static void test_it_comes_back_compared_and_with_a_clear_word_on_damage(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = make_out(fixture, 0);
	struct err err;

	assert_refused(bring_back(fixture, id, false, "", "", &err), ERR_STATE, err, "compare");
	compare(fixture, id);
	assert_refused(bring_back(fixture, id, true, "", "", &err), ERR_RANGE, err, "what has changed");
	assert_refused(bring_back(fixture, id, false, "a scratch", "", &err), ERR_RANGE, err, "wrong");
	must(bring_back(fixture, id, true, "a scratch on the blade", "", &err), &err);
	assert_refused(bring_back(fixture, id, true, "again", "", &err), ERR_STATE, err, "\"returned\"");
}

static void test_the_comparison_is_of_the_return_and_says_something(void **state)
{
	struct fixture *fixture = *state;
	struct act act = act_of("Chen", "", "");
	int64_t id = make_out(fixture, 0), comparison;
	struct err err;

	must(retrieval_compared(fixture->store, &act, id, 4, 10, "media/c.jpg", "ab", json_pack("{s:b}", "comparable", 1),
				&comparison, &err), &err);	/* 10 is not of the return */
	must(retrieval_compared(fixture->store, &act, id, 4, 9, "media/d.jpg", "cd", json_pack("{s:b}", "comparable", 0),
				&comparison, &err), &err);
	assert_refused(bring_back(fixture, id, false, "", "", &err), ERR_STATE, err, "from the same side");
	must(bring_back(fixture, id, false, "", "the table is being repaired", &err), &err);
}

static void test_the_text_that_is_signed_never_changes(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(util_freep) char *before = NULL;
	CLEANUP(util_freep) char *after = NULL;
	int64_t id = make_out(fixture, 0);
	struct err err;

	assert_refused(retrieval_text(fixture->store, id, &before, &err), ERR_STATE, err, "back");
	compare(fixture, id);
	must(bring_back(fixture, id, false, "", "", &err), &err);
	must(retrieval_text(fixture->store, id, &before, &err), &err);
	assert_ptr_equal(strstr(before, "ostend-retrieval-1\nretrieval: "), before);
	assert_non_null(strstr(before, "\nname: 菜刀\n"));
	assert_non_null(strstr(before, "\ncondition-in: as before / clean\n"));
	assert_non_null(strstr(before, "\nstill-out: 4\nstill-out: 5\nstill-back: 9\n"));
	must(sign(fixture, id, RETRIEVAL_HOLDER, "Wang", &err), &err);
	must(sign(fixture, id, RETRIEVAL_CUSTODIAN, "Chen", &err), &err);
	must(retrieval_text(fixture->store, id, &after, &err), &err);
	assert_string_equal(before, after);
}

static void test_each_side_signs_once_and_the_two_are_two_people(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = make_out(fixture, 0);
	struct err err;

	assert_refused(sign(fixture, id, RETRIEVAL_HOLDER, "Wang", &err), ERR_STATE, err, "\"out of store\"");
	compare(fixture, id);
	must(bring_back(fixture, id, false, "", "", &err), &err);
	must(sign(fixture, id, RETRIEVAL_HOLDER, "Wang", &err), &err);
	assert_refused(sign(fixture, id, RETRIEVAL_HOLDER, "Zhao", &err), ERR_STATE, err, "Wang already");
	assert_refused(sign(fixture, id, RETRIEVAL_CUSTODIAN, "wang", &err), ERR_DENIED, err, "another person");
}

static void test_a_late_one_is_told_once_and_counted_while_it_is_out(void **state)
{
	struct fixture *fixture = *state;
	struct act station = act_of("the station", "", "");
	struct retrieval_wish wish = { .code = "", .open_only = true, .limit = 5 };
	int64_t id = make_out(fixture, 0), all = 0, next;
	json_t *late, *json;
	struct err err;

	must(retrieval_find_late(fixture->store, &station, &late, &all, &err), &err);
	assert_int_equal(json_array_size(late), 0);
	assert_int_equal(all, 0);
	json_decref(late);
	station.utc_us = NOW_US + 25 * HOUR_US;
	must(retrieval_find_late(fixture->store, &station, &late, &all, &err), &err);
	assert_int_equal(json_array_size(late), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(late, 0), "retrieval")), id);
	json_decref(late);
	must(retrieval_find_late(fixture->store, &station, &late, &all, &err), &err);
	assert_int_equal(json_array_size(late), 0);
	assert_int_equal(all, 1);
	json_decref(late);
	must(retrieval_list(fixture->store, &wish, station.utc_us, &json, &next, &err), &err);
	assert_int_equal(next, 0);
	assert_true(json_is_true(json_object_get(json_array_get(json, 0), "overdue")));
	json_decref(json);
	compare(fixture, id);
	must(bring_back(fixture, id, false, "", "", &err), &err);
	must(retrieval_find_late(fixture->store, &station, &late, &all, &err), &err);
	assert_int_equal(all, 0);
	json_decref(late);
}

static void test_what_is_known_of_one_names_its_pictures_and_people(void **state)
{
	struct fixture *fixture = *state;
	int64_t id = make_out(fixture, 0);
	struct err err;
	json_t *json;

	compare(fixture, id);
	must(bring_back(fixture, id, true, "a scratch", "", &err), &err);
	must(sign(fixture, id, RETRIEVAL_HOLDER, "Wang", &err), &err);
	must(retrieval_json(fixture->store, id, NOW_US, &json, &err), &err);
	assert_int_equal(json_array_size(json_object_get(json, "stills_out")), 2);
	assert_int_equal(json_array_size(json_object_get(json, "stills_back")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "comparisons")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "signatures")), 1);
	assert_string_equal(json_string_value(json_object_get(json, "damage")), "a scratch");
	assert_true(json_is_true(json_object_get(json, "changed")));
	assert_string_equal(json_string_value(json_object_get(json, "approved_by")), "Li");
	json_decref(json);
	assert_int_equal(retrieval_json(fixture->store, id + 1, NOW_US, &json, &err), ERR_RANGE);
}

/* --- showings ------------------------------------------------------------------------------------ */

static int open_showing(struct fixture *fixture, const json_t *codes /* stolen */, struct showing *showing,
			struct err *err)
{
	struct act act = act_of("Chen", "Du", "");
	int rc = showing_store_open(fixture->store, &act, PURPOSE_CHALLENGE, "", codes, showing, err);

	json_decref((json_t *)codes);
	return rc;
}

static json_t *codes_of(struct fixture *fixture, int a, int b)
{
	json_t *list = json_pack("[s]", fixture->exhibits[a].code);

	if (b >= 0)
		json_array_append_new(list, json_string(fixture->exhibits[b].code));
	return list;
}

static void test_a_showing_needs_an_approved_retrieval_of_each_exhibit(void **state)
{
	struct fixture *fixture = *state;
	struct showing showing = { 0 };
	struct err err;
	int64_t id;

	must(store_begin(fixture->store, &err), &err);
	assert_refused(open_showing(fixture, codes_of(fixture, 0, -1), &showing, &err), ERR_STATE, err, "no retrieval");
	store_rollback(fixture->store);
	make_out(fixture, 0);
	must(request(fixture, 1, "Wang", "hearing", &id, &err), &err);
	must(store_begin(fixture->store, &err), &err);
	assert_refused(open_showing(fixture, codes_of(fixture, 0, 1), &showing, &err), ERR_STATE, err, "手机");
	store_rollback(fixture->store);
	must(approve(fixture, "Li", id, &err), &err);
	must(open_showing(fixture, codes_of(fixture, 0, 1), &showing, &err), &err);
	assert_int_equal(showing.state, SHOWING_PREPARED);
	assert_string_equal(showing.case_no, "(2026)浙0108刑初123号");
	must(store_begin(fixture->store, &err), &err);
	assert_refused(open_showing(fixture, codes_of(fixture, 0, 1), &showing, &err), ERR_STATE, err, "another showing");
	store_rollback(fixture->store);
}

static void test_a_showing_is_made_by_two_people_or_says_why_not(void **state)
{
	struct fixture *fixture = *state;
	struct showing showing = { 0 }, again;
	json_t *codes = codes_of(fixture, 0, -1);
	struct act alone = act_of("Chen", "", ""), twice = act_of("Chen", "chen", "");
	struct act two = act_of("Chen", "Du", "");
	struct err err;

	make_out(fixture, 0);
	assert_refused(showing_store_open(fixture->store, &alone, PURPOSE_CHALLENGE, "", codes, &showing, &err),
		       ERR_DENIED, err, "two people");
	assert_refused(showing_store_open(fixture->store, &twice, PURPOSE_CHALLENGE, "", codes, &showing, &err),
		       ERR_DENIED, err, "second maker as well");
	must(showing_store_open(fixture->store, &two, PURPOSE_CHALLENGE, "", codes, &showing, &err), &err);
	must(showing_store_load(fixture->store, &again, &err), &err);
	assert_string_equal(again.maker, "Chen");
	assert_string_equal(again.second, "Du");
	must(showing_store_close(fixture->store, &two, showing.id, &err), &err);
	alone = act_of("Chen", "", "the colleague was called away");
	must(showing_store_open(fixture->store, &alone, PURPOSE_CHALLENGE, "", codes, &showing, &err), &err);
	assert_string_equal(showing.second, "");
	json_decref(codes);
}

static void test_a_showing_is_of_one_case(void **state)
{
	struct fixture *fixture = *state;
	struct showing showing = { 0 };
	struct err err;

	make_out(fixture, 0);
	make_out(fixture, 2);
	assert_refused(open_showing(fixture, codes_of(fixture, 0, 2), &showing, &err), ERR_RANGE, err, "belongs to");
}

static int change(struct fixture *fixture, struct showing *showing, enum showing_state to, struct err *err)
{
	struct act act = act_of("Chen", "", "");

	showing->state = to;
	return showing_store_change(fixture->store, &act, showing, NULL, err);
}

static void test_a_showing_outlives_the_station(void **state)
{
	struct fixture *fixture = *state;
	struct showing showing = { 0 }, loaded;
	struct exhibit placed;
	struct act act = act_of("Chen", "", "");
	struct err err;

	make_out(fixture, 0);
	must(open_showing(fixture, codes_of(fixture, 0, -1), &showing, &err), &err);
	must(showing_store_stage(fixture->store, &act, showing.id, fixture->exhibits[0].code, true, &placed, &err), &err);
	showing.pause = PAUSE_RECESS;
	must(change(fixture, &showing, SHOWING_HOLD, &err), &err);
	must(store_commit(fixture->store, &err), &err);
	fixture->store = store_free(fixture->store);
	must(store_open(&fixture->store, fixture->folder, &err), &err);
	must(store_begin(fixture->store, &err), &err);
	must(showing_store_load(fixture->store, &loaded, &err), &err);
	assert_int_equal(loaded.id, showing.id);
	assert_int_equal(loaded.state, SHOWING_HOLD);
	assert_int_equal(loaded.pause, PAUSE_RECESS);
	assert_int_equal(loaded.purpose, PURPOSE_CHALLENGE);
	assert_string_equal(loaded.exhibit_name, "菜刀");
}

static void test_nothing_goes_on_air_while_all_is_in_store(void **state)
{
	struct fixture *fixture = *state;
	struct showing showing = { 0 };
	struct err err;
	int64_t id;

	must(request(fixture, 0, "Wang", "hearing", &id, &err), &err);
	must(approve(fixture, "Li", id, &err), &err);
	must(open_showing(fixture, codes_of(fixture, 0, -1), &showing, &err), &err);
	assert_refused(change(fixture, &showing, SHOWING_ON_AIR, &err), ERR_STATE, err, "out of store");
	must(take_out(fixture, id, &err), &err);
	must(change(fixture, &showing, SHOWING_ON_AIR, &err), &err);
}

static void test_only_what_is_listed_out_and_acknowledged_comes_on_the_table(void **state)
{
	struct fixture *fixture = *state;
	struct act act = act_of("Chen", "", "");
	struct showing showing = { 0 };
	struct exhibit placed;
	struct err err;
	int64_t id;

	make_out(fixture, 0);
	must(request(fixture, 1, "Wang", "hearing", &id, &err), &err);
	must(approve(fixture, "Li", id, &err), &err);
	must(open_showing(fixture, codes_of(fixture, 0, 1), &showing, &err), &err);
	assert_refused(showing_store_stage(fixture->store, &act, showing.id, fixture->exhibits[2].code, true, &placed,
					   &err), ERR_RANGE, err, "not on the list");
	assert_refused(showing_store_stage(fixture->store, &act, showing.id, fixture->exhibits[1].code, true, &placed,
					   &err), ERR_STATE, err, "not been taken out");
	assert_refused(showing_store_stage(fixture->store, &act, showing.id, fixture->exhibits[0].code, false, &placed,
					   &err), ERR_STATE, err, "sharp");
	must(showing_store_stage(fixture->store, &act, showing.id, fixture->exhibits[0].code, true, &placed, &err), &err);
	assert_string_equal(placed.values.name, "菜刀");
}

/* As the station does it, with a signature that nobody looks at here. */
static void sign_ledger(struct fixture *fixture, char fingerprint[FINGERPRINT_SIZE])
{
	struct checkpoint_draft draft;
	struct checkpoint_kept kept = { .utc_us = NOW_US };
	struct err err;

	must(checkpoint_draft(fixture->store, "test", 0, &draft, &err), &err);
	kept.checkpoint = draft.checkpoint;
	snprintf(kept.note, sizeof kept.note, "%s\n\u2014 test AAAAAGFiY2Q=\n", draft.text);
	must(checkpoint_keep(fixture->store, NULL, &kept, &err), &err);
	fingerprint_text(fingerprint, draft.text);
}

static void test_what_is_shown_is_not_brought_back_before_the_end_and_the_end_is_sealed(void **state)
{
	struct fixture *fixture = *state;
	char fingerprint[FINGERPRINT_SIZE];
	struct act act = act_of("Chen", "", "");
	struct showing showing = { 0 };
	int64_t id = make_out(fixture, 0);
	struct err err;
	json_t *json;

	must(open_showing(fixture, codes_of(fixture, 0, -1), &showing, &err), &err);
	compare(fixture, id);
	assert_refused(bring_back(fixture, id, false, "", "", &err), ERR_STATE, err, "close that first");
	act.showing = showing.id;
	must(showing_store_close(fixture->store, &act, showing.id, &err), &err);
	assert_int_equal(showing_store_close(fixture->store, &act, showing.id, &err), ERR_STATE);
	assert_int_equal(showing_store_seal(fixture->store, showing.id, &err), ERR_AGAIN);
	sign_ledger(fixture, fingerprint);
	must(showing_store_seal(fixture->store, showing.id, &err), &err);
	assert_int_equal(showing_store_seal(fixture->store, showing.id, &err), ERR_STATE);
	must(bring_back(fixture, id, false, "", "", &err), &err);
	must(showing_store_json(fixture->store, 0, &json, &err), &err);
	assert_string_equal(json_string_value(json_object_get(json, "state")), "CLOSED");
	assert_string_equal(json_string_value(json_object_get(json, "fingerprint")), fingerprint);
	assert_int_equal(json_array_size(json_object_get(json, "exhibits")), 1);
	json_decref(json);
}

static int64_t count_entries(struct fixture *fixture, const char *action)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	struct err err;

	must(store_query(&rows, fixture->store, &err, "SELECT count(*) FROM event WHERE action = ?", "t", action), &err);
	assert_int_equal(store_next(&rows, &err), 1);
	return store_integer(&rows, 0);
}

static void test_an_end_that_could_not_be_signed_is_sealed_later_once_with_an_entry(void **state)
{
	struct fixture *fixture = *state;
	char fingerprint[FINGERPRINT_SIZE];
	struct act act = act_of("Chen", "", ""), later = act_of("the station", "", "");
	struct showing showing = { 0 };
	json_t *sealed = json_array();
	int64_t waiting;
	struct err err;

	make_out(fixture, 0);
	must(open_showing(fixture, codes_of(fixture, 0, -1), &showing, &err), &err);
	must(showing_store_seal_late(fixture->store, &later, sealed, &waiting, &err), &err);
	assert_int_equal(waiting, 0);	/* it is open */
	act.showing = showing.id;
	must(showing_store_close(fixture->store, &act, showing.id, &err), &err);
	must(showing_store_seal_late(fixture->store, &later, sealed, &waiting, &err), &err);
	assert_int_equal(waiting, 1);
	assert_int_equal(json_array_size(sealed), 0);
	sign_ledger(fixture, fingerprint);
	must(showing_store_seal_late(fixture->store, &later, sealed, &waiting, &err), &err);
	must(showing_store_seal_late(fixture->store, &later, sealed, &waiting, &err), &err);
	assert_int_equal(waiting, 0);
	assert_int_equal(json_array_size(sealed), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(sealed, 0), "fingerprint")), fingerprint);
	assert_int_equal(count_entries(fixture, "showing.sealed"), 1);
	json_decref(sealed);
}

/* --- keeping ------------------------------------------------------------------------------------- */

static void test_a_handover_needs_two_people_and_a_reason_and_leaves_the_exhibit(void **state)
{
	struct fixture *fixture = *state;
	const struct exhibit *exhibit = &fixture->exhibits[0];
	struct act alone = act_of("Chen", "", "indicted"), silent = act_of("Chen", "Du", ""), both = act_of("Chen", "Du", "indicted");
	struct err err;

	assert_refused(custody_handover(fixture->store, &alone, exhibit, "滨江检察院", "", &err), ERR_DENIED, err,
		       "two people");
	assert_refused(custody_handover(fixture->store, &silent, exhibit, "滨江检察院", "", &err), ERR_RANGE, err, "reason");
	must(custody_handover(fixture->store, &both, exhibit, "滨江检察院", "移 12", &err), &err);
	assert_refused(custody_handover(fixture->store, &both, exhibit, "滨江检察院", "", &err), ERR_RANGE, err, "already");
	must(custody_check_kept(fixture->store, exhibit->code, &err), &err);
}

static void test_what_is_disposed_of_is_no_longer_kept(void **state)
{
	struct fixture *fixture = *state;
	const struct exhibit *exhibit = &fixture->exhibits[0];
	struct act act = act_of("Chen", "Du", "judgment 12");
	int64_t id = make_out(fixture, 0);
	struct err err;

	assert_refused(custody_dispose(fixture->store, &act, exhibit, DISPOSAL_DESTRUCTION, "", "", &err), ERR_STATE, err,
		       "not back");
	compare(fixture, id);
	must(bring_back(fixture, id, false, "", "", &err), &err);
	assert_refused(custody_dispose(fixture->store, &act, exhibit, DISPOSAL_RETURN, "", "", &err), ERR_RANGE, err,
		       "to whom");
	must(custody_dispose(fixture->store, &act, exhibit, DISPOSAL_RETURN, "何某", "判 12", &err), &err);
	assert_refused(custody_check_kept(fixture->store, exhibit->code, &err), ERR_STATE, err, "return");
	assert_refused(custody_store(fixture->store, &act, exhibit, "B1", &err), ERR_STATE, err, "no longer");
	assert_refused(custody_handover(fixture->store, &act, exhibit, "court", "", &err), ERR_STATE, err, "no longer");
}

static void test_the_chain_tells_everything_in_order(void **state)
{
	static const char *const told[] = {
		"exhibit.added", "exhibit.changed", "exhibit.stored", "retrieval.requested", "retrieval.approved",
		"retrieval.out", "exhibit.staged", "retrieval.compared", "retrieval.back", "exhibit.handed-over",
	};
	struct fixture *fixture = *state;
	struct act act = act_of("Chen", "Du", "indicted");
	const struct exhibit *exhibit = &fixture->exhibits[0];
	struct showing showing = { 0 };
	struct exhibit placed;
	struct err err;
	int64_t id;
	json_t *chain;

	must(custody_store(fixture->store, &act, exhibit, "B2-07", &err), &err);
	id = make_out(fixture, 0);
	make_out(fixture, 1);
	must(open_showing(fixture, codes_of(fixture, 0, 1), &showing, &err), &err);
	must(showing_store_stage(fixture->store, &act, showing.id, exhibit->code, true, &placed, &err), &err);
	must(showing_store_close(fixture->store, &act, showing.id, &err), &err);
	compare(fixture, id);
	must(bring_back(fixture, id, false, "", "", &err), &err);
	must(custody_handover(fixture->store, &act, exhibit, "滨江检察院", "", &err), &err);
	must(custody_chain(fixture->store, exhibit, NOW_US, &chain, &err), &err);
	assert_int_equal(json_array_size(json_object_get(chain, "entries")), ARRAY_LEN(told));
	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(chain, "entries"), i),
								      "action")), told[i]);
	assert_string_equal(json_string_value(json_object_get(chain, "body")), "滨江检察院");
	assert_int_equal(json_array_size(json_object_get(chain, "retrievals")), 1);
	json_decref(chain);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_retrieval_goes_from_asked_for_to_signed),
		TEST(test_who_asks_cannot_approve),
		TEST(test_one_is_refused_by_another_or_withdrawn_by_who_asked_with_a_reason),
		TEST(test_what_is_out_or_on_a_list_is_neither_refused_nor_withdrawn),
		TEST(test_a_request_needs_a_reason_and_a_time_to_come),
		TEST(test_out_and_back_need_two_people_a_condition_and_photographs),
		TEST(test_another_seal_than_it_was_put_away_with_needs_a_reason),
		TEST(test_it_comes_back_compared_and_with_a_clear_word_on_damage),
		TEST(test_the_comparison_is_of_the_return_and_says_something),
		TEST(test_the_text_that_is_signed_never_changes),
		TEST(test_each_side_signs_once_and_the_two_are_two_people),
		TEST(test_a_late_one_is_told_once_and_counted_while_it_is_out),
		TEST(test_what_is_known_of_one_names_its_pictures_and_people),
		TEST(test_a_showing_needs_an_approved_retrieval_of_each_exhibit),
		TEST(test_a_showing_is_made_by_two_people_or_says_why_not),
		TEST(test_a_showing_is_of_one_case),
		TEST(test_a_showing_outlives_the_station),
		TEST(test_nothing_goes_on_air_while_all_is_in_store),
		TEST(test_only_what_is_listed_out_and_acknowledged_comes_on_the_table),
		TEST(test_what_is_shown_is_not_brought_back_before_the_end_and_the_end_is_sealed),
		TEST(test_an_end_that_could_not_be_signed_is_sealed_later_once_with_an_entry),
		TEST(test_a_handover_needs_two_people_and_a_reason_and_leaves_the_exhibit),
		TEST(test_what_is_disposed_of_is_no_longer_kept),
		TEST(test_the_chain_tells_everything_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
