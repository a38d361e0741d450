/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The strict reader of JSON: what every reader reads alike is taken, the rest refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/json.h"

static int read_text(struct json **json, const char *text, struct err *err)
{
	return json_read(json, text, strlen(text), err);
}

static const char *const good[] = {
	"{}", "[]", "0", "-1", "\"\"", "null", " true\n", "[1,2,[3,{}]]", "{\"a\":{\"b\":[]}}", "9223372036854775807", "-9223372036854775808",
	"\"\\u0041\\ud83d\\ude00\\n\\/\\\"\\\\\"", "\"\xe4\xb8\xad\xe6\x96\x87\xf0\x9f\x98\x80\"", "\t\r\n {\r\n\"x\" :\t1 } ",
	"{\"a\":1,\"A\":2,\"\":3}", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
};

static const char *const bad[] = {
	"", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{a:1}", "{1:1}",
	"{'a':1}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"x\":{\"b\":1,\"c\":2,\"b\":3}}", "nul", "True", "NaN", "Infinity", "undefined",
	"01", "-", "-0", "+1", "1.", "1.0", "1e3", "1E3", ".5", "0x10", "- 1", "9223372036854775808", "-9223372036854775809",
	"99999999999999999999999999", "\"", "\"a", "\"\\\"", "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u0000\"", "\"\\ud800\"",
	"\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud83d\"", "\"\t\"", "\"\n\"", "\"\x01\"", "\"\xff\"", "\"\xc0\x80\"", "\"\xe0\x80\xaf\"",
	"\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe4\xb8\"", "\xef\xbb\xbf{}", "{} {}", "{}x", "1 2", "// no\n1", "/**/1", "[1,/**/2]",
	"\v1", "\xc2\xa0[]", "[\"a\",\n\"\\q\"]", "{\"a\":1}}", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
};

static void test_what_all_readers_read_alike_is_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct json *json = NULL;
		struct err err = { .text = "" };

		if (read_text(&json, good[i], &err) < 0)
			fail_msg("%s: %s", good[i], err.text);
		json_free(json);
	}
}

static void test_hostile_texts_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct json *json = NULL;
		struct err err = { .text = "" };

		if (read_text(&json, bad[i], &err) != ERR_PROTO || json || !err.text[0])
			fail_msg("number %zu was taken: %s", i, bad[i]);
	}
}

static void test_a_nul_ends_nothing(void **state)
{
	struct json *json = NULL;

	(void)state;
	assert_int_equal(json_read(&json, "{}\0", 3, NULL), ERR_PROTO);
	assert_int_equal(json_read(&json, "[\"a\0b\"]", 7, NULL), ERR_PROTO);
	assert_int_equal(json_read(&json, "[1\0]", 4, NULL), ERR_PROTO);
}

static void test_every_cut_of_a_text_is_refused(void **state)
{
	static const char text[] = "{\"a\":[1,-20,\"\\ud83d\\ude00\xe4\xb8\xad\",true,{\"b\":null}]}";
	struct json *json = NULL;

	(void)state;
	for (size_t len = 0; len < strlen(text); len++)
		assert_int_equal(json_read(&json, text, len, NULL), ERR_PROTO);
	assert_int_equal(json_read(&json, text, strlen(text), NULL), 0);
	json_free(json);
}

static void test_values_are_found_by_name_and_kind(void **state)
{
	static const char text[] = "{\"n\":-5,\"t\":\"\\u4e2d\",\"l\":[1,\"x\"],\"o\":{\"deep\":[{\"d\":\"seek\"}]}}";
	const struct json_value *root, *item;
	struct json *json;
	int64_t number;

	(void)state;
	assert_int_equal(read_text(&json, text, NULL), 0);
	root = json_root(json);
	assert_true(json_integer_of(root, "n", &number) && number == -5);
	assert_false(json_integer_of(root, "t", &number));
	assert_string_equal(json_text(root, "t"), "\xe4\xb8\xad");
	assert_null(json_text(root, "n"));
	assert_null(json_text(NULL, "n"));
	item = json_items(root, "l");
	assert_int_equal(item->integer, 1);
	assert_string_equal(item->next->text, "x");
	assert_null(item->next->next);
	assert_true(json_says(root, "seek"));
	assert_false(json_says(root, "deep"));	/* a name is no text */
	json_free(json);
}

static void test_the_line_of_what_is_wrong_is_told(void **state)
{
	struct err err;
	struct json *json;

	(void)state;
	assert_int_equal(read_text(&json, "{\n\"a\": 1,\n\"a\": 2}\n", &err), ERR_PROTO);
	assert_non_null(strstr(err.text, "3"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_all_readers_read_alike_is_taken),
		cmocka_unit_test(test_hostile_texts_are_refused),
		cmocka_unit_test(test_a_nul_ends_nothing),
		cmocka_unit_test(test_every_cut_of_a_text_is_refused),
		cmocka_unit_test(test_values_are_found_by_name_and_kind),
		cmocka_unit_test(test_the_line_of_what_is_wrong_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
