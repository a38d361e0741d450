/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Foreign text (names, hosts) goes in as values, never through OpenSSL's configuration syntax, where a
 * comma in a name would add an extension.
 */
#include "certs/issue.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERIAL_BITS 127
#define S_PER_DAY 86400
#define US_PER_S INT64_C(1000000)
/*
 * time(2), by which OpenSSL judges, is some milliseconds behind the clock that the times here come from, and so the
 * second before: what is checked right after it was made would not be valid yet.
 */
#define BEHIND_S 1

int issue_error(struct err *err, int code, const char *format, ...)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	char text[sizeof err->text];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ERR_clear_error();
	return reason ? err_set(err, code, "%s: %s", text, reason) : err_set(err, code, "%s", text);
}

int issue_key(EVP_PKEY **out, enum profile_kind profile, struct err *err)
{
	EVP_PKEY *key = profiles[profile].ed25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_EC_gen("P-256");

	if (!key)
		return issue_error(err, ERR_NOMEM, "making a key");
	*out = key;
	return 0;
}

bool issue_is_p256(const EVP_PKEY *key)
{
	char group[32] = "";

	return key && EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof group, NULL) &&
	       (!strcmp(group, "prime256v1") || !strcmp(group, "P-256"));
}

int64_t issue_time_us(const ASN1_TIME *asn1)
{
	struct tm parts;

	if (!asn1 || !ASN1_TIME_to_tm(asn1, &parts))
		return INT64_MIN;
	return (int64_t)timegm(&parts) * US_PER_S;
}

int issue_id(char *id, const X509 *certificate, struct err *err)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len_bytes;

	if (!X509_digest(certificate, EVP_sha256(), digest, &len_bytes))
		return issue_error(err, ERR_NOMEM, "certificate: digest");
	util_hex(id, digest, len_bytes);
	return 0;
}

static bool set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool done = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
		    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));

	BN_free(number);
	return done;
}

/* RFC 5280 4.1.2.5: no fractions of a second; the end is the last second that is still good. */
static bool set_validity(X509 *certificate, const struct issue_request *request, const X509 *issuer)
{
	int days = request->days ? request->days : profiles[request->profile].days;
	time_t from = (time_t)(request->from_utc_us / US_PER_S) - BEHIND_S;
	time_t until = from + (time_t)days * S_PER_DAY - 1;

	if (issuer)
		until = MIN(until, (time_t)(issue_time_us(X509_get0_notAfter(issuer)) / US_PER_S));
	return ASN1_TIME_set(X509_getm_notBefore(certificate), from) &&
	       ASN1_TIME_set(X509_getm_notAfter(certificate), until);
}

static bool add_name(X509_NAME *name, const char *field, const char *text)
{
	return !text || X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const uint8_t *)text, -1,
						   -1, 0);
}

static int set_subject(X509 *certificate, const struct issue_request *request, struct err *err)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	const char *common = request->common_name ? request->common_name
						  : profiles[request->profile].common_name;

	if (!add_name(name, "O", request->organization) || !add_name(name, "OU", request->role) ||
	    !add_name(name, "CN", common))
		return issue_error(err, ERR_RANGE, "the name \"%s\" does not fit in a certificate",
				   common);
	return 0;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	bool added;
	X509V3_CTX context;

	if (!value)
		return true;
	X509V3_set_ctx(&context, issuer ? issuer : certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_nconf_nid(NULL, &context, nid, value);
	added = extension && X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	return added;
}

static GENERAL_NAME *name_of_host(const char *host)
{
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text;

	if (!name || address) {
		if (name)
			GENERAL_NAME_set0_value(name, GEN_IPADD, address);
		return name;
	}
	text = ASN1_IA5STRING_new();
	if (text && ASN1_STRING_set(text, host, -1))
		GENERAL_NAME_set0_value(name, GEN_DNS, text);
	return name;
}

static GENERAL_NAME *name_of_role(const char *role)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	char uri[64];

	snprintf(uri, sizeof uri, ROLE_URI "%s", role);
	if (name && text && ASN1_STRING_set(text, uri, -1))
		GENERAL_NAME_set0_value(name, GEN_URI, text);
	return name;
}

/* A name that a browser compares with: letters, digits, dots, dashes (RFC 1123 2.1). */
static bool is_host(const char *host)
{
	size_t len = strlen(host);

	return len > 0 && len < 254 && host[0] != '.' && host[0] != '-' &&
	       strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == len;
}

static bool is_address(const char *host)
{
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
	bool is = address;

	ASN1_OCTET_STRING_free(address);
	ERR_clear_error();
	return is;
}

static int add_alternatives(X509 *certificate, const struct issue_request *request, struct err *err)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	int rc = 0;

	if (!names)
		return err_set(err, ERR_NOMEM, "certificate: out of memory");
	if (request->role)
		sk_GENERAL_NAME_push(names, name_of_role(request->role));
	for (const char *const *host = request->hosts; host && *host && !rc; host++) {
		if (!is_host(*host) && !is_address(*host))
			rc = err_set(err, ERR_RANGE, "\"%s\" is neither a host name nor an address",
				     *host);
		else
			sk_GENERAL_NAME_push(names, name_of_host(*host));
	}
	ERR_clear_error();	/* a2i_IPADDRESS leaves a reason for each host name */
	if (!rc && sk_GENERAL_NAME_num(names) > 0 &&
	    !X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT))
		rc = issue_error(err, ERR_NOMEM, "certificate: alternative names");
	GENERAL_NAMES_free(names);
	return rc;
}

static bool add_extensions(X509 *certificate, X509 *issuer, const struct profile *profile)
{
	return add_extension(certificate, issuer, NID_basic_constraints, profile->basic_constraints) &&
	       add_extension(certificate, issuer, NID_key_usage, profile->key_usage) &&
	       add_extension(certificate, issuer, NID_ext_key_usage, profile->extended_key_usage) &&
	       add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
	       add_extension(certificate, issuer, NID_authority_key_identifier,
			     issuer ? "keyid:always" : NULL);
}

bool issue_fits(const struct profile *profile, const EVP_PKEY *key)
{
	return profile->ed25519 ? key && EVP_PKEY_is_a(key, "ED25519") : issue_is_p256(key);
}

static int check_request(const struct issue_request *request, const EVP_PKEY *key, struct err *err)
{
	const struct profile *profile = &profiles[request->profile];

	if (request->days < 0 || request->days > profile->days_max)
		return err_set(err, ERR_RANGE, "a %s certificate lives 1 to %d days, not %d",
			       profile->name, profile->days_max, request->days);
	if (!issue_fits(profile, key))
		return err_set(err, ERR_RANGE, "the key is not %s, the one kind used for this",
			       profile->ed25519 ? "Ed25519" : "ECDSA P-256");
	return 0;
}

int issue_certificate(X509 **out, const struct issue_request *request, EVP_PKEY *key,
		      const struct issuer *issuer, struct err *err)
{
	CLEANUP(X509_freep) X509 *certificate = X509_new();
	X509 *by = issuer->certificate;
	int rc = check_request(request, key, err);

	if (rc < 0)
		return rc;
	if (!certificate || !X509_set_version(certificate, X509_VERSION_3) || !set_serial(certificate) ||
	    !set_validity(certificate, request, by) || !X509_set_pubkey(certificate, key))
		return issue_error(err, ERR_NOMEM, "making a certificate");
	rc = set_subject(certificate, request, err);
	if (rc < 0)
		return rc;
	if (!X509_set_issuer_name(certificate, X509_get_subject_name(by ? by : certificate)) ||
	    !add_extensions(certificate, by, &profiles[request->profile]))
		return issue_error(err, ERR_NOMEM, "making a certificate");
	rc = add_alternatives(certificate, request, err);
	if (rc < 0)
		return rc;
	if (!X509_sign(certificate, issuer->key, EVP_sha256()))
		return issue_error(err, ERR_OS, "signing a certificate");
	*out = MOVE(certificate);
	return 0;
}

int issue_record(struct issued *out, X509 *certificate, const struct issue_request *request,
		 struct err *err)
{
	const struct profile *profile = &profiles[request->profile];
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	char *serial = number ? BN_bn2hex(number) : NULL;
	const char *name = request->common_name ? request->common_name : profile->common_name;
	int rc = serial ? issue_id(out->id, certificate, err) : ERR_NOMEM;

	if (serial)
		snprintf(out->serial, sizeof out->serial, "%s", serial);
	snprintf(out->name, sizeof out->name, "%s", name);
	snprintf(out->profile, sizeof out->profile, "%s", profile->name);
	snprintf(out->role, sizeof out->role, "%s", request->role ? request->role : "");
	out->from_utc_us = issue_time_us(X509_get0_notBefore(certificate));
	out->until_utc_us = issue_time_us(X509_get0_notAfter(certificate));
	OPENSSL_free(serial);
	BN_free(number);
	return rc;
}

static bool add_revoked(X509_CRL *crl, const struct issued *issued)
{
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)(issued->revoked_utc_us / US_PER_S));
	BIGNUM *number = NULL;
	ASN1_INTEGER *serial = BN_hex2bn(&number, issued->serial) ? BN_to_ASN1_INTEGER(number, NULL)
								   : NULL;
	bool done = revoked && when && serial && X509_REVOKED_set_serialNumber(revoked, serial) &&
		    X509_REVOKED_set_revocationDate(revoked, when) && X509_CRL_add0_revoked(crl, revoked);

	if (!done)
		X509_REVOKED_free(revoked);
	ASN1_TIME_free(when);
	ASN1_INTEGER_free(serial);
	BN_free(number);
	return done;
}

/* The root signs the issuing CA's certificate only; the issuing CA all others. */
static bool is_issuers(const struct issued *issued, bool root)
{
	return root == !strcmp(issued->profile, profiles[PROFILE_CA].name) &&
	       strcmp(issued->profile, profiles[PROFILE_ROOT].name);
}

static bool add_all_revoked(X509_CRL *crl, const struct records *issued, bool root)
{
	const struct issued *items = issued->items;

	for (size_t i = 0; i < issued->count; i++)
		if (items[i].revoked_utc_us && is_issuers(&items[i], root) && !add_revoked(crl, &items[i]))
			return false;
	return true;
}

/* RFC 5280 5.2.3: a number that only grows. The time does, and needs no file of its own. */
static bool add_crl_extensions(X509_CRL *crl, X509 *issuer, int64_t now_utc_us)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509V3_CTX context;
	X509_EXTENSION *key_id;
	bool done;

	X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
	key_id = X509V3_EXT_nconf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
	done = number && key_id && ASN1_INTEGER_set_int64(number, now_utc_us / 1000) &&
	       X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) &&
	       X509_CRL_add_ext(crl, key_id, -1);
	X509_EXTENSION_free(key_id);
	ASN1_INTEGER_free(number);
	return done;
}

int issue_crl(X509_CRL **out, const struct issuer *issuer, const struct records *issued,
	      int64_t now_utc_us, int days, struct err *err)
{
	CLEANUP(X509_CRL_freep) X509_CRL *crl = X509_CRL_new();
	time_t now = (time_t)(now_utc_us / US_PER_S);
	ASN1_TIME *last = ASN1_TIME_set(NULL, now - BEHIND_S);
	ASN1_TIME *next = ASN1_TIME_set(NULL, now + (time_t)days * S_PER_DAY);
	X509_NAME *name = X509_get_subject_name(issuer->certificate);
	bool is_root = X509_NAME_cmp(name, X509_get_issuer_name(issuer->certificate)) == 0;
	bool done = crl && last && next && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
		    X509_CRL_set_issuer_name(crl, name) && X509_CRL_set1_lastUpdate(crl, last) &&
		    X509_CRL_set1_nextUpdate(crl, next) && add_all_revoked(crl, issued, is_root) &&
		    X509_CRL_sort(crl) && add_crl_extensions(crl, issuer->certificate, now_utc_us) &&
		    X509_CRL_sign(crl, issuer->key, EVP_sha256());

	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	if (!done)
		return issue_error(err, ERR_NOMEM, "making a revocation list");
	*out = MOVE(crl);
	return 0;
}
