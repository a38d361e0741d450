/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands over the panes: help, the way to join, the answer of a command, the table's facts. */
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/tty_clean.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"
#include "ui/console/screen.h"

#define JOIN_TEXT_COLUMNS 38

struct rect overlay_box(struct screen *screen, int rows, int columns, const char *title)
{
	struct rect box = { 0, 0, MIN(rows, LINES - 3), MIN(columns, COLS - 2) };

	box.y = 1 + (LINES - 3 - box.rows) / 2;
	box.x = (COLS - box.columns) / 2;
	term_fill(&screen->term, box, ROLE_BOX);
	term_frame(&screen->term, box, title, true);
	return layout_inside(box);
}

/* --- help ------------------------------------------------------------------------------------- */

static void draw_help(struct screen *screen)
{
	struct rect inside = overlay_box(screen, (int)key_count + 5, 74, _("Help"));
	int rows = inside.rows - 1, extra = (int)key_count - rows;

	screen->text_scroll = CLAMP(screen->text_scroll, 0, MAX(extra, 0));
	for (int i = 0; i < rows && (size_t)(i + screen->text_scroll) < key_count; i++) {
		const struct key_row *row = &key_table[i + screen->text_scroll];

		term_text(&screen->term, inside.y + i, inside.x + 1, 8, ROLE_BAR_KEY, row->shown);
		term_text(&screen->term, inside.y + i, inside.x + 10, inside.columns - 11, ROLE_BOX,
			  _(row->help));
	}
	term_text(&screen->term, inside.y + inside.rows - 1, inside.x + 1, inside.columns - 2,
		  ROLE_BOX,
		  extra > 0
			  ? _("Up and Down scroll, any other key closes. The manual is ostend(1).")
			  : _("Any key closes this. The manual is ostend(1)."));
}

/* --- join ------------------------------------------------------------------------------------- */

static bool module_dark(const QRcode *code, int y, int x)
{
	return y >= 0 && x >= 0 && y < code->width && x < code->width &&
	       code->data[y * code->width + x] & 1;
}

/* Always dark on light with a quiet zone of two modules, in every theme: readers need it so. */
static void draw_code(struct screen *screen, int top, int left, const QRcode *code)
{
	static const wchar_t shapes[2][2] = { { L' ', L'\u2584' }, { L'\u2580', L'\u2588' } };
	int span = code->width + 4;

	for (int row = 0; row < (span + 1) / 2; row++)
		for (int x = 0; x < span; x++) {
			bool upper = module_dark(code, 2 * row - 2, x - 2);
			bool lower = module_dark(code, 2 * row - 1, x - 2);

			term_character(&screen->term, top + row, left + x, ROLE_CODE,
				       shapes[upper][lower]);
		}
}

/* Without blocks a module is two blanks wide, light or dark ground. */
static void draw_code_wide(struct screen *screen, int top, int left, const QRcode *code)
{
	for (int y = 0; y < code->width + 2; y++)
		for (int x = 0; x < code->width + 2; x++) {
			enum role_on_screen role =
				module_dark(code, y - 1, x - 1) ? ROLE_INK : ROLE_CODE;

			term_character(&screen->term, top + y, left + 2 * x, role, L' ');
			term_character(&screen->term, top + y, left + 2 * x + 1, role, L' ');
		}
}

static void code_size(const struct screen *screen, const QRcode *code, int *rows, int *columns)
{
	*rows = *columns = 0;
	if (!code)
		return;
	*rows = screen->term.blocks ? (code->width + 5) / 2 : code->width + 2;
	*columns = screen->term.blocks ? code->width + 4 : 2 * (code->width + 2);
}

static void draw_join_text(struct screen *screen, struct rect room, const json_t *join, bool coded)
{
	const struct {
		enum role_on_screen role;
		const char *text;
	} lines[] = {
		{ ROLE_BOX, _("Address") },
		{ ROLE_BAR_KEY, field_text(join, "url") },
		{ ROLE_BOX, "" },
		{ ROLE_BOX, _("Pass") },
		{ ROLE_BAR_KEY, field_text(join, "pass") },
		{ ROLE_BOX, "" },
		{ ROLE_BOX, coded ? _("The code holds both.") : "" },
		{ ROLE_BOX, _("Any key closes this.") },
		{ ROLE_BOX, _("j opens it again.") },
	};

	for (size_t i = 0; i < ARRAY_LEN(lines) && (int)i < room.rows; i++)
		term_text(&screen->term, room.y + (int)i, room.x, room.columns, lines[i].role,
			  lines[i].text);
}

static void draw_join(struct screen *screen)
{
	const json_t *join = json_object_get(screen->model.status, "join");
	const char *url = field_text(join, "url");
	int rows, columns;
	char address[512];
	struct rect inside;
	QRcode *code;

	snprintf(address, sizeof address, "%s#pass=%s", url, field_text(join, "pass"));
	code = *url ? QRcode_encodeString8bit(address, 0, QR_ECLEVEL_L) : NULL;
	code_size(screen, code, &rows, &columns);
	if (rows + 2 > LINES - 3 || columns + JOIN_TEXT_COLUMNS + 5 > COLS)
		rows = columns = 0;	/* no room: address and pass alone */
	inside = overlay_box(screen, MAX(rows, 9) + 2, MAX(columns + 1, 2) + JOIN_TEXT_COLUMNS + 4,
			  _("Join from a browser"));
	if (rows > 0)
		(screen->term.blocks ? draw_code : draw_code_wide)(screen, inside.y, inside.x + 1,
								   code);
	inside.x += rows > 0 ? columns + 3 : 1;
	inside.columns = JOIN_TEXT_COLUMNS;
	inside.y += (inside.rows - 9) / 2;
	draw_join_text(screen, inside, join, rows > 0);
	QRcode_free(code);
}

/* --- text ------------------------------------------------------------------------------------- */

static int count_lines(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void draw_text(struct screen *screen, const char *title)
{
	const char *at = screen->text ? screen->text : "";
	int lines = count_lines(at), skip;
	struct rect inside = overlay_box(screen, lines + 3, 86, title);
	int rows = inside.rows - 1;

	screen->text_scroll = CLAMP(screen->text_scroll, 0, MAX(lines - rows, 0));
	skip = screen->text_scroll;
	for (int y = 0; *at && y < rows;) {
		size_t len = strcspn(at, "\n");
		char line[1024];

		tty_clean(line, sizeof line, at, len, -1);
		if (skip > 0)
			skip--;
		else
			term_text(&screen->term, inside.y + y++, inside.x + 1, inside.columns - 2,
				  ROLE_BOX, line);
		at += len + (at[len] == '\n');
	}
	term_text(&screen->term, inside.y + inside.rows - 1, inside.x + 1, inside.columns - 2,
		  ROLE_BOX,
		  lines > rows ? _("Up and Down scroll, any other key closes.")
			       : _("Any key closes this."));
}

/* As they are now, not as they were when the box was opened. */
static void draw_facts(struct screen *screen)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	print_table(out, screen->model.table);
	fclose(out);
	free(screen->text);
	screen->text = text;
	draw_text(screen, _("The table"));
}

void overlay_draw(struct screen *screen)
{
	switch (screen->mode) {
	case MODE_HELP: draw_help(screen); break;
	case MODE_JOIN: draw_join(screen); break;
	case MODE_TEXT: draw_text(screen, _("Answer")); break;
	case MODE_FACTS: draw_facts(screen); break;
	case MODE_CLEAR: clear_box_draw(screen); break;
	case MODE_PAUSE: pause_box_draw(screen); break;
	case MODE_CLOSED: closed_box_draw(screen); break;
	default: exhibits_draw(screen); break;
	}
}
