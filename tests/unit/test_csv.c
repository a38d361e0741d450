/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables as spreadsheets write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>

#include "station/base/csv.h"

static struct csv csv;
static struct err err;

static void read_bytes(const char *bytes, size_t len)
{
	csv_clear(&csv);
	if (csv_read(&csv, bytes, len, &err) < 0)
		fail_msg("%s", err.text);
}

static void read_text(const char *text)
{
	read_bytes(text, strlen(text));
}

static void assert_cell(size_t row, size_t column, const char *text)
{
	assert_true(row < csv.count);
	assert_true(column < csv.rows[row].count);
	assert_string_equal(csv.rows[row].cells[column], text);
}

static void assert_refused(const char *text, const char *says)
{
	struct csv none = { 0 };

	assert_int_equal(csv_read(&none, text, strlen(text), &err), ERR_RANGE);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
	assert_null(none.text);
}

static int clear(void **state)
{
	(void)state;
	csv_clear(&csv);
	return 0;
}

static void test_quotes_hold_separators_line_ends_and_quotes(void **state)
{
	(void)state;
	read_text("a,\"b,c\",\"d\r\ne\"\r\n\"say \"\"no\"\"\",,\"\"\n");
	assert_int_equal(csv.count, 2);
	assert_cell(0, 1, "b,c");
	assert_cell(0, 2, "d\r\ne");
	assert_cell(1, 0, "say \"no\"");
	assert_cell(1, 1, "");
	assert_cell(1, 2, "");
	assert_int_equal(csv.rows[1].line, 3);	/* a cell of the first row has two lines */
}

static void test_every_line_end_and_none_at_the_end(void **state)
{
	static const char *const texts[] = { "a,b\nc,d", "a,b\r\nc,d\r\n", "a,b\rc,d\r", "a,b\n\n\r\nc,d\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		read_text(texts[i]);
		assert_int_equal(csv.count, 2);
		assert_cell(0, 1, "b");
		assert_cell(1, 1, "d");
	}
	assert_int_equal(csv.rows[1].line, 4);
}

static void test_the_separator_is_found_in_the_first_line(void **state)
{
	(void)state;
	read_text("编号;名称;\"a,b,c,d\"\n1;刀;x\n");
	assert_int_equal(csv.separator, ';');
	assert_cell(1, 1, "刀");
	read_text("编号\t名称\n1\t刀, 单刃\n");
	assert_int_equal(csv.separator, '\t');
	assert_cell(1, 1, "刀, 单刃");
	read_text("sep=;\r\na,b;c\r\n");
	assert_int_equal(csv.rows[0].line, 2);
	assert_int_equal(csv.rows[0].count, 2);
	assert_cell(0, 0, "a,b");
}

static void test_a_byte_order_mark_is_no_text(void **state)
{
	(void)state;
	read_text("\xef\xbb\xbf物证编号,名称\r\n");
	assert_string_equal(csv.encoding, "UTF-8");
	assert_cell(0, 0, "物证编号");
	read_bytes("\xff\xfe" "a\0\t\0\x0d\x52\n\0", 10);
	assert_string_equal(csv.encoding, "UTF-16LE");
	assert_cell(0, 1, "刍");
	read_bytes("\xfe\xff" "\0a\0,\x52\x0d", 8);
	assert_cell(0, 1, "刍");
}

static void test_gb18030_is_told_from_utf8(void **state)
{
	static const char text[] = "编号,名称,持有人\r\n1,水果刀,张𠮷\r\n";
	char gb[128], *in = (char *)text, *out = gb;
	size_t left_in = sizeof text - 1, left = sizeof gb;
	iconv_t change = iconv_open("GB18030", "UTF-8");

	(void)state;
	assert_int_equal(iconv(change, &in, &left_in, &out, &left), 0);
	iconv_close(change);
	read_bytes(gb, (size_t)(out - gb));
	assert_string_equal(csv.encoding, "GB18030");
	assert_cell(0, 2, "持有人");
	assert_cell(1, 2, "张𠮷");	/* four bytes in GB18030, and not in GBK */
}

static void test_what_looks_like_a_formula_is_text(void **state)
{
	(void)state;
	read_text("=\"0012\",'0012,=1+1,\"=cmd|'/c calc'!A1\",-3,+4,@x\n\"=\"\"0012\"\"\"\n");
	assert_cell(0, 0, "0012");	/* wanted to be: a spreadsheet's way to keep the zeros */
	assert_cell(0, 1, "0012");
	assert_cell(0, 2, "=1+1");
	assert_cell(0, 3, "=cmd|'/c calc'!A1");
	assert_cell(0, 4, "-3");
	assert_cell(1, 0, "0012");
}

static void test_empty_lines_are_left_out_and_lines_counted_on(void **state)
{
	(void)state;
	read_text("a,b\n,,\n \n,x\n");
	assert_int_equal(csv.count, 2);
	assert_int_equal(csv.rows[1].line, 4);
	assert_cell(1, 1, "x");
	read_text("");
	assert_int_equal(csv.count, 0);
}

static void test_faults_name_their_line(void **state)
{
	char wide[1024];
	struct csv none;

	(void)state;
	assert_refused("a,b\nc,\"d\n\n", "line 2");
	assert_refused("a,b\n\"c\nd\"x,e\n", "line 3");
	assert_refused("\xef\xbb\xbf" "a\nb\n\xff\n", "line 3");
	assert_refused("a\nb\n\xff\xff\n", "line 3");
	memset(wide, ',', sizeof wide - 1);
	wide[sizeof wide - 1] = '\0';
	assert_refused(wide, "line 1");
	assert_int_equal(csv_read(&none, "a\0b", 3, &err), ERR_RANGE);
}

static void test_columns_are_called_as_in_a_spreadsheet(void **state)
{
	char name[4];

	(void)state;
	csv_column_name(name, 0);
	assert_string_equal(name, "A");
	csv_column_name(name, 25);
	assert_string_equal(name, "Z");
	csv_column_name(name, 26);
	assert_string_equal(name, "AA");
	csv_column_name(name, CSV_COLUMNS_MAX - 1);
	assert_string_equal(name, "IV");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_quotes_hold_separators_line_ends_and_quotes, clear),
		cmocka_unit_test_teardown(test_every_line_end_and_none_at_the_end, clear),
		cmocka_unit_test_teardown(test_the_separator_is_found_in_the_first_line, clear),
		cmocka_unit_test_teardown(test_a_byte_order_mark_is_no_text, clear),
		cmocka_unit_test_teardown(test_gb18030_is_told_from_utf8, clear),
		cmocka_unit_test_teardown(test_what_looks_like_a_formula_is_text, clear),
		cmocka_unit_test_teardown(test_empty_lines_are_left_out_and_lines_counted_on, clear),
		cmocka_unit_test_teardown(test_faults_name_their_line, clear),
		cmocka_unit_test_teardown(test_columns_are_called_as_in_a_spreadsheet, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
