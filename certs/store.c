/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in memory is always one whole reading of all files: a reading that fails changes nothing but
 * `broken`. Certificates that were let in are remembered, so that a new CRL can be held against them.
 */
#include "certs/store.h"

#include <stdlib.h>
#include <string.h>

#include "certs/files.h"
#include "certs/layout.h"
#include "certs/store_private.h"
#include "station/base/clock.h"

#define US_PER_S INT64_C(1000000)
#define WARN_BEFORE_END_US (30 * 86400 * US_PER_S)
#define WRONG_PER_ADDRESS 5
#define WRONG_ADDRESS_REFILL_NS (60 * NS_PER_S)
#define WRONG_PER_PASS 10
#define WRONG_PASS_REFILL_NS (90 * NS_PER_S)

/* sessions.json is our own and is not looked at again */
static const char *const watched[STORE_FILES] = { LAYOUT_ROOT_PEM, LAYOUT_CA_PEM, LAYOUT_ROOT_CRL,
						  LAYOUT_CA_CRL, LAYOUT_PASSES, LAYOUT_DENIED };

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Whether a file is another than at the last look; remembers this look. */
static bool look(struct store *store)
{
	bool changed = false;

	for (size_t i = 0; i < STORE_FILES; i++) {
		CLEANUP(util_freep) char *path = layout_path(store->state_path, watched[i]);
		struct stat now = { 0 };

		if (!path || stat(path, &now) < 0)
			memset(&now, 0, sizeof now);
		changed |= !is_same(&now, &store->seen[i]);
		store->seen[i] = now;
	}
	return changed;
}

static int read_all(struct store *store, struct err *err)
{
	struct trust trust = { 0 };
	struct records passes = { 0 }, denied = { 0 };
	int rc = trust_load(&trust, store->state_path, err);

	if (rc == 0)
		rc = records_load(&passes, RECORDS_PASSES, store->state_path, err);
	if (rc == 0)
		rc = records_load(&denied, RECORDS_DENIED, store->state_path, err);
	if (rc < 0) {
		trust_clear(&trust);
		records_clear(&passes);
		return rc;
	}
	trust_clear(&store->trust);
	records_clear(&store->passes);
	records_clear(&store->denied);
	store->trust = trust;
	store->passes = passes;
	store->denied = denied;
	return 0;
}

int store_open(struct store **out, const char *state_path, struct err *err)
{
	CLEANUP(store_freep) struct store *store = calloc(1, sizeof *store);
	CLEANUP(util_freep) char *folder = NULL;
	int rc;

	if (!store)
		return err_set(err, ERR_NOMEM, "certificates: out of memory");
	store->state_path = strdup(state_path);
	store->addresses = limit_new(WRONG_PER_ADDRESS, WRONG_ADDRESS_REFILL_NS);
	store->passes_tried = limit_new(WRONG_PER_PASS, WRONG_PASS_REFILL_NS);
	folder = layout_path(state_path, "");
	if (!store->state_path || !store->addresses || !store->passes_tried || !folder)
		return err_set(err, ERR_NOMEM, "certificates: out of memory");
	files_sweep(folder);
	look(store);
	rc = read_all(store, err);
	if (rc == 0)
		rc = records_load(&store->sessions, RECORDS_SESSIONS, state_path, err);
	if (rc < 0)
		return rc;
	*out = MOVE(store);
	return 0;
}

struct store *store_free(struct store *store)
{
	if (!store)
		return NULL;
	for (size_t i = 0; i < STORE_ACCEPTED; i++)
		X509_free(store->accepted[i].certificate);
	trust_clear(&store->trust);
	records_clear(&store->passes);
	records_clear(&store->denied);
	records_clear(&store->sessions);
	limit_free(store->addresses);
	limit_free(store->passes_tried);
	free(store->state_path);
	free(store);
	return NULL;
}

int store_trust(const struct store *store, SSL_CTX *tls, struct err *err)
{
	if (!SSL_CTX_set1_verify_cert_store(tls, store->trust.store) ||
	    !SSL_CTX_add_client_CA(tls, store->trust.ca))
		return issue_error(err, ERR_NOMEM, "TLS: trusted certificates");
	return 0;
}

int store_poll(struct store *store, struct err *err)
{
	struct err reason = { 0 };
	int rc;

	if (!look(store))
		return 0;
	rc = read_all(store, &reason);
	store->broken = reason;
	if (rc == 0) {
		store->broken.code = 0;
		return 1;
	}
	return err_set(err, rc, "%s; nobody new is let in until this is repaired", reason.text);
}

int store_check_readable(const struct store *store, struct err *err)
{
	return store->broken.code ? err_set(err, ERR_STATE, "%s", store->broken.text) : 0;
}

bool store_is_denied(const struct store *store, const char *id)
{
	const struct denied *items = store->denied.items;

	for (size_t i = 0; i < store->denied.count; i++)
		if (!strcmp(items[i].id, id))
			return true;
	return false;
}

static X509 *find_accepted(const struct store *store, const char *id)
{
	for (size_t i = 0; i < STORE_ACCEPTED; i++)
		if (store->accepted[i].certificate && !strcmp(store->accepted[i].id, id))
			return store->accepted[i].certificate;
	return NULL;
}

static void remember(struct store *store, X509 *certificate, const char *id)
{
	struct store_accepted *place = &store->accepted[store->accepted_next];

	if (find_accepted(store, id))
		return;
	X509_free(place->certificate);
	X509_up_ref(certificate);
	place->certificate = certificate;
	memcpy(place->id, id, sizeof place->id);
	store->accepted_next = (store->accepted_next + 1) % STORE_ACCEPTED;
}

int store_check_certificate(struct store *store, X509 *leaf, STACK_OF(X509) *chain,
			    struct identity *identity, struct err *err)
{
	struct identity found;
	int rc = store_check_readable(store, err);

	if (rc == 0)
		rc = trust_verify(&store->trust, leaf, chain, X509_PURPOSE_SSL_CLIENT, err);
	if (rc == 0)
		rc = trust_read_person(&found, leaf, err);
	if (rc < 0)
		return rc;
	if (store_is_denied(store, found.id))
		return err_set(err, ERR_DENIED, "the certificate was revoked");
	remember(store, leaf, found.id);
	*identity = found;
	return 0;
}

/* By the CRLs as they are now; whether they are current was asked when the holder came in. */
static bool is_on_crl(const struct store *store, const char *id)
{
	X509 *certificate = find_accepted(store, id);
	X509_REVOKED *revoked;

	if (!certificate)
		return true;	/* forgotten: it must show itself again */
	return X509_CRL_get0_by_cert(store->trust.ca_crl, &revoked, certificate) == 1 ||
	       X509_CRL_get0_by_cert(store->trust.root_crl, &revoked, store->trust.ca) == 1;
}

int store_is_valid(struct store *store, const struct identity *identity, struct err *err)
{
	if (identity->expires_utc_us <= clock_utc_us())
		return err_set(err, ERR_DENIED, identity->kind == IDENTITY_PASS
						? "the pass has expired" : "the certificate has expired");
	if (identity->kind == IDENTITY_PASS) {
		if (store_is_denied(store, identity->id) || !store_find_pass(store, identity->id))
			return err_set(err, ERR_DENIED, "the pass was revoked");
		return 0;
	}
	if (store_is_denied(store, identity->id) || is_on_crl(store, identity->id))
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

static bool warn_of_station(const struct store *store, int64_t now_us, struct err *warning)
{
	CLEANUP(util_freep) char *path = layout_path(store->state_path, LAYOUT_STATION_PEM);
	CLEANUP(X509_freep) X509 *station = NULL;

	return path && trust_read_certificate(&station, path, NULL) == 0 &&
	       warn_of_end(station, LAYOUT_STATION_PEM, now_us, warning);
}

bool store_warning(const struct store *store, struct err *warning)
{
	const struct trust *trust = &store->trust;
	int64_t now_us = clock_utc_us();

	return warn_of_crl(trust->ca_crl, LAYOUT_CA_CRL, now_us, warning) ||
	       warn_of_crl(trust->root_crl, LAYOUT_ROOT_CRL, now_us, warning) ||
	       warn_of_station(store, now_us, warning) ||
	       warn_of_end(trust->ca, LAYOUT_CA_PEM, now_us, warning) ||
	       warn_of_end(trust->root, LAYOUT_ROOT_PEM, now_us, warning);
}
