/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the database and the ledger say of recordings, without a station. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "station/base/clock.h"
#include "station/evidence/evidence.h"
#include "station/evidence/recorder_file.h"
#include "station/evidence/recording_store.h"
#include "tests/unit/recording_rig.h"
#include "tests/unit/temp_folder.h"

struct desk {
	char *folder;
	struct store *store;
	struct act act;
};

static struct desk desk_new(void)
{
	struct desk desk = { .folder = temp_folder_new() };

	strcpy(desk.act.actor, "the station");
	strcpy(desk.act.role, "station");
	desk.act.utc_us = 1;
	assert_int_equal(store_open(&desk.store, desk.folder, NULL), 0);
	return desk;
}

static void desk_free(struct desk *desk)
{
	store_free(desk->store);
	temp_folder_free(desk->folder);
}

static void take(struct desk *desk, const struct recorder_event *event)
{
	assert_int_equal(store_begin(desk->store, NULL), 0);
	assert_int_equal(recording_take(desk->store, &desk->act, event, NULL), 0);
	assert_int_equal(store_commit(desk->store, NULL), 0);
}

/* The rows, the newest first; the caller's. */
static json_t *list(struct desk *desk, int64_t showing)
{
	json_t *params = showing ? json_pack("{s:I}", "showing", (json_int_t)showing) : json_object(), *result;
	json_t *rows;

	assert_int_equal(recording_list_method(desk->store, &desk->act, params, &result, NULL), 0);
	rows = json_incref(json_object_get(result, "recordings"));
	json_decref(result);
	json_decref(params);
	return rows;
}

static const char *text_of(const json_t *rows, size_t row, const char *key)
{
	return json_string_value(json_object_get(json_array_get(rows, row), key));
}

static int count_entries(struct desk *desk, const char *action, const char *holds)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	int count = 0;

	assert_int_equal(store_query(&rows, desk->store, NULL, "SELECT entry FROM event WHERE action = ?", "t", action),
			 0);
	while (store_next(&rows, NULL) > 0) {
		size_t len;
		const char *entry = store_blob(&rows, 0, &len);

		count += memmem(entry, len, holds, strlen(holds)) != NULL;
	}
	return count;
}

static struct recorder_event event_of(enum recorder_event_kind kind, int64_t showing, uint32_t number)
{
	struct recorder_event event = {
		.kind = kind, .showing = showing, .number = number, .begun_utc_us = 1000000, .ended_utc_us = 3000000,
		.bytes = 4711, .frames = 60,
	};

	snprintf(event.file, sizeof event.file, "media/%d/recording-%03u.mp4", (int)showing, number);
	memset(event.sha256, 0xab, sizeof event.sha256);
	return event;
}

static void test_a_recording_is_a_row_and_two_entries(void **state)
{
	struct desk desk = desk_new();
	struct recorder_event event = event_of(RECORDER_BEGUN, 3, 1);
	json_t *rows;

	(void)state;
	take(&desk, &event);
	rows = list(&desk, 0);
	assert_string_equal(text_of(rows, 0, "state"), "open");
	json_decref(rows);
	event = event_of(RECORDER_ENDED, 3, 1);
	strcpy(event.reason, "recess");
	take(&desk, &event);
	rows = list(&desk, 3);
	assert_int_equal(json_array_size(rows), 1);
	assert_string_equal(text_of(rows, 0, "state"), "ended");
	assert_string_equal(text_of(rows, 0, "reason"), "recess");
	assert_memory_equal(text_of(rows, 0, "sha256"), "abababab", 8);
	json_decref(rows);
	rows = list(&desk, 4);
	assert_int_equal(json_array_size(rows), 0);
	json_decref(rows);
	assert_int_equal(count_entries(&desk, "recording.begun", "\"showing\":3"), 1);
	assert_int_equal(count_entries(&desk, "recording.ended", "\"sha256\":\"abababab"), 1);
	desk_free(&desk);
}

static void test_gaps_and_failures_are_entries_with_their_reasons(void **state)
{
	struct desk desk = desk_new();
	struct recorder_event event = event_of(RECORDER_BEGUN, 1, 1);
	json_t *rows;

	(void)state;
	take(&desk, &event);
	event = event_of(RECORDER_GAP, 1, 0);
	strcpy(event.reason, "the disk was too slow");
	take(&desk, &event);
	event = event_of(RECORDER_FAILED, 1, 1);
	strcpy(event.reason, "it may not be on the disk");
	take(&desk, &event);
	rows = list(&desk, 1);
	assert_string_equal(text_of(rows, 0, "state"), "open");	/* it has no end until it is looked at */
	assert_string_equal(text_of(rows, 0, "reason"), "it may not be on the disk");
	json_decref(rows);
	assert_int_equal(count_entries(&desk, "recording.gap", "the disk was too slow"), 1);
	assert_int_equal(count_entries(&desk, "recording.failed", "it may not be"), 1);
	desk_free(&desk);
}

/* A file of one written fragment and no end, as a crash leaves it. */
static void leave_file(struct desk *desk, int64_t showing, bool known)
{
	struct rig *rig = rig_new();
	struct recorder_file *file;
	struct recorder_file_state state;
	struct recorder_event event;

	for (uint64_t i = 0; i < 20; i++) {
		struct access_unit *au = rig_picture(rig, (i + 1) * NS_PER_S / RIG_FPS, i == 0);

		if (i == 0)
			assert_int_equal(recorder_file_open(&file, desk->folder, "test", showing, 1, au, NULL), 0);
		assert_int_equal(mp4_picture(recorder_file_writer(file), au->bytes, au->len_bytes, au->captured_ns,
					     au->keyframe, NULL), 0);
		access_unit_unref(au);
	}
	recorder_file_state(file, &state);
	event = event_of(RECORDER_BEGUN, showing, state.number);
	if (known)
		take(desk, &event);
	recorder_file_free(file);
	rig_free(rig);
}

static int recover(struct desk *desk)
{
	int count = 0;

	assert_int_equal(store_begin(desk->store, NULL), 0);
	assert_int_equal(recording_recover(desk->store, &desk->act, desk->folder, &count, NULL), 0);
	assert_int_equal(store_commit(desk->store, NULL), 0);
	return count;
}

static void test_what_a_crash_left_open_is_closed_known_or_not(void **state)
{
	struct desk desk = desk_new();
	json_t *rows;

	(void)state;
	leave_file(&desk, 5, true);
	leave_file(&desk, 6, false);
	assert_int_equal(recover(&desk), 2);
	rows = list(&desk, 0);
	assert_int_equal(json_array_size(rows), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(text_of(rows, i, "state"), "recovered");
		/* all but the fragment that was not full yet */
		assert_in_range(json_integer_value(json_object_get(json_array_get(rows, i), "frames")), 14, 19);
	}
	json_decref(rows);
	assert_int_equal(count_entries(&desk, "recording.recovered", "\"bytes_before\":"), 2);
	assert_int_equal(count_entries(&desk, "recording.recovered", "\"showing\":6"), 1);
	assert_int_equal(recover(&desk), 0);
	desk_free(&desk);
}

static void test_a_recording_whose_file_has_gone_is_lost_and_said_so(void **state)
{
	struct desk desk = desk_new();
	struct recorder_event event = event_of(RECORDER_BEGUN, 1, 1);
	json_t *rows;

	(void)state;
	take(&desk, &event);
	assert_int_equal(recover(&desk), 1);
	rows = list(&desk, 1);
	assert_string_equal(text_of(rows, 0, "state"), "lost");
	assert_non_null(strstr(text_of(rows, 0, "reason"), "No such file"));
	assert_null(text_of(rows, 0, "sha256"));
	json_decref(rows);
	assert_int_equal(count_entries(&desk, "recording.recovered", "\"state\":\"lost\""), 1);
	assert_int_equal(recover(&desk), 0);
	desk_free(&desk);
}

static void test_rows_are_never_deleted(void **state)
{
	struct desk desk = desk_new();
	struct recorder_event event = event_of(RECORDER_BEGUN, 1, 1);

	(void)state;
	take(&desk, &event);
	assert_int_not_equal(store_run(desk.store, NULL, "DELETE FROM recording", ""), 0);
	desk_free(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_recording_is_a_row_and_two_entries),
		cmocka_unit_test(test_gaps_and_failures_are_entries_with_their_reasons),
		cmocka_unit_test(test_what_a_crash_left_open_is_closed_known_or_not),
		cmocka_unit_test(test_a_recording_whose_file_has_gone_is_lost_and_said_so),
		cmocka_unit_test(test_rows_are_never_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
