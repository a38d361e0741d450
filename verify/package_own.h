/* SPDX-License-Identifier: GPL-3.0-or-later */
/* package_own.h - a package in memory: shared by the files that check its parts. */
#ifndef OSTEND_VERIFY_PACKAGE_OWN_H
#define OSTEND_VERIFY_PACKAGE_OWN_H

#include "station/evidence/note.h"
#include "verify/json.h"
#include "verify/package_check.h"
#include "verify/source.h"

#define PACKAGE_FILES_MAX 100000
#define PACKAGE_NAME_MAX 200

enum package_chain { CHAIN_ROOT, CHAIN_CA, CHAIN_LOG, CHAIN_MEDIA, CHAIN_CHECKPOINT, CHAIN_COUNT };

struct package_file {
	const char *name, *category, *problem;	/* in the manifest; problem: NULL when there is none */
	int64_t len_bytes, entry;	/* entry: of the ledger; -1: none */
	uint8_t sha256[32];
	char sha256_hex[65];
	bool absent;			/* the manifest itself says that it is not there */
	bool found, good;		/* it is there; its bytes are those of the manifest */
};

/* One line of log/entries.jsonl. */
struct package_entry {
	struct json *json;
	int64_t seq, utc_us, showing;
	const char *action;
	struct tlog_hash leaf;
};

struct package {
	struct report *report;
	const struct package_options *options;
	struct source source;
	struct chain chains[CHAIN_COUNT];	/* count 0: not there, or not good */
	X509 *root;			/* borrowed: given, or the package's; NULL: neither */
	struct mapped manifest_bytes;
	struct json *json;
	const struct json_value *manifest;	/* NULL: cannot be read */
	struct package_file *files;	/* sorted by name */
	size_t file_count;
	int64_t showing, made_utc_us, signed_utc_us, opened_entry, closed_entry;	/* closed_entry -1: not closed */
	const char *station, *case_no;
	struct package_entry *entries;
	size_t entry_count, line_count;
	struct mapped entries_bytes;
};

/** A finding of REPORT_WRONG about a file of the package. */
#define package_wrong(package, check, file, ...)                                                   \
	report_say((package)->report, REPORT_WRONG, check, file, __VA_ARGS__)

/** The manifest's file called @name; NULL: none. */
struct package_file *package_find(const struct package *package, const char *name);
/** Open a file of the package. A failure is a finding of @check unless that file's absence has been told already. */
bool package_open(const struct package *package, const char *check, const char *name,
		  struct mapped *out);

/* package_manifest.c */
void package_read_manifest(struct package *package);
/** A category whose files come into being by an act that the log has an entry of. */
bool package_has_entry(const char *category);
/* package_certificates.c */
void package_read_certificates(struct package *package);
void package_judge_certificates(struct package *package);
/* package_files.c */
void package_check_files(struct package *package);
/** A ZIP's own words about its files. */
void package_check_table(struct package *package);
void package_check_sums(struct package *package);
/* log_check.c, log_entries.c */
void log_check(struct package *package);
void log_read_entries(struct package *package);
void log_cross_check(const struct package *package);
const struct package_entry *log_find(const struct package *package, int64_t seq);
/* package_media.c */
void package_check_recordings(const struct package *package);

#endif
