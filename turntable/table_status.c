/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table_status.c - the state of doc/protocol.md 1.4, and the sentence in it. */
#include <stdio.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/rpc.h"
#include "turntable/table_own.h"

#define STRANGE_NS (3 * NS_PER_S)
#define STRANGE_BYTES 16

/* Bytes come, but the driver has long made nothing of them. */
static bool speaks_strangely(const struct table *table)
{
	return table->line && table->drive->state.link != POSE_LINK_UP && table->strange_bytes >= STRANGE_BYTES &&
	       clock_mono_ns() - table->opened_ns > STRANGE_NS;
}

const char *table_message(struct table *table)
{
	const char *text = governor_message(table->governor);

	if (!governor_halt(table->governor) && speaks_strangely(table)) {
		snprintf(table->message, sizeof table->message,
			 _("What comes from %s is no answer of a \"%s\" table at %d baud: are driver and speed "
			   "right, and does nobody else use the line?"), table->options.port,
			 table->drive->driver->name, table->settings.baud);
		return table->message;
	}
	return text;
}

static json_t *capability_names(uint32_t capabilities)
{
	json_t *list = json_array();

	for (size_t i = 0; drive_capability_name(i); i++)
		if (capabilities & (1u << i))
			json_array_append_new(list, json_string(drive_capability_name(i)));
	return list;
}

static json_t *uncertainty(const struct table *table)
{
	int32_t mdeg = governor_uncertainty_mdeg(table->governor, clock_mono_ns());

	return mdeg == DRIVE_UNCERTAINTY_UNKNOWN ? json_null() : json_integer(mdeg);
}

static json_t *halt_json(const struct governor *governor)
{
	const struct governor_halt *halt = governor_halt(governor);

	if (!halt)
		return json_null();
	return json_pack("{s:s, s:o, s:I, s:o, s:b}", "kind", governor_halt_text(halt->kind),
			 "reason", rpc_text(halt->reason), "since_utc_us", (json_int_t)halt->since_utc_us,
			 "by", rpc_text(halt->by), "armed", governor_armed_ns(governor) > clock_mono_ns());
}

static json_t *lease_json(const struct governor *governor)
{
	const struct governor_lease *lease = governor_lease(governor);
	uint64_t now_ns = clock_mono_ns();

	if (!lease)
		return json_null();
	return json_pack("{s:I, s:o, s:I, s:i, s:i, s:i, s:b}", "lease", (json_int_t)lease->number,
			 "holder", rpc_text(lease->holder),
			 "left_ms", (json_int_t)(lease->until_ns > now_ns ? (lease->until_ns - now_ns) / NS_PER_MS : 0),
			 "max_mdeg_s", lease->max_mdeg_s, "from_mdeg", lease->from_mdeg, "to_mdeg", lease->to_mdeg,
			 "may_home", (int)lease->may_home);
}

static json_t *handling_json(const struct governor *governor)
{
	uint32_t mask = governor_handling(governor);
	struct handling_limits limits = handling_limits(mask);
	json_t *names = json_array();

	for (size_t i = 0; handling_name(i); i++)
		if (mask & (1u << i))
			json_array_append_new(names, json_string(handling_name(i)));
	return json_pack("{s:o, s:i, s:i}", "names", names, "max_mdeg_s", limits.max_mdeg_s, "max_mdeg_s2",
			 limits.max_mdeg_s2);
}

static json_t *cable_json(const struct governor *governor)
{
	struct governor_cable cable;

	if (!governor_cable(governor, &cable))
		return json_null();
	return json_pack("{s:I, s:I, s:I}", "wound_mdeg", (json_int_t)cable.wound_mdeg, "unsure_mdeg",
			 (json_int_t)cable.unsure_mdeg, "max_mdeg", (json_int_t)cable.max_mdeg);
}

/* Of the driven axis in the controller's unit, gear left out, as an engineer would write it down. */
static json_t *geometry_json(const struct drive *drive)
{
	const struct geometry *geometry = &drive->geometry;
	struct ratio gear = drive->config.gear.num ? drive->config.gear : (struct ratio){ 1, 1 };
	struct ratio units = { 0, 0 };
	char units_text[48], gear_text[48];

	if (ratio_multiply(&units, geometry->turn, (struct ratio){ 1, drive->driver->native_per_unit }, NULL) == 0)
		ratio_multiply(&units, units, (struct ratio){ gear.den, gear.num }, NULL);
	snprintf(units_text, sizeof units_text, "%lld/%lld", (long long)units.num, (long long)units.den);
	snprintf(gear_text, sizeof gear_text, "%lld/%lld", (long long)gear.num, (long long)gear.den);
	return json_pack("{s:s, s:s, s:s, s:b, s:I, s:i}", "units_per_turn", units_text, "unit",
			 drive->driver->unit ? drive->driver->unit : "", "gear", gear_text, "reversed",
			 (int)geometry->reversed, "zero_mdeg", (json_int_t)geometry->zero_mdeg, "backlash_mdeg",
			 geometry->backlash_mdeg);
}

static json_t *motion_json(const struct table *table)
{
	const struct drive_state *state = &table->drive->state;
	uint64_t age_ns = clock_mono_ns() - state->sampled_ns;
	bool known = state->reference != POSE_REF_NONE;

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:o, s:o, s:i, s:I, s:I, s:I, s:I}",
			 "link", pose_link_name(state->link),
			 "motion", pose_motion_name(state->link == POSE_LINK_UP ? state->motion : POSE_MOTION_UNKNOWN),
			 "reference", pose_reference_name(state->reference), "source", pose_source_name(state->source),
			 "homed", state->reference == POSE_REF_HOMED || state->reference == POSE_REF_ABSOLUTE,
			 "evidence", governor_evidence(table->governor),
			 "reported_mdeg", (json_int_t)state->reported_mdeg,
			 "commanded_mdeg", (json_int_t)state->commanded_mdeg,
			 "bearing_mdeg", known ? json_integer(pose_bearing_mdeg(state->reported_mdeg)) : json_null(),
			 "uncertainty_mdeg", uncertainty(table),
			 "speed_mdeg_s", state->link == POSE_LINK_UP ? state->speed_mdeg_s : 0,
			 "sampled_ns", (json_int_t)state->sampled_ns, "age_ms", (json_int_t)(age_ns / NS_PER_MS),
			 "native", (json_int_t)state->native, "epoch", (json_int_t)state->epoch);
}

static json_t *rules_json(struct table *table)
{
	const struct governor *governor = table->governor;
	const struct drive *drive = table->drive;

	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:i, s:i, s:i, s:i}}",
			 "estop", governor_estop(governor), "fault", rpc_text(drive->state.fault),
			 "message", rpc_text(table_message(table)), "halt", halt_json(governor),
			 "lease", lease_json(governor), "handling", handling_json(governor),
			 "cable", cable_json(governor), "capabilities", capability_names(drive->capabilities),
			 "limits", "max_mdeg_s", governor_max_mdeg_s(governor),
			 "max_mdeg_s2", governor_max_mdeg_s2(governor), "min_mdeg_s", drive->limits.min_mdeg_s,
			 "own_mdeg_s", drive->limits.own_mdeg_s);
}

static int add(json_t *state, json_t *members)
{
	int rc = members ? json_object_update(state, members) : -1;

	json_decref(members);
	return rc;
}

json_t *table_status(struct table *table)
{
	const struct drive *drive = table->drive;
	json_t *state = json_pack("{s:I, s:s, s:o, s:o, s:s, s:I, s:b}", "sequence", (json_int_t)table->sequence,
				  "driver", drive->driver->name, "port", rpc_text(table->options.port),
				  "identity", rpc_text(table->identity), "unit", drive->driver->unit ? drive->driver->unit : "",
				  "native_per_unit", (json_int_t)drive->driver->native_per_unit, "simulated", (int)table->options.simulated);

	if (!state || add(state, motion_json(table)) < 0 || add(state, rules_json(table)) < 0 ||
	    json_object_set_new(state, "geometry", geometry_json(drive)) < 0) {
		json_decref(state);
		return NULL;
	}
	return state;
}

json_t *table_publish(struct table *table)
{
	table->published_ns[++table->sequence % PUBLISHED] = clock_mono_ns();
	return table_status(table);
}

uint64_t table_seen_ns(const struct table *table, uint64_t sequence)
{
	if (!sequence || sequence > table->sequence || table->sequence - sequence >= PUBLISHED)
		return 1;
	return table->published_ns[sequence % PUBLISHED];
}
