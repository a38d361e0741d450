/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in memory is always one whole reading of all files: a reading that fails changes nothing but
 * `broken`. Certificates that were let in are remembered, so that a new CRL can be held against them.
 */
#include "certs/guard.h"

#include <stdlib.h>
#include <string.h>

#include "certs/files.h"
#include "certs/layout.h"
#include "certs/guard_private.h"
#include "station/base/clock.h"

#define US_PER_S INT64_C(1000000)
#define WARN_BEFORE_END_US (30 * 86400 * US_PER_S)
#define WRONG_PER_ADDRESS 5
#define WRONG_ADDRESS_REFILL_NS (60 * NS_PER_S)
#define WRONG_PER_PASS 10
#define WRONG_PASS_REFILL_NS (90 * NS_PER_S)

/* sessions.json is our own and is not looked at again */
static const char *const watched[GUARD_FILES] = { LAYOUT_ROOT_PEM, LAYOUT_CA_PEM, LAYOUT_ROOT_CRL,
						  LAYOUT_CA_CRL, LAYOUT_PASSES, LAYOUT_DENIED };

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Whether a file is another than at the last look; remembers this look. */
static bool look(struct guard *guard)
{
	bool changed = false;

	for (size_t i = 0; i < GUARD_FILES; i++) {
		CLEANUP(util_freep) char *path = layout_path(guard->state_path, watched[i]);
		struct stat now = { 0 };

		if (!path || stat(path, &now) < 0)
			memset(&now, 0, sizeof now);
		changed |= !is_same(&now, &guard->seen[i]);
		guard->seen[i] = now;
	}
	return changed;
}

static int read_all(struct guard *guard, struct err *err)
{
	struct trust trust = { 0 };
	struct records passes = { 0 }, denied = { 0 };
	int rc = trust_load(&trust, guard->state_path, err);

	if (rc == 0)
		rc = records_load(&passes, RECORDS_PASSES, guard->state_path, err);
	if (rc == 0)
		rc = records_load(&denied, RECORDS_DENIED, guard->state_path, err);
	if (rc < 0) {
		trust_clear(&trust);
		records_clear(&passes);
		return rc;
	}
	trust_clear(&guard->trust);
	records_clear(&guard->passes);
	records_clear(&guard->denied);
	guard->trust = trust;
	guard->passes = passes;
	guard->denied = denied;
	return 0;
}

int guard_open(struct guard **out, const char *state_path, struct err *err)
{
	CLEANUP(guard_freep) struct guard *guard = calloc(1, sizeof *guard);
	CLEANUP(util_freep) char *folder = NULL;
	int rc;

	if (!guard)
		return err_set(err, ERR_NOMEM, "certificates: out of memory");
	guard->state_path = strdup(state_path);
	guard->addresses = limit_new(WRONG_PER_ADDRESS, WRONG_ADDRESS_REFILL_NS);
	guard->passes_tried = limit_new(WRONG_PER_PASS, WRONG_PASS_REFILL_NS);
	folder = layout_path(state_path, "");
	if (!guard->state_path || !guard->addresses || !guard->passes_tried || !folder)
		return err_set(err, ERR_NOMEM, "certificates: out of memory");
	files_sweep(folder);
	look(guard);
	rc = read_all(guard, err);
	if (rc == 0)
		rc = records_load(&guard->sessions, RECORDS_SESSIONS, state_path, err);
	if (rc < 0)
		return rc;
	*out = MOVE(guard);
	return 0;
}

struct guard *guard_free(struct guard *guard)
{
	if (!guard)
		return NULL;
	for (size_t i = 0; i < GUARD_ACCEPTED; i++)
		X509_free(guard->accepted[i].certificate);
	trust_clear(&guard->trust);
	records_clear(&guard->passes);
	records_clear(&guard->denied);
	records_clear(&guard->sessions);
	limit_free(guard->addresses);
	limit_free(guard->passes_tried);
	free(guard->state_path);
	free(guard);
	return NULL;
}

int guard_trust(const struct guard *guard, SSL_CTX *tls, struct err *err)
{
	if (!SSL_CTX_set1_verify_cert_store(tls, guard->trust.store) ||
	    !SSL_CTX_add_client_CA(tls, guard->trust.ca))
		return issue_error(err, ERR_NOMEM, "TLS: trusted certificates");
	return 0;
}

int guard_poll(struct guard *guard, struct err *err)
{
	struct err reason = { 0 };
	int rc;

	if (!look(guard))
		return 0;
	rc = read_all(guard, &reason);
	guard->broken = reason;
	if (rc == 0) {
		guard->broken.code = 0;
		return 1;
	}
	return err_set(err, rc, "%s; nobody new is let in until this is repaired", reason.text);
}

int guard_check_readable(const struct guard *guard, struct err *err)
{
	return guard->broken.code ? err_set(err, ERR_STATE, "%s", guard->broken.text) : 0;
}

bool guard_is_denied(const struct guard *guard, const char *id)
{
	const struct denied *items = guard->denied.items;

	for (size_t i = 0; i < guard->denied.count; i++)
		if (!strcmp(items[i].id, id))
			return true;
	return false;
}

static X509 *find_accepted(const struct guard *guard, const char *id)
{
	for (size_t i = 0; i < GUARD_ACCEPTED; i++)
		if (guard->accepted[i].certificate && !strcmp(guard->accepted[i].id, id))
			return guard->accepted[i].certificate;
	return NULL;
}

static void remember(struct guard *guard, X509 *certificate, const char *id)
{
	struct guard_accepted *place = &guard->accepted[guard->accepted_next];

	if (find_accepted(guard, id))
		return;
	X509_free(place->certificate);
	X509_up_ref(certificate);
	place->certificate = certificate;
	memcpy(place->id, id, sizeof place->id);
	guard->accepted_next = (guard->accepted_next + 1) % GUARD_ACCEPTED;
}

int guard_check_certificate(struct guard *guard, X509 *leaf, STACK_OF(X509) *chain,
			    struct identity *identity, struct err *err)
{
	struct identity found;
	int rc = guard_check_readable(guard, err);

	if (rc == 0)
		rc = trust_verify(&guard->trust, leaf, chain, X509_PURPOSE_SSL_CLIENT, err);
	if (rc == 0)
		rc = trust_read_person(&found, leaf, err);
	if (rc < 0)
		return rc;
	if (guard_is_denied(guard, found.id))
		return err_set(err, ERR_DENIED, "the certificate was revoked");
	remember(guard, leaf, found.id);
	*identity = found;
	return 0;
}

/* By the CRLs as they are now; whether they are current was asked when the holder came in. */
static bool is_on_crl(const struct guard *guard, const char *id)
{
	X509 *certificate = find_accepted(guard, id);
	X509_REVOKED *revoked;

	if (!certificate)
		return true;	/* forgotten: it must show itself again */
	return X509_CRL_get0_by_cert(guard->trust.ca_crl, &revoked, certificate) == 1 ||
	       X509_CRL_get0_by_cert(guard->trust.root_crl, &revoked, guard->trust.ca) == 1;
}

int guard_is_valid(struct guard *guard, const struct identity *identity, struct err *err)
{
	if (identity->expires_utc_us <= clock_utc_us())
		return err_set(err, ERR_DENIED, identity->kind == IDENTITY_PASS
						? "the pass has expired" : "the certificate has expired");
	if (identity->kind == IDENTITY_PASS) {
		if (guard_is_denied(guard, identity->id) || !guard_find_pass(guard, identity->id))
			return err_set(err, ERR_DENIED, "the pass was revoked");
		return 0;
	}
	if (guard_is_denied(guard, identity->id) || is_on_crl(guard, identity->id))
		return err_set(err, ERR_DENIED, "the certificate was revoked");
	return 0;
}

static bool warn_of_crl(const X509_CRL *crl, const char *file, int64_t now_us, struct err *warning)
{
	int64_t from_us = issue_time_us(X509_CRL_get0_lastUpdate(crl));
	int64_t until_us = issue_time_us(X509_CRL_get0_nextUpdate(crl));
	char until[32];

	if (now_us - from_us < (until_us - from_us) / 4 * 3)
		return false;
	clock_format_utc(until, sizeof until, until_us + CRL_GRACE_S * US_PER_S);
	err_set(warning, ERR_STATE, "%s must be renewed with \"ostend-certs crl\": nobody new is let in "
		"after %s", file, until);
	return true;
}

static bool warn_of_end(const X509 *certificate, const char *file, int64_t now_us, struct err *warning)
{
	int64_t until_us = issue_time_us(X509_get0_notAfter(certificate));
	char until[32];

	if (until_us - now_us > WARN_BEFORE_END_US)
		return false;
	clock_format_utc(until, sizeof until, until_us);
	err_set(warning, ERR_STATE, "%s ends on %s", file, until);
	return true;
}

static bool warn_of_station(const struct guard *guard, int64_t now_us, struct err *warning)
{
	CLEANUP(util_freep) char *path = layout_path(guard->state_path, LAYOUT_STATION_PEM);
	CLEANUP(X509_freep) X509 *station = NULL;

	return path && trust_read_certificate(&station, path, NULL) == 0 &&
	       warn_of_end(station, LAYOUT_STATION_PEM, now_us, warning);
}

bool guard_warning(const struct guard *guard, struct err *warning)
{
	const struct trust *trust = &guard->trust;
	int64_t now_us = clock_utc_us();

	return warn_of_crl(trust->ca_crl, LAYOUT_CA_CRL, now_us, warning) ||
	       warn_of_crl(trust->root_crl, LAYOUT_ROOT_CRL, now_us, warning) ||
	       warn_of_station(guard, now_us, warning) ||
	       warn_of_end(trust->ca, LAYOUT_CA_PEM, now_us, warning) ||
	       warn_of_end(trust->root, LAYOUT_ROOT_PEM, now_us, warning);
}
