/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "tests/unit/table_record.h"

struct record record_start(struct fixture *fixture)
{
	struct record record = { .events = json_array() };
	json_t *result;
	struct err err = { .text = "" };

	assert_int_equal(rpc_client_connect(&record.client, fixture->sock, &err), 0);
	assert_int_equal(rpc_client_call(record.client, "subscribe", json_pack("{s:[s]}", "topics", "table"), 5000,
					 &result, NULL, &err), 0);
	json_decref(result);
	return record;
}

static void take_one(struct record *record, struct rpc_message *message)
{
	if (message->method && strcmp(message->method, "table.event") == 0)
		json_array_append(record->events, message->params);
	if (message->method && strcmp(message->method, "table") == 0) {
		json_int_t sequence = json_integer_value(json_object_get(message->params, "sequence"));

		assert_true(sequence > record->sequence);
		record->sequence = sequence;
		record->states++;
	}
	rpc_message_clear(message);
}

void record_hear(struct record *record)
{
	struct rpc_message message;
	struct err err;
	int rc;

	while ((rc = rpc_client_receive(record->client, &message, NULL, &err)) > 0)
		take_one(record, &message);
	assert_int_equal(rc, 0);
}

const char *record_member(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text ? text : "";
}

const json_t *record_expect(struct record *record, const char *kind, const char *words)
{
	uint64_t until_ns = clock_mono_ns() + WAIT_NS;
	const json_t *event;
	char *text;
	size_t i;

	do {
		record_hear(record);
		json_array_foreach(record->events, i, event)
			if (strcmp(record_member(event, "kind"), kind) == 0 && strstr(record_member(event, "text"), words))
				return event;
		fixture_sleep_ms(5);
	} while (clock_mono_ns() < until_ns);
	text = json_dumps(record->events, JSON_INDENT(1));
	fail_msg("no %s entry with \"%s\" in %s", kind, words, text);
	return NULL;
}

int record_moves(struct record *record)
{
	const json_t *event;
	int count = 0;
	size_t i;

	record_hear(record);
	json_array_foreach(record->events, i, event)
		count += strcmp(record_member(event, "kind"), "command") == 0 && strcmp(record_member(event, "outcome"), "done") == 0 &&
			 strcmp(record_member(event, "name"), "clear") != 0 && strcmp(record_member(event, "name"), "stop") != 0 &&
			 strcmp(record_member(event, "name"), "estop") != 0;
	return count;
}

void record_end(struct record *record)
{
	rpc_client_free(record->client);
	json_decref(record->events);
}
