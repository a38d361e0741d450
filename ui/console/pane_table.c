/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/compass.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"
#include "ui/console/words.h"

static const enum role_on_screen ink_roles[] = {
	[COMPASS_EMPTY] = ROLE_TEXT, [COMPASS_RIM] = ROLE_RIM,	    [COMPASS_TICK] = ROLE_RIM,
	[COMPASS_NEEDLE] = ROLE_NEEDLE, [COMPASS_HUB] = ROLE_NEEDLE, [COMPASS_TARGET] = ROLE_TARGET,
};

/* A label gives way to needle and mark, digit by digit, and hides the scale below it. */
static void draw_label(const struct screen *screen, struct rect dial, const struct compass *compass,
		       int bearing_degrees)
{
	char text[8];
	int row, column, width;

	snprintf(text, sizeof text, "%d", bearing_degrees);
	width = (int)strlen(text);
	compass_rim_cell(dial.rows, dial.columns, bearing_degrees * 1000, &row, &column);
	row = row == 0 ? 2 : row == dial.rows - 1 ? row - 2 : row;
	column = column == 0		      ? 4
		 : column == dial.columns - 1 ? column - 3 - width
					      : column - width / 2;
	for (int i = 0; i < width; i++)
		if (compass->cells[row][column + i].ink <= COMPASS_TICK)
			term_character(&screen->term, dial.y + row, dial.x + column + i, ROLE_DIM,
				       (wchar_t)text[i]);
}

static void draw_dial(struct screen *screen, struct rect dial, const struct dial *pose)
{
	static const char ascii[] = { ' ', '.', '+', '#', 'O', 'o' };
	struct compass compass;

	screen->dial = dial;
	compass_draw(&compass, dial.rows, dial.columns,
		     pose->known ? pose->reported_mdeg : INT64_MIN,
		     pose->known ? pose->commanded_mdeg : INT64_MIN, pose->kind == ANGLE_ASSUMED);
	for (int row = 0; row < compass.rows; row++)
		for (int column = 0; column < compass.columns; column++) {
			const struct compass_cell *cell = &compass.cells[row][column];
			wchar_t character = screen->term.braille ? (wchar_t)(0x2800 + cell->dots) :
								   (wchar_t)ascii[cell->ink];

			if (cell->ink != COMPASS_EMPTY)
				term_character(&screen->term, dial.y + row, dial.x + column,
					       cell->ink == COMPASS_NEEDLE && !pose->evidence ?
						       ROLE_WARNING : ink_roles[cell->ink],
					       character);
		}
	for (int bearing = 0; bearing < 360 && dial.rows >= 11; bearing += 90)
		draw_label(screen, dial, &compass, bearing);
	if (!pose->known)
		term_centre(&screen->term, dial.y + dial.rows / 2 + 1, dial.x, dial.columns,
			    ROLE_WARNING,
			    !screen_hears_table(screen) ? _("not heard")
			    : field_is(screen->model.table, "link", "up")
				    ? _("not homed")
				    : words_link(field_text(screen->model.table, "link")));
}

void pane_table(struct screen *screen)
{
	struct rect frame = screen->layout.panes[PANE_TABLE], inside = layout_inside(frame);
	const json_t *table = screen->model.table;
	struct table_layout place;
	struct dial pose;
	char title[96];

	if (inside.rows == 0)
		return;
	snprintf(title, sizeof title, "%s  %s%s", _("Table"), field_text(table, "driver"),
		 field_true(table, "simulated") ? _(" (simulated)") : "");
	term_frame(&screen->term, frame, title, screen->focus == PANE_TABLE);
	if (!table) {
		term_centre(&screen->term, inside.y + inside.rows / 2, inside.x, inside.columns,
			    ROLE_DIM, _("nothing is known of the table"));
		return;
	}
	layout_table(&place, inside);
	place.figures.x++;
	place.figures.columns--;
	model_dial(&screen->model, &pose);
	pose.known &=
		screen_hears_table(screen); /* what was true once is not shown as if it were */
	draw_dial(screen, place.dial, &pose);
	figures_draw(screen, &place, &pose);
}
