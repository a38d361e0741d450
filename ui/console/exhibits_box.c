/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exhibits on screen: the list that follows what is typed, the one that is opened, and its handling cards. */
#include <string.h>

#include "station/base/cards.h"
#include "station/base/i18n.h"
#include "station/base/tty_clean.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"

enum { HEAD_ROWS = 2, FOOT_ROWS = 2, NUMBER_COLUMNS = 18, SEAL_COLUMNS = 14, PLACE_COLUMNS = 18, CASE_COLUMNS = 26,
       CASE_FROM = 100, PLACE_FROM = 120 };

static struct rect whole_box(struct screen *screen, const char *title)
{
	return overlay_box(screen, LINES, COLS, title);
}

int exhibits_box_rows(void)
{
	return MAX(LINES - 3 - 2 - HEAD_ROWS - FOOT_ROWS, 1);
}

/* --- the list ------------------------------------------------------------------------------------ */

static void draw_row(struct screen *screen, struct rect line, const json_t *exhibit, bool chosen)
{
	enum role_on_screen role = chosen ? ROLE_BAR_KEY : ROLE_BOX;
	int x = line.x, right = line.x + line.columns;

	term_line(&screen->term, line.y, x, line.columns, role, "");
	if (exhibits_is_listed(screen->model.evidence.showing, field_text(exhibit, "code")))
		term_text(&screen->term, line.y, x, 1, role, term_glyph(&screen->term, GLYPH_BULLET));
	x += 2;
	term_text(&screen->term, line.y, x, NUMBER_COLUMNS - 1, role, field_text(exhibit, "exhibit_no"));
	x += NUMBER_COLUMNS;
	if (line.columns >= PLACE_FROM) {
		right -= PLACE_COLUMNS;
		term_text(&screen->term, line.y, right, PLACE_COLUMNS, role, field_text(exhibit, "place"));
	}
	if (line.columns >= CASE_FROM) {
		right -= CASE_COLUMNS;
		term_text(&screen->term, line.y, right, CASE_COLUMNS - 1, role, field_text(exhibit, "case_no"));
	}
	right -= SEAL_COLUMNS;
	term_text(&screen->term, line.y, right, SEAL_COLUMNS - 1, role, field_text(exhibit, "seal_no"));
	if (json_array_size(json_object_get(exhibit, "handling"))) {
		term_text(&screen->term, line.y, right - 2, 1, chosen ? role : ROLE_HOLD, "!");
		right -= 2;
	}
	term_text(&screen->term, line.y, x, right - x - 1, role, field_text(exhibit, "name"));
}

static void draw_search(struct screen *screen, struct rect inside)
{
	int x = inside.x + 1;

	x += term_text(&screen->term, inside.y, x, inside.columns / 2, ROLE_BOX, _("Search:")) + 1;
	x += term_text(&screen->term, inside.y, x, inside.columns - (x - inside.x) - 2, ROLE_VALUE, screen->input);
	term_text(&screen->term, inside.y, x, 1, ROLE_BAR_KEY, " ");
}

static void draw_list(struct screen *screen)
{
	struct exhibits *exhibits = &screen->exhibits;
	struct rect inside = whole_box(screen, _("Exhibits"));
	int rows = inside.rows - HEAD_ROWS - FOOT_ROWS, count = (int)json_array_size(exhibits->list);

	draw_search(screen, inside);
	exhibits_move(exhibits, 0, rows);
	for (int i = 0; i < rows && i + exhibits->scroll < count; i++)
		draw_row(screen,
			 (struct rect){ inside.y + HEAD_ROWS + i, inside.x + 1, 1, inside.columns - 2 },
			 json_array_get(exhibits->list, (size_t)(i + exhibits->scroll)),
			 i + exhibits->scroll == exhibits->chosen);
	if (exhibits->list && count == 0)
		term_text(&screen->term, inside.y + HEAD_ROWS, inside.x + 1, inside.columns - 2, ROLE_BOX,
			  _("no exhibit is found"));
	if (exhibits->more)
		term_text(&screen->term, inside.y + inside.rows - 2, inside.x + 1, inside.columns - 2, ROLE_BOX,
			  _("There are more: type more of the number, name, holder, seal or place."));
	else
		term_format(&screen->term, inside.y + inside.rows - 2, inside.x + 1, inside.columns - 2, ROLE_BOX,
			    _("%s on the list of this showing   ! handling cards"),
			    term_glyph(&screen->term, GLYPH_BULLET));
	term_text(&screen->term, inside.y + inside.rows - 1, inside.x + 1, inside.columns - 2, ROLE_BAR_KEY,
		  _("Up Down choose   Enter opens   Tab reads a label   Esc closes"));
}

/* --- the one that is opened ---------------------------------------------------------------------- */

static const char *where_it_stands(const struct screen *screen)
{
	const char *code = field_text(screen->exhibits.exhibit, "code");

	if (field_is(screen->model.evidence.showing, "code", code))
		return _("on the table now");
	return exhibits_is_listed(screen->model.evidence.showing, code) ? _("on the list of this showing") :
									  _("NOT ON THE LIST of an open showing");
}

static int count_lines(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void draw_lines(struct screen *screen, struct rect room, const char *text)
{
	int skip = screen->exhibits.facts_scroll, y = 0;

	while (*text && y < room.rows) {
		size_t len = strcspn(text, "\n");
		char line[1024];

		tty_clean(line, sizeof line, text, len, -1);
		if (skip > 0)
			skip--;
		else
			term_text(&screen->term, room.y + y++, room.x, room.columns, ROLE_BOX, line);
		text += len + (text[len] == '\n');
	}
}

static void draw_exhibit(struct screen *screen)
{
	struct exhibits *exhibits = &screen->exhibits;
	const char *facts = exhibits->facts ? exhibits->facts : "";
	struct rect inside = whole_box(screen, exhibits->scanned ? _("Exhibit, by its label") : _("Exhibit"));
	struct rect room = { inside.y + 1, inside.x + 1, inside.rows - 2, inside.columns - 2 };
	bool listed = exhibits_is_listed(screen->model.evidence.showing, field_text(exhibits->exhibit, "code"));

	exhibits->facts_scroll = CLAMP(exhibits->facts_scroll, 0, MAX(count_lines(facts) - room.rows, 0));
	term_line(&screen->term, inside.y, inside.x, inside.columns, listed ? ROLE_BAR_KEY : ROLE_HOLD, "");
	term_text(&screen->term, inside.y, inside.x + 1, inside.columns - 2, listed ? ROLE_BAR_KEY : ROLE_HOLD,
		  where_it_stands(screen));
	draw_lines(screen, room, facts);
	term_text(&screen->term, inside.y + inside.rows - 1, inside.x + 1, inside.columns - 2, ROLE_BAR_KEY,
		  listed ? _("Enter places it on the table   Up Down scroll   any other key closes") :
			   _("Up Down scroll   any other key closes"));
}

/* --- its handling cards -------------------------------------------------------------------------- */

static uint32_t cards_of(const json_t *exhibit)
{
	uint32_t all = 0, one;
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(exhibit, "handling"), i, name)
		if (json_is_string(name) && cards_read(&one, json_string_value(name), NULL) == 0)
			all |= one;
	return all;
}

static int draw_card(struct screen *screen, struct rect room, const struct card_text *card)
{
	struct rect rule = { room.y + 1, room.x + 2, MIN(room.rows - 1, 2), room.columns - 2 };

	term_format(&screen->term, room.y, room.x, room.columns, ROLE_HOLD, " %s ", _(card->label));
	return 1 + (rule.rows > 0 ? term_paragraph(&screen->term, rule, ROLE_BOX, _(card->rule)) : 0);
}

static void draw_cards(struct screen *screen)
{
	const json_t *exhibit = screen->exhibits.exhibit;
	uint32_t set = cards_of(exhibit);
	struct rect inside = overlay_box(screen, 8 + 3 * __builtin_popcount(set), 74, _("Place it on the table"));
	int y = inside.y, end = inside.y + inside.rows - 2;

	term_format(&screen->term, y++, inside.x + 1, inside.columns - 2, ROLE_BOX, "%s  %s",
		    field_text(exhibit, "exhibit_no"), field_text(exhibit, "name"));
	term_format(&screen->term, y++, inside.x + 1, inside.columns - 2, ROLE_BOX, _("Seal no. %s: is it this one?"),
		    field_text(exhibit, "seal_no"));
	for (int card = 0; card < CARD_COUNT && y < end; card++)
		if (set & 1u << card)
			y += draw_card(screen, (struct rect){ y, inside.x + 1, end - y, inside.columns - 2 },
				       &cards[card]);
	term_line(&screen->term, end, inside.x + 1, inside.columns - 2, ROLE_HOLD,
		  set ? _(" y  I have read and done this: place it") : _(" y  place it"));
	term_text(&screen->term, end + 1, inside.x + 1, inside.columns - 2, ROLE_BOX, _("Any other key does not."));
}

void exhibits_draw(struct screen *screen)
{
	switch (screen->mode) {
	case MODE_EXHIBITS: draw_list(screen); break;
	case MODE_EXHIBIT: draw_exhibit(screen); break;
	case MODE_CARDS: draw_cards(screen); break;
	default: break;
	}
}
