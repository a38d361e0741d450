/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/print.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/tty_clean.h"
#include "ui/console/fields.h"
#include "ui/console/words.h"

enum {
	SCREEN_WIDTH =
		74, /* the console's answers, printed to memory: inside a frame in 80 columns */
	FILE_WIDTH = 160, /* no terminal to keep to */
};

const char *print_degree_sign(void)
{
	return i18n_utf8() ? "\u00b0" : " deg";
}

int print_width(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	return fileno(out) >= 0 ? FILE_WIDTH : SCREEN_WIDTH;
}

static void add_camera(struct grid *grid, const json_t *camera)
{
	if (!json_is_object(camera)) {
		print_pair(grid, _("Camera"), _("not known yet"));
		return;
	}
	grid_add(grid, _("Camera"));
	grid_add_format(grid, "%s %s: %s", field_text(camera, "driver"),
			field_text(camera, "device"), field_text(camera, "state"));
	print_pair(grid, _("Reason"), field_text(camera, "reason"));
	print_pair(grid, _("Identity"), field_text(camera, "identity"));
	grid_add(grid, _("Picture"));
	grid_add_format(grid,
			_("%lldx%lld %s, %lld frames/s; %lld frames, %lld dropped, %lld rejected"),
			(long long)field_integer(camera, "width", 0),
			(long long)field_integer(camera, "height", 0), field_text(camera, "format"),
			(long long)field_integer(camera, "fps", 0),
			(long long)field_integer(camera, "frames", 0),
			(long long)field_integer(camera, "dropped", 0),
			(long long)field_integer(camera, "rejected", 0));
}

static void add_traffic(struct grid *grid, const json_t *status)
{
	const json_t *encoder = json_object_get(status, "encoder"),
		     *stream = json_object_get(status, "stream");
	char rate[32];

	words_rate(rate, sizeof rate, field_integer(encoder, "bitrate_bps", 0));
	grid_add(grid, _("Encoder"));
	grid_add_format(grid, _("%lldx%lld, %lld frames/s, %s; %lld frames in, %lld dropped"),
			(long long)field_integer(encoder, "width", 0),
			(long long)field_integer(encoder, "height", 0),
			(long long)field_integer(encoder, "fps", 0), rate,
			(long long)field_integer(encoder, "frames_in", 0),
			(long long)field_integer(encoder, "frames_dropped", 0));
	grid_add(grid, _("Stream"));
	grid_add_format(grid, _("UDP port %lld, %lld viewers, %lld datagrams sent"),
			(long long)field_integer(stream, "port", 0),
			(long long)field_integer(stream, "viewers", 0),
			(long long)field_integer(stream, "datagrams_out", 0));
}

static void add_children(struct grid *grid, const json_t *status)
{
	json_t *child;
	size_t i;

	json_array_foreach(json_object_get(status, "children"), i, child) {
		grid_add_format(grid, _("Process %s"), field_text(child, "name"));
		grid_add_format(grid, _("%s, number %lld, %lld restarts%s%s"),
				words_child(field_text(child, "state")),
				(long long)field_integer(child, "pid", 0),
				(long long)field_integer(child, "restarts", 0),
				*field_text(child, "reason") ? ": " : "",
				field_text(child, "reason"));
	}
}

/* How far the video is signed; why not, where it is not. */
static void add_signing(struct grid *grid, const json_t *signing)
{
	const char *state = field_text(signing, "state");
	long long unsigned_sections = field_integer(signing, "unsigned", 0);

	if (!*state)
		return;
	grid_add(grid, _("Signatures"));
	if (strcmp(state, "unsigned") == 0)
		grid_add_format(grid, _("the video is NOT being signed: %s"), field_text(signing, "reason"));
	else if (strcmp(state, "waiting") == 0)
		grid_add(grid, _("none yet"));
	else if (unsigned_sections)
		grid_add_format(grid, _("the video is signed; %lld sections of this run are not"), unsigned_sections);
	else
		grid_add(grid, _("the video is signed"));
}

/* Whether the ledger is the one that was signed before, and takes entries. */
static void add_record(struct grid *grid, const json_t *record)
{
	const json_t *checkpoint = json_object_get(record, "checkpoint");
	const char *state = field_text(checkpoint, "state");

	if (!*state)
		return;
	grid_add(grid, _("Record"));
	if (strcmp(state, "refused") == 0)
		grid_add_format(grid, _("REFUSED by the signer, nothing is signed any more: %s"), field_text(checkpoint, "reason"));
	else if (!field_true(record, "writable"))
		grid_add_format(grid, _("NOTHING can be written into it: %s"), field_text(record, "reason"));
	else
		grid_add_format(grid, _("%lld entries, %lld of them signed"), (long long)field_integer(record, "entries", 0),
				(long long)field_integer(checkpoint, "size", 0));
}

void print_status(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);
	char utc[32] = "", uptime[32];

	words_duration(uptime, sizeof uptime, field_integer(result, "uptime_s", 0));
	if (field_integer(result, "utc_us", 0))
		clock_format_utc(utc, sizeof utc, field_integer(result, "utc_us", 0));
	grid_add(grid, _("State"));
	grid_add_format(grid, "%s%s", words_state(field_text(result, "state")),
			field_true(result, "demo") ? _(" (demo)") : "");
	print_pair(grid, _("Because"), words_pause(field_text(result, "pause")));
	if (field_integer(result, "overdue", 0)) {
		grid_add(grid, _("Overdue"));
		grid_add_format(grid, _("%lld exhibits are out of store for too long: `ostend retrieval list --open`"),
				(long long)field_integer(result, "overdue", 0));
	}
	if (field_integer(result, "unsealed", 0)) {
		grid_add(grid, _("Fingerprint"));
		grid_add_format(grid, _("%lld closed showings wait for theirs: the log could not be signed"),
				(long long)field_integer(result, "unsealed", 0));
	}
	add_record(grid, json_object_get(result, "record"));
	print_pair(grid, _("Case"), field_text(result, "case_no"));
	grid_add(grid, _("Exhibit"));
	grid_add_format(grid, "%s %s", field_text(result, "exhibit_no"),
			field_text(result, "exhibit_name"));
	print_pair(grid, _("Address"), field_text(result, "url"));
	add_camera(grid, json_object_get(result, "camera"));
	print_add_table(grid, json_object_get(result, "table"));
	add_traffic(grid, result);
	add_signing(grid, json_object_get(result, "signing"));
	add_children(grid, result);
	print_pair(grid, _("Time"), utc);
	grid_add(grid, _("Version"));
	grid_add_format(grid, _("%s, up for %s"), field_text(result, "version"), uptime);
	grid_print(grid, out, print_width(out));
}

void print_camera(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);

	add_camera(grid, result);
	grid_print(grid, out, print_width(out));
}

void print_sentence(FILE *out, const char *sentence)
{
	char clean[1024];

	tty_clean(clean, sizeof clean, sentence, strlen(sentence), -1);
	fprintf(out, "%s\n", clean);
}

void print_metrics(FILE *out, const json_t *result)
{
	const char *at = field_text(result, "text");

	while (*at) {
		size_t len = strcspn(at, "\n");
		char clean[1024];

		tty_clean(clean, sizeof clean, at, len, -1);
		fprintf(out, "%s\n", clean);
		at += len + (at[len] == '\n');
	}
}

/* Whole characters only; \u escapes are UTF-16 (RFC 8259 7). */
static void put_escaped(FILE *out, uint32_t character)
{
	if (character >= 0x10000) {
		fprintf(out, "\\u%04x", 0xd800 + ((character - 0x10000) >> 10));
		character = 0xdc00 + ((character - 0x10000) & 0x3ff);
	}
	fprintf(out, "\\u%04x", character);
}

int print_json(FILE *out, const json_t *result, struct err *err)
{
	CLEANUP(util_freep) char *text = json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY);
	const char *at = text, *end;

	if (!text)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (end = text + strlen(text); at < end;) {
		const char *start = at;
		uint32_t character = tty_clean_next(&at, end);

		if (tty_clean_width(character) > 0)
			fwrite(start, 1, (size_t)(at - start), out);
		else if (character <= 0x10ffff)
			put_escaped(out, character);
	}
	fputc('\n', out);
	return 0;
}
