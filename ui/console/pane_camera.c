/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/tty_clean.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"
#include "ui/console/words.h"

static void make_title(struct screen *screen, char *text, size_t size)
{
	const json_t *camera = json_object_get(screen->model.status, "camera");

	if (!camera)
		snprintf(text, size, "%s", _("Camera"));
	else
		snprintf(text, size, "%s  %s  %lldx%lld  %lld/s%s%s", _("Camera"),
			 field_text(camera, "state"), (long long)field_integer(camera, "width", 0),
			 (long long)field_integer(camera, "height", 0),
			 (long long)field_integer(camera, "fps", 0), screen->fine ? "  " : "",
			 screen->fine ? _("fine") : "");
}

static void make_cells(struct screen *screen, struct rect inside)
{
	struct err err = { 0 };
	int rc;

	if (!screen->picture_fresh && inside.rows >= screen->blit.rows &&
	    inside.columns >= screen->blit.columns &&
	    (inside.rows == screen->blit.rows || inside.columns == screen->blit.columns))
		return;
	screen->picture_fresh = false;
	rc = (screen->fine ? fine_picture : blit_picture)(
		&screen->blit, screen->term.mode, screen->term.blocks, inside.rows, inside.columns,
		screen->picture->planes, PREVIEW_WIDTH, PREVIEW_HEIGHT, &err);
	if (rc < 0)
		screen_notice(screen, MESSAGE_ERROR, "%s", err.text);
}

static void draw_cells(struct screen *screen, struct rect inside)
{
	struct blit *blit = &screen->blit;
	int top = inside.y + (inside.rows - blit->rows) / 2,
	    left = inside.x + (inside.columns - blit->columns) / 2;

	if (screen->term.pairs)
		palette_pairs_make_room(screen->term.pairs, blit->rows * blit->columns);
	for (int y = 0; y < blit->rows; y++)
		for (int x = 0; x < blit->columns; x++)
			term_cell(&screen->term, top + y, left + x,
				  &blit->cells[y * blit->columns + x]);
}

/* The age of what is shown: a picture that stands still must not look live. */
static void draw_age(struct screen *screen, struct rect frame)
{
	uint64_t age_ms = (clock_mono_ns() - screen->picture->captured_ns) / NS_PER_MS;
	enum role_on_screen role = age_ms > 2000 ? ROLE_ALARM : ROLE_DIM;
	int y = frame.y + frame.rows - 1;

	if (screen->picture->synthetic)
		term_format(&screen->term, y, frame.x + 3, frame.columns - 6, ROLE_WARNING, " %s ",
			    _("no picture from the camera"));
	else if (age_ms > 2000)
		term_format(&screen->term, y, frame.x + 3, frame.columns - 6, role,
			    _(" STALE: %llu s old "), (unsigned long long)(age_ms / 1000));
	else
		term_format(&screen->term, y, frame.x + 3, frame.columns - 6, role,
			    _(" preview, %llu ms old "), (unsigned long long)age_ms);
}

static void draw_banner(struct screen *screen, struct rect inside)
{
	int rows = MIN(inside.rows, 5), columns = MIN(inside.columns, 60);
	struct rect box = { inside.y + (inside.rows - rows) / 2,
			    inside.x + (inside.columns - columns) / 2, rows, columns };
	char text[400];

	term_fill(&screen->term, box, ROLE_ALARM);
	term_centre(&screen->term, box.y + 1, box.x, columns, ROLE_ALARM,
		    _("STATION NOT ANSWERING"));
	if (rows < 5)
		return;
	if (link_is_up(&screen->station))
		snprintf(text, sizeof text, _("connected, but silent for %llu s"),
			 (unsigned long long)((clock_mono_ns() - screen->station.heard_ns) /
					      NS_PER_S));
	else
		snprintf(text, sizeof text, _("trying %s"), screen->options->reach.control);
	term_centre(&screen->term, box.y + 2, box.x, columns, ROLE_ALARM, text);
	term_centre(&screen->term, box.y + 3, box.x, columns, ROLE_ALARM,
		    link_is_up(&screen->table)
			    ? _("The table still answers: Space stops it.")
			    : _("Nor does the table: use its own switch to stop it."));
}

void pane_camera(struct screen *screen)
{
	struct rect frame = screen->layout.panes[PANE_CAMERA], inside = layout_inside(frame);
	char title[160];

	if (inside.rows == 0)
		return;
	make_title(screen, title, sizeof title);
	term_frame(&screen->term, frame, title, screen->focus == PANE_CAMERA);
	if (screen->picture->sequence != 0) {
		make_cells(screen, inside);
		draw_cells(screen, inside);
		draw_age(screen, frame);
	} else if (screen_answering(screen)) {
		term_centre(&screen->term, inside.y + inside.rows / 2, inside.x, inside.columns,
			    ROLE_DIM, _("waiting for the first picture"));
	}
	if (!screen_answering(screen))
		draw_banner(screen, inside);
}
