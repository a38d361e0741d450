/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The second of the two steps that clear a halt: the reason once more, what to look at, and how long
 * the step may still be taken. It is another key than the first, so that no key held down does both.
 */
#include "station/base/clock.h"
#include "station/base/i18n.h"
#include "ui/console/screen.h"

static int64_t seconds_left(const struct screen *screen)
{
	uint64_t now_ns = clock_mono_ns();

	if (now_ns >= screen->clear_until_ns)
		return 0;
	return (int64_t)((screen->clear_until_ns - now_ns + NS_PER_S - 1) / NS_PER_S);
}

void clear_box_draw(struct screen *screen)
{
	const char *const looks[] = {
		_("Nothing has moved, tipped or come loose."),
		_("Nothing and nobody is in its way, and the cable is free."),
		_("What stopped it is over."),
	};
	struct rect inside = overlay_box(screen, 14, 72, _("Clear the halt: step 2 of 2"));
	struct rect reason = { inside.y + 1, inside.x + 3, 4, inside.columns - 5 };
	int y, x = inside.x + 1, columns = inside.columns - 2;
	char text[200];

	term_text(&screen->term, inside.y, x, columns, ROLE_BOX, _("The table was halted because:"));
	y = reason.y + term_paragraph(&screen->term, reason, ROLE_ALARM, screen->clear_reason) + 1;
	term_text(&screen->term, y++, x, columns, ROLE_BOX, _("Go and look at the table:"));
	for (size_t i = 0; i < ARRAY_LEN(looks); i++)
		term_format(&screen->term, y++, x, columns, ROLE_BOX, "  - %s", looks[i]);
	snprintf(text, sizeof text, _(" y  I have looked: clear it (%lld s left)"),
		 (long long)seconds_left(screen));
	term_line(&screen->term, y + 1, x, MIN(columns, term_width(text) + 1), ROLE_HOLD, text);
	term_text(&screen->term, y + 2, x, columns, ROLE_BOX, _("Any other key leaves it halted."));
}
