/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CMS decides only whether the text was signed by the key of a certificate; whether that certificate counts is
 * certs/trust.h's, as for a seat: chain, both CRLs, one role.
 */
#include "station/evidence/personal.h"

#include "station/base/openssl.h"
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <string.h>

#include "certs/trust.h"
#include "station/base/i18n.h"

static int check_signer(const struct trust *trust, CMS_ContentInfo *cms, struct identity *who, struct err *err)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms), *all = CMS_get1_certs(cms);
	int rc;

	if (sk_X509_num(signers) != 1)
		rc = err_set(err, ERR_DENIED, _("the signature must be of exactly one person"));
	else
		rc = trust_verify(trust, sk_X509_value(signers, 0), all, X509_PURPOSE_SSL_CLIENT, err);
	if (rc == 0)
		rc = trust_read_person(who, sk_X509_value(signers, 0), err);
	sk_X509_free(signers);
	sk_X509_pop_free(all, X509_free);
	return rc;
}

static int verify(const struct trust *trust, BIO *in, BIO *text, struct identity *who, struct err *err)
{
	CMS_ContentInfo *cms = d2i_CMS_bio(in, NULL);
	unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_NO_SIGNER_CERT_VERIFY;
	int rc = 0;

	if (!cms || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed || !CMS_is_detached(cms))
		rc = err_set(err, ERR_DENIED, _("this is no detached CMS signature"));
	else if (CMS_verify(cms, NULL, NULL, text, NULL, flags) != 1)
		rc = err_set(err, ERR_DENIED, _("the signature is not of this text, or damaged"));
	else
		rc = check_signer(trust, cms, who, err);
	CMS_ContentInfo_free(cms);
	return rc;
}

int personal_verify(const char *state_path, const char *text, const void *der, size_t len_bytes,
		    struct identity *who, struct err *err)
{
	struct trust trust = { 0 };
	BIO *in, *content;
	int rc = trust_load(&trust, state_path, err);

	if (rc < 0)
		return rc;
	in = BIO_new_mem_buf(der, (int)len_bytes);
	content = BIO_new_mem_buf(text, (int)strlen(text));
	rc = in && content ? verify(&trust, in, content, who, err) : err_set(err, ERR_NOMEM, "out of memory");
	BIO_free(in);
	BIO_free(content);
	trust_clear(&trust);
	return rc;
}
