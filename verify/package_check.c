/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/package_check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/base/i18n.h"
#include "verify/cms_check.h"
#include "verify/package_own.h"

#define SIGNING_US INT64_C(600000000)	/* doc/package.md 3 */

static int compare_with_name(const void *name, const void *file)
{
	return strcmp(name, ((const struct package_file *)file)->name);
}

struct package_file *package_find(const struct package *package, const char *name)
{
	return package->file_count ? bsearch(name, package->files, package->file_count,
					     sizeof *package->files, compare_with_name)
				   : NULL;
}

bool package_open(const struct package *package, const char *check, const char *name,
		  struct mapped *out)
{
	struct err err;

	if (source_file(&package->source, name, out, &err) == 0)
		return true;
	if (!package_find(package, name))
		package_wrong(package, check, name, "%s", err.text);
	return false;
}

static void check_signature(struct package *package)
{
	CLEANUP(mapped_close) struct mapped signature = { NULL, 0 };
	X509 *known[CHAIN_COUNT * CHAIN_MAX];
	char name[CHAIN_NAME_MAX];
	size_t count = 0;
	struct err err;

	if (!package->manifest_bytes.bytes ||
	    !package_open(package, "manifest.signature", "manifest.p7s", &signature))
		return;
	if (!package->chains[CHAIN_LOG].count) {
		package_wrong(package, "manifest.signature", "manifest.p7s", "%s",
			      _("the signature cannot be checked without certificates/log.pem"));
		return;
	}
	for (int i = 0; i < CHAIN_COUNT; i++)
		for (unsigned k = 0; k < package->chains[i].count; k++)
			known[count++] = package->chains[i].certificates[k];
	if (cms_check(signature.bytes, signature.len_bytes, package->manifest_bytes.bytes,
		      package->manifest_bytes.len_bytes, &package->chains[CHAIN_LOG], known, count,
		      &package->signed_utc_us, &err) < 0) {
		package_wrong(package, "manifest.signature", "manifest.p7s",
			      _("the signature on the list of contents (manifest.json) "
				"does not hold: %s"),
			      err.text);
		package_wrong(package, "manifest.signature", "manifest.json", "%s",
			      _("so nothing proves that this is the list of contents that was signed"));
		return;
	}
	if (package->manifest && (package->signed_utc_us < package->made_utc_us - SIGNING_US ||
				  package->signed_utc_us > package->made_utc_us + SIGNING_US))
		package_wrong(package, "manifest.time", "manifest.p7s", "%s",
			      _("it was signed at another time than the list of contents says"));
	chain_name(package->chains[CHAIN_LOG].certificates[0], name, sizeof name);
	report_say(package->report, REPORT_OK, "manifest.signature", "manifest.json",
		   _("the list of contents is the one that \"%s\" signed"),
		   name);
}

static void clear(struct package *package)
{
	for (int i = 0; i < CHAIN_COUNT; i++)
		chain_clear(&package->chains[i]);
	for (size_t i = 0; i < package->entry_count; i++)
		json_free(package->entries[i].json);
	free(package->entries);
	free(package->files);
	json_free(package->json);
	mapped_close(&package->manifest_bytes);
	mapped_close(&package->entries_bytes);
	source_close(&package->source);
}

int package_check(struct report *report, const char *path, const struct package_options *options,
		  struct err *err)
{
	struct package package = { .report = report, .options = options };
	struct err why;
	int rc = source_open(&package.source, path, &why);

	if (rc < 0) {
		clear(&package);
		if (rc != ERR_PROTO)
			return err_set(err, rc, "%s", why.text);
		package_wrong(&package, "zip.table", NULL,
			      _("the ZIP's own table is not the one that was written, so nothing in it is "
				"looked at: %s"),
			      why.text);
		return 0;
	}
	package_read_certificates(&package);
	package_read_manifest(&package);
	check_signature(&package);
	if (package.manifest) {
		package_judge_certificates(&package);
		package_check_files(&package);
		package_check_table(&package);
		package_check_sums(&package);
		log_read_entries(&package);
		log_check(&package);
		log_cross_check(&package);
		package_check_recordings(&package);
	}
	clear(&package);
	return 0;
}
