/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * records.h - the lists kept as JSON under STATE/certs: certificates issued, passes, what is denied,
 * sessions. Each file is {"version": 1, NAME: [...]}; one struct and one line in records.c for each kind.
 */
#ifndef OSTEND_CERTS_RECORDS_H
#define OSTEND_CERTS_RECORDS_H

#include <stdbool.h>

#include "certs/identity.h"
#include "station/base/err.h"

struct issued {			/* issued.json */
	char id[65];		/* hex SHA-256 of the DER certificate */
	char serial[41];	/* hex, as openssl prints it */
	char name[96];
	char profile[16];	/* of certs/profile.h: "person", "station", ... */
	char role[16];		/* "" for what is not a person's */
	int64_t from_utc_us, until_utc_us;
	int64_t revoked_utc_us;	/* 0: not revoked */
};

struct pass {			/* passes.json */
	char id[65];		/* hex SHA-256 of the canonical characters */
	char selector[5];	/* the first group, which names the pass */
	char name[96];
	char role[16];
	int64_t from_utc_us, until_utc_us;
	bool reusable;		/* a demonstration's; others let in once */
};

struct denied {			/* denied.json */
	char id[65];
	char name[96];
	int64_t since_utc_us;
};

struct session {		/* sessions.json */
	char pass_id[65];
	char token[65];		/* hex SHA-256 of the token; "": none, or ended, but the pass is used */
	int64_t since_utc_us;
};

enum records_kind { RECORDS_ISSUED, RECORDS_PASSES, RECORDS_DENIED, RECORDS_SESSIONS };

struct records {
	enum records_kind kind;
	size_t count;
	void *items;		/* array of the kind's struct */
};

/**
 * Read the kind's file; a missing one is an empty list.
 *
 * @out    for records_clear; untouched on failure
 * @return 0; ERR_TAMPER when it is not such a list; ERR_OS; ERR_NOMEM
 */
int records_load(struct records *out, enum records_kind kind, const char *state_path, struct err *err);

/** Replace the file by @records. ERR_OS; ERR_NOMEM. */
int records_save(const struct records *records, const char *state_path, struct err *err);

/** One more item, zeroed, at the end; NULL when memory is out. Earlier pointers into items are stale. */
void *records_add(struct records *records);
void records_remove(struct records *records, size_t index);
void records_clear(struct records *records);

const char *records_file(enum records_kind kind);	/* "passes.json" */

#endif
