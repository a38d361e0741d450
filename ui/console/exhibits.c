/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/exhibits.h"

#include <stdlib.h>
#include <string.h>

#include "station/base/util.h"
#include "ui/console/fields.h"

void exhibits_clear(struct exhibits *exhibits)
{
	json_decref(exhibits->list);
	json_decref(exhibits->exhibit);
	json_decref(exhibits->chain);
	free(exhibits->facts);
	*exhibits = (struct exhibits){ 0 };
}

void exhibits_move(struct exhibits *exhibits, int by, int rows)
{
	int count = (int)json_array_size(exhibits->list);

	exhibits->chosen = CLAMP(exhibits->chosen + by, 0, MAX(count - 1, 0));
	exhibits->scroll = CLAMP(exhibits->scroll, exhibits->chosen - MAX(rows, 1) + 1, exhibits->chosen);
	exhibits->scroll = CLAMP(exhibits->scroll, 0, MAX(count - 1, 0));
}

const char *exhibits_chosen_code(const struct exhibits *exhibits)
{
	return json_string_value(
		json_object_get(json_array_get(exhibits->list, (size_t)exhibits->chosen), "code"));
}

bool exhibits_is_listed(const json_t *showing, const char *code)
{
	json_t *item;
	size_t i;

	if (field_is(showing, "state", "CLOSED"))
		return false;
	json_array_foreach(json_object_get(showing, "exhibits"), i, item)
		if (field_is(item, "code", code))
			return true;
	return false;
}
