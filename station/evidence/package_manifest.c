/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of everything, and what it is a list of: doc/package.md, sections 2 and 4. */
#include "station/evidence/package_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	const struct package_file *left = a, *right = b;

	return strcmp(left->name, right->name);
}

int package_put_sums(struct package *package, struct err *err)
{
	char *text = NULL;
	size_t len_bytes;
	FILE *out = open_memstream(&text, &len_bytes);
	int rc;

	qsort(package->files, package->count, sizeof *package->files, by_name);
	for (size_t i = 0; out && i < package->count; i++)
		if (package->files[i].sha256[0])
			fprintf(out, "%s  %s\n", package->files[i].sha256, package->files[i].name);
	rc = out && fclose(out) == 0 ? package_put(package, "sums", "SHA256SUMS", "text/plain", text, len_bytes, err)
				     : err_set(err, ERR_NOMEM, "package: out of memory for SHA256SUMS");
	free(text);
	qsort(package->files, package->count, sizeof *package->files, by_name);
	return rc;
}

static json_t *number_or_null(int64_t number)
{
	return number >= 0 ? json_integer(number) : json_null();
}

static json_t *showing_json(const struct dossier *dossier)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:I, s:o, s:I, s:o, s:s}", "id", (json_int_t)dossier->showing, "purpose",
			 dossier->purpose, "case_no", dossier->case_no, "state", dossier->state, "opened_utc_us",
			 (json_int_t)dossier->opened_utc_us, "closed_utc_us",
			 number_or_null(dossier->closed_utc_us ? (int64_t)dossier->closed_utc_us : -1), "opened_entry",
			 (json_int_t)dossier->opened_entry, "closed_entry", number_or_null(dossier->closed_entry),
			 "fingerprint", dossier->fingerprint);
}

static json_t *log_json(const struct package *package)
{
	const struct checkpoint *newest = &package->dossier->newest.checkpoint;
	char root[TLOG_HASH_TEXT_SIZE];

	tlog_hash_print(root, &newest->root);
	return json_pack("{s:s, s:s, s:I, s:s, s:I}", "origin", newest->origin, "key", package->log_key, "size",
			 (json_int_t)newest->size, "root", root, "entries", (json_int_t)package->dossier->count);
}

static json_t *file_json(const struct package_file *file)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:s, s:o}", "name", file->name, "category", file->category, "format",
				 file->format, "bytes", (json_int_t)file->bytes, "sha256", file->sha256, "entry",
				 number_or_null(file->entry));

	if (json && file->problem[0])
		json_object_set_new(json, "problem", json_string(file->problem));
	return json;
}

static json_t *files_json(const struct package *package)
{
	json_t *list = json_array();

	for (size_t i = 0; i < package->count; i++)
		if (json_array_append_new(list, file_json(&package->files[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

int package_manifest(struct package *package, char **text, struct err *err)
{
	const struct dossier *dossier = package->dossier;
	json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:b, s:O, s:o?, s:o?, s:o?}", "format", "ostend-package-1",
				 "software", PACKAGE_STRING, "station", dossier->station, "made_utc_us",
				 (json_int_t)package->order.made_utc_us, "made_by", package->order.made_by, "second",
				 package->order.second, "complete", (int)package->summary.complete, "remarks",
				 package->remarks, "showing", showing_json(dossier), "log", log_json(package), "files",
				 files_json(package));

	*text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	json_decref(json);
	return *text ? 0 : err_set(err, ERR_NOMEM, "package: out of memory for the manifest");
}
