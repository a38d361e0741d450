/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The media files of a showing, as the entries name them. Of two entries about one recording (ended, and after a
 * failure recovered) the later one holds.
 */
#include "station/evidence/package_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- which --------------------------------------------------------------------------------------- */

/* Names in the ledger are ours, and still looked at: nothing outside of media/ is ever copied. */
static bool good_source(const char *file)
{
	if (strncmp(file, "media/", 6) != 0 || strlen(file) >= 128 || strstr(file, "/.") || strstr(file, "//"))
		return false;
	return strspn(file, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") == strlen(file);
}

static const char *base_name(const char *file, int parts)
{
	const char *at = file + strlen(file);

	while (parts-- > 0)
		while (at > file && *--at != '/')
			;
	return *at == '/' ? at + 1 : at;
}

static struct package_file *find_source(struct package *package, const char *from)
{
	for (size_t i = 0; i < package->count; i++)
		if (strcmp(package->files[i].from, from) == 0)
			return &package->files[i];
	return NULL;
}

static bool name_taken(const struct package *package, const char *name)
{
	for (size_t i = 0; i < package->count; i++)
		if (strcmp(package->files[i].name, name) == 0)
			return true;
	return false;
}

static int list(struct package *package, const struct dossier_entry *entry, const char *category, const char *folder,
		int parts, const char *format, struct err *err)
{
	const char *from = dossier_data_text(entry, "file"), *base = base_name(from, parts);
	struct package_file *file = good_source(from) ? find_source(package, from) : NULL;
	char name[PACKAGE_NAME_SIZE];

	if (!good_source(from))
		return err_set(err, ERR_TAMPER, "entry %lld names the file \"%.100s\", which the station never writes",
			       (long long)entry->seq, from);
	if (!file) {
		snprintf(name, sizeof name, "%s/%s", folder, base);
		if (name_taken(package, name))	/* the same number in the folder of another showing */
			snprintf(name, sizeof name, "%s/e%lld-%s", folder, (long long)entry->seq, base_name(from, 1));
		file = package_add(package, category, name, format, entry->seq, err);
	}
	if (!file)
		return ERR_NOMEM;
	file->entry = entry->seq;
	snprintf(file->from, sizeof file->from, "%s", from);
	snprintf(file->expected, sizeof file->expected, "%s", dossier_data_text(entry, "sha256"));
	file->expected_bytes = (uint64_t)dossier_data_number(entry, "bytes");
	return 0;
}

/* Whether retrieval @id is one of those under which this showing's exhibits are out. */
static bool listed_retrieval(const struct dossier *dossier, int64_t id)
{
	for (size_t i = 0; i < dossier->count; i++) {
		json_t *data = json_object_get(dossier->entries[i].json, "data"), *exhibit;
		size_t j;

		if (dossier->entries[i].seq != dossier->opened_entry)
			continue;
		json_array_foreach(json_object_get(data, "exhibits"), j, exhibit)
			if (json_integer_value(json_object_get(exhibit, "retrieval")) == id)
				return true;
	}
	return false;
}

static int list_still(struct package *package, const struct dossier_entry *entry, struct err *err)
{
	const char *format = dossier_data_text(entry, "format");
	int64_t retrieval = dossier_data_number(entry, "retrieval");
	bool shown = dossier_shown(package->dossier, entry);

	if (!*format)
		format = "image/jpeg";
	if (retrieval && (shown || listed_retrieval(package->dossier, retrieval)))
		return list(package, entry, "condition", "retrieval", 1, format, err);
	if (shown && dossier_data_number(entry, "spin"))
		return list(package, entry, "spin", "spins", 2, format, err);
	if (shown)
		return list(package, entry, "still", "stills", 1, format, err);
	if (!retrieval && !dossier_number(entry, "showing"))
		return list(package, entry, "intake", "intake", 1, format, err);
	return 0;	/* of another showing of the case: in that one's package */
}

/* A delivery copy goes where its still goes, which has been listed before it. */
static int list_delivery(struct package *package, const struct dossier_entry *entry, struct err *err)
{
	for (size_t i = 0; i < package->dossier->count; i++) {
		const struct dossier_entry *still = &package->dossier->entries[i];

		if (still->action == LEDGER_STILL_TAKEN && dossier_shown(package->dossier, still) &&
		    dossier_data_number(still, "still") == dossier_data_number(entry, "still"))
			return list(package, entry, "delivery", "delivery", 1, "image/jpeg", err);
	}
	return 0;
}

static int list_entry(struct package *package, const struct dossier_entry *entry, struct err *err)
{
	bool shown = dossier_shown(package->dossier, entry), named = *dossier_data_text(entry, "sha256") != '\0';
	const char *file = dossier_data_text(entry, "file"), *end = strrchr(file, '.');

	switch (entry->action) {
	case LEDGER_RECORDING_ENDED:
	case LEDGER_RECORDING_RECOVERED:	/* without a digest: there was no file to be closed */
		return shown && named ? list(package, entry, "recording", "recordings", 1, "video/mp4", err) : 0;
	case LEDGER_STILL_DELIVERY:
		return named ? list_delivery(package, entry, err) : 0;
	case LEDGER_STILL_FOUND:
	case LEDGER_STILL_TAKEN:
		return list_still(package, entry, err);
	case LEDGER_RETRIEVAL_COMPARED:
		return named && *file ? list(package, entry, "comparison", "comparison", 1,
					     end && strcmp(end, ".png") == 0 ? "image/png" : "image/jpeg", err) : 0;
	default:
		return 0;
	}
}

int package_list_media(struct package *package, struct err *err)
{
	for (size_t i = 0; i < package->dossier->count; i++) {
		int rc = list_entry(package, &package->dossier->entries[i], err);

		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < package->count; i++)
		package->all_bytes += package->files[i].expected_bytes;
	return 0;
}

/* --- copying ------------------------------------------------------------------------------------- */

static int problem(struct package *package, struct package_file *file, const char *sentence, struct err *err)
{
	if (!package->order.force)
		return err_set(err, ERR_TAMPER, "%s", sentence);
	snprintf(file->problem, sizeof file->problem, "%s", sentence);
	package->summary.problems++;
	json_array_append_new(package->remarks, json_string(sentence));
	return 0;
}

static int copy_one(struct package *package, struct package_file *file, struct err *err)
{
	char from[8192], sentence[256];
	struct err why = { 0 };
	int rc;

	snprintf(from, sizeof from, "%s/evidence/%s", package->order.state_path, file->from);
	rc = package_out_copy(package->out, file->name, from, &file->bytes, file->sha256, &why);
	if (rc == ERR_GONE) {
		snprintf(sentence, sizeof sentence, "%.100s, which entry %lld names, is not there any more", file->from,
			 (long long)file->entry);
		return problem(package, file, sentence, err);
	}
	if (rc < 0)
		return err_set(err, rc, "%s", why.text);
	if (strcmp(file->sha256, file->expected) == 0)
		return 0;
	snprintf(sentence, sizeof sentence, "%.100s is not the file that entry %lld names: it has been changed since",
		 file->from, (long long)file->entry);
	return problem(package, file, sentence, err);
}

int package_copy_media(struct package *package, struct err *err)
{
	for (size_t i = 0; i < package->count; i++) {
		struct package_file *file = &package->files[i];
		int rc = *file->from ? copy_one(package, file, err) : 0;

		if (rc < 0)
			return rc;
		package->done_bytes += file->bytes;
		if (package->order.progress &&
		    !package->order.progress(package->order.owner, package->done_bytes, package->all_bytes))
			return err_set(err, ERR_GONE, "package: given up");
	}
	return 0;
}
