/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings and photographs: what there is, with digests, and small copies of the photographs to look at. */
#include "station/evidence/minutes_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#define SMALL_WIDTH 640
#define PICTURES_MAX 60		/* in one paper; the files are all in the package */
#define FILE_MAX (64 << 20)

/* --- recordings ---------------------------------------------------------------------------------- */

static void add_recording(struct minutes *minutes, struct cells *cells, const struct dossier_entry *entry)
{
	char begun[MINUTES_TIME_SIZE], ended[MINUTES_TIME_SIZE];
	const char *reason = dossier_data_text(entry, "reason"), *digest = dossier_data_text(entry, "sha256");
	bool recovered = entry->action == LEDGER_RECORDING_RECOVERED;

	cells_add(minutes, cells, "%lld\n[%lld]", (long long)dossier_data_number(entry, "number"), (long long)entry->seq);
	cells_add(minutes, cells, "%s\n%s",
		  minutes_time(begun, (uint64_t)dossier_data_number(entry, "begun_utc_us")),
		  minutes_time(ended, (uint64_t)dossier_data_number(entry, "ended_utc_us")));
	cells_add(minutes, cells, "%lld", (long long)dossier_data_number(entry, recovered ? "bytes_after" : "bytes"));
	cells_add(minutes, cells, "%s%s%s", *digest ? digest : _("no file"), recovered || *reason ? "\n" : "",
		  recovered ? _("closed after a failure; its last second may be missing")
			    : *reason ? minutes_pause(minutes, reason) : "");
}

void minutes_recordings(struct minutes *minutes)
{
	static const int widths[] = { 8, 22, 11, 52 };
	const struct dossier *dossier = minutes->dossier;
	struct cells cells = { 0 };

	paper_heading(minutes->paper, 1, _("Recordings"));
	cells_add(minutes, &cells, "%s", _("No."));
	cells_add(minutes, &cells, "%s", _("From, to"));
	cells_add(minutes, &cells, "%s", _("Bytes"));
	cells_add(minutes, &cells, "%s", _("SHA-256, and why it ended"));
	for (size_t i = 0; i < dossier->count; i++) {
		const struct dossier_entry *entry = &dossier->entries[i];

		if ((entry->action == LEDGER_RECORDING_ENDED || entry->action == LEDGER_RECORDING_RECOVERED) &&
		    dossier_shown(dossier, entry))
			add_recording(minutes, &cells, entry);
	}
	cells_table(minutes, &cells, 4, widths, _("There is no recording."));
}

/* --- small copies -------------------------------------------------------------------------------- */

static unsigned char *read_whole(const char *path, size_t *len_bytes)
{
	FILE *file = fopen(path, "re");
	unsigned char *bytes = NULL;
	long size;

	if (file && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0 && size <= FILE_MAX) {
		rewind(file);
		bytes = malloc((size_t)size);
		*len_bytes = (size_t)size;
		if (bytes && fread(bytes, 1, *len_bytes, file) != *len_bytes) {
			free(bytes);
			bytes = NULL;
		}
	}
	if (file)
		fclose(file);
	return bytes;
}

/* The largest of the decoder's own reductions that is no wider than SMALL_WIDTH, or the smallest there is. */
static void reduce(int *width, int *height)
{
	int count, full_width = *width, full_height = *height;
	tjscalingfactor *factors = tjGetScalingFactors(&count), chosen = { 1, 8 };

	for (int i = 0; i < count; i++) {
		int scaled = TJSCALED(full_width, factors[i]);

		if (scaled <= SMALL_WIDTH && scaled > TJSCALED(full_width, chosen))
			chosen = factors[i];
	}
	*width = TJSCALED(full_width, chosen);
	*height = TJSCALED(full_height, chosen);
}

/* @jpeg is turbojpeg's; false for what cannot be decoded. */
static bool make_small(const unsigned char *bytes, size_t len_bytes, unsigned char **jpeg, unsigned long *jpeg_bytes)
{
	tjhandle decoder = tjInitDecompress(), encoder = tjInitCompress();
	int width, height, sampling, space;
	unsigned char *rgb = NULL;
	bool good = decoder && encoder && tjDecompressHeader3(decoder, bytes, len_bytes, &width, &height, &sampling,
							      &space) == 0;

	if (good) {
		reduce(&width, &height);
		rgb = malloc((size_t)width * (size_t)height * 3);
		good = rgb && tjDecompress2(decoder, bytes, len_bytes, rgb, width, 0, height, TJPF_RGB, 0) == 0 &&
		       tjCompress2(encoder, rgb, width, 0, height, TJPF_RGB, jpeg, jpeg_bytes, TJSAMP_420, 75, 0) == 0;
	}
	free(rgb);
	tjDestroy(decoder);
	tjDestroy(encoder);
	return good;
}

struct small { unsigned char *jpeg; unsigned long len_bytes; char caption[256]; };

static bool load_small(struct minutes *minutes, const struct dossier_entry *entry, struct small *small)
{
	const char *file = dossier_data_text(entry, "file");
	CLEANUP(util_freep) unsigned char *bytes = NULL;
	char path[8192], angle[24];
	size_t len_bytes;

	*small = (struct small){ 0 };
	snprintf(path, sizeof path, "%s/evidence/%s", minutes->order->state_path, file);
	bytes = read_whole(path, &len_bytes);
	if (!bytes || !make_small(bytes, len_bytes, &small->jpeg, &small->len_bytes))
		return false;
	snprintf(small->caption, sizeof small->caption, _("still %lld, table at %s, %s [%lld]"),
		 (long long)dossier_data_number(entry, "still"),
		 minutes_angle(angle, json_object_get(entry->json, "pose")),
		 minutes_view(minutes, dossier_data_text(entry, "view")),
		 (long long)entry->seq);
	return true;
}

static void put_small(struct minutes *minutes, struct small *small, int count)
{
	const void *jpegs[2] = { NULL };
	size_t sizes[2] = { 0 };
	const char *captions[2] = { NULL };

	for (int i = 0; i < count; i++) {
		jpegs[i] = small[i].jpeg;
		sizes[i] = small[i].len_bytes;
		captions[i] = small[i].caption;
	}
	if (count)
		paper_pictures(minutes->paper, count, jpegs, sizes, captions);
	for (int i = 0; i < count; i++)
		tjFree(small[i].jpeg);
}

/* --- photographs --------------------------------------------------------------------------------- */

static bool is_still(const struct dossier *dossier, const struct dossier_entry *entry)
{
	return (entry->action == LEDGER_STILL_TAKEN || entry->action == LEDGER_STILL_FOUND) && dossier_shown(dossier, entry);
}

/* Every picture of the showing, but of spins each eighth part of the turn only. */
static void put_pictures(struct minutes *minutes)
{
	const struct dossier *dossier = minutes->dossier;
	struct small small[2];
	int waiting = 0, all = 0;

	for (size_t i = 0; i < dossier->count && all < PICTURES_MAX; i++) {
		const struct dossier_entry *entry = &dossier->entries[i];

		if (!is_still(dossier, entry) || (dossier_data_number(entry, "spin") &&
						  dossier_data_number(entry, "frame") % 9 != 0))
			continue;
		if (!load_small(minutes, entry, &small[waiting]))
			continue;
		all++;
		if (++waiting == 2) {
			put_small(minutes, small, waiting);
			waiting = 0;
		}
	}
	put_small(minutes, small, waiting);
}

static const struct dossier_entry *rejection(const struct dossier *dossier, int64_t still)
{
	for (size_t i = 0; i < dossier->count; i++)
		if (dossier->entries[i].action == LEDGER_STILL_REJECTED &&
		    dossier_data_number(&dossier->entries[i], "still") == still)
			return &dossier->entries[i];
	return NULL;
}

static void add_still(struct minutes *minutes, struct cells *cells, const struct dossier_entry *entry)
{
	const struct dossier_entry *rejected = rejection(minutes->dossier, dossier_data_number(entry, "still"));
	char time[MINUTES_TIME_SIZE], angle[24];

	cells_add(minutes, cells, "%lld\n[%lld]", (long long)dossier_data_number(entry, "still"), (long long)entry->seq);
	cells_add(minutes, cells, "%s\n%s\n%s", minutes_time(time, (uint64_t)dossier_number(entry, "utc_us")),
		  dossier_text(entry, "actor"), dossier_text(entry, "second"));
	cells_add(minutes, cells, "%lld × %lld\n%s\n%s", (long long)dossier_data_number(entry, "width"),
		  (long long)dossier_data_number(entry, "height"),
		  minutes_angle(angle, json_object_get(entry->json, "pose")),
		  minutes_view(minutes, dossier_data_text(entry, "view")));
	cells_add(minutes, cells, "%s%s%s%s", dossier_data_text(entry, "sha256"), rejected ? "\n" : "",
		  rejected ? _("REJECTED, and kept: ") : "", rejected ? dossier_text(rejected, "reason") : "");
}

void minutes_stills(struct minutes *minutes)
{
	static const int widths[] = { 8, 22, 15, 48 };
	const struct dossier *dossier = minutes->dossier;
	struct cells cells = { 0 };

	paper_heading(minutes->paper, 1, _("Photographs"));
	cells_add(minutes, &cells, "%s", _("No."));
	cells_add(minutes, &cells, "%s", _("Time, makers"));
	cells_add(minutes, &cells, "%s", _("Size, angle, view"));
	cells_add(minutes, &cells, "%s", _("SHA-256"));
	for (size_t i = 0; i < dossier->count; i++)
		if (is_still(dossier, &dossier->entries[i]))
			add_still(minutes, &cells, &dossier->entries[i]);
	cells_table(minutes, &cells, 4, widths, _("No photograph was taken."));
	if (minutes->order->state_path)
		put_pictures(minutes);
}
