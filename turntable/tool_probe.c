/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_probe.c - which driver answers on which port.
 *
 * Each driver does no more than its opening procedure, which moves nothing. But the opening itself
 * restarts most boards, so a port that somebody holds is left alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "turntable/line.h"
#include "turntable/ostend_table.h"

#define ANSWER_WAIT_NS (6 * NS_PER_S)
#define PORTS_MAX 32

struct ports {
	char *paths[PORTS_MAX];
	size_t count;
};

static void add_port(void *owner, const char *path)
{
	struct ports *ports = owner;

	if (ports->count < PORTS_MAX)
		ports->paths[ports->count++] = strdup(path);
}

static void ignore_end(void *owner, const struct governor_end *end)
{
	(void)owner;
	(void)end;
}

static void set_flag(void *owner)
{
	*(bool *)owner = true;
}

/* 1: it answers; 0: it does not; ERR_* with the sentence: the port could not be asked. */
static int answers(const char *port, const char *driver, struct err *err)
{
	CLEANUP(loop_freep) struct loop *loop = NULL;
	CLEANUP(table_freep) struct table *table = NULL;
	bool over = false;
	const struct table_ops ops = { .ended = ignore_end };
	const struct table_options options = {
		.driver = driver, .port = port, .limits = GOVERNOR_CONFIG_DEFAULT,
	};
	struct loop_timer limit = { .due_ns = UINT64_MAX, .fire = set_flag, .owner = &over };
	int rc = loop_new(&loop, err);

	if (rc == 0)
		rc = table_new(&table, loop, &options, &ops, err);
	if (rc == 0)
		rc = table_line_error(table, err);
	if (rc < 0)
		return rc;
	loop_set(loop, &limit, clock_mono_ns() + ANSWER_WAIT_NS);
	while (!over && !table_ready(table))
		loop_once(loop, -1);
	loop_cancel(loop, &limit);
	rc = table_ready(table);
	table = table_free(table);	/* before the loop it is in */
	return rc;
}

static bool probe_port(const char *port)
{
	bool found = false;

	for (size_t i = 0; drive_at(i) && !found; i++) {
		const struct table_driver *driver = drive_at(i);
		struct err err;
		int rc = answers(port, driver->name, &err);

		found = rc == 1;
		if (rc < 0) {
			printf("%s: %s\n", port, err.text);
			return false;
		}
		if (found)
			printf(_("%s: %s (%s) answers\n"), port, driver->name, driver->title);
	}
	if (!found)
		printf(_("%s: no driver is answered\n"), port);
	return found;
}

int tool_probe(const struct tool_options *options)
{
	struct ports ports = { .count = 0 };
	bool found = false;

	if (options->port)
		add_port(&ports, options->port);
	else
		line_list(add_port, &ports);
	for (size_t i = 0; i < ports.count; i++) {
		found |= probe_port(ports.paths[i]);
		free(ports.paths[i]);
	}
	if (!ports.count)
		fprintf(stderr, "ostend-table: %s\n", _("this machine has no serial device; name one with --port"));
	return !found;
}
