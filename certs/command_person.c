/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A person's certificate leaves as PKCS#12 with a key made here, or as PEM for a request (PKCS#10) whose
 * key never leaves the other machine. Of a request only its public key is taken: what its holder may be
 * called and do is the administrator's to say.
 */
#include "certs/command.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/files.h"
#include "certs/profile.h"
#include "station/base/i18n.h"
#include "station/base/tty_clean.h"

#define KEY_ITERATIONS 100000	/* of PBKDF2 */

DEFINE_FREEP(PKCS12_free, PKCS12 *)
DEFINE_FREEP(X509_REQ_free, X509_REQ *)

static int write_bio(const char *path, BIO *bio, struct err *err)
{
	char *bytes;
	long len_bytes = BIO_get_mem_data(bio, &bytes);

	return files_create(path, bytes, (size_t)len_bytes, err);
}

/* AES-256-CBC with PBKDF2 for key and certificates, HMAC-SHA-256 over all: what browsers import today. */
static PKCS12 *make_p12(struct authority *authority, X509 *certificate, EVP_PKEY *key, const char *name,
			const char *phrase)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	PKCS12 *p12 = NULL;

	if (chain && sk_X509_push(chain, authority_ca(authority)) &&
	    sk_X509_push(chain, authority_root(authority)))
		p12 = PKCS12_create(phrase, name, key, certificate, chain, NID_aes_256_cbc,
				    NID_aes_256_cbc, KEY_ITERATIONS, -1, 0);
	sk_X509_free(chain);
	if (p12 && !PKCS12_set_mac(p12, phrase, -1, NULL, 0, KEY_ITERATIONS, EVP_sha256())) {
		PKCS12_free(p12);
		p12 = NULL;
	}
	return p12;
}

/* Where the file goes: --out, or the name with what a file name cannot hold replaced. */
static int out_path(char **out, const struct command_line *line, const char *suffix, struct err *err)
{
	int rc = line->out ? asprintf(out, "%s", line->out)
			   : asprintf(out, "%s%s", line->words[0], suffix);

	if (rc < 0) {
		*out = NULL;
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	for (char *at = *out; !line->out && *at; at++)
		if (*at == '/' || *at == ' ' || (at == *out && (*at == '.' || *at == '-')))
			*at = '_';
	if (files_exist(*out))
		return err_set(err, ERR_STATE, _("%s exists already; nothing was overwritten"), *out);
	return 0;
}

struct person {
	enum role role;
	int64_t from_utc_us;
	int days;
};

static int read_person(struct person *out, const struct command_line *line, struct err *err)
{
	const struct profile *profile = &profiles[PROFILE_PERSON];
	int rc = command_role(&out->role, line, err);

	if (rc == 0)
		rc = command_number(&out->days, line->days, "--days", profile->days_max, profile->days, err);
	return rc < 0 ? rc : command_time(&out->from_utc_us, line->not_before, err);
}

static int print_done(X509 *certificate, const char *path, struct err *err)
{
	char id[65], clean[512];
	int rc = issue_id(id, certificate, err);

	tty_clean(clean, sizeof clean, path, strlen(path), -1);
	if (rc == 0)
		printf(_("wrote %s, certificate %.16s\n"), clean, id);
	return rc;
}

static int person_with_key(struct authority *authority, const struct command_line *line,
			   const struct person *person, const char *path, const char *phrase,
			   struct err *err)
{
	CLEANUP(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	CLEANUP(X509_freep) X509 *certificate = NULL;
	CLEANUP(PKCS12_freep) PKCS12 *p12 = NULL;
	CLEANUP(BIO_free_allp) BIO *bytes = BIO_new(BIO_s_mem());
	int rc = issue_key(&key, PROFILE_PERSON, err);

	if (rc == 0)
		rc = authority_person(authority, &certificate, key, line->words[0], person->role,
				      person->from_utc_us, person->days, err);
	if (rc < 0)
		return rc;
	p12 = make_p12(authority, certificate, key, line->words[0], phrase);
	if (!p12 || !bytes || !i2d_PKCS12_bio(bytes, p12))
		return issue_error(err, ERR_NOMEM, "%s", path);
	rc = write_bio(path, bytes, err);
	return rc < 0 ? rc : print_done(certificate, path, err);
}

static int new_person(struct authority *authority, const struct command_line *line,
		      const struct person *person, struct err *err)
{
	CLEANUP(util_freep) char *path = NULL;
	char phrase[256];
	bool made = false;
	int rc = out_path(&path, line, ".p12", err);

	if (rc == 0)
		rc = command_pass_phrase(phrase, &made, line, err);
	if (rc == 0)
		rc = person_with_key(authority, line, person, path, phrase, err);
	if (rc == 0 && made)
		printf(_("pass phrase, shown only now: %s\n"), phrase);
	OPENSSL_cleanse(phrase, sizeof phrase);
	return rc;
}

/* The public key of a request that proves to hold the private one. */
static int read_request(EVP_PKEY **out, const char *path, struct err *err)
{
	CLEANUP(BIO_free_allp) BIO *file = BIO_new_file(path, "r");
	CLEANUP(X509_REQ_freep) X509_REQ *request = file ? PEM_read_bio_X509_REQ(file, NULL, NULL, NULL)
							 : NULL;
	EVP_PKEY *key = request ? X509_REQ_get_pubkey(request) : NULL;

	if (!key || X509_REQ_verify(request, key) != 1) {
		EVP_PKEY_free(key);
		return issue_error(err, ERR_RANGE, _("%s is not a signed certificate request in PEM"), path);
	}
	*out = key;
	return 0;
}

static int requested_person(struct authority *authority, const struct command_line *line,
			    const struct person *person, struct err *err)
{
	CLEANUP(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	CLEANUP(X509_freep) X509 *certificate = NULL;
	CLEANUP(BIO_free_allp) BIO *bytes = BIO_new(BIO_s_mem());
	CLEANUP(util_freep) char *path = NULL;
	int rc = out_path(&path, line, ".pem", err);

	if (rc == 0)
		rc = read_request(&key, line->csr, err);
	if (rc == 0)
		rc = authority_person(authority, &certificate, key, line->words[0], person->role,
				      person->from_utc_us, person->days, err);
	if (rc < 0)
		return rc;
	if (!bytes || !PEM_write_bio_X509(bytes, certificate) ||
	    !PEM_write_bio_X509(bytes, authority_ca(authority)))
		return issue_error(err, ERR_NOMEM, "%s", path);
	rc = write_bio(path, bytes, err);
	return rc < 0 ? rc : print_done(certificate, path, err);
}

int command_person(struct authority *authority, const struct command_line *line, struct err *err)
{
	struct person person;
	int rc = read_person(&person, line, err);

	if (rc < 0)
		return rc;
	return line->csr ? requested_person(authority, line, &person, err)
			 : new_person(authority, line, &person, err);
}
