/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cases and exhibits in a store of their own: entering, changing, importing, finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/cards.h"
#include "station/base/clock.h"
#include "station/evidence/evidence.h"
#include "station/evidence/exhibit.h"
#include "tests/unit/temp_folder.h"

#define CASE_NO "（2026）浙0108刑初123号"

struct fixture {
	char *folder;
	struct store *store;
	struct act act;
	struct case_file file;
};

static struct fixture f;
static struct err err;

static void must(int rc)
{
	if (rc < 0)
		fail_msg("%s", err.text);
}

static int open_store(void **state)
{
	struct case_values values = { .case_no = CASE_NO, .title = "张三盗窃案", .cause = "盗窃" };

	(void)state;
	f = (struct fixture){ .folder = temp_folder_new(),
			      .act = { .actor = "operator", .role = "operator", .utc_us = 1793541600000000 } };
	must(store_open(&f.store, f.folder, &err));
	must(store_begin(f.store, &err));
	must(case_add(f.store, &f.act, &values, &f.file, &err));
	return 0;
}

static int close_store(void **state)
{
	(void)state;
	if (f.store)
		store_rollback(f.store);
	store_free(f.store);
	temp_folder_free(f.folder);
	return 0;
}

static struct exhibit_values knife(const char *exhibit_no)
{
	struct exhibit_values values = { .name = "单刃水果刀 knife", .holder = "李四", .seal_no = "F-2026-000417",
					 .place = "A区3架2层", .handling = "fragile,sharp", .notes = "刀柄有裂纹" };

	snprintf(values.exhibit_no, sizeof values.exhibit_no, "%s", exhibit_no);
	return values;
}

static struct exhibit added(const char *exhibit_no)
{
	struct exhibit_values values = knife(exhibit_no);
	struct exhibit exhibit;

	must(exhibit_add(f.store, &f.act, &f.file, &values, &exhibit, &err));
	return exhibit;
}

static size_t found(const char *text)
{
	struct exhibit_wish wish = { .text = text, .limit = 50 };
	json_t *list = NULL;
	int64_t next;
	size_t count;

	must(exhibit_list(f.store, &wish, &list, &next, &err));
	count = json_array_size(list);
	json_decref(list);
	return count;
}

/* The newest entry's action and data; the caller's. */
static json_t *newest_entry(void)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	const void *leaf;
	json_t *entry;
	size_t len;

	must(store_query(&rows, f.store, &err, "SELECT entry FROM event ORDER BY seq DESC LIMIT 1", ""));
	assert_int_equal(store_next(&rows, &err), 1);
	leaf = store_blob(&rows, 0, &len);
	entry = json_loadb(leaf, len, 0, NULL);
	assert_non_null(entry);
	return entry;
}

/* --- entering ------------------------------------------------------------------------------------- */

static void test_every_field_comes_back_as_it_was_entered(void **state)
{
	struct exhibit_values values = { 0 };
	struct exhibit exhibit, read;

	(void)state;
	for (size_t i = 0; i < form_exhibit.count; i++) {
		const struct form_field *field = &form_exhibit.fields[i];
		char text[32];

		snprintf(text, sizeof text, "值 %zu", i);
		must(form_set(&values, field, field->kind == FORM_CARDS ? "sharp" : text, &err));
	}
	must(exhibit_add(f.store, &f.act, &f.file, &values, &exhibit, &err));
	must(exhibit_by_code(f.store, exhibit.code, &read, &err));
	assert_memory_equal(&read.values, &values, sizeof values);
	assert_string_equal(read.in_case.values.case_no, CASE_NO);
	assert_string_equal(read.in_case.code, f.file.code);
	assert_int_equal(read.id, exhibit.id);
}

static void test_a_code_is_read_as_people_type_it(void **state)
{
	struct exhibit exhibit = added("1"), read;
	char typed[64] = " ";
	size_t len = 1;

	(void)state;
	for (const char *at = exhibit.code; *at; at++)
		if (*at != '-')
			typed[len++] = *at >= 'A' ? (char)(*at + 'a' - 'A') : *at == '0' ? 'o' : *at == '1' ? 'l' : *at;
	must(exhibit_by_code(f.store, typed, &read, &err));
	assert_int_equal(read.id, exhibit.id);
	assert_int_equal(exhibit_by_code(f.store, f.file.code, &read, &err), ERR_RANGE);
	assert_non_null(strstr(err.text, "case"));
}

static void test_an_unknown_code_is_refused_by_name(void **state)
{
	char code[ITEM_CODE_SIZE];
	struct exhibit read;

	(void)state;
	item_code_make(code, ITEM_CODE_EXHIBIT);
	assert_int_equal(exhibit_by_code(f.store, code, &read, &err), ERR_RANGE);
	assert_non_null(strstr(err.text, code));
}

static void test_a_number_stands_once_in_a_case_and_again_in_another(void **state)
{
	struct case_values other = { .case_no = "A3301085500002026010001" };
	struct exhibit_values values = knife("1");
	struct case_file file;

	(void)state;
	added("1");
	assert_int_equal(exhibit_add(f.store, &f.act, &f.file, &values, NULL, &err), ERR_STATE);
	assert_non_null(strstr(err.text, CASE_NO));
	must(case_add(f.store, &f.act, &other, &file, &err));
	must(exhibit_add(f.store, &f.act, &file, &values, NULL, &err));
	assert_int_equal(case_add(f.store, &f.act, &other, NULL, &err), ERR_STATE);
	assert_non_null(strstr(err.text, file.code));
}

static void test_entering_is_in_the_ledger_with_its_values(void **state)
{
	struct exhibit exhibit = added("7");
	json_t *entry = newest_entry(), *data = json_object_get(entry, "data");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(entry, "action")), "exhibit.added");
	assert_string_equal(json_string_value(json_object_get(entry, "case")), CASE_NO);
	assert_string_equal(json_string_value(json_object_get(entry, "exhibit")), "7");
	assert_string_equal(json_string_value(json_object_get(data, "code")), exhibit.code);
	for (size_t i = 0; i < form_exhibit.count; i++)
		assert_non_null(json_object_get(data, form_exhibit.fields[i].id));
	json_decref(entry);
}

static void test_a_change_needs_a_reason_and_keeps_what_was(void **state)
{
	struct exhibit exhibit = added("1"), read;
	struct exhibit_values values = exhibit.values;
	json_t *entry, *data;

	(void)state;
	snprintf(values.seal_no, sizeof values.seal_no, "F-2026-000999");
	assert_int_equal(exhibit_change(f.store, &f.act, &exhibit, &values, &err), ERR_RANGE);
	snprintf(f.act.reason, sizeof f.act.reason, "重新封存");
	assert_int_equal(exhibit_change(f.store, &f.act, &exhibit, &exhibit.values, &err), ERR_STATE);
	must(exhibit_change(f.store, &f.act, &exhibit, &values, &err));
	entry = newest_entry();
	data = json_object_get(entry, "data");
	assert_string_equal(json_string_value(json_object_get(json_object_get(data, "before"), "seal_no")),
			    "F-2026-000417");
	assert_string_equal(json_string_value(json_object_get(json_object_get(data, "after"), "seal_no")),
			    "F-2026-000999");
	assert_int_equal(json_object_size(json_object_get(data, "after")), 1);
	json_decref(entry);
	must(exhibit_by_code(f.store, exhibit.code, &read, &err));
	assert_string_equal(read.values.seal_no, "F-2026-000999");
	assert_string_equal(read.code, exhibit.code);
	assert_int_equal(found("000999"), 1);
	assert_int_equal(found("000417"), 0);
}

static void test_nothing_is_ever_deleted(void **state)
{
	(void)state;
	added("1");
	assert_int_equal(store_run(f.store, &err, "DELETE FROM exhibit", ""), ERR_STATE);
	assert_int_equal(store_run(f.store, &err, "DELETE FROM case_file", ""), ERR_STATE);
	assert_int_equal(store_run(f.store, &err, "UPDATE exhibit SET code = 'E-0'", ""), ERR_STATE);
	assert_int_equal(found("knife"), 1);
}

static void test_a_field_that_an_older_program_did_not_have_is_empty(void **state)
{
	struct exhibit exhibit = added("1"), read;

	(void)state;
	must(store_run(f.store, &err, "UPDATE exhibit SET fields = json_remove(fields, '$.holder')", ""));
	must(exhibit_by_id(f.store, exhibit.id, &read, &err));
	assert_string_equal(read.values.holder, "");
	assert_string_equal(read.values.name, exhibit.values.name);
}

static void test_cards_say_what_the_table_must_know(void **state)
{
	struct exhibit exhibit = added("1");
	json_t *names = exhibit_table_names(exhibit_cards(&exhibit));

	(void)state;
	assert_int_equal(exhibit_cards(&exhibit), 1u << CARD_fragile | 1u << CARD_sharp);
	assert_int_equal(json_array_size(names), 2);
	assert_string_equal(json_string_value(json_array_get(names, 0)), "fragile");
	json_decref(names);
}

/* --- finding --------------------------------------------------------------------------------------- */

static void test_any_part_finds_from_one_character_on(void **state)
{
	static const char *const parts[] = { "刀", "水果", "水果刀", "李", "李四", "KNIFE", "nif", "k", "000417",
					     "f2026", "3架", "0108刑初", "浙", "(2026)", "（2026）浙0108刑初123号",
					     "李四 刀 A区", "ＫＮＩＦＥ" };
	struct exhibit exhibit = added("17-乙");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (found(parts[i]) != 1)
			fail_msg("\"%s\" finds nothing", parts[i]);
	assert_int_equal(found(exhibit.code), 1);
	assert_int_equal(found(exhibit.code + 7), 1);
	assert_int_equal(found(""), 1);
	assert_int_equal(found(" - "), 1);
}

static void test_what_is_not_there_is_not_found(void **state)
{
	static const char *const parts[] = { "枪", "果水", "李四刀", "李四 枪", "四F", "knifes", "\" OR *", "刀*", "NEAR(", "\xff刀枪" };

	(void)state;
	added("1");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (found(parts[i]) != 0)
			fail_msg("\"%s\" finds something", parts[i]);
}

static void test_a_search_in_one_case_finds_nothing_of_another(void **state)
{
	struct case_values other = { .case_no = "（2026）浙0108刑初124号" };
	struct exhibit_wish wish = { .text = "刀", .limit = 50 };
	struct exhibit_values values = knife("9");
	struct case_file file;
	json_t *list;
	int64_t next;

	(void)state;
	added("1");
	must(case_add(f.store, &f.act, &other, &file, &err));
	must(exhibit_add(f.store, &f.act, &file, &values, NULL, &err));
	wish.case_id = file.id;
	must(exhibit_list(f.store, &wish, &list, &next, &err));
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "case_no")), other.case_no);
	json_decref(list);
	assert_int_equal(found("刀"), 2);
	wish.text = "zc1";
	wish.case_id = 0;
	must(exhibit_list(f.store, &wish, &list, &next, &err));
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

static void test_a_list_goes_on_where_it_ended(void **state)
{
	struct exhibit_wish wish = { .text = "刀", .limit = 7 };
	size_t count = 0, pages = 0;
	char no[16];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(no, sizeof no, "%d", i);
		added(no);
	}
	do {
		json_t *list;

		must(exhibit_list(f.store, &wish, &list, &wish.after, &err));
		count += json_array_size(list);
		pages++;
		json_decref(list);
	} while (wish.after);
	assert_int_equal(count, 20);
	assert_int_equal(pages, 3);
}

static void test_a_page_fits_into_a_message(void **state)
{
	struct exhibit_wish wish = { .text = "", .limit = 500 };
	struct exhibit_values values = knife("");
	size_t count = 0;
	json_t *list;

	(void)state;
	for (size_t i = 0; i < sizeof values.holder - 1; i++)
		values.holder[i] = values.name[i] = values.category[i] = values.place[i] = 'x';
	for (int i = 0; i < 100; i++) {
		snprintf(values.exhibit_no, sizeof values.exhibit_no, "%d", i);
		must(exhibit_add(f.store, &f.act, &f.file, &values, NULL, &err));
	}
	do {
		must(exhibit_list(f.store, &wish, &list, &wish.after, &err));
		assert_true(json_dumpb(list, NULL, 0, JSON_COMPACT) < 60000);
		count += json_array_size(list);
		json_decref(list);
	} while (wish.after);
	assert_int_equal(count, 100);
}

/* --- importing, over the methods ------------------------------------------------------------------ */

static json_t *row_of(int line, const char *case_no, const char *exhibit_no, const char *name)
{
	return json_pack("{s:i, s:{s:s}, s:{s:s, s:s}}", "line", line, "case", "case_no", case_no, "exhibit",
			 "exhibit_no", exhibit_no, "name", name);
}

static int import(json_t *rows, bool check, json_t **result)
{
	json_t *params = json_pack("{s:o, s:b}", "rows", rows, "check", (int)check);
	int rc = exhibit_import_method(f.store, &f.act, params, result, &err);

	json_decref(params);
	return rc;
}

static void assert_import(json_t *rows, bool check, int added_want, int present, int faults)
{
	json_t *result = NULL;

	must(import(rows, check, &result));
	assert_int_equal(json_integer_value(json_object_get(result, "added")), added_want);
	assert_int_equal(json_integer_value(json_object_get(result, "present")), present);
	assert_int_equal(json_array_size(json_object_get(result, "faults")), faults);
	json_decref(result);
}

static void test_importing_again_imports_nothing_twice(void **state)
{
	(void)state;
	assert_import(json_pack("[o, o]", row_of(2, "新案1", "1", "刀"), row_of(3, "新案1", "2", "绳")), false, 2, 0, 0);
	assert_import(json_pack("[o, o, o]", row_of(2, "新案1", "1", "刀"), row_of(3, "新案1", "2", "绳"),
				row_of(4, "新案1", "3", "鞋")), false, 1, 2, 0);
	assert_int_equal(found("新案"), 3);
}

static void test_a_check_tells_all_faults_and_writes_nothing(void **state)
{
	(void)state;
	assert_import(json_pack("[o, o, o]", row_of(2, "新案1", "1", "刀"), row_of(3, "", "2", "绳"),
				row_of(4, "新案1", "", "鞋")), true, 1, 0, 2);
	assert_int_equal(found(""), 0);
}

static void test_an_import_changes_nothing_that_was_entered(void **state)
{
	json_t *result = NULL;

	(void)state;
	added("1");
	assert_int_equal(import(json_pack("[o]", row_of(9, CASE_NO, "1", "斧")), false, &result), ERR_STATE);
	assert_non_null(strstr(err.text, "line 9"));
	assert_int_equal(found("斧"), 0);
}

static void test_methods_refuse_what_is_no_field(void **state)
{
	json_t *params = json_pack("{s:s, s:s, s:s, s:s}", "case_no", CASE_NO, "exhibit_no", "1", "name", "刀", "colour",
				   "red"), *result = NULL;

	(void)state;
	assert_int_equal(exhibit_add_method(f.store, &f.act, params, &result, &err), ERR_RANGE);
	assert_non_null(strstr(err.text, "colour"));
	json_object_del(params, "colour");
	must(exhibit_add_method(f.store, &f.act, params, &result, &err));
	assert_non_null(json_object_get(result, "code"));
	json_decref(result);
	json_decref(params);
}

static void test_an_exhibit_is_shown_with_its_intake_photographs(void **state)
{
	struct exhibit exhibit = added("1");
	json_t *params = json_pack("{s:s}", "code", exhibit.code), *result = NULL, *stills;

	(void)state;
	for (int i = 0; i < 3; i++) {
		char file[32];

		snprintf(file, sizeof file, "stills/%d.jpg", i);
		must(store_run(f.store, &err, "INSERT INTO still (showing, case_no, exhibit_no, exhibit, file, sha256, bytes, "
			       "width, height, format, captured_utc_us, actor, second, reason, taken_utc_us, entry, "
			       "rejected_utc_us) VALUES (0, '', '', ?, ?, '', 1, 1, 1, 'image/jpeg', 1, 'a', '', '', 1, 0, "
			       "CASE WHEN ? = 1 THEN 5 END)", "iti", exhibit.id, file, (int64_t)i));
	}
	must(exhibit_show_method(f.store, &f.act, params, &result, &err));
	stills = json_object_get(result, "stills");
	assert_int_equal(json_array_size(stills), 2);	/* one of three was rejected */
	assert_int_equal(json_integer_value(json_array_get(stills, 1)), 3);
	json_decref(result);
	json_decref(params);
}

static void test_an_odd_case_number_is_taken_with_a_warning(void **state)
{
	json_t *params = json_pack("{s:s}", "case_no", "(2026 浙刑初9号"), *result = NULL;

	(void)state;
	must(case_add_method(f.store, &f.act, params, &result, &err));
	assert_non_null(json_object_get(result, "warning"));
	json_decref(result);
	json_decref(params);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT(test_every_field_comes_back_as_it_was_entered),
		UNIT(test_a_code_is_read_as_people_type_it),
		UNIT(test_an_unknown_code_is_refused_by_name),
		UNIT(test_a_number_stands_once_in_a_case_and_again_in_another),
		UNIT(test_entering_is_in_the_ledger_with_its_values),
		UNIT(test_a_change_needs_a_reason_and_keeps_what_was),
		UNIT(test_nothing_is_ever_deleted),
		UNIT(test_a_field_that_an_older_program_did_not_have_is_empty),
		UNIT(test_cards_say_what_the_table_must_know),
		UNIT(test_any_part_finds_from_one_character_on),
		UNIT(test_what_is_not_there_is_not_found),
		UNIT(test_a_search_in_one_case_finds_nothing_of_another),
		UNIT(test_a_list_goes_on_where_it_ended),
		UNIT(test_a_page_fits_into_a_message),
		UNIT(test_importing_again_imports_nothing_twice),
		UNIT(test_a_check_tells_all_faults_and_writes_nothing),
		UNIT(test_an_import_changes_nothing_that_was_entered),
		UNIT(test_methods_refuse_what_is_no_field),
		UNIT(test_an_exhibit_is_shown_with_its_intake_photographs),
		UNIT(test_an_odd_case_number_is_taken_with_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
