/* SPDX-License-Identifier: GPL-3.0-or-later */
/* driver.c - the list of drivers, and the few things that all of them do alike. */
#include "turntable/driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"

#define TABLE_DRIVER(name) extern const struct table_driver drv_##name;
#include "turntable/drivers.def"
#undef TABLE_DRIVER

static const struct table_driver *const drivers[] = {
#define TABLE_DRIVER(name) &drv_##name,
#include "turntable/drivers.def"
#undef TABLE_DRIVER
};

const struct table_driver *drive_at(size_t index)
{
	return index < ARRAY_LEN(drivers) ? drivers[index] : NULL;
}

const struct table_driver *drive_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

const char *drive_capability_name(size_t bit)
{
	static const char *const names[] = { "report", "home", "goto", "spin", "respin", "stop", "stop-now",
					     "stops-alone", "encoder", "accelerate", "speed" };

	return bit < ARRAY_LEN(names) ? names[bit] : NULL;
}

/* @units of the controller to one turn of its axis, as counts to one turn of the table. */
static int count_turn(struct ratio *turn, const struct drive *drive, const struct drive_config *config,
		      struct ratio units, struct err *err)
{
	struct ratio gear = config->gear.num ? config->gear : (struct ratio){ 1, 1 };
	struct ratio native;
	int rc = ratio_multiply(&native, units, (struct ratio){ drive->driver->native_per_unit, 1 }, err);

	return rc < 0 ? rc : ratio_multiply(turn, native, gear, err);
}

int drive_reckon(struct geometry *out, const struct drive *drive, const struct drive_config *config, struct err *err)
{
	struct ratio usual = drive->learnt.num ? drive->learnt : drive->driver->units_per_turn;
	struct geometry geometry = {
		.reversed = config->reversed, .zero_mdeg = config->zero_mdeg, .backlash_mdeg = config->backlash_mdeg,
	};
	int rc = count_turn(&geometry.turn, drive, config, config->units_per_turn.num ? config->units_per_turn : usual,
			    err);

	if (rc == 0)
		*out = geometry;
	return rc;
}

int drive_learn_turn(struct drive *drive, struct ratio units_per_turn, struct err *err)
{
	struct ratio turn;
	int rc = count_turn(&turn, drive, &drive->config, units_per_turn, err);

	if (rc < 0)
		return rc;
	drive->learnt = units_per_turn;
	if (!drive->config.units_per_turn.num)
		drive->geometry.turn = turn;
	return 0;
}

int drive_new(struct drive **out, const struct table_driver *driver, const struct drive_config *config,
	      uint32_t epoch, void (*event)(void *owner, const struct drive_event *event), void *owner,
	      struct err *err)
{
	CLEANUP(drive_freep) struct drive *drive = calloc(1, sizeof *drive);
	int rc;

	if (drive)
		drive->own = calloc(1, driver->own_bytes);
	if (!drive || !drive->own)
		return err_set(err, ERR_NOMEM, "turntable %s: out of memory", driver->name);
	drive->driver = driver;
	drive->event = event;
	drive->owner = owner;
	drive->state.epoch = epoch;
	drive->state.uncertainty_mdeg = DRIVE_UNCERTAINTY_UNKNOWN;
	if (config)
		drive->config = *config;
	rc = drive_reckon(&drive->geometry, drive, &drive->config, err);
	if (rc < 0)
		return rc;
	driver->init(drive);
	*out = MOVE(drive);
	return 0;
}

struct drive *drive_free(struct drive *drive)
{
	if (drive)
		free(drive->own);
	free(drive);
	return NULL;
}

bool drive_send(struct drive *drive, const void *bytes, size_t len_bytes)
{
	if (len_bytes > sizeof drive->tx - drive->tx_len_bytes)
		return false;
	memcpy(drive->tx + drive->tx_len_bytes, bytes, len_bytes);
	drive->tx_len_bytes += len_bytes;
	return true;
}

void drive_emit(struct drive *drive, enum drive_event_kind kind, const char *format, ...)
{
	char text[200];
	struct drive_event event = { .kind = kind, .text = text };
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	drive->event(drive->owner, &event);
}

void drive_message(struct drive *drive, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(drive->state.message, sizeof drive->state.message, format, args);
	va_end(args);
}

void drive_fault(struct drive *drive, const char *word, const char *format, ...)
{
	va_list args;

	if (drive->state.fault[0])
		return;
	snprintf(drive->state.fault, sizeof drive->state.fault, "%s", word);
	va_start(args, format);
	vsnprintf(drive->state.message, sizeof drive->state.message, format, args);
	va_end(args);
	drive_emit(drive, DRIVE_EVENT_NOTE, "%s: %s", word, drive->state.message);
}

void drive_lose_reference(struct drive *drive)
{
	drive->state.epoch++;
	drive->state.kept_count = false;
	drive->play_mdeg = 0;
	drive->state.reference = POSE_REF_NONE;
	drive->state.uncertainty_mdeg = DRIVE_UNCERTAINTY_UNKNOWN;
}

static void set_uncertainty(struct drive *drive)
{
	const struct geometry *geometry = &drive->geometry;
	int32_t play = drive->play_mdeg == geometry->backlash_mdeg ? 0 : geometry->backlash_mdeg;

	drive->state.uncertainty_mdeg = drive->state.reference == POSE_REF_NONE ?
		DRIVE_UNCERTAINTY_UNKNOWN : geometry_resolution_mdeg(geometry) + play;
}

void drive_sample(struct drive *drive, int64_t native, int32_t speed_mdeg_s, uint64_t sampled_ns)
{
	struct drive_state *state = &drive->state;
	int64_t at_mdeg = geometry_mdeg(&drive->geometry, native);

	drive->play_mdeg = CLAMP(drive->play_mdeg + at_mdeg - state->reported_mdeg, INT64_C(0),
				 (int64_t)drive->geometry.backlash_mdeg);
	state->native = native;
	state->reported_mdeg = at_mdeg;
	state->speed_mdeg_s = speed_mdeg_s;
	state->sampled_ns = sampled_ns;
	state->samples++;
	set_uncertainty(drive);
}

void drive_add_uncertainty(struct drive *drive, int64_t mdeg)
{
	int32_t *uncertainty_mdeg = &drive->state.uncertainty_mdeg;

	if (*uncertainty_mdeg != DRIVE_UNCERTAINTY_UNKNOWN)
		*uncertainty_mdeg += (int32_t)CLAMP(mdeg, INT64_C(0), (int64_t)MDEG_PER_TURN);
}

void drive_set_geometry(struct drive *drive, const struct geometry *geometry)
{
	struct drive_state *state = &drive->state;

	drive->geometry = *geometry;
	drive->play_mdeg = 0;
	state->reported_mdeg = state->commanded_mdeg = geometry_mdeg(geometry, state->native);
	state->epoch++;
	set_uncertainty(drive);
}

/* --- what a line, a command and a count do alike in each --------------------------------------------- */

void drive_forget_fault(struct drive *drive)
{
	drive->state.fault[0] = '\0';
	drive_message(drive, "%s", "");
}

void drive_line_opened(struct drive *drive)
{
	drive->state.link = POSE_LINK_OPENING;
	drive->capabilities = 0;
	drive_forget_fault(drive);
	drive_lose_reference(drive);
}

void drive_line_lost(struct drive *drive)
{
	drive->state.link = POSE_LINK_LOST;
	drive->state.motion = POSE_MOTION_UNKNOWN;
	drive->state.speed_mdeg_s = 0;
	drive_lose_reference(drive);
	drive_message(drive, _("The table was unplugged or switched off"));
}

void drive_begins(struct drive *drive, const struct drive_command *command)
{
	struct drive_state *state = &drive->state;

	state->commanded_mdeg = command->act == DRIVE_MOVE ? command->target_mdeg : state->reported_mdeg;
	state->motion = command->act == DRIVE_HOME ? POSE_MOTION_HOMING : POSE_MOTION_MOVING;
	/* what is not measured is somewhere on its way: a reader adds the speed times the sample's age */
	state->speed_mdeg_s = command->act == DRIVE_HOME ? 0 : command->speed_mdeg_s;
	if (command->act == DRIVE_MOVE && state->commanded_mdeg < state->reported_mdeg)
		state->speed_mdeg_s = -command->speed_mdeg_s;
	if (command->act == DRIVE_HOME)
		drive_lose_reference(drive);
}

void drive_homed(struct drive *drive)
{
	struct drive_state *state = &drive->state;

	state->reference = POSE_REF_HOMED;
	drive_sample(drive, state->native, 0, state->sampled_ns);	/* so that its uncertainty is known */
	state->commanded_mdeg = state->reported_mdeg;
}

void drive_done(struct drive *drive)
{
	drive_message(drive, "%s", "");
	drive_emit(drive, DRIVE_EVENT_DONE, "%s", "");
}

void drive_cleared(struct drive *drive)
{
	if (drive->state.fault[0])
		drive_emit(drive, DRIVE_EVENT_FAILED, "%s", drive->state.message);
	else
		drive_emit(drive, DRIVE_EVENT_DONE, "%s", "");
}

bool drive_said_again(struct drive_suspect *suspect, int64_t native, int64_t within)
{
	bool again = suspect->is && llabs(native - suspect->native) <= within;

	suspect->is = !again;
	suspect->native = native;
	return again;
}

int64_t drive_age_ms(const struct drive *drive, uint64_t now_ns)
{
	return (int64_t)MIN((now_ns - drive->state.sampled_ns) / NS_PER_MS, UINT64_C(60000)) + 50;
}
