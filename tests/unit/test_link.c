/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/ipc.h"
#include "station/camera/link.h"

#define WIDTH 64
#define HEIGHT 48

static struct {
	struct link_source *source;
	struct link_sink *sink;
	int fd;		/* the source's socket: for sending what a good source would not */
	struct err err;
} both;

static int setup(void **state)
{
	int fds[2];

	(void)state;
	memset(&both, 0, sizeof both);
	assert_int_equal(ipc_pair(fds, NULL), 0);
	both.fd = fds[0];
	assert_int_equal(link_source_new(&both.source, fds[0], NULL), 0);
	return link_sink_new(&both.sink, fds[1], NULL);
}

static int teardown(void **state)
{
	(void)state;
	both.source = link_source_free(both.source);
	both.sink = link_sink_free(both.sink);
	return 0;
}

static int send_picture(uint8_t value, uint64_t sequence, uint32_t width)
{
	struct frame *frame;
	int rc = link_source_frame(both.source, &frame, width, HEIGHT, &both.err);

	if (rc < 0)
		return rc;
	frame->info.sequence = sequence;
	for (uint32_t y = 0; y < HEIGHT; y++)
		memset(frame->plane[0] + y * frame->info.stride[0], value, width);
	memset(frame->plane[2], value, 8);
	return link_source_send(both.source, frame, &both.err);
}

static struct frame *get_picture(void)
{
	struct frame *frame = NULL;

	assert_int_equal(link_sink_frame(both.sink, &frame, &both.err), 1);
	return frame;
}

static void test_pictures_arrive_in_order_with_what_is_known_of_them(void **state)
{
	struct frame *frame;

	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		assert_int_equal(send_picture((uint8_t)i, i, WIDTH), 0);
		frame = get_picture();
		assert_int_equal(frame->info.sequence, i);
		assert_int_equal(frame->info.width, WIDTH);
		assert_int_equal(frame->plane[0][(HEIGHT - 1) * frame->info.stride[0] + WIDTH - 1], i);
		assert_int_equal(frame->plane[2][7], i);
		frame->plane[0][0] = 1;		/* the strip is blended in place */
		frame_unref(frame);
	}
	assert_int_equal(link_sink_frame(both.sink, &frame, &both.err), 0);
	assert_int_equal(link_sink_dropped(both.sink), 0);
}

static void test_source_drops_and_counts_when_no_slot_is_free(void **state)
{
	struct frame *held[LINK_SLOTS_MAX];
	int sent = 0, rc;

	(void)state;
	while ((rc = send_picture(1, 1, WIDTH)) == 0)
		held[sent++] = get_picture();
	assert_int_equal(rc, ERR_FULL);
	assert_in_range(sent, 4, LINK_SLOTS_MAX);
	assert_int_equal(send_picture(1, 1, WIDTH), ERR_FULL);
	frame_unref(held[--sent]);
	assert_int_equal(send_picture(2, 2, WIDTH), 0);
	frame_unref(get_picture());
	assert_int_equal(link_sink_dropped(both.sink), 2);
	while (sent)
		frame_unref(held[--sent]);
}

static void test_new_size_makes_a_new_pool_and_old_frames_stay_valid(void **state)
{
	struct frame *old, *new;

	(void)state;
	assert_int_equal(send_picture(7, 1, WIDTH), 0);
	old = get_picture();
	assert_int_equal(send_picture(9, 2, WIDTH * 2), 0);
	new = get_picture();
	assert_int_equal(new->info.width, WIDTH * 2);
	assert_int_equal(old->plane[0][5], 7);
	frame_unref(old);	/* its release names the old pool and frees nothing in the new one */
	for (int i = 0; i < 30; i++) {
		assert_int_equal(send_picture(9, 3, WIDTH * 2), 0);
		frame_unref(get_picture());
	}
	frame_unref(new);
}

static void test_frame_outlives_the_sink(void **state)
{
	struct frame *frame;

	(void)state;
	assert_int_equal(send_picture(5, 1, WIDTH), 0);
	frame = get_picture();
	both.sink = link_sink_free(both.sink);
	assert_int_equal(link_source_receive(both.source, &both.err), ERR_GONE);
	assert_int_equal(send_picture(5, 1, WIDTH), ERR_GONE);
	assert_int_equal(frame->plane[0][5], 5);
	frame_unref(frame);
}

static void test_frame_given_back_unsent_frees_its_slot(void **state)
{
	struct frame *frame;

	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(link_source_frame(both.source, &frame, WIDTH, HEIGHT, &both.err), 0);
		frame_unref(frame);
	}
	assert_int_equal(link_source_frame(both.source, &frame, 3, 3, &both.err), ERR_RANGE);
}

static void test_death_of_the_source_is_seen(void **state)
{
	struct frame *frame;

	(void)state;
	both.source = link_source_free(both.source);
	assert_int_equal(link_sink_frame(both.sink, &frame, &both.err), ERR_GONE);
}

/* --- a source that lies -------------------------------------------------------------------------- */

static int make_memfd(off_t size, int seals)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static struct link_message pool_message(uint32_t number)
{
	return (struct link_message){ .type = LINK_POOL, .pool = number, .slots = 2,
				      .slot_bytes = 16384 };
}

static struct link_message frame_message(uint32_t slot)
{
	struct link_message message = { .type = LINK_FRAME, .pool = 1, .slot = slot };

	frame_layout(&message.info, WIDTH, HEIGHT);
	return message;
}

static void say(const struct link_message *message, size_t len, int fd)
{
	assert_int_equal(ipc_send(both.fd, message, len, fd, NULL), 0);
	if (fd >= 0)
		close(fd);
}

static void say_pool(void)
{
	struct link_message pool = pool_message(1);

	say(&pool, sizeof pool, make_memfd(32768, F_SEAL_SHRINK | F_SEAL_GROW));
}

static void expect_lie(const char *what)
{
	struct frame *frame;

	assert_int_equal(link_sink_frame(both.sink, &frame, &both.err), ERR_PROTO);
	if (!strstr(both.err.text, what))
		fail_msg("\"%s\" does not say \"%s\"", both.err.text, what);
}

static void test_pool_that_could_shrink_is_refused(void **state)
{
	struct link_message pool = pool_message(1);

	(void)state;
	say(&pool, sizeof pool, make_memfd(32768, F_SEAL_GROW));
	expect_lie("not sealed");
	say(&pool, sizeof pool, make_memfd(32767, F_SEAL_SHRINK | F_SEAL_GROW));
	expect_lie("too small");
	say(&pool, sizeof pool, -1);
	expect_lie("missing");
	say(&pool, sizeof pool, open("/dev/zero", O_RDWR | O_CLOEXEC));
	expect_lie("missing, too small or not sealed");
}

static void test_impossible_pools_are_refused(void **state)
{
	static const struct {
		uint32_t slots;
		uint64_t slot_bytes;
	} sizes[] = { { 0, 16384 }, { LINK_SLOTS_MAX + 1, 16384 }, { 2, 0 }, { 2, 4097 },
		      { 2, UINT64_MAX - 4095 }, { 16, UINT64_C(1) << 60 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct link_message pool = pool_message(1);

		pool.slots = sizes[i].slots;
		pool.slot_bytes = sizes[i].slot_bytes;
		say(&pool, sizeof pool, make_memfd(32768, F_SEAL_SHRINK | F_SEAL_GROW));
		expect_lie("impossible size");
	}
}

static void test_pool_number_must_rise(void **state)
{
	struct link_message frame = frame_message(0);

	(void)state;
	say_pool();
	say(&frame, sizeof frame, -1);
	frame_unref(get_picture());
	say_pool();
	expect_lie("does not rise");
}

static void test_frames_of_wrong_slot_pool_or_shape_are_refused(void **state)
{
	struct link_message frame = frame_message(0);

	(void)state;
	say(&frame, sizeof frame, -1);
	expect_lie("unknown pool");
	say_pool();
	frame = frame_message(2);
	say(&frame, sizeof frame, -1);
	expect_lie("does not exist");
	frame = frame_message(UINT32_MAX);
	say(&frame, sizeof frame, -1);
	expect_lie("does not exist");
	frame = frame_message(1);
	frame.pool = 9;
	say(&frame, sizeof frame, -1);
	expect_lie("unknown pool");
	for (int change = 0; change < 5; change++) {
		frame = frame_message(1);
		if (change == 0)
			frame.info.offset[2] = 16384 - 8;
		else if (change == 1)
			frame.info.stride[0] = UINT32_MAX;
		else if (change == 2)
			frame.info.height = 4094;
		else if (change == 3)
			frame.info.width = 63;
		else
			frame.info.offset[0] = UINT32_MAX;
		say(&frame, sizeof frame, -1);
		expect_lie("does not fit");
	}
}

static void test_slot_in_use_cannot_be_announced_again(void **state)
{
	struct link_message message = frame_message(1);
	struct frame *frame;

	(void)state;
	say_pool();
	say(&message, sizeof message, -1);
	frame = get_picture();
	say(&message, sizeof message, -1);
	expect_lie("in use");
	frame_unref(frame);
	say(&message, sizeof message, -1);
	frame_unref(get_picture());
}

static void test_messages_of_wrong_length_or_kind_are_refused(void **state)
{
	struct link_message message = frame_message(0);
	struct frame *frame;
	char large[sizeof message + 1] = { 0 };

	(void)state;
	say(&message, sizeof message - 1, -1);
	expect_lie("wrong length");
	assert_int_equal(ipc_send(both.fd, large, sizeof large, -1, NULL), 0);
	assert_int_equal(link_sink_frame(both.sink, &frame, &both.err), ERR_PROTO);
	message.type = LINK_RELEASE;
	say(&message, sizeof message, -1);
	expect_lie("unknown kind");
}

static void test_release_of_a_slot_that_was_not_sent_frees_nothing(void **state)
{
	struct link_message message = { .type = LINK_RELEASE, .pool = 1, .slot = 0 };
	struct frame *filling, *other;
	int fd = link_sink_fd(both.sink);

	(void)state;
	assert_int_equal(link_source_frame(both.source, &filling, WIDTH, HEIGHT, &both.err), 0);
	assert_int_equal(ipc_send(fd, &message, sizeof message, -1, NULL), 0);
	message.slot = UINT32_MAX;
	assert_int_equal(ipc_send(fd, &message, sizeof message, -1, NULL), 0);
	message.pool = 77;
	message.slot = 0;
	assert_int_equal(ipc_send(fd, &message, sizeof message, -1, NULL), 0);
	assert_int_equal(link_source_frame(both.source, &other, WIDTH, HEIGHT, &both.err), 0);
	assert_ptr_not_equal(filling->plane[0], other->plane[0]);
	frame_unref(filling);
	frame_unref(other);
	message.type = 99;
	assert_int_equal(ipc_send(fd, &message, sizeof message, -1, NULL), 0);
	assert_int_equal(link_source_receive(both.source, &both.err), ERR_PROTO);
}

#define LINK_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINK_TEST(test_pictures_arrive_in_order_with_what_is_known_of_them),
		LINK_TEST(test_source_drops_and_counts_when_no_slot_is_free),
		LINK_TEST(test_new_size_makes_a_new_pool_and_old_frames_stay_valid),
		LINK_TEST(test_frame_outlives_the_sink),
		LINK_TEST(test_frame_given_back_unsent_frees_its_slot),
		LINK_TEST(test_death_of_the_source_is_seen),
		LINK_TEST(test_pool_that_could_shrink_is_refused),
		LINK_TEST(test_impossible_pools_are_refused),
		LINK_TEST(test_pool_number_must_rise),
		LINK_TEST(test_frames_of_wrong_slot_pool_or_shape_are_refused),
		LINK_TEST(test_slot_in_use_cannot_be_announced_again),
		LINK_TEST(test_messages_of_wrong_length_or_kind_are_refused),
		LINK_TEST(test_release_of_a_slot_that_was_not_sent_frees_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
