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
		cmocka_unit_test(test_config_names_file_line_and_fault),
		cmocka_unit_test(test_config_without_a_file_says_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
