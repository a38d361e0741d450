/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The figures beside the dial. How an angle is known is told four ways, each enough alone: by its word,
 * by a mark (~ assumed, # counted, = encoder), by how many digits it is given, and by colour.
 */
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/pose.h"
#include "ui/console/degrees.h"
#include "ui/console/fields.h"
#include "ui/console/screen.h"
#include "ui/console/words.h"

#define FIGURES_HIGH 9		/* rows with the big angle */

static int draw_angle(struct screen *screen, struct rect figures, bool big, const struct dial *pose)
{
	enum role_on_screen role = !pose->known ? ROLE_DIM : pose->evidence ? ROLE_VALUE : ROLE_WARNING;
	char text[32] = "---.--";

	if (pose->known)
		model_angle_text(text, sizeof text, pose);
	if (big) {
		digits_draw(&screen->term, figures.y, figures.x, role, text);
		return 3;
	}
	term_format(&screen->term, figures.y, figures.x, figures.columns, role, "%s%s", text,
		    term_glyph(&screen->term, GLYPH_DEGREE));
	return 0;
}

static const char *motion_words(const struct screen *screen, char *text, size_t size,
				const struct dial *pose)
{
	const json_t *table = screen->model.table;
	int32_t speed = pose->speed_mdeg_s;
	char number[32];

	if (!pose->moving || speed == 0)
		return field_is(table, "link", "up") ? words_motion(field_text(table, "motion")) :
						       words_link(field_text(table, "link"));
	degrees_format(number, sizeof number, speed < 0 ? -speed : speed, 1);
	snprintf(text, size, "%s %s%s/s %s", words_motion(field_text(table, "motion")), number,
		 term_glyph(&screen->term, GLYPH_DEGREE), speed < 0 ? _("ccw") : _("cw"));
	return text;
}

static void draw_motion(const struct screen *screen, struct rect figures, int y, int x,
			const struct dial *pose)
{
	bool heard = screen_hears_table(screen);
	int right = figures.x + figures.columns;
	struct halt halt;
	char text[96];

	model_halt(&screen->model, &halt);
	if (heard && halt.halted)
		x += 1 + term_format(&screen->term, y, x, right - x, ROLE_ALARM, " %s ", _("HALTED"));
	term_text(&screen->term, y, x, right - x,
		  !heard ? ROLE_ALARM : pose->moving ? ROLE_WARNING : ROLE_GOOD,
		  heard ? motion_words(screen, text, sizeof text, pose) : _("no word from the table"));
}

/* "# counted steps +-0.013" */
static void draw_kind(const struct screen *screen, struct rect figures, int y, const struct dial *pose)
{
	static const enum role_on_screen roles[] = {
		[ANGLE_ASSUMED] = ROLE_WARNING, [ANGLE_COUNTED] = ROLE_TEXT, [ANGLE_ENCODER] = ROLE_GOOD,
	};
	const json_t *table = screen->model.table,
		     *uncertainty = json_object_get(table, "uncertainty_mdeg");
	const char *source = field_text(table, "source");
	char number[32] = "";

	if (json_is_integer(uncertainty) && pose->known)
		degrees_format(number, sizeof number, json_integer_value(uncertainty), 3);
	term_format(&screen->term, y, figures.x, figures.columns,
		    field_is(table, "source", "none") ? ROLE_DIM : roles[pose->kind], "%s %s%s%s%s%s",
		    words_kind(source), words_source(source), *number ? " " : "",
		    *number ? term_glyph(&screen->term, GLYPH_PLUS_MINUS) : "", number,
		    *number ? term_glyph(&screen->term, GLYPH_DEGREE) : "");
}

static void draw_reference(const struct screen *screen, struct rect figures, int y, const struct dial *pose)
{
	const json_t *table = screen->model.table;
	long long epoch = field_integer(table, "epoch", 0);
	const char *reference = pose->known && pose->kind == ANGLE_ASSUMED ?
					_("only assumed") : words_reference(field_text(table, "reference"));
	int x = figures.x;

	if (!pose->evidence)
		x += 1 + term_format(&screen->term, y, x, figures.columns, ROLE_HOLD, " %s ",
				     _("NOT EVIDENCE"));
	term_format(&screen->term, y, x, figures.columns - (x - figures.x), ROLE_TEXT,
		    figures.columns < 38 && !pose->evidence ? "%s" : _("%s, epoch %lld"), reference, epoch);
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

/* What the handling allows, or else the table; 0: not told. */
static json_int_t limit_of(const json_t *table, const char *key)
{
	json_int_t handling = field_integer(json_object_get(table, "handling"), key, 0);
	json_int_t limit = field_integer(json_object_get(table, "limits"), key, 0);

	return handling > 0 && (limit <= 0 || handling < limit) ? handling : limit;
}

/* "fragile + tall, max 5/s 10/s2" */
static void draw_handling(const struct screen *screen, struct rect figures, int y)
{
	const json_t *table = screen->model.table;
	const char *degree = term_glyph(&screen->term, GLYPH_DEGREE);
	const json_t *handled = json_object_get(json_object_get(table, "handling"), "names");
	bool special = json_array_size(handled) > 1 ||
		       (json_array_size(handled) == 1 &&
			strcmp(json_string_value(json_array_get(handled, 0)) ? : "", "normal") != 0);
	char names[96], speed[24], harder[24];
	int used;

	words_handlings(names, sizeof names, handled);
	degrees_format(speed, sizeof speed, limit_of(table, "max_mdeg_s"), 1);
	degrees_format(harder, sizeof harder, limit_of(table, "max_mdeg_s2"), 1);
	used = term_text(&screen->term, y, figures.x, figures.columns - 2,
			 special ? ROLE_WARNING : ROLE_TEXT, names);
	if (limit_of(table, "max_mdeg_s") > 0)
		used += term_format(&screen->term, y, figures.x + used, figures.columns - used, ROLE_TEXT,
				    figures.columns < 38 ? " %s%s/s" : _(", max %s%s/s"), speed, degree);
	if (limit_of(table, "max_mdeg_s2") > 0)
		term_format(&screen->term, y, figures.x + used, figures.columns - used, ROLE_TEXT,
			    " %s%s/s%s", harder, degree, screen->term.ascii ? "2" : "\u00b2");
}

/* The step of the keys; and the cable, once it matters. */
static void draw_step(const struct screen *screen, struct rect figures, int y)
{
	char step[16], wound[24], most[24];
	struct cable cable;
	int used;

	degrees_format(step, sizeof step, screen_steps[screen->step], 3);
	used = term_format(&screen->term, y, figures.x, figures.columns, ROLE_DIM, _("step %s%s"), step,
			   term_glyph(&screen->term, GLYPH_DEGREE)) + 2;
	model_cable(&screen->model, &cable);
	if (!cable.limited || (!cable.near && figures.columns < 38))
		return;
	degrees_format(wound, sizeof wound,
		       (cable.wound_mdeg < 0 ? -cable.wound_mdeg : cable.wound_mdeg) * 1000 / MDEG_PER_TURN, 1);
	degrees_format(most, sizeof most, cable.max_mdeg * 1000 / MDEG_PER_TURN, 1);
	term_format(&screen->term, y, figures.x + used, figures.columns - used,
		    cable.near ? ROLE_HOLD : ROLE_TEXT, _("cable %s of %s %s"), wound, most,
		    cable.wound_mdeg < 0 ? _("ccw") : _("cw"));
}

void figures_draw(struct screen *screen, const struct table_layout *place, const struct dial *pose)
{
	struct rect figures = place->figures;
	int y;

	if (place->beside && figures.rows > FIGURES_HIGH)	/* in the middle of a high pane */
		figures.y += (figures.rows - FIGURES_HIGH) / 2;
	y = figures.y + draw_angle(screen, figures, place->big, pose);
	draw_motion(screen, figures, y, place->big ? figures.x : figures.x + 10, pose);
	draw_kind(screen, figures, y + 1, pose);
	draw_reference(screen, figures, y + 2, pose);
	draw_commanded(screen, figures, y + 3, pose);
	draw_handling(screen, figures, y + 4);
	draw_step(screen, figures, y + 5);
}
