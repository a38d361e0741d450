/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Grbl driver, fed with anything. The first bytes choose what is asked of it; the rest comes as
 * its controller's words, in pieces, as time passes. Whatever comes, it sends nothing that moves the
 * table unless it was asked to.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "turntable/driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static void ignore_event(void *owner, const struct drive_event *event)
{
	(void)owner;
	if (strlen(event->text) > 200)
		abort();
}

static void check_silent(struct drive *drive, bool commanded)
{
	if (!commanded && (memmem(drive->tx, drive->tx_len_bytes, "$J", 2) ||
			   memmem(drive->tx, drive->tx_len_bytes, "$H", 2)))
		abort();
	drive->tx_len_bytes = 0;
}

static bool command(struct drive *drive, uint8_t what, uint64_t now_ns)
{
	struct drive_command command = {
		.act = what % 4, .speed_mdeg_s = what & 16 ? 20000 : -20000,
		.target_mdeg = drive->state.reported_mdeg + what * 1000,
	};
	struct err err;

	if (command.act == DRIVE_MOVE)
		command.speed_mdeg_s = 20000;
	if ((what & 15) == 15)
		drive->driver->urgent(drive, what & 32 ? DRIVE_STOP : DRIVE_ESTOP, now_ns);
	return drive->driver->command(drive, &command, now_ns, &err) == 0 && command.act != DRIVE_CLEAR;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	struct drive *drive;
	uint64_t now_ns = 100 * NS_PER_S;
	bool commanded = false;
	struct err err;
	size_t at = 4;

	if (len_bytes < 4 || drive_new(&drive, drive_find("grbl"), 0, ignore_event, NULL, &err) < 0)
		return 0;
	drive->driver->link(drive, DRIVE_LINK_OPENED, now_ns);
	while (at < len_bytes) {
		const uint8_t *end = memchr(bytes + at, '\n', len_bytes - at);
		size_t piece = end ? (size_t)(end - (bytes + at)) + 1 : len_bytes - at;

		if (piece > 1 && bytes[at] == '~') {	/* the corpus's way to ask for a motion here */
			commanded |= command(drive, bytes[at + 1], now_ns);
		} else {
			drive->driver->rx(drive, bytes + at, piece, now_ns);
		}
		at += piece;
		for (unsigned i = 0; i < 3; i++) {
			now_ns += (1 + bytes[i]) * NS_PER_MS / 2;
			if (now_ns >= drive->driver->deadline(drive))
				drive->driver->tick(drive, now_ns);
			check_silent(drive, commanded);
		}
	}
	drive->driver->link(drive, bytes[3] & 1 ? DRIVE_LINK_LOST : DRIVE_LINK_CUT, now_ns);
	drive_free(drive);
	return 0;
}
