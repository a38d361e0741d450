/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys while exhibits are searched, opened or placed, while a pause gets its reason, and while a fingerprint is
 * read aloud. In the search letters are text, as in a prompt, and Esc stops; elsewhere Space and E stop, and p
 * holds, as always.
 */
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"

#define ESCAPE 27

static void close_search(struct screen *screen)
{
	screen->mode = MODE_PANES;
	input_stop_if_moving(screen);
}

static void search_key(struct screen *screen, int key, bool is_function, enum action action)
{
	int page = exhibits_box_rows();

	if (key == ESCAPE || key == ('c' & 0x1f))
		close_search(screen);
	else if (key == '\r' || key == '\n' || (is_function && key == KEY_ENTER))
		act_open_exhibit(screen);
	else if (key == '\t')
		act_scan(screen);
	else if (key == 127 || key == 8 || (is_function && key == KEY_BACKSPACE))
		input_erase(screen);
	else if (key == ('u' & 0x1f))
		screen->input[0] = '\0';
	else if (is_function && action == ACTION_UP)
		exhibits_move(&screen->exhibits, -1, page);
	else if (is_function && action == ACTION_DOWN)
		exhibits_move(&screen->exhibits, 1, page);
	else if (is_function && (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN))
		exhibits_move(&screen->exhibits, action == ACTION_PAGE_UP ? -page : page, page);
	else if (is_function && action == ACTION_HOLD)
		act(screen, action);
	else if (!is_function)
		input_type(screen, (uint32_t)key);
	act_search(screen);
}

/* The way back is where it was opened from. */
static void close_exhibit(struct screen *screen)
{
	screen->mode = screen->exhibits.list && !screen->exhibits.scanned ? MODE_EXHIBITS : MODE_PANES;
}

static void exhibit_key(struct screen *screen, int key, enum action action)
{
	int *scroll = &screen->exhibits.facts_scroll;

	if (action == ACTION_UP || action == ACTION_DOWN)
		*scroll += action == ACTION_UP ? -1 : 1;
	else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
		*scroll += action == ACTION_PAGE_UP ? -10 : 10;
	else if ((key == '\r' || key == '\n' || key == KEY_ENTER) &&
		 exhibits_is_listed(screen->model.evidence.showing, field_text(screen->exhibits.exhibit, "code")))
		screen->mode = MODE_CARDS;
	else
		close_exhibit(screen);
}

static void cards_key(struct screen *screen, int key)
{
	if (key == 'y' || key == 'Y') {
		act_stage_confirmed(screen);
		return;
	}
	screen->mode = MODE_EXHIBIT;
	screen_notice(screen, MESSAGE_OWN, _("not placed"));
}

static void closed_key(struct screen *screen, int key)
{
	if (key != 'y' && key != 'Y')
		return;
	screen->mode = MODE_PANES;
	json_decref(screen->closed);
	screen->closed = NULL;
}

void input_evidence_key(struct screen *screen, int key, bool is_function, enum action action)
{
	if (screen->mode == MODE_EXHIBITS) {
		search_key(screen, key, is_function, action);
		return;
	}
	if (action == ACTION_STOP || action == ACTION_ESTOP) {	/* the box stays: it waits for another key */
		act(screen, action);
		if (key != ESCAPE)
			return;
	}
	if (action == ACTION_HOLD && (screen->mode == MODE_EXHIBIT || screen->mode == MODE_CARDS)) {
		act(screen, action);
		return;
	}
	switch (screen->mode) {
	case MODE_EXHIBIT: exhibit_key(screen, key, action); break;
	case MODE_CARDS: cards_key(screen, key); break;
	case MODE_PAUSE: act_hold_because(screen, key - '0'); break;
	default: closed_key(screen, key); break;
	}
}
