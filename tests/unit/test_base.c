/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/base/base64.h"
#include "station/base/clock.h"
#include "station/base/err.h"
#include "station/base/ipc.h"
#include "station/base/log.h"
#include "station/base/loop.h"
#include "station/base/queue.h"

static void test_err_names_the_cause_of_the_system(void **state)
{
	struct err err = { 0 };

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_os(&err, "camera %s: open", "/dev/video9"), ERR_OS);
	assert_string_equal(err.text, "camera /dev/video9: open: No such file or directory");
	err_prefix(&err, "station");
	assert_string_equal(err.text, "station: camera /dev/video9: open: No such file or directory");
}

static void test_err_is_never_cut_inside_a_character(void **state)
{
	struct err err = { 0 };
	char name[300];

	(void)state;
	for (int lead = 0; lead < 3; lead++) {
		size_t len = (size_t)lead;

		memset(name, 'a', sizeof name);
		for (; len + 3 < sizeof name; len += 3)
			memcpy(name + len, "证", 3);
		name[len] = '\0';
		err_set(&err, ERR_RANGE, "%s", name);
		assert_int_equal((strlen(err.text) - (size_t)lead) % 3, 0);
	}
}

static void test_unhex_refuses_what_is_not_exactly_the_bytes(void **state)
{
	uint8_t bytes[2] = { 0 };
	char hex[5];

	(void)state;
	assert_int_equal(util_unhex(bytes, 2, "00fF"), 0);
	assert_int_equal(bytes[1], 255);
	util_hex(hex, bytes, 2);
	assert_string_equal(hex, "00ff");
	assert_int_equal(util_unhex(bytes, 2, "00f"), -1);
	assert_int_equal(util_unhex(bytes, 2, "00ff0"), -1);
	assert_int_equal(util_unhex(bytes, 2, "00fg"), -1);
}

static void *number(intptr_t value)
{
	int *item = malloc(sizeof *item);

	*item = (int)value;
	return item;
}

static int take(struct queue *queue)
{
	int *item = queue_take(queue);
	int value = item ? *item : -1;

	free(item);
	return value;
}

static bool readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1;
}

static void test_queue_drops_the_oldest_and_counts_it(void **state)
{
	struct queue_stats stats;
	struct queue *queue;

	(void)state;
	assert_int_equal(queue_new(&queue, 2, QUEUE_DROP_OLDEST, free, NULL), 0);
	assert_false(readable(queue_fd(queue)));
	for (int i = 1; i <= 5; i++)
		assert_int_equal(queue_give(queue, number(i)), 0);
	assert_true(readable(queue_fd(queue)));
	assert_int_equal(take(queue), 4);
	assert_int_equal(take(queue), 5);
	assert_int_equal(take(queue), -1);
	assert_false(readable(queue_fd(queue)));
	queue_stats(queue, &stats);
	assert_int_equal(stats.given, 5);
	assert_int_equal(stats.dropped, 3);
	queue_free(queue);
}

static void test_queue_refuses_when_full_but_has_room_for_urgent(void **state)
{
	struct queue *queue;

	(void)state;
	assert_int_equal(queue_new(&queue, 1, QUEUE_REFUSE, free, NULL), 0);
	assert_int_equal(queue_give(queue, number(1)), 0);
	assert_int_equal(queue_give(queue, number(2)), ERR_FULL);
	assert_int_equal(queue_give_urgent(queue, number(99)), 0);
	assert_int_equal(take(queue), 99);
	assert_int_equal(take(queue), 1);
	queue_close(queue);
	assert_int_equal(queue_give(queue, number(3)), ERR_GONE);
	assert_true(readable(queue_fd(queue)));
	queue_free(queue);
}

static void *take_later(void *arg)
{
	struct queue *queue = arg;

	poll(NULL, 0, 20);
	free(queue_take(queue));
	return NULL;
}

static void test_queue_waits_for_room_until_the_deadline(void **state)
{
	struct queue *queue;
	pthread_t thread;

	(void)state;
	assert_int_equal(queue_new(&queue, 1, QUEUE_WAIT, free, NULL), 0);
	assert_int_equal(queue_give(queue, number(1)), 0);
	assert_int_equal(queue_give_until(queue, number(2), clock_mono_ns() + 10 * NS_PER_MS),
			 ERR_FULL);
	pthread_create(&thread, NULL, take_later, queue);
	assert_int_equal(queue_give_until(queue, number(3), clock_mono_ns() + 10 * NS_PER_S), 0);
	pthread_join(thread, NULL);
	assert_int_equal(take(queue), 3);
	queue_free(queue);
}

struct ring {
	struct loop *loop;
	struct loop_watch watch[2];
	int pipes[2][2];
	int calls;
};

static void strike_other(void *owner, uint32_t events)
{
	struct ring *ring = owner;

	(void)events;
	ring->calls++;
	loop_unwatch(ring->loop, &ring->watch[0]);
	loop_unwatch(ring->loop, &ring->watch[1]);
}

static void test_loop_never_calls_a_watch_that_was_taken_away(void **state)
{
	struct ring ring = { 0 };

	(void)state;
	assert_int_equal(loop_new(&ring.loop, NULL), 0);
	for (int i = 0; i < 2; i++) {
		ring.watch[i] = (struct loop_watch){ .fd = -1, .ready = strike_other, .owner = &ring };
		assert_int_equal(pipe(ring.pipes[i]), 0);
		assert_int_equal(write(ring.pipes[i][1], "x", 1), 1);
		assert_int_equal(loop_watch(ring.loop, &ring.watch[i], ring.pipes[i][0], EPOLLIN, NULL), 0);
	}
	loop_once(ring.loop, 100);
	loop_once(ring.loop, 0);
	assert_int_equal(ring.calls, 1);
	for (int i = 0; i < 2; i++) {
		close(ring.pipes[i][0]);
		close(ring.pipes[i][1]);
	}
	loop_free(ring.loop);
}

struct order {
	char fired[4];
	size_t count;
};

struct mark {
	struct order *order;
	char name;
};

static void fire(void *owner)
{
	struct mark *mark = owner;

	mark->order->fired[mark->order->count++] = mark->name;
}

static void test_loop_fires_timers_in_the_order_of_their_time(void **state)
{
	struct order order = { 0 };
	struct mark marks[3] = { { &order, 'a' }, { &order, 'b' }, { &order, 'c' } };
	struct loop_timer timers[3];
	uint64_t now_ns = clock_mono_ns();
	struct loop *loop;

	(void)state;
	assert_int_equal(loop_new(&loop, NULL), 0);
	for (int i = 0; i < 3; i++)
		timers[i] = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = fire, .owner = &marks[i] };
	loop_set(loop, &timers[0], now_ns + 2 * NS_PER_MS);
	loop_set(loop, &timers[1], now_ns + 1 * NS_PER_MS);
	loop_set(loop, &timers[2], now_ns + 1 * NS_PER_MS);
	loop_cancel(loop, &timers[2]);
	while (order.count < 2)
		loop_once(loop, 100);
	assert_string_equal(order.fired, "ba");
	loop_free(loop);
}

static void test_ipc_keeps_borders_and_passes_descriptors(void **state)
{
	struct err err = { 0 };
	char buffer[16];
	int fds[2], pass_fd, pipe_fds[2];

	(void)state;
	assert_int_equal(ipc_pair(fds, &err), 0);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(ipc_receive(fds[1], buffer, sizeof buffer, &pass_fd, &err), ERR_AGAIN);
	assert_int_equal(ipc_send(fds[0], "one", 3, pipe_fds[1], &err), 0);
	assert_int_equal(ipc_send(fds[0], "three", 5, -1, &err), 0);
	assert_int_equal(ipc_receive(fds[1], buffer, sizeof buffer, &pass_fd, &err), 3);
	assert_true(pass_fd >= 0);
	assert_int_equal(write(pass_fd, "!", 1), 1);
	assert_true(readable(pipe_fds[0]));
	close(pass_fd);
	assert_int_equal(ipc_receive(fds[1], buffer, 4, NULL, &err), ERR_PROTO);
	close(fds[0]);
	assert_int_equal(ipc_receive(fds[1], buffer, sizeof buffer, NULL, &err), ERR_GONE);
	close(fds[1]);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void test_log_lines_cannot_be_forged(void **state)
{
	struct log_line line;

	(void)state;
	log_init("test", LOG_LEVEL_NOTICE);
	log_notice("name %s", "a\nb\x1b[31m\xc2\x9b");
	assert_int_equal(log_recent(&line, 1, 0), 1);
	assert_string_equal(line.text, "name a?b?[31m??");
}

/* --- base64 --------------------------------------------------------------------------------------- */

/* RFC 4648 10 */
static void test_base64_gives_the_bytes_of_the_published_vectors(void **state)
{
	static const char *const vectors[][2] = {
		{ "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" }, { "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" }, { "Zm9vYmFy", "foobar" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const char *text = vectors[i][0], *right = vectors[i][1];
		char bytes[8];

		assert_int_equal(base64_decode(bytes, strlen(right), text, strlen(text)), strlen(right));
		assert_memory_equal(bytes, right, strlen(right));
		if (*right)
			assert_int_equal(base64_decode(bytes, strlen(right) - 1, text, strlen(text)), -1);
	}
}

static void test_base64_takes_one_form_only(void **state)
{
	static const char *const bad[] = {
		"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "=", "Zm9v\n", "Zm 9v", "Zm9vYg==Zm9v", "Zg=A", "Zm9-", "Zm9_",
		"\nm9v", "Zm9v====",
	};
	char bytes[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(base64_decode(bytes, sizeof bytes, bad[i], strlen(bad[i])), -1);
	assert_int_equal(base64_decode(bytes, sizeof bytes, "Zm\0v", 4), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64_gives_the_bytes_of_the_published_vectors),
		cmocka_unit_test(test_base64_takes_one_form_only),
		cmocka_unit_test(test_err_names_the_cause_of_the_system),
		cmocka_unit_test(test_err_is_never_cut_inside_a_character),
		cmocka_unit_test(test_unhex_refuses_what_is_not_exactly_the_bytes),
		cmocka_unit_test(test_queue_drops_the_oldest_and_counts_it),
		cmocka_unit_test(test_queue_refuses_when_full_but_has_room_for_urgent),
		cmocka_unit_test(test_queue_waits_for_room_until_the_deadline),
		cmocka_unit_test(test_loop_never_calls_a_watch_that_was_taken_away),
		cmocka_unit_test(test_loop_fires_timers_in_the_order_of_their_time),
		cmocka_unit_test(test_ipc_keeps_borders_and_passes_descriptors),
		cmocka_unit_test(test_log_lines_cannot_be_forged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
