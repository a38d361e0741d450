/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "station/evidence/evidence.h"

static const struct evidence_method_entry methods[] = {
#define METHOD(name, command, function) { name, command, function },
#include "station/evidence/evidence_methods.def"
#undef METHOD
};

const struct evidence_method_entry *evidence_method_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}
