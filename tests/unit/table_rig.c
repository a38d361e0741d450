/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ended(void *owner, const struct governor_end *end)
{
	struct rig *rig = owner;

	assert_true(rig->end_count < RIG_ENDS);
	rig->ends[rig->end_count].command = end->command;
	rig->ends[rig->end_count].outcome = end->outcome;
	snprintf(rig->ends[rig->end_count++].reason, 160, "%s", end->reason);
}

static void look_at_jog(struct rig *rig, const char *line)
{
	const char *x = strchr(line, 'X');

	if (strncmp(line, "$J=", 3) == 0 && x)
		rig->longest_jog_mdeg = MAX(rig->longest_jog_mdeg, (int64_t)(llabs((int64_t)(atof(x + 1) * 1000))));
}

static void look_at_byte(struct rig *rig, uint8_t byte)
{
	static char line[128];
	static size_t len;

	if (byte == 0x85 || byte == '!' || byte == 0x18)
		rig->urgent_ns = rig->now_ns;
	rig->resets_sent += byte == 0x18;
	rig->asks_sent += byte == '?';
	if (byte == '?')
		return;
	if (rig->sent_len == sizeof rig->sent - 1)	/* the newest half is what tests look at */
		memmove(rig->sent, rig->sent + sizeof rig->sent / 2, rig->sent_len -= sizeof rig->sent / 2);
	rig->sent[rig->sent_len++] = (char)byte;
	rig->sent[rig->sent_len] = '\0';
	if (byte != '\n' && len < sizeof line - 1) {
		line[len++] = (char)byte;
		return;
	}
	line[len] = '\0';
	len = 0;
	look_at_jog(rig, line);
}

static void write_out(void *owner)
{
	struct rig *rig = owner;
	struct drive *drive = rig->drive;

	for (size_t i = 0; i < drive->tx_len_bytes && !rig->unplugged && !rig->host_dead; i++) {
		look_at_byte(rig, drive->tx[i]);
		if (!drive->tx[i] || (drive->tx[i] != rig->lose && drive->tx[i] != rig->lose_too))
			sim_board_rx(rig->sim, &drive->tx[i], 1, rig->now_ns);
	}
	drive->tx_len_bytes = 0;
}

static void overtake(void *owner)
{
	(void)owner;	/* this line is never stuck */
}

static void keep(void *owner, const struct governor_kept *kept)
{
	struct rig *rig = owner;

	rig->kept = *kept;
	rig->keeps++;
}

static void happened(void *owner, const struct governor_event *event)
{
	struct rig *rig = owner;
	size_t at = rig->event_count++ % RIG_EVENTS;

	rig->events[at].kind = event->kind;
	snprintf(rig->events[at].text, sizeof rig->events[at].text, "%s", event->text);
	snprintf(rig->events[at].by, sizeof rig->events[at].by, "%s", event->by);
}

static int64_t utc_us(void *owner)
{
	const struct rig *rig = owner;

	return (int64_t)(rig->now_ns / 1000) + INT64_C(1700000000000000);
}

static void drive_event(void *owner, const struct drive_event *event)
{
	struct rig *rig = owner;

	rig->lost_steps += event->kind == DRIVE_EVENT_LOST_STEPS;
	if (event->kind == DRIVE_EVENT_NOTE || event->kind == DRIVE_EVENT_LOST_STEPS)
		assert_true(event->text[0]);
	else
		governor_drive_event(rig->governor, event);
}

struct rig *rig_open(const struct rig_options *options)
{
	static const struct sim_config plain = { .true_mdeg = -10000 };
	const struct governor_config default_limits = GOVERNOR_CONFIG_DEFAULT;
	struct rig *rig = calloc(1, sizeof *rig);
	const struct governor_ops ops = {
		.ended = ended, .overtake = overtake, .write_now = write_out, .keep = keep, .happened = happened,
		.utc_us = utc_us, .owner = rig,
	};
	struct governor_kept kept = { .estop = options->estop };
	const char *driver = options->driver ? options->driver : "grbl";
	struct err err;

	assert_non_null(rig);
	rig->now_ns = 1000 * NS_PER_S;
	assert_int_equal(sim_board_new(&rig->sim, driver, options->sim ? options->sim : &plain, rig->now_ns, &err), 0);
	assert_int_equal(drive_new(&rig->drive, drive_find(driver), options->drive, options->kept ? options->kept->epoch : 0, drive_event, rig, &err), 0);
	assert_int_equal(governor_new(&rig->governor, rig->drive, options->limits ? options->limits : &default_limits,
				      options->kept ? options->kept : &kept, &ops, &err), 0);
	rig->drive->driver->link(rig->drive, DRIVE_LINK_OPENED, rig->now_ns);
	return rig;
}

struct rig *rig_new(const struct sim_config *sim, const struct governor_config *limits, bool estop)
{
	return rig_open(&(struct rig_options){ .sim = sim, .limits = limits, .estop = estop });
}

void rig_free(struct rig *rig)
{
	governor_free(rig->governor);
	drive_free(rig->drive);
	sim_board_free(rig->sim);
	free(rig);
}

static bool hear(struct rig *rig)
{
	uint8_t bytes[512];
	size_t len = sim_board_tx(rig->sim, bytes, sizeof bytes);

	if (!len || rig->unplugged || rig->host_dead)
		return false;
	rig->drive->driver->rx(rig->drive, bytes, len, rig->now_ns);
	return true;
}

static void settle(struct rig *rig)
{
	if (!rig->no_governor)
		governor_step(rig->governor, rig->now_ns);
	write_out(rig);
}

/* As the table process does it: nobody looks unless bytes came, or a time that was asked for. */
static void step(struct rig *rig)
{
	bool look;

	rig->now_ns += NS_PER_MS;
	sim_board_advance(rig->sim, rig->now_ns);
	look = hear(rig);
	if (rig->host_dead)
		return;
	if (rig->now_ns >= rig->drive->driver->deadline(rig->drive)) {
		rig->drive->driver->tick(rig->drive, rig->now_ns);
		look = true;
	}
	if (look || rig->now_ns >= governor_deadline(rig->governor))
		settle(rig);
	else
		write_out(rig);
}

void rig_run(struct rig *rig, unsigned ms)
{
	while (ms--)
		step(rig);
}

static bool ready(const struct rig *rig)
{
	return rig->drive->state.link == POSE_LINK_UP && rig->drive->state.motion == POSE_MOTION_STILL &&
	       !governor_stopping(rig->governor);
}

bool rig_until_ready(struct rig *rig, unsigned ms)
{
	while (ms-- && !ready(rig))
		step(rig);
	return ready(rig);
}

uint64_t rig_submit(struct rig *rig, struct governor_request request, int *rc_out)
{
	struct err err;
	uint64_t number = 0;
	int rc = governor_submit(rig->governor, &request, rig->now_ns, &number, &err);

	settle(rig);
	if (rc_out)
		*rc_out = rc;
	return number;
}

unsigned rig_ends(const struct rig *rig, uint64_t command, enum governor_outcome *outcome)
{
	unsigned count = 0;

	for (size_t i = 0; i < rig->end_count; i++)
		if (rig->ends[i].command == command) {
			*outcome = rig->ends[i].outcome;
			count++;
		}
	return count;
}

const char *rig_reason(const struct rig *rig, uint64_t command)
{
	for (size_t i = 0; i < rig->end_count; i++)
		if (rig->ends[i].command == command)
			return rig->ends[i].reason;
	return "(has not ended)";
}

int rig_do(struct rig *rig, struct governor_request request, unsigned ms)
{
	uint64_t command = rig_submit(rig, request, NULL);
	enum governor_outcome outcome = GOVERNOR_REFUSED;

	if (request.name == GOVERNOR_CLEAR && !request.confirm && rig_ends(rig, command, &outcome) == 1 &&
	    outcome == GOVERNOR_DONE)
		command = rig_submit(rig, RIG_CONFIRM, NULL);

	while (ms-- && !rig_ends(rig, command, &outcome))
		step(rig);
	return rig_ends(rig, command, &outcome) == 1 ? (int)outcome : -1;
}

void rig_unplug(struct rig *rig)
{
	rig->unplugged = true;
	rig->drive->driver->link(rig->drive, DRIVE_LINK_LOST, rig->now_ns);
	governor_step(rig->governor, rig->now_ns);
}

void rig_plug(struct rig *rig)
{
	rig->unplugged = false;
	rig->drive->driver->link(rig->drive, DRIVE_LINK_OPENED, rig->now_ns);
	settle(rig);
}

struct rig *rig_homed(void)
{
	struct rig *rig = rig_new(NULL, NULL, false);

	assert_true(rig_until_ready(rig, 8000));
	assert_int_equal(rig_do(rig, RIG_HOME, 30000), GOVERNOR_DONE);
	return rig;
}

void assert_angle_true(const struct rig *rig, int64_t by_mdeg)
{
	int64_t off = llabs(sim_board_true_mdeg(rig->sim) - rig->drive->state.reported_mdeg) % MDEG_PER_TURN;

	off = MIN(off, MDEG_PER_TURN - off);
	if (off > by_mdeg)
		fail_msg("%s: the angle is wrong by %lld millidegrees", rig->drive->driver->name, (long long)off);
}
