/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/stream/stream_command.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct command *command_new(enum command_kind kind, uint64_t viewer, const char *offer)
{
	size_t len = offer ? strlen(offer) : 0;
	struct command *command = calloc(1, sizeof *command + len + 1);

	if (!command)
		return NULL;
	command->kind = kind;
	command->viewer = viewer;
	if (offer)
		memcpy(command->offer, offer, len);
	return command;
}

void command_answer(struct command *command, int rc, const char *answer, const struct err *err)
{
	stream_joined *joined = MOVE(command->joined);

	if (joined)
		joined(command->owner, command->viewer, rc, answer, err);
}

void command_free(void *item)
{
	struct command *command = item;
	struct err err;

	if (command->joined) {
		err_set(&err, ERR_FULL, "the station is too busy now; try again in a moment");
		command_answer(command, ERR_FULL, NULL, &err);
	}
	if (command->report)
		report_unref(command->report);
	free(command);
}

struct report *report_new(size_t max)
{
	struct report *report = calloc(1, sizeof *report + max * sizeof report->viewers[0]);

	if (!report)
		return NULL;
	report->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (report->ready_fd < 0) {
		free(report);
		return NULL;
	}
	report->max = max;
	atomic_init(&report->references, 2);
	return report;
}

void report_unref(struct report *report)
{
	if (atomic_fetch_sub(&report->references, 1) != 1)
		return;
	close(report->ready_fd);
	free(report);
}

void report_done(struct report *report)
{
	eventfd_write(report->ready_fd, 1);
	report_unref(report);
}

bool report_wait(struct report *report, int wait_ms)
{
	struct pollfd polled = { report->ready_fd, POLLIN, 0 };
	eventfd_t value;

	return poll(&polled, 1, wait_ms) == 1 && eventfd_read(report->ready_fd, &value) == 0;
}
