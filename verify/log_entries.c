/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log_entries.c - the entries of the log that the package shows: read, in order, and held against its files. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/i18n.h"
#include "verify/media_report.h"
#include "verify/package_own.h"

#define ENTRIES "log/entries.jsonl"
#define ENTRIES_MAX 1000000
#define ENTRY_MAX 65535
#define UTC_2020_US INT64_C(1577836800000000)
#define SETBACK_US INT64_C(2000000)	/* NTP may take a clock back a little; more is worth a word */
#define DAY_US INT64_C(86400000000)

/* Of this case, of this showing, or the station's own (doc/package.md 5). */
static bool belongs(const struct package *package, const struct package_entry *entry)
{
	const char *case_no = json_text(json_root(entry->json), "case");
	bool own = strncmp(entry->action, "station.", 8) == 0 ||
		   strcmp(entry->action, "camera.event") == 0 ||
		   strcmp(entry->action, "table.event") == 0;

	return case_no && (entry->showing == package->showing ||
			   (*case_no && strcmp(case_no, package->case_no) == 0) ||
			   (!*case_no && entry->showing == 0 && own));
}

static bool read_entry(struct package *package, struct package_entry *entry, const char *line,
		       size_t len, size_t number)
{
	const struct json_value *value;
	struct err err;

	entry->leaf = tlog_leaf(line, len);
	if (len > ENTRY_MAX || json_read(&entry->json, line, len, &err) < 0) {
		package_wrong(package, "log.entry", ENTRIES, _("line %zu is no entry of a log: %s"),
			      number, len > ENTRY_MAX ? _("it is too long") : err.text);
		return false;
	}
	value = json_root(entry->json);
	entry->action = json_text(value, "action");
	if (entry->action && json_integer_of(value, "seq", &entry->seq) &&
	    json_integer_of(value, "utc_us", &entry->utc_us) && entry->seq >= 0 &&
	    json_integer_of(value, "showing", &entry->showing) && json_text(value, "actor") &&
	    json_text(value, "salt"))
		return true;
	package_wrong(package, "log.entry", ENTRIES,
		      _("line %zu does not say what was done, by whom, when, or which entry it is"),
		      number);
	json_free(entry->json);
	return false;
}

static size_t count_lines(const struct mapped *file)
{
	size_t count = 0;

	for (size_t i = 0; i < file->len_bytes; i++)
		count += file->bytes[i] == '\n';
	return count;
}

static void read_lines(struct package *package, const struct mapped *file)
{
	const char *at = (const char *)file->bytes, *end = at + file->len_bytes;

	for (size_t number = 1; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline) {
			package_wrong(package, "log.entry", ENTRIES, "%s",
				      _("its last line does not end"));
			return;
		}
		package->line_count++;
		package->entry_count += read_entry(package, &package->entries[package->entry_count],
						   at, (size_t)(newline - at), number);
		at = newline + 1;
	}
}

static void check_place(const struct package *package, const struct package_entry *entry)
{
	const char *station = json_text(json_root(entry->json), "station");

	if (!station || strcmp(station, package->station) != 0)
		package_wrong(package, "log.station", ENTRIES,
			      _("entry %" PRId64 " is of another station"), entry->seq);
	if (!belongs(package, entry))
		package_wrong(package, "log.foreign", ENTRIES,
			      _("entry %" PRId64
				" belongs neither to this case nor to this showing"),
			      entry->seq);
}

/* Order and time, as far as lines that were left out allow. */
static void check_order(struct package *package)
{
	char before[40], after[40];

	for (size_t i = 0; i < package->entry_count; i++) {
		const struct package_entry *entry = &package->entries[i],
					   *last = i ? entry - 1 : NULL;

		media_utc_print(after, sizeof after, entry->utc_us);
		if (last && entry->seq <= last->seq)
			package_wrong(package, "log.order", ENTRIES,
				      _("entry %" PRId64 " stands behind entry %" PRId64
					": the order was changed, or an entry is here twice"),
				      entry->seq, last->seq);
		if (entry->utc_us < UTC_2020_US || entry->utc_us > package->made_utc_us + DAY_US)
			package_wrong(package, "log.time", ENTRIES,
				      _("entry %" PRId64 " is dated %s, which cannot be"),
				      entry->seq, after);
		check_place(package, entry);
		if (!last || entry->utc_us >= last->utc_us - SETBACK_US)
			continue;
		media_utc_print(before, sizeof before, last->utc_us);
		report_say(package->report, REPORT_NOTE, "log.clock", ENTRIES,
			   _("between entries %" PRId64 " and %" PRId64 " the station's clock "
			     "went back, from %s to %s"),
			   last->seq, entry->seq, before, after);
	}
}

void log_read_entries(struct package *package)
{
	int64_t told;
	size_t count;

	if (!package_open(package, "log.missing", ENTRIES, &package->entries_bytes))
		return;
	count = count_lines(&package->entries_bytes);
	if (!count || count > ENTRIES_MAX) {
		package_wrong(package, "log.entry", ENTRIES, "%s",
			      _("it has no entries, or too many"));
		return;
	}
	package->entries = calloc(count, sizeof *package->entries);
	if (!package->entries)
		abort();	/* a log that was not looked at must not pass */
	read_lines(package, &package->entries_bytes);
	if (!json_integer_of(json_member(package->manifest, "log"), "entries", &told) ||
	    told != (int64_t)package->line_count)
		package_wrong(package, "log.count", ENTRIES,
			      _("it has %zu lines, not as many as the list of contents says"),
			      package->line_count);
	check_order(package);
}

static int compare_seq(const void *seq, const void *entry)
{
	int64_t wanted = *(const int64_t *)seq, found = ((const struct package_entry *)entry)->seq;

	return wanted < found ? -1 : wanted > found;
}

const struct package_entry *log_find(const struct package *package, int64_t seq)
{
	return package->entry_count ? bsearch(&seq, package->entries, package->entry_count,
					      sizeof *package->entries, compare_seq)
				    : NULL;
}

/* --- files and entries ----------------------------------------------------------------------------- */

static bool entry_says(const struct package_entry *entry, const char *digest)
{
	const struct json_value *data = json_member(json_root(entry->json), "data");

	return data && json_says(data, digest);
}

static void check_named(const struct package *package, const struct package_file *file)
{
	const struct package_entry *entry = log_find(package, file->entry);

	if (!entry)
		package_wrong(package, "cross.no-entry", file->name,
			      _("the entry %" PRId64
				" of the log that should vouch for this file is not in the package"),
			      file->entry);
	else if (!entry_says(entry, file->sha256_hex))
		package_wrong(package, "cross.digest", file->name,
			      _("entry %" PRId64
				" of the log names another digest: this is not the file "
				"that was taken then"),
			      file->entry);
}

static int compare_digests(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The digests of all files, sorted: a showing may have thousands of stills. */
static const char **sort_digests(const struct package *package)
{
	const char **digests = calloc(package->file_count + 1, sizeof *digests);

	if (!digests)
		abort();	/* what was withheld must not pass */
	for (size_t i = 0; i < package->file_count; i++)
		digests[i] = package->files[i].sha256_hex;
	qsort(digests, package->file_count, sizeof *digests, compare_digests);
	return digests;
}

/* A file with a problem stands for its entry, whatever its bytes have become. */
static bool excused(const struct package *package, int64_t seq)
{
	for (size_t i = 0; i < package->file_count; i++)
		if (package->files[i].problem && package->files[i].entry == seq)
			return true;
	return false;
}

static bool makes_a_file(const struct package *package, const struct package_entry *entry)
{
	static const char *const actions[] = { "still.taken", "recording.ended",
					       "recording.recovered" };

	if (entry->showing != package->showing)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (strcmp(entry->action, actions[i]) == 0)
			return true;
	return false;
}

void log_cross_check(const struct package *package)
{
	CLEANUP(util_freep) const char **digests = sort_digests(package);
	size_t made = 0;

	if (!package->entry_count)
		return;
	for (size_t i = 0; i < package->file_count; i++)
		if (!package->files[i].problem && package->files[i].entry >= 0)
			check_named(package, &package->files[i]);
		else if (!package->files[i].problem &&
			 package_has_entry(package->files[i].category))
			package_wrong(package, "cross.no-entry", package->files[i].name, "%s",
				      _("no entry of the log vouches for this file"));
	for (size_t i = 0; i < package->entry_count; i++) {
		const struct package_entry *entry = &package->entries[i];
		const char *digest = json_text(json_member(json_root(entry->json), "data"),
					       "sha256");

		if (!makes_a_file(package, entry) || !digest)
			continue;
		made++;
		if (!bsearch(&digest, digests, package->file_count, sizeof *digests,
			     compare_digests) &&
		    !excused(package, entry->seq))
			package_wrong(package, "cross.withheld", ENTRIES,
				      _("entry %" PRId64
					" (%s) tells of a file with the digest %.16s..., which "
					"is not in the package: it was withheld"),
				      entry->seq, entry->action, digest);
	}
	report_say(package->report, REPORT_NOTE, "cross", ENTRIES,
		   _("%zu entries of the log; %zu of them tell of a still or a recording"),
		   package->entry_count, made);
}
