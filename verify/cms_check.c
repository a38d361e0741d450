/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/cms_check.h"

#include <openssl/cms.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "station/base/i18n.h"

#define SEQUENCE 0x30
#define SET 0x31
#define CONTEXT_0 0xa0
#define OCTETS 0x04
#define BUFFER_MAX 65536

/* AlgorithmIdentifier of SHA-256 without parameters (RFC 5754 2). */
static const uint8_t sha256[] = { 0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1 };
static const uint8_t ecdsa_sha256[] = { 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 };
static const uint8_t id_data[] = { 0x30, 11, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1 };
static const uint8_t id_signed_data[] = { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2 };
static const uint8_t version_1[] = { 2, 1, 1 };

/* DER is written from its end: what is inside first, so that its length is known. */
struct der {
	uint8_t bytes[BUFFER_MAX];
	size_t at;			/* what is written begins here */
	bool full;
};

static void put(struct der *der, const void *bytes, size_t len_bytes)
{
	if (len_bytes > der->at) {
		der->full = true;
		return;
	}
	der->at -= len_bytes;
	memcpy(der->bytes + der->at, bytes, len_bytes);
}

/* Tag and length before all that was written since @end. */
static void wrap(struct der *der, uint8_t tag, size_t end)
{
	size_t len = end - der->at;
	uint8_t head[4] = { tag, (uint8_t)len };

	if (len < 0x80) {
		put(der, head, 2);
	} else if (len < 0x100) {
		put(der, (uint8_t[]){ tag, 0x81, (uint8_t)len }, 3);
	} else {
		put(der, (uint8_t[]){ tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len }, 4);
	}
}

#define PUT_DER(der, i2d, object)                                                                              \
	do {                                                                                                   \
		unsigned char *put_bytes_ = NULL;                                                              \
		int put_len_ = i2d(object, &put_bytes_);                                                       \
		if (put_len_ > 0)                                                                              \
			put(der, put_bytes_, (size_t)put_len_);                                                \
		(der)->full |= put_len_ <= 0;                                                                  \
		OPENSSL_free(put_bytes_);                                                                      \
	} while (0)

static void put_signer(struct der *der, CMS_SignerInfo *signer, X509 *leaf)
{
	const ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(signer);
	size_t end = der->at, inner;

	put(der, ASN1_STRING_get0_data(signature), (size_t)ASN1_STRING_length(signature));
	wrap(der, OCTETS, end);
	put(der, ecdsa_sha256, sizeof ecdsa_sha256);
	inner = der->at;
	for (int i = CMS_signed_get_attr_count(signer) - 1; i >= 0; i--)
		PUT_DER(der, i2d_X509_ATTRIBUTE, CMS_signed_get_attr(signer, i));
	wrap(der, CONTEXT_0, inner);
	put(der, sha256, sizeof sha256);
	inner = der->at;
	PUT_DER(der, i2d_ASN1_INTEGER, X509_get0_serialNumber(leaf));
	PUT_DER(der, i2d_X509_NAME, X509_get_issuer_name(leaf));
	wrap(der, SEQUENCE, inner);
	put(der, version_1, sizeof version_1);
	wrap(der, SEQUENCE, end);
	wrap(der, SET, end);
}

static void put_certificates(struct der *der, STACK_OF(X509) *certificates)
{
	size_t end = der->at;

	for (int i = sk_X509_num(certificates) - 1; i >= 0; i--)
		PUT_DER(der, i2d_X509, sk_X509_value(certificates, i));
	wrap(der, CONTEXT_0, end);
}

/* Whether @bytes are the structure as it is built from its parts (doc/package.md 3). */
static bool is_rebuilt(const void *bytes, size_t len_bytes, CMS_SignerInfo *signer, X509 *leaf,
		       STACK_OF(X509) *certificates)
{
	CLEANUP(util_freep) struct der *der = malloc(sizeof *der);
	const size_t end = sizeof der->bytes;
	size_t inner;

	if (!der)
		return false;
	der->at = end;
	der->full = false;
	put_signer(der, signer, leaf);
	put_certificates(der, certificates);
	put(der, id_data, sizeof id_data);
	inner = der->at;
	put(der, sha256, sizeof sha256);
	wrap(der, SET, inner);
	put(der, version_1, sizeof version_1);
	wrap(der, SEQUENCE, end);
	wrap(der, CONTEXT_0, end);
	put(der, id_signed_data, sizeof id_signed_data);
	wrap(der, SEQUENCE, end);
	return !der->full && end - der->at == len_bytes &&
	       memcmp(der->bytes + der->at, bytes, len_bytes) == 0;
}

static bool same_certificate(X509 *a, X509 *b)
{
	unsigned char *a_bytes = NULL, *b_bytes = NULL;
	int a_len = i2d_X509(a, &a_bytes), b_len = i2d_X509(b, &b_bytes);
	bool same = a_len > 0 && a_len == b_len && memcmp(a_bytes, b_bytes, (size_t)a_len) == 0;

	OPENSSL_free(a_bytes);
	OPENSSL_free(b_bytes);
	return same;
}

static bool all_known(STACK_OF(X509) *certificates, X509 *const *known, size_t known_count)
{
	for (int i = 0; i < sk_X509_num(certificates); i++) {
		bool found = false;

		for (size_t k = 0; !found && k < known_count; k++)
			found = same_certificate(sk_X509_value(certificates, i), known[k]);
		if (!found)
			return false;
	}
	return true;
}

/* What is signed, and by whom: OpenSSL's word, for the signer that we name. */
static bool verify(CMS_ContentInfo *cms, const void *content, size_t content_bytes, X509 *leaf)
{
	BIO *data = content_bytes <= INT32_MAX ? BIO_new_mem_buf(content, (int)content_bytes)
					       : NULL;
	STACK_OF(X509) *signers = sk_X509_new_null();
	bool good = data && signers && sk_X509_push(signers, leaf) &&
		    CMS_verify(cms, signers, NULL, data, NULL,
			       CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY) == 1;

	sk_X509_free(signers);
	BIO_free(data);
	return good;
}

/* The signer's own word for when it was; INT64_MIN: none. */
static int64_t signing_time(CMS_SignerInfo *signer)
{
	int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
	ASN1_TYPE *value = at >= 0 ? X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(signer, at), 0)
				   : NULL;
	struct tm parts;

	if (!value || value->type != V_ASN1_UTCTIME ||
	    !ASN1_TIME_to_tm(value->value.utctime, &parts))
		return INT64_MIN;
	return (int64_t)timegm(&parts) * 1000000;
}

static int check(CMS_ContentInfo *cms, const void *bytes, size_t len_bytes, const void *content,
		 size_t content_bytes, X509 *leaf, X509 *const *known, size_t known_count,
		 int64_t *signed_utc_us, struct err *err)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
	STACK_OF(X509) *certificates;
	int rc = 0;

	if (!signers || sk_CMS_SignerInfo_num(signers) != 1)
		return err_set(err, ERR_PROTO, "%s",
			       _("it is not the signature of exactly one signer"));
	if (!verify(cms, content, content_bytes, leaf))
		return err_set(err, ERR_TAMPER, "%s",
			       _("it is not a signature of the log's certificate on this text: one "
				 "of the two was changed after signing"));
	certificates = CMS_get1_certs(cms);
	if (!certificates || !all_known(certificates, known, known_count))
		rc = err_set(err, ERR_TAMPER, "%s",
			     _("it carries a certificate that is not among those of the package"));
	else if (!is_rebuilt(bytes, len_bytes, sk_CMS_SignerInfo_value(signers, 0), leaf,
			     certificates))
		rc = err_set(err, ERR_TAMPER, "%s",
			     _("it holds something that is not signed, or was changed where a "
			       "signature does not reach"));
	sk_X509_pop_free(certificates, X509_free);
	*signed_utc_us = signing_time(sk_CMS_SignerInfo_value(signers, 0));
	return rc;
}

int cms_check(const void *signature, size_t signature_bytes, const void *content,
	      size_t content_bytes, const struct chain *signer, X509 *const *known,
	      size_t known_count, int64_t *signed_utc_us, struct err *err)
{
	const unsigned char *at = signature;
	CMS_ContentInfo *cms = signature_bytes < BUFFER_MAX
				       ? d2i_CMS_ContentInfo(NULL, &at, (long)signature_bytes)
				       : NULL;
	int rc;

	if (!cms || at != (const unsigned char *)signature + signature_bytes ||
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		rc = err_set(err, ERR_PROTO, "%s", _("it is not a CMS signature"));
	else
		rc = check(cms, signature, signature_bytes, content, content_bytes,
			   signer->certificates[0], known, known_count, signed_utc_us, err);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return rc;
}
