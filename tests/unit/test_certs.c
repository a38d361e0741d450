/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The authority's files: what is written when, by how many at once, and what an interruption leaves.
 * fsync and renameat2 are wrapped (see Makefile.am) so that their order can be looked at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "certs/authority.h"
#include "certs/check.h"
#include "certs/files.h"
#include "certs/layout.h"
#include "station/base/clock.h"
#include "tests/unit/temp_folder.h"

static const char *const hosts[] = { "localhost", NULL };

/* ---- order of writing ---- */

static char calls[64];		/* F: fsync of a file, R: rename, D: fsync of a folder */
static bool fail_fsync;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);

static void note(const char *call)
{
	if (strlen(calls) + 2 < sizeof calls)
		strcat(calls, call);
}

int __wrap_fsync(int fd)
{
	struct stat info;

	fstat(fd, &info);
	note(S_ISDIR(info.st_mode) ? "D" : "F");
	if (fail_fsync) {
		errno = EIO;
		return -1;
	}
	return __real_fsync(fd);
}

int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	note("R");
	return __real_renameat2(from_fd, from, to_fd, to, flags);
}

static char *path_in(const char *folder, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		abort();
	return path;
}

static void test_file_is_on_the_disk_before_its_name_is(void **state)
{
	char *folder = temp_folder_new();
	char *path = path_in(folder, "x");
	struct stat info;

	(void)state;
	calls[0] = '\0';
	assert_int_equal(files_replace(path, "one", 3, NULL), 0);
	assert_string_equal(calls, "FRD");
	stat(path, &info);
	assert_int_equal(info.st_mode & 07777, 0600);
	calls[0] = '\0';
	assert_int_equal(files_create(path, "two", 3, NULL), ERR_STATE);
	free(path);
	temp_folder_free(folder);
}

static void test_failed_write_leaves_the_old_file_and_nothing_else(void **state)
{
	char *folder = temp_folder_new();
	char *path = path_in(folder, "x"), *bytes;
	size_t len_bytes;

	(void)state;
	assert_int_equal(files_replace(path, "old", 3, NULL), 0);
	fail_fsync = true;
	assert_int_equal(files_replace(path, "new", 3, NULL), ERR_OS);
	fail_fsync = false;
	assert_int_equal(files_read(&bytes, &len_bytes, path, NULL), 0);
	assert_string_equal(bytes, "old");
	unlink(path);
	assert_int_equal(rmdir(folder), 0);	/* empty: no temporary file was left */
	free(bytes);
	free(path);
	free(folder);
}

/* ---- one writer at a time ---- */

static struct authority *open_authority(const char *folder)
{
	struct authority *authority;
	struct err err = { 0 };

	if (authority_open(&authority, folder, &err) < 0)
		fail_msg("%s", err.text);
	return authority;
}

static pid_t write_passes(const char *folder, int count)
{
	pid_t pid = fork();

	for (int i = 0; pid == 0 && i < count; i++) {
		struct authority *authority;
		char text[PASS_TEXT_SIZE];

		pass_text_new(text);
		if (authority_open(&authority, folder, NULL) < 0 ||
		    authority_pass(authority, text, "x", ROLE_ROOM, INT64_MAX, false, NULL) < 0)
			_exit(1);
		authority_free(authority);
	}
	if (pid == 0)
		_exit(0);
	return pid;
}

static void test_two_writers_lose_nothing(void **state)
{
	char *folder = temp_folder_new();
	struct records passes;
	pid_t pids[] = { write_passes(folder, 25), write_passes(folder, 25) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
		int status;

		waitpid(pids[i], &status, 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(records_load(&passes, RECORDS_PASSES, folder, NULL), 0);
	assert_int_equal(passes.count, 50);
	records_clear(&passes);
	temp_folder_free(folder);
}

/* ---- interruptions ---- */

static void rename_in(const char *folder, const char *from, const char *to)
{
	char *a = layout_path(folder, from), *b = layout_path(folder, to);

	assert_int_equal(rename(a, b), 0);
	free(a);
	free(b);
}

static void copy_in(const char *folder, const char *from, const char *to)
{
	char *a = layout_path(folder, from), *b = layout_path(folder, to), *bytes;
	size_t len_bytes;

	assert_int_equal(files_read(&bytes, &len_bytes, a, NULL), 0);
	assert_int_equal(files_replace(b, bytes, len_bytes, NULL), 0);
	free(a);
	free(b);
	free(bytes);
}

static bool exists_in(const char *folder, const char *name)
{
	char *path = layout_path(folder, name);
	bool exists = files_exist(path);

	free(path);
	return exists;
}

static void make_centre(const char *folder)
{
	struct authority *authority = open_authority(folder);

	assert_int_equal(authority_init(authority, "Centre", NULL), 7);
	assert_int_equal(authority_station(authority, hosts, clock_utc_us(), 0, false, NULL), 0);
	authority_free(authority);
}

static void test_interrupted_renewal_is_finished_or_forgotten(void **state)
{
	char *folder = temp_folder_new();
	struct authority *authority;
	struct err err = { 0 };

	(void)state;
	make_centre(folder);
	copy_in(folder, LAYOUT_STATION_KEY, "old.key");
	authority = open_authority(folder);
	assert_int_equal(authority_station(authority, hosts, clock_utc_us(), 0, true, NULL), 0);
	authority_free(authority);
	/* cut after the certificate's renaming: the new key is still beside the old one */
	rename_in(folder, LAYOUT_STATION_KEY, LAYOUT_STATION_KEY ".next");
	rename_in(folder, "old.key", LAYOUT_STATION_KEY);
	assert_int_equal(certs_check_start(folder, 0, &err), ERR_TAMPER);
	authority_free(open_authority(folder));
	assert_int_equal(certs_check_start(folder, 0, &err), 0);
	assert_false(exists_in(folder, LAYOUT_STATION_KEY ".next"));
	/* cut before it: whatever is beside the pair goes */
	copy_in(folder, LAYOUT_MEDIA_KEY, LAYOUT_STATION_KEY ".next");
	authority_free(open_authority(folder));
	assert_int_equal(certs_check_start(folder, 0, &err), 0);
	assert_false(exists_in(folder, LAYOUT_STATION_KEY ".next"));
	temp_folder_free(folder);
}

static void test_interrupted_init_is_completed_with_the_same_keys(void **state)
{
	static const char *const lost[] = { LAYOUT_ROOT_PEM, LAYOUT_CA_PEM, LAYOUT_CA_CRL, LAYOUT_LOG_PEM };
	char *folder = temp_folder_new();
	struct authority *authority;

	(void)state;
	make_centre(folder);
	for (size_t i = 0; i < ARRAY_LEN(lost); i++) {
		char *path = layout_path(folder, lost[i]);

		unlink(path);
		free(path);
		authority = open_authority(folder);
		assert_int_equal(authority_init(authority, "Centre", NULL), 1);
		authority_free(authority);
		assert_int_equal(certs_check_start(folder, 0, NULL), 0);
	}
	authority = open_authority(folder);
	assert_int_equal(authority_init(authority, "Centre", NULL), 0);
	authority_free(authority);
	temp_folder_free(folder);
}

static void test_root_key_is_needed_for_its_own_crl_only(void **state)
{
	char *folder = temp_folder_new();
	struct authority *authority;
	EVP_PKEY *key;
	X509 *person;
	struct err err = { 0 };

	(void)state;
	make_centre(folder);
	rename_in(folder, LAYOUT_ROOT_KEY, "../root.key");
	authority = open_authority(folder);
	assert_int_equal(issue_key(&key, PROFILE_PERSON, &err), 0);
	assert_int_equal(authority_person(authority, &person, key, "Li", ROLE_ROOM, clock_utc_us(), 0, &err),
			 0);
	assert_int_equal(authority_revoke(authority, "Li", &err), 1);
	assert_int_equal(authority_crl(authority, PROFILE_CA, &err), 0);
	assert_int_equal(authority_station(authority, hosts, clock_utc_us(), 0, true, &err), 0);
	assert_int_equal(authority_crl(authority, PROFILE_ROOT, &err), ERR_STATE);
	assert_non_null(strstr(err.text, "root.key"));
	assert_int_equal(certs_check_start(folder, 0, &err), 0);
	X509_free(person);
	EVP_PKEY_free(key);
	authority_free(authority);
	temp_folder_free(folder);
}

static void test_names_and_hosts_that_do_not_fit_are_refused(void **state)
{
	static const char *const bad_hosts[] = { "a b", "", "-x", "a,DNS:evil.test", "x\n", NULL };
	char *folder = temp_folder_new(), long_name[128];
	struct authority *authority;
	X509 *person = NULL;
	EVP_PKEY *key, *other = EVP_EC_gen("P-384");

	(void)state;
	make_centre(folder);
	authority = open_authority(folder);
	memset(long_name, 'x', sizeof long_name);
	long_name[65] = '\0';
	assert_int_equal(issue_key(&key, PROFILE_PERSON, NULL), 0);
#define PERSON(key, name, days) authority_person(authority, &person, key, name, ROLE_ROOM, 0, days, NULL)
	assert_int_equal(PERSON(key, long_name, 1), ERR_RANGE);
	assert_int_equal(PERSON(key, "", 1), ERR_RANGE);
	assert_int_equal(PERSON(key, "a\tb", 1), ERR_RANGE);
	assert_int_equal(PERSON(key, "Li", 398), ERR_RANGE);
	assert_int_equal(PERSON(key, "Li", -1), ERR_RANGE);
	assert_int_equal(PERSON(other, "Li", 1), ERR_RANGE);
#undef PERSON
	for (int i = 0; bad_hosts[i]; i++) {
		const char *const one[] = { bad_hosts[i], NULL };

		assert_int_equal(authority_station(authority, one, 0, 1, true, NULL), ERR_RANGE);
	}
	assert_null(person);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	authority_free(authority);
	temp_folder_free(folder);
}

static void test_records_written_by_somebody_else_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{\"version\": 2, \"passes\": []}", "{\"version\": 1}",
		"{\"version\": 1, \"passes\": [{}]}",
		"{\"version\": 1, \"passes\": [{\"id\": 1, \"selector\": \"\", \"name\": \"\", \"role\": \"\","
		" \"from_utc_us\": 0, \"until_utc_us\": 0, \"reusable\": false}]}",
		"{\"version\": 1, \"passes\": [{\"id\": \"\", \"selector\": \"01234\", \"name\": \"\","
		" \"role\": \"\", \"from_utc_us\": 0, \"until_utc_us\": 0, \"reusable\": false}]}",
	};
	char *folder = temp_folder_new();
	char *path = layout_path(folder, LAYOUT_PASSES);
	struct records passes;

	(void)state;
	authority_free(open_authority(folder));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(files_replace(path, bad[i], strlen(bad[i]), NULL), 0);
		assert_int_equal(records_load(&passes, RECORDS_PASSES, folder, NULL), ERR_TAMPER);
	}
	free(path);
	temp_folder_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_is_on_the_disk_before_its_name_is),
		cmocka_unit_test(test_failed_write_leaves_the_old_file_and_nothing_else),
		cmocka_unit_test(test_two_writers_lose_nothing),
		cmocka_unit_test(test_interrupted_renewal_is_finished_or_forgotten),
		cmocka_unit_test(test_interrupted_init_is_completed_with_the_same_keys),
		cmocka_unit_test(test_root_key_is_needed_for_its_own_crl_only),
		cmocka_unit_test(test_names_and_hosts_that_do_not_fit_are_refused),
		cmocka_unit_test(test_records_written_by_somebody_else_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
