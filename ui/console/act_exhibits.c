/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding an exhibit, and placing it. One question is under way at a time: what has been typed meanwhile is
 * asked when the answer comes, so that a fast typist does not queue up searches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"
#include "ui/console/screen.h"

enum { ANSWER_MS = 4000, SCAN_MS = 10000, LIST_MAX = 100 };

/* --- searching ----------------------------------------------------------------------------------- */

static void list_answered(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;
	struct exhibits *exhibits = &screen->exhibits;

	(void)method;
	exhibits->asking = false;
	if (!result) {
		screen_notice(screen, MESSAGE_ERROR, "%s", err->text);
		return;
	}
	json_decref(exhibits->list);
	exhibits->list = json_incref(json_object_get(result, "exhibits"));
	exhibits->more = json_is_integer(json_object_get(result, "next"));
	exhibits->chosen = exhibits->scroll = 0;
	act_search(screen);
	screen_touch(screen);
}

void act_search(struct screen *screen)
{
	struct exhibits *exhibits = &screen->exhibits;

	if (exhibits->asking || screen->mode != MODE_EXHIBITS ||
	    (exhibits->list && strcmp(exhibits->text, screen->input) == 0))
		return;
	snprintf(exhibits->text, sizeof exhibits->text, "%s", screen->input);
	exhibits->asking = link_send(&screen->station, "exhibit.list",
				     json_pack("{s:s, s:i}", "text", exhibits->text, "limit", LIST_MAX), ANSWER_MS,
				     list_answered, NULL) == 0;
}

void act_exhibits(struct screen *screen)
{
	exhibits_clear(&screen->exhibits);
	screen->input[0] = '\0';
	screen->mode = MODE_EXHIBITS;
	act_search(screen);
}

/* --- one of them --------------------------------------------------------------------------------- */

static void write_facts(struct exhibits *exhibits)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	print_exhibit(out, exhibits->exhibit);
	if (exhibits->chain) {
		fprintf(out, "\n");
		print_chain(out, exhibits->chain);
	}
	fclose(out);
	free(exhibits->facts);
	exhibits->facts = text;
}

static void chain_answered(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;
	struct exhibits *exhibits = &screen->exhibits;
	const char *code = field_text(json_object_get(result, "exhibit"), "code");

	(void)method;
	(void)err;
	if (!result || !field_is(exhibits->exhibit, "code", code))
		return;
	json_decref(exhibits->chain);
	exhibits->chain = json_incref((json_t *)result);
	write_facts(exhibits);
	screen_touch(screen);
}

static void open_exhibit(struct screen *screen, const json_t *exhibit, bool scanned)
{
	struct exhibits *exhibits = &screen->exhibits;

	json_decref(exhibits->exhibit);
	json_decref(exhibits->chain);
	exhibits->exhibit = json_incref((json_t *)exhibit);
	exhibits->chain = NULL;
	exhibits->facts_scroll = 0;
	exhibits->scanned = scanned;
	write_facts(exhibits);
	screen->mode = MODE_EXHIBIT;
	link_send(&screen->station, "exhibit.chain", json_pack("{s:s}", "code", field_text(exhibit, "code")), ANSWER_MS,
		  chain_answered, NULL);
	screen_touch(screen);
}

static void show_answered(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	(void)method;
	if (!result)
		screen_notice(screen, MESSAGE_ERROR, "%s", err->text);
	else if (screen->mode == MODE_EXHIBITS)
		open_exhibit(screen, result, false);
}

void act_open_exhibit(struct screen *screen)
{
	const char *code = exhibits_chosen_code(&screen->exhibits);

	if (code)
		link_send(&screen->station, "exhibit.show", json_pack("{s:s}", "code", code), ANSWER_MS, show_answered,
			  NULL);
}

/* --- by its label -------------------------------------------------------------------------------- */

static void scanned(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	(void)method;
	if (!result) {
		model_say(&screen->model, MESSAGE_ERROR, "%s", err->text);
		screen_notice(screen, MESSAGE_ERROR, "%s", err->text);
		return;
	}
	screen_notice(screen, MESSAGE_OWN, _("read: %s"), field_text(json_object_get(result, "exhibit"), "code"));
	if (screen->mode == MODE_PANES || screen->mode == MODE_EXHIBITS)
		open_exhibit(screen, json_object_get(result, "exhibit"), true);
}

void act_scan(struct screen *screen)
{
	screen_notice(screen, MESSAGE_OWN, _("hold the label before the camera"));
	evidence_send(screen, "exhibit.scan", json_pack("{s:i}", "for_ms", SCAN_MS), SCAN_MS + ANSWER_MS, scanned);
}

/* --- placing it ---------------------------------------------------------------------------------- */

static void staged(void *owner, const char *method, const json_t *result, const struct err *err)
{
	struct screen *screen = owner;

	(void)method;
	if (!result) {
		model_say(&screen->model, MESSAGE_ERROR, "%s", err->text);
		screen_notice(screen, MESSAGE_ERROR, "%s", err->text);
		return;
	}
	model_take(&screen->model, "showing.status", result);
	screen_notice(screen, MESSAGE_OWN, _("on the table: %s %s"), field_text(result, "exhibit_no"),
		      field_text(result, "exhibit_name"));
	screen->model.evidence.ask |= EVIDENCE_ASK_VIEWS;
	evidence_ask(screen);
}

void act_stage_confirmed(struct screen *screen)
{
	screen->mode = MODE_PANES;
	evidence_send(screen, "showing.stage",
		      json_pack("{s:s, s:b}", "code", field_text(screen->exhibits.exhibit, "code"), "acknowledge",
				json_array_size(json_object_get(screen->exhibits.exhibit, "handling")) > 0),
		      ANSWER_MS, staged);
}
