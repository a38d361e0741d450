/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fixed lists of a showing, pauses and purposes: how they are called in records and to people. */
#include <string.h>

#include "station/base/i18n.h"
#include "station/showing/showing.h"

static const struct {
	const char *name, *label;
	bool failure;
} pauses[] = {
#define PAUSE(id, name, label, written) [PAUSE_##id] = { name, label, written },
#include "station/showing/pause_reasons.def"
#undef PAUSE
};

static const struct {
	const char *name, *label;
} purposes[] = {
#define PURPOSE(id, name, label) [PURPOSE_##id] = { name, label },
#include "station/showing/purposes.def"
#undef PURPOSE
};

const char *pause_reason_name(enum pause_reason pause)
{
	return pauses[pause].name;
}

const char *pause_reason_label(enum pause_reason pause)
{
	return pauses[pause].label;
}

bool pause_reason_is_failure(enum pause_reason pause)
{
	return pauses[pause].failure;
}

enum pause_reason pause_reason_find(const char *name)
{
	int pause = 0;

	while (pause < PAUSE_REASON_COUNT && strcmp(pauses[pause].name, name) != 0)
		pause++;
	return (enum pause_reason)pause;
}

const char *purpose_name(enum showing_purpose purpose)
{
	return purposes[purpose].name;
}

const char *purpose_label(enum showing_purpose purpose)
{
	return purposes[purpose].label;
}

enum showing_purpose purpose_find(const char *name)
{
	int purpose = 0;

	while (purpose < PURPOSE_COUNT && strcmp(purposes[purpose].name, name) != 0)
		purpose++;
	return (enum showing_purpose)purpose;
}
