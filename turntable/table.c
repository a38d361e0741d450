/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table.c - bytes, time and commands, brought together.
 *
 * Whatever happens - bytes, a deadline, a command, a hang-up - ends in table_settle(): the governor looks
 * at what the driver has learnt, the bytes go out, the next deadline is set and who listens is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/log.h"
#include "turntable/latch.h"
#include "turntable/table_own.h"

/* --- what follows from everything ---------------------------------------------------------------- */

static void tell_if_changed(struct table *table)
{
	const struct governor_lease *lease = governor_lease(table->governor);
	struct seen seen;

	memset(&seen, 0, sizeof seen);
	seen.state = table->drive->state;
	if (seen.state.motion == POSE_MOTION_STILL)
		seen.state.samples = seen.state.sampled_ns = 0;
	else
		seen.state.commanded_mdeg = 0;	/* of a spin: it comes with the next sample */
	seen.estop = governor_estop(table->governor);
	seen.stopping = governor_stopping(table->governor);
	seen.armed = governor_armed_ns(table->governor) > clock_mono_ns();
	seen.lease = lease ? lease->number : 0;
	seen.handling = governor_handling(table->governor);
	seen.geometry = table->drive->geometry;
	snprintf(seen.message, sizeof seen.message, "%s", table_message(table));
	if (memcmp(&seen, &table->seen, sizeof seen) == 0)
		return;
	table->seen = seen;
	if (table->ops.changed)
		table->ops.changed(table->ops.owner);
}

void table_settle(struct table *table)
{
	uint64_t due_ns;

	governor_step(table->governor, clock_mono_ns());
	table_line_write(table);
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
	table_settle(table);
}

static void drive_event(void *owner, const struct drive_event *event)
{
	struct table *table = owner;

	if (event->kind != DRIVE_EVENT_NOTE && event->kind != DRIVE_EVENT_LOST_STEPS) {
		governor_drive_event(table->governor, event);
		return;
	}
	log_notice(_("turntable: %s"), event->text);
	table_event_note(table, event->kind == DRIVE_EVENT_LOST_STEPS ? "lost-steps" : "note", event->text);
}

static void ended(void *owner, const struct governor_end *end)
{
	struct table *table = owner;

	table_event_end(table, end);
	table->ops.ended(table->ops.owner, end);
}

static void happened(void *owner, const struct governor_event *event)
{
	log_notice(_("turntable: %s: %s%s%s"), governor_event_text(event->kind), event->text,
		   event->by[0] ? ", " : "", event->by);
	table_event_happened(owner, event);
}

static void keep(void *owner, const struct governor_kept *kept)
{
	struct table *table = owner;
	CLEANUP(util_freep) char *text = table->kept_path[0] ? latch_text(kept) : NULL;

	if (text)
		scribe_keep(table->scribe, text);
	else if (table->kept_path[0])
		log_error("%s: out of memory", table->kept_path);
}

static int64_t utc_us(void *owner)
{
	(void)owner;
	return clock_utc_us();
}

/* --- outside ------------------------------------------------------------------------------------- */

static void name_files(struct table *table)
{
	const char *folder = table->options.state_dir;

	if (!folder)
		return;
	snprintf(table->kept_path, sizeof table->kept_path, "%s/table.state", folder);
	snprintf(table->calibration_path, sizeof table->calibration_path, "%s/table.calibration", folder);
}

/* One rise of the epoch may have got lost with the process, before it was on the disk: it is made up for. */
static void load_kept(struct table *table, struct governor_kept *kept)
{
	struct err err;

	if (!table->kept_path[0])
		return;
	if (latch_load(table->kept_path, kept, &err) < 0)
		log_error("%s", err.text);
	kept->epoch++;
}

static int load_calibration(struct table *table, struct drive_config *config, const struct table_driver *driver,
			    struct err *err)
{
	*config = table->configured = table->options.drive;
	if (!table->calibration_path[0])
		return 0;
	if (calibration_load(&table->calibration, table->calibration_path, driver->name, config, err) < 0)
		log_error("%s", err->text);
	return calibration_apply(&table->calibration, config, driver->native_per_unit, err);
}

static int make_drive(struct table *table, uint32_t epoch, struct err *err)
{
	const struct table_driver *driver = drive_find(table->options.driver);
	struct drive_config config;
	int rc;

	if (!driver)
		return err_set(err, ERR_RANGE, _("there is no turntable driver \"%s\""), table->options.driver);
	table->settings = driver->line;
	if (table->options.baud)
		table->settings.baud = table->options.baud;
	rc = load_calibration(table, &config, driver, err);
	return rc < 0 ? rc : drive_new(&table->drive, driver, &config, epoch, drive_event, table, err);
}

static int make_parts(struct table *table, struct err *err)
{
	const struct governor_ops ops = {
		.ended = ended, .overtake = table_line_overtake, .write_now = table_line_write, .keep = keep,
		.happened = happened, .utc_us = utc_us, .owner = table,
	};
	const struct scribe_options scribe = {
		.kept_path = table->kept_path[0] ? table->kept_path : NULL, .trace_path = table->options.trace_path,
	};
	struct governor_kept kept = { .estop = false };
	int rc;

	load_kept(table, &kept);
	rc = make_drive(table, kept.epoch, err);
	if (rc == 0 && (scribe.kept_path || scribe.trace_path))
		rc = scribe_start(&table->scribe, &scribe, err);
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
	table->watch = (struct loop_watch){ .fd = -1, .ready = table_line_ready, .owner = table };
	table->timer = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = time_came, .owner = table };
	table->retry = (struct loop_timer){ .due_ns = UINT64_MAX, .fire = table_line_open, .owner = table };
	if (options->identity)
		snprintf(table->identity, sizeof table->identity, "%s", options->identity);
	name_files(table);
	rc = make_parts(table, err);
	if (rc < 0)
		return rc;
	table_line_open(table);
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
	scribe_stop(table->scribe);
	free(table);
	return NULL;
}

int table_submit(struct table *table, const struct governor_request *request, uint64_t *command,
		 struct err *err)
{
	int rc = governor_submit(table->governor, request, clock_mono_ns(), command, err);

	table_settle(table);
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

struct governor *table_governor(struct table *table)
{
	return table->governor;
}

void table_settled(struct table *table)
{
	table_settle(table);
}

struct scribe *table_scribe(struct table *table)
{
	return table->scribe;
}
