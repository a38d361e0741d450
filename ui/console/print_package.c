/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A package that was made, for people. */
#include "station/base/i18n.h"
#include "ui/console/fields.h"
#include "ui/console/print.h"

void print_package(FILE *out, const json_t *result)
{
	CLEANUP(grid_freep) struct grid *grid = grid_new(2);
	json_int_t problems = field_integer(result, "problems", 0);

	print_pair(grid, _("Package"), field_text(result, "out"));
	grid_add(grid, _("Files"));
	grid_add_format(grid, "%lld", (long long)field_integer(result, "files", 0));
	grid_add(grid, _("Size"));
	grid_add_format(grid, "%.1f MB", (double)field_integer(result, "bytes", 0) / 1e6);
	print_pair(grid, _("SHA-256 of manifest.json"), field_text(result, "manifest_sha256"));
	print_pair(grid, _("Closing fingerprint"), field_text(result, "fingerprint"));
	if (problems) {
		grid_add(grid, _("PROBLEMS"));
		grid_add_format(grid, _("%lld files are missing or changed; the manifest names them"), (long long)problems);
	} else if (!json_is_true(json_object_get(result, "complete"))) {
		print_pair(grid, _("Complete"), _("no: the showing was still open"));
	}
	grid_print(grid, out, print_width(out));
}
