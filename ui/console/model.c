/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/pose.h"
#include "ui/console/degrees.h"
#include "ui/console/fields.h"
#include "ui/console/words.h"

void model_clear(struct model *model)
{
	json_decref(model->status);
	json_decref(model->table);
	json_decref(model->rooms);
	evidence_view_clear(&model->evidence);
	*model = (struct model){ 0 };
}

static void replace(json_t **place, const json_t *value)
{
	json_decref(*place);
	*place = json_incref((json_t *)value);
}

static struct message *next_message(struct model *model)
{
	return &model->messages[model->message_count++ % MODEL_MESSAGES];
}

void model_say(struct model *model, enum message_level level, const char *format, ...)
{
	struct message *message = next_message(model);
	va_list args;

	message->utc_us = clock_utc_us();
	message->level = level;
	va_start(args, format);
	vsnprintf(message->text, sizeof message->text, format, args);
	va_end(args);
}

const struct message *model_message(const struct model *model, unsigned back)
{
	if (back >= model->message_count || back >= MODEL_MESSAGES)
		return NULL;
	return &model->messages[(model->message_count - 1 - back) % MODEL_MESSAGES];
}

static void take_log_line(struct model *model, const json_t *line)
{
	struct message *message;

	if (field_integer(line, "number", 0) <= model->log_number)
		return;
	model->log_number = field_integer(line, "number", 0);
	message = next_message(model);
	message->utc_us = field_integer(line, "utc_us", 0);
	message->level = field_is(line, "level", "error")   ? MESSAGE_ERROR :
			 field_is(line, "level", "warning") ? MESSAGE_WARNING :
							      MESSAGE_NOTICE;
	snprintf(message->text, sizeof message->text, "%s", field_text(line, "text"));
}

static void take_log(struct model *model, const json_t *result)
{
	json_t *lines = json_object_get(result, "lines"), *line;
	json_int_t last =
		field_integer(json_array_get(lines, json_array_size(lines) - 1), "number", 0);
	size_t i;

	if (last < model->log_number)	/* the station has started anew and counts from 1 */
		model->log_number = 0;
	json_array_foreach(lines, i, line)
		take_log_line(model, line);
}

/* The same table may be told by the station and by the table's own socket: the older telling of the two
 * must not undo the newer. */
static bool is_older(const struct model *model, json_int_t sampled_ns, json_int_t sequence)
{
	if (sampled_ns == 0 || sampled_ns > model->table_sampled_ns)
		return false;
	return sampled_ns < model->table_sampled_ns || sequence < model->table_sequence;
}

static bool take_table(struct model *model, const json_t *table)
{
	json_int_t sampled_ns = field_integer(table, "sampled_ns", 0);
	json_int_t sequence = field_integer(table, "sequence", 0);

	if (!json_is_object(table) || is_older(model, sampled_ns, sequence))
		return false;
	model->table_sampled_ns = sampled_ns;
	model->table_sequence = sequence;
	model->table_taken_ns = clock_mono_ns();
	if (model->table && json_equal(model->table, table))
		return false;
	replace(&model->table, table);
	return true;
}

/* Who it was, if it was not this very console: its operator knows what he has done. */
static const char *by_another(const json_t *event)
{
	const char *by = field_text(event, "by");
	char own[32];

	snprintf(own, sizeof own, "(process %d,", (int)getpid());
	return strstr(by, own) ? "" : by;
}

static void take_event(struct model *model, const json_t *event)
{
	const char *outcome = field_text(event, "outcome");
	const char *reason = *outcome ? field_text(event, "reason") : field_text(event, "text");
	const char *by = by_another(event);
	bool fine = strcmp(outcome, "done") == 0 || strcmp(outcome, "stopped") == 0 ||
		    strcmp(outcome, "superseded") == 0 || field_is(event, "kind", "lease") ||
		    field_is(event, "kind", "clear") || field_is(event, "kind", "calibration") ||
		    field_is(event, "kind", "handling");

	model_say(model, fine ? MESSAGE_OWN : MESSAGE_WARNING, "%s%s%s%s%s%s%s",
		  *outcome ? field_text(event, "name") : words_event(field_text(event, "kind")),
		  *outcome ? ": " : "", *outcome ? words_outcome(outcome) : "", *reason ? ": " : "", reason,
		  *by ? ", " : "", by);
}

bool model_take(struct model *model, const char *method, const json_t *params)
{
	if (strcmp(method, "table") == 0 || strcmp(method, "table.status") == 0)
		return take_table(model, params);
	if (strcmp(method, "status") == 0) {
		replace(&model->status, params);
		take_table(model, json_object_get(params, "table"));
	} else if (strcmp(method, "rooms") == 0) {
		replace(&model->rooms,
			json_is_array(params) ? params : json_object_get(params, "rooms"));
	} else if (strcmp(method, "camera") == 0 && model->status) {
		json_object_set(model->status, "camera", (json_t *)params);
	} else if (strcmp(method, "log") == 0) {
		if (json_object_get(params, "lines"))
			take_log(model, params);
		else
			take_log_line(model, params);
	} else if (strcmp(method, "table.event") == 0) {
		take_event(model, params);
	} else {
		return evidence_view_take(&model->evidence, method, params, clock_utc_us());
	}
	return true;
}

static enum angle_kind kind_of(const json_t *table)
{
	return field_is(table, "source", "encoder") ? ANGLE_ENCODER :
	       field_is(table, "source", "counted") ? ANGLE_COUNTED :
						      ANGLE_ASSUMED;
}

/* What was only assumed is no evidence, whatever the station makes of it. */
static bool is_evidence(const json_t *table)
{
	const json_t *told = json_object_get(table, "evidence");

	return field_is(table, "link", "up") && kind_of(table) != ANGLE_ASSUMED &&
	       (told ? json_is_true(told) : field_true(table, "homed"));
}

void model_dial(const struct model *model, struct dial *out)
{
	const json_t *table = model->table;

	*out = (struct dial){
		.known = table && !field_is(table, "reference", "none") &&
			 !field_is(table, "source", "none") && field_is(table, "link", "up"),
		.moving = field_is(table, "motion", "moving") ||
			  field_is(table, "motion", "homing") ||
			  field_is(table, "motion", "stopping"),
		.evidence = is_evidence(table),
		.kind = kind_of(table),
		.reported_mdeg = field_integer(table, "reported_mdeg", 0),
		.commanded_mdeg = field_integer(table, "commanded_mdeg", 0),
		.speed_mdeg_s = (int32_t)field_integer(table, "speed_mdeg_s", 0),
	};
}

void model_angle_text(char *text, size_t size, const struct dial *dial)
{
	static const struct {
		const char *mark;
		int decimals;
		int32_t unit_mdeg;
	} kinds[] = { [ANGLE_ASSUMED] = { "~", 1, 100 }, [ANGLE_COUNTED] = { "", 2, 10 }, [ANGLE_ENCODER] = { "", 3, 1 } };
	int32_t unit_mdeg = kinds[dial->kind].unit_mdeg;
	int32_t bearing_mdeg = pose_bearing_mdeg(dial->reported_mdeg);
	char number[24];

	/* rounded first: 359.996 is 0.00, not 360.00 */
	bearing_mdeg = (bearing_mdeg + unit_mdeg / 2) / unit_mdeg * unit_mdeg % MDEG_PER_TURN;
	degrees_format_fixed(number, sizeof number, bearing_mdeg, kinds[dial->kind].decimals);
	snprintf(text, size, "%s%s", kinds[dial->kind].mark, number);
}

void model_halt(const struct model *model, struct halt *out)
{
	const json_t *halt = json_object_get(model->table, "halt");

	*out = (struct halt){
		.halted = json_is_object(halt) || field_true(model->table, "estop"),
		.reason = field_text(halt, "reason"),
		.by = field_text(halt, "by"),
		.since_utc_us = field_integer(halt, "since_utc_us", 0),
	};
	if (out->halted && !*out->reason)
		out->reason = *field_text(model->table, "message") ? field_text(model->table, "message") :
								     _("EMERGENCY STOP");
}

void model_lease(const struct model *model, uint64_t now_ns, struct lease *out)
{
	const json_t *lease = json_object_get(model->table, "lease");
	int64_t passed_ms = (int64_t)((now_ns - model->table_taken_ns) / NS_PER_MS);

	*out = (struct lease){
		.held = json_is_object(lease),
		.number = field_integer(lease, "lease", 0),
		.holder = field_text(lease, "holder"),
		.left_ms = MAX(field_integer(lease, "left_ms", 0) - passed_ms, 0),
		.max_mdeg_s = field_integer(lease, "max_mdeg_s", 0),
		.from_mdeg = field_integer(lease, "from_mdeg", 0),
		.to_mdeg = field_integer(lease, "to_mdeg", 0),
		.may_home = field_true(lease, "may_home"),
	};
	out->anywhere = out->from_mdeg == out->to_mdeg;
}

void model_cable(const struct model *model, struct cable *out)
{
	const json_t *cable = json_object_get(model->table, "cable");
	json_int_t wound_mdeg = field_integer(cable, "wound_mdeg", 0);
	json_int_t unsure_mdeg = field_integer(cable, "unsure_mdeg", 0);

	*out = (struct cable){
		.limited = field_integer(cable, "max_mdeg", 0) > 0,
		.wound_mdeg = wound_mdeg,
		.max_mdeg = field_integer(cable, "max_mdeg", 0),
	};
	out->near = out->limited &&
		    ((wound_mdeg < 0 ? -wound_mdeg : wound_mdeg) + unsure_mdeg) * 4 >= out->max_mdeg * 3;
}
