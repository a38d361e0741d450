/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table.c - bytes, time and commands, brought together.
 *
 * Whatever happens - bytes, a deadline, a command, a hang-up - ends in settle(): the governor looks
 * at what the driver has learnt, the bytes go out, the next deadline is set and who listens is told.
 */
#include "turntable/table.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "turntable/latch.h"
#include "turntable/line.h"

#define RETRY_NS NS_PER_S

/* What a listener would see change; filled over zeroes so that it can be compared as bytes. */
struct seen {
	struct drive_state state;
	bool estop, stopping;
	char message[256];
};

struct table {
	struct table_options options;
	struct table_ops ops;
	struct loop *loop;
	struct line *line;
	struct drive *drive;
	struct governor *governor;
	struct loop_watch watch;
	struct loop_timer timer, retry;
	bool writing;			/* waits for room in the line */
	int line_code;
	struct err line_err;
	char identity[LINE_IDENTITY_MAX], latch_path[PATH_MAX];
	struct seen seen;
};

static void settle(struct table *table);
static void try_open(void *owner);

/* --- the line ------------------------------------------------------------------------------------ */

static void line_lost(struct table *table, const struct err *err)
{
	if (!table->line)
		return;
	log_warning(_("turntable %s: %s"), table->options.port, err->text);
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

static void write_out(void *owner)
{
	struct table *table = owner;
	struct drive *drive = table->drive;
	struct err err;
	int count = 0;

	while (table->line && drive->tx_len_bytes && count >= 0) {
		count = line_write(table->line, drive->tx, drive->tx_len_bytes, &err);
		if (count > 0) {
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

static void overtake(void *owner)
{
	struct table *table = owner;
	struct drive *drive = table->drive;

	if (!table->line || (!line_drop_unsent(table->line) && !table->writing))
		return;
	drive->tx_len_bytes = 0;
	drive->driver->link(drive, DRIVE_LINK_CUT, clock_mono_ns());
}

static void line_ready(void *owner, uint32_t events)
{
	struct table *table = owner;
	uint8_t bytes[512];
	struct err err;
	int count;

	do {
		count = line_read(table->line, bytes, sizeof bytes, &err);
		if (count > 0)
			table->drive->driver->rx(table->drive, bytes, (size_t)count, clock_mono_ns());
	} while (count == (int)sizeof bytes);
	if (count != ERR_GONE && events & (EPOLLHUP | EPOLLERR))
		count = err_set(&err, ERR_GONE, _("the table was unplugged or switched off"));
	if (count == ERR_GONE)
		line_lost(table, &err);
	settle(table);
}

/* The port by its name; or by what the device said of itself, when it came back under another. */
static int open_line(struct table *table, struct err *err)
{
	const struct line_settings *settings = &table->drive->driver->line;
	char path[PATH_MAX];
	int rc = line_open(&table->line, table->options.port, settings, err);

	if (rc == ERR_GONE && table->identity[0] &&
	    line_find(table->identity, path, sizeof path, err) == 0)
		rc = line_open(&table->line, path, settings, err);
	if (rc < 0)
		return rc;
	if (table->identity[0] && strcmp(table->identity, line_identity(table->line)) != 0) {
		rc = err_set(err, ERR_STATE, _("%s is another device (%.60s) than before (%.60s)"),
			     table->options.port, line_identity(table->line), table->identity);
		table->line = line_close(table->line);
		return rc;
	}
	snprintf(table->identity, sizeof table->identity, "%s", line_identity(table->line));
	return 0;
}

static void try_open(void *owner)
{
	struct table *table = owner;
	struct err err;
	int rc = open_line(table, &err);

	if (rc == 0)
		rc = loop_watch(table->loop, &table->watch, line_fd(table->line), EPOLLIN, &err);
	if (rc < 0) {
		if (strcmp(err.text, table->line_err.text) != 0)
			log_warning("%s", err.text);
		table->line = line_close(table->line);
		table->line_err = err;
		table->line_code = rc;
		drive_message(table->drive, "%s", err.text);
		loop_set(table->loop, &table->retry, clock_mono_ns() + RETRY_NS);
	} else {
		table->writing = false;
		table->line_code = 0;
		table->line_err.text[0] = '\0';
		log_notice(_("turntable %s: line open (%s)"), table->options.port,
			   table->identity[0] ? table->identity : table->drive->driver->title);
		table->drive->driver->link(table->drive, DRIVE_LINK_OPENED, clock_mono_ns());
	}
	settle(table);
}

/* --- what follows from everything ---------------------------------------------------------------- */

static void tell_if_changed(struct table *table)
{
	struct seen seen;

	memset(&seen, 0, sizeof seen);
	seen.state = table->drive->state;
	if (seen.state.motion == POSE_MOTION_STILL)
		seen.state.samples = seen.state.sampled_ns = 0;
	else
		seen.state.commanded_mdeg = 0;	/* of a spin: it comes with the next sample */
	seen.estop = governor_estop(table->governor);
	seen.stopping = governor_stopping(table->governor);
	snprintf(seen.message, sizeof seen.message, "%s", governor_message(table->governor));
	if (memcmp(&seen, &table->seen, sizeof seen) == 0)
		return;
	table->seen = seen;
	if (table->ops.changed)
		table->ops.changed(table->ops.owner);
}

static void settle(struct table *table)
{
	uint64_t due_ns;

	governor_step(table->governor, clock_mono_ns());
	write_out(table);
	due_ns = MIN(table->drive->driver->deadline(table->drive), governor_deadline(table->governor));
	if (due_ns == UINT64_MAX)
		loop_cancel(table->loop, &table->timer);
	else
		loop_set(table->loop, &table->timer, due_ns);
	tell_if_changed(table);
}

static void time_came(void *owner)
{
	struct table *table = owner;
	uint64_t now_ns = clock_mono_ns();

	if (now_ns >= table->drive->driver->deadline(table->drive))
		table->drive->driver->tick(table->drive, now_ns);
	settle(table);
}

static void drive_event(void *owner, const struct drive_event *event)
{
	struct table *table = owner;

	if (event->kind == DRIVE_EVENT_NOTE)
		log_notice(_("turntable: %s"), event->text);
	else
		governor_drive_event(table->governor, event);
}

static void ended(void *owner, const struct governor_end *end)
{
	struct table *table = owner;

	table->ops.ended(table->ops.owner, end);
}

static void keep(void *owner, const struct governor_kept *kept)
{
	struct table *table = owner;
	struct err err;

	if (table->latch_path[0] && latch_save(table->latch_path, kept, &err) < 0)
		log_error("%s", err.text);
}

static void happened(void *owner, const struct governor_event *event)
{
	(void)owner;
	log_notice(_("turntable: %s: %s%s%s"), governor_event_text(event->kind), event->text,
		   event->by[0] ? ", " : "", event->by);
}

static int64_t utc_us(void *owner)
{
	(void)owner;
	return clock_utc_us();
}

/* --- outside ------------------------------------------------------------------------------------- */

static int make_parts(struct table *table, struct err *err)
{
	const struct table_driver *driver = drive_find(table->options.driver);
	const struct governor_ops ops = {
		.ended = ended, .overtake = overtake, .write_now = write_out, .keep = keep, .happened = happened,
		.utc_us = utc_us, .owner = table,
	};
	struct governor_kept kept = { 0 };
	int rc;

	if (!driver)
		return err_set(err, ERR_RANGE, _("there is no turntable driver \"%s\""), table->options.driver);
	if (table->options.state_dir) {
		snprintf(table->latch_path, sizeof table->latch_path, "%s/table.state", table->options.state_dir);
		if (latch_load(table->latch_path, &kept, err) < 0)
			log_error("%s", err->text);
	}
	rc = drive_new(&table->drive, driver, &table->options.drive, kept.epoch, drive_event, table, err);
	if (rc < 0)
		return rc;
	return governor_new(&table->governor, table->drive, &table->options.limits, &kept, &ops, err);
}

int table_new(struct table **out, struct loop *loop, const struct table_options *options,
	      const struct table_ops *ops, struct err *err)
{
	CLEANUP(table_freep) struct table *table = calloc(1, sizeof *table);
	int rc;

	if (!table)
		return err_set(err, ERR_NOMEM, "turntable: out of memory");
	table->options = *options;
	table->ops = *ops;
	table->loop = loop;
	table->watch = (struct loop_watch){ .fd = -1, .ready = line_ready, .owner = table };
	table->timer = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = time_came, .owner = table };
	table->retry = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = try_open, .owner = table };
	rc = make_parts(table, err);
	if (rc < 0)
		return rc;
	try_open(table);
	*out = MOVE(table);
	return 0;
}

struct table *table_free(struct table *table)
{
	if (!table)
		return NULL;
	loop_unwatch(table->loop, &table->watch);
	loop_cancel(table->loop, &table->timer);
	loop_cancel(table->loop, &table->retry);
	line_close(table->line);
	governor_free(table->governor);
	drive_free(table->drive);
	free(table);
	return NULL;
}

int table_submit(struct table *table, const struct governor_request *request, uint64_t *command,
		 struct err *err)
{
	int rc = governor_submit(table->governor, request, clock_mono_ns(), command, err);

	settle(table);
	return rc;
}

bool table_at_rest(const struct table *table)
{
	const struct drive_state *state = &table->drive->state;

	return !table->line || (!governor_stopping(table->governor) && state->link == POSE_LINK_UP &&
				(state->motion == POSE_MOTION_STILL || state->motion == POSE_MOTION_HELD));
}

bool table_keep_reference(struct table *table, int64_t reported_mdeg)
{
	struct drive_state *state = &table->drive->state;

	if (!state->kept_count || state->reference != POSE_REF_NONE || state->motion != POSE_MOTION_STILL ||
	    state->reported_mdeg != reported_mdeg)
		return false;
	state->reference = POSE_REF_HOMED;
	state->commanded_mdeg = state->reported_mdeg;
	state->message[0] = '\0';
	return true;
}

bool table_ready(const struct table *table)
{
	return table->line && table->drive->state.link == POSE_LINK_UP && table_at_rest(table);
}

int table_line_error(const struct table *table, struct err *err)
{
	*err = table->line_err;
	return table->line_code;
}

static json_t *capability_names(uint32_t capabilities)
{
	json_t *list = json_array();

	for (size_t i = 0; drive_capability_name(i); i++)
		if (capabilities & (1u << i))
			json_array_append_new(list, json_string(drive_capability_name(i)));
	return list;
}

static json_t *uncertainty(const struct drive_state *state, uint64_t age_ns)
{
	int64_t value = state->uncertainty_mdeg + llabs(state->speed_mdeg_s) * (int64_t)(age_ns / NS_PER_MS) / 1000;

	if (state->uncertainty_mdeg == DRIVE_UNCERTAINTY_UNKNOWN || state->link != POSE_LINK_UP)
		return json_null();
	return json_integer(value);
}

json_t *table_status(struct table *table)
{
	static const char *const links[] = { "closed", "opening", "up", "silent", "lost" };
	static const char *const motions[] = { "unknown", "still", "moving", "stopping", "homing", "held" };
	static const char *const references[] = { "none", "user-zero", "homed", "absolute" };
	static const char *const sources[] = { "none", "assumed", "counted", "encoder" };
	const struct drive_state *state = &table->drive->state;
	uint64_t age_ns = clock_mono_ns() - state->sampled_ns;
	bool known = state->reference != POSE_REF_NONE;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:o, s:o, s:i, s:I, s:I, s:I, s:b, s:s, "
			 "s:s, s:b, s:o, s:{s:i, s:i}}",
			 "driver", table->drive->driver->name, "port", table->options.port,
			 "link", links[state->link],
			 "motion", motions[state->link == POSE_LINK_UP ? state->motion : POSE_MOTION_UNKNOWN],
			 "reference", references[state->reference], "source", sources[state->source],
			 "homed", state->reference == POSE_REF_HOMED || state->reference == POSE_REF_ABSOLUTE,
			 "reported_mdeg", (json_int_t)state->reported_mdeg,
			 "commanded_mdeg", (json_int_t)state->commanded_mdeg,
			 "bearing_mdeg", known ? json_integer(pose_bearing_mdeg(state->reported_mdeg)) : json_null(),
			 "uncertainty_mdeg", uncertainty(state, age_ns),
			 "speed_mdeg_s", state->link == POSE_LINK_UP ? state->speed_mdeg_s : 0,
			 "sampled_ns", (json_int_t)state->sampled_ns, "age_ms", (json_int_t)(age_ns / NS_PER_MS),
			 "epoch", (json_int_t)state->epoch, "estop", governor_estop(table->governor),
			 "fault", state->fault, "message", governor_message(table->governor),
			 "simulated", table->options.simulated,
			 "capabilities", capability_names(table->drive->capabilities),
			 "limits", "max_mdeg_s", governor_max_mdeg_s(table->governor),
			 "max_mdeg_s2", governor_max_mdeg_s2(table->governor));
}
