/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tool_probe.c - which driver answers on which port.
 *
 * A port is opened once: on many boards each opening is a restart, so speed and driver change on the open
 * line. A driver does no more than its opening procedure, which moves nothing, and is given up as soon as
 * nothing comes. Drivers of other controllers see what this one says to their questions; none of them
 * takes a foreign answer for its own.
 *
 *	open --(booting: 2.5 s)--> first driver --(silent: 0.6 s)--> next ... --> the same at other speeds
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/tty_clean.h"
#include "turntable/line.h"
#include "turntable/ostend_table.h"

#define BOOT_NS (2500 * NS_PER_MS)	/* of an Arduino-type board that the opening has restarted */
#define SILENT_NS (600 * NS_PER_MS)	/* every driver asks at least twice in this time */
#define PAUSE_NS NS_PER_S		/* nothing more has come: it has said all it will */
#define TALK_NS (2500 * NS_PER_MS)	/* from the first word to the whole of a session's opening */
#define PORTS_MAX 32
#define SPEEDS_MAX 5			/* of a driver: its usual one and other_bauds */
#define HEARD_MAX 80
#define WORDS_MAX 120

struct ports {
	char *paths[PORTS_MAX];
	size_t count;
};

/* One port while it is asked. */
struct probe {
	const struct tool_options *options;
	const char *port;
	struct line *line;
	struct drive *drive;		/* of the driver that is being tried */
	uint64_t opened_ns, begun_ns, first_ns, heard_ns;	/* first, heard: the bytes of this try; 0: none */
	char heard[HEARD_MAX];		/* the first bytes of all that came, whoever had asked */
	size_t heard_len, odd_count;	/* odd: neither printable nor a line's end */
	size_t words_len;
	char words[WORDS_MAX];		/* what the controller says of itself, by the driver's notes */
};

static void add_port(void *owner, const char *path)
{
	struct ports *ports = owner;

	if (ports->count < PORTS_MAX)
		ports->paths[ports->count++] = strdup(path);
}

static void take_note(void *owner, const struct drive_event *event)
{
	struct probe *probe = owner;

	if (event->kind == DRIVE_EVENT_NOTE && !probe->words[0])
		snprintf(probe->words, sizeof probe->words, "%s", event->text);
}

/* --- one driver at one speed ---------------------------------------------------------------------- */

static void remember(struct probe *probe, const uint8_t *bytes, size_t len_bytes)
{
	for (size_t i = 0; i < len_bytes && probe->heard_len < HEARD_MAX; i++) {
		probe->heard[probe->heard_len++] = (char)bytes[i];
		probe->odd_count += (bytes[i] < ' ' || bytes[i] > '~') && bytes[i] != '\r' && bytes[i] != '\n';
	}
}

static int hear(struct probe *probe, struct err *err)
{
	uint8_t bytes[256];
	int count = line_read(probe->line, bytes, sizeof bytes, err);

	if (count <= 0)
		return count == ERR_AGAIN ? 0 : count;
	remember(probe, bytes, (size_t)count);
	probe->heard_ns = clock_mono_ns();
	if (!probe->first_ns)
		probe->first_ns = probe->heard_ns;
	probe->drive->driver->rx(probe->drive, bytes, (size_t)count, probe->heard_ns);
	return 0;
}

static int say(struct probe *probe, struct err *err)
{
	struct drive *drive = probe->drive;
	int count = drive->tx_len_bytes ? line_write(probe->line, drive->tx, drive->tx_len_bytes, err) : 0;

	if (count > 0) {
		drive->tx_len_bytes -= (size_t)count;
		memmove(drive->tx, drive->tx + count, drive->tx_len_bytes);
	}
	return count < 0 && count != ERR_AGAIN ? count : 0;
}

/* An answer from the table, and not only a driver that makes do without one. */
static bool answered(const struct probe *probe)
{
	return probe->drive->state.link == POSE_LINK_UP && probe->heard_ns;
}

static uint64_t give_up_ns(const struct probe *probe)
{
	if (probe->heard_ns)
		return MIN(probe->heard_ns + PAUSE_NS, probe->first_ns + TALK_NS);
	return MAX(probe->begun_ns + SILENT_NS, probe->opened_ns + BOOT_NS);
}

static int talk(struct probe *probe, struct err *err)
{
	struct drive *drive = probe->drive;
	int rc = 0;

	drive->driver->link(drive, DRIVE_LINK_OPENED, probe->begun_ns);
	while (rc == 0 && !answered(probe) && clock_mono_ns() < give_up_ns(probe)) {
		struct pollfd poll_fd = { .fd = line_fd(probe->line), .events = POLLIN };
		uint64_t due_ns;

		rc = say(probe, err);
		due_ns = MIN(drive->driver->deadline(drive), give_up_ns(probe));
		if (rc < 0 || poll(&poll_fd, 1, clock_poll_ms(due_ns)) < 0)
			continue;
		rc = hear(probe, err);
		if (clock_mono_ns() >= drive->driver->deadline(drive))
			drive->driver->tick(drive, clock_mono_ns());
	}
	return rc < 0 ? rc : answered(probe);
}

/* 1: it answers, and probe->drive is the caller's to free; 0: it does not; ERR_*: the port is gone. */
static int try_driver(struct probe *probe, const struct table_driver *driver, int baud, struct err *err)
{
	struct line_settings settings = driver->line;
	struct err ignored;
	int rc;

	settings.baud = baud;
	if (line_set(probe->line, &settings, &ignored) < 0)
		return 0;	/* an adapter that cannot make this speed has no such controller behind it */
	rc = drive_new(&probe->drive, driver, &probe->options->drive, 0, take_note, probe, err);
	if (rc < 0)
		return rc;
	probe->begun_ns = clock_mono_ns();
	probe->first_ns = probe->heard_ns = 0;
	probe->words[0] = '\0';
	rc = talk(probe, err);
	if (rc != 1)
		probe->drive = drive_free(probe->drive);
	return rc;
}

/* The speed for the @round-th time round; 0: this driver has no more. */
static int speed_of(const struct probe *probe, const struct table_driver *driver, size_t round)
{
	if (probe->options->baud)
		return round == 0 ? probe->options->baud : 0;
	if (round == 0)
		return driver->line.baud;
	return round <= ARRAY_LEN(driver->other_bauds) ? driver->other_bauds[round - 1] : 0;
}

static bool wanted(const struct tool_options *options, const struct table_driver *driver)
{
	return !options->driver || strcmp(options->driver, driver->name) == 0;
}

/* Every driver at its usual speed first, then at the others. @baud: where it answered. */
static int try_all(struct probe *probe, int *baud, struct err *err)
{
	int rc = 0;

	for (size_t round = 0; round < SPEEDS_MAX && rc == 0; round++)
		for (size_t i = 0; drive_at(i) && rc == 0; i++) {
			*baud = speed_of(probe, drive_at(i), round);
			if (*baud && wanted(probe->options, drive_at(i)))
				rc = try_driver(probe, drive_at(i), *baud, err);
		}
	return rc;
}

/* The longest that one port can take, in seconds. */
static unsigned longest_s(const struct probe *probe)
{
	uint64_t total_ns = BOOT_NS;

	for (size_t round = 0; round < SPEEDS_MAX; round++)
		for (size_t i = 0; drive_at(i); i++)
			if (speed_of(probe, drive_at(i), round) && wanted(probe->options, drive_at(i)))
				total_ns += SILENT_NS + TALK_NS;
	return (unsigned)((total_ns + NS_PER_S - 1) / NS_PER_S);
}

/* --- what is said of it ---------------------------------------------------------------------------- */

static const char *source_name(const struct drive *drive)
{
	static const char *const names[] = { "none", "assumed", "counted", "encoder" };

	return names[drive->state.source];
}

const char *tool_worth(const char *source)
{
	if (strcmp(source, "encoder") == 0)
		return _("measured by an encoder");
	if (strcmp(source, "counted") == 0)
		return _("counted in steps by the controller");
	return strcmp(source, "assumed") == 0 ? _("only reckoned from the commands: the table does not say it") :
						_("not known");
}

static json_t *capability_names(const struct drive *drive)
{
	json_t *list = json_array();

	for (size_t i = 0; drive_capability_name(i); i++)
		if (drive->capabilities & 1u << i)
			json_array_append_new(list, json_string(drive_capability_name(i)));
	return list;
}

static json_t *found_json(const struct probe *probe, int baud)
{
	const struct drive *drive = probe->drive;

	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:o, s:s, s:s}", "port", probe->port, "identity",
			 line_identity(probe->line), "driver", drive->driver->name, "title", drive->driver->title,
			 "baud", baud, "says", probe->words, "capabilities",
			 capability_names(drive), "source", source_name(drive), "fault",
			 drive->state.fault);
}

static void print_capabilities(const struct drive *drive)
{
	for (size_t i = 0; drive_capability_name(i); i++)
		if (drive->capabilities & 1u << i)
			printf(" %s", drive_capability_name(i));
	putchar('\n');
}

static void print_found(const struct probe *probe, int baud)
{
	const struct drive *drive = probe->drive;
	char words[2 * WORDS_MAX];

	printf(_("%s: %s (%s) answers at %d baud\n"), probe->port, drive->driver->name, drive->driver->title, baud);
	if (line_identity(probe->line)[0])
		printf(_("  plugged in as: %s\n"), line_identity(probe->line));
	tty_clean(words, sizeof words, probe->words, strlen(probe->words), -1);
	if (words[0])
		printf(_("  says: %s\n"), words);
	printf(_("  can:"));
	print_capabilities(drive);
	printf(_("  its angle is %s\n"), tool_worth(source_name(drive)));
	if (drive->state.message[0])
		printf("  %s\n", drive->state.message);
}

/* Why nothing may have answered. */
static void print_hint(const struct probe *probe)
{
	char text[HEARD_MAX * 2];

	tty_clean(text, sizeof text, probe->heard, probe->heard_len, 60);
	if (!probe->heard_len)
		printf(_("%s: nothing answers. Is the table switched on, and is this its port?\n"), probe->port);
	else if (probe->odd_count * 4 > probe->heard_len)
		printf(_("%s: only garbage comes. Another speed (--baud), or a protocol that no driver knows?\n"),
		       probe->port);
	else
		printf(_("%s: something answers that no driver knows: %s\n"), probe->port, text);
}

/* One object on each port into @list when it is not NULL, else sentences. */
static bool report(struct probe *probe, int rc, int baud, const struct err *err, json_t *list)
{
	if (list && rc == 1)
		json_array_append_new(list, found_json(probe, baud));
	else if (list)
		json_array_append_new(list, json_pack("{s:s, s:n, s:s, s:i}", "port", probe->port, "driver", "error",
						      rc < 0 ? err->text : "", "bytes", (int)probe->heard_len));
	else if (rc == 1)
		print_found(probe, baud);
	else if (rc < 0)
		printf("%s: %s\n", probe->port, err->text);
	else
		print_hint(probe);
	fflush(stdout);
	return rc == 1;
}

static bool probe_port(const struct tool_options *options, const char *port, json_t *list)
{
	struct probe probe = { .options = options, .port = port };
	const struct line_settings *first = &drive_at(0)->line;
	struct err err;
	bool found;
	int baud = 0, rc;

	if (options->verbose)
		fprintf(stderr, _("asking %s: at most %u seconds\n"), port, longest_s(&probe));
	probe.opened_ns = clock_mono_ns();
	rc = line_open(&probe.line, port, first, &err);
	if (rc == 0)
		rc = try_all(&probe, &baud, &err);
	found = report(&probe, rc, baud, &err, list);
	drive_free(probe.drive);
	line_close(probe.line);
	return found;
}

int tool_probe(const struct tool_options *options)
{
	struct ports ports = { .count = 0 };
	json_t *list;
	bool found = false;

	if (options->driver && !drive_find(options->driver)) {
		fprintf(stderr, _("ostend-table: there is no turntable driver \"%s\"\n"), options->driver);
		return 1;
	}
	list = options->json ? json_array() : NULL;
	if (options->port)
		add_port(&ports, options->port);
	else
		line_list(add_port, &ports);
	for (size_t i = 0; i < ports.count; i++) {
		if (ports.paths[i])
			found |= probe_port(options, ports.paths[i], list);
		free(ports.paths[i]);
	}
	if (list) {
		json_dumpf(list, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
		json_decref(list);
	}
	if (!ports.count)
		fprintf(stderr, "ostend-table: %s\n", _("this machine has no serial device; name one with --port"));
	else if (!found)
		fprintf(stderr, "ostend-table: %s\n", _("no turntable answers"));
	return !found;
}
