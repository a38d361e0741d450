/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One loop over the keyboard, the two sockets and three timers; nothing in it waits for the station.
 * What changes marks the screen dirty, and drawing follows at most 25 times a second. The table's own
 * socket is kept open beside the station's: stop goes there, and the dial lives on when the station
 * hangs.
 */
#include "ui/console/console.h"

#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"

#define DRAW_NS (40 * NS_PER_MS)
#define TICK_NS (100 * NS_PER_MS)
#define ASK_NS NS_PER_S			/* status, and the preview's lease */
#define PICTURE_NS (200 * NS_PER_MS)
#define FINE_NS (500 * NS_PER_MS)
#define SILENT_NS (3 * NS_PER_S)
#define NOTICE_NS (8 * NS_PER_S)
#define LEASE_MS 4000
#define ANSWER_MS 4000

void screen_touch(struct screen *screen)
{
	uint64_t soonest_ns = screen->drawn_ns + DRAW_NS, now_ns = clock_mono_ns();

	if (screen->dirty)
		return;
	screen->dirty = true;
	loop_set(screen->loop, &screen->draw_timer, MAX(soonest_ns, now_ns));
}

static void draw(void *owner)
{
	struct screen *screen = owner;

	screen->dirty = false;
	screen->drawn_ns = clock_mono_ns();
	draw_screen(screen);
}

bool screen_answering(const struct screen *screen)
{
	return link_is_up(&screen->station) &&
	       clock_mono_ns() - screen->station.heard_ns < SILENT_NS;
}

bool screen_hears_table(const struct screen *screen)
{
	const struct link *table = &screen->table;

	return screen_answering(screen) ||
	       (link_is_up(table) && clock_mono_ns() - table->heard_ns < SILENT_NS);
}

void screen_notice(struct screen *screen, enum message_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(screen->notice, sizeof screen->notice, format, args);
	va_end(args);
	screen->notice_level = level;
	screen->notice_until_ns = clock_mono_ns() + NOTICE_NS;
	screen_touch(screen);
}

/* --- the station's side ----------------------------------------------------------------------- */

static void take(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	(void)err;	/* a station that stays silent is told of by screen_answering */
	if (result && model_take(&screen->model, method, result))
		screen_touch(screen);
}

/* The station's own lines come first, so that the messages stand in their order. */
static void log_answered(void *owner, const char *method, const json_t *result,
			 const struct err *err)
{
	struct screen *screen = owner;

	take(owner, method, result, err);
	if (result)
		model_say(&screen->model, MESSAGE_OWN, _("connected to the station"));
}

static void subscribed(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	(void)method;
	if (!result)
		screen_notice(screen, MESSAGE_ERROR, "%s", err->text);
}

static void preview_answered(void *owner, const char *method, const json_t *result,
			     const struct err *err)
{
	struct screen *screen = owner;

	(void)method;
	if (result || !screen_answering(screen))
		return;
	if (screen->preview || screen->asked_ns == 0)
		screen_notice(screen, MESSAGE_WARNING, _("no preview: %s"), err->text);
}

static void ask(struct screen *screen)
{
	screen->asked_ns = clock_mono_ns();
	link_send(&screen->station, "status", NULL, ANSWER_MS, take, NULL);
	link_send(&screen->station, "preview.open", json_pack("{s:i}", "lease_ms", LEASE_MS),
		  ANSWER_MS, preview_answered, NULL);
}

static void station_up(void *owner)
{
	struct screen *screen = owner;

	link_send(
		&screen->station, "subscribe",
		json_pack("{s:[s,s,s,s,s,s]}", "topics", "table", "rooms", "log", "camera", "status", "evidence"),
		ANSWER_MS, subscribed, NULL);
	link_send(&screen->station, "log", NULL, ANSWER_MS, log_answered, NULL);
	link_send(&screen->station, "rooms", NULL, ANSWER_MS, take, NULL);
	ask(screen);
	evidence_begin(screen);
	screen_notice(screen, MESSAGE_OWN, _("connected to the station"));
}

static void station_down(void *owner, const struct err *err)
{
	struct screen *screen = owner;

	screen->preview = preview_map_free(screen->preview);
	model_say(&screen->model, MESSAGE_ERROR, "%s", err->text);
	screen_notice(screen, MESSAGE_ERROR, "%s", err->text);
}

static void station_notified(void *owner, const char *method, const json_t *params)
{
	struct screen *screen = owner;

	if (model_take(&screen->model, method, params))
		screen_touch(screen);
	evidence_ask(screen);
	if (strcmp(method, "evidence") == 0)
		evidence_news(screen, params);
	if (strcmp(method, "table.event") == 0 && *field_text(params, "reason"))
		screen_notice(screen, MESSAGE_WARNING, "%s: %s", field_text(params, "name"),
			      field_text(params, "reason"));
}

static void station_descriptor(void *owner, int fd)
{
	struct screen *screen = owner;
	struct preview_map *map = NULL;
	struct err err = { 0 };

	if (preview_map_open(&map, fd, &err) < 0) {
		screen_notice(screen, MESSAGE_ERROR, "%s", err.text);
	} else {
		preview_map_free(screen->preview);
		screen->preview = map;
	}
	close(fd);
}

static void table_up(void *owner)
{
	struct screen *screen = owner;

	link_send(&screen->table, "subscribe", json_pack("{s:[s]}", "topics", "table"), ANSWER_MS,
		  NULL, NULL);
	link_send(&screen->table, "table.status", NULL, ANSWER_MS, take, NULL);
}

static void table_down(void *owner, const struct err *err)
{
	(void)owner;	/* the station tells of its children; stop falls back to its socket */
	(void)err;
}

static void table_notified(void *owner, const char *method, const json_t *params)
{
	/* events come from the station too, and it is the one that names who commanded */
	if (strcmp(method, "table") == 0 || !screen_answering(owner))
		station_notified(owner, method, params);
}

static const struct link_ops station_ops = { station_up, station_down, station_notified,
					     station_descriptor };
static const struct link_ops table_ops = { table_up, table_down, table_notified, NULL };

/* --- the operator's side ---------------------------------------------------------------------- */

static void keyboard_ready(void *owner, uint32_t events)
{
	struct screen *screen = owner;

	if (events & (EPOLLHUP | EPOLLERR))	/* the terminal has gone */
		screen->leave = true;
}

static void take_picture(struct screen *screen)
{
	uint64_t now_ns = clock_mono_ns();

	if (now_ns - screen->picture_ns < (screen->fine ? FINE_NS : PICTURE_NS) || !screen->preview)
		return;
	screen->picture_ns = now_ns;
	if (!preview_map_take(screen->preview, screen->picture))
		return;
	screen->picture_fresh = true;
	screen_touch(screen);
}

static void show_join_once(struct screen *screen)
{
	if (screen->join_shown || !json_is_object(json_object_get(screen->model.status, "join")))
		return;
	screen->join_shown = true;
	if (screen->mode == MODE_PANES)
		screen->mode = MODE_JOIN;
	screen_touch(screen);
}

static void tick(void *owner)
{
	struct screen *screen = owner;
	uint64_t now_ns = clock_mono_ns();
	struct dial dial;

	loop_set(screen->loop, &screen->tick_timer, now_ns + TICK_NS);
	link_expire(&screen->station);
	link_expire(&screen->table);
	if (link_is_up(&screen->station) && now_ns - screen->asked_ns >= ASK_NS)
		ask(screen);
	take_picture(screen);
	show_join_once(screen);
	act_clear_tick(screen);
	model_dial(&screen->model, &dial);
	if (!dial.moving && now_ns - screen->notice_until_ns + NOTICE_NS > NS_PER_S)
		screen->spin_mdeg_s = 0;
	if (now_ns - screen->drawn_ns >= NS_PER_S / 2)	/* clock and ages */
		screen_touch(screen);
}

static int start(struct screen *screen, struct err *err)
{
	int rc = loop_new(&screen->loop, err);

	if (rc < 0)
		return rc;
	screen->picture = calloc(1, sizeof *screen->picture);
	if (!screen->picture)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = term_start(&screen->term, &screen->options->term, err);
	if (rc < 0)
		return rc;
	rc = loop_watch(screen->loop, &screen->keyboard, STDIN_FILENO, EPOLLIN, err);
	if (rc < 0)
		return rc;
	link_open(&screen->station, screen->loop, screen->options->reach.control, &station_ops,
		  screen);
	link_open(&screen->table, screen->loop, screen->options->reach.table, &table_ops, screen);
	tick(screen);
	screen_touch(screen);
	return 0;
}

static void stop(struct screen *screen)
{
	link_close(&screen->station);
	link_close(&screen->table);
	if (screen->loop)
		loop_unwatch(screen->loop, &screen->keyboard);
	if (screen->term.theme)
		term_stop(&screen->term);
	screen->loop = loop_free(screen->loop);
	screen->preview = preview_map_free(screen->preview);
	blit_clear(&screen->blit);
	model_clear(&screen->model);
	free(screen->picture);
	free(screen->text);
	exhibits_clear(&screen->exhibits);
	json_decref(screen->closed);
}

int console_run(const struct console_options *options, bool *stop_station, struct err *err)
{
	struct screen *screen = calloc(1, sizeof *screen);
	int rc;

	if (!screen)
		return err_set(err, ERR_NOMEM, "out of memory");
	screen->options = options;
	screen->zoomed = PANE_COUNT;
	screen->step = 2;
	screen->stop_station = options->owns_station;
	screen->keyboard =
		(struct loop_watch){ .fd = -1, .ready = keyboard_ready, .owner = screen };
	screen->draw_timer =
		(struct loop_timer){ .due_ns = UINT64_MAX, .fire = draw, .owner = screen };
	screen->tick_timer =
		(struct loop_timer){ .due_ns = UINT64_MAX, .fire = tick, .owner = screen };
	rc = start(screen, err);
	while (rc == 0 && !screen->leave && !term_signalled()) {
		loop_once(screen->loop, 250);
		input_drain(screen);
	}
	if (stop_station)
		*stop_station = screen->stop_station;
	stop(screen);
	free(screen);
	return rc;
}
