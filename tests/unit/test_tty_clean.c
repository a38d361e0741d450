/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station/base/tty_clean.h"
#include "station/base/util.h"

static int clean(char *out, size_t size, const char *text, int columns)
{
	return tty_clean(out, size, text, strlen(text), columns);
}

static void test_plain_and_chinese_text_pass_with_their_width(void **state)
{
	char out[64];

	(void)state;
	assert_int_equal(clean(out, sizeof out, "Knife 物证 1", -1), 12);
	assert_string_equal(out, "Knife 物证 1");
}

static void test_each_hostile_thing_becomes_a_question_mark(void **state)
{
	static const struct {
		const char *text, *cleaned;
	} cases[] = {
		{ "\x1b[31mred", "?[31mred" },			/* CSI */
		{ "\x1b]0;title\x07", "?]0;title?" },		/* OSC and BEL */
		{ "\xc2\x9b" "31m", "?31m" },			/* C1 CSI as UTF-8 */
		{ "\x9b" "31m", "?31m" },			/* C1 CSI as a bare byte */
		{ "a\rb\nc\td", "a?b?c?d" },
		{ "a\x7f", "a?" },
		{ "\xe2\x80\xaegnp.exe", "?gnp.exe" },		/* right-to-left override */
		{ "\xe2\x81\xa6x\xe2\x81\xa9", "?x?" },		/* isolates */
		{ "pass\xe2\x80\x8bword", "pass?word" },	/* zero-width space */
		{ "e\xcc\x81", "e?" },				/* combining accent */
		{ "\xef\xbb\xbfx", "?x" },			/* byte order mark */
		{ "\xf3\xa0\x81\x81", "?" },			/* tag letter */
		{ "\xe2\x80\xa8line", "?line" },		/* line separator */
		{ "\xc0\x9b", "??" },				/* overlong */
		{ "\xed\xa0\x80", "???" },			/* surrogate */
		{ "\xf5\x80\x80\x80", "????" },
		{ "\xe7\x89", "??" },				/* cut in the middle */
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		clean(out, sizeof out, cases[i].text, -1);
		assert_string_equal(out, cases[i].cleaned);
	}
}

static void test_a_wide_character_is_never_cut_in_two(void **state)
{
	char out[64];

	(void)state;
	assert_int_equal(clean(out, sizeof out, "物证", 3), 2);
	assert_string_equal(out, "物");
	assert_int_equal(clean(out, sizeof out, "物证", 0), 0);
	assert_string_equal(out, "");
	assert_int_equal(clean(out, 6, "物证", -1), 2); /* five bytes of room: one character */
	assert_string_equal(out, "物");
	assert_int_equal(clean(out, 1, "x", -1), 0);
	assert_string_equal(out, "");
}

static void test_a_nul_inside_the_text_does_not_end_it(void **state)
{
	char out[64];

	(void)state;
	assert_int_equal(tty_clean(out, sizeof out, "a\0b", 3, -1), 3);
	assert_string_equal(out, "a?b");
}

static void test_every_character_that_passes_can_be_read_back(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char bytes[4];
		const char *at = bytes;
		size_t len;

		if (tty_clean_width(c) == 0)
			continue;
		len = tty_clean_put(bytes, c);
		assert_int_equal(tty_clean_next(&at, bytes + len), c);
		assert_ptr_equal(at, bytes + len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_and_chinese_text_pass_with_their_width),
		cmocka_unit_test(test_each_hostile_thing_becomes_a_question_mark),
		cmocka_unit_test(test_a_wide_character_is_never_cut_in_two),
		cmocka_unit_test(test_a_nul_inside_the_text_does_not_end_it),
		cmocka_unit_test(test_every_character_that_passes_can_be_read_back),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
