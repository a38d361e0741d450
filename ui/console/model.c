/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/words.h"

void model_clear(struct model *model)
{
	json_decref(model->status);
	json_decref(model->table);
	json_decref(model->rooms);
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

/* The same table may be told by the station and by the table's own socket. */
static bool take_table(struct model *model, const json_t *table)
{
	json_int_t sampled_ns = field_integer(table, "sampled_ns", 0);

	if (!json_is_object(table) || (sampled_ns && sampled_ns < model->table_sampled_ns))
		return false;
	model->table_sampled_ns = sampled_ns;
	if (model->table && json_equal(model->table, table))
		return false;
	replace(&model->table, table);
	return true;
}

static void take_event(struct model *model, const json_t *event)
{
	const char *reason = field_text(event, "reason");
	bool fine = field_is(event, "outcome", "done") || field_is(event, "outcome", "stopped") ||
		    field_is(event, "outcome", "superseded");

	model_say(model, fine ? MESSAGE_OWN : MESSAGE_WARNING, "%s: %s%s%s",
		  field_text(event, "name"), words_outcome(field_text(event, "outcome")),
		  *reason ? ": " : "", reason);
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
		return false;
	}
	return true;
}

void model_dial(const struct model *model, struct dial *out)
{
	const json_t *table = model->table;

	*out = (struct dial){
		.known = table && !field_is(table, "reference", "none") &&
			 field_is(table, "link", "up"),
		.moving = field_is(table, "motion", "moving") ||
			  field_is(table, "motion", "homing") ||
			  field_is(table, "motion", "stopping"),
		.estop = field_true(table, "estop"),
		.reported_mdeg = field_integer(table, "reported_mdeg", 0),
		.commanded_mdeg = field_integer(table, "commanded_mdeg", 0),
		.speed_mdeg_s = (int32_t)field_integer(table, "speed_mdeg_s", 0),
	};
}
