/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "station/config.h"

static void test_config_reads_sections_comments_and_blanks(void **state)
{
	struct config config;
	struct err err = { 0 };

	(void)state;
	config_defaults(&config);
	assert_string_equal(config.camera_driver, "v4l2");
	assert_int_equal(config.fps, 30);
	assert_int_equal(config_parse(&config, "c", "# a station\n\n[camera]\r\n  driver = file \n"
				      "device=/srv/证物.mjpeg\n fps =25\n[table]\nport =\n", &err), 0);
	assert_string_equal(config.camera_driver, "file");
	assert_string_equal(config.camera_device, "/srv/证物.mjpeg");
	assert_int_equal(config.fps, 25);
	assert_string_equal(config.table_port, "");
	assert_int_equal(config.max_mdeg_s, 30000);
}

static void test_config_of_a_table_has_ratios_decimals_and_choices(void **state)
{
	struct config config;
	struct err err = { 0 };

	(void)state;
	config_defaults(&config);
	assert_int_equal(config_parse(&config, "c", "[table]\nunits_per_turn = 1536000/7\ngear=3.5\nreversed = 1\n"
				      "zero_deg = -12.5\nbacklash_deg = 0.35\ncable_turns = 1.5\nspeed_deg_s = 7.25\n"
				      "accel_deg_s2 = 90\nmax_deg_s = 12.5\nestop = at-once\ntrace = 1\nbaud = 9600\n"
				      "address = 7\n", &err), 0);
	assert_string_equal(config.units_per_turn, "1536000/7");
	assert_string_equal(config.gear, "3.5");
	assert_int_equal(config.reversed, 1);
	assert_int_equal(config.zero_mdeg, -12500);
	assert_int_equal(config.backlash_mdeg, 350);
	assert_int_equal(config.cable_mturns, 1500);
	assert_int_equal(config.speed_mdeg_s, 7250);
	assert_int_equal(config.accel_mdeg_s2, 90000);
	assert_int_equal(config.max_mdeg_s, 12500);
	assert_int_equal(config.max_mdeg_s2, 200000);
	assert_int_equal(config.estop_at_once, 1);
	assert_int_equal(config.table_trace, 1);
	assert_int_equal(config.table_baud, 9600);
	assert_int_equal(config.table_address, 7);
}

static void expect_refusal(const char *text, const char *sentence)
{
	struct config config;
	struct err err = { 0 };

	config_defaults(&config);
	assert_int_equal(config_parse(&config, "o.conf", text, &err), ERR_RANGE);
	assert_string_equal(err.text, sentence);
}

static void test_config_names_file_line_and_fault(void **state)
{
	char text[400] = "[camera]\ndevice = ";

	(void)state;
	expect_refusal("[camera]\nzoom = 3\n", "o.conf:2: unknown key \"zoom\" in [camera]");
	expect_refusal("[kamera]\n", "o.conf:1: unknown section [kamera]");
	expect_refusal("\n[camera\n", "o.conf:2: \"[camera\" is not a [section]");
	expect_refusal("[camera]\nfps = 30\nfps = 25\n", "o.conf:3: a second value for fps");
	expect_refusal("[camera]\nfps = 500\n",
		       "o.conf:2: fps must be a whole number from 1 to 120, not \"500\"");
	expect_refusal("[camera]\nfps = 30x\n",
		       "o.conf:2: fps must be a whole number from 1 to 120, not \"30x\"");
	expect_refusal("[camera]\nfps =\n",
		       "o.conf:2: fps must be a whole number from 1 to 120, not \"\"");
	expect_refusal("[camera]\nfps\n", "o.conf:2: \"fps\" is neither [section] nor key = value");
	expect_refusal("[table]\nestop = never\n", "o.conf:2: estop must be decelerate or at-once, not \"never\"");
	expect_refusal("[table]\nzero_deg = 1.2345\n",
		       "o.conf:2: zero_deg must be a number from -360 to 360 with at most three decimals, not \"1.2345\"");
	expect_refusal("[table]\nmax_deg_s = 400\n",
		       "o.conf:2: max_deg_s must be a number from 1 to 360 with at most three decimals, not \"400\"");
	expect_refusal("[table]\ngear = 1:2\n", "o.conf:2: gear: \"1:2\" is no ratio: write 360, 12.5 or 1536000/7");
	memset(text + strlen(text), 'a', 300);
	expect_refusal(text, "o.conf:2: device has more than 255 bytes");
}

static void test_config_without_a_file_says_which(void **state)
{
	struct config config;
	struct err err = { 0 };

	(void)state;
	config_defaults(&config);
	assert_int_equal(config_read(&config, "/nonexistent/o.conf", &err), ERR_OS);
	assert_non_null(strstr(err.text, "/nonexistent/o.conf: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_reads_sections_comments_and_blanks),
		cmocka_unit_test(test_config_of_a_table_has_ratios_decimals_and_choices),
		cmocka_unit_test(test_config_names_file_line_and_fault),
		cmocka_unit_test(test_config_without_a_file_says_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
