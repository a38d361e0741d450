/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels: what is printed is read back, in half its size too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "station/base/qr_text.h"
#include "station/camera/qr_read.h"
#include "tests/unit/temp_folder.h"
#include "ui/console/label.h"

#include <cairo.h>

#ifdef OSTEND_SANITIZED
/* As in station/picture/text.c, which this program does not have: fontconfig never frees its configuration. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig.so\n";
}
#endif

static char *folder;
static char path[256];
static struct err err;

static int set_up(void **state)
{
	(void)state;
	folder = temp_folder_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	temp_folder_free(folder);
	return 0;
}

static struct label a_label(void)
{
	struct label label = { .case_no = "（2026）浙0108刑初123号",
			       .values = { .exhibit_no = "17-乙", .name = "单刃水果刀，带木柄，刀身长十五厘米，刀柄有一道裂纹",
					   .holder = "李四", .seal_no = "F-2026-000417", .place = "A区3架2层" } };

	item_code_make(label.code, ITEM_CODE_EXHIBIT);
	return label;
}

/* The luma of the picture in @path, @shrink times smaller. */
static uint8_t *luma_of(uint32_t *width, uint32_t *height, double shrink)
{
	cairo_surface_t *png = cairo_image_surface_create_from_png(path), *small;
	uint8_t *luma;
	cairo_t *cairo;

	assert_int_equal(cairo_surface_status(png), CAIRO_STATUS_SUCCESS);
	*width = (uint32_t)(cairo_image_surface_get_width(png) / shrink);
	*height = (uint32_t)(cairo_image_surface_get_height(png) / shrink);
	small = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)*width, (int)*height);
	cairo = cairo_create(small);
	cairo_scale(cairo, 1 / shrink, 1 / shrink);
	cairo_set_source_surface(cairo, png, 0, 0);
	cairo_paint(cairo);
	cairo_destroy(cairo);
	cairo_surface_flush(small);
	luma = malloc((size_t)*width * *height);
	for (uint32_t y = 0; y < *height; y++)
		for (uint32_t x = 0; x < *width; x++)	/* of black and white, green is as good as all three */
			luma[y * *width + x] = cairo_image_surface_get_data(small)
				[y * (uint32_t)cairo_image_surface_get_stride(small) + x * 4 + 1];
	cairo_surface_destroy(small);
	cairo_surface_destroy(png);
	return luma;
}

static void assert_read_back(const struct label *label, double shrink)
{
	char text[QR_TEXT_SIZE], code[ITEM_CODE_SIZE];
	uint32_t width, height;
	uint8_t *luma = luma_of(&width, &height, shrink);
	enum item_code_kind kind;
	struct qr_found found;

	assert_int_equal(qr_read(&found, luma, width, height, &err), 0);
	free(luma);
	qr_text_print(text, label->code);
	if (found.count != 1)
		fail_msg("%zu codes are read at a size of 1/%g (%u x %u)", found.count, shrink, width, height);
	assert_int_equal(found.texts[0].len_bytes, strlen(text));
	assert_memory_equal(found.texts[0].bytes, text, strlen(text));
	assert_int_equal(qr_text_read(code, &kind, found.texts[0].bytes, found.texts[0].len_bytes, &err), 0);
	assert_string_equal(code, label->code);
}

static void write_png(const struct label *label, int dpi)
{
	snprintf(path, sizeof path, "%s/label.png", folder);
	if (label_write_png(path, label, dpi, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_a_printed_code_is_read_back_in_half_its_size_too(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct label label = a_label();

		write_png(&label, 300);
		assert_read_back(&label, 1);
		assert_read_back(&label, 2);
		assert_read_back(&label, 3);
	}
}

static void test_every_resolution_can_be_read(void **state)
{
	static const int dpis[] = { LABEL_DPI_MIN, 203, 600 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dpis); i++) {
		struct label label = a_label();

		write_png(&label, dpis[i]);
		assert_read_back(&label, 1);
	}
}

/* Dark pixels in a part of the picture, in thousandths of its width and height. */
static int dark(int left, int right, int top, int bottom)
{
	uint32_t width, height;
	uint8_t *luma = luma_of(&width, &height, 1);
	int count = 0;

	for (uint32_t y = (uint32_t)top * height / 1000; y < (uint32_t)bottom * height / 1000; y++)
		for (uint32_t x = (uint32_t)left * width / 1000; x < (uint32_t)right * width / 1000; x++)
			count += luma[y * width + x] < 128;
	free(luma);
	return count;
}

static void test_long_texts_stay_on_the_label(void **state)
{
	struct label label = a_label();

	(void)state;
	for (size_t i = 0; i < form_exhibit.count; i++) {
		char *value = (char *)&label.values + form_exhibit.fields[i].offset;

		if (form_exhibit.fields[i].kind == FORM_TEXT)
			memset(value, 'W', FORM_SIZE_TEXT - 1);
	}
	memset(label.case_no, '8', FORM_SIZE_TEXT - 1);
	write_png(&label, 300);
	assert_read_back(&label, 1);
	assert_true(dark(470, 960, 80, 900) > 1000);
	assert_int_equal(dark(960, 1000, 0, 1000), 0);
	assert_int_equal(dark(0, 1000, 950, 1000), 0);
}

static void test_a_sheet_has_a_page_for_each_two_dozen(void **state)
{
	struct label labels[50];
	struct stat info;
	char *bytes;
	FILE *file;
	int pages = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		labels[i] = a_label();
	snprintf(path, sizeof path, "%s/sheet.pdf", folder);
	assert_int_equal(label_write_pdf(path, labels, ARRAY_LEN(labels), true, &err), 0);
	assert_int_equal(stat(path, &info), 0);
	file = fopen(path, "re");
	bytes = malloc((size_t)info.st_size);
	assert_int_equal(fread(bytes, 1, (size_t)info.st_size, file), info.st_size);
	fclose(file);
	assert_memory_equal(bytes, "%PDF-", 5);
	for (char *at = bytes; (at = memmem(at, (size_t)(bytes + info.st_size - at), "/Type /Page ", 12)); at++)
		pages++;
	free(bytes);
	assert_int_equal(pages, 3);
}

static void test_a_file_that_cannot_be_written_is_named(void **state)
{
	struct label label = a_label();

	(void)state;
	assert_int_equal(label_write_pdf("/nonexistent/a.pdf", &label, 1, false, &err), ERR_OS);
	assert_non_null(strstr(err.text, "/nonexistent/a.pdf"));
	assert_int_equal(label_write_png("/nonexistent/a.png", &label, 300, &err), ERR_OS);
	assert_non_null(strstr(err.text, "/nonexistent/a.png"));
}

static void test_a_label_is_made_of_what_the_station_says(void **state)
{
	struct label made = a_label(), label;
	json_t *exhibit = form_json(&form_exhibit, &made.values);

	(void)state;
	assert_int_equal(label_read(&label, exhibit, &err), ERR_RANGE);
	json_object_set_new(exhibit, "code", json_string(made.code));
	json_object_set_new(exhibit, "case_no", json_string(made.case_no));
	assert_int_equal(label_read(&label, exhibit, &err), 0);
	assert_memory_equal(&label, &made, sizeof label);
	json_decref(exhibit);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_printed_code_is_read_back_in_half_its_size_too),
		cmocka_unit_test(test_every_resolution_can_be_read),
		cmocka_unit_test(test_long_texts_stay_on_the_label),
		cmocka_unit_test(test_a_sheet_has_a_page_for_each_two_dozen),
		cmocka_unit_test(test_a_file_that_cannot_be_written_is_named),
		cmocka_unit_test(test_a_label_is_made_of_what_the_station_says),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
