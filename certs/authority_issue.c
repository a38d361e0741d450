/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of writing makes every interruption harmless: a certificate is on record (issued.json) before
 * it is handed out, and a key is on the disk before its certificate. A station's pair is renewed through
 * ".next" files: the certificate is renamed first, so that a key left over that fits the certificate in
 * use means "finish", and anything else left over means "never happened".
 */
#include "certs/authority_private.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certs/files.h"
#include "certs/layout.h"
#include "certs/trust.h"
#include "station/base/clock.h"

#define NEXT ".next"

static int write_pem(const char *path, BIO *pem, bool replace, struct err *err)
{
	char *bytes;
	long len_bytes = BIO_get_mem_data(pem, &bytes);

	return replace ? files_replace(path, bytes, (size_t)len_bytes, err)
		       : files_create(path, bytes, (size_t)len_bytes, err);
}

static int write_key(const char *path, EVP_PKEY *key, struct err *err)
{
	CLEANUP(BIO_free_allp) BIO *pem = BIO_new(BIO_s_secmem());

	if (!pem || !PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL))
		return issue_error(err, ERR_NOMEM, "%s", path);
	return write_pem(path, pem, false, err);
}

/* @ca: added after the certificate, as TLS sends it; NULL: not. */
static int write_certificate(const char *path, X509 *certificate, X509 *ca, bool replace, struct err *err)
{
	CLEANUP(BIO_free_allp) BIO *pem = BIO_new(BIO_s_mem());

	if (!pem || !PEM_write_bio_X509(pem, certificate) || (ca && !PEM_write_bio_X509(pem, ca)))
		return issue_error(err, ERR_NOMEM, "%s", path);
	return write_pem(path, pem, replace, err);
}

static int write_crl(const char *path, X509_CRL *crl, struct err *err)
{
	CLEANUP(BIO_free_allp) BIO *pem = BIO_new(BIO_s_mem());

	if (!pem || !PEM_write_bio_X509_CRL(pem, crl))
		return issue_error(err, ERR_NOMEM, "%s", path);
	return write_pem(path, pem, true, err);
}

int authority_load_certificate(X509 **out, const struct authority *authority, const char *name,
			       struct err *err)
{
	CLEANUP(util_freep) char *path = NULL;
	int rc = authority_path(&path, authority, name, err);

	if (rc < 0 || !files_exist(path))
		return rc;
	return trust_read_certificate(out, path, err);
}

int authority_recover_station(const struct authority *authority, struct err *err)
{
	CLEANUP(util_freep) char *key = NULL, *next_key = NULL, *next_pem = NULL;
	int rc = authority_path(&key, authority, LAYOUT_STATION_KEY, err);

	if (rc == 0)
		rc = authority_path(&next_key, authority, LAYOUT_STATION_KEY NEXT, err);
	if (rc == 0)
		rc = authority_path(&next_pem, authority, LAYOUT_STATION_PEM NEXT, err);
	if (rc < 0)
		return rc;
	/* the key is written before the certificate: alone, it may also be from before the renaming */
	if (files_exist(next_pem)) {
		unlink(next_key);
		unlink(next_pem);
	} else if (files_exist(next_key)) {
		CLEANUP(X509_freep) X509 *station = NULL;
		CLEANUP(EVP_PKEY_freep) EVP_PKEY *next = NULL;

		if (authority_load_certificate(&station, authority, LAYOUT_STATION_PEM, err) == 0 && station &&
		    trust_read_key(&next, next_key, err) == 0 && X509_check_private_key(station, next))
			return files_rename(next_key, key, err);
		unlink(next_key);
	}
	return 0;
}

static int need_key(EVP_PKEY **key, const struct authority *authority, const char *name, struct err *err)
{
	CLEANUP(util_freep) char *path = NULL;
	int rc = authority_path(&path, authority, name, err);

	if (rc < 0 || *key)
		return rc;
	if (!files_exist(path))
		return err_set(err, ERR_STATE, "%s is not here; bring it back for this, then take it "
			       "away again", path);
	return trust_read_key(key, path, err);
}

static int issuer_of(struct issuer *out, struct authority *authority, enum profile_kind profile,
		     struct err *err)
{
	bool by_root = profile == PROFILE_CA || profile == PROFILE_ROOT;
	X509 *certificate = by_root ? authority->root : authority->ca;
	int rc;

	if (!certificate)
		return err_set(err, ERR_STATE, "%s/" LAYOUT_FOLDER " holds no CA yet; run \"ostend-certs "
			       "init\" first", authority->state_path);
	rc = by_root ? need_key(&authority->root_key, authority, LAYOUT_ROOT_KEY, err)
		     : need_key(&authority->ca_key, authority, LAYOUT_CA_KEY, err);
	*out = (struct issuer){ certificate, by_root ? authority->root_key : authority->ca_key };
	return rc;
}

/* Issue and put on record. */
static int issue(struct authority *authority, X509 **out, const struct issue_request *request,
		 EVP_PKEY *key, const struct issuer *issuer, struct err *err)
{
	CLEANUP(X509_freep) X509 *certificate = NULL;
	struct issued record = { 0 };
	struct issued *place;
	int rc = issue_certificate(&certificate, request, key, issuer, err);

	if (rc == 0)
		rc = issue_record(&record, certificate, request, err);
	if (rc < 0)
		return rc;
	place = records_add(&authority->issued);
	if (!place)
		return err_set(err, ERR_NOMEM, "issued certificates: out of memory");
	*place = record;
	rc = records_save(&authority->issued, authority->state_path, err);
	if (rc < 0) {
		records_remove(&authority->issued, authority->issued.count - 1);
		return rc;
	}
	*out = MOVE(certificate);
	return 0;
}

/* O of the CA: the centre's name, which every certificate below carries. */
static void read_organization(char *out, size_t size, X509 *certificate)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(name, NID_organizationName, -1);
	unsigned char *text = NULL;

	*out = '\0';
	if (at < 0 || ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))) < 0)
		return;
	snprintf(out, size, "%s", (char *)text);
	OPENSSL_free(text);
}

/* The key in the file; a new one, written there first, when there is none (or was, before a crash). */
static int keep_key(EVP_PKEY **out, enum profile_kind profile, const char *path, struct err *err)
{
	int rc;

	if (files_exist(path))
		return trust_read_key(out, path, err);
	rc = issue_key(out, profile, err);
	return rc < 0 ? rc : write_key(path, *out, err);
}

/* A key pair kept under STATE/certs; @next: beside what is there. */
static int issue_kept(struct authority *authority, const struct issue_request *request,
		      const struct issuer *issuer, bool next, X509 **out, struct err *err)
{
	const struct profile *profile = &profiles[request->profile];
	CLEANUP(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	CLEANUP(X509_freep) X509 *certificate = NULL;
	CLEANUP(util_freep) char *key_path = NULL, *pem_path = NULL;
	char name[64];
	bool is_ca = request->profile == PROFILE_ROOT || request->profile == PROFILE_CA;
	struct issuer by = *issuer;
	int rc;

	snprintf(name, sizeof name, "%s%s", profile->key_file, next ? NEXT : "");
	rc = authority_path(&key_path, authority, name, err);
	snprintf(name, sizeof name, "%s%s", profile->pem_file, next ? NEXT : "");
	if (rc == 0)
		rc = authority_path(&pem_path, authority, name, err);
	if (rc == 0)
		rc = keep_key(&key, request->profile, key_path, err);
	if (!by.key)
		by.key = key;	/* the root signs itself */
	if (rc == 0)
		rc = issue(authority, &certificate, request, key, &by, err);
	if (rc == 0)
		rc = write_certificate(pem_path, certificate, is_ca ? NULL : by.certificate, next, err);
	if (rc == 0 && out)
		*out = MOVE(certificate);
	return rc;
}

/* Make the pair of @profile unless its certificate is there; 1 when it was made. */
static int make_missing(struct authority *authority, enum profile_kind profile, const char *organization,
			X509 **out, struct err *err)
{
	struct issue_request request = { .profile = profile, .organization = organization,
					 .from_utc_us = clock_utc_us() };
	CLEANUP(util_freep) char *path = NULL;
	struct issuer issuer = { 0 };
	int rc = authority_path(&path, authority, profiles[profile].pem_file, err);

	if (rc < 0 || files_exist(path))
		return rc;
	if (profile != PROFILE_ROOT)
		rc = issuer_of(&issuer, authority, profile, err);
	if (rc == 0)
		rc = issue_kept(authority, &request, &issuer, false, out, err);
	return rc < 0 ? rc : 1;
}

static int make_missing_crl(struct authority *authority, enum profile_kind ca, const char *file,
			    struct err *err)
{
	CLEANUP(util_freep) char *path = NULL;
	int rc = authority_path(&path, authority, file, err);

	if (rc < 0 || files_exist(path))
		return rc;
	rc = authority_crl(authority, ca, err);
	return rc < 0 ? rc : 1;
}

int authority_init(struct authority *authority, const char *organization, struct err *err)
{
	char name[256];
	int made[7], total = 0;

	snprintf(name, sizeof name, "%s", organization);
	if (authority->root)
		read_organization(name, sizeof name, authority->root);
	made[0] = make_missing(authority, PROFILE_ROOT, name, &authority->root, err);
	made[1] = made[0] < 0 ? made[0] : make_missing_crl(authority, PROFILE_ROOT, LAYOUT_ROOT_CRL, err);
	made[2] = made[1] < 0 ? made[1] : make_missing(authority, PROFILE_CA, name, &authority->ca, err);
	made[3] = made[2] < 0 ? made[2] : make_missing_crl(authority, PROFILE_CA, LAYOUT_CA_CRL, err);
	made[4] = made[3] < 0 ? made[3] : make_missing(authority, PROFILE_LOG, name, NULL, err);
	made[5] = made[4] < 0 ? made[4] : make_missing(authority, PROFILE_MEDIA, name, NULL, err);
	made[6] = made[5] < 0 ? made[5] : make_missing(authority, PROFILE_CHECKPOINT, name, NULL, err);
	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		total += made[i];
	return made[6] < 0 ? made[6] : total;
}

/* ".next" becomes the pair in use. */
static int swap_station(struct authority *authority, struct err *err)
{
	static const char *const files[] = { LAYOUT_STATION_PEM, LAYOUT_STATION_KEY };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		CLEANUP(util_freep) char *path = NULL, *next = NULL;
		int rc = authority_path(&path, authority, files[i], err);

		if (rc == 0 && asprintf(&next, "%s" NEXT, path) < 0) {
			next = NULL;
			rc = err_set(err, ERR_NOMEM, "%s: out of memory", path);
		}
		if (rc == 0)
			rc = files_rename(next, path, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int authority_station(struct authority *authority, const char *const *hosts, int64_t from_utc_us,
		      int days, bool renew, struct err *err)
{
	char organization[256];
	struct issue_request request = { .profile = PROFILE_STATION, .organization = organization,
					 .common_name = hosts[0], .hosts = hosts,
					 .from_utc_us = from_utc_us, .days = days };
	CLEANUP(util_freep) char *path = NULL;
	struct issuer issuer;
	int rc = authority_path(&path, authority, LAYOUT_STATION_PEM, err);

	if (rc < 0)
		return rc;
	if (files_exist(path) && !renew)
		return err_set(err, ERR_STATE, "%s exists already; --renew makes a new key and "
			       "certificate", path);
	rc = issuer_of(&issuer, authority, PROFILE_STATION, err);
	if (rc < 0)
		return rc;
	read_organization(organization, sizeof organization, authority->ca);
	rc = issue_kept(authority, &request, &issuer, true, NULL, err);
	return rc < 0 ? rc : swap_station(authority, err);
}

int authority_person(struct authority *authority, X509 **out, EVP_PKEY *key, const char *name,
		     enum role role, int64_t from_utc_us, int days, struct err *err)
{
	char organization[256];
	struct issue_request request = { .profile = PROFILE_PERSON, .organization = organization,
					 .common_name = name, .role = role_name(role),
					 .from_utc_us = from_utc_us, .days = days };
	struct issuer issuer;
	int rc = authority_check_name(name, err);

	if (rc == 0)
		rc = issuer_of(&issuer, authority, PROFILE_PERSON, err);
	if (rc < 0)
		return rc;
	read_organization(organization, sizeof organization, authority->ca);
	return issue(authority, out, &request, key, &issuer, err);
}

int authority_crl(struct authority *authority, enum profile_kind ca, struct err *err)
{
	bool root = ca == PROFILE_ROOT;
	CLEANUP(X509_CRL_freep) X509_CRL *crl = NULL;
	CLEANUP(util_freep) char *path = NULL;
	struct issuer issuer;
	int rc = authority_path(&path, authority, root ? LAYOUT_ROOT_CRL : LAYOUT_CA_CRL, err);

	if (rc == 0)	/* what the root issues is signed by the same key as its CRL */
		rc = issuer_of(&issuer, authority, root ? PROFILE_ROOT : PROFILE_PERSON, err);
	if (rc == 0)
		rc = issue_crl(&crl, &issuer, &authority->issued, clock_utc_us(),
			       root ? CRL_DAYS_ROOT : CRL_DAYS_CA, err);
	return rc < 0 ? rc : write_crl(path, crl, err);
}
