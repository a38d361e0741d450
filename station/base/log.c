/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/clock.h"

#define RING_LINES 256

static struct {
	pthread_mutex_t lock;
	char process[16];
	enum log_level level;
	bool journal;		/* standard error goes to journald */
	uint64_t written;
	void (*divert)(void *owner, const char *line, size_t len_bytes);
	void *owner;
	struct log_line ring[RING_LINES];
} log_state = { .lock = PTHREAD_MUTEX_INITIALIZER, .process = "ostend", .level = LOG_LEVEL_NOTICE };

void log_init(const char *process, enum log_level level)
{
	pthread_mutex_lock(&log_state.lock);
	snprintf(log_state.process, sizeof log_state.process, "%s", process);
	log_state.level = level;
	log_state.journal = getenv("JOURNAL_STREAM") != NULL;
	pthread_mutex_unlock(&log_state.lock);
}

void log_divert(void (*write)(void *owner, const char *line, size_t len_bytes), void *owner)
{
	pthread_mutex_lock(&log_state.lock);
	log_state.divert = write;
	log_state.owner = owner;
	pthread_mutex_unlock(&log_state.lock);
}

static void replace_controls(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at; at++) {
		if (*at < 0x20 || *at == 0x7f)
			*at = '?';
		else if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)	/* C1, as UTF-8 */
			*at = at[1] = '?';
	}
}

static void write_line(const struct log_line *line)
{
	static const int priority[] = { 3, 4, 5, 7 };	/* syslog(3) */
	char buffer[sizeof line->text + 64];
	char utc[32];
	int len;

	if (log_state.journal) {
		len = snprintf(buffer, sizeof buffer, "<%d>%s: %s\n", priority[line->level],
			       log_state.process, line->text);
	} else {
		clock_format_utc(utc, sizeof utc, line->utc_us);
		len = snprintf(buffer, sizeof buffer, "%s %s: %s\n", utc, log_state.process,
			       line->text);
	}
	if (len > 0 && log_state.divert)
		log_state.divert(log_state.owner, buffer, (size_t)len);
	else if (len > 0 && write(STDERR_FILENO, buffer, (size_t)len) < 0)
		return;	/* nobody is left to tell */
}

static void add(enum log_level level, const char *format, va_list args)
{
	struct log_line line = { .utc_us = clock_utc_us(), .level = level };

	vsnprintf(line.text, sizeof line.text, format, args);
	replace_controls(line.text);
	pthread_mutex_lock(&log_state.lock);
	if (level <= log_state.level) {
		if (level <= LOG_LEVEL_NOTICE) {
			line.number = ++log_state.written;
			log_state.ring[line.number % RING_LINES] = line;
		}
		write_line(&line);
	}
	pthread_mutex_unlock(&log_state.lock);
}

#define DEFINE_LEVEL(name, level)                                                                  \
	void name(const char *format, ...)                                                         \
	{                                                                                          \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, format);                                                            \
		add(level, format, args);                                                          \
		va_end(args);                                                                      \
	}

DEFINE_LEVEL(log_error, LOG_LEVEL_ERROR)
DEFINE_LEVEL(log_warning, LOG_LEVEL_WARNING)
DEFINE_LEVEL(log_notice, LOG_LEVEL_NOTICE)
DEFINE_LEVEL(log_debug, LOG_LEVEL_DEBUG)

size_t log_recent(struct log_line *lines, size_t max, uint64_t after)
{
	size_t count = 0;
	uint64_t number;

	pthread_mutex_lock(&log_state.lock);
	number = log_state.written > RING_LINES ? log_state.written - RING_LINES : 0;
	for (number = MAX(number, after) + 1; number <= log_state.written && count < max; number++)
		lines[count++] = log_state.ring[number % RING_LINES];
	pthread_mutex_unlock(&log_state.lock);
	return count;
}
