/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gate alone: what is behind it writes down what it gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/air.h"
#include "station/base/clock.h"
#include "station/evidence/recorder.h"
#include "station/media_signing.h"
#include "station/stream/stream.h"

#define STEP_NS (NS_PER_S / 30)

/* In the order in which it happened: B begin, E end, v to the viewers, r to the recorder, R a rest, K keyframe asked. */
static char story[256];
static char why[64];
static int64_t showing;
static unsigned waiting, rests;
static bool ended[ACCESS_UNIT_LAYERS_MAX];

static void happened(char what)
{
	size_t len = strlen(story);

	assert_true(len + 1 < sizeof story);
	story[len] = what;
	story[len + 1] = '\0';
}

void stream_give(struct stream *stream, struct access_unit *au)
{
	(void)stream;
	(void)au;
	happened('v');
}

void recorder_begin(struct recorder *recorder, int64_t of)
{
	(void)recorder;
	showing = of;
	happened('B');
}

void recorder_end(struct recorder *recorder, const char *reason)
{
	(void)recorder;
	snprintf(why, sizeof why, "%s", reason);
	happened('E');
}

void recorder_give(struct recorder *recorder, struct access_unit *au)
{
	(void)recorder;
	happened(au->captured_ns ? 'r' : 'R');
}

struct media_sign *media_signing_layer(struct media_signing *signing, unsigned layer)
{
	(void)signing;
	return (struct media_sign *)(uintptr_t)(layer + 1);
}

struct access_unit *media_signing_pass(struct media_signing *signing, struct access_unit *au)
{
	(void)signing;
	return access_unit_ref(au);
}

void media_sign_end(struct media_sign *sign, uint64_t utc_us)
{
	(void)utc_us;
	ended[(uintptr_t)sign - 1] = true;
}

struct access_unit *media_sign_rest(struct media_sign *sign)
{
	assert_int_equal((uintptr_t)sign, 1);	/* the recorder has layer 0 only */
	if (!rests)
		return NULL;
	rests--;
	waiting--;
	return access_unit_new(8);
}

void media_sign_stats(struct media_sign *sign, struct media_sign_stats *out)
{
	(void)sign;
	*out = (struct media_sign_stats){ .waiting = waiting };
}

static void on_keyframe(void *owner)
{
	(void)owner;
	happened('K');
}

static uint64_t now_ns;

static struct air *new_air(bool with_signing)
{
	struct air_config config = {
		.signing = with_signing ? (struct media_signing *)(uintptr_t)1 : NULL,
		.request_keyframe = on_keyframe,
	};
	struct air *air;

	story[0] = why[0] = '\0';
	waiting = rests = 0;
	memset(ended, 0, sizeof ended);
	now_ns = 100 * NS_PER_S;
	assert_int_equal(air_new(&air, &config, NULL), 0);
	return air;
}

static void pass(struct air *air, uint8_t layer, bool keyframe)
{
	struct access_unit *au = access_unit_new(16);

	now_ns += layer == 0 ? STEP_NS : 0;
	au->captured_ns = now_ns;
	au->layer = layer;
	au->keyframe = keyframe;
	air_pass(air, au);
	access_unit_unref(au);
}

/* What has happened since the last look. */
static void assert_story(const char *expected)
{
	assert_string_equal(story, expected);
	story[0] = '\0';
}

static void test_shut_nothing_goes_anywhere(void **state)
{
	struct air *air = new_air(true);

	(void)state;
	for (int i = 0; i < 50; i++)
		pass(air, 0, i % 10 == 0);
	assert_story("");
	assert_false(air_is_open(air) || air_is_busy(air));
	air_free(air);
}

static void test_it_opens_with_a_keyframe_which_it_asks_for(void **state)
{
	struct air *air = new_air(true);

	(void)state;
	air_open(air, 7);
	assert_story("K");
	pass(air, 0, false);
	pass(air, 0, false);
	assert_story("K");	/* again, in case the first was not heard; not with each picture */
	pass(air, 0, true);
	pass(air, 0, false);
	assert_story("Bvrvr");
	assert_int_equal(showing, 7);
	assert_true(air_is_open(air));
	air_free(air);
}

static void test_it_shuts_at_the_next_picture(void **state)
{
	struct air *air = new_air(true);

	(void)state;
	air_open(air, 7);
	pass(air, 0, true);
	air_shut(air, "recess");
	story[0] = '\0';
	pass(air, 0, true);
	pass(air, 0, false);
	assert_story("E");
	assert_string_equal(why, "recess");
	assert_true(ended[0]);
	assert_false(air_is_busy(air));
	air_free(air);
}

static void test_the_last_signature_is_for_the_recording_alone(void **state)
{
	struct air *air = new_air(true);

	(void)state;
	air_open(air, 7);
	pass(air, 0, true);
	air_shut(air, "recess");
	story[0] = '\0';
	waiting = 2;
	pass(air, 0, false);
	assert_true(air_is_busy(air));
	assert_story("");
	rests = 1;
	pass(air, 0, false);
	assert_story("R");
	rests = 1;
	pass(air, 0, false);
	assert_story("RE");
	assert_false(air_is_busy(air));
	air_free(air);
}

static void test_a_signature_that_does_not_come_is_not_waited_for_long(void **state)
{
	struct air *air = new_air(true);
	int pictures = 0;

	(void)state;
	air_open(air, 7);
	pass(air, 0, true);
	air_shut(air, "recess");
	waiting = 1;
	while (pass(air, 0, false), air_is_busy(air))
		pictures++;
	assert_in_range(pictures, 55, 65);	/* two seconds */
	air_free(air);
}

static void test_opened_again_before_the_signature_came_it_is_another_stretch(void **state)
{
	struct air *air = new_air(true);

	(void)state;
	air_open(air, 7);
	pass(air, 0, true);
	air_shut(air, "exchange");
	waiting = 1;
	pass(air, 0, false);
	air_open(air, 7);
	story[0] = '\0';
	pass(air, 0, true);
	assert_story("");	/* a fifth of a second: it belongs into the file of its pictures */
	while (!*story)
		pass(air, 0, false);
	assert_story("K");
	pass(air, 0, true);
	assert_story("EBvr");
	air_free(air);
}

static void test_a_pause_between_two_pictures_is_one_too(void **state)
{
	struct air *air = new_air(false);

	(void)state;
	air_open(air, 7);
	pass(air, 0, true);
	air_shut(air, "recess");
	air_open(air, 7);
	story[0] = '\0';
	pass(air, 0, true);
	assert_story("EBvr");
	assert_string_equal(why, "recess");
	air_shut(air, "recess");
	air_open(air, 7);
	story[0] = '\0';
	pass(air, 0, false);
	assert_story("EK");	/* without a keyframe nothing begins */
	air_free(air);
}

static void test_another_showing_is_another_stretch(void **state)
{
	struct air *air = new_air(false);

	(void)state;
	air_open(air, 7);
	pass(air, 0, true);
	air_open(air, 8);
	story[0] = '\0';
	pass(air, 0, true);
	assert_story("EBvr");
	assert_int_equal(showing, 8);
	air_open(air, 8);	/* nothing new */
	pass(air, 0, false);
	assert_story("vr");
	air_free(air);
}

static void test_each_layer_begins_with_a_keyframe_and_the_largest_is_recorded(void **state)
{
	struct air *air = new_air(true);

	(void)state;
	air_open(air, 7);
	story[0] = '\0';
	pass(air, 1, true);
	pass(air, 0, true);
	pass(air, 1, false);
	assert_story("Bvr");
	pass(air, 0, true);
	pass(air, 1, true);
	assert_story("vrv");
	air_shut(air, "");
	pass(air, 0, false);
	pass(air, 1, false);
	assert_story("E");
	assert_true(ended[0] && ended[1] && !ended[2]);
	air_free(air);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shut_nothing_goes_anywhere),
		cmocka_unit_test(test_it_opens_with_a_keyframe_which_it_asks_for),
		cmocka_unit_test(test_it_shuts_at_the_next_picture),
		cmocka_unit_test(test_the_last_signature_is_for_the_recording_alone),
		cmocka_unit_test(test_a_signature_that_does_not_come_is_not_waited_for_long),
		cmocka_unit_test(test_opened_again_before_the_signature_came_it_is_another_stretch),
		cmocka_unit_test(test_a_pause_between_two_pictures_is_one_too),
		cmocka_unit_test(test_another_showing_is_another_stretch),
		cmocka_unit_test(test_each_layer_begins_with_a_keyframe_and_the_largest_is_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
