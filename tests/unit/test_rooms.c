/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/rooms.h"

/* In place of the sender: viewers 1 to 40 are connected. */
size_t stream_viewer_stats(struct stream *stream, struct stream_viewer_stats *out, size_t max)
{
	(void)stream;
	for (size_t i = 0; i < 40 && i < max; i++)
		out[i] = (struct stream_viewer_stats){ .viewer = i + 1, .state = STREAM_CONNECTED,
						       .loss_ppm = 20000 };
	return 40;
}

static const struct identity judge = { .role = ROLE_JUDGE, .name = "审判长", .id = "aa" };
static const struct identity defence = { .role = ROLE_DEFENCE, .name = "D", .id = "bb" };

static json_t *report(const char *ufrag, json_int_t age_ms)
{
	return json_pack("{s:s, s:I, s:i, s:i, s:i, s:i, s:i, s:s}", "type", "report", "age_ms", age_ms,
			 "presented", 30, "width", 1920, "height", 1080, "fps", 30, "frozen_ms", 0,
			 "ufrag", ufrag);
}

static json_t *only_row(struct rooms *rooms)
{
	json_t *list = rooms_json(rooms, NULL), *row;

	assert_int_equal(json_array_size(list), 1);
	row = json_incref(json_array_get(list, 0));
	json_decref(list);
	return row;
}

static void expect_member(struct rooms *rooms, const char *key, json_t *value)
{
	json_t *row = only_row(rooms);

	assert_true(json_equal(json_object_get(row, key), value));
	json_decref(row);
	json_decref(value);
}

static void test_rooms_joins_a_page_with_the_viewer_it_names(void **state)
{
	struct rooms *rooms;
	struct err err;
	json_t *message = report("uf1", 80);

	(void)state;
	assert_int_equal(rooms_new(&rooms, &err), 0);
	assert_int_equal(rooms_add_viewer(rooms, 7, &judge, "p:1", &err), 0);
	rooms_set_ufrag(rooms, 7, "uf1");
	assert_int_equal(rooms_add_seat(rooms, 3, &judge, "p:2", &err), 0);
	assert_int_equal(rooms_report(rooms, 3, message, &err), 0);
	expect_member(rooms, "age_ms", json_integer(80));
	expect_member(rooms, "stale", json_false());
	expect_member(rooms, "state", json_string("connected"));
	expect_member(rooms, "loss_percent", json_real(2.0));
	rooms_remove_viewer(rooms, 7);
	expect_member(rooms, "state", json_string("page only"));
	json_decref(message);
	rooms_free(rooms);
}

static void test_rooms_never_believes_a_page_of_somebody_else(void **state)
{
	struct rooms *rooms;
	struct err err;
	json_t *message = report("uf1", 5), *list;

	(void)state;
	assert_int_equal(rooms_new(&rooms, &err), 0);
	rooms_add_viewer(rooms, 7, &judge, "p:1", &err);
	rooms_set_ufrag(rooms, 7, "uf1");
	rooms_add_seat(rooms, 3, &defence, "p:2", &err);
	assert_int_equal(rooms_report(rooms, 3, message, &err), 0);
	list = rooms_json(rooms, NULL);
	assert_int_equal(json_array_size(list), 2);
	json_decref(list);
	json_decref(message);
	rooms_free(rooms);
}

static void test_rooms_shows_a_silent_seat_as_unknown_and_stale(void **state)
{
	struct rooms *rooms;
	struct err err;

	(void)state;
	assert_int_equal(rooms_new(&rooms, &err), 0);
	rooms_add_viewer(rooms, 7, &judge, "p:1", &err);
	expect_member(rooms, "age_ms", json_null());
	expect_member(rooms, "stale", json_true());
	rooms_free(rooms);
}

static void test_rooms_refuses_a_report_that_cannot_be(void **state)
{
	struct rooms *rooms;
	struct err err;
	json_t *message = report("uf1", -5);

	(void)state;
	assert_int_equal(rooms_new(&rooms, &err), 0);
	rooms_add_seat(rooms, 3, &judge, "p:2", &err);
	assert_int_equal(rooms_report(rooms, 3, message, &err), ERR_RANGE);
	assert_non_null(strstr(err.text, "age_ms"));
	json_object_set_new(message, "age_ms", json_integer(5));
	json_object_set_new(message, "fps", json_string("30"));
	assert_int_equal(rooms_report(rooms, 3, message, &err), ERR_RANGE);
	assert_int_equal(rooms_report(rooms, 4, message, &err), ERR_GONE);
	json_decref(message);
	rooms_free(rooms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rooms_joins_a_page_with_the_viewer_it_names),
		cmocka_unit_test(test_rooms_never_believes_a_page_of_somebody_else),
		cmocka_unit_test(test_rooms_shows_a_silent_seat_as_unknown_and_stale),
		cmocka_unit_test(test_rooms_refuses_a_report_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
