/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log.h - one line for each thing worth knowing, to standard error and to a ring for the console.
 *
 * Lines under systemd start with the "<N>" priority prefix of sd-daemon(3), otherwise with the UTC
 * time. Control characters in a message are replaced, so that foreign text cannot forge a line.
 * Any thread.
 */
#ifndef OSTEND_BASE_LOG_H
#define OSTEND_BASE_LOG_H

#include <stdbool.h>

#include "station/base/util.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_DEBUG };

struct log_line {
	uint64_t number;	/* 1, 2, 3, ... since the start of the process */
	int64_t utc_us;
	enum log_level level;
	char text[240];
};

/** Name the process in each line ("capture"); @level is the most talkative that is written. */
void log_init(const char *process, enum log_level level);

/**
 * From now on give each line, complete with its newline, to @write instead of standard error; NULL: as before.
 * @write is called under the log's lock: it must not wait, and must not log.
 */
void log_divert(void (*write)(void *owner, const char *line, size_t len_bytes), void *owner);

void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
void log_notice(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

/**
 * Copy up to @max lines with a number above @after, oldest first. The ring holds the newest 256 of
 * notice and worse.
 *
 * @return how many were copied
 */
size_t log_recent(struct log_line *lines, size_t max, uint64_t after);

#endif
