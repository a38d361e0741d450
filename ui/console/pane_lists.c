/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rooms and messages. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"
#include "ui/console/words.h"

static void make_age(const struct screen *screen, const json_t *room, char *text, size_t size,
		     enum role_on_screen *role)
{
	json_int_t age_ms = field_integer(room, "age_ms", -1);

	(void)screen;
	*role = ROLE_GOOD;
	if (field_true(room, "stale")) {
		snprintf(text, size, "%s", _("STALE"));
		*role = ROLE_ALARM;
	} else if (age_ms >= 0) {
		snprintf(text, size, "%lld ms", (long long)age_ms);
	} else {
		snprintf(text, size, "%s", words_room(field_text(room, "state")));
		*role = field_is(room, "state", "connected") ? ROLE_GOOD : ROLE_DIM;
	}
}

/* Columns of what stands right of the name; the picture's size only where there is room for it. */
enum { AGE_COLUMNS = 9, RATE_COLUMNS = 6, SIZE_COLUMNS = 12, RATE_FROM = 36, SIZE_FROM = 52 };

/* Who it is: the role, and the name where it says more. */
static void make_name(const json_t *room, char *text, size_t size)
{
	const char *role = words_role(field_text(room, "role")), *name = field_text(room, "name");
	bool same = !*name || strcmp(name, role) == 0 || strcmp(_(name), role) == 0;

	snprintf(text, size, "%s%s%s", role, same ? "" : "  ", same ? "" : name);
}

static void draw_room(struct screen *screen, struct rect inside, int y, const json_t *room)
{
	bool connected = field_is(room, "state", "connected"), stale = field_true(room, "stale");
	enum glyph shape = stale ? GLYPH_SQUARE : connected ? GLYPH_BULLET : GLYPH_RING;
	int right = inside.x + inside.columns, age_x = right - AGE_COLUMNS;
	enum role_on_screen role;
	char text[160], age[48];

	make_age(screen, room, age, sizeof age, &role);
	term_text(&screen->term, y, inside.x, 1, role, term_glyph(&screen->term, shape));
	if (inside.columns >= RATE_FROM) {
		age_x -= RATE_COLUMNS;
		term_format(&screen->term, y, right - RATE_COLUMNS, RATE_COLUMNS, ROLE_DIM,
			    "%3lld/s", (long long)field_integer(room, "fps", 0));
	}
	if (inside.columns >= SIZE_FROM) {
		age_x -= SIZE_COLUMNS;
		term_format(&screen->term, y, right - RATE_COLUMNS - SIZE_COLUMNS, SIZE_COLUMNS,
			    ROLE_DIM, "%5lldx%lld", (long long)field_integer(room, "width", 0),
			    (long long)field_integer(room, "height", 0));
	}
	make_name(room, text, sizeof text);
	term_text(&screen->term, y, inside.x + 2, age_x - inside.x - 3, ROLE_TEXT, text);
	term_text(&screen->term, y, age_x, AGE_COLUMNS, role, age);
}

void pane_rooms(struct screen *screen)
{
	struct rect frame = screen->layout.panes[PANE_ROOMS], inside = layout_inside(frame);
	size_t count = json_array_size(screen->model.rooms), hidden;
	int *scroll = &screen->scroll[PANE_ROOMS];
	char title[64];

	if (inside.rows == 0)
		return;
	snprintf(title, sizeof title, "%s  %zu", _("Rooms"), count);
	term_frame(&screen->term, frame, title, screen->focus == PANE_ROOMS);
	if (count == 0)
		term_text(&screen->term, inside.y, inside.x + 1, inside.columns - 1, ROLE_DIM,
			  _("no room is connected"));
	hidden = count > (size_t)inside.rows ? count - (size_t)inside.rows : 0;
	*scroll = MIN(*scroll, (int)hidden);
	for (int i = 0; i < inside.rows && (size_t)(i + *scroll) < count; i++)
		draw_room(screen, inside, inside.y + i,
			  json_array_get(screen->model.rooms, (size_t)(i + *scroll)));
}

static void draw_message(struct screen *screen, struct rect inside, int y,
			 const struct message *message)
{
	static const enum role_on_screen roles[] = { ROLE_ERROR, ROLE_WARNING, ROLE_TEXT,
						     ROLE_TITLE };
	static const char marks[] = { '!', '*', ' ', '>' };
	char utc[32], line[360];

	clock_format_utc(utc, sizeof utc, message->utc_us);
	utc[19] = '\0';
	term_text(&screen->term, y, inside.x, 8, ROLE_DIM, utc + 11);
	snprintf(line, sizeof line, "%c %s", marks[message->level], message->text);
	term_text(&screen->term, y, inside.x + 9, inside.columns - 9, roles[message->level], line);
}

void pane_messages(struct screen *screen)
{
	struct rect frame = screen->layout.panes[PANE_MESSAGES], inside = layout_inside(frame);
	unsigned kept = MIN(screen->model.message_count, MODEL_MESSAGES);
	int *scroll = &screen->scroll[PANE_MESSAGES];
	char title[64];

	if (inside.rows == 0)
		return;
	*scroll = MIN(*scroll, MAX((int)kept - inside.rows, 0));
	if (*scroll > 0)
		snprintf(title, sizeof title, _("Messages, %d newer below"), *scroll);
	else
		snprintf(title, sizeof title, "%s", _("Messages"));
	term_frame(&screen->term, frame, title, screen->focus == PANE_MESSAGES);
	for (int i = 0; i < inside.rows; i++) {
		const struct message *message =
			model_message(&screen->model, (unsigned)(*scroll + i));

		if (message)
			draw_message(screen, inside, inside.y + inside.rows - 1 - i, message);
	}
}
