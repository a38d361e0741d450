/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/pose.h"
#include "ui/console/compass.h"
#include "ui/console/degrees.h"
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
		     pose->known ? pose->commanded_mdeg : INT64_MIN);
	for (int row = 0; row < compass.rows; row++)
		for (int column = 0; column < compass.columns; column++) {
			const struct compass_cell *cell = &compass.cells[row][column];
			wchar_t character = screen->term.braille ? (wchar_t)(0x2800 + cell->dots) :
								   (wchar_t)ascii[cell->ink];

			if (cell->ink != COMPASS_EMPTY)
				term_character(&screen->term, dial.y + row, dial.x + column,
					       ink_roles[cell->ink], character);
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

static int draw_angle(struct screen *screen, struct rect figures, bool big, const struct dial *pose)
{
	enum role_on_screen role = pose->known ? ROLE_VALUE : ROLE_DIM;
	char text[32] = "---.--";

	if (pose->known)
		degrees_format_fixed(text, sizeof text, pose_bearing_mdeg(pose->reported_mdeg), 2);
	if (strcmp(text, "360.00") == 0)
		strcpy(text, "0.00");
	if (big) {
		digits_draw(&screen->term, figures.y, figures.x, role, text);
		return 3;
	}
	term_format(&screen->term, figures.y, figures.x, figures.columns, role, "%s%s", text,
		    term_glyph(&screen->term, GLYPH_DEGREE));
	return 0;
}

static void draw_motion(const struct screen *screen, struct rect figures, int y, int x,
			const struct dial *pose)
{
	const json_t *table = screen->model.table;
	int32_t speed = pose->speed_mdeg_s;
	char text[96], number[32];

	degrees_format(number, sizeof number, speed < 0 ? -speed : speed, 1);
	if (!screen_hears_table(screen))
		snprintf(text, sizeof text, "%s", _("no word from the table"));
	else if (pose->estop)
		snprintf(text, sizeof text, "%s", _("EMERGENCY STOP"));
	else if (*field_text(table, "fault"))
		snprintf(text, sizeof text, _("fault: %s"), field_text(table, "fault"));
	else if (pose->moving && speed != 0)
		snprintf(text, sizeof text, "%s %s%s/s %s",
			 words_motion(field_text(table, "motion")), number,
			 term_glyph(&screen->term, GLYPH_DEGREE), speed < 0 ? _("ccw") : _("cw"));
	else
		snprintf(text, sizeof text, "%s",
			 field_is(table, "link", "up") ? words_motion(field_text(table, "motion")) :
							 words_link(field_text(table, "link")));
	term_text(&screen->term, y, x, figures.columns - (x - figures.x),
		  pose->estop || *field_text(table, "fault") || !screen_hears_table(screen)
			  ? ROLE_ALARM
		  : pose->moving ? ROLE_WARNING
				 : ROLE_GOOD,
		  text);
}

static void draw_commanded(const struct screen *screen, struct rect figures, int y,
			   const struct dial *pose)
{
	const char *degree = term_glyph(&screen->term, GLYPH_DEGREE);
	char to[32], left[32];
	int used;

	degrees_format_fixed(to, sizeof to, pose_bearing_mdeg(pose->commanded_mdeg), 2);
	degrees_format_fixed(left, sizeof left, pose->commanded_mdeg - pose->reported_mdeg, 2);
	used = term_text(&screen->term, y, figures.x, 2, ROLE_TARGET,
			 term_glyph(&screen->term, GLYPH_TARGET));
	if (!pose->known)
		term_text(&screen->term, y, figures.x + used + 1, figures.columns - 2, ROLE_DIM,
			  _("commanded: -"));
	else if (figures.columns < 38)
		term_format(&screen->term, y, figures.x + used + 1, figures.columns - 2, ROLE_TEXT,
			    "%s%s (%s%s%s)", to, degree, left[0] == '-' ? "" : "+", left, degree);
	else
		term_format(&screen->term, y, figures.x + used + 1, figures.columns - 2, ROLE_TEXT,
			    _("commanded %s%s (%s%s%s to go)"), to, degree,
			    left[0] == '-' ? "" : "+", left, degree);
}

static void draw_reference(const struct screen *screen, struct rect figures, int y)
{
	const json_t *table = screen->model.table,
		     *uncertainty = json_object_get(table, "uncertainty_mdeg");
	char text[160], number[32] = "";

	if (json_is_integer(uncertainty))
		degrees_format(number, sizeof number, json_integer_value(uncertainty), 3);
	snprintf(text, sizeof text, "%s, %s%s%s%s%s",
		 words_reference(field_text(table, "reference")),
		 words_source(field_text(table, "source")), *number ? ", " : "",
		 *number ? term_glyph(&screen->term, GLYPH_PLUS_MINUS) : "", number,
		 *number ? term_glyph(&screen->term, GLYPH_DEGREE) : "");
	term_text(&screen->term, y, figures.x, figures.columns, ROLE_TEXT, text);
}

static void draw_figures(struct screen *screen, const struct table_layout *place,
			 const struct dial *pose)
{
	struct rect figures = place->figures;
	char step[16];
	int y;

	if (place->beside && figures.rows > 8)	/* figures stand in the middle of a high pane */
		figures.y += (figures.rows - 8) / 2;
	y = figures.y + draw_angle(screen, figures, place->big, pose);
	draw_motion(screen, figures, y, place->big ? figures.x : figures.x + 9, pose);
	draw_commanded(screen, figures, y + 1, pose);
	draw_reference(screen, figures, y + 2);
	degrees_format(step, sizeof step, screen_steps[screen->step], 3);
	term_format(&screen->term, y + 3, figures.x, figures.columns, ROLE_DIM, _("step %s%s"),
		    step, term_glyph(&screen->term, GLYPH_DEGREE));
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
	draw_figures(screen, &place, &pose);
}
