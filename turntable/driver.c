/* SPDX-License-Identifier: GPL-3.0-or-later */
/* driver.c - the list of drivers, and the few things that all of them do alike. */
#include "turntable/driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int drive_new(struct drive **out, const struct table_driver *driver, uint32_t epoch,
	      void (*event)(void *owner, const struct drive_event *event), void *owner,
	      struct err *err)
{
	CLEANUP(drive_freep) struct drive *drive = calloc(1, sizeof *drive);

	if (drive)
		drive->own = calloc(1, driver->own_bytes);
	if (!drive || !drive->own)
		return err_set(err, ERR_NOMEM, "turntable %s: out of memory", driver->name);
	drive->driver = driver;
	drive->event = event;
	drive->owner = owner;
	drive->state.epoch = epoch;
	drive->state.uncertainty_mdeg = DRIVE_UNCERTAINTY_UNKNOWN;
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

void drive_lose_reference(struct drive *drive)
{
	drive->state.epoch++;
	drive->state.kept_count = false;
	drive->state.reference = POSE_REF_NONE;
	drive->state.uncertainty_mdeg = DRIVE_UNCERTAINTY_UNKNOWN;
}
