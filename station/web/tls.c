/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verdict about a client's certificate is made once, in the handshake, and kept with the SSL
 * object: later requests on the connection use it, and revocation closes the connection.
 */
#include "station/web/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "station/base/clock.h"
#include "station/base/log.h"

struct tls {
	SSL_CTX *ctx;
	struct guard *guard;
	uint64_t told_ns;	/* when a refusal was last logged */
	int identity_index;	/* where SSL keeps the struct identity */
};

static void identity_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long argl,
			  void *argp)
{
	(void)parent, (void)data, (void)index, (void)argl, (void)argp;
	free(ptr);
}

/* One index for the process: OpenSSL has no way to give one back. */
static int identity_index(void)
{
	static int index = -1;

	if (index < 0)
		index = SSL_get_ex_new_index(0, NULL, NULL, NULL, identity_free);
	return index;
}

/* Anybody can cause this line: once a second is enough to know, and cannot push others out of the log. */
static void tell_refused(struct tls *tls, const char *sentence)
{
	uint64_t now_ns = clock_mono_ns();

	if (now_ns - tls->told_ns < NS_PER_S)
		return;
	tls->told_ns = now_ns;
	log_notice("web: a client certificate was refused: %s", sentence);
}

/* Instead of OpenSSL's own chain check: the guard's is that, and CRL, deny list and role beside it. */
static int verify_client(X509_STORE_CTX *ctx, void *arg)
{
	struct tls *tls = arg;
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct identity *identity = calloc(1, sizeof *identity);
	struct err err = { 0 };

	if (!identity || guard_check_certificate(tls->guard, X509_STORE_CTX_get0_cert(ctx),
						 X509_STORE_CTX_get0_untrusted(ctx), identity,
						 &err) < 0) {
		tell_refused(tls, err.text);
		free(identity);
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
		return 0;
	}
	free(SSL_get_ex_data(ssl, tls->identity_index));
	SSL_set_ex_data(ssl, tls->identity_index, identity);
	return 1;
}

/* RFC 7301 3.2: who offers protocols, but not ours, is not talking to us (and may be misled). */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
			   const unsigned char *offered, unsigned offered_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";

	(void)ssl, (void)arg;
	if (SSL_select_next_proto((unsigned char **)out, out_len, ours, sizeof ours - 1, offered,
				  offered_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

static void set_rules(struct tls *tls)
{
	static const unsigned char context[] = "ostend";
	SSL_CTX *ctx = tls->ctx;

	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set1_groups_list(ctx, "X25519:P-256");
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ctx, context, sizeof context - 1);
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, verify_client, tls);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
}

static int check_key_file(const char *path, struct err *err)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return err_os(err, "web: key %s", path);
	if (info.st_mode & 077)
		return err_set(err, ERR_DENIED,
			       "web: key %s may be read by others (mode %03o): chmod 600 it", path,
			       (unsigned)info.st_mode & 0777);
	return 0;
}

static int check_validity(SSL_CTX *ctx, const char *path, struct err *err)
{
	const X509 *certificate = SSL_CTX_get0_certificate(ctx);

	if (X509_cmp_current_time(X509_get0_notBefore(certificate)) >= 0)
		return err_set(err, ERR_STATE,
			       "web: certificate %s is not valid yet: check the clock", path);
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
		return err_set(err, ERR_STATE,
			       "web: certificate %s has expired: make a new one with ostend-certs station",
			       path);
	return 0;
}

static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text ? text : "unknown reason";
}

static int load(SSL_CTX *ctx, const char *certificate_path, const char *key_path, struct err *err)
{
	int rc = check_key_file(key_path, err);

	if (rc < 0)
		return rc;
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate_path) != 1)
		return err_set(err, ERR_OS, "web: certificate %s: %s", certificate_path, reason());
	if (SSL_CTX_use_PrivateKey_file(ctx, key_path, SSL_FILETYPE_PEM) != 1)
		return err_set(err, ERR_DENIED, "web: key %s: %s", key_path, reason());
	return check_validity(ctx, certificate_path, err);
}

int tls_new(struct tls **out, const char *certificate_path, const char *key_path,
	    struct guard *guard, struct err *err)
{
	CLEANUP(tls_freep) struct tls *tls = calloc(1, sizeof *tls);
	int rc;

	if (!tls)
		return err_set(err, ERR_NOMEM, "web: out of memory");
	tls->guard = guard;
	tls->identity_index = identity_index();
	tls->ctx = SSL_CTX_new(TLS_server_method());
	if (!tls->ctx)
		return err_set(err, ERR_NOMEM, "web: TLS: %s", reason());
	set_rules(tls);
	rc = load(tls->ctx, certificate_path, key_path, err);
	if (rc == 0)
		rc = guard_trust(guard, tls->ctx, err);
	if (rc < 0)
		return rc;
	*out = MOVE(tls);
	return 0;
}

struct tls *tls_free(struct tls *tls)
{
	if (!tls)
		return NULL;
	SSL_CTX_free(tls->ctx);
	free(tls);
	return NULL;
}

SSL *tls_accept(struct tls *tls, int fd)
{
	SSL *ssl = SSL_new(tls->ctx);

	if (!ssl || SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_accept_state(ssl);
	return ssl;
}

bool tls_identity(SSL *ssl, struct identity *out)
{
	const struct identity *identity = SSL_get_ex_data(ssl, identity_index());

	if (!identity)
		return false;
	*out = *identity;
	return true;
}

static void address_text(char *text, size_t size, const ASN1_OCTET_STRING *address)
{
	char plain[INET6_ADDRSTRLEN] = "";
	int len = ASN1_STRING_length(address);

	if (len == 4 || len == 16)
		inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), plain,
			  sizeof plain);
	snprintf(text, size, len == 16 ? "[%s]" : "%s", plain);
}

void tls_each_name(const struct tls *tls, void (*name)(void *owner, const char *text), void *owner)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(SSL_CTX_get0_certificate(tls->ctx),
						NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *entry = sk_GENERAL_NAME_value(names, i);
		char text[256] = "";

		if (entry->type == GEN_DNS)
			snprintf(text, sizeof text, "%.*s", ASN1_STRING_length(entry->d.dNSName),
				 (const char *)ASN1_STRING_get0_data(entry->d.dNSName));
		else if (entry->type == GEN_IPADD)
			address_text(text, sizeof text, entry->d.iPAddress);
		if (*text)
			name(owner, text);
	}
	GENERAL_NAMES_free(names);
}
