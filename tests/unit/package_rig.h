/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * package_rig.h - a small package, true in every part, made in a folder for a test: by its own certificates and
 * its own writer of manifest, log and CMS (doc/package.md), so that it does not lean on the station's.
 *
 * What it is made of can be changed before package_rig_seal, as somebody could who has the station's keys.
 */
#ifndef OSTEND_TESTS_PACKAGE_RIG_H
#define OSTEND_TESTS_PACKAGE_RIG_H

#include "station/base/openssl.h"
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "station/evidence/tlog.h"

#define RIG_FILES_MAX 32
#define RIG_ENTRIES_MAX 32
#define RIG_CASE "(2026)\xe6\xb5\x99" "0108\xe5\x88\x91\xe5\x88\x9d" "123\xe5\x8f\xb7"

enum rig_key { RIG_ROOT, RIG_CA, RIG_LOG, RIG_MEDIA, RIG_CHECKPOINT, RIG_KEYS };

struct rig_file {
	char name[64];
	const char *category, *format;
	void *bytes;
	size_t len_bytes;
	int entry;		/* -1: none */
};

struct rig_entry {
	char *line;
	bool shown;		/* of the case of the package */
};

struct package_rig {
	char *folder;
	EVP_PKEY *keys[RIG_KEYS];
	X509 *certificates[RIG_KEYS];
	struct rig_file files[RIG_FILES_MAX];
	size_t file_count;
	struct rig_entry entries[RIG_ENTRIES_MAX];
	size_t entry_count;
	size_t opened, closed;	/* entries; the checkpoints are of one more */
	size_t signed_size;	/* of log/checkpoint; 0: all entries */
	const char *media_use;	/* extended key usage of the next media certificate; NULL: that of ostend-certs */
	int64_t made_utc_us;
};

/** The whole package, sealed, in rig->folder. */
struct package_rig *package_rig_new(void);
void package_rig_free(struct package_rig *rig);

/** Write all files anew: log, proofs, sums, manifest, signature. */
void package_rig_seal(struct package_rig *rig);
struct rig_file *package_rig_file(struct package_rig *rig, const char *name);
/** The root key makes a certificate for a new key in the place of @which. */
void package_rig_renew(struct package_rig *rig, enum rig_key which);

char *package_rig_path(const struct package_rig *rig, const char *name);		/* for free() */
void *package_rig_read(const struct package_rig *rig, const char *name, size_t *len_bytes);	/* for free() */
void package_rig_write(const struct package_rig *rig, const char *name, const void *bytes, size_t len_bytes);

#endif
