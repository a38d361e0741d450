/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stills in the store: the file before the entry, nothing lost, nothing deleted. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "station/evidence/evidence.h"
#include "station/evidence/spin.h"
#include "station/evidence/still.h"
#include "station/evidence/still_file.h"
#include "tests/unit/temp_folder.h"

/* A whole JPEG in the sense of jpeg_check: 16 x 16, grey, of which nobody decodes the scan. */
static const uint8_t picture[] =
	"\xff\xd8" "\xff\xc0\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0" "\xff\xda\0\x08\x01\x01\0\0\x3f\0" "scan"
	"\xff\xd9";

struct fixture {
	char *folder;
	struct store *store;
	struct act act;
	json_t *settings;
};

static struct still_shot shot_of(struct fixture *fixture)
{
	struct still_shot shot = { .bytes = picture, .len_bytes = sizeof picture - 1, .width = 16, .height = 16,
				   .format = "image/jpeg", .made_by = "camera", .camera = "usb:1:2:3",
				   .captured_ns = 5000, .captured_utc_us = 1790000000000000, .sequence = 77,
				   .settings = fixture->settings, .view = "overall" };

	return shot;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct err err;

	fixture->folder = temp_folder_new();
	if (store_open(&fixture->store, fixture->folder, &err) < 0 || store_begin(fixture->store, &err) < 0)
		fail_msg("%s", err.text);
	fixture->settings = json_pack("{s:i, s:i}", "focus", 40, "exposure", 250);
	fixture->act = (struct act){ .actor = "Chen", .role = "operator", .second = "Li", .reason = "condition",
				     .showing = 3, .case_no = "(2026)1", .exhibit_no = "2", .pose_known = true,
				     .pose = { .link = POSE_LINK_UP, .motion = POSE_MOTION_STILL,
					       .reference = POSE_REF_HOMED, .reported_mdeg = 90000,
					       .uncertainty_mdeg = 10 },
				     .utc_us = 1790000000100000 };
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	store_free(fixture->store);
	json_decref(fixture->settings);
	temp_folder_free(fixture->folder);
	free(fixture);
	return 0;
}

static int64_t keep(struct fixture *fixture, const struct still_shot *shot)
{
	struct err err;
	int64_t id = 0;

	if (still_keep(fixture->store, &fixture->act, fixture->folder, shot, &id, &err) < 0)
		fail_msg("%s", err.text);
	return id;
}

static json_t *json_of(struct fixture *fixture, int64_t id)
{
	struct err err;
	json_t *json = NULL;

	if (still_json(fixture->store, id, &json, &err) < 0)
		fail_msg("%s", err.text);
	return json;
}

static const char *text(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static json_t *last_entry(struct fixture *fixture)
{
	CLEANUP(store_rows_end) struct store_rows rows = { 0 };
	size_t len_bytes;
	const void *line;

	assert_int_equal(store_query(&rows, fixture->store, NULL, "SELECT entry FROM event ORDER BY seq DESC LIMIT 1",
				     ""), 0);
	assert_int_equal(store_next(&rows, NULL), 1);
	line = store_blob(&rows, 0, &len_bytes);
	return json_loadb(line, len_bytes, 0, NULL);
}

static char *path_of(struct fixture *fixture, const char *file)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/%s", fixture->folder, file);
	return path;
}

static void write_file(struct fixture *fixture, const char *file, const void *bytes, size_t len_bytes)
{
	FILE *out = fopen(path_of(fixture, file), "wbe");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, len_bytes, out), len_bytes);
	fclose(out);
}

static void test_still_is_kept_as_it_came_with_all_that_is_known(void **state)
{
	struct fixture *fixture = *state;
	struct still_shot shot = shot_of(fixture);
	uint8_t bytes[sizeof picture + 10];
	char sha256[65];
	json_t *json = json_of(fixture, keep(fixture, &shot));
	json_t *entry = last_entry(fixture), *data = json_object_get(entry, "data");
	FILE *file = fopen(path_of(fixture, text(json, "file")), "rbe");

	assert_non_null(file);
	assert_int_equal(fread(bytes, 1, sizeof bytes, file), sizeof picture - 1);
	fclose(file);
	assert_memory_equal(bytes, picture, sizeof picture - 1);
	still_digest(sha256, picture, sizeof picture - 1);
	assert_string_equal(text(json, "sha256"), sha256);
	assert_string_equal(text(json, "file"), "media/3/stills/0001.jpg");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "pose"), "bearing_mdeg")), 90000);
	assert_true(json_equal(json_object_get(json, "settings"), fixture->settings));
	assert_string_equal(text(entry, "action"), "still.taken");
	assert_string_equal(text(entry, "second"), "Li");
	assert_string_equal(text(entry, "reason"), "condition");
	assert_string_equal(text(data, "sha256"), sha256);
	assert_string_equal(text(data, "file"), text(json, "file"));
	assert_true(json_equal(json_object_get(json, "entry"), json_object_get(entry, "seq")));
	json_decref(json);
	json_decref(entry);
}

static void test_what_is_no_whole_picture_is_refused_and_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct err err;
	int64_t id;

	for (size_t len = 0; len < sizeof picture - 1; len++) {
		struct still_shot shot = shot_of(fixture);

		shot.len_bytes = len;
		assert_int_equal(still_keep(fixture->store, &fixture->act, fixture->folder, &shot, &id, &err),
				 ERR_RANGE);
	}
	assert_int_equal(access(path_of(fixture, "media"), F_OK), -1);
}

static void test_size_view_and_purpose_are_checked(void **state)
{
	struct fixture *fixture = *state;
	struct still_shot shot = shot_of(fixture);
	struct err err;
	int64_t id;

	shot.width = 17;
	assert_int_equal(still_keep(fixture->store, &fixture->act, fixture->folder, &shot, &id, &err), ERR_RANGE);
	shot = shot_of(fixture);
	strcpy(shot.view, "underside");
	assert_int_equal(still_keep(fixture->store, &fixture->act, fixture->folder, &shot, &id, &err), ERR_RANGE);
	shot = shot_of(fixture);
	fixture->act.showing = 0;
	assert_int_equal(still_keep(fixture->store, &fixture->act, fixture->folder, &shot, &id, &err), ERR_STATE);
	shot.retrieval = 99;
	assert_int_equal(still_keep(fixture->store, &fixture->act, fixture->folder, &shot, &id, &err), ERR_RANGE);
}

static void test_rejected_still_stays_and_says_why(void **state)
{
	struct fixture *fixture = *state;
	struct still_shot shot = shot_of(fixture);
	int64_t id = keep(fixture, &shot);
	struct err err;
	json_t *json, *entry;

	fixture->act.reason[0] = '\0';
	assert_int_equal(still_reject(fixture->store, &fixture->act, id, &err), ERR_RANGE);
	strcpy(fixture->act.reason, "blurred");
	assert_int_equal(still_reject(fixture->store, &fixture->act, id, &err), 0);
	assert_int_equal(still_reject(fixture->store, &fixture->act, id, &err), ERR_STATE);
	assert_int_equal(still_reject(fixture->store, &fixture->act, id + 1, &err), ERR_RANGE);
	json = json_of(fixture, id);
	assert_string_equal(text(json_object_get(json, "rejected"), "reason"), "blurred");
	assert_string_equal(text(json, "reason"), "condition");
	assert_int_equal(access(path_of(fixture, text(json, "file")), R_OK), 0);
	entry = last_entry(fixture);
	assert_string_equal(text(entry, "action"), "still.rejected");
	json_decref(entry);
	json_decref(json);
}

static void test_name_that_is_taken_is_not_used_again(void **state)
{
	struct fixture *fixture = *state;
	struct still_shot shot = shot_of(fixture);
	struct stat stat_of;
	json_t *json;

	keep(fixture, &shot);
	write_file(fixture, "media/3/stills/0002.jpg", "other", 5);
	json = json_of(fixture, keep(fixture, &shot));
	assert_string_equal(text(json, "file"), "media/3/stills/0003.jpg");
	assert_int_equal(stat(path_of(fixture, "media/3/stills/0002.jpg"), &stat_of), 0);
	assert_int_equal(stat_of.st_size, 5);
	json_decref(json);
	shot.spin = 4;
	shot.spin_frame = 7;
	for (int i = 0; i < 2; i++) {
		json = json_of(fixture, keep(fixture, &shot));
		assert_string_equal(text(json, "file"), i ? "media/3/spins/04/007-2.jpg" : "media/3/spins/04/007.jpg");
		json_decref(json);
	}
}

/* The transaction did not come to its end: the file is there, and nobody was told. */
static void test_file_without_an_entry_is_entered_as_found(void **state)
{
	struct fixture *fixture = *state;
	struct still_shot shot = shot_of(fixture);
	struct still_recovery found;
	struct act act = { .actor = "the station", .role = "station", .utc_us = 1790000000200000 };
	json_t *json, *entry;

	keep(fixture, &shot);
	assert_int_equal(store_commit(fixture->store, NULL), 0);
	assert_int_equal(store_begin(fixture->store, NULL), 0);
	keep(fixture, &shot);
	store_rollback(fixture->store);
	write_file(fixture, "media/3/stills/0003.jpg.new", picture, 9);
	assert_int_equal(store_begin(fixture->store, NULL), 0);
	for (int i = 0; i < 2; i++) {	/* the second time there is nothing left to find */
		assert_int_equal(still_recover(fixture->store, &act, fixture->folder, &found, NULL), 0);
		assert_int_equal(found.swept, !i);
		assert_int_equal(found.found, !i);
		assert_int_equal(found.missing, 0);
	}
	assert_int_equal(access(path_of(fixture, "media/3/stills/0003.jpg.new"), F_OK), -1);
	json = json_of(fixture, 2);
	assert_string_equal(text(json, "file"), "media/3/stills/0002.jpg");
	assert_true(json_is_true(json_object_get(json, "found")));
	assert_int_equal(json_integer_value(json_object_get(json, "showing")), 3);
	entry = last_entry(fixture);
	assert_string_equal(text(entry, "action"), "still.found");
	assert_string_equal(text(json_object_get(entry, "data"), "sha256"), text(json, "sha256"));
	assert_true(json_is_null(json_object_get(entry, "pose")));
	json_decref(json);
	json_decref(entry);
}

static void test_entry_without_its_file_is_counted(void **state)
{
	struct fixture *fixture = *state;
	struct still_shot shot = shot_of(fixture);
	struct still_recovery found;

	keep(fixture, &shot);
	keep(fixture, &shot);
	assert_int_equal(unlink(path_of(fixture, "media/3/stills/0002.jpg")), 0);
	assert_int_equal(still_recover(fixture->store, &fixture->act, fixture->folder, &found, NULL), 0);
	assert_int_equal(found.missing, 1);
	assert_string_equal(found.first_missing, "media/3/stills/0002.jpg");
}

static void test_folder_that_takes_no_file_refuses_the_still(void **state)
{
	struct fixture *fixture = *state;
	struct still_shot shot = shot_of(fixture);
	struct err err;
	int64_t id;

	write_file(fixture, "media", "a file", 6);
	assert_int_equal(still_keep(fixture->store, &fixture->act, fixture->folder, &shot, &id, &err), ERR_OS);
}

static json_t *call(struct fixture *fixture, const char *method, json_t *params, int expect)
{
	const struct evidence_method_entry *entry = evidence_method_find(method);
	json_t *result = NULL;
	struct err err = { 0 };
	int rc;

	assert_non_null(entry);
	rc = entry->run(fixture->store, &fixture->act, params, &result, &err);
	if (rc != expect)
		fail_msg("%s: %d, %s", method, rc, err.text);
	json_decref(params);
	return result;
}

static void test_shot_list_says_what_is_there_and_what_is_missing(void **state)
{
	struct fixture *fixture = *state;
	struct still_shot shot = shot_of(fixture);
	json_t *answer, *views, *first;
	size_t count, i;

	keep(fixture, &shot);
	strcpy(shot.view, "marks");
	keep(fixture, &shot);
	assert_int_equal(still_reject(fixture->store, &fixture->act, 2, NULL), 0);
	answer = call(fixture, "still.views", json_object(), 0);
	views = json_object_get(answer, "views");
	first = json_array_get(views, 0);
	assert_string_equal(text(first, "view"), "overall");
	assert_int_equal(json_array_size(json_object_get(first, "stills")), 1);
	json_array_foreach(views, i, first)
		if (i)
			assert_int_equal(json_array_size(json_object_get(first, "stills")), 0);
	count = json_array_size(views);
	assert_int_equal(count, 10);
	json_decref(answer);
	fixture->act.exhibit_no[0] = '\0';
	call(fixture, "still.views", json_object(), ERR_STATE);
}

static void test_list_goes_on_behind_a_number(void **state)
{
	struct fixture *fixture = *state;
	struct still_shot shot = shot_of(fixture);
	json_t *answer;

	for (int i = 0; i < 103; i++)
		keep(fixture, &shot);
	answer = call(fixture, "still.list", json_object(), 0);
	assert_int_equal(json_array_size(json_object_get(answer, "stills")), 100);
	assert_int_equal(json_integer_value(json_object_get(answer, "next")), 100);
	json_decref(answer);
	answer = call(fixture, "still.list", json_pack("{s:i}", "after", 100), 0);
	assert_int_equal(json_array_size(json_object_get(answer, "stills")), 3);
	assert_int_equal(json_integer_value(json_object_get(answer, "next")), 0);
	json_decref(answer);
	answer = call(fixture, "still.list", json_pack("{s:i}", "showing", 4), 0);
	assert_int_equal(json_array_size(json_object_get(answer, "stills")), 0);
	json_decref(answer);
	call(fixture, "still.show", json_pack("{s:i}", "still", 104), ERR_RANGE);
	call(fixture, "still.show", json_pack("{s:s}", "still", "1"), ERR_RANGE);
}

static int64_t keep_frame(struct fixture *fixture, int64_t spin, int frame)
{
	struct still_shot shot = shot_of(fixture);

	shot.spin = spin;
	shot.spin_frame = frame;
	shot.view[0] = '\0';
	return keep(fixture, &shot);
}

static void test_spin_goes_on_with_what_is_missing_or_rejected(void **state)
{
	struct fixture *fixture = *state;
	struct spin spin = { .frames = 12, .settle_ms = 40, .full = true }, again;
	json_t *entry, *data;
	struct err err;

	assert_int_equal(spin_begin(fixture->store, &fixture->act, &spin, &err), 0);
	for (int i = 0; i < 5; i++)
		keep_frame(fixture, spin.id, i);
	assert_int_equal(still_reject(fixture->store, &fixture->act, 3, &err), 0);
	assert_int_equal(spin_end(fixture->store, &fixture->act, spin.id, "stopped by Chen", &err), 0);
	again = (struct spin){ .id = spin.id };
	assert_int_equal(spin_begin(fixture->store, &fixture->act, &again, &err), 0);
	assert_int_equal(again.frames, 12);
	assert_int_equal(again.settle_ms, 40);
	assert_true(again.full);
	for (int i = 0; i < 12; i++)
		assert_int_equal(again.have[i], i < 5 && i != 2);
	for (int i = 0; i < 12; i++)
		if (!again.have[i])
			keep_frame(fixture, spin.id, i);
	assert_int_equal(spin_end(fixture->store, &fixture->act, spin.id, "", &err), 0);
	entry = last_entry(fixture);
	data = json_object_get(entry, "data");
	assert_string_equal(text(entry, "action"), "spin.ended");
	assert_true(json_is_true(json_object_get(data, "complete")));
	assert_int_equal(json_array_size(json_object_get(data, "stills")), 12);
	assert_int_equal(json_array_size(json_object_get(data, "missing")), 0);
	assert_int_equal(spin_begin(fixture->store, &fixture->act, &again, &err), ERR_STATE);
	json_decref(entry);
}

static void test_spin_takes_a_frame_at_its_own_angle_only(void **state)
{
	const struct pose there = { .motion = POSE_MOTION_STILL, .reference = POSE_REF_HOMED, .uncertainty_mdeg = 200 };
	static const struct { int frame; int64_t reported_mdeg; int rc; } cases[] = {
		{ 1, 30000, 0 }, { 1, 30200, 0 }, { 1, 29800, 0 }, { 1, 30201, ERR_STATE }, { 1, 29799, ERR_STATE },
		{ 0, 359800, 0 }, { 0, 200, 0 }, { 0, 359799, ERR_STATE }, { 11, 330000 - 720000, 0 }, { 6, 0, ERR_STATE },
	};
	struct pose pose;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		pose = there;
		pose.reported_mdeg = cases[i].reported_mdeg;
		assert_int_equal(spin_check_pose(cases[i].frame, 12, &pose, &err), cases[i].rc);
	}
	assert_non_null(strstr(err.text, "180.000 degrees beside frame 6"));
	pose = there;
	pose.motion = POSE_MOTION_MOVING;
	assert_int_equal(spin_check_pose(0, 12, &pose, &err), ERR_STATE);
	pose = there;
	pose.reference = POSE_REF_USER_ZERO;
	assert_int_equal(spin_check_pose(0, 12, &pose, &err), ERR_STATE);
	pose = there;
	pose.uncertainty_mdeg = INT32_MAX;
	assert_int_equal(spin_check_pose(0, 12, &pose, &err), ERR_STATE);
}

static void test_spin_of_360_fits_into_one_entry(void **state)
{
	struct fixture *fixture = *state;
	struct spin spin = { .frames = SPIN_FRAMES_MAX };
	json_t *entry;
	struct err err;

	assert_int_equal(spin_begin(fixture->store, &fixture->act, &spin, &err), 0);
	for (int i = 0; i < SPIN_FRAMES_MAX; i++)
		keep_frame(fixture, spin.id, i);
	if (spin_end(fixture->store, &fixture->act, spin.id, "", &err) < 0)
		fail_msg("%s", err.text);
	entry = last_entry(fixture);
	assert_int_equal(json_array_size(json_object_get(json_object_get(entry, "data"), "stills")), SPIN_FRAMES_MAX);
	json_decref(entry);
}

static void test_spin_under_way_at_a_failure_is_ended(void **state)
{
	struct fixture *fixture = *state;
	struct spin spin = { .frames = 12 };
	json_t *json;

	assert_int_equal(spin_begin(fixture->store, &fixture->act, &spin, NULL), 0);
	keep_frame(fixture, spin.id, 0);
	assert_int_equal(spin_recover(fixture->store, &fixture->act, NULL), 1);
	assert_int_equal(spin_recover(fixture->store, &fixture->act, NULL), 0);
	json = call(fixture, "spin.show", json_pack("{s:I}", "spin", (json_int_t)spin.id), 0);
	assert_string_equal(text(json, "state"), "stopped");
	assert_int_equal(json_array_size(json_object_get(json, "missing")), 11);
	json_decref(json);
}

static void test_bearings_of_a_spin_go_round_the_turn(void **state)
{
	(void)state;
	for (int frames = SPIN_FRAMES_MIN; frames <= SPIN_FRAMES_MAX; frames++) {
		assert_int_equal(spin_bearing_mdeg(0, frames), 0);
		for (int i = 1; i < frames; i++) {
			int step = spin_bearing_mdeg(i, frames) - spin_bearing_mdeg(i - 1, frames);

			assert_in_range(step, MDEG_PER_TURN / frames, MDEG_PER_TURN / frames + 1);
		}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_still_is_kept_as_it_came_with_all_that_is_known),
		TEST(test_what_is_no_whole_picture_is_refused_and_leaves_nothing),
		TEST(test_size_view_and_purpose_are_checked),
		TEST(test_rejected_still_stays_and_says_why),
		TEST(test_name_that_is_taken_is_not_used_again),
		TEST(test_file_without_an_entry_is_entered_as_found),
		TEST(test_entry_without_its_file_is_counted),
		TEST(test_folder_that_takes_no_file_refuses_the_still),
		TEST(test_shot_list_says_what_is_there_and_what_is_missing),
		TEST(test_list_goes_on_behind_a_number),
		TEST(test_spin_goes_on_with_what_is_missing_or_rejected),
		TEST(test_spin_takes_a_frame_at_its_own_angle_only),
		TEST(test_spin_of_360_fits_into_one_entry),
		TEST(test_spin_under_way_at_a_failure_is_ended),
		TEST(test_bearings_of_a_spin_go_round_the_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
