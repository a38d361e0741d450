/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station/stream/dtls_certificate.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#define DAY_S (24 * 60 * 60L)

static int set_serial(X509 *cert)
{
	uint64_t serial;

	util_random(&serial, sizeof serial);
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1);	/* positive */
}

static int fill(X509 *cert, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -DAY_S) &&	/* a viewer's clock may lag */
	       X509_gmtime_adj(X509_getm_notAfter(cert), 365 * DAY_S) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"ostend", -1, -1,
					  0) &&
	       X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
	       X509_sign(cert, key, EVP_sha256()) > 0;
}

int dtls_certificate_new(X509 **out_cert, EVP_PKEY **out_key, struct err *err)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	if (!key || !cert || !fill(cert, key)) {
		X509_free(cert);
		EVP_PKEY_free(key);
		return err_set(err, ERR_STATE, "DTLS: OpenSSL cannot make a P-256 certificate");
	}
	*out_cert = cert;
	*out_key = key;
	return 0;
}
