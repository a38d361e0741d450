/* SPDX-License-Identifier: GPL-3.0-or-later */
/* package_manifest.c - manifest.json: the list of contents, and what else it says. */
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "verify/package_own.h"

#define MANIFEST "manifest.json"

/* Printable ASCII without tricks: no way up, none to the root, none that starts with a point or is empty. */
static bool good_name(const char *name)
{
	char before = '/';

	if (!name || strlen(name) >= PACKAGE_NAME_MAX)
		return false;
	for (const char *c = name; *c; c++) {
		bool plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
			     (*c >= 'A' && *c <= 'Z') || strchr("._-/", *c);

		if (!plain || (before == '/' && (*c == '/' || *c == '.' || *c == '-')))
			return false;
		before = *c;
	}
	return before != '/';
}

static bool read_file(struct package_file *file, const struct json_value *value, int number,
		      struct package *package)
{
	const struct json_value *entry = json_member(value, "entry");
	const char *digest = json_text(value, "sha256");

	*file = (struct package_file){ .name = json_text(value, "name"), .category = json_text(value, "category"),
				       .problem = json_text(value, "problem"), .entry = -1 };
	file->absent = file->problem && digest && !*digest;
	if (!good_name(file->name) || strcmp(file->name, MANIFEST) == 0 ||
	    strcmp(file->name, "manifest.p7s") == 0) {
		package_wrong(package, "manifest.name", MANIFEST,
			      _("entry %d of its list has no name that a file of a package may have"),
			      number);
		return false;
	}
	if (!file->category || !json_text(value, "format") ||
	    !json_integer_of(value, "bytes", &file->len_bytes) || file->len_bytes < 0 || !digest ||
	    (!file->absent && util_unhex(file->sha256, sizeof file->sha256, digest) < 0) ||
	    !entry ||
	    (entry->kind != JSON_IS_NULL &&
	     (entry->kind != JSON_IS_INTEGER || entry->integer < 0))) {
		package_wrong(package, "manifest.entry", MANIFEST,
			      _("what it says of %s is not complete"), file->name);
		return false;
	}
	if (!file->absent)
		util_hex(file->sha256_hex, file->sha256, sizeof file->sha256);
	if (entry->kind == JSON_IS_INTEGER)
		file->entry = entry->integer;
	return true;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct package_file *)a)->name,
		      ((const struct package_file *)b)->name);
}

static void read_files(struct package *package)
{
	const struct json_value *files = json_member(package->manifest, "files");
	int number = 0;

	if (!files || files->kind != JSON_IS_ARRAY || !files->count ||
	    files->count > PACKAGE_FILES_MAX) {
		package_wrong(package, "manifest.files", MANIFEST, "%s",
			      _("it lists no files, or too many"));
		return;
	}
	package->files = calloc(files->count, sizeof *package->files);
	for (const struct json_value *value = files->first; value && package->files;
	     value = value->next)
		package->file_count +=
			read_file(&package->files[package->file_count], value, ++number, package);
	if (!package->files)
		return;
	qsort(package->files, package->file_count, sizeof *package->files, compare_files);
	for (size_t i = 1; i < package->file_count; i++)
		if (strcmp(package->files[i - 1].name, package->files[i].name) == 0)
			package_wrong(package, "manifest.twice", MANIFEST, _("it lists %s twice"),
				      package->files[i].name);
}

bool package_has_entry(const char *category)
{
	static const char *const names[] = {
		"recording", "still", "spin", "condition", "intake", "comparison"
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(category, names[i]) == 0)
			return true;
	return false;
}

/* What the station itself says against its package is no failure, but is said. */
static void say_remarks(const struct package *package)
{
	const struct json_value *complete = json_member(package->manifest, "complete");

	if (!complete || complete->kind != JSON_IS_TRUE)
		report_say(package->report, REPORT_NOTE, "manifest.incomplete", MANIFEST, "%s",
			   _("the station says that this package is not complete"));
	for (const struct json_value *remark = json_items(package->manifest, "remarks"); remark;
	     remark = remark->next)
		if (remark->kind == JSON_IS_TEXT)
			report_say(package->report, REPORT_NOTE, "manifest.remark", MANIFEST,
				   _("the station remarks: %s"), remark->text);
}

static bool read_facts(struct package *package)
{
	const struct json_value *showing = json_member(package->manifest, "showing");
	const char *format = json_text(package->manifest, "format");

	if (!format || strcmp(format, "ostend-package-1") != 0) {
		package_wrong(package, "manifest.format", MANIFEST, "%s",
			      _("it is not of the format ostend-package-1, the only one that "
				"this program knows"));
		return false;
	}
	package->station = json_text(package->manifest, "station");
	package->case_no = json_text(showing, "case_no");
	package->closed_entry = -1;
	json_integer_of(showing, "closed_entry", &package->closed_entry);
	if (!package->station || !package->case_no ||
	    !json_integer_of(package->manifest, "made_utc_us", &package->made_utc_us) ||
	    !json_integer_of(showing, "id", &package->showing) ||
	    !json_integer_of(showing, "opened_entry", &package->opened_entry)) {
		package_wrong(package, "manifest.facts", MANIFEST, "%s",
			      _("it does not say of which station and showing it is, or when it "
				"was made"));
		return false;
	}
	return true;
}

void package_read_manifest(struct package *package)
{
	struct err err;

	if (source_file(&package->source, MANIFEST, &package->manifest_bytes, &err) < 0) {
		package_wrong(package, "manifest.missing", MANIFEST,
			      _("the list of contents is not there: %s"), err.text);
		return;
	}
	if (json_read(&package->json, package->manifest_bytes.bytes,
		      package->manifest_bytes.len_bytes, &err) < 0) {
		package_wrong(package, "manifest.json", MANIFEST,
			      _("the list of contents cannot be read: %s"), err.text);
		return;
	}
	package->manifest = json_root(package->json);
	if (read_facts(package))
		read_files(package);
	if (!package->file_count)
		package->manifest = NULL;
	else
		say_remarks(package);
}
