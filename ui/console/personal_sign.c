/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/personal_sign.h"

#include "station/base/openssl.h"
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "station/base/i18n.h"
#include "ui/console/fields.h"

#define CONNECT_MS 2000
#define ANSWER_MS 5000

struct person {
	EVP_PKEY *key;
	X509 *certificate;
	STACK_OF(X509) *chain;
};

static void person_clear(struct person *person)
{
	EVP_PKEY_free(person->key);
	X509_free(person->certificate);
	sk_X509_pop_free(person->chain, X509_free);
}

static int fetch_text(const struct reach *reach, const json_t *params, json_t **result, struct err *err)
{
	CLEANUP(rpc_client_freep) struct rpc_client *client = NULL;
	int rc = reach_connect(&client, reach->control, CONNECT_MS, err);

	if (rc < 0)
		return rc;
	return rpc_client_call(client, "retrieval.text",
			       json_pack("{s:O}", "retrieval", json_object_get(params, "retrieval")), ANSWER_MS, result,
			       NULL, err);
}

/* An empty pass phrase is tried before anybody is asked for one. */
static int open_pkcs12(PKCS12 *store, struct person *person, const char *path, struct err *err)
{
	char phrase[256] = "";

	if (PKCS12_verify_mac(store, "", 0) != 1 && PKCS12_verify_mac(store, NULL, 0) != 1 &&
	    EVP_read_pw_string(phrase, sizeof phrase, _("Pass phrase of the key: "), 0) != 0)
		return err_set(err, ERR_DENIED, _("%s: no pass phrase was given"), path);
	if (PKCS12_parse(store, phrase, &person->key, &person->certificate, &person->chain) != 1) {
		OPENSSL_cleanse(phrase, sizeof phrase);
		return err_set(err, ERR_DENIED, _("%s cannot be opened: the pass phrase is wrong, or the file is damaged"),
			       path);
	}
	OPENSSL_cleanse(phrase, sizeof phrase);
	if (!person->key || !person->certificate)
		return err_set(err, ERR_RANGE, _("%s holds no key with its certificate"), path);
	return 0;
}

static int read_chain(const char *path, struct person *person, struct err *err)
{
	BIO *in = BIO_new_file(path, "r");
	X509 *next;

	if (!in)
		return err_os(err, "%s", path);
	person->certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
	person->chain = sk_X509_new_null();
	while (person->chain && (next = PEM_read_bio_X509(in, NULL, NULL, NULL)))
		sk_X509_push(person->chain, next);
	BIO_free(in);
	ERR_clear_error();
	return person->certificate ? 0 : err_set(err, ERR_RANGE, _("%s holds no certificate in PEM"), path);
}

static int read_pem(BIO *in, struct person *person, const char *path, const char *certificate, struct err *err)
{
	if (!*certificate)
		return err_set(err, ERR_RANGE, _("%s is no PKCS#12 file: a key in PEM needs --certificate"), path);
	person->key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);	/* asks for a pass phrase itself */
	if (!person->key)
		return err_set(err, ERR_DENIED, _("%s: no private key can be read from it"), path);
	return read_chain(certificate, person, err);
}

static int read_person(struct person *person, const char *path, const char *certificate, struct err *err)
{
	BIO *in = BIO_new_file(path, "r");
	PKCS12 *store;
	int rc;

	if (!in)
		return err_os(err, "%s", path);
	store = d2i_PKCS12_bio(in, NULL);
	if (!store)
		BIO_reset(in);
	rc = store ? open_pkcs12(store, person, path, err) : read_pem(in, person, path, certificate, err);
	PKCS12_free(store);
	BIO_free(in);
	if (rc == 0 && X509_check_private_key(person->certificate, person->key) != 1)
		rc = err_set(err, ERR_RANGE, _("the certificate is not that of the key"));
	return rc;
}

/* DER in base64, the caller's to free with OPENSSL_free. */
static char *to_base64(CMS_ContentInfo *cms)
{
	uint8_t *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	char *text = len > 0 ? OPENSSL_malloc((size_t)len * 4 / 3 + 8) : NULL;

	if (text)
		EVP_EncodeBlock((uint8_t *)text, der, len);
	OPENSSL_free(der);
	return text;
}

static int sign(const struct person *person, const char *text, json_t *params, struct err *err)
{
	BIO *content = BIO_new_mem_buf(text, (int)strlen(text));
	CMS_ContentInfo *cms = content ? CMS_sign(person->certificate, person->key, person->chain, content,
						  CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP) : NULL;
	char *base64 = cms ? to_base64(cms) : NULL;

	if (base64)
		json_object_set_new(params, "cms", json_string(base64));
	OPENSSL_free(base64);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	return base64 ? 0 : err_set(err, ERR_UNSUPPORTED, _("this key cannot sign"));
}

int personal_sign(const struct reach *reach, json_t *params, struct err *err)
{
	const char *path = field_text(params, "key"), *certificate = field_text(params, "certificate");
	struct person person = { 0 };
	json_t *result = NULL;
	int rc = 0;

	if (*path) {
		rc = fetch_text(reach, params, &result, err);
		if (rc == 0)
			rc = read_person(&person, path, certificate, err);
		if (rc == 0)
			rc = sign(&person, field_text(result, "text"), params, err);
		person_clear(&person);
		json_decref(result);
	} else if (*certificate) {
		rc = err_set(err, ERR_RANGE, _("--certificate needs --key"));
	}
	json_object_del(params, "key");
	json_object_del(params, "certificate");
	return rc;
}
