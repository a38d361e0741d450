/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scribe writes what it is given, and nobody waits for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "tests/unit/place.h"
#include "turntable/scribe.h"

static void test_the_trace_has_every_byte_with_time_and_direction(void **state)
{
	struct place place = make_place("table.trace");
	const struct scribe_options options = { .trace_path = place.path };
	struct scribe *scribe;
	struct err err;
	char *text;

	(void)state;
	assert_int_equal(scribe_start(&scribe, &options, &err), 0);
	scribe_trace(scribe, '>', "$J=G91X1F60\n", 12, 12345678901234);
	scribe_trace(scribe, '<', "ok\r\n\\\t\0\x85~", 9, 12345999999999);
	scribe_trace(scribe, '=', "line open", 9, 12346000000000);
	assert_null(scribe_stop(scribe));
	text = read_file(place.path);
	assert_string_equal(text, "12345.678901 > $J=G91X1F60\\n\n"
				  "12345.999999 < ok\\r\\n\\\\\\t\\x00\\x85~\n"
				  "12346.000000 = line open\n");
	free(text);
	temp_folder_free(place.folder);
}

static void test_the_trace_is_rotated_and_says_what_is_missing(void **state)
{
	struct place place = make_place("table.trace");
	const struct scribe_options options = { .trace_path = place.path };
	struct scribe *scribe;
	char older[300], bytes[64], *text, *at;
	struct stat st;
	struct err err;
	size_t lines = 0, said = 0;

	(void)state;
	memset(bytes, 0x85, sizeof bytes);	/* four characters a byte: some 270 a line */
	snprintf(older, sizeof older, "%s.1", place.path);
	assert_int_equal(scribe_start(&scribe, &options, &err), 0);
	for (size_t i = 0; i < 20000; i++)
		scribe_trace(scribe, '<', bytes, sizeof bytes, i * 1000);
	/* room again: who was not in time is counted before the next one that is */
	for (uint64_t until_ns = clock_mono_ns() + 10 * NS_PER_S; stat(place.path, &st) < 0;)
		assert_true(clock_mono_ns() < until_ns);
	scribe_stop(scribe);
	text = read_file(place.path);
	for (int file = 0; file < 2; file++) {
		unsigned long missing;

		for (at = text; (at = strchr(at, '\n')); at++)
			lines++;
		for (at = text; (at = strstr(at, "# ")); at++)
			if (sscanf(at, "# %lu lines are missing", &missing) == 1) {
				said += missing;
				lines--;
			}
		free(text);
		text = file == 0 && access(older, F_OK) == 0 ? read_file(older) : strdup("");
	}
	free(text);
	assert_true(lines >= 4096);
	assert_true(lines + said <= 20000);
	if (stat(older, &st) == 0)
		assert_true(st.st_size <= SCRIBE_TRACE_MAX);
	temp_folder_free(place.folder);
}

static void test_a_trace_longer_than_its_share_moves_aside(void **state)
{
	struct place place = make_place("table.trace");
	const struct scribe_options options = { .trace_path = place.path };
	struct scribe *scribe;
	char older[300], *big = malloc(SCRIBE_TRACE_MAX), *text;
	struct stat st;
	struct err err;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', SCRIBE_TRACE_MAX);
	write_file(place.path, big, SCRIBE_TRACE_MAX);
	free(big);
	snprintf(older, sizeof older, "%s.1", place.path);
	assert_int_equal(scribe_start(&scribe, &options, &err), 0);
	scribe_trace(scribe, '>', "?", 1, 1000);
	scribe_trace(scribe, '>', "!", 1, 2000);
	scribe_stop(scribe);
	text = read_file(place.path);
	assert_string_equal(text, "0.000001 > ?\n0.000002 > !\n");
	assert_int_equal(stat(older, &st), 0);
	assert_int_equal(st.st_size, SCRIBE_TRACE_MAX);
	free(text);
	temp_folder_free(place.folder);
}

static void test_the_newest_state_is_the_one_kept(void **state)
{
	struct place place = make_place("table.state");
	const struct scribe_options options = { .kept_path = place.path };
	struct scribe *scribe;
	char text[16], *read;
	struct err err;

	(void)state;
	assert_int_equal(scribe_start(&scribe, &options, &err), 0);
	for (int i = 0; i < 2000; i++) {
		snprintf(text, sizeof text, "%d\n", i);
		scribe_keep(scribe, text);
	}
	scribe_stop(scribe);
	read = read_file(place.path);
	assert_string_equal(read, "1999\n");
	free(read);
	temp_folder_free(place.folder);
}

/* A pipe whose reader has hung stands for a paused terminal. */
static void test_nobody_waits_for_a_terminal_that_is_paused(void **state)
{
	struct place place = make_place("table.state");
	const struct scribe_options options = { .kept_path = place.path };
	struct scribe *scribe;
	uint64_t worst_ns = 0;
	int pipes[2], real = dup(STDERR_FILENO);
	struct err err;
	char *read;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_true(fcntl(pipes[1], F_SETPIPE_SZ, 4096) > 0);
	assert_true(real >= 0 && dup2(pipes[1], STDERR_FILENO) >= 0);
	assert_int_equal(scribe_start(&scribe, &options, &err), 0);
	log_divert(scribe_log, scribe);
	for (int i = 0; i < 500; i++) {
		uint64_t before_ns = clock_mono_ns();

		log_notice("a line that nobody reads, number %d of those that are written here one after the other", i);
		scribe_keep(scribe, i < 499 ? "older" : "kept");
		worst_ns = MAX(worst_ns, clock_mono_ns() - before_ns);
	}
	log_divert(NULL, NULL);
	for (uint64_t until_ns = clock_mono_ns() + 10 * NS_PER_S; access(place.path, F_OK) < 0;)
		assert_true(clock_mono_ns() < until_ns);
	close(pipes[0]);	/* the reader is gone: the rest is thrown away at once */
	scribe_stop(scribe);
	assert_true(dup2(real, STDERR_FILENO) >= 0);
	close(real);
	close(pipes[1]);
	read = read_file(place.path);
	assert_string_equal(read, "kept");
	assert_true(worst_ns < 200 * NS_PER_MS);
	free(read);
	temp_folder_free(place.folder);
}

static void test_a_replaced_file_is_the_old_one_or_the_new_one(void **state)
{
	struct place place = make_place("file");
	char part[300], missing[300], *text;
	struct stat st;
	struct err err;

	(void)state;
	write_file(place.path, "old", 3);
	write_file(place.path, "newer", 5);
	text = read_file(place.path);
	assert_string_equal(text, "newer");
	assert_int_equal(stat(place.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(part, sizeof part, "%s.part", place.path);
	assert_int_equal(access(part, F_OK), -1);
	snprintf(missing, sizeof missing, "%s/none/file", place.folder);
	assert_int_equal(replace_file(missing, "x", 1, &err), ERR_OS);
	free(text);
	temp_folder_free(place.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_trace_has_every_byte_with_time_and_direction),
		cmocka_unit_test(test_the_trace_is_rotated_and_says_what_is_missing),
		cmocka_unit_test(test_a_trace_longer_than_its_share_moves_aside),
		cmocka_unit_test(test_the_newest_state_is_the_one_kept),
		cmocka_unit_test(test_nobody_waits_for_a_terminal_that_is_paused),
		cmocka_unit_test(test_a_replaced_file_is_the_old_one_or_the_new_one),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(60);
	return cmocka_run_group_tests_name("scribe", tests, NULL, NULL);
}
