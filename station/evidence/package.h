/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * package.h - a showing as a folder that others can check (doc/package.md).
 *
 *	evidence: dossier_load    worker: package_write    main, signer: the signature    worker: package_finish
 *
 * Files are copied and hashed at once; one that is not what the ledger says is named, and the package not made unless
 * that is wanted: then it says so of itself. One thread at a time.
 */
#ifndef OSTEND_EVIDENCE_PACKAGE_H
#define OSTEND_EVIDENCE_PACKAGE_H

#include "station/evidence/dossier.h"

struct package;

struct package_order {
	const char *out;		/* absolute; must not be there */
	const char *state_path;		/* files are in STATE/evidence, certificates in STATE/certs */
	const char *made_by, *second;
	uint64_t made_utc_us;
	bool so_far;			/* also of a showing that is not closed */
	bool force;			/* also with files that are missing or changed */
	/** May be NULL. False: give up. Thread: the worker's. */
	bool (*progress)(void *owner, uint64_t done_bytes, uint64_t all_bytes);
	void *owner;
};

struct package_summary {
	char manifest_sha256[65];
	uint64_t files, bytes, problems;
	bool complete;
};

/**
 * Write everything but the signature into OUT.new.
 *
 * @digest what the log's key has to sign
 * @return 0; ERR_STATE for an open showing, an existing OUT, or missing certificates; ERR_TAMPER naming the file
 *         that is not what the ledger says; ERR_FULL; ERR_RANGE; ERR_OS
 */
int package_write(struct package **out, const struct dossier *dossier, const struct package_order *order,
		  uint8_t digest[32], struct err *err);

/** Add the signature @der, check it, and give the folder its name. ERR_TAMPER, ERR_STATE, ERR_OS */
int package_finish(struct package *package, const void *der, size_t der_bytes, struct package_summary *summary,
		   struct err *err);

/** What was not finished is removed. Returns NULL. */
struct package *package_free(struct package *package);
DEFINE_FREEP(package_free, struct package *)

#endif
