/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table_line.c - the table's line: bytes out and in, and finding it again.
 *
 * The device that was opened first is the table: another one under the same name is refused, and the same
 * one under another name is found by what it says of itself.
 */
#include <stdio.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "turntable/table_own.h"

#define RETRY_NS NS_PER_S

static void trace(struct table *table, char direction, const void *bytes, size_t len_bytes)
{
	if (table->scribe)
		scribe_trace(table->scribe, direction, bytes, len_bytes, clock_mono_ns());
}

static void passed(struct table *table, char direction, const void *bytes, size_t len_bytes)
{
	trace(table, direction, bytes, len_bytes);
	if (table->ops.passed)
		table->ops.passed(table->ops.owner, direction, len_bytes, clock_mono_ns());
}

static void remark(struct table *table, const char *text)
{
	trace(table, '=', text, strlen(text));
}

static void line_lost(struct table *table, const struct err *err)
{
	if (!table->line)
		return;
	log_warning(_("turntable %s: %s"), table->options.port, err->text);
	remark(table, err->text);
	table->line_err = *err;
	table->line_code = err->code;
	loop_unwatch(table->loop, &table->watch);
	table->line = line_close(table->line);
	table->drive->driver->link(table->drive, DRIVE_LINK_LOST, clock_mono_ns());
	loop_set(table->loop, &table->retry, clock_mono_ns() + RETRY_NS);
}

static void watch_writing(struct table *table, bool writing)
{
	if (table->writing == writing)
		return;
	table->writing = writing;
	loop_rewatch(table->loop, &table->watch, EPOLLIN | (writing ? EPOLLOUT : 0));
}

void table_line_write(void *owner)
{
	struct table *table = owner;
	struct drive *drive = table->drive;
	struct err err;
	int count = 0;

	while (table->line && drive->tx_len_bytes && count >= 0) {
		count = line_write(table->line, drive->tx, drive->tx_len_bytes, &err);
		if (count > 0) {
			passed(table, '>', drive->tx, (size_t)count);
			drive->tx_len_bytes -= (size_t)count;
			memmove(drive->tx, drive->tx + count, drive->tx_len_bytes);
		}
	}
	if (count == ERR_GONE)
		line_lost(table, &err);
	if (table->line)
		watch_writing(table, drive->tx_len_bytes > 0);
	else
		drive->tx_len_bytes = 0;
}

void table_line_overtake(void *owner)
{
	struct table *table = owner;
	struct drive *drive = table->drive;

	if (!table->line || (!line_drop_unsent(table->line) && !table->writing))
		return;
	remark(table, "unsent bytes were thrown away");
	drive->tx_len_bytes = 0;
	drive->driver->link(drive, DRIVE_LINK_CUT, clock_mono_ns());
}

static void take(struct table *table, const uint8_t *bytes, size_t len_bytes)
{
	passed(table, '<', bytes, len_bytes);
	table->drive->driver->rx(table->drive, bytes, len_bytes, clock_mono_ns());
	if (table->drive->state.link == POSE_LINK_UP)
		table->strange_bytes = 0;
	else
		table->strange_bytes += len_bytes;
}

void table_line_ready(void *owner, uint32_t events)
{
	struct table *table = owner;
	uint8_t bytes[512];
	struct err err;
	int count;

	do {
		count = line_read(table->line, bytes, sizeof bytes, &err);
		if (count > 0)
			take(table, bytes, (size_t)count);
	} while (count == (int)sizeof bytes);
	if (count != ERR_GONE && events & (EPOLLHUP | EPOLLERR))
		count = err_set(&err, ERR_GONE, _("the table was unplugged or switched off"));
	if (count == ERR_GONE)
		line_lost(table, &err);
	table_settle(table);
}

/* The port by its name; or by what the device said of itself, when it came back under another. */
static int open_port(struct table *table, struct err *err)
{
	char path[PATH_MAX];
	int rc = line_open(&table->line, table->options.port, &table->settings, err);

	if (rc == ERR_GONE && table->identity[0] &&
	    line_find(table->identity, path, sizeof path, err) == 0)
		rc = line_open(&table->line, path, &table->settings, err);
	if (rc < 0)
		return rc;
	if (table->identity[0] && strcmp(table->identity, line_identity(table->line)) != 0) {
		rc = err_set(err, ERR_STATE, _("%s is another device (%.60s) than before (%.60s)"),
			     table->options.port, line_identity(table->line), table->identity);
		table->line = line_close(table->line);
		return rc;
	}
	snprintf(table->identity, sizeof table->identity, "%s", line_identity(table->line));
	return loop_watch(table->loop, &table->watch, line_fd(table->line), EPOLLIN, err);
}

/* The sentence goes to the record when it is a new one, not each second. */
static void not_opened(struct table *table, const struct err *err)
{
	const struct governor_event event = { .kind = GOVERNOR_EVENT_FAULT, .text = err->text, .by = "" };
	bool new = strcmp(err->text, table->line_err.text) != 0;

	table->line = line_close(table->line);
	table->line_err = *err;
	table->line_code = err->code;
	drive_message(table->drive, "%s", err->text);
	loop_set(table->loop, &table->retry, clock_mono_ns() + RETRY_NS);
	if (!new)
		return;
	log_warning("%s", err->text);
	table_event_happened(table, &event);
}

static void opened(struct table *table)
{
	const char *name = table->identity[0] ? table->identity : table->drive->driver->title;

	table->writing = false;
	table->line_code = 0;
	table->line_err.text[0] = '\0';
	table->opened_ns = clock_mono_ns();
	table->strange_bytes = 0;
	log_notice(_("turntable %s: line open (%s)"), table->options.port, name);
	remark(table, "line open");
	table->drive->driver->link(table->drive, DRIVE_LINK_OPENED, table->opened_ns);
}

void table_line_open(void *owner)
{
	struct table *table = owner;
	struct err err;

	if (open_port(table, &err) < 0)
		not_opened(table, &err);
	else
		opened(table);
	table_settle(table);
}
