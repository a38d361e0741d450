/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list of contents from anywhere: the bytes are a package's manifest.json, in a folder where nothing else is.
 * What is read stays within its bytes; without a signature nothing is good; and JSON that is taken reads the
 * same after it was written again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verify/json.h"
#include "verify/package_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void write_text(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", *text);
		else
			fprintf(out, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
	}
	putc('"', out);
}

static void write_value(FILE *out, const struct json_value *value)
{
	static const char *const words[] = {
		[JSON_IS_NULL] = "null", [JSON_IS_FALSE] = "false", [JSON_IS_TRUE] = "true"
	};
	bool object = value->kind == JSON_IS_OBJECT;

	if (value->kind <= JSON_IS_TRUE) {
		fputs(words[value->kind], out);
	} else if (value->kind == JSON_IS_INTEGER) {
		fprintf(out, "%lld", (long long)value->integer);
	} else if (value->kind == JSON_IS_TEXT) {
		write_text(out, value->text);
	} else {
		putc(object ? '{' : '[', out);
		for (const struct json_value *item = value->first; item; item = item->next) {
			if (item->name) {
				write_text(out, item->name);
				putc(':', out);
			}
			write_value(out, item);
			if (item->next)
				putc(',', out);
		}
		putc(object ? '}' : ']', out);
	}
}

static char *written(const struct json *json, size_t *len)
{
	char *text;
	FILE *out = open_memstream(&text, len);

	require(out != NULL);
	write_value(out, json_root(json));
	fclose(out);
	return text;
}

static void read_json(const uint8_t *bytes, size_t len_bytes)
{
	struct json *json, *again;
	char *first, *second;
	size_t first_len, second_len;

	if (json_read(&json, bytes, len_bytes, NULL) < 0)
		return;
	first = written(json, &first_len);
	require(json_read(&again, first, first_len, NULL) == 0);
	second = written(again, &second_len);
	require(first_len == second_len && memcmp(first, second, first_len) == 0);
	free(first);
	free(second);
	json_free(json);
	json_free(again);
}

/* One folder for all inputs: its only file is written over. */
static const char *folder_of(const uint8_t *bytes, size_t len_bytes)
{
	static char folder[64], path[96];
	FILE *file;

	if (!folder[0]) {
		strcpy(folder, "/tmp/fuzz-manifest-XXXXXX");
		require(mkdtemp(folder) != NULL);
		snprintf(path, sizeof path, "%s/manifest.json", folder);
	}
	file = fopen(path, "we");
	require(file != NULL && fwrite(bytes, 1, len_bytes, file) == len_bytes &&
		fclose(file) == 0);
	return folder;
}

static void remove_folder(void)
{
	const char *folder = folder_of((const uint8_t *)"", 0);
	char path[96];

	snprintf(path, sizeof path, "%s/manifest.json", folder);
	unlink(path);
	rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	static FILE *nowhere;
	struct package_options options = { .root = NULL };
	struct report *report;

	if (!nowhere) {
		nowhere = fopen("/dev/null", "we");
		atexit(remove_folder);
	}
	read_json(bytes, len_bytes);
	report = report_new(nowhere, true);
	require(package_check(report, folder_of(bytes, len_bytes), &options, NULL) == 0 &&
		report_wrong(report) > 0);
	report_end(report, "");
	report_free(report);
	return 0;
}
