/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a driver says first may be heard by any controller: it moves none of them, and only its own takes it up.
 *
 * The opening of each driver against each simulated controller, alone, and all of them one after the other on one
 * line as `ostend-table probe` does it, with what the earlier ones left in the controller's buffers; at the
 * controller's speed, and at others, where other bytes are heard than were said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "station/base/clock.h"
#include "turntable/driver.h"
#include "turntable/sim_board.h"

#define BOOT_MS 4000		/* some restart when the line is opened, and look for their zero */
#define TALK_MS 6000
#define GIVEN_UP_MS 1800	/* after this a prober has left one that does not answer */

struct meeting {
	struct sim_board *board;
	struct drive *drive;
	int baud;			/* of the host; 0: as the controller's */
	uint64_t now_ns;
	int64_t stood_mdeg;
};

/* --- bytes at one speed, as they are heard at another ---------------------------------------------- */

/* Whether the line is high @at bits (of the sender) after the first start bit. */
static bool high(const uint8_t *bytes, size_t len, double at)
{
	size_t bit = (size_t)at, byte = bit / 10, place = bit % 10;

	if (byte >= len || place == 9)
		return true;
	return place && bytes[byte] >> (place - 1) & 1;
}

/* What a receiver at @to makes of @bytes sent at @from; it takes frames without their stop bit too. At most @size. */
static size_t heard_at(const uint8_t *bytes, size_t len, int from, int to, uint8_t *heard, size_t size)
{
	double bit = (double)from / to, at = 0, end = (double)len * 10;
	size_t count = 0;

	while (count < size) {
		while (at < end && high(bytes, len, at))	/* to the next start */
			at += bit / 16;
		if (at >= end)
			return count;
		heard[count] = 0;
		for (int i = 0; i < 8; i++)
			heard[count] |= (uint8_t)(high(bytes, len, at + bit * (1.5 + i)) << i);
		count++;
		at += bit * 9.5;
	}
	return count;
}

static void test_bytes_are_heard_as_sent_at_the_same_speed(void **state)
{
	static const uint8_t said[] = { 'C', 'T', 0x00, 0xff, 0x55, ';' };
	uint8_t heard[32];

	(void)state;
	assert_int_equal(heard_at(said, sizeof said, 9600, 9600, heard, sizeof heard), sizeof said);
	assert_memory_equal(heard, said, sizeof said);
	assert_int_not_equal(heard_at(said, sizeof said, 9600, 115200, heard, sizeof heard), sizeof said);
}

/* --- meetings --------------------------------------------------------------------------------------- */

static void take_event(void *owner, const struct drive_event *event)
{
	(void)owner;
	assert_int_not_equal(event->kind, DRIVE_EVENT_FAILED);
}

static struct meeting met(const char *controller, const struct sim_config *config)
{
	struct meeting meeting = { .now_ns = 100 * NS_PER_S };
	struct err err;

	assert_int_equal(sim_board_new(&meeting.board, controller, config, meeting.now_ns, &err), 0);
	meeting.stood_mdeg = sim_board_true_mdeg(meeting.board);
	return meeting;
}

static void assert_stands(const struct meeting *meeting)
{
	if (sim_board_true_mdeg(meeting->board) != meeting->stood_mdeg ||
	    (int)sim_board_speed_mdeg_s(meeting->board) != 0)
		fail_msg("the opening of %s moved a %s", meeting->drive->driver->name, meeting->board->model->name);
}

static void pass_ms(struct meeting *meeting)
{
	struct drive *drive = meeting->drive;
	int theirs = meeting->board->model->baud, ours = meeting->baud ? meeting->baud : theirs;
	uint8_t bytes[512], heard[4096];
	size_t len;

	meeting->now_ns += NS_PER_MS;
	sim_board_advance(meeting->board, meeting->now_ns);
	len = sim_board_tx(meeting->board, bytes, sizeof bytes);
	if (!drive)
		return;
	len = heard_at(bytes, len, theirs, ours, heard, sizeof heard);
	if (len)
		drive->driver->rx(drive, heard, len, meeting->now_ns);
	if (meeting->now_ns >= drive->driver->deadline(drive))
		drive->driver->tick(drive, meeting->now_ns);
	len = heard_at(drive->tx, drive->tx_len_bytes, ours, theirs, heard, sizeof heard);
	sim_board_rx(meeting->board, heard, len, meeting->now_ns);
	drive->tx_len_bytes = 0;
	assert_stands(meeting);
}

/* Let @driver open its session; whether it is answered within @ms. */
static bool answered(struct meeting *meeting, const struct table_driver *driver, int ms)
{
	struct err err;
	bool up = false;

	assert_int_equal(drive_new(&meeting->drive, driver, NULL, 0, take_event, NULL, &err), 0);
	driver->link(meeting->drive, DRIVE_LINK_OPENED, meeting->now_ns);
	while (ms-- && !up) {
		pass_ms(meeting);
		up = meeting->drive->state.link == POSE_LINK_UP;
	}
	meeting->drive = drive_free(meeting->drive);
	return up;
}

static void wait_ms(struct meeting *meeting, int ms)
{
	while (ms--)
		pass_ms(meeting);
}

static void each_driver_meets(const char *controller, const struct sim_config *config)
{
	for (size_t i = 0; drive_at(i); i++) {
		struct meeting meeting = met(controller, config);
		bool right = strcmp(drive_at(i)->name, controller) == 0;

		wait_ms(&meeting, BOOT_MS);
		if (answered(&meeting, drive_at(i), TALK_MS) != right)
			fail_msg("%s is %s by a %s", drive_at(i)->name, right ? "not answered" : "answered", controller);
		sim_board_free(meeting.board);
	}
}

static void test_only_the_right_driver_is_answered_and_none_moves_anything(void **state)
{
	static const struct sim_config plain = { .true_mdeg = 33000 };
	static const struct sim_config ready = { .true_mdeg = 33000, .no_homing = true };	/* unlocked: it would move */

	(void)state;
	for (size_t i = 0; drive_at(i); i++) {
		each_driver_meets(drive_at(i)->name, &plain);
		each_driver_meets(drive_at(i)->name, &ready);
	}
}

static void test_what_the_others_have_left_in_its_buffer_moves_nothing(void **state)
{
	static const struct sim_config ready = { .true_mdeg = 33000, .no_homing = true };

	(void)state;
	for (size_t i = 0; drive_at(i); i++) {
		struct meeting meeting = met(drive_at(i)->name, &ready);

		wait_ms(&meeting, BOOT_MS);
		for (size_t round = 0; round < 2; round++)
			for (size_t k = 0; drive_at(k); k++) {
				bool right = k == i;

				if (answered(&meeting, drive_at(k), right ? TALK_MS : GIVEN_UP_MS) != right)
					fail_msg("%s is %s by a %s", drive_at(k)->name, right ? "not answered" : "answered",
						 drive_at(i)->name);
			}
		sim_board_free(meeting.board);
	}
}

static void test_at_a_wrong_speed_nothing_moves_and_nobody_is_taken_for_answered(void **state)
{
	static const struct sim_config ready = { .true_mdeg = 33000, .no_homing = true };
	static const int bauds[] = { 2400, 4800, 9600, 19200, 38400, 57600, 115200, 250000 };

	(void)state;
	for (size_t i = 0; drive_at(i); i++)
		for (size_t b = 0; b < ARRAY_LEN(bauds); b++) {
			struct meeting meeting = met(drive_at(i)->name, &ready);

			if (bauds[b] == meeting.board->model->baud) {
				sim_board_free(meeting.board);
				continue;
			}
			wait_ms(&meeting, BOOT_MS);
			meeting.baud = bauds[b];
			for (size_t k = 0; drive_at(k); k++)
				if (answered(&meeting, drive_at(k), GIVEN_UP_MS))
					fail_msg("%s is answered by a %s at %d baud", drive_at(k)->name, drive_at(i)->name, bauds[b]);
			sim_board_free(meeting.board);
		}
}

/* A board that stands, and moves when it is told: else the tests above could not fail. */
static void test_these_controllers_would_move(void **state)
{
	static const struct { const char *controller, *bytes; size_t len; } orders[] = {
		{ "grbl", "$J=G91X30F1200\n", 15 }, { "comxim", "CT+TURNSINGLE(0,30);", 20 },
		{ "pelcod", "\xff\x01\x00\x02\x3f\x00\x42", 7 },
	};
	static const struct sim_config ready = { .true_mdeg = 33000, .no_homing = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct meeting meeting = met(orders[i].controller, &ready);

		wait_ms(&meeting, BOOT_MS);
		sim_board_rx(meeting.board, (const uint8_t *)orders[i].bytes, orders[i].len, meeting.now_ns);
		wait_ms(&meeting, 1000);
		assert_int_not_equal(sim_board_true_mdeg(meeting.board), 33000);
		sim_board_free(meeting.board);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_are_heard_as_sent_at_the_same_speed),
		cmocka_unit_test(test_only_the_right_driver_is_answered_and_none_moves_anything),
		cmocka_unit_test(test_what_the_others_have_left_in_its_buffer_moves_nothing),
		cmocka_unit_test(test_at_a_wrong_speed_nothing_moves_and_nobody_is_taken_for_answered),
		cmocka_unit_test(test_these_controllers_would_move),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
