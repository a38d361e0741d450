/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A CRL that has just run out must not stop a court: it is good for CRL_GRACE_S more, in which the
 * administrator is warned. After that nobody new gets in, because a revocation might be missing.
 */
#include "certs/trust.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "certs/files.h"
#include "certs/layout.h"
#include "station/base/clock.h"

#define US_PER_S INT64_C(1000000)

/* A memory BIO over the file; *@text must live as long. */
static int open_pem(BIO **out, char **text, const char *path, struct err *err)
{
	size_t len_bytes;
	int rc = files_read(text, &len_bytes, path, err);

	if (rc == ERR_GONE)
		return err_set(err, ERR_STATE, "%s is missing", path);
	if (rc < 0)
		return rc;
	*out = BIO_new_mem_buf(*text, (int)len_bytes);
	return *out ? 0 : err_set(err, ERR_NOMEM, "%s: out of memory", path);
}

int trust_read_certificate(X509 **out, const char *path, struct err *err)
{
	CLEANUP(util_freep) char *text = NULL;
	CLEANUP(BIO_free_allp) BIO *pem = NULL;
	int rc = open_pem(&pem, &text, path, err);

	if (rc < 0)
		return rc;
	*out = PEM_read_bio_X509(pem, NULL, NULL, NULL);
	return *out ? 0 : issue_error(err, ERR_TAMPER, "%s: not a certificate in PEM", path);
}

static int read_crl(X509_CRL **out, const char *path, struct err *err)
{
	CLEANUP(util_freep) char *text = NULL;
	CLEANUP(BIO_free_allp) BIO *pem = NULL;
	int rc = open_pem(&pem, &text, path, err);

	if (rc < 0)
		return rc;
	*out = PEM_read_bio_X509_CRL(pem, NULL, NULL, NULL);
	return *out ? 0 : issue_error(err, ERR_TAMPER, "%s: not a revocation list in PEM", path);
}

static int no_pass_phrase(char *text, int size, int writing, void *user)
{
	(void)text, (void)size, (void)writing, (void)user;
	return -1;
}

int trust_read_key(EVP_PKEY **out, const char *path, struct err *err)
{
	CLEANUP(util_freep) char *text = NULL;
	CLEANUP(BIO_free_allp) BIO *pem = NULL;
	int rc = open_pem(&pem, &text, path, err);

	if (rc == 0) {
		*out = PEM_read_bio_PrivateKey(pem, NULL, no_pass_phrase, NULL);
		rc = *out ? 0 : issue_error(err, ERR_TAMPER, "%s: not a private key in PEM", path);
	}
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	return rc;
}

void trust_clear(struct trust *trust)
{
	X509_STORE_free(trust->store);
	X509_free(trust->root);
	X509_free(trust->ca);
	X509_CRL_free(trust->root_crl);
	X509_CRL_free(trust->ca_crl);
	memset(trust, 0, sizeof *trust);
}

DEFINE_FREEP(X509_STORE_CTX_free, X509_STORE_CTX *)

static int load_certificate(X509 **out, const char *state_path, const char *name, struct err *err)
{
	CLEANUP(util_freep) char *path = layout_path(state_path, name);

	return path ? trust_read_certificate(out, path, err) : err_set(err, ERR_NOMEM, "out of memory");
}

static int load_crl(X509_CRL **out, const char *state_path, const char *name, X509 *by, struct err *err)
{
	CLEANUP(util_freep) char *path = layout_path(state_path, name);
	int rc = path ? read_crl(out, path, err) : err_set(err, ERR_NOMEM, "out of memory");

	if (rc < 0)
		return rc;
	if (X509_CRL_verify(*out, X509_get0_pubkey(by)) != 1)
		return issue_error(err, ERR_TAMPER, "%s is not signed by its CA", path);
	return 0;
}

static int load_all(struct trust *trust, const char *state_path, struct err *err)
{
	int rc = load_certificate(&trust->root, state_path, LAYOUT_ROOT_PEM, err);

	if (rc == 0)
		rc = load_certificate(&trust->ca, state_path, LAYOUT_CA_PEM, err);
	if (rc == 0)
		rc = load_crl(&trust->root_crl, state_path, LAYOUT_ROOT_CRL, trust->root, err);
	if (rc == 0)
		rc = load_crl(&trust->ca_crl, state_path, LAYOUT_CA_CRL, trust->ca, err);
	if (rc < 0)
		return rc;
	trust->store = X509_STORE_new();
	/* without X509_V_FLAG_PARTIAL_CHAIN only the root, being self-signed, can end a chain */
	if (!trust->store || !X509_STORE_add_cert(trust->store, trust->root) ||
	    !X509_STORE_add_cert(trust->store, trust->ca))
		return issue_error(err, ERR_NOMEM, "trusted certificates");
	return 0;
}

int trust_load(struct trust *out, const char *state_path, struct err *err)
{
	struct trust trust = { 0 };
	int rc = load_all(&trust, state_path, err);

	if (rc < 0)
		trust_clear(&trust);
	else
		*out = trust;
	return rc;
}

/* OpenSSL stops at a CRL's nextUpdate; this allows it CRL_GRACE_S more. */
static int allow_grace(int ok, X509_STORE_CTX *context)
{
	X509_CRL *crl = X509_STORE_CTX_get0_current_crl(context);
	int64_t until_utc_us;

	if (ok || X509_STORE_CTX_get_error(context) != X509_V_ERR_CRL_HAS_EXPIRED || !crl)
		return ok;
	until_utc_us = issue_time_us(X509_CRL_get0_nextUpdate(crl)) + CRL_GRACE_S * US_PER_S;
	return clock_utc_us() < until_utc_us;
}

static STACK_OF(X509_CRL) *both_crls(const struct trust *trust)
{
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();

	if (crls) {
		sk_X509_CRL_push(crls, trust->root_crl);
		sk_X509_CRL_push(crls, trust->ca_crl);
	}
	return crls;
}

static int refuse(X509_STORE_CTX *context, struct err *err)
{
	int code = X509_STORE_CTX_get_error(context);

	ERR_clear_error();
	switch (code) {
	case X509_V_ERR_CRL_HAS_EXPIRED:
		return err_set(err, ERR_STATE, "the revocation list has run out; renew it with "
			       "\"ostend-certs crl\"");
	case X509_V_ERR_CRL_NOT_YET_VALID:
		return err_set(err, ERR_STATE, "the revocation list is not valid yet; set the clock");
	case X509_V_ERR_CERT_REVOKED:
		return err_set(err, ERR_DENIED, "the certificate was revoked");
	default:
		return err_set(err, ERR_DENIED, "the certificate is not accepted: %s",
			       X509_verify_cert_error_string(code));
	}
}

int trust_verify(const struct trust *trust, X509 *leaf, STACK_OF(X509) *chain, int purpose,
		 struct err *err)
{
	CLEANUP(X509_STORE_CTX_freep) X509_STORE_CTX *context = X509_STORE_CTX_new();
	STACK_OF(X509_CRL) *crls = both_crls(trust);
	int rc;

	if (!context || !crls || !X509_STORE_CTX_init(context, trust->store, leaf, chain)) {
		rc = issue_error(err, ERR_NOMEM, "verifying a certificate");
		goto out;
	}
	X509_STORE_CTX_set0_crls(context, crls);
	X509_STORE_CTX_set_flags(context, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
						  X509_V_FLAG_X509_STRICT);
	X509_STORE_CTX_set_verify_cb(context, allow_grace);
	if (purpose)
		X509_STORE_CTX_set_purpose(context, purpose);
	rc = X509_verify_cert(context) == 1 ? 0 : refuse(context, err);
	/* TLS and everything but checkpoints: one kind of key */
	if (rc == 0 && !issue_is_p256(X509_get0_pubkey(leaf)) &&
	    (purpose || !issue_fits(&profiles[PROFILE_CHECKPOINT], X509_get0_pubkey(leaf))))
		rc = err_set(err, ERR_DENIED, "the certificate's key is not ECDSA P-256");
out:
	sk_X509_CRL_free(crls);
	return rc;
}

/* The role after ROLE_URI in @uri, as far as there is one. */
static bool role_of_uri(enum role *out, const ASN1_STRING *uri)
{
	const char *text = (const char *)ASN1_STRING_get0_data(uri);
	size_t len = (size_t)ASN1_STRING_length(uri);
	size_t prefix = strlen(ROLE_URI);
	char name[32] = "";

	if (len <= prefix || len - prefix >= sizeof name || memcmp(text, ROLE_URI, prefix))
		return false;
	memcpy(name, text + prefix, len - prefix);
	return strlen(name) == len - prefix && role_from_name(out, name);
}

static int read_role(enum role *out, X509 *leaf, struct err *err)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int found = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_URI && role_of_uri(out, name->d.uniformResourceIdentifier))
			found++;
	}
	GENERAL_NAMES_free(names);
	if (found != 1)
		return err_set(err, ERR_DENIED, "the certificate names %d roles instead of one", found);
	return 0;
}

static int read_name(char *out, size_t size, X509 *leaf, struct err *err)
{
	X509_NAME *subject = X509_get_subject_name(leaf);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	X509_NAME_ENTRY *entry = at < 0 ? NULL : X509_NAME_get_entry(subject, at);
	unsigned char *text = NULL;
	int len = entry ? ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry)) : -1;
	bool fits = len > 0 && (size_t)len < size && strlen((char *)text) == (size_t)len;

	if (fits)
		memcpy(out, text, (size_t)len + 1);
	OPENSSL_free(text);
	ERR_clear_error();
	return fits ? 0 : err_set(err, ERR_DENIED, "the certificate names nobody");
}

int trust_read_person(struct identity *out, X509 *leaf, struct err *err)
{
	struct identity identity = { .kind = IDENTITY_CERTIFICATE };
	int rc = read_role(&identity.role, leaf, err);

	if (rc == 0)
		rc = read_name(identity.name, sizeof identity.name, leaf, err);
	if (rc == 0)
		rc = issue_id(identity.id, leaf, err);
	if (rc < 0)
		return rc;
	identity.expires_utc_us = issue_time_us(X509_get0_notAfter(leaf));
	*out = identity;
	return 0;
}
