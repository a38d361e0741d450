/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A ring under one lock. The ring has capacity + URGENT_PLACES cells; ordinary items may fill only
 * `capacity` of them, so that an urgent one always finds room. The eventfd holds 1 while the ring is
 * not empty: it is raised when the first item enters and lowered when the last one leaves, both
 * under the lock, so that the consumer never sleeps on a filled queue nor spins on an empty one.
 */
#include "station/base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "station/base/clock.h"

#define URGENT_PLACES 8

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t room;
	int event_fd;
	bool closed;
	enum queue_when_full when_full;
	void (*item_free)(void *item);
	size_t capacity, cells, first, depth, deepest;
	uint64_t given, taken, dropped;
	void **ring;
};

int queue_new(struct queue **out, size_t capacity, enum queue_when_full when_full,
	      void (*item_free)(void *item), struct err *err)
{
	CLEANUP(queue_freep) struct queue *queue = calloc(1, sizeof *queue);
	pthread_condattr_t attr;
	pthread_mutexattr_t lock;

	if (!queue)
		return err_set(err, ERR_NOMEM, "queue: out of memory");
	/* who waits for the lock lends its holder its priority: a loop in real time must not wait for one that
	   has been put aside with the lock in its hand */
	pthread_mutexattr_init(&lock);
	pthread_mutexattr_setprotocol(&lock, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&queue->lock, &lock);
	pthread_mutexattr_destroy(&lock);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->room, &attr);
	pthread_condattr_destroy(&attr);
	queue->when_full = when_full;
	queue->item_free = item_free;
	queue->capacity = capacity;
	queue->cells = capacity + URGENT_PLACES;
	queue->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->event_fd < 0)
		return err_os(err, "queue: eventfd");
	queue->ring = calloc(queue->cells, sizeof *queue->ring);
	if (!queue->ring)
		return err_set(err, ERR_NOMEM, "queue: out of memory");
	*out = MOVE(queue);
	return 0;
}

struct queue *queue_free(struct queue *queue)
{
	void *item;

	if (!queue)
		return NULL;
	while (queue->ring && (item = queue_take(queue)))
		queue->item_free(item);
	if (queue->event_fd >= 0)
		close(queue->event_fd);
	pthread_cond_destroy(&queue->room);
	pthread_mutex_destroy(&queue->lock);
	free(queue->ring);
	free(queue);
	return NULL;
}

static void signal_filled(struct queue *queue)
{
	eventfd_write(queue->event_fd, 1);
}

static void signal_empty(struct queue *queue)
{
	eventfd_t value;

	eventfd_read(queue->event_fd, &value);
}

static void *remove_first(struct queue *queue)
{
	void *item = queue->ring[queue->first];

	queue->first = (queue->first + 1) % queue->cells;
	if (--queue->depth == 0 && !queue->closed)
		signal_empty(queue);
	return item;
}

static void added(struct queue *queue)
{
	queue->given++;
	if (queue->depth++ == 0)
		signal_filled(queue);
	queue->deepest = MAX(queue->deepest, queue->depth);
}

static void append(struct queue *queue, void *item)
{
	queue->ring[(queue->first + queue->depth) % queue->cells] = item;
	added(queue);
}

static void prepend(struct queue *queue, void *item)
{
	queue->first = (queue->first + queue->cells - 1) % queue->cells;
	queue->ring[queue->first] = item;
	added(queue);
}

/* Wait on the condition until there is room; the lock is held before and after. */
static void wait_for_room(struct queue *queue, uint64_t deadline_ns)
{
	struct timespec deadline = {
		.tv_sec = (time_t)(deadline_ns / NS_PER_S),
		.tv_nsec = (long)(deadline_ns % NS_PER_S),
	};

	while (queue->depth >= queue->capacity && !queue->closed)
		if (pthread_cond_timedwait(&queue->room, &queue->lock, &deadline) == ETIMEDOUT)
			return;
}

static int give(struct queue *queue, void *item, uint64_t deadline_ns)
{
	void *dropped = NULL;
	int rc = 0;

	pthread_mutex_lock(&queue->lock);
	if (queue->when_full == QUEUE_WAIT && deadline_ns)
		wait_for_room(queue, deadline_ns);
	if (queue->closed) {
		dropped = item;
		rc = ERR_GONE;
	} else if (queue->depth < queue->capacity) {
		append(queue, item);
	} else if (queue->when_full == QUEUE_DROP_OLDEST) {
		dropped = remove_first(queue);
		append(queue, item);
		queue->dropped++;
	} else {
		dropped = item;
		queue->dropped++;
		rc = ERR_FULL;
	}
	pthread_mutex_unlock(&queue->lock);
	if (dropped)
		queue->item_free(dropped);
	return rc;
}

int queue_give(struct queue *queue, void *item)
{
	return give(queue, item, 0);
}

int queue_give_until(struct queue *queue, void *item, uint64_t deadline_ns)
{
	return give(queue, item, deadline_ns);
}

int queue_give_urgent(struct queue *queue, void *item)
{
	int rc = 0;

	pthread_mutex_lock(&queue->lock);
	if (queue->closed)
		rc = ERR_GONE;
	else if (queue->depth == queue->cells)
		rc = ERR_FULL;
	else
		prepend(queue, item);
	if (rc == ERR_FULL)
		queue->dropped++;
	pthread_mutex_unlock(&queue->lock);
	if (rc < 0)
		queue->item_free(item);
	return rc;
}

void *queue_take(struct queue *queue)
{
	void *item = NULL;

	pthread_mutex_lock(&queue->lock);
	if (queue->depth > 0) {
		item = remove_first(queue);
		queue->taken++;
		pthread_cond_signal(&queue->room);
	}
	pthread_mutex_unlock(&queue->lock);
	return item;
}

int queue_fd(const struct queue *queue)
{
	return queue->event_fd;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	signal_filled(queue);
	pthread_cond_broadcast(&queue->room);
	pthread_mutex_unlock(&queue->lock);
}

void queue_stats(struct queue *queue, struct queue_stats *out)
{
	pthread_mutex_lock(&queue->lock);
	*out = (struct queue_stats){
		.given = queue->given,
		.taken = queue->taken,
		.dropped = queue->dropped,
		.depth = queue->depth,
		.deepest = queue->deepest,
		.capacity = queue->capacity,
	};
	pthread_mutex_unlock(&queue->lock);
}
