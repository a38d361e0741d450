/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order: room on the disk, copies (each hashed while it is copied), log, certificates, minutes, sums, manifest;
 * then the signature over the manifest, and only then the name. So whoever finds a folder under the name finds all of it.
 */
#include "station/evidence/package_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "station/evidence/minutes.h"

/* --- the list ------------------------------------------------------------------------------------ */

struct package_file *package_add(struct package *package, const char *category, const char *name, const char *format,
				 int64_t entry, struct err *err)
{
	struct package_file *file;

	if (!(package->count & (package->count - 1))) {		/* 0 or a power of two: full */
		size_t capacity = package->count ? 2 * package->count : 1;

		file = reallocarray(package->files, capacity, sizeof *file);
		if (!file) {
			err_set(err, ERR_NOMEM, _("package: out of memory for the list of files"));
			return NULL;
		}
		package->files = file;
	}
	file = &package->files[package->count++];
	*file = (struct package_file){ .category = category, .entry = entry };
	snprintf(file->name, sizeof file->name, "%s", name);
	snprintf(file->format, sizeof file->format, "%s", format);
	return file;
}

int package_put(struct package *package, const char *category, const char *name, const char *format,
		const void *bytes, size_t len_bytes, struct err *err)
{
	struct package_file *file = package_add(package, category, name, format, -1, err);

	if (!file)
		return ERR_NOMEM;
	file->bytes = len_bytes;
	return package_out_put(package->out, name, bytes, len_bytes, file->sha256, err);
}

int package_put_json(struct package *package, const char *category, const char *name, json_t *json, size_t flags,
		     struct err *err)
{
	CLEANUP(util_freep) char *text = json ? json_dumps(json, flags) : NULL;

	json_decref(json);
	if (!text)
		return err_set(err, ERR_NOMEM, _("package: out of memory for %s"), name);
	return package_put(package, category, name, "application/json", text, strlen(text), err);
}

struct package *package_free(struct package *package)
{
	if (!package)
		return NULL;
	package_out_free(package->out);
	package_signature_free(package->signature);
	json_decref(package->remarks);
	X509_free(package->root);
	X509_free(package->ca);
	X509_free(package->log);
	free(package->files);
	free(package);
	return NULL;
}

/* --- what is made here --------------------------------------------------------------------------- */

/* What was written down of a still, beside it; all of it is in the entry too. */
static int put_poses(struct package *package, struct err *err)
{
	size_t count = package->count;

	for (size_t i = 0; i < count; i++) {
		char name[PACKAGE_NAME_SIZE];
		const struct dossier_entry *entry = NULL;
		int rc;

		if (strcmp(package->files[i].category, "still") != 0)
			continue;
		for (size_t j = 0; j < package->dossier->count && !entry; j++)
			if (package->dossier->entries[j].seq == package->files[i].entry)
				entry = &package->dossier->entries[j];
		snprintf(name, sizeof name, "%.*s.json", (int)strcspn(package->files[i].name, "."), package->files[i].name);
		rc = package_put_json(package, "pose", name,
				      json_pack("{s:s, s:s, s:I, s:I, s:O, s:O}", "name", package->files[i].name, "sha256",
						package->files[i].expected, "entry", (json_int_t)entry->seq, "utc_us",
						(json_int_t)dossier_number(entry, "utc_us"), "pose",
						json_object_get(entry->json, "pose"), "data",
						json_object_get(entry->json, "data")), JSON_INDENT(1), err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static const struct { const char *language, *html, *pdf; } tongues[] = {
	{ "en", "minutes.en.html", "minutes.en.pdf" },
	{ "zh_CN", "minutes.zh_CN.html", "minutes.zh_CN.pdf" },
};

static int put_minutes(struct package *package, struct err *err)
{
	struct minutes_order order = { .state_path = package->order.state_path, .made_by = package->order.made_by,
				       .made_utc_us = package->order.made_utc_us, .remarks = package->remarks };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(tongues) && rc == 0; i++) {
		CLEANUP(util_freep) char *html = NULL;
		CLEANUP(util_freep) void *pdf = NULL;
		size_t html_bytes, pdf_bytes;

		rc = minutes_make(package->dossier, tongues[i].language, &order, &html, &html_bytes, &pdf, &pdf_bytes, err);
		if (rc == 0)
			rc = package_put(package, "minutes", tongues[i].html, "text/html", html, html_bytes, err);
		if (rc == 0)
			rc = package_put(package, "minutes", tongues[i].pdf, "application/pdf", pdf, pdf_bytes, err);
	}
	return rc;
}

/* --- writing ------------------------------------------------------------------------------------- */

static int check_closed(struct package *package, struct err *err)
{
	const struct dossier *dossier = package->dossier;
	char sentence[200];

	if (dossier->closed_entry >= 0) {
		if (!dossier->fingerprint[0])
			return err_set(err, ERR_STATE, _("showing %lld has been closed, but its fingerprint has not been taken yet: "
				       "try again in a moment"), (long long)dossier->showing);
		return 0;
	}
	if (!package->order.so_far)
		return err_set(err, ERR_STATE, _("showing %lld is not closed: close it first, or ask for a package of what there "
			       "is so far (--so-far)"), (long long)dossier->showing);
	snprintf(sentence, sizeof sentence, "This package was made while showing %lld was still open: it holds what there was "
		 "so far.", (long long)dossier->showing);
	json_array_append_new(package->remarks, json_string(sentence));
	return 0;
}

static int fill(struct package *package, struct err *err)
{
	int rc = package_copy_media(package, err);

	if (rc == 0)
		rc = package_put_log(package, err);
	if (rc == 0)
		rc = package_put_certificates(package, err);
	if (rc == 0)
		rc = put_poses(package, err);
	if (rc == 0)
		rc = put_minutes(package, err);
	package->summary.complete = package->dossier->closed_entry >= 0 && !package->summary.problems;
	if (rc == 0)
		rc = package_put_sums(package, err);
	return rc;
}

static int put_manifest(struct package *package, uint8_t digest[32], struct err *err)
{
	CLEANUP(util_freep) char *text = NULL;
	int rc = package_manifest(package, &text, err);

	if (rc == 0)
		rc = package_out_put(package->out, "manifest.json", text, strlen(text), package->summary.manifest_sha256, err);
	if (rc == 0)
		rc = package_signature_new(&package->signature, package->log, package->ca, text, strlen(text),
					   package->order.made_utc_us, digest, err);
	return rc;
}

int package_write(struct package **out, const struct dossier *dossier, const struct package_order *order,
		  uint8_t digest[32], struct err *err)
{
	CLEANUP(package_freep) struct package *package = calloc(1, sizeof *package);
	int rc;

	if (!package)
		return err_set(err, ERR_NOMEM, _("package: out of memory"));
	package->dossier = dossier;
	package->order = *order;
	package->remarks = json_array();
	rc = package_out_check_outside(order->out, order->state_path, err);
	if (rc == 0)
		rc = check_closed(package, err);
	if (rc == 0)
		rc = package_list_media(package, err);
	if (rc == 0)
		rc = package_out_open(&package->out, order->out, package->all_bytes, order->made_utc_us, err);
	if (rc == 0)
		rc = fill(package, err);
	if (rc == 0)
		rc = put_manifest(package, digest, err);
	if (rc < 0)
		return rc;
	*out = MOVE(package);
	return 0;
}

int package_finish(struct package *package, const void *der, size_t der_bytes, struct package_summary *summary,
		   struct err *err)
{
	CLEANUP(util_freep) void *p7s = NULL;
	size_t p7s_bytes;
	int rc = package_signature_finish(package->signature, der, der_bytes, package->root, &p7s, &p7s_bytes, err);

	if (rc == 0)
		rc = package_out_put(package->out, "manifest.p7s", p7s, p7s_bytes, NULL, err);
	if (rc == 0)
		rc = package_out_finish(package->out, err);
	if (rc < 0)
		return rc;
	package->summary.files = package->count;
	for (size_t i = 0; i < package->count; i++)
		package->summary.bytes += package->files[i].bytes;
	*summary = package->summary;
	return 0;
}
