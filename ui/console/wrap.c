/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/wrap.h"

#include <string.h>

#include "station/base/tty_clean.h"

size_t wrap_line(const char *text, int columns, const char **next)
{
	const char *end = text + strlen(text), *at = text, *fits = text, *whole = NULL;
	int used = 0;

	while (at < end) {
		const char *start = at;
		int width = tty_clean_width(tty_clean_next(&at, end));

		if (*start == ' ' || (width == 2 && start > text))
			whole = start;	/* the line may end before this one */
		if (used + width > columns)
			break;
		used += width;
		fits = at;
	}
	if (fits < end && whole && whole <= fits)
		fits = whole;
	if (fits == text && at > text)
		fits = at;	/* a line narrower than one character: go on all the same */
	*next = fits + strspn(fits, " ");
	return (size_t)(fits - text);
}
