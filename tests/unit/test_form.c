/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forms, handling cards, codes and what stands in a label's QR code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "station/base/cards.h"
#include "station/base/form.h"
#include "station/base/qr_text.h"

static struct err err;

static const struct form_field *field(const char *id)
{
	const struct form_field *found = form_find(&form_exhibit, id);

	assert_non_null(found);
	return found;
}

static void assert_set(const char *id, const char *text, const char *kept)
{
	struct exhibit_values values = { 0 };

	if (form_set(&values, field(id), text, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(form_value(&values, field(id)), kept);
}

static void assert_refused(const char *id, const char *text)
{
	struct exhibit_values values = { 0 };

	assert_int_equal(form_set(&values, field(id), text, &err), ERR_RANGE);
	assert_string_equal(form_value(&values, field(id)), "");
	assert_non_null(strstr(err.text, field(id)->label));
}

static void test_texts_are_trimmed_and_kept(void **state)
{
	(void)state;
	assert_set("name", " \t水果刀\u3000\u00a0\n", "水果刀");
	assert_set("exhibit_no", "（2026）17-乙", "（2026）17-乙");
	assert_set("notes", "one\r\ntwo\rthree\n", "one\ntwo\nthree");
	assert_set("holder", "", "");
}

static void test_hidden_and_broken_text_is_refused(void **state)
{
	static const char *const bad[] = { "a\x01", "a\nb", "a\tb", "\x7f", "\u200b1", "a\u202eb", "\ufeff1", "\xff",
					   "\xe5\x88", "\xc0\x80", "\xc2\x85x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_refused("name", bad[i]);
	assert_refused("notes", "a\u202e");
	assert_refused("name", "");
	assert_refused("name", " \u3000");
}

static void test_a_text_of_the_last_byte_fits_and_one_more_does_not(void **state)
{
	char text[FORM_SIZE_TEXT + 1];

	(void)state;
	memset(text, 'x', sizeof text);
	text[FORM_SIZE_TEXT] = '\0';
	assert_refused("name", text);
	text[FORM_SIZE_TEXT - 1] = '\0';
	assert_set("name", text, text);
}

static void test_cards_are_read_in_either_language_and_kept_in_one_order(void **state)
{
	(void)state;
	assert_set("handling", "锐器、易碎", "fragile,sharp");
	assert_set("handling", "Sharp or pointed; FRAGILE", "fragile,sharp");
	assert_set("handling", "firearm, made safe", "firearm");	/* one label with a comma in it */
	assert_set("handling", "枪支，贵重，，", "firearm,value");
	assert_refused("handling", "fragile, wobbly");
	assert_non_null(strstr(err.text, "wobbly"));
}

static void test_every_card_of_the_table_is_one_that_the_table_knows(void **state)
{
	static const char *const known[] = {
#define HANDLING(name, title, speed, acceleration) #name,
#include "turntable/handling.def"
#undef HANDLING
	};

	(void)state;
	for (int i = 0; i < CARD_COUNT; i++) {
		bool is_known = !cards[i].table[0];

		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			is_known |= strcmp(known[k], cards[i].table) == 0;
		assert_true(is_known);
	}
}

static void test_all_cards_together_fit_into_their_field(void **state)
{
	char text[FORM_SIZE_CARDS];
	uint32_t set = (1u << CARD_COUNT) - 1, read;

	(void)state;
	cards_print(set, text, sizeof text);
	assert_true(strlen(text) < sizeof text - 1);
	assert_int_equal(cards_read(&read, text, &err), 0);
	assert_int_equal(read, set);
}

static void test_every_heading_names_one_field(void **state)
{
	const struct form *const forms[] = { &form_exhibit, &form_case };

	(void)state;
	assert_ptr_equal(form_column(&form_exhibit, " 物证名称 "), field("name"));
	assert_ptr_equal(form_column(&form_exhibit, "SEAL NO."), field("seal_no"));
	assert_null(form_column(&form_exhibit, "颜色"));
	assert_null(form_column(&form_exhibit, ""));
	for (size_t k = 0; k < ARRAY_LEN(forms); k++)
		for (size_t i = 0; i < forms[k]->count; i++) {
			const struct form_field *one = &forms[k]->fields[i];

			assert_ptr_equal(form_column(forms[k], one->id), one);
			assert_ptr_equal(form_column(forms[k], one->label), one);
			assert_null(form_column(forms[!k], one->label));
			for (const char *at = one->headers; *at; at += *at == '|') {
				char name[64];
				size_t len = strcspn(at, "|");

				snprintf(name, sizeof name, "%.*s", (int)len, at);
				assert_ptr_equal(form_column(forms[k], name), one);
				assert_null(form_column(forms[!k], name));
				at += len;
			}
		}
}

static void test_values_go_through_json_and_come_back(void **state)
{
	struct exhibit_values values = { .exhibit_no = "1", .name = "刀", .handling = "fragile,heavy", .notes = "a\nb" };
	struct exhibit_values read = { 0 };
	json_t *json = form_json(&form_exhibit, &values);
	size_t taken;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(json, "handling")), 2);
	assert_int_equal(form_read_json(&form_exhibit, &read, json, &taken, &err), 0);
	assert_int_equal(taken, form_exhibit.count);
	assert_memory_equal(&read, &values, sizeof values);
	json_object_set_new(json, "name", json_integer(1));
	assert_int_equal(form_read_json(&form_exhibit, &read, json, NULL, &err), ERR_RANGE);
	json_decref(json);
}

static void test_odd_case_numbers_are_doubted(void **state)
{
	(void)state;
	assert_null(form_case_no_doubt("（2026）浙0108刑初123号"));
	assert_null(form_case_no_doubt("(2026)浙0108刑初123号"));
	assert_null(form_case_no_doubt("A3301085500002026010001"));
	assert_non_null(form_case_no_doubt("（2026浙0108刑初123号"));
	assert_non_null(form_case_no_doubt("盗窃案"));
	assert_non_null(form_case_no_doubt("2026 1"));
}

/* --- codes ----------------------------------------------------------------------------------------- */

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void test_one_wrong_character_and_two_exchanged_are_always_found(void **state)
{
	char code[ITEM_CODE_SIZE], changed[ITEM_CODE_SIZE], read[ITEM_CODE_SIZE];
	enum item_code_kind kind;

	(void)state;
	for (int round = 0; round < 50; round++) {
		item_code_make(code, round & 1 ? ITEM_CODE_CASE : ITEM_CODE_EXHIBIT);
		assert_int_equal(item_code_read(read, &kind, code, &err), 0);
		assert_string_equal(read, code);
		assert_int_equal(kind, round & 1 ? ITEM_CODE_CASE : ITEM_CODE_EXHIBIT);
		for (size_t i = 0; i < sizeof code - 1; i++) {
			for (size_t k = 0; code[i] != '-' && k < 32; k++) {
				memcpy(changed, code, sizeof code);
				changed[i] = alphabet[k];
				assert_true(code[i] == alphabet[k] || item_code_read(read, &kind, changed, &err) < 0);
			}
			for (size_t k = 0; k < i; k++) {
				memcpy(changed, code, sizeof code);
				changed[i] = code[k];
				changed[k] = code[i];
				if (code[i] != code[k] && code[i] != '-' && code[k] != '-')
					assert_true(item_code_read(read, &kind, changed, &err) < 0);
			}
		}
	}
}

static void test_codes_of_one_run_all_differ(void **state)
{
	static char codes[2000][ITEM_CODE_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		item_code_make(codes[i], ITEM_CODE_EXHIBIT);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(codes[i], codes[k]);
	}
}

static void test_a_label_is_read_strictly(void **state)
{
	char code[ITEM_CODE_SIZE], text[QR_TEXT_SIZE], read[ITEM_CODE_SIZE];
	enum item_code_kind kind;

	(void)state;
	item_code_make(code, ITEM_CODE_EXHIBIT);
	qr_text_print(text, code);
	assert_int_equal(qr_text_read(read, &kind, text, strlen(text), &err), 0);
	assert_string_equal(read, code);
	for (size_t len = 0; len < strlen(text); len++)
		assert_true(qr_text_read(read, &kind, text, len, &err) < 0);
	assert_int_equal(qr_text_read(read, &kind, text, sizeof text, &err), ERR_RANGE);
	assert_int_equal(qr_text_read(read, &kind, "https://example.org", 19, &err), ERR_UNSUPPORTED);
	assert_int_equal(qr_text_read(read, &kind, code, strlen(code), &err), ERR_UNSUPPORTED);
	text[strlen(text) - 1] ^= 1;
	assert_int_equal(qr_text_read(read, &kind, text, strlen(text), &err), ERR_RANGE);
	assert_int_equal(qr_text_read(read, &kind, "\x1b[31mX", 6, &err), ERR_UNSUPPORTED);
	assert_null(strchr(err.text, 0x1b));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_are_trimmed_and_kept),
		cmocka_unit_test(test_hidden_and_broken_text_is_refused),
		cmocka_unit_test(test_a_text_of_the_last_byte_fits_and_one_more_does_not),
		cmocka_unit_test(test_cards_are_read_in_either_language_and_kept_in_one_order),
		cmocka_unit_test(test_every_card_of_the_table_is_one_that_the_table_knows),
		cmocka_unit_test(test_all_cards_together_fit_into_their_field),
		cmocka_unit_test(test_every_heading_names_one_field),
		cmocka_unit_test(test_values_go_through_json_and_come_back),
		cmocka_unit_test(test_odd_case_numbers_are_doubted),
		cmocka_unit_test(test_one_wrong_character_and_two_exchanged_are_always_found),
		cmocka_unit_test(test_codes_of_one_run_all_differ),
		cmocka_unit_test(test_a_label_is_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
