/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The band below the top line: what nobody in the room may overlook, for as long as it is so. Why the
 * table is halted, who else may turn it, or that it has just been taken back from them; and above that, what is
 * wrong with the record.
 */
#include <string.h>

#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/degrees.h"
#include "ui/console/screen.h"
#include "ui/console/words.h"

#define BAND_ROWS 2
#define TAKEN_NS (6 * NS_PER_S)

enum band { BAND_NONE, BAND_HALT, BAND_LEASE, BAND_TAKEN };

static enum band band_of(const struct screen *screen, struct halt *halt, struct lease *lease)
{
	uint64_t now_ns = clock_mono_ns();

	model_halt(&screen->model, halt);
	model_lease(&screen->model, now_ns, lease);
	if (halt->halted)
		return BAND_HALT;
	if (screen->taken_ns && now_ns - screen->taken_ns < TAKEN_NS &&
	    (!lease->held || lease->number == screen->taken_lease))
		return BAND_TAKEN;
	return lease->held ? BAND_LEASE : BAND_NONE;
}

/* "11:41:02 UTC", with its date when that is not today's. */
static void format_moment(char *text, size_t size, int64_t utc_us)
{
	char moment[32], today[32];

	clock_format_utc(moment, sizeof moment, utc_us);
	clock_format_utc(today, sizeof today, clock_utc_us());
	moment[10] = ' ';
	moment[19] = '\0';
	snprintf(text, size, "%s UTC", strncmp(moment, today, 10) == 0 ? moment + 11 : moment);
}

static void format_since(char *text, size_t size, const struct halt *halt)
{
	char moment[32];

	format_moment(moment, sizeof moment, halt->since_utc_us);
	if (halt->since_utc_us && *halt->by)
		snprintf(text, size, _("  Since %s, by %s."), moment, halt->by);
	else if (halt->since_utc_us)
		snprintf(text, size, _("  Since %s."), moment);
	else
		text[0] = '\0';
}

/* The reason may take two rows; what to do about it has the last one to itself. */
static void draw_halt(struct screen *screen, struct rect band, const struct halt *halt)
{
	struct rect reason = { band.y, 1, band.rows - 1, band.columns - 2 };
	char text[700], since[256];

	snprintf(text, sizeof text, "! %s: %s", _("THE TABLE IS HALTED"), halt->reason);
	term_paragraph(&screen->term, reason, ROLE_ALARM, text);
	format_since(since, sizeof since, halt);
	snprintf(text, sizeof text, " %s%s", _("Look at the table, then c (two steps)."), since);
	term_line(&screen->term, band.y + band.rows - 1, 0, band.columns, ROLE_ALARM, text);
}

static void format_bounds(char *text, size_t size, const struct screen *screen, const struct lease *lease)
{
	const char *degree = term_glyph(&screen->term, GLYPH_DEGREE);
	char speed[24], from[24], to[24];
	size_t len = 0;

	text[0] = '\0';
	degrees_format(speed, sizeof speed, lease->max_mdeg_s, 1);
	degrees_format(from, sizeof from, lease->from_mdeg, 1);
	degrees_format(to, sizeof to, lease->to_mdeg, 1);
	if (lease->max_mdeg_s > 0)
		len += (size_t)snprintf(text + len, size - len, _("at most %s%s/s. "), speed, degree);
	if (!lease->anywhere)
		len += (size_t)snprintf(text + len, size - len, _("%s%s to %s%s. "), from, degree, to,
					degree);
	if (lease->may_home)
		snprintf(text + len, size - len, "%s ", _("May home."));
}

static void draw_lease(struct screen *screen, struct rect band, const struct lease *lease)
{
	char left[24], until[32], bounds[128], text[400];
	int width;

	words_countdown(left, sizeof left, lease->left_ms);
	format_moment(until, sizeof until, clock_utc_us() + lease->left_ms * 1000);
	snprintf(text, sizeof text, _(" REMOTE CONTROL: %s may turn the table"), lease->holder);
	term_line(&screen->term, band.y, 0, band.columns, ROLE_HOLD, text);
	snprintf(text, sizeof text, _("%s left, until %s "), left, until);
	width = term_width(text);
	term_text(&screen->term, band.y, band.columns - width, width, ROLE_HOLD, text);
	format_bounds(bounds, sizeof bounds, screen, lease);
	snprintf(text, sizeof text, " %s%s", bounds, _("Any key takes the table back and stops it."));
	term_line(&screen->term, band.y + 1, 0, band.columns, ROLE_HOLD, text);
}

static void draw_taken(struct screen *screen, struct rect band)
{
	char text[300];

	snprintf(text, sizeof text, _(" YOU HAVE TAKEN THE TABLE BACK from %s."), screen->taken_from);
	term_line(&screen->term, band.y, 0, band.columns, ROLE_ON_AIR, text);
	term_line(&screen->term, band.y + 1, 0, band.columns, ROLE_ON_AIR,
		  _(" It stops. Press the key again for what it means."));
}

int band_rows(const struct screen *screen)
{
	struct lease lease;
	struct halt halt;
	enum band band = band_of(screen, &halt, &lease);

	if (band != BAND_HALT)
		return alarm_rows(screen) + (band == BAND_NONE ? 0 : BAND_ROWS);
	return alarm_rows(screen) + (term_width(_("THE TABLE IS HALTED")) + 4 + term_width(halt.reason) > COLS - 2 ? BAND_ROWS + 1 :
												BAND_ROWS);
}

void band_draw(struct screen *screen)
{
	struct rect band = screen->layout.band;
	struct lease lease;
	struct halt halt;

	if (alarm_rows(screen) && band.rows > 0) {
		alarm_draw(screen, band);
		band.y++;
		band.rows--;
	}
	if (band.rows < BAND_ROWS)
		return;
	term_fill(&screen->term, band, ROLE_ALARM);
	switch (band_of(screen, &halt, &lease)) {
	case BAND_HALT: draw_halt(screen, band, &halt); break;
	case BAND_LEASE: draw_lease(screen, band, &lease); break;
	case BAND_TAKEN: draw_taken(screen, band); break;
	case BAND_NONE: break;
	}
}
