/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The showing on screen: its line below the top, the record's alarm, why it is held, and the fingerprint of its end. */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"
#include "ui/console/words.h"

#define PURPOSE_FROM 110	/* columns */

/* --- the line ------------------------------------------------------------------------------------ */

static void format_spin(const struct screen *screen, char *text, size_t size)
{
	const json_t *spin = screen->model.evidence.spin;

	snprintf(text, size, _("  spin: %lld of %lld (S cancels)"), (long long)field_integer(spin, "kept", 0),
		 (long long)field_integer(spin, "frames", 0));
}

static void format_left(const struct screen *screen, char *text, size_t size)
{
	const json_t *status = screen->model.status;
	const struct evidence_view *view = &screen->model.evidence;
	const char *pause = field_text(status, "pause");
	json_int_t showing = field_integer(status, "showing", 0);
	size_t len;

	if (!showing) {
		snprintf(text, size, " %s", _("no showing is open"));
		return;
	}
	len = (size_t)snprintf(text, size, _(" Showing %lld"), (long long)showing);
	if (*field_text(view->showing, "purpose") && screen->layout.showing.columns >= PURPOSE_FROM)
		len += (size_t)snprintf(text + len, size - len, "  %s", words_purpose(field_text(view->showing, "purpose")));
	if (*pause && len < size)
		len += (size_t)snprintf(text + len, size - len, _("  PAUSED: %s (o goes on)"), words_pause(pause));
	else if (len < size && evidence_is_spinning(screen))
		format_spin(screen, text + len, size - len);
	else if (len < size && evidence_view_next(view, screen->views_passed))
		snprintf(text + len, size - len, _("  next: %s"),
			 _(field_text(evidence_view_next(view, screen->views_passed), "label")));
}

void showing_line_draw(struct screen *screen)
{
	struct rect line = screen->layout.showing;
	const json_t *status = screen->model.status;
	bool paused = field_integer(status, "showing", 0) && *field_text(status, "pause");
	char left[400], right[128];
	bool good = evidence_view_record(&screen->model.evidence, status, clock_utc_us(), right, sizeof right);
	int width = MIN(term_width(right), line.columns / 2);

	if (!status)
		return;
	format_left(screen, left, sizeof left);
	term_line(&screen->term, line.y, 0, line.columns, paused ? ROLE_HOLD : ROLE_TITLE, left);
	if (!*right || (paused && good && line.columns < PURPOSE_FROM))
		return;		/* why it is paused needs the room more */
	term_format(&screen->term, line.y, line.columns - width - 2, width + 2,
		    !good ? ROLE_ALARM : paused ? ROLE_HOLD : ROLE_DIM, " %s ", right);
}

int alarm_rows(const struct screen *screen)
{
	char text[512];

	return evidence_view_alarm(&screen->model.evidence, screen->model.status, text, sizeof text);
}

void alarm_draw(struct screen *screen, struct rect line)
{
	char text[512], marked[520];

	evidence_view_alarm(&screen->model.evidence, screen->model.status, text, sizeof text);
	snprintf(marked, sizeof marked, " ! %s", text);
	term_line(&screen->term, line.y, 0, line.columns, ROLE_ALARM, marked);
}

/* --- why it is held ------------------------------------------------------------------------------ */

void pause_box_draw(struct screen *screen)
{
	struct rect inside = overlay_box(screen, (int)act_pause_count + 6, 60, _("HOLD: nothing is shown"));
	int y = inside.y;

	term_text(&screen->term, y++, inside.x + 1, inside.columns - 2, ROLE_BOX, _("Why? It stands in the record."));
	for (size_t i = 0; i < act_pause_count; i++)
		term_format(&screen->term, y++, inside.x + 2, inside.columns - 3, ROLE_BOX, "%zu  %s", i + 1,
			    words_pause(act_pauses[i]));
	term_format(&screen->term, inside.y + inside.rows - 1, inside.x + 1, inside.columns - 2, ROLE_BAR_KEY,
		    _("any other key: %s"), words_pause("operator"));
}

/* --- its end ------------------------------------------------------------------------------------- */

/* Wide apart, to be read aloud and written down: four groups on a line. */
static void draw_fingerprint(struct screen *screen, struct rect inside, int y, const char *fingerprint)
{
	char line[2][64] = { "", "" };
	size_t len[2] = { 0 };
	int taken = 0;

	for (; *fingerprint && taken < 32; fingerprint++) {
		char *at = line[taken / 16];
		size_t *used = &len[taken / 16];

		if (*fingerprint == ' ' || *fingerprint == '-')
			continue;
		if (taken % 4 == 0 && taken % 16)
			*used += (size_t)snprintf(at + *used, sizeof line[0] - *used, "   ");
		*used += (size_t)snprintf(at + *used, sizeof line[0] - *used, " %c", *fingerprint);
		taken++;
	}
	for (int i = 0; i < 2; i++) {
		term_line(&screen->term, y + 2 * i, inside.x + 1, inside.columns - 2, ROLE_CODE, "");
		term_centre(&screen->term, y + 2 * i, inside.x + 1, inside.columns - 2, ROLE_CODE, line[i]);
		term_line(&screen->term, y + 2 * i + 1, inside.x + 1, inside.columns - 2, ROLE_CODE, "");
	}
}

void closed_box_draw(struct screen *screen)
{
	const char *fingerprint = field_text(screen->closed, "fingerprint");
	struct rect inside = overlay_box(screen, 14, 72, _("The showing is closed"));
	struct rect head = { inside.y, inside.x + 1, 2, inside.columns - 2 };
	int y = inside.y + 3;

	term_paragraph(&screen->term, head, ROLE_BOX,
		  *fingerprint ? _("Read this aloud and write it down: it proves the record of this showing.") :
				 _("The record could not be signed in time: there is no fingerprint yet."));
	if (*fingerprint) {
		term_line(&screen->term, y, inside.x + 1, inside.columns - 2, ROLE_CODE, "");
		draw_fingerprint(screen, inside, y + 1, fingerprint);
	} else {
		term_text(&screen->term, y, inside.x + 1, inside.columns - 2, ROLE_BOX,
			  _("\":showing status\" tells it later."));
	}
	term_line(&screen->term, inside.y + inside.rows - 2, inside.x + 1, inside.columns - 2, ROLE_HOLD,
		  _(" y  it is written down"));
	term_text(&screen->term, inside.y + inside.rows - 1, inside.x + 1, inside.columns - 2, ROLE_BOX,
		  _("Until then it stays here."));
}
