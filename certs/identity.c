/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "certs/identity.h"

#include <string.h>

#include "station/base/i18n.h"

static const struct {
	const char *name, *label;
} roles[ROLE_COUNT] = {
#define ROLE(id, name, label) [ROLE_##id] = { name, label },
	ROLES
#undef ROLE
};

const char *role_name(enum role role)
{
	return roles[role].name;
}

const char *role_label(enum role role)
{
	return roles[role].label;
}

bool role_from_name(enum role *out, const char *name)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		if (!strcmp(roles[role].name, name)) {
			*out = (enum role)role;
			return true;
		}
	}
	return false;
}
