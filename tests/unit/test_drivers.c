/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds for every driver: it is found by its name, and plays its transcript. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "turntable/driver.h"

/* --- transcripts ---------------------------------------------------------------------------------- */

struct play {
	struct drive *drive;
	uint64_t now_ns;
	char sent[4096];
	size_t sent_len;
	const struct drive_exchange *asks[8];	/* what it may ask at any time */
	size_t ask_count;
	unsigned done, failed;
};

static size_t length(const struct drive_exchange *step)
{
	return step->len_bytes ? step->len_bytes : strlen(step->bytes);
}

static void play_event(void *owner, const struct drive_event *event)
{
	struct play *play = owner;

	play->done += event->kind == DRIVE_EVENT_DONE;
	play->failed += event->kind == DRIVE_EVENT_FAILED;
}

static void play_take(struct play *play)
{
	memcpy(play->sent + play->sent_len, play->drive->tx, play->drive->tx_len_bytes);
	play->sent_len += play->drive->tx_len_bytes;
	play->drive->tx_len_bytes = 0;
	assert_true(play->sent_len < sizeof play->sent - DRIVE_TX_BYTES);
}

static void play_ms(struct play *play, int ms)
{
	for (; ms > 0; ms--) {
		play->now_ns += NS_PER_MS;
		if (play->now_ns >= play->drive->driver->deadline(play->drive))
			play->drive->driver->tick(play->drive, play->now_ns);
		play_take(play);
	}
}

/* How many bytes at @at are one of its questions; 0: none. */
static size_t question(const struct play *play, const char *at, size_t left)
{
	for (size_t i = 0; i < play->ask_count; i++)
		if (length(play->asks[i]) <= left && memcmp(at, play->asks[i]->bytes, length(play->asks[i])) == 0)
			return length(play->asks[i]);
	return 0;
}

/* The bytes come within 5 s; before them there may be questions, and more of the same behind. */
static void play_sent(struct play *play, const struct drive_exchange *step)
{
	for (int ms = 0; ms < 5000; ms++) {
		char *found = memmem(play->sent, play->sent_len, step->bytes, length(step));
		size_t before = found ? (size_t)(found - play->sent) : 0, at = 0, len;

		while (at < before && (len = question(play, play->sent + at, before - at)) > 0)
			at += len;
		if (found) {
			assert_int_equal(at, before);
			play->sent_len = 0;
			return;
		}
		play_ms(play, 1);
	}
	fail_msg("\"%s\" was not sent, but \"%.*s\"", step->bytes, (int)play->sent_len, play->sent);
}

static void play_step(struct play *play, const struct drive_exchange *step)
{
	const struct table_driver *driver = play->drive->driver;
	struct err err;

	switch (step->step) {
	case DRIVE_PLAY_SENT:
		play_sent(play, step);
		break;
	case DRIVE_PLAY_ANSWER:
		play_ms(play, 4);
		driver->rx(play->drive, (const uint8_t *)step->bytes, length(step), play->now_ns);
		play_take(play);
		break;
	case DRIVE_PLAY_WAIT_MS:
		play_ms(play, step->value);
		break;
	case DRIVE_PLAY_COMMAND:
		assert_int_equal(play->drive->state.motion, POSE_MOTION_STILL);
		play->sent_len = 0;
		assert_int_equal(driver->command(play->drive, &step->command, play->now_ns, &err), 0);
		break;
	case DRIVE_PLAY_STOP:
		play->sent_len = 0;
		driver->urgent(play->drive, DRIVE_STOP, play->now_ns);
		play_take(play);
		break;
	case DRIVE_PLAY_ASKS:
		assert_true(play->ask_count < ARRAY_LEN(play->asks));
		play->asks[play->ask_count++] = step;
		break;
	case DRIVE_PLAY_DONE:
		assert_int_equal(play->done, 1);
		play->done = 0;
		break;
	default:
		break;
	}
	assert_int_equal(play->failed, 0);
}

static void test_each_driver_plays_its_transcript(void **state)
{
	(void)state;
	for (size_t i = 0; drive_at(i); i++) {
		struct play play = { .now_ns = 50 * NS_PER_S };
		struct err err;

		assert_non_null(drive_at(i)->transcript);
		assert_int_equal(drive_new(&play.drive, drive_at(i), NULL, 7, play_event, &play, &err), 0);
		drive_at(i)->link(play.drive, DRIVE_LINK_OPENED, play.now_ns);
		for (const struct drive_exchange *step = drive_at(i)->transcript; step->step != DRIVE_PLAY_END; step++)
			play_step(&play, step);
		drive_free(play.drive);
	}
}

static void test_drivers_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(drive_find("grbl"), drive_at(0));
	assert_null(drive_find("grb"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_driver_plays_its_transcript),
		cmocka_unit_test(test_drivers_are_found_by_name),
	};

	return cmocka_run_group_tests_name("drivers", tests, NULL, NULL);
}
