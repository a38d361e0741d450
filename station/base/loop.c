/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * epoll with the watch as its data. A watch that is taken away while a batch of events is being
 * handled may stand further on in the batch: loop_unwatch strikes it out there. Timers are a list
 * kept in order of their time; a thread here has a handful.
 */
#include "station/base/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "station/base/clock.h"

#define BATCH 64

struct loop {
	int epoll_fd, stop_fd;
	atomic_bool stopped;
	struct loop_timer *timers;
	struct epoll_event batch[BATCH];
	int batch_len, batch_at;
};

int loop_new(struct loop **out, struct err *err)
{
	CLEANUP(loop_freep) struct loop *loop = calloc(1, sizeof *loop);
	struct epoll_event stop = { .events = EPOLLIN };

	if (!loop)
		return err_set(err, ERR_NOMEM, "loop: out of memory");
	loop->stop_fd = -1;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return err_os(err, "loop: epoll");
	loop->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->stop_fd < 0 || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->stop_fd, &stop) < 0)
		return err_os(err, "loop: eventfd");
	*out = MOVE(loop);
	return 0;
}

struct loop *loop_free(struct loop *loop)
{
	if (!loop)
		return NULL;
	if (loop->stop_fd >= 0)
		close(loop->stop_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	free(loop);
	return NULL;
}

void loop_stop(struct loop *loop)
{
	int saved = errno;

	atomic_store(&loop->stopped, true);
	eventfd_write(loop->stop_fd, 1);
	errno = saved;
}

int loop_watch(struct loop *loop, struct loop_watch *watch, int fd, uint32_t events, struct err *err)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return err_os(err, "loop: watching descriptor %d", fd);
	watch->fd = fd;
	return 0;
}

void loop_rewatch(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (watch->fd >= 0)
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
	if (watch->fd < 0)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->fd = -1;
	for (int i = loop->batch_at; i < loop->batch_len; i++)
		if (loop->batch[i].data.ptr == watch)
			loop->batch[i].data.ptr = NULL;
}

int loop_watch_signals(struct loop *loop, struct loop_watch *watch, int also, struct err *err)
{
	sigset_t signals;
	int fd, rc;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (also)
		sigaddset(&signals, also);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_os(err, "loop: signalfd");
	rc = loop_watch(loop, watch, fd, EPOLLIN, err);
	if (rc < 0)
		close(fd);
	return rc;
}

void loop_set(struct loop *loop, struct loop_timer *timer, uint64_t due_ns)
{
	struct loop_timer **at = &loop->timers;

	loop_cancel(loop, timer);
	while (*at && (*at)->due_ns <= due_ns)
		at = &(*at)->next;
	timer->due_ns = due_ns;
	timer->next = *at;
	*at = timer;
}

void loop_cancel(struct loop *loop, struct loop_timer *timer)
{
	if (timer->due_ns == UINT64_MAX)
		return;
	for (struct loop_timer **at = &loop->timers; *at; at = &(*at)->next) {
		if (*at == timer) {
			*at = timer->next;
			break;
		}
	}
	timer->due_ns = UINT64_MAX;
	timer->next = NULL;
}

static void fire_due(struct loop *loop)
{
	uint64_t now_ns = clock_mono_ns();

	/* now_ns stands still here: a timer that sets itself again has to wait for the next round */
	while (loop->timers && loop->timers->due_ns <= now_ns) {
		struct loop_timer *timer = loop->timers;

		loop_cancel(loop, timer);
		timer->fire(timer->owner);
	}
}

void loop_once(struct loop *loop, int wait_ms)
{
	uint64_t due_ns = loop->timers ? loop->timers->due_ns : UINT64_MAX;
	int timer_ms = clock_poll_ms(due_ns);

	if (wait_ms < 0 || (timer_ms >= 0 && timer_ms < wait_ms))
		wait_ms = timer_ms;
	loop->batch_len = epoll_wait(loop->epoll_fd, loop->batch, BATCH, wait_ms);
	for (loop->batch_at = 0; loop->batch_at < loop->batch_len; loop->batch_at++) {
		struct epoll_event *event = &loop->batch[loop->batch_at];
		struct loop_watch *watch = event->data.ptr;

		if (watch)
			watch->ready(watch->owner, event->events);
	}
	loop->batch_len = 0;
	fire_due(loop);
}

void loop_run(struct loop *loop)
{
	while (!atomic_load(&loop->stopped))
		loop_once(loop, -1);
}
