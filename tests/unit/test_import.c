/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A spreadsheet's table of exhibits: what is read, and every fault with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "ui/console/fields.h"
#include "ui/console/import.h"

static struct csv csv;
static struct import_table table;
static struct err err;

static int read_table(const char *text, const char *case_no)
{
	csv_clear(&csv);
	import_table_clear(&table);
	assert_int_equal(csv_read(&csv, text, strlen(text), &err), 0);
	return import_read(&table, &csv, case_no, &err);
}

static int clear(void **state)
{
	(void)state;
	csv_clear(&csv);
	import_table_clear(&table);
	return 0;
}

static void assert_fault(size_t index, size_t line, const char *column, const char *says)
{
	assert_true(index < table.fault_count);
	assert_int_equal(table.faults[index].line, line);
	assert_string_equal(table.faults[index].column, column);
	if (!strstr(table.faults[index].text, says))
		fail_msg("\"%s\" does not say \"%s\"", table.faults[index].text, says);
}

static void test_headings_in_either_language_and_any_order(void **state)
{
	const json_t *row;

	(void)state;
	assert_int_equal(read_table("Name,案号,seal no.,物证编号,保管要求\n刀,新案1,F-1,17,\"易碎、锐器\"\n", NULL), 0);
	assert_int_equal(table.fault_count, 0);
	assert_int_equal(json_array_size(table.rows), 1);
	row = json_array_get(table.rows, 0);
	assert_int_equal(field_integer(row, "line", 0), 2);
	assert_string_equal(field_text(json_object_get(row, "case"), "case_no"), "新案1");
	assert_string_equal(field_text(json_object_get(row, "exhibit"), "seal_no"), "F-1");
	assert_int_equal(json_array_size(json_object_get(json_object_get(row, "exhibit"), "handling")), 2);
	assert_string_equal(table.ignored, "");
}

static void test_every_field_can_be_a_column(void **state)
{
	const struct form *const forms[] = { &form_case, &form_exhibit };
	char text[4096] = "";

	(void)state;
	for (int line = 0; line < 2; line++)
		for (size_t k = 0; k < ARRAY_LEN(forms); k++)
			for (size_t i = 0; i < forms[k]->count; i++) {
				strcat(text, line == 0 ? forms[k]->fields[i].id :
				       forms[k]->fields[i].kind == FORM_CARDS ? "sharp" : "x1");
				strcat(text, k && i + 1 == forms[k]->count ? "\n" : ",");
			}
	assert_int_equal(read_table(text, NULL), 0);
	assert_int_equal(table.fault_count, 0);
	for (size_t k = 0; k < ARRAY_LEN(forms); k++) {
		const json_t *part = json_object_get(json_array_get(table.rows, 0), k ? "exhibit" : "case");

		for (size_t i = 0; i < forms[k]->count; i++)
			assert_string_not_equal(forms[k]->fields[i].kind == FORM_CARDS ? "x" :
						field_text(part, forms[k]->fields[i].id), "");
	}
}

static void test_every_faulty_line_is_told_with_its_column(void **state)
{
	(void)state;
	assert_int_equal(read_table("案号,编号,名称,保管要求\n"
				    "a1,1,刀,\n"
				    "a1,,绳,怪\n"
				    ",3,鞋,\n"
				    "a1,1,斧,\n"
				    "a2,1,\"a\u202e\",,,多\n", NULL), 0);
	assert_int_equal(table.fault_count, 6);
	assert_fault(0, 3, "B", "Exhibit no.");
	assert_fault(1, 3, "D", "怪");
	assert_fault(2, 4, "A", "Case no.");
	assert_fault(3, 5, "", "line 2");
	assert_fault(4, 6, "C", "U+202E");
	assert_fault(5, 6, "F", "多");
}

static void test_headings_that_lack_what_is_needed_are_refused(void **state)
{
	(void)state;
	assert_int_equal(read_table("案号,编号\n1,1\n", NULL), ERR_RANGE);
	assert_non_null(strstr(err.text, "Name"));
	assert_int_equal(read_table("编号,名称\n1,1\n", NULL), ERR_RANGE);
	assert_non_null(strstr(err.text, "Case no."));
	assert_int_equal(read_table("编号,名称\n1,刀\n", "新案1"), 0);
	assert_string_equal(field_text(json_object_get(json_array_get(table.rows, 0), "case"), "case_no"), "新案1");
	assert_int_equal(read_table("案号,编号,名称,name\n1,1,x,y\n", NULL), ERR_RANGE);
	assert_int_equal(read_table("", NULL), ERR_RANGE);
}

static void test_columns_that_are_no_field_are_named(void **state)
{
	(void)state;
	assert_int_equal(read_table("序号,案号,编号,名称,颜色\n1,a1,1,刀,红\n", NULL), 0);
	assert_int_equal(table.fault_count, 0);
	assert_non_null(strstr(table.ignored, "A \"序号\""));
	assert_non_null(strstr(table.ignored, "E \"颜色\""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_headings_in_either_language_and_any_order, clear),
		cmocka_unit_test_teardown(test_every_field_can_be_a_column, clear),
		cmocka_unit_test_teardown(test_every_faulty_line_is_told_with_its_column, clear),
		cmocka_unit_test_teardown(test_headings_that_lack_what_is_needed_are_refused, clear),
		cmocka_unit_test_teardown(test_columns_that_are_no_field_are_named, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
