/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table_event.c - what happened, as an entry for the record: when by both clocks, where the table stood by its
 * own word, what, and who.
 */
#include "station/base/clock.h"
#include "station/base/rpc.h"
#include "turntable/table_own.h"

static json_t *entry(const struct table *table, const char *kind, const char *text, const char *by)
{
	const struct drive_state *state = &table->drive->state;

	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:o, s:o}", "kind", kind, "utc_us", (json_int_t)clock_utc_us(),
			 "mono_ns", (json_int_t)clock_mono_ns(), "epoch", (json_int_t)state->epoch,
			 "reported_mdeg", (json_int_t)state->reported_mdeg, "reference",
			 pose_reference_name(state->reference), "text", rpc_text(text), "by", rpc_text(by));
}

static void give(struct table *table, json_t *event)
{
	if (event && table->ops.event)
		table->ops.event(table->ops.owner, event);
	json_decref(event);
}

void table_event_end(struct table *table, const struct governor_end *end)
{
	const char *outcome = governor_outcome_text(end->outcome), *name = governor_name_text(end->name);
	json_t *event = entry(table, "command", end->reason, end->by);

	if (event) {
		json_object_set_new(event, "command", json_integer((json_int_t)end->command));
		json_object_set_new(event, "name", json_string(name));
		json_object_set_new(event, "outcome", json_string(outcome));
		json_object_set_new(event, "reason", rpc_text(end->reason));
	}
	give(table, event);
}

void table_event_note(struct table *table, const char *kind, const char *text)
{
	give(table, entry(table, kind, text, ""));
}

void table_event_happened(struct table *table, const struct governor_event *event)
{
	give(table, entry(table, governor_event_text(event->kind), event->text, event->by));
}
