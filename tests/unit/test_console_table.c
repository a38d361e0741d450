/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the console makes of the table's state: how the angle is known, halts, leases, the cable; and its lines. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station/base/clock.h"
#include "ui/console/model.h"
#include "ui/console/words.h"
#include "ui/console/wrap.h"

static json_t *table_of(const char *source, const char *reference, bool evidence)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:I, s:I}", "link", "up", "source", source, "reference",
			 reference, "homed", strcmp(reference, "homed") == 0, "evidence", evidence,
			 "reported_mdeg", (json_int_t)359996, "sampled_ns", (json_int_t)1000);
}

static void assert_angle(const char *source, const char *reference, bool told, const char *text,
			 bool evidence)
{
	struct model model = { 0 };
	json_t *table = table_of(source, reference, told);
	struct dial dial;
	char shown[32];

	assert_true(model_take(&model, "table", table));
	model_dial(&model, &dial);
	model_angle_text(shown, sizeof shown, &dial);
	assert_string_equal(shown, text);
	assert_true(dial.known);
	assert_int_equal(dial.evidence, evidence);
	json_decref(table);
	model_clear(&model);
}

static void test_angles_differ_in_mark_and_digits_by_how_they_are_known(void **state)
{
	(void)state;
	assert_angle("encoder", "homed", true, "359.996", true);
	assert_angle("encoder", "absolute", true, "359.996", true);
	assert_angle("counted", "homed", true, "0.00", true);
	assert_angle("assumed", "homed", true, "~0.0", false);
	assert_angle("counted", "user-zero", false, "0.00", false);
	assert_string_not_equal(words_kind("assumed"), words_kind("counted"));
	assert_string_not_equal(words_kind("counted"), words_kind("encoder"));
	assert_string_not_equal(words_kind("encoder"), words_kind("none"));
}

static void test_older_telling_of_the_table_undoes_nothing(void **state)
{
	struct model model = { 0 };
	json_t *first = table_of("counted", "homed", true), *second = json_deep_copy(first);
	struct halt halt;

	(void)state;
	json_object_set_new(first, "sequence", json_integer(7));
	json_object_set_new(second, "sequence", json_integer(8));
	json_object_set_new(second, "halt",
			    json_pack("{s:s, s:s, s:I}", "reason", "line lost", "by", "", "since_utc_us",
				      (json_int_t)5));
	assert_true(model_take(&model, "table", second));
	assert_false(model_take(&model, "table", first));
	model_halt(&model, &halt);
	assert_true(halt.halted);
	assert_string_equal(halt.reason, "line lost");
	json_decref(first);
	json_decref(second);
	model_clear(&model);
}

static void test_latched_stop_of_an_older_station_is_a_halt_too(void **state)
{
	struct model model = { 0 };
	struct halt halt;

	(void)state;
	model.table = json_pack("{s:b, s:s}", "estop", 1, "message", "look at the table");
	model_halt(&model, &halt);
	assert_true(halt.halted);
	assert_string_equal(halt.reason, "look at the table");
	model_clear(&model);
	model_halt(&model, &halt);
	assert_false(halt.halted);
}

static void test_lease_counts_down_between_two_tellings(void **state)
{
	struct model model = { .table = json_pack("{s:{s:i, s:s, s:i}}", "lease", "lease", 3, "holder", "Li",
						  "left_ms", 5000),
			       .table_taken_ns = 1000 * NS_PER_MS };
	struct lease lease;

	(void)state;
	model_lease(&model, 3500 * NS_PER_MS, &lease);
	assert_true(lease.held);
	assert_int_equal(lease.number, 3);
	assert_int_equal(lease.left_ms, 2500);
	assert_true(lease.anywhere);
	model_lease(&model, 60000 * NS_PER_MS, &lease);
	assert_int_equal(lease.left_ms, 0);
	model_clear(&model);
}

static void test_cable_is_near_its_end_in_the_last_quarter_either_way(void **state)
{
	static const struct {
		json_int_t wound_mdeg;
		bool near;
	} cases[] = { { 0, false }, { 539000, false }, { 540000, true }, { -540000, true }, { 720000, true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct model model = { .table = json_pack("{s:{s:I, s:i}}", "cable", "wound_mdeg",
							  cases[i].wound_mdeg, "max_mdeg", 720000) };
		struct cable cable;

		model_cable(&model, &cable);
		assert_true(cable.limited);
		assert_int_equal(cable.near, cases[i].near);
		model_clear(&model);
	}
}

static void test_countdown_is_zero_only_when_nothing_is_left(void **state)
{
	char text[16];

	(void)state;
	words_countdown(text, sizeof text, 1);
	assert_string_equal(text, "0:01");
	words_countdown(text, sizeof text, 0);
	assert_string_equal(text, "0:00");
	words_countdown(text, sizeof text, 754999);
	assert_string_equal(text, "12:35");
}

/* --- lines ------------------------------------------------------------------------------------ */

static void assert_lines(const char *text, int columns, const char *const *lines)
{
	const char *next;

	for (; *lines; lines++, text = next) {
		size_t len = wrap_line(text, columns, &next);

		assert_int_equal(len, strlen(*lines));
		assert_memory_equal(text, *lines, len);
		assert_true(next > text);
	}
	assert_string_equal(text, "");
}

static void test_sentences_break_at_blanks_and_chinese_anywhere(void **state)
{
	(void)state;
	assert_lines("the table is halted", 9, (const char *const[]){ "the table", "is halted", NULL });
	assert_lines("the table is halted", 10, (const char *const[]){ "the table", "is halted", NULL });
	assert_lines("unbreakable word", 4, (const char *const[]){ "unbr", "eaka", "ble", "word", NULL });
	assert_lines("\u8f6c\u53f0\u5df2\u505c", 5,
		     (const char *const[]){ "\u8f6c\u53f0", "\u5df2\u505c", NULL });
	assert_lines("fits", 4, (const char *const[]){ "fits", NULL });
	assert_lines("\u8f6c", 1, (const char *const[]){ "\u8f6c", NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_angles_differ_in_mark_and_digits_by_how_they_are_known),
		cmocka_unit_test(test_older_telling_of_the_table_undoes_nothing),
		cmocka_unit_test(test_latched_stop_of_an_older_station_is_a_halt_too),
		cmocka_unit_test(test_lease_counts_down_between_two_tellings),
		cmocka_unit_test(test_cable_is_near_its_end_in_the_last_quarter_either_way),
		cmocka_unit_test(test_countdown_is_zero_only_when_nothing_is_left),
		cmocka_unit_test(test_sentences_break_at_blanks_and_chinese_anywhere),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
