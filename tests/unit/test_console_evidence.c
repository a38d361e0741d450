/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the console makes of the news about showing, stills and record; and its list of exhibits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ui/console/evidence_view.h"
#include "ui/console/exhibits.h"
#include "ui/console/fields.h"
#include "ui/console/words.h"

#define NOW_US INT64_C(1800000000000000)

static bool take(struct evidence_view *view, const char *method, json_t *params /* stolen */)
{
	bool changed = evidence_view_take(view, method, params, NOW_US);

	json_decref(params);
	return changed;
}

static void take_views(struct evidence_view *view, int close_stills)
{
	json_t *some = json_array();

	for (int i = 0; i < close_stills; i++)
		json_array_append_new(some, json_integer(i + 1));
	take(view, "still.views", json_pack("{s:[{s:s, s:s, s:[i]}, {s:s, s:s, s:o}, {s:s, s:s, s:[]}]}", "views", "view",
	     "overall", "label", "overall", "stills", 1, "view", "close", "label", "close-up", "stills", some, "view",
	     "close-scale", "label", "close-up with a scale", "stills"));
}

static const char *next_name(const struct evidence_view *view, unsigned passed)
{
	return field_text(evidence_view_next(view, passed), "view");
}

static void test_next_is_the_first_view_without_a_still(void **state)
{
	struct evidence_view view = { 0 };

	(void)state;
	assert_null(evidence_view_next(&view, 0));
	take_views(&view, 0);
	assert_int_equal(evidence_view_missing(&view), 2);
	assert_string_equal(next_name(&view, 0), "close");
	assert_string_equal(next_name(&view, 1), "close-scale");
	assert_string_equal(next_name(&view, 2), "close");	/* round again */
	take_views(&view, 2);
	assert_string_equal(next_name(&view, 0), "close-scale");
	take(&view, "still.views", json_pack("{s:[]}", "views"));
	assert_null(evidence_view_next(&view, 0));
	evidence_view_clear(&view);
}

static void test_stills_come_by_list_and_by_news_and_stand_once(void **state)
{
	struct evidence_view view = { 0 };

	(void)state;
	take(&view, "still.list", json_pack("{s:[{s:i}, {s:i, s:{s:s}}], s:i}", "stills", "still", 1, "still", 2,
	     "rejected", "reason", "blurred", "next", 2));
	assert_int_equal(evidence_view_stills(&view), 1);
	assert_int_equal(view.ask, EVIDENCE_ASK_STILLS);	/* there are more, from there on */
	assert_int_equal(view.stills_after, 2);
	view.ask = 0;
	assert_true(take(&view, "evidence", json_pack("{s:s, s:i}", "kind", "still", "still", 3)));
	take(&view, "still.list", json_pack("{s:[{s:i}], s:i}", "stills", "still", 3, "next", 0));
	assert_int_equal(json_array_size(view.stills), 3);
	assert_int_equal(view.ask, EVIDENCE_ASK_VIEWS);
	take(&view, "evidence", json_pack("{s:s, s:i, s:b}", "kind", "still", "still", 3, "rejected", 1));
	assert_int_equal(evidence_view_stills(&view), 1);
	assert_int_equal(json_array_size(view.stills), 3);	/* it is kept, and seen as rejected */
	evidence_view_clear(&view);
}

static void test_another_showing_has_no_stills_of_the_last_one(void **state)
{
	struct evidence_view view = { 0 };

	(void)state;
	take(&view, "showing.status", json_pack("{s:i}", "showing", 1));
	take(&view, "evidence", json_pack("{s:s, s:i}", "kind", "still", "still", 1));
	view.ask = 0;
	take(&view, "evidence", json_pack("{s:s, s:i, s:s}", "kind", "showing", "showing", 1, "state", "HOLD"));
	assert_int_equal(evidence_view_stills(&view), 1);
	assert_int_equal(view.ask, EVIDENCE_ASK_SHOWING | EVIDENCE_ASK_VIEWS);
	take(&view, "evidence", json_pack("{s:s, s:i, s:s}", "kind", "showing", "showing", 2, "state", "PREPARED"));
	assert_int_equal(evidence_view_stills(&view), 0);
	assert_true(view.ask & EVIDENCE_ASK_STILLS);
	evidence_view_clear(&view);
}

static void check_alarm(const struct evidence_view *view, json_t *status /* stolen */, const char *wanted)
{
	char text[200];

	assert_int_equal(evidence_view_alarm(view, status, text, sizeof text), *wanted != '\0');
	assert_string_equal(text, wanted);
	json_decref(status);
}

static void test_the_gravest_alarm_is_told_with_its_reason(void **state)
{
	struct evidence_view view = { 0 };

	(void)state;
	check_alarm(&view, NULL, "");
	check_alarm(&view, json_object(), "");	/* an older station says nothing of it */
	check_alarm(&view, json_pack("{s:{s:b, s:{s:s}}, s:{s:s}, s:{s:s}}", "record", "writable", 1, "checkpoint", "state",
		    "signed", "recording", "state", "recording", "signing", "state", "signed"), "");
	check_alarm(&view, json_pack("{s:{s:s, s:s}}", "signing", "state", "unsigned", "reason", "the signer is gone"),
		    "THE PICTURE IS NOT SIGNED: the signer is gone");
	check_alarm(&view, json_pack("{s:{s:s}}", "recording", "state", "full"), "DISK FULL");
	check_alarm(&view, json_pack("{s:{s:s, s:s}, s:{s:b, s:{s:s, s:s}}}", "recording", "state", "failed", "reason", "x",
		    "record", "writable", 1, "checkpoint", "state", "refused", "reason", "shorter"),
		    "THE RECORD IS NOT THE ONE THAT WAS SIGNED: shorter");
	check_alarm(&view, json_pack("{s:{s:b, s:s, s:{s:s}}}", "record", "writable", 0, "reason", "no space", "checkpoint",
		    "state", "refused"), "THE RECORD CANNOT BE WRITTEN: no space");
	take(&view, "evidence", json_pack("{s:s, s:s, s:s}", "kind", "doubt", "by", "Judge", "reason", "it is shorter"));
	check_alarm(&view, json_object(), "THE RECORD IS DOUBTED (A: seen): Judge: it is shorter");
	evidence_view_clear(&view);
}

static bool record_text(const struct evidence_view *view, const char *state, int entries, int size, int64_t after_us,
			char *text, size_t text_size)
{
	json_t *status = json_pack("{s:{s:i, s:{s:s, s:i}}}", "record", "entries", entries, "checkpoint", "state", state,
				   "size", size);
	bool good = evidence_view_record(view, status, NOW_US + after_us, text, text_size);

	json_decref(status);
	return good;
}

static void test_a_signature_that_is_late_is_told(void **state)
{
	struct evidence_view view = { 0 };
	char text[100];

	(void)state;
	assert_true(evidence_view_record(&view, NULL, NOW_US, text, sizeof text));
	assert_string_equal(text, "");
	assert_true(take(&view, "evidence", json_pack("{s:s, s:i}", "kind", "checkpoint", "size", 40)));
	assert_true(record_text(&view, "signed", 40, 40, 3000000, text, sizeof text));
	assert_string_equal(text, "record 40, signed 3 s ago");
	assert_true(record_text(&view, "signed", 40, 40, 600 * INT64_C(1000000), text, sizeof text));	/* at rest */
	assert_true(record_text(&view, "signed", 41, 40, 3000000, text, sizeof text));
	assert_false(record_text(&view, "signed", 41, 40, 20000000, text, sizeof text));
	assert_string_equal(text, "record 41, signing late by 20 s");
	assert_false(record_text(&view, "waiting", 41, 40, 0, text, sizeof text));
	assert_string_equal(text, "record 41, NOT SIGNED");
	evidence_view_clear(&view);
}

static void test_going_on_wants_a_reason_after_a_failure_only(void **state)
{
	(void)state;
	assert_false(evidence_view_wants_reason("recess"));
	assert_false(evidence_view_wants_reason("operator"));
	assert_true(evidence_view_wants_reason("disk-full"));
	assert_true(evidence_view_wants_reason("station-stopped"));
	assert_true(evidence_view_wants_reason("of-a-newer-station"));
}

static void test_the_chosen_exhibit_stays_on_the_screen(void **state)
{
	struct exhibits exhibits = { .list = json_array() };

	(void)state;
	assert_null(exhibits_chosen_code(&exhibits));
	for (int i = 0; i < 30; i++)
		json_array_append_new(exhibits.list, json_pack("{s:o}", "code", json_sprintf("E-%d", i)));
	exhibits_move(&exhibits, 12, 10);
	assert_string_equal(exhibits_chosen_code(&exhibits), "E-12");
	assert_int_equal(exhibits.scroll, 3);
	exhibits_move(&exhibits, -100, 10);
	assert_string_equal(exhibits_chosen_code(&exhibits), "E-0");
	assert_int_equal(exhibits.scroll, 0);
	exhibits_move(&exhibits, 100, 10);
	assert_string_equal(exhibits_chosen_code(&exhibits), "E-29");
	assert_int_equal(exhibits.scroll, 20);
	exhibits_clear(&exhibits);
}

static void test_only_what_an_open_showing_lists_can_be_placed(void **state)
{
	json_t *open = json_pack("{s:s, s:[{s:s}]}", "state", "HOLD", "exhibits", "code", "E-1");
	json_t *closed = json_pack("{s:s, s:[{s:s}]}", "state", "CLOSED", "exhibits", "code", "E-1");

	(void)state;
	assert_true(exhibits_is_listed(open, "E-1"));
	assert_false(exhibits_is_listed(open, "E-2"));
	assert_false(exhibits_is_listed(closed, "E-1"));
	assert_false(exhibits_is_listed(NULL, "E-1"));
	json_decref(open);
	json_decref(closed);
}

static void test_the_beginning_of_a_digest_is_in_groups(void **state)
{
	char text[32];

	(void)state;
	words_digest(text, sizeof text, "3f2a77c100ff", 2);
	assert_string_equal(text, "3f2a 77c1");
	words_digest(text, sizeof text, "3f2", 2);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_is_the_first_view_without_a_still),
		cmocka_unit_test(test_stills_come_by_list_and_by_news_and_stand_once),
		cmocka_unit_test(test_another_showing_has_no_stills_of_the_last_one),
		cmocka_unit_test(test_the_gravest_alarm_is_told_with_its_reason),
		cmocka_unit_test(test_a_signature_that_is_late_is_told),
		cmocka_unit_test(test_going_on_wants_a_reason_after_a_failure_only),
		cmocka_unit_test(test_the_chosen_exhibit_stays_on_the_screen),
		cmocka_unit_test(test_only_what_an_open_showing_lists_can_be_placed),
		cmocka_unit_test(test_the_beginning_of_a_digest_is_in_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
