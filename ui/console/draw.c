/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole screen from the model, each time; ncurses sends only what differs. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "station/base/tty_clean.h"
#include "ui/console/degrees.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"
#include "ui/console/words.h"

#define FULL_HOURS (1.0 / 60)
#define SHOWN_HOURS 2.0	/* with less it is shown on a small screen too */

static void draw_too_small(struct screen *screen)
{
	term_format(&screen->term, 0, 0, COLS, ROLE_TEXT,
		    _("The console needs %d x %d; here are %d x %d."), LAYOUT_MIN_COLUMNS,
		    LAYOUT_MIN_ROWS, COLS, LINES);
	if (LINES > 1)
		term_text(&screen->term, 1, 0, COLS, ROLE_TEXT,
			  _("Space stops the table, q leaves."));
	refresh();
}

void draw_screen(struct screen *screen)
{
	layout_place(&screen->layout, LINES, COLS, band_rows(screen),
		     (struct layout_wish){ screen->stills_open, screen->zoomed });
	term_role(&screen->term, ROLE_TEXT);
	{
		int pair = screen->term.role_pairs[ROLE_TEXT];
		cchar_t ground;

		setcchar(&ground, L" ", A_NORMAL, 0, &pair);
		bkgrndset(&ground);
	}
	erase();
	screen->dial = (struct rect){ 0 };
	if (screen->layout.too_small) {
		draw_too_small(screen);
		return;
	}
	pane_top(screen);
	showing_line_draw(screen);
	band_draw(screen);
	pane_camera(screen);
	pane_table(screen);
	pane_rooms(screen);
	pane_stills(screen);
	pane_messages(screen);
	pane_prompt(screen);
	pane_keys(screen);
	overlay_draw(screen);
	refresh();
}

/* --- top line --------------------------------------------------------------------------------- */

static int draw_badge(struct screen *screen)
{
	const char *state = field_text(screen->model.status, "state");
	bool on_air = strcmp(state, "ON_AIR") == 0;
	bool bad = strcmp(state, "HOLD") == 0 || strcmp(state, "RECORDING_FAILED") == 0;
	enum role_on_screen role = on_air ? ROLE_ON_AIR : bad ? ROLE_HOLD : ROLE_BAR_KEY;
	enum glyph shape = on_air ? GLYPH_BULLET : bad ? GLYPH_SQUARE : GLYPH_RING;

	if (!screen_answering(screen))
		return term_format(&screen->term, 0, 0, 40, ROLE_ALARM, " ! %s ", _("NO STATION"));
	return term_format(&screen->term, 0, 0, 40, role, " %s %s ",
			   term_glyph(&screen->term, shape),
			   *state ? words_state(state) : _("WAITING"));
}

/* Returns where it begins. */
static int draw_at_right(struct screen *screen, int right, enum role_on_screen role, const char *text)
{
	char ignored[64];
	int width = tty_clean(ignored, sizeof ignored, text, strlen(text), 40) + 2;

	right -= width + 1;
	term_format(&screen->term, 0, right, width, role, " %s ", text);
	return right;
}

/* For how long the disk has room; and nobody may overlook that nothing is kept. */
static int draw_recording(struct screen *screen, int right)
{
	const json_t *recording = json_object_get(screen->model.status, "recording");
	const char *state = field_text(recording, "state");
	double hours = json_number_value(json_object_get(recording, "hours_left"));
	char text[64];

	if (!recording)
		return right;
	if (strcmp(state, "failed") == 0)
		return draw_at_right(screen, right, ROLE_ALARM, _("RECORDING FAILED"));
	if (strcmp(state, "full") == 0 || hours < FULL_HOURS)
		return draw_at_right(screen, right, ROLE_ALARM, _("DISK FULL"));
	if (hours > SHOWN_HOURS && screen->layout.top.columns < 100)
		return right;
	snprintf(text, sizeof text, strcmp(state, "recording") == 0 ? _("REC %.0f h") : _("disk %.0f h"), hours);
	return draw_at_right(screen, right, hours < SHOWN_HOURS ? ROLE_HOLD : ROLE_BAR, text);
}

/* What is out of store for too long. */
static int draw_overdue(struct screen *screen, int right)
{
	long long count = (long long)field_integer(screen->model.status, "overdue", 0);
	char text[64];

	if (!count)
		return right;
	snprintf(text, sizeof text, _("%lld overdue"), count);
	return draw_at_right(screen, right, ROLE_HOLD, text);
}

/* The ledger itself: it is not the one that was signed before, or takes nothing more. */
static int draw_record(struct screen *screen, int right)
{
	const json_t *record = json_object_get(screen->model.status, "record");

	if (!record)
		return right;
	if (strcmp(field_text(json_object_get(record, "checkpoint"), "state"), "refused") == 0)
		return draw_at_right(screen, right, ROLE_ALARM, _("RECORD REFUSED"));
	if (!field_true(record, "writable"))
		return draw_at_right(screen, right, ROLE_ALARM, _("RECORD FAILED"));
	return right;
}

void pane_top(struct screen *screen)
{
	const json_t *status = screen->model.status;
	int columns = screen->layout.top.columns, used, right;
	char clock[32], text[400];

	clock_format_utc(clock, sizeof clock, clock_utc_us());
	clock[10] = ' ';
	snprintf(clock + 19, sizeof clock - 19, " UTC");
	if (columns < 100)	/* the case needs the room more than the date */
		memmove(clock, clock + 11, strlen(clock + 11) + 1);
	term_line(&screen->term, 0, 0, columns, ROLE_BAR, "");
	used = draw_badge(screen);
	right = columns - (int)strlen(clock) - 1;
	term_text(&screen->term, 0, right, columns - right, ROLE_BAR, clock);
	if (field_true(status, "demo"))
		right = draw_at_right(screen, right, ROLE_BAR_KEY, _("DEMO"));
	right = draw_record(screen, right);
	right = draw_recording(screen, right);
	right = draw_overdue(screen, right);
	if (!status)
		return;
	snprintf(text, sizeof text, "  %s %s  %s %s %s", _("Case"), field_text(status, "case_no"),
		 _("Exhibit"), field_text(status, "exhibit_no"),
		 field_text(status, "exhibit_name"));
	term_text(&screen->term, 0, used, right - used - 1, ROLE_BAR, text);
}

/* --- prompt line ------------------------------------------------------------------------------ */

static const char *prompt_label(enum screen_prompt prompt)
{
	switch (prompt) {
	case PROMPT_GOTO: return _("Go to bearing, 0 to 359.999 degrees:");
	case PROMPT_SPIN: return _("Spin at degrees/s, negative is counter-clockwise:");
	case PROMPT_RESUME: return _("Why it goes on after this failure:");
	case PROMPT_REJECT: return _("Reject which still, and why (12 out of focus):");
	case PROMPT_FRAMES: return _("Stills round the turn, 12 to 360:");
	case PROMPT_MAKERS: return _("The two makers (Wang, Li), empty: nobody:");
	default: return ":";
	}
}

static void draw_input(struct screen *screen, struct rect line)
{
	int used = term_text(&screen->term, line.y, 1, line.columns - 20, ROLE_TITLE,
			     prompt_label(screen->prompt));

	used += 1 + (screen->prompt != PROMPT_COMMAND);
	used += term_text(&screen->term, line.y, used, line.columns - used - 1, ROLE_VALUE,
			  screen->input);
	term_text(&screen->term, line.y, used, 1, ROLE_BAR_KEY, " ");
}

static const char *question_text(enum screen_question question)
{
	switch (question) {
	case QUESTION_HOME:
		return _("Home the table? It will turn by itself until it finds its zero. [y/N]");
	case QUESTION_SHOW: return _("Go ON AIR: everybody admitted sees the exhibit. [y/N]");
	case QUESTION_RESUME: return _("Go on, ON AIR again? [y/N]");
	case QUESTION_CLOSE: return _("Close the showing for good: its recording ends and its record is signed. [y/N]");
	default:
		return _(
			"Leave. Stop the demo station too?  y: stop it   k: keep it running   other keys: stay");
	}
}

static enum role_on_screen role_of_level(enum message_level level)
{
	static const enum role_on_screen roles[] = { ROLE_ERROR, ROLE_WARNING, ROLE_TEXT,
						     ROLE_TITLE };

	return roles[level];
}

static void draw_hint(struct screen *screen, struct rect line)
{
	const json_t *table = screen->model.table;
	struct halt halt;
	char step[16];

	degrees_format(step, sizeof step, screen_steps[screen->step], 3);
	model_halt(&screen->model, &halt);
	if (!halt.halted && *field_text(table, "message"))
		term_text(&screen->term, line.y, 1, line.columns - 2, ROLE_WARNING,
			  field_text(table, "message"));
	else
		term_format(
			&screen->term, line.y, 1, line.columns - 2, ROLE_DIM,
			_("%s %s turn by %s%s   - + step   click the dial to go there   Tab panes   z zoom"),
			term_glyph(&screen->term, GLYPH_LEFT),
			term_glyph(&screen->term, GLYPH_RIGHT), step,
			term_glyph(&screen->term, GLYPH_DEGREE));
}

void pane_prompt(struct screen *screen)
{
	struct rect line = screen->layout.prompt;

	if (screen->mode == MODE_PROMPT)
		draw_input(screen, line);
	else if (screen->mode == MODE_QUESTION)
		term_line(&screen->term, line.y, 0, line.columns, ROLE_HOLD,
			  question_text(screen->question));
	else if (clock_mono_ns() < screen->notice_until_ns)
		term_text(&screen->term, line.y, 1, line.columns - 2,
			  role_of_level(screen->notice_level), screen->notice);
	else
		draw_hint(screen, line);
}

/* --- key bar ---------------------------------------------------------------------------------- */

void pane_keys(struct screen *screen)
{
	struct rect bar = screen->layout.keys;
	int x = 0;

	term_line(&screen->term, bar.y, 0, bar.columns, ROLE_BAR, "");
	screen->hit_count = 0;
	for (size_t i = 0; i < key_count && screen->hit_count < HITS_MAX; i++) {
		const struct key_row *row = &key_table[i];
		char text[96];
		int width, start = x;

		if (!row->bar)
			continue;
		snprintf(text, sizeof text, " %s ", _(row->bar));
		width = tty_clean(text, sizeof text, text, strlen(text), -1) +
			(int)strlen(row->shown) + 2;
		if (x + width > bar.columns)	/* what no longer fits whole is left to the help */
			continue;
		x += term_format(&screen->term, bar.y, x, width,
				 row->action == ACTION_STOP ? ROLE_ALARM : ROLE_BAR_KEY, " %s ",
				 row->shown);
		x += term_format(&screen->term, bar.y, x, width,
				 row->action == ACTION_STOP ? ROLE_ALARM : ROLE_BAR, " %s ",
				 _(row->bar));
		screen->hits[screen->hit_count++] = (struct hit){ start, x - start, row->action };
	}
}
