/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between counts and angles: rounding, direction, there and back, and the ratios that engineers write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "station/base/pose.h"
#include "turntable/geometry.h"

#define FAR_MDEG INT64_C(1000000000)

static void test_half_a_millidegree_is_rounded_away_from_zero(void **state)
{
	const struct geometry geometry = { .turn = { 2 * MDEG_PER_TURN, 1 } };	/* two counts are one millidegree */
	static const struct { int64_t native, mdeg; } cases[] = {
		{ 0, 0 }, { 1, 1 }, { -1, -1 }, { 2, 1 }, { 3, 2 }, { -3, -2 }, { 4, 2 }, { -4, -2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(geometry_mdeg(&geometry, cases[i].native), cases[i].mdeg);
}

static void test_a_count_is_the_nearest_to_its_angle(void **state)
{
	const struct geometry geometry = { .turn = { 1000, 1 } };	/* 0.36 degrees each */

	(void)state;
	assert_int_equal(geometry_native(&geometry, 179), 0);
	assert_int_equal(geometry_native(&geometry, 180), 1);
	assert_int_equal(geometry_native(&geometry, -179), 0);
	assert_int_equal(geometry_native(&geometry, -180), -1);
	assert_int_equal(geometry_native(&geometry, MDEG_PER_TURN), 1000);
}

static void test_a_reversed_table_is_the_mirror_of_the_other(void **state)
{
	const struct geometry plain = { .turn = { 1536000, 7 } };
	const struct geometry reversed = { .turn = { 1536000, 7 }, .reversed = true };

	(void)state;
	for (int64_t native = -1000000; native <= 1000000; native += 777) {
		assert_int_equal(geometry_mdeg(&reversed, native), -geometry_mdeg(&plain, native));
		assert_int_equal(geometry_native(&reversed, native), -geometry_native(&plain, native));
	}
}

static void test_zero_is_where_the_controller_counts_nothing(void **state)
{
	const struct geometry geometry = { .turn = { 4000, 1 }, .reversed = true, .zero_mdeg = 12345 };

	(void)state;
	assert_int_equal(geometry_mdeg(&geometry, 0), 12345);
	assert_int_equal(geometry_native(&geometry, 12345), 0);
	assert_int_equal(geometry_mdeg(&geometry, 1000), 12345 - 90000);
	assert_int_equal(geometry_mdeg_by(&geometry, 1000), -90000);		/* a difference knows no zero */
	assert_int_equal(geometry_native_by(&geometry, -90000), 1000);
}

/* Ratios from coarse to far finer than a millidegree, with and without a remainder. */
static const struct ratio turns[] = {
	{ 1, 1 }, { 7, 1 }, { 360, 1 }, { 1000, 1 }, { 4000, 3 }, { 36000, 1 }, { 360000, 1 }, { 1536000, 7 },
	{ 7680000, 1 }, { 999999937, 1 }, { INT64_C(1000000000000), 999983 }, { 1, 999983 },
};

static uint64_t seed = 88172645463325252u;

static int64_t random_mdeg(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (int64_t)(seed % (2 * FAR_MDEG + 1)) - FAR_MDEG;
}

/* To the nearest count and back: off by half a count, and by half a millidegree of rounding. */
static void assert_there_and_back(const struct geometry *geometry, int64_t mdeg)
{
	int64_t native = geometry_native(geometry, mdeg), back = geometry_mdeg(geometry, native);
	__int128 off = (__int128)2 * llabs(back - mdeg) * geometry->turn.num;

	assert_true(off <= (__int128)MDEG_PER_TURN * geometry->turn.den + geometry->turn.num);
	assert_true(llabs(back - mdeg) <= geometry_resolution_mdeg(geometry) ||
		    geometry_resolution_mdeg(geometry) == MDEG_PER_TURN);	/* where it is capped */
	/* and once more: what is on a count stays on it, unless counts are finer than millidegrees */
	if ((__int128)MDEG_PER_TURN * geometry->turn.den >= geometry->turn.num)
		assert_int_equal(geometry_native(geometry, back), native);
	assert_int_equal(geometry_mdeg(geometry, geometry_native(geometry, back)), back);
}

static void test_there_and_back_is_the_same_angle_up_to_a_billion_millidegrees(void **state)
{
	static const int64_t ends[] = { 0, 1, -1, 359999, -359999, 360000, FAR_MDEG, -FAR_MDEG, FAR_MDEG - 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(turns); i++)
		for (int kind = 0; kind < 4; kind++) {
			const struct geometry geometry = { .turn = turns[i], .reversed = kind & 1,
							   .zero_mdeg = kind & 2 ? -123457 : 0 };

			for (size_t j = 0; j < ARRAY_LEN(ends); j++)
				assert_there_and_back(&geometry, ends[j]);
			for (int j = 0; j < 2000; j++)
				assert_there_and_back(&geometry, random_mdeg());
		}
}

static void test_a_thousand_steps_there_and_back_do_not_drift(void **state)
{
	const struct geometry geometry = { .turn = { 1536000, 7 } };
	int64_t native = 0;

	(void)state;
	for (int64_t i = 1; i <= 1001; i++) {	/* a seventh of a turn is no whole count, but seven are a turn */
		native = geometry_native(&geometry, i * MDEG_PER_TURN);
		assert_true(llabs(geometry_mdeg(&geometry, native) - i * MDEG_PER_TURN) <= 1);
	}
	assert_int_equal(native, 143 * 1536000);
	assert_int_equal(geometry_mdeg(&geometry, native), INT64_C(1001) * MDEG_PER_TURN);
}

static void test_resolution_is_one_count_rounded_up_and_never_nothing(void **state)
{
	static const struct { struct ratio turn; int32_t mdeg; } cases[] = {
		{ { 360000, 1 }, 1 }, { { 7680000, 1 }, 1 }, { { 360, 1 }, 1000 }, { { 1000, 1 }, 360 },
		{ { 359999, 1 }, 2 }, { { 1, 1 }, MDEG_PER_TURN }, { { 1, 5 }, MDEG_PER_TURN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct geometry geometry = { .turn = cases[i].turn };

		assert_int_equal(geometry_resolution_mdeg(&geometry), cases[i].mdeg);
	}
}

static void test_ratios_are_read_as_engineers_write_them(void **state)
{
	static const struct { const char *text; struct ratio ratio; } cases[] = {
		{ "360", { 360, 1 } }, { "12.5", { 25, 2 } }, { "1536000/7", { 1536000, 7 } }, { "0.001", { 1, 1000 } },
		{ "6/4", { 3, 2 } }, { "2.5/0.5", { 5, 1 } }, { ".5", { 1, 2 } }, { "5.", { 5, 1 } }, { "007", { 7, 1 } },
		{ "1000000000000", { INT64_C(1000000000000), 1 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ratio ratio;
		struct err err;

		if (ratio_read(&ratio, cases[i].text, &err) < 0)
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_int_equal(ratio.num, cases[i].ratio.num);
		assert_int_equal(ratio.den, cases[i].ratio.den);
	}
}

static void test_what_is_no_ratio_is_refused_by_its_text(void **state)
{
	static const char *const texts[] = {
		"", "0", "0.0", "-1", "+1", "1/0", "0/1", "1/", "/2", "1//2", "1/2/3", "a", "1a", "1e3", "12.5.1", " 1", "1 ",
		"1,5", ".", "./.", "1000000000001", "99999999999999999999999", "0.00000000000001", "١",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct ratio ratio = { 5, 6 };
		struct err err = { .text = "" };

		if (ratio_read(&ratio, texts[i], &err) != ERR_RANGE)
			fail_msg("\"%s\" was read as %ld/%ld", texts[i], (long)ratio.num, (long)ratio.den);
		assert_true(err.text[0]);
		assert_true(ratio.num == 5 && ratio.den == 6);
	}
}

static void test_products_are_in_lowest_terms_or_refused(void **state)
{
	static const struct ratio bad[] = { { 0, 1 }, { 1, 0 }, { -1, 1 }, { 1, -1 }, { 0, 0 } };
	struct ratio product;
	struct err err;

	(void)state;
	assert_int_equal(ratio_multiply(&product, (struct ratio){ 200, 3 }, (struct ratio){ 9, 50 }, &err), 0);
	assert_true(product.num == 12 && product.den == 1);
	/* crosswise, what is large on both sides falls away */
	assert_int_equal(ratio_multiply(&product, (struct ratio){ INT64_MAX, 3 }, (struct ratio){ 6, INT64_MAX }, &err), 0);
	assert_true(product.num == 2 && product.den == 1);
	assert_int_equal(ratio_multiply(&product, (struct ratio){ INT64_MAX, 1 }, (struct ratio){ 2, 1 }, &err), ERR_RANGE);
	assert_int_equal(ratio_multiply(&product, (struct ratio){ 1, INT64_MAX }, (struct ratio){ 1, 2 }, &err), ERR_RANGE);
	assert_int_equal(ratio_multiply(&product, (struct ratio){ 1000001, 1 }, (struct ratio){ 1000001, 1 }, &err),
			 ERR_RANGE);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(ratio_multiply(&product, bad[i], (struct ratio){ 1, 1 }, &err), ERR_RANGE);
		assert_int_equal(ratio_multiply(&product, (struct ratio){ 1, 1 }, bad[i], &err), ERR_RANGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_a_millidegree_is_rounded_away_from_zero),
		cmocka_unit_test(test_a_count_is_the_nearest_to_its_angle),
		cmocka_unit_test(test_a_reversed_table_is_the_mirror_of_the_other),
		cmocka_unit_test(test_zero_is_where_the_controller_counts_nothing),
		cmocka_unit_test(test_there_and_back_is_the_same_angle_up_to_a_billion_millidegrees),
		cmocka_unit_test(test_a_thousand_steps_there_and_back_do_not_drift),
		cmocka_unit_test(test_resolution_is_one_count_rounded_up_and_never_nothing),
		cmocka_unit_test(test_ratios_are_read_as_engineers_write_them),
		cmocka_unit_test(test_what_is_no_ratio_is_refused_by_its_text),
		cmocka_unit_test(test_products_are_in_lowest_terms_or_refused),
	};

	return cmocka_run_group_tests_name("geometry", tests, NULL, NULL);
}
