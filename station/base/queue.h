/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * queue.h - how objects pass from one thread to another, with a bound and a counted policy.
 *
 * A queue owns what is in it. Any thread may give; one thread, the consumer, takes. The consumer
 * waits by polling queue_fd() in its loop.
 */
#ifndef OSTEND_BASE_QUEUE_H
#define OSTEND_BASE_QUEUE_H

#include "station/base/err.h"

struct queue;

enum queue_when_full {
	QUEUE_DROP_OLDEST,	/* the oldest item goes, the new one enters (live pictures) */
	QUEUE_REFUSE,		/* the new item goes, the giver is told ERR_FULL (commands) */
	QUEUE_WAIT,		/* the giver waits up to the deadline it names (evidence) */
};

struct queue_stats {
	uint64_t given, taken, dropped;
	size_t depth, deepest, capacity;
};

/**
 * Make a queue of @capacity items (1 to 65536); @item_free frees what the queue drops.
 *
 * @out    the caller's to free; untouched on failure
 * @return 0; ERR_NOMEM; ERR_OS when no event descriptor can be had
 */
int queue_new(struct queue **out, size_t capacity, enum queue_when_full when_full,
	      void (*item_free)(void *item), struct err *err);
struct queue *queue_free(struct queue *queue);	/* frees what is left inside; returns NULL */
DEFINE_FREEP(queue_free, struct queue *)

/**
 * Give @item away, whatever is returned: a full or closed queue frees it, or the oldest, and counts.
 *
 * @return 0; ERR_FULL when @item was dropped; ERR_GONE when the queue is closed
 */
int queue_give(struct queue *queue, void *item);

/** As queue_give, but into 8 places kept for it and ahead of everything: stop and HOLD. */
int queue_give_urgent(struct queue *queue, void *item);

/** For QUEUE_WAIT: as queue_give, waiting for room until @deadline_ns (monotonic). */
int queue_give_until(struct queue *queue, void *item, uint64_t deadline_ns);

/** The oldest item, the caller's from now on; NULL when there is none. Thread: consumer. */
void *queue_take(struct queue *queue);

/** An eventfd that polls readable while something may be inside. Do not read it. */
int queue_fd(const struct queue *queue);

/** Refuse all further items and wake everybody; what is inside can still be taken. */
void queue_close(struct queue *queue);

void queue_stats(struct queue *queue, struct queue_stats *out);

#endif
