/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OSTEND_EVIDENCE_PACKAGE_PRIVATE_H
#define OSTEND_EVIDENCE_PACKAGE_PRIVATE_H

#include "station/evidence/package.h"
#include "station/evidence/package_out.h"
#include "station/evidence/package_sign.h"

struct package_file {
	char name[PACKAGE_NAME_SIZE];
	const char *category;
	char format[64];
	uint64_t bytes;
	char sha256[65];
	int64_t entry;			/* -1: none */
	char problem[256];		/* "": it is what the ledger says */
	char from[256];			/* under STATE/evidence; "": made here */
	char expected[65];		/* the ledger's digest, for those with @from */
	uint64_t expected_bytes;
};

struct package {
	const struct dossier *dossier;
	struct package_order order;
	struct package_out *out;
	struct package_signature *signature;
	struct package_file *files;
	size_t count;
	json_t *remarks;
	X509 *root, *ca, *log;
	char log_key[256];		/* verifier key of the checkpoints */
	uint64_t done_bytes, all_bytes;
	struct package_summary summary;
};

/** One more file; ERR_NOMEM (NULL). The pointer is good until the next. */
struct package_file *package_add(struct package *package, const char *category, const char *name, const char *format,
				 int64_t entry, struct err *err);
/** Write @bytes as a file of the package and list it. */
int package_put(struct package *package, const char *category, const char *name, const char *format,
		const void *bytes, size_t len_bytes, struct err *err);
/** A JSON file; @json is stolen. */
int package_put_json(struct package *package, const char *category, const char *name, json_t *json, size_t flags,
		     struct err *err);

/* package_files.c: what the ledger says there is, listed; then copied. */
int package_list_media(struct package *package, struct err *err);
int package_copy_media(struct package *package, struct err *err);

/* package_log.c */
int package_put_log(struct package *package, struct err *err);
int package_put_certificates(struct package *package, struct err *err);

/* package_manifest.c: sorts the list, writes SHA256SUMS, and makes the manifest's text, for free(). */
int package_put_sums(struct package *package, struct err *err);
int package_manifest(struct package *package, char **text, struct err *err);

#endif
