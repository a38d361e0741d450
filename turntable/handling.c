/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turntable/handling.h"

#include <string.h>

#include "station/base/i18n.h"
#include "station/base/util.h"

static const struct {
	const char *name, *title;
	struct handling_limits limits;
} kinds[] = {
#define HANDLING(name, title, max_mdeg_s, max_mdeg_s2) { #name, title, { max_mdeg_s, max_mdeg_s2 } },
#include "turntable/handling.def"
#undef HANDLING
};

static int32_t lesser(int32_t a, int32_t b)
{
	return !a ? b : !b ? a : MIN(a, b);
}

struct handling_limits handling_limits(uint32_t mask)
{
	struct handling_limits limits = { 0, 0 };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!(mask & (1u << i)))
			continue;
		limits.max_mdeg_s = lesser(limits.max_mdeg_s, kinds[i].limits.max_mdeg_s);
		limits.max_mdeg_s2 = lesser(limits.max_mdeg_s2, kinds[i].limits.max_mdeg_s2);
	}
	return limits;
}

uint32_t handling_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return 1u << i;
	return 0;
}

const char *handling_name(size_t index)
{
	return index < ARRAY_LEN(kinds) ? kinds[index].name : NULL;
}

const char *handling_title(size_t index)
{
	return index < ARRAY_LEN(kinds) ? _(kinds[index].title) : NULL;
}
