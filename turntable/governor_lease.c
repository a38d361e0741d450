/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * governor_lease.c - who may move the table from afar, and how soon that ends.
 *
 * A lease holds only while its holder is heard and sees the table as it is now: each keepalive and each command
 * says which state it was given on, and one that is given on an old state counts as not said. So what a network
 * or a stopped process held back and delivers in one burst moves nothing and keeps nothing alive.
 */
#include "turntable/governor_own.h"

#include <stdio.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"

#define COMMAND_NS (100 * NS_PER_MS)
#define COMMAND_BURST 10
#define KEEPALIVE_NS (100 * NS_PER_MS)
#define KEEPALIVE_BURST 20
#define HOME_NS (10 * NS_PER_S)
#define FLOOD_MAX 100		/* so many more refused than taken: that is no person any more */
#define EDGE_MDEG 100		/* a table at rest stands a little beside where it was sent */

const struct governor_lease *governor_lease(const struct governor *governor)
{
	return governor->lease.number ? &governor->lease : NULL;
}

/* One token each @interval_ns, @burst at once; @due_ns is when the bucket will be full again. */
static bool take_token(uint64_t *due_ns, uint64_t now_ns, uint64_t interval_ns, unsigned burst)
{
	uint64_t due = MAX(*due_ns, now_ns);

	if (due - now_ns > interval_ns * (burst - 1))
		return false;
	*due_ns = due + interval_ns;
	return true;
}

/* --- begin and end ------------------------------------------------------------------------------- */

static int check_grant(const struct governor *governor, const struct governor_grant *grant, struct err *err)
{
	const struct drive *drive = governor->drive;
	int rc = governor_check_table(governor, err);

	if (rc < 0)
		return rc;
	if (governor->lease.number)
		return err_set(err, ERR_STATE, _("%s may move the table: take that lease back first"),
			       governor->lease.holder);
	if (governor->running.number || governor->waiting.number || governor->stopping ||
	    drive->state.motion != POSE_MOTION_STILL)
		return err_set(err, ERR_STATE, _("the table must be known to stand still"));
	if (!(drive->capabilities & DRIVE_CAN_REPORT))
		return err_set(err, ERR_UNSUPPORTED, _("this table cannot report its angle, so nobody may move it "
						       "from afar"));
	if (grant->until_ns <= governor->now_ns || grant->max_mdeg_s < 0)
		return err_set(err, ERR_RANGE, _("a lease needs some time and a speed"));
	if (grant->from_mdeg < 0 || grant->from_mdeg >= MDEG_PER_TURN || grant->to_mdeg < 0 ||
	    grant->to_mdeg >= MDEG_PER_TURN)
		return err_set(err, ERR_RANGE, _("a bearing is 0 to 359.999 degrees"));
	return 0;
}

int governor_grant(struct governor *governor, const struct governor_grant *grant, uint64_t now_ns, uint64_t *lease,
		   struct err *err)
{
	struct governor_lease *mine = &governor->lease;
	int rc;

	governor->now_ns = now_ns;
	governor_lease_step(governor);
	rc = check_grant(governor, grant, err);
	if (rc < 0)
		return rc;
	*mine = (struct governor_lease){
		/* by the clock, so that one of an earlier life of this process is no lease of this one */
		.number = MAX(governor->last_lease + 1, now_ns / NS_PER_MS), .until_ns = grant->until_ns,
		.max_mdeg_s = grant->max_mdeg_s, .from_mdeg = grant->from_mdeg, .to_mdeg = grant->to_mdeg,
		.may_home = grant->may_home,
	};
	snprintf(mine->holder, sizeof mine->holder, "%s", grant->holder ? grant->holder : "");
	governor->last_lease = *lease = mine->number;
	governor->heard_ns = 0;
	governor->flood = 0;
	governor_happened(governor, GOVERNOR_EVENT_LEASE, mine->holder, _("may move the table from afar"));
	return 0;
}

void governor_lease_end(struct governor *governor, const char *why)
{
	struct governor_lease ended = governor->lease;

	if (!ended.number)
		return;
	governor->lease = (struct governor_lease){ 0 };
	if (governor->running.number && governor->running.request.lease)
		governor_stop_running(governor, GOVERNOR_STOPPED, why);
	if (governor->waiting.request.lease)
		governor_end_job(governor, &governor->waiting, GOVERNOR_STOPPED, ERR_STATE, why);
	governor_happened(governor, GOVERNOR_EVENT_LEASE, ended.holder, _("may not move the table from afar any more: %s"),
			  why);
}

void governor_lease_step(struct governor *governor)
{
	if (!governor->lease.number)
		return;
	if (governor->now_ns >= governor->lease.until_ns)
		governor_lease_end(governor, _("the time of the lease is over"));
	else if (governor->heard_ns && governor->now_ns >= governor->heard_ns + GOVERNOR_KEEPALIVE_NS)
		governor_lease_end(governor, _("who holds the lease was not heard any more"));
}

int governor_release(struct governor *governor, uint64_t lease, uint64_t now_ns, struct err *err)
{
	governor->now_ns = now_ns;
	governor_lease_step(governor);
	if (!lease || governor->lease.number != lease)
		return err_set(err, ERR_DENIED, _("there is no such lease, or it has ended"));
	governor_lease_end(governor, _("it was given back"));
	return 0;
}

void governor_preempt(struct governor *governor, const char *why, uint64_t now_ns)
{
	governor->now_ns = now_ns;
	governor_lease_end(governor, why);
}

/* --- what comes from afar ------------------------------------------------------------------------ */

static int check_seen(const struct governor *governor, uint64_t seen_ns, struct err *err)
{
	if (!seen_ns || seen_ns > governor->now_ns || governor->now_ns - seen_ns > GOVERNOR_SEEN_NS)
		return err_set(err, ERR_TIMEOUT, _("it was given on a state of the table that is too old"));
	return 0;
}

static int check_rate(struct governor *governor, uint64_t *due_ns, uint64_t interval_ns, unsigned burst, struct err *err)
{
	if (take_token(due_ns, governor->now_ns, interval_ns, burst))
		return 0;
	if (++governor->flood >= FLOOD_MAX)
		governor_lease_end(governor, _("far too many commands came"));
	return err_set(err, ERR_FULL, _("too many commands in too short a time"));
}

static void heard(struct governor *governor)
{
	governor->heard_ns = governor->now_ns;
	governor->flood -= MIN(governor->flood, 1u);
}

int governor_keepalive(struct governor *governor, uint64_t lease, uint64_t seen_ns, uint64_t now_ns, struct err *err)
{
	int rc;

	governor->now_ns = now_ns;
	governor_lease_step(governor);	/* one that comes too late revives nothing */
	if (!lease || governor->lease.number != lease)
		return err_set(err, ERR_DENIED, _("there is no such lease, or it has ended"));
	rc = check_rate(governor, &governor->keepalive_due_ns, KEEPALIVE_NS, KEEPALIVE_BURST, err);
	if (rc == 0)
		rc = check_seen(governor, seen_ns, err);
	if (rc < 0)
		return rc;
	heard(governor);
	return 0;
}

static int admit_kind(struct governor *governor, const struct governor_request *request, struct err *err)
{
	const struct governor_lease *lease = &governor->lease;
	uint32_t capabilities = governor->drive->capabilities;

	if (request->name == GOVERNOR_CLEAR)
		return err_set(err, ERR_DENIED, _("only a person at the table may clear it"));
	if ((governor->running.number && !governor->running.request.lease) ||
	    (governor->waiting.number && !governor->waiting.request.lease))
		return err_set(err, ERR_STATE, _("the operator at the table is moving it"));
	if (!(capabilities & DRIVE_CAN_REPORT))
		return err_set(err, ERR_UNSUPPORTED, _("this table cannot report its angle, so nobody may move it "
						       "from afar"));
	if (request->name == GOVERNOR_SPIN && !(capabilities & DRIVE_STOPS_ALONE))
		return err_set(err, ERR_UNSUPPORTED, _("this table does not stop by itself when the line falls silent, "
						       "so nobody may spin it from afar"));
	if (request->name == GOVERNOR_SPIN && lease->from_mdeg != lease->to_mdeg)
		return err_set(err, ERR_DENIED, _("the lease is for some bearings only: goto and turn, no spin"));
	if (request->name == GOVERNOR_HOME && !lease->may_home)
		return err_set(err, ERR_DENIED, _("the lease does not allow homing"));
	return 0;
}

int governor_admit(struct governor *governor, const struct governor_request *request, struct err *err)
{
	int rc;

	if (!request->lease)
		return request->seen_ns ? check_seen(governor, request->seen_ns, err) : 0;
	if (governor->lease.number != request->lease)
		return err_set(err, ERR_DENIED, _("there is no such lease, or it has ended"));
	rc = check_rate(governor, &governor->command_due_ns, COMMAND_NS, COMMAND_BURST, err);
	if (rc == 0)
		rc = check_seen(governor, request->seen_ns, err);
	if (rc < 0)
		return rc;
	heard(governor);
	rc = admit_kind(governor, request, err);
	if (rc == 0 && request->name == GOVERNOR_HOME &&
	    !take_token(&governor->home_due_ns, governor->now_ns, HOME_NS, 1))
		rc = err_set(err, ERR_FULL, _("from afar the table may be homed once in ten seconds"));
	return rc;
}

int governor_check_window(const struct governor *governor, uint64_t lease, int64_t min_mdeg, int64_t max_mdeg,
			  struct err *err)
{
	const struct governor_lease *mine = &governor->lease;
	int32_t width = pose_bearing_mdeg((int64_t)mine->to_mdeg - mine->from_mdeg);
	int32_t in = pose_bearing_mdeg(min_mdeg - mine->from_mdeg + EDGE_MDEG);

	if (!lease || !width)
		return 0;
	if (governor->drive->state.reference == POSE_REF_NONE)
		return err_set(err, ERR_STATE, _("the lease is for some bearings only, and the table has not been homed"));
	if (in + (max_mdeg - min_mdeg) <= width + 2 * EDGE_MDEG)
		return 0;
	return err_set(err, ERR_DENIED, _("the lease is for the bearings from %d.%03d clockwise to %d.%03d degrees only"),
		       mine->from_mdeg / 1000, mine->from_mdeg % 1000, mine->to_mdeg / 1000, mine->to_mdeg % 1000);
}
