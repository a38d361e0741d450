/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scribe.c - three queues into one thread.
 *
 *	kept    one place, the newest goes before: an older state is of no use to anybody
 *	trace   a new line is refused when full, and the trace says how many are missing
 *	log     the oldest line goes
 *
 * The kept state has the thread first. A standard error that does not take its line holds up the thread and
 * with it the files, so that is asked first, and the line is thrown away rather than waited for.
 */
#include "turntable/scribe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/log.h"
#include "station/base/queue.h"
#include "station/base/replace.h"

#define TRACE_LINES 4096
#define LOG_LINES 256
#define STACK_BYTES (256 * 1024)
#define OUTPUT_PATIENCE_MS 200

struct note {
	size_t len_bytes;
	char text[];
};

enum { KEPT, TRACE, LOG, QUEUES };

struct scribe {
	struct scribe_options options;
	struct queue *queues[QUEUES];
	pthread_t thread;
	bool started;
	_Atomic bool ending;
	/* the thread's */
	int trace_fd;
	off_t trace_bytes;
	uint64_t lost_told;
	bool complained;		/* that there is no trace */
	bool paused;			/* standard error takes nothing: not waited for again */
};

/* --- the thread ---------------------------------------------------------------------------------- */

static void write_kept(struct scribe *scribe, const struct note *note)
{
	struct err err;

	if (replace_file(scribe->options.kept_path, note->text, note->len_bytes, &err) < 0)
		log_error("%s", err.text);
}

static void open_trace(struct scribe *scribe)
{
	struct stat st;

	scribe->trace_fd = open(scribe->options.trace_path,
				O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (scribe->trace_fd < 0 || fstat(scribe->trace_fd, &st) < 0) {
		if (!scribe->complained)
			log_error("%s: %s", scribe->options.trace_path, strerror(errno));
		scribe->complained = true;
		return;
	}
	scribe->trace_bytes = st.st_size;
}

static void rotate_trace(struct scribe *scribe)
{
	char older[PATH_MAX];

	util_closep(&scribe->trace_fd);
	snprintf(older, sizeof older, "%s.1", scribe->options.trace_path);
	if (rename(scribe->options.trace_path, older) < 0)
		log_error("%s: %s", older, strerror(errno));
}

static void put_trace(struct scribe *scribe, const char *text, size_t len_bytes)
{
	if (scribe->trace_fd < 0)
		open_trace(scribe);
	if (scribe->trace_fd >= 0 && scribe->trace_bytes + (off_t)len_bytes > SCRIBE_TRACE_MAX) {
		rotate_trace(scribe);
		open_trace(scribe);
	}
	if (scribe->trace_fd >= 0 && write(scribe->trace_fd, text, len_bytes) == (ssize_t)len_bytes)
		scribe->trace_bytes += (off_t)len_bytes;
}

static void write_trace(struct scribe *scribe, const struct note *note)
{
	struct queue_stats stats;
	char text[80];

	queue_stats(scribe->queues[TRACE], &stats);
	if (stats.dropped > scribe->lost_told) {
		int len = snprintf(text, sizeof text, "# %llu lines are missing here\n",
				   (unsigned long long)(stats.dropped - scribe->lost_told));

		put_trace(scribe, text, (size_t)len);
		scribe->lost_told = stats.dropped;
	}
	put_trace(scribe, note->text, note->len_bytes);
}

static void write_log(struct scribe *scribe, const struct note *note)
{
	struct pollfd poll_fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&poll_fd, 1, scribe->paused ? 0 : OUTPUT_PATIENCE_MS) > 0)
		scribe->paused = write(STDERR_FILENO, note->text, note->len_bytes) < 0;
	else
		scribe->paused = true;
}

/* What is there of the most urgent kind; false when there is nothing at all. */
static bool write_one(struct scribe *scribe)
{
	static void (*const writers[])(struct scribe *scribe, const struct note *note) = {
		[KEPT] = write_kept, [TRACE] = write_trace, [LOG] = write_log,
	};

	for (int i = 0; i < QUEUES; i++) {
		struct note *note = queue_take(scribe->queues[i]);

		if (!note)
			continue;
		writers[i](scribe, note);
		free(note);
		return true;
	}
	return false;
}

static void *serve(void *arg)
{
	struct scribe *scribe = arg;
	struct pollfd poll_fds[QUEUES];

	util_hurry();	/* the loop must not wait long for a lock of a queue that is held here */
	for (int i = 0; i < QUEUES; i++)
		poll_fds[i] = (struct pollfd){ .fd = queue_fd(scribe->queues[i]), .events = POLLIN };
	for (;;) {
		bool ending = atomic_load(&scribe->ending);	/* before the last look, not after it */

		while (write_one(scribe))
			;
		if (ending)
			return NULL;
		poll(poll_fds, QUEUES, -1);
	}
}

/* --- the loop's side ----------------------------------------------------------------------------- */

static int start_thread(struct scribe *scribe, struct err *err)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int code;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);	/* all of it is locked into memory */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);		/* signals are for the loop */
	code = pthread_create(&scribe->thread, &attributes, serve, scribe);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	errno = code;
	scribe->started = code == 0;
	return code ? err_os(err, "turntable: thread") : 0;
}

int scribe_start(struct scribe **out, const struct scribe_options *options, struct err *err)
{
	static const struct { size_t capacity; enum queue_when_full when_full; } policies[] = {
		[KEPT] = { 1, QUEUE_DROP_OLDEST },
		[TRACE] = { TRACE_LINES, QUEUE_REFUSE },
		[LOG] = { LOG_LINES, QUEUE_DROP_OLDEST },
	};
	CLEANUP(scribe_stopp) struct scribe *scribe = calloc(1, sizeof *scribe);
	int rc = 0;

	if (!scribe)
		return err_set(err, ERR_NOMEM, "turntable: out of memory");
	scribe->options = *options;
	scribe->trace_fd = -1;
	for (int i = 0; i < QUEUES && rc == 0; i++)
		rc = queue_new(&scribe->queues[i], policies[i].capacity, policies[i].when_full, free, err);
	if (rc == 0)
		rc = start_thread(scribe, err);
	if (rc < 0)
		return rc;
	*out = MOVE(scribe);
	return 0;
}

struct scribe *scribe_stop(struct scribe *scribe)
{
	if (!scribe)
		return NULL;
	atomic_store(&scribe->ending, true);
	for (int i = 0; i < QUEUES; i++)
		if (scribe->queues[i])
			queue_close(scribe->queues[i]);
	if (scribe->started)
		pthread_join(scribe->thread, NULL);
	for (int i = 0; i < QUEUES; i++)
		queue_free(scribe->queues[i]);
	util_closep(&scribe->trace_fd);
	free(scribe);
	return NULL;
}

static void hand_over(struct scribe *scribe, int queue, const char *text, size_t len_bytes)
{
	struct note *note = malloc(sizeof *note + len_bytes);

	if (!note)
		return;
	note->len_bytes = len_bytes;
	memcpy(note->text, text, len_bytes);
	queue_give(scribe->queues[queue], note);
}

void scribe_keep(struct scribe *scribe, const char *text)
{
	if (scribe->options.kept_path)
		hand_over(scribe, KEPT, text, strlen(text));
}

/* At most four characters; returns how many. */
static size_t put_byte(char *to, unsigned char byte)
{
	static const char plain[] = "\\\n\r\t", letters[] = "\\nrt";
	const char *at = byte ? strchr(plain, byte) : NULL;

	if (at) {
		to[0] = '\\';
		to[1] = letters[at - plain];
		return 2;
	}
	if (byte < 0x20 || byte >= 0x7f)
		return (size_t)sprintf(to, "\\x%02x", byte);
	to[0] = (char)byte;
	return 1;
}

void scribe_trace(struct scribe *scribe, char direction, const void *bytes, size_t len_bytes, uint64_t at_ns)
{
	char text[64 + 4 * 64];

	if (!scribe->options.trace_path)
		return;
	for (size_t done = 0; done < len_bytes;) {
		size_t count = MIN(len_bytes - done, 64);
		size_t len = (size_t)sprintf(text, "%llu.%06llu %c ", (unsigned long long)(at_ns / NS_PER_S),
					     (unsigned long long)(at_ns % NS_PER_S / 1000), direction);

		for (size_t i = 0; i < count; i++)
			len += put_byte(text + len, ((const unsigned char *)bytes)[done + i]);
		text[len++] = '\n';
		hand_over(scribe, TRACE, text, len);
		done += count;
	}
}

void scribe_log(void *scribe, const char *line, size_t len_bytes)
{
	hand_over(scribe, LOG, line, len_bytes);
}
