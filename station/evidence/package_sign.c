/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OpenSSL builds the SignerInfo for the certificate's public key, which is all of the key that is here; it is not
 * asked to sign. The bytes to be signed are the attributes as a SET OF in DER (RFC 5652 5.4), which it makes for
 * itself only: they are put together here.
 */
#include "station/evidence/package_sign.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>

struct package_signature {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *signer;		/* in cms */
	void *bytes;
	size_t len_bytes;
	time_t utc_s;
};

struct package_signature *package_signature_free(struct package_signature *signature)
{
	if (!signature)
		return NULL;
	CMS_ContentInfo_free(signature->cms);
	free(signature->bytes);
	free(signature);
	return NULL;
}

static bool add_signer(struct package_signature *signature, X509 *leaf, X509 *ca)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	unsigned flags = CMS_PARTIAL | CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES | CMS_NOCERTS;

	signature->cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_DETACHED | CMS_BINARY);
	if (!signature->cms || !key)
		return false;
	signature->signer = CMS_add1_signer(signature->cms, leaf, key, EVP_sha256(), flags);
	return signature->signer && CMS_add1_cert(signature->cms, leaf) == 1 && CMS_add1_cert(signature->cms, ca) == 1;
}

static bool add_attributes(struct package_signature *signature)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, signature->utc_s);
	ASN1_OBJECT *data = OBJ_nid2obj(NID_pkcs7_data);
	unsigned char digest[32];
	bool good = time && EVP_Digest(signature->bytes, signature->len_bytes, digest, NULL, EVP_sha256(), NULL) == 1 &&
		    CMS_signed_add1_attr_by_NID(signature->signer, NID_pkcs9_contentType, V_ASN1_OBJECT, data, -1) == 1 &&
		    CMS_signed_add1_attr_by_NID(signature->signer, NID_pkcs9_signingTime, time->type, time, -1) == 1 &&
		    CMS_signed_add1_attr_by_NID(signature->signer, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, digest,
						sizeof digest) == 1;

	ASN1_TIME_free(time);
	return good;
}

/* --- what is signed ------------------------------------------------------------------------------ */

struct encoded { unsigned char *der; int len; };

/* X.690 11.6: the elements of a SET OF stand in the order of their bytes, the shorter as if filled with zeroes. */
static int by_bytes(const void *a, const void *b)
{
	const struct encoded *left = a, *right = b;
	int order = memcmp(left->der, right->der, (size_t)MIN(left->len, right->len));

	return order ? order : left->len - right->len;
}

static bool digest_set(const struct encoded *attributes, int count, uint8_t digest[32])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char head[6], *at = head;
	int length = 0;
	bool good;

	for (int i = 0; i < count; i++)
		length += attributes[i].len;
	ASN1_put_object(&at, 1, length, V_ASN1_SET, V_ASN1_UNIVERSAL);
	good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
	       EVP_DigestUpdate(context, head, (size_t)(at - head)) == 1;
	for (int i = 0; i < count && good; i++)
		good = EVP_DigestUpdate(context, attributes[i].der, (size_t)attributes[i].len) == 1;
	good = good && EVP_DigestFinal_ex(context, digest, NULL) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

#define ATTRIBUTES_MAX 8

static bool digest_attributes(struct package_signature *signature, uint8_t digest[32])
{
	struct encoded attributes[ATTRIBUTES_MAX] = { 0 };
	int count = CMS_signed_get_attr_count(signature->signer);
	bool good = count > 0 && count <= ATTRIBUTES_MAX;

	for (int i = 0; good && i < count; i++) {
		attributes[i].len = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(signature->signer, i), &attributes[i].der);
		good = attributes[i].len > 0;
	}
	if (good) {
		qsort(attributes, (size_t)count, sizeof *attributes, by_bytes);
		good = digest_set(attributes, count, digest);
	}
	for (int i = 0; i < ATTRIBUTES_MAX; i++)
		OPENSSL_free(attributes[i].der);
	return good;
}

int package_signature_new(struct package_signature **out, X509 *leaf, X509 *ca, const void *bytes, size_t len_bytes,
			  uint64_t utc_us, uint8_t digest[32], struct err *err)
{
	CLEANUP(package_signature_freep) struct package_signature *signature = calloc(1, sizeof *signature);

	if (!X509_get0_pubkey(leaf) || EVP_PKEY_get_base_id(X509_get0_pubkey(leaf)) != EVP_PKEY_EC)
		return err_set(err, ERR_UNSUPPORTED, "package: the log's certificate has no P-256 key");
	if (signature)
		signature->bytes = malloc(len_bytes + 1);
	if (!signature || !signature->bytes)
		return err_set(err, ERR_NOMEM, "package: out of memory for the signature");
	memcpy(signature->bytes, bytes, len_bytes);
	signature->len_bytes = len_bytes;
	signature->utc_s = (time_t)(utc_us / 1000000);
	if (!add_signer(signature, leaf, ca) || !add_attributes(signature) || !digest_attributes(signature, digest))
		return err_set(err, ERR_NOMEM, "package: the signature cannot be prepared: out of memory, or the log's "
			       "certificate is not one for signing");
	*out = MOVE(signature);
	return 0;
}

/* --- the end ------------------------------------------------------------------------------------- */

/* What was written, read again: as it is held here, the attributes are not in their order yet. */
static bool verifies(struct package_signature *signature, X509 *root, const unsigned char *der, int len)
{
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &der, len);
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param = store ? X509_STORE_get0_param(store) : NULL;
	BIO *content = BIO_new_mem_buf(signature->bytes, (int)signature->len_bytes);
	bool good = cms && param && content && X509_STORE_add_cert(store, root) == 1 &&
		    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY) == 1;

	if (good) {
		X509_VERIFY_PARAM_set_time(param, signature->utc_s);
		good = CMS_verify(cms, NULL, store, content, NULL, CMS_BINARY | CMS_CADES) == 1;
	}
	BIO_free(content);
	X509_STORE_free(store);
	CMS_ContentInfo_free(cms);
	return good;
}

int package_signature_finish(struct package_signature *signature, const void *der, size_t der_bytes, X509 *root,
			     void **p7s, size_t *p7s_bytes, struct err *err)
{
	ASN1_OCTET_STRING *place = CMS_SignerInfo_get0_signature(signature->signer);
	unsigned char *made = NULL;
	int len, rc = 0;

	if (!place || ASN1_STRING_set(place, der, (int)der_bytes) != 1)
		return err_set(err, ERR_NOMEM, "package: out of memory for the signature");
	len = i2d_CMS_ContentInfo(signature->cms, &made);
	*p7s = len > 0 ? malloc((size_t)len) : NULL;
	if (!*p7s) {
		rc = err_set(err, ERR_NOMEM, "package: out of memory for the signature");
	} else if (!verifies(signature, root, made, len)) {
		free(*p7s);
		rc = err_set(err, ERR_TAMPER, "package: the signer's signature does not verify with the certificate of the log "
			     "(certs/log.pem) up to the root");
	} else {
		memcpy(*p7s, made, (size_t)len);
		*p7s_bytes = (size_t)len;
	}
	if (rc < 0)
		*p7s = NULL;
	OPENSSL_free(made);
	return rc;
}
