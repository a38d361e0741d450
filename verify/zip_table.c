/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zip_table.c - what a ZIP itself says of the files in it: stock tools go by that, so it has to be right as well. */
#include <string.h>

#include "station/base/crc32.h"
#include "station/base/i18n.h"
#include "verify/package_own.h"

/* A file that was changed has been named for that. */
static bool is_changed(const struct package *package, const char *name)
{
	const struct package_file *file = package_find(package, name);

	return file && !file->good;
}

static bool check_member(const struct package *package, const struct zip_member *member)
{
	CLEANUP(mapped_close) struct mapped bytes = { NULL, 0 };

	if (!member->same) {
		package_wrong(package, "zip.record", member->name, "%s",
			      _("what the ZIP says before this file is not what its table says of it"));
		return false;
	}
	if (is_changed(package, member->name) || source_file(&package->source, member->name, &bytes, NULL) < 0 ||
	    crc32_of(0, bytes.bytes, bytes.len_bytes) == member->crc)
		return true;
	package_wrong(package, "zip.checksum", member->name, "%s",
		      _("the ZIP's own table has another checksum for this file"));
	return false;
}

void package_check_table(struct package *package)
{
	size_t count, good = 0;
	const struct zip_member *members;

	if (!package->source.zip)
		return;
	members = zip_members(package->source.zip, &count);
	for (size_t i = 0; i < count; i++)
		good += check_member(package, &members[i]);
	if (good == count)
		report_say(package->report, REPORT_OK, "zip.table", NULL, "%s",
			   _("the ZIP's own table fits its files, and there is nothing between them"));
}
