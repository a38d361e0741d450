/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz_drive.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "turntable/driver.h"

struct run {
	struct drive *drive;
	uint64_t now_ns;
	bool commanded;
	bool (*moves)(const uint8_t *bytes, size_t len_bytes);
};

static void take_event(void *owner, const struct drive_event *event)
{
	(void)owner;
	if (strlen(event->text) > 200)
		abort();
}

static void check(struct run *run)
{
	struct drive *drive = run->drive;

	if (!run->commanded && run->moves(drive->tx, drive->tx_len_bytes))
		abort();
	if (strnlen(drive->state.fault, sizeof drive->state.fault) == sizeof drive->state.fault ||
	    drive->tx_len_bytes > sizeof drive->tx)
		abort();
	drive->tx_len_bytes = 0;
}

static void command(struct run *run, uint8_t what)
{
	struct drive *drive = run->drive;
	struct drive_command command = {
		.act = what % 5, .speed_mdeg_s = what & 16 ? 20000 : -20000, .accel_mdeg_s2 = 50000,
		.target_mdeg = drive->state.reported_mdeg + what * 1000, .remote = what & 64,
	};
	struct err err;

	if (command.act == DRIVE_MOVE)
		command.speed_mdeg_s = 20000;
	if ((what & 15) == 15) {
		drive->driver->urgent(drive, what & 32 ? DRIVE_STOP : DRIVE_ESTOP, run->now_ns);
		return;
	}
	if (drive->driver->command(drive, &command, run->now_ns, &err) == 0 && command.act <= DRIVE_SPIN)
		run->commanded = true;
}

static void pass_time(struct run *run, const uint8_t *paces)
{
	for (unsigned i = 0; i < 3; i++) {
		run->now_ns += (1 + paces[i]) * NS_PER_MS / 2;
		if (run->now_ns >= run->drive->driver->deadline(run->drive))
			run->drive->driver->tick(run->drive, run->now_ns);
		check(run);
	}
}

int fuzz_drive(const char *driver, char separator, bool (*moves)(const uint8_t *bytes, size_t len_bytes),
	       const uint8_t *bytes, size_t len_bytes)
{
	struct run run = { .now_ns = 100 * NS_PER_S, .moves = moves };
	struct err err;
	size_t at = 4;

	if (len_bytes < 4 || drive_new(&run.drive, drive_find(driver), NULL, 0, take_event, NULL, &err) < 0)
		return 0;
	run.drive->driver->link(run.drive, DRIVE_LINK_OPENED, run.now_ns);
	while (at < len_bytes) {
		const uint8_t *end = memchr(bytes + at, separator, len_bytes - at);
		size_t piece = end ? (size_t)(end - (bytes + at)) + 1 : len_bytes - at;

		if (piece > 1 && bytes[at] == '~')
			command(&run, bytes[at + 1]);
		else
			run.drive->driver->rx(run.drive, bytes + at, piece, run.now_ns);
		at += piece;
		pass_time(&run, bytes);
	}
	run.drive->driver->link(run.drive, bytes[3] & 1 ? DRIVE_LINK_LOST : DRIVE_LINK_CUT, run.now_ns);
	check(&run);
	drive_free(run.drive);
	return 0;
}
