/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor_halt.c - after an emergency stop or a fault nothing moves until a person has looked.
 *
 * One halt is latched: the first, because what follows is often only its echo. It is cleared in two steps, the
 * first of which answers with the reason, so that nobody clears what he has not been told. Whatever is
 * latched in between disarms.
 */
#include "turntable/governor_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"

#define CLEAR_NS (20 * NS_PER_S)	/* drivers have a shorter limit of their own */

const char *governor_halt_text(enum governor_halt_kind kind)
{
	static const char *const texts[] = { "none", "estop", "fault", "line", "reference", "stall", "overdue",
					     "failed", "unstopped", "unasked" };

	return texts[kind];
}

static void latch(struct governor *governor, enum governor_halt_kind kind, const char *reason, const char *by)
{
	struct governor_halt *halt = &governor->kept.halt;

	governor->armed_ns = 0;
	if (kind == GOVERNOR_HALT_ESTOP)
		governor->kept.estop = true;
	if (!halt->kind) {
		halt->kind = kind;
		snprintf(halt->reason, sizeof halt->reason, "%s", reason);
		snprintf(halt->by, sizeof halt->by, "%s", by);
		halt->since_utc_us = governor->ops.utc_us ? governor->ops.utc_us(governor->ops.owner) : 0;
	}
	governor_keep(governor);
	governor_happened(governor, GOVERNOR_EVENT_HALT, by, "%s", reason);
}

void governor_halt_now(struct governor *governor, enum governor_halt_kind kind, const char *reason, const char *by)
{
	bool known = governor->kept.halt.kind && (kind != GOVERNOR_HALT_ESTOP || governor->kept.estop);
	char copy[GOVERNOR_REASON_BYTES];	/* the reason may lie in what changes below */

	snprintf(copy, sizeof copy, "%s", reason);
	if (!governor->stopping && (governor->running.number || governor->motion.active))
		governor->rest_wanted = true;
	if (!known || governor->armed_ns)
		latch(governor, kind, copy, by);
	if (governor->running.request.name != GOVERNOR_CLEAR)
		governor_end_job(governor, &governor->running, GOVERNOR_FAILED, ERR_STATE, copy);
	governor_end_job(governor, &governor->waiting, GOVERNOR_REFUSED, ERR_STATE, copy);
	governor_lease_end(governor, copy);
}

/* --- clearing ------------------------------------------------------------------------------------ */

static void sentence(const struct governor *governor, char *text, size_t size)
{
	const struct governor_kept *kept = &governor->kept;
	const char *from = kept->halt.by[0] ? _(" by ") : "";

	if (kept->estop && kept->halt.kind != GOVERNOR_HALT_ESTOP)
		snprintf(text, size, _("Emergency stop; before that: %s"), kept->halt.reason);
	else if (kept->estop)
		snprintf(text, size, _("Emergency stop%s%s"), from, kept->halt.by);
	else
		snprintf(text, size, _("Halted: %s"), kept->halt.reason);
}

void governor_cleared(struct governor *governor, const char *by)
{
	char text[GOVERNOR_REASON_BYTES + 80];

	if (!governor->kept.halt.kind)
		return;
	sentence(governor, text, sizeof text);
	governor->kept.estop = false;
	governor->kept.halt = (struct governor_halt){ 0 };
	governor->armed_ns = 0;
	governor_keep(governor);
	governor_happened(governor, GOVERNOR_EVENT_CLEAR, by, _("cleared: %s"), text);
}

static bool controller_faulty(const struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;

	return state->fault[0] || state->motion == POSE_MOTION_HELD || state->link == POSE_LINK_SILENT;
}

static int clear_controller(struct governor *governor, const struct governor_request *request, uint64_t number,
			    struct err *err)
{
	struct drive *drive = governor->drive;
	struct drive_command command = { .act = DRIVE_CLEAR };
	struct job job = { .number = number, .request.name = GOVERNOR_CLEAR, .phase = JOB_MOVES,
			   .limit_ns = governor->now_ns + CLEAR_NS };
	int rc;

	snprintf(job.by, sizeof job.by, "%s", request->by ? request->by : "");
	governor->running = job;	/* first: its end may come at once */
	rc = drive->driver->command(drive, &command, governor->now_ns, err);
	if (rc < 0)
		governor->running.number = 0;
	return rc;
}

static int check_clear(const struct governor *governor, struct err *err)
{
	if (governor->running.number && governor->running.request.name == GOVERNOR_CLEAR)
		return err_set(err, ERR_STATE, _("the controller is being reset: wait"));
	if (governor->stopping && !governor->stop_overdue)
		return err_set(err, ERR_STATE, _("the table is not yet known to stand still"));
	return 0;
}

int governor_clear(struct governor *governor, const struct governor_request *request, uint64_t number, struct err *err)
{
	char text[GOVERNOR_REASON_BYTES + 80];
	int rc = check_clear(governor, err);

	if (rc < 0)
		return rc;
	if (!governor->kept.halt.kind && !controller_faulty(governor)) {
		governor_end_number(governor, number, GOVERNOR_CLEAR, request->by, GOVERNOR_DONE, 0, "");
		return 0;
	}
	if (!request->confirm) {
		if (governor->kept.halt.kind)
			sentence(governor, text, sizeof text);
		else
			snprintf(text, sizeof text, "%s", governor_message(governor));
		governor->armed_ns = governor->now_ns + GOVERNOR_ARMED_NS;
		governor_end_number(governor, number, GOVERNOR_CLEAR, request->by, GOVERNOR_DONE, 0, text);
		return 0;
	}
	if (!governor->armed_ns || governor->now_ns >= governor->armed_ns)
		return err_set(err, ERR_STATE, _("ask first what is to be cleared, look at the table, then confirm"));
	governor->armed_ns = 0;
	governor->stopping = governor->stop_overdue = false;	/* a person has looked */
	if (controller_faulty(governor))
		return clear_controller(governor, request, number, err);
	governor_cleared(governor, request->by ? request->by : "");
	governor_end_number(governor, number, GOVERNOR_CLEAR, request->by, GOVERNOR_DONE, 0, "");
	return 0;
}

/* --- what the driver has found out --------------------------------------------------------------- */

static bool turning(const struct governor *governor)
{
	return (governor->running.number && governor->running.phase == JOB_MOVES &&
		governor->running.request.name != GOVERNOR_CLEAR) || governor->motion.active;
}

static void see_fault(struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;

	if (strcmp(governor->seen_fault, state->fault) == 0)
		return;
	snprintf(governor->seen_fault, sizeof governor->seen_fault, "%s", state->fault);
	if (!state->fault[0])
		return;
	governor_happened(governor, GOVERNOR_EVENT_FAULT, "", "%s: %s", state->fault, state->message);
	governor_halt_now(governor, GOVERNOR_HALT_FAULT, state->message[0] ? state->message : state->fault, "");
}

static void see_link(struct governor *governor)
{
	static const char *const texts[] = {
		N_("the line is closed"), N_("waiting for the controller"), N_("the controller answers"),
		N_("the controller does not answer"), N_("the table is not connected"),
	};
	enum pose_link link = governor->drive->state.link;
	bool was_up = governor->seen_link == POSE_LINK_UP;

	if (governor->seen_link == link)
		return;
	governor->seen_link = link;
	governor_happened(governor, GOVERNOR_EVENT_LINK, "", "%s", _(texts[link]));
	governor_lease_end(governor, _(texts[link]));
	if (was_up && turning(governor))
		governor_halt_now(governor, GOVERNOR_HALT_LINE, _(texts[link]), "");
}

static void see_epoch(struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;
	struct job *job = &governor->running;

	if (governor->seen_epoch != state->epoch)
		governor_happened(governor, GOVERNOR_EVENT_EPOCH, "", _("from now on angles are of epoch %u"),
				  state->epoch);
	governor->seen_epoch = state->epoch;
	if (!job->number || !job->begun || job->epoch == state->epoch || job->request.name == GOVERNOR_HOME ||
	    job->request.name == GOVERNOR_CLEAR)
		return;
	governor_halt_now(governor, GOVERNOR_HALT_REFERENCE, _("the controller lost its count in mid-move"), "");
}

static void see_motion(struct governor *governor)
{
	const struct drive_state *state = &governor->drive->state;
	bool moves = state->motion == POSE_MOTION_MOVING || state->motion == POSE_MOTION_HOMING ||
		     state->motion == POSE_MOTION_STOPPING;

	if (!moves || state->link != POSE_LINK_UP || governor->running.number || governor->stopping ||
	    governor->rest_wanted)
		return;
	governor->rest_wanted = true;
	governor_halt_now(governor, GOVERNOR_HALT_UNASKED, _("the table moved without a command"), "");
}

void governor_halt_step(struct governor *governor)
{
	if (governor->armed_ns && governor->now_ns >= governor->armed_ns)
		governor->armed_ns = 0;
	see_fault(governor);
	see_link(governor);
	see_epoch(governor);
	see_motion(governor);
}

/* --- what is so now ------------------------------------------------------------------------------ */

bool governor_estop(const struct governor *governor)
{
	return governor->kept.estop;
}

const struct governor_halt *governor_halt(const struct governor *governor)
{
	return governor->kept.halt.kind ? &governor->kept.halt : NULL;
}

uint64_t governor_armed_ns(const struct governor *governor)
{
	return governor->armed_ns;
}

static const char *plain_message(const struct governor *governor)
{
	const struct drive *drive = governor->drive;
	const struct drive_state *state = &drive->state;

	if (state->message[0])
		return state->message;
	if (state->link == POSE_LINK_OPENING)
		return _("Waiting for the table's controller");
	if (state->link != POSE_LINK_UP)
		return _("The table is not connected");
	if (state->motion == POSE_MOTION_UNKNOWN)
		return _("It is not known yet whether the table stands still");
	if (state->motion == POSE_MOTION_HELD)
		return _("The controller is held: look at the table, then clear it");
	if (state->motion == POSE_MOTION_HOMING || state->reference != POSE_REF_NONE)
		return "";
	return drive->capabilities & DRIVE_CAN_HOME ? _("Home the table: its bearing is not known")
						    : _("The table's bearing is not known");
}

const char *governor_message(struct governor *governor)
{
	char text[GOVERNOR_REASON_BYTES + 80];

	if (governor->stop_overdue) {
		snprintf(governor->message, sizeof governor->message, "%s",
			 _("The table has not confirmed that it stands still: cut its power"));
	} else if (governor->kept.halt.kind) {
		sentence(governor, text, sizeof text);
		snprintf(governor->message, sizeof governor->message, _("%s. Look at the table, then clear it"), text);
	} else {
		snprintf(governor->message, sizeof governor->message, "%s", plain_message(governor));
	}
	return governor->message;
}
