/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A package in a ZIP: the same findings as from its folder, one reading only, and stock tools read it too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/zip_form.h"
#include "station/evidence/zip_writer.h"
#include "tests/unit/package_rig.h"
#include "verify/package_check.h"
#include "verify/zip_read.h"

#define CHANGES 300
#define MADE_US UINT64_C(1796000000000000)

struct fixture {
	struct package_rig *rig;
	char path[512];			/* the ZIP, beside the folder */
	uint8_t *bytes;			/* as it was written */
	size_t len;
};

static unsigned random_below(unsigned limit)
{
	static uint64_t seed = 20261124;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % limit;
}

static void put(const struct fixture *fixture, struct zip_writer *writer, const char *name)
{
	size_t len;
	void *bytes = package_rig_read(fixture->rig, name, &len);

	assert_int_equal(zip_writer_begin(writer, name, len), 0);
	assert_int_equal(zip_writer_write(writer, bytes, len), 0);
	assert_int_equal(zip_writer_end(writer), 0);
	free(bytes);
}

static void read_all(struct fixture *fixture)
{
	FILE *file = fopen(fixture->path, "re");

	fixture->bytes = malloc(16 << 20);
	fixture->len = fread(fixture->bytes, 1, 16 << 20, file);
	fclose(file);
}

static void write_all(const struct fixture *fixture, const void *bytes, size_t len)
{
	FILE *file = fopen(fixture->path, "we");

	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct zip_writer *writer;
	int fd;

	fixture->rig = package_rig_new();
	snprintf(fixture->path, sizeof fixture->path, "%s.zip", fixture->rig->folder);
	fd = open(fixture->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(zip_writer_new(&writer, fd, "示证-2", MADE_US, NULL), 0);
	for (size_t i = 0; i < fixture->rig->file_count; i++)
		put(fixture, writer, fixture->rig->files[i].name);
	put(fixture, writer, "manifest.json");
	put(fixture, writer, "manifest.p7s");
	assert_int_equal(zip_writer_finish(writer), 0);
	zip_writer_free(writer);
	close(fd);
	read_all(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->path);
	package_rig_free(fixture->rig);
	free(fixture->bytes);
	free(fixture);
	return 0;
}

static struct report *check(const struct fixture *fixture)
{
	struct package_options options = { .root = fixture->rig->certificates[RIG_ROOT] };
	FILE *nowhere = fopen(getenv("VERIFY_TALK") ? "/dev/stderr" : "/dev/null", "we");
	struct report *report = report_new(nowhere, false);

	assert_int_equal(package_check(report, fixture->path, &options, NULL), 0);
	report_end(report, "");
	fclose(nowhere);
	return report;
}

static void test_a_true_package_in_a_zip_is_good(void **state)
{
	struct report *report = check(*state);

	assert_int_equal(report_wrong(report), 0);
	report_free(report);
}

static void run(const struct fixture *fixture, const char *command)
{
	char line[2048];

	snprintf(line, sizeof line, "Z=%s F=%s; %s", fixture->path, fixture->rig->folder, command);
	if (system(line) != 0)
		fail_msg("%s", line);
}

static void test_stock_tools_take_the_same_files_out_of_it(void **state)
{
	run(*state, "unzip -tqq $Z");
	run(*state, "D=$(mktemp -d) && unzip -qq $Z -d $D && diff -r $D/* $F; R=$?; rm -rf $D; exit $R");
	run(*state, "python3 -c 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; "
		    "assert all(i.filename.startswith(\"示证-2/\") and i.compress_type == 0 and i.flag_bits == 0x800 "
		    "and i.date_time == (2026, 11, 30, 0, 53, 20) for i in z.infolist())' $Z");
}

/* --- changes --------------------------------------------------------------------------------------- */

/* Whose byte it is; NULL: the ZIP's own. */
static const char *owner_of(const struct zip *zip, size_t at)
{
	size_t count;
	const struct zip_member *members = zip_members(zip, &count);

	for (size_t i = 0; i < count; i++)
		if (at >= members[i].at && at - members[i].at < members[i].len_bytes)
			return members[i].name;
	return NULL;
}

static void expect_caught(const struct fixture *fixture, const struct zip *zip, size_t at)
{
	const char *owner = owner_of(zip, at);
	struct report *report = check(fixture);

	if (owner ? !report_has(report, NULL, owner) : !report_has_part(report, "zip."))
		fail_msg("byte %zu, of %s, was changed, and that is not told", at, owner ? owner : "the table");
	report_free(report);
}

static void change(const struct fixture *fixture, const struct zip *zip, size_t at, uint8_t by)
{
	fixture->bytes[at] ^= by;
	write_all(fixture, fixture->bytes, fixture->len);
	expect_caught(fixture, zip, at);
	fixture->bytes[at] ^= by;
}

static void test_each_of_many_changed_bytes_is_told_as_a_files_or_the_zips_own(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(zip_freep) struct zip *zip = NULL;

	assert_int_equal(zip_read(&zip, fixture->bytes, fixture->len, NULL), 0);
	for (int i = 0; i < CHANGES; i++)
		change(fixture, zip, random_below((unsigned)fixture->len), (uint8_t)(1 + random_below(255)));
}

static bool all_same(const struct zip *zip)
{
	size_t count;
	const struct zip_member *members = zip_members(zip, &count);

	for (size_t i = 0; i < count; i++)
		if (!members[i].same)
			return false;
	return true;
}

/* Without the rest of the check, so that there is time for all of them. */
static void test_every_byte_of_the_zips_own_counts(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(zip_freep) struct zip *zip = NULL;

	assert_int_equal(zip_read(&zip, fixture->bytes, fixture->len, NULL), 0);
	assert_true(all_same(zip));
	for (size_t at = 0; at < fixture->len; at++) {
		CLEANUP(zip_freep) struct zip *changed = NULL;
		uint8_t by = (uint8_t)(1 + random_below(255));

		if (owner_of(zip, at))
			continue;
		fixture->bytes[at] ^= by;
		if (zip_read(&changed, fixture->bytes, fixture->len, NULL) == 0 && all_same(changed))
			fail_msg("byte %zu can be changed", at);
		fixture->bytes[at] ^= by;
	}
}

static void refused(const struct fixture *fixture, const void *bytes, size_t len)
{
	struct report *report;

	write_all(fixture, bytes, len);
	report = check(fixture);
	assert_true(report_has_part(report, "zip."));
	report_free(report);
}

static void test_bytes_before_behind_and_between_are_refused(void **state)
{
	struct fixture *fixture = *state;
	uint8_t *more = calloc(1, fixture->len + 64);

	memcpy(more + 1, fixture->bytes, fixture->len);
	refused(fixture, more, fixture->len + 1);
	refused(fixture, more + 1, fixture->len + 1);
	refused(fixture, more + 1, fixture->len - 1);
	refused(fixture, more + 1, fixture->len / 2);
	refused(fixture, fixture->bytes, 0);
	free(more);
}

/* A ZIP whose only members have these names. */
static int read_names(const char *const *names, uint8_t *bytes)
{
	uint8_t table[4 * ZIP_RECORD_MAX];
	CLEANUP(zip_freep) struct zip *zip = NULL;
	size_t len = 0, table_len = 0, count = 0;

	for (; names[count]; count++) {
		struct zip_entry entry = { .name = names[count], .name_bytes = strlen(names[count]), .at = len };

		len += zip_local(bytes + len, &entry);
		table_len += zip_central(table + table_len, &entry);
	}
	memcpy(bytes + len, table, table_len);
	return zip_read(&zip, bytes, len + table_len + zip_end(bytes + len + table_len, count, len, table_len), NULL);
}

static void test_names_that_two_readers_take_differently_are_refused(void **state)
{
	static const char *const bad[][3] = {
		{ "top/a", "top/a" }, { "top/a", "other/a" }, { "a" }, { "/a" }, { "top/" }, { "top/a\nb" },
		{ "top/\xc0\xaf" }, { "top/\xed\xa0\x80" }, { "top/\xff" }, { "top/\x1b[2J" }, { "top/\xe5\xb2" },
	};
	static const char *const good[] = { "顶/a", "顶/b/ä", NULL };
	uint8_t bytes[16384];

	(void)state;
	assert_int_equal(read_names(good, bytes), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (read_names(bad[i], bytes) == 0)
			fail_msg("%s is taken", bad[i][0]);
}

/* Five gigabytes of nothing, which no disk needs to hold. */
static void test_members_beyond_four_gigabytes_are_read(void **state)
{
	struct fixture *fixture = *state;
	struct zip_entry entries[] = { { .name = "t/large", .name_bytes = 7, .bytes = UINT64_C(5) << 30 },
				       { .name = "t/far", .name_bytes = 5 } };
	CLEANUP(zip_freep) struct zip *zip = NULL;
	uint8_t record[ZIP_RECORD_MAX], *bytes;
	uint64_t at, table, end, total = (UINT64_C(5) << 30) + 4096;
	int fd = open(fixture->path, O_RDWR | O_TRUNC | O_CLOEXEC);

	assert_int_equal(ftruncate(fd, (off_t)total), 0);
	bytes = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(bytes != MAP_FAILED);
	at = zip_local(bytes, &entries[0]) + entries[0].bytes;
	entries[1].at = at;
	table = at + zip_local(bytes + at, &entries[1]);
	end = table;
	for (int i = 0; i < 2; i++) {
		size_t len = zip_central(record, &entries[i]);

		memcpy(bytes + end, record, len);
		end += len;
	}
	end += zip_end(bytes + end, 2, table, end - table);
	assert_int_equal(zip_read(&zip, bytes, end, NULL), 0);
	assert_int_equal(zip_find(zip, "large")->len_bytes, UINT64_C(5) << 30);
	assert_true(zip_find(zip, "far")->same && zip_find(zip, "large")->same);
	munmap(bytes, total);
	assert_int_equal(ftruncate(fd, (off_t)end), 0);
	close(fd);
	run(fixture, "python3 -c 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); i = z.getinfo(\"t/large\"); "
		     "assert i.file_size == 5 << 30; z.open(i).read(9); assert z.read(\"t/far\") == b\"\"' $Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_true_package_in_a_zip_is_good, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stock_tools_take_the_same_files_out_of_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_each_of_many_changed_bytes_is_told_as_a_files_or_the_zips_own, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_every_byte_of_the_zips_own_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bytes_before_behind_and_between_are_refused, set_up, tear_down),
		cmocka_unit_test(test_names_that_two_readers_take_differently_are_refused),
		cmocka_unit_test_setup_teardown(test_members_beyond_four_gigabytes_are_read, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
