/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/cli.h"

#include <poll.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"

enum {
	CONNECT_MS = 2000,
	ANSWER_MS = 5000,
	MOTION_MS = 15 * 60 * 1000,	/* a slow table, homing, several turns */
	STOP_MS = 300,			/* then the other socket */
};

static int call(const char *path, const char *method, const json_t *params, int connect_ms, int answer_ms,
		json_t **result, struct err *err)
{
	CLEANUP(rpc_client_freep) struct rpc_client *client = NULL;
	int rc = reach_connect(&client, path, connect_ms, err);

	if (rc < 0)
		return rc;
	return rpc_client_call(client, method, json_incref((json_t *)params), answer_ms, result, NULL, err);
}

static int answer_ms(const struct command *command, const json_t *params)
{
	if (command->flags & COMMAND_WAITS && !json_is_false(json_object_get(params, "wait")))
		return MOTION_MS;
	return ANSWER_MS;
}

/* What must not be late asks the table's process itself, and the station when that is silent. */
static int stop_now(const struct reach *reach, const struct command *command, const json_t *params,
		    json_t **result, struct err *err)
{
	struct err station_err = { 0 };
	int rc = call(reach->table, command->method, params, STOP_MS, STOP_MS, result, err);

	if (rc >= 0)
		return rc;
	rc = call(reach->control, command->method, params, STOP_MS, ANSWER_MS, result, &station_err);
	if (rc != ERR_TIMEOUT)	/* a station that hangs says less than the table's own sentence */
		*err = station_err;
	return rc;
}

int cli_call(const struct reach *reach, const struct command *command, const char *method,
	     const json_t *params, json_t **result, struct err *err)
{
	int wait_ms = answer_ms(command, params), rc;
	struct err table_err = { 0 };

	if (command->flags & COMMAND_STOPS)
		return stop_now(reach, command, params, result, err);
	rc = call(reach->control, method, params, CONNECT_MS, wait_ms, result, err);
	if (rc != ERR_GONE || !(command->flags & COMMAND_TABLE))
		return rc;
	rc = call(reach->table, method, params, CONNECT_MS, wait_ms, result, &table_err);
	/* the station's own sentence says more than "nobody at table.sock" */
	if (rc < 0 && rc != ERR_GONE)
		*err = table_err;
	return rc;
}

static int do_command(const struct reach *reach, const struct command *command, const char *method,
		      json_t *params, json_t **result, struct err *err)
{
	json_t *table = NULL;
	int rc = 0;

	if (command_wants_lease(command, params)) {
		rc = cli_call(reach, command, "table.status", NULL, &table, err);
		if (rc == 0)
			rc = command_fill_lease(params, table, err);
		json_decref(table);
	}
	if (rc == 0 && command->prepare)
		rc = command->prepare(reach, params, err);
	if (rc < 0)
		return rc;
	if (strcmp(method, command->method) == 0)
		command_complete(command, params, CLI_BY);
	return cli_call(reach, command, method, params, result, err);
}

/* The pages that follow @result, into its list; with a limit, up to it. */
static int add_pages(const struct reach *reach, const struct command *command, const json_t *params, json_t *result,
		     struct err *err)
{
	json_int_t limit = field_integer(params, "limit", 0), next;
	const char *list_key;
	json_t *list, *page;

	list = json_object_iter_value(json_object_iter(result));
	list_key = json_object_iter_key(json_object_iter(result));
	if (!json_is_array(list))
		return 0;
	while ((next = field_integer(result, "next", 0)) > 0 &&
	       (!limit || (json_int_t)json_array_size(list) < limit)) {
		json_t *more = json_copy((json_t *)params);
		int rc;

		json_object_set_new(more, "after", json_integer(next));
		if (limit)
			json_object_set_new(more, "limit", json_integer(limit - (json_int_t)json_array_size(list)));
		rc = cli_call(reach, command, command->method, more, &page, err);
		json_decref(more);
		if (rc < 0)
			return rc;
		json_array_extend(list, json_object_get(page, list_key));
		json_object_set(result, "next", json_object_get(page, "next"));
		json_decref(page);
	}
	return 0;
}

static int fail(const struct err *err)
{
	char text[sizeof err->text + 16];

	snprintf(text, sizeof text, "ostend: %s", err->text);
	print_sentence(stderr, text);
	return EXIT_REFUSED;
}

/* Print lines as they come, until the station goes. */
static int follow(struct rpc_client *client, json_int_t after, bool json, struct err *err)
{
	for (;;) {
		struct pollfd ready = { .fd = rpc_client_fd(client), .events = POLLIN };
		struct rpc_message message;
		int rc = rpc_client_receive(client, &message, NULL, err);

		if (rc < 0)
			return rc;
		if (rc == 0) {
			fflush(stdout);
			poll(&ready, 1, -1);
			continue;
		}
		if (message.method && strcmp(message.method, "log") == 0 &&
		    field_integer(message.params, "number", 0) > after) {
			after = field_integer(message.params, "number", 0);
			if (json)
				print_json(stdout, message.params, err);
			else
				print_log_line(stdout, message.params);
		}
		rpc_message_clear(&message);
	}
}

static int run_follow(const struct reach *reach, bool json, struct err *err)
{
	CLEANUP(rpc_client_freep) struct rpc_client *client = NULL;
	json_t *result, *lines;
	json_int_t after;
	int rc = reach_connect(&client, reach->control, CONNECT_MS, err);

	if (rc < 0)
		return rc;
	/* first subscribe, then ask: a line between the two comes twice and is told by its number */
	rc = rpc_client_call(client, "subscribe", json_pack("{s:[s]}", "topics", "log"), ANSWER_MS,
			     &result, NULL, err);
	if (rc < 0)
		return rc;
	json_decref(result);
	rc = rpc_client_call(client, "log", NULL, ANSWER_MS, &result, NULL, err);
	if (rc < 0)
		return rc;
	lines = json_object_get(result, "lines");
	after = field_integer(json_array_get(lines, json_array_size(lines) - 1), "number", 0);
	if (json)
		print_json(stdout, result, err);
	else
		print_log(stdout, result);
	json_decref(result);
	return follow(client, after, json, err);
}

int cli_run(const struct reach *reach, const struct command *command, char *const *words, int count,
	    bool json)
{
	struct err err = { 0 };
	json_t *params, *result = NULL;
	bool follows, bare;
	int rc;

	if (command_parameters(command, words, count, &params, &err) < 0) {
		fail(&err);
		return EXIT_USAGE;
	}
	follows = field_true(params, "follow");
	json_object_del(params, "follow");
	bare = command->bare_method && json_object_size(params) == 0;
	if (follows)
		rc = run_follow(reach, json, &err);
	else
		rc = do_command(reach, command, bare ? command->bare_method : command->method, params, &result,
				&err);
	if (rc >= 0 && command->flags & COMMAND_PAGES)
		rc = add_pages(reach, command, params, result, &err);
	json_decref(params);
	if (rc < 0) {
		json_decref(result);
		return fail(&err);
	}
	if (json && print_json(stdout, result, &err) < 0)
		return fail(&err);
	if (!json)
		(bare ? command->bare_print : command->print)(stdout, result);
	json_decref(result);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_REFUSED;
}
