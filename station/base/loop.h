/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop.h - one thread's wait: descriptors, timers, queues, signals.
 *
 * A loop belongs to the thread that runs it; only loop_stop may be called from elsewhere. Watches
 * and timers are structs that live in their owner: no allocation, and freeing the owner after
 * loop_unwatch / loop_cancel is always safe, also from inside the callback.
 */
#ifndef OSTEND_BASE_LOOP_H
#define OSTEND_BASE_LOOP_H

#include <stdbool.h>
#include <sys/epoll.h>

#include "station/base/err.h"
#include "station/base/queue.h"

struct loop;

struct loop_watch {
	int fd;						/* -1 while not watched */
	void (*ready)(void *owner, uint32_t events);	/* EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR */
	void *owner;
	struct loop_watch *next;			/* the loop's */
};

struct loop_timer {
	uint64_t due_ns;	/* monotonic; UINT64_MAX while not set */
	void (*fire)(void *owner);
	void *owner;
	struct loop_timer *next;			/* the loop's */
};

#define LOOP_WATCH_NONE { .fd = -1 }
#define LOOP_TIMER_NONE { .due_ns = UINT64_MAX }

int loop_new(struct loop **out, struct err *err);	/* ERR_OS, ERR_NOMEM */
struct loop *loop_free(struct loop *loop);
DEFINE_FREEP(loop_free, struct loop *)

/** Run until loop_stop. */
void loop_run(struct loop *loop);

/** Handle what is ready and due, waiting at most @wait_ms for it (-1: no limit). For tests and UIs. */
void loop_once(struct loop *loop, int wait_ms);

void loop_stop(struct loop *loop);	/* any thread, also a signal handler */

/** Call watch->ready when @fd has one of @events; @watch must have ready and owner filled. */
int loop_watch(struct loop *loop, struct loop_watch *watch, int fd, uint32_t events, struct err *err);
void loop_rewatch(struct loop *loop, struct loop_watch *watch, uint32_t events);
void loop_unwatch(struct loop *loop, struct loop_watch *watch);	/* an unwatched one is fine */

/**
 * Call watch->ready when SIGTERM or SIGINT, or the signal @also (0: none), has come; it reads a signalfd_siginfo
 * from watch->fd, which is the owner's to close. They are blocked from now on, and SIGPIPE is ignored. Before
 * any thread is made: threads inherit the mask, and only the loop is to see signals. ERR_OS.
 */
int loop_watch_signals(struct loop *loop, struct loop_watch *watch, int also, struct err *err);

/** Fire @timer once at @due_ns (set again to repeat or move it). */
void loop_set(struct loop *loop, struct loop_timer *timer, uint64_t due_ns);
void loop_cancel(struct loop *loop, struct loop_timer *timer);	/* an unset one is fine */

#endif
