/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shot list, and below it the stills of this showing, the newest first. */
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"
#include "ui/console/words.h"

enum { MARK_COLUMNS = 3, COUNT_COLUMNS = 7, NUMBER_COLUMNS = 5, DIGEST_COLUMNS = 9, VIEW_FROM = 38, ANGLE_COLUMNS = 8, ANGLE_FROM = 48 };

static void draw_view(struct screen *screen, struct rect line, const json_t *item, bool next)
{
	const json_t *stills = json_object_get(item, "stills");
	size_t count = json_array_size(stills);
	enum role_on_screen role = next ? ROLE_BAR_KEY : count ? ROLE_GOOD : ROLE_TEXT;
	char numbers[32] = "";

	if (count)
		snprintf(numbers, sizeof numbers, count > 1 ? "%lld (%zu)" : "%lld",
			 (long long)json_integer_value(json_array_get(stills, count - 1)), count);
	term_text(&screen->term, line.y, line.x, MARK_COLUMNS, role, next ? " > " : count ? " + " : " - ");
	term_line(&screen->term, line.y, line.x + MARK_COLUMNS, line.columns - MARK_COLUMNS - COUNT_COLUMNS, role,
		  _(field_text(item, "label")));
	term_line(&screen->term, line.y, line.x + line.columns - COUNT_COLUMNS, COUNT_COLUMNS, role, count ? numbers : next ? _("next") : "");
}

static int draw_views(struct screen *screen, struct rect inside)
{
	const struct evidence_view *view = &screen->model.evidence;
	const json_t *next = evidence_view_next(view, screen->views_passed);
	json_t *item;
	size_t i;
	int y = 0;

	json_array_foreach(view->views, i, item)
		if (y < inside.rows)
			draw_view(screen, (struct rect){ inside.y + y++, inside.x, 1, inside.columns }, item, item == next);
	return y;
}

static void draw_still(struct screen *screen, struct rect line, const json_t *still)
{
	const json_t *bearing = json_object_get(json_object_get(still, "pose"), "bearing_mdeg");
	bool rejected = json_is_object(json_object_get(still, "rejected")) || field_true(still, "rejected");
	enum role_on_screen role = rejected ? ROLE_DIM : ROLE_TEXT;
	int x = line.x, right = line.x + line.columns;
	char digest[32];

	words_digest(digest, sizeof digest, field_text(still, "sha256"), 2);
	right -= DIGEST_COLUMNS;
	term_text(&screen->term, line.y, right, DIGEST_COLUMNS, role, digest);
	if (line.columns >= ANGLE_FROM && json_is_integer(bearing)) {
		right -= ANGLE_COLUMNS;
		term_format(&screen->term, line.y, right, ANGLE_COLUMNS, role, "%.1f%s",
			    (double)json_integer_value(bearing) / 1000, term_glyph(&screen->term, GLYPH_DEGREE));
	}
	x += term_format(&screen->term, line.y, x, NUMBER_COLUMNS, role, "%4lld", (long long)field_integer(still, "still", 0));
	if (!rejected && field_integer(still, "spin", 0))
		term_format(&screen->term, line.y, x + 1, right - x - 2, role, _("spin %lld, %lld"),
			    (long long)field_integer(still, "spin", 0), (long long)field_integer(still, "frame", 0) + 1);
	else
		term_text(&screen->term, line.y, x + 1, right - x - 2, role,
			  rejected ? _("rejected") : words_view(field_text(still, "view")));
}

static void draw_stills(struct screen *screen, struct rect inside)
{
	const json_t *stills = screen->model.evidence.stills;
	int count = (int)json_array_size(stills), *scroll = &screen->scroll[PANE_STILLS];

	*scroll = MIN(*scroll, MAX(count - inside.rows, 0));
	for (int i = 0; i < inside.rows && i + *scroll < count; i++)
		draw_still(screen, (struct rect){ inside.y + i, inside.x, 1, inside.columns },
			   json_array_get(stills, (size_t)(count - 1 - i - *scroll)));
}

/* Where the table stands is on no other pane when this one has taken its place. */
static void make_title(struct screen *screen, char *text, size_t size)
{
	char angle[32] = "";
	struct dial dial;

	model_dial(&screen->model, &dial);
	if (dial.known && screen->layout.panes[PANE_TABLE].rows == 0)
		model_angle_text(angle, sizeof angle, &dial);
	snprintf(text, size, "%s  %u%s%s%s", _("Stills"), evidence_view_stills(&screen->model.evidence),
		 *angle ? "  " : "", angle, *angle ? term_glyph(&screen->term, GLYPH_DEGREE) : "");
}

void pane_stills(struct screen *screen)
{
	struct rect frame = screen->layout.panes[PANE_STILLS], inside = layout_inside(frame);
	const struct evidence_view *view = &screen->model.evidence;
	char title[96];
	int used = 0;

	if (inside.rows == 0)
		return;
	make_title(screen, title, sizeof title);
	term_frame(&screen->term, frame, title, screen->focus == PANE_STILLS);
	if (view->views)
		used = draw_views(screen, inside);
	else
		term_text(&screen->term, inside.y, inside.x + 1, inside.columns - 2, ROLE_DIM,
			  _("nothing is on the table (x)"));
	used = MAX(used, 1);
	inside.y += used;
	inside.rows -= used;
	if (inside.rows > 1) {
		term_text(&screen->term, inside.y, inside.x, inside.columns, ROLE_DIM,
			  _("n N still  V other  R reject"));
		draw_stills(screen, (struct rect){ inside.y + 1, inside.x, inside.rows - 1, inside.columns });
	}
}
