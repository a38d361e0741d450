/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/package_path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/fields.h"

int package_path(const struct reach *reach, json_t *params, struct err *err)
{
	char folder[PATH_MAX], real[PATH_MAX], path[2 * PATH_MAX];
	const char *out = field_text(params, "out"), *last;
	size_t len = strlen(out);

	(void)reach;
	while (len > 1 && out[len - 1] == '/')	/* as completion leaves it */
		len--;
	if (!len || len >= sizeof folder)
		return err_set(err, ERR_RANGE, _("OUT is the name of a new folder"));
	snprintf(path, sizeof path, "%.*s", (int)len, out);
	last = strrchr(path, '/');
	snprintf(folder, sizeof folder, "%.*s", last == path ? 1 : last ? (int)(last - path) : 1, last ? path : ".");
	if (!realpath(folder, real))
		return err_os(err, "%s", folder);
	snprintf(folder, sizeof folder, "%s", last ? last + 1 : path);
	snprintf(path, sizeof path, "%s/%s", strcmp(real, "/") == 0 ? "" : real, folder);
	json_object_set_new(params, "out", json_string(path));
	return 0;
}
