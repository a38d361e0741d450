/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/degrees.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/base/tty_clean.h"

int degrees_parse(int32_t *out_mdeg, const char *text, const char *what, int32_t low, int32_t high,
		  struct err *err)
{
	char low_text[24], high_text[24], shown[32];
	int64_t mdeg = 0;

	degrees_format(low_text, sizeof low_text, low, 3);
	degrees_format(high_text, sizeof high_text, high, 3);
	tty_clean(shown, sizeof shown, text, strlen(text), -1);
	if (!util_thousandths(&mdeg, text))
		return err_set(err, ERR_RANGE,
			       _("%s: \"%s\" is not a number of degrees such as 90 or -22.5 "
				 "(%s to %s, at most three decimals)"),
			       what, shown, low_text, high_text);
	if (mdeg < low || mdeg > high)
		return err_set(err, ERR_RANGE, _("%s: %s is outside %s to %s degrees"), what, shown,
			       low_text, high_text);
	*out_mdeg = (int32_t)mdeg;
	return 0;
}

void degrees_format_fixed(char *text, size_t size, int64_t mdeg, int decimals)
{
	static const int64_t unit_of[] = { 1000, 100, 10, 1 };
	int64_t unit = unit_of[decimals], amount = mdeg < 0 ? -mdeg : mdeg;
	const char *sign;

	amount = (amount + unit / 2) / unit * unit;
	sign = mdeg < 0 && amount > 0 ? "-" : "";
	if (decimals == 0)
		snprintf(text, size, "%s%lld", sign, (long long)(amount / 1000));
	else
		snprintf(text, size, "%s%lld.%0*lld", sign, (long long)(amount / 1000), decimals,
			 (long long)(amount % 1000 / unit));
}

void degrees_format(char *text, size_t size, int64_t mdeg, int decimals)
{
	size_t len;

	degrees_format_fixed(text, size, mdeg, decimals);
	if (!strchr(text, '.'))
		return;
	len = strlen(text);
	while (text[len - 1] == '0')
		text[--len] = '\0';
	if (text[len - 1] == '.')
		text[len - 1] = '\0';
}
