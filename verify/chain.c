/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/chain.h"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "station/base/i18n.h"

#define DOCUMENT_SIGNING "1.3.6.1.5.5.7.3.36"	/* id-kp-documentSigning, RFC 9336 3.1 */
#define AUTH_LEVEL 2		/* X509_VERIFY_PARAM_set_auth_level(3): 112 bits; no SHA-1, no RSA below 2048 */

int chain_read(struct chain *chain, const char *pem, size_t len_bytes, struct err *err)
{
	BIO *text = len_bytes <= INT32_MAX ? BIO_new_mem_buf(pem, (int)len_bytes) : NULL;
	X509 *certificate = NULL;
	bool whole;

	chain->count = 0;
	ERR_clear_error();
	while (text && (certificate = PEM_read_bio_X509(text, NULL, NULL, NULL)) &&
	       chain->count < CHAIN_MAX)
		chain->certificates[chain->count++] = certificate;
	/* the text must have ended, and not in a certificate that cannot be read, nor with one too many */
	whole = !certificate && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	if (!whole)
		X509_free(certificate);
	BIO_free(text);
	ERR_clear_error();
	if (whole && chain->count)
		return 0;
	chain_clear(chain);
	return err_set(err, ERR_PROTO, _("it does not hold 1 to %d certificates in PEM"),
		       CHAIN_MAX);
}

void chain_clear(struct chain *chain)
{
	while (chain->count)
		X509_free(chain->certificates[--chain->count]);
}

static bool set_up(X509_STORE_CTX *context, X509_STORE *store, const struct chain *chain,
		   STACK_OF(X509) *between, int64_t utc_us)
{
	X509_VERIFY_PARAM *param;

	for (unsigned i = 1; i < chain->count; i++)
		if (!sk_X509_push(between, chain->certificates[i]))
			return false;
	if (!X509_STORE_CTX_init(context, store, chain->certificates[0], between))
		return false;
	param = X509_STORE_CTX_get0_param(context);
	if (utc_us == CHAIN_ANY_TIME)
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
	else
		X509_VERIFY_PARAM_set_time(param, (time_t)(utc_us / 1000000));
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX);
	return true;
}

static int judge(X509_STORE_CTX *context, struct err *err)
{
	int reason;

	if (X509_verify_cert(context) == 1)
		return 0;
	reason = X509_STORE_CTX_get_error(context);
	return err_set(err,
		       reason == X509_V_ERR_CERT_HAS_EXPIRED ||
				       reason == X509_V_ERR_CERT_NOT_YET_VALID
			       ? ERR_TIMEOUT
			       : ERR_DENIED,
		       "%s", X509_verify_cert_error_string(reason));
}

static int verify(const struct chain *chain, X509 *root, int64_t utc_us, struct err *err)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();
	int rc = ERR_NOMEM;

	if (store && context && between && chain->count && X509_STORE_add_cert(store, root) &&
	    set_up(context, store, chain, between, utc_us))
		rc = judge(context, err);
	else
		err_set(err, rc, "out of memory");
	sk_X509_free(between);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	ERR_clear_error();
	return rc;
}

int chain_verify(const struct chain *chain, X509 *root, int64_t utc_us, struct err *err)
{
	int rc = verify(chain, root, utc_us, err);

	/* a chain whose dates are wrong may be wrong in more than that, which OpenSSL did not come to */
	if (rc == ERR_TIMEOUT && verify(chain, root, CHAIN_ANY_TIME, NULL) < 0)
		return verify(chain, root, CHAIN_ANY_TIME, err);
	return rc;
}

/* None, or that for signing documents alone (RFC 9336): not one that opens connections. */
static bool signs_only(X509 *leaf)
{
	EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	bool good = uses && sk_ASN1_OBJECT_num(uses) == 1;
	char oid[64];

	good = good && OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(uses, 0), 1) > 0 &&
	       strcmp(oid, DOCUMENT_SIGNING) == 0;
	EXTENDED_KEY_USAGE_free(uses);
	return good;
}

int chain_check_signer(X509 *leaf, struct err *err)
{
	uint32_t flags = X509_get_extension_flags(leaf);

	if (flags & (EXFLAG_INVALID | EXFLAG_CRITICAL))
		return err_set(err, ERR_DENIED, "%s",
			       _("the signer's certificate has parts that cannot be read"));
	if (flags & EXFLAG_CA)
		return err_set(err, ERR_DENIED, "%s",
			       _("the signer's certificate is one of an authority, not of a signer"));
	if ((flags & EXFLAG_XKUSAGE) && !signs_only(leaf))
		return err_set(err, ERR_DENIED, "%s",
			       _("the signer's certificate is one for connections, not for evidence"));
	if ((flags & EXFLAG_KUSAGE) && !(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
		return err_set(err, ERR_DENIED, "%s",
			       _("the signer's certificate is not one for signatures"));
	return 0;
}

void chain_name(X509 *certificate, char *name, size_t size)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	ASN1_STRING *text = at >= 0 ? X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))
				    : NULL;
	unsigned char *utf8 = NULL;
	int len = text ? ASN1_STRING_to_UTF8(&utf8, text) : -1;

	if (len > 0)
		snprintf(name, size, "%.*s", len, (const char *)utf8);
	else
		X509_NAME_oneline(subject, name, (int)size);
	OPENSSL_free(utf8);
}

void chain_fingerprint(X509 *certificate, char text[96])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len_bytes = 0;

	text[0] = '\0';
	if (!X509_digest(certificate, EVP_sha256(), digest, &len_bytes))
		return;
	for (unsigned i = 0; i < len_bytes; i++)
		snprintf(text + 3 * i, 4, "%02X%s", digest[i], i + 1 < len_bytes ? ":" : "");
}
