/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OpenSSL behind a BIO that keeps the borders of datagrams (dtls_bio.h). A flight goes out while
 * dtls_feed or dtls_tick runs.
 *
 * The first retransmission comes after 50 ms instead of OpenSSL's 1 s, because on a lossy line the
 * timer is what decides how long a viewer waits for the picture.
 *
 * DTLSv1_listen is not used: STUN has already proved the return way, and it cannot cope with the
 * ClientHello in several fragments that browsers send since they offer post-quantum key shares.
 */
#include "station/stream/dtls.h"

#include "station/base/openssl.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/stream/dtls_bio.h"
#include "station/stream/dtls_certificate.h"

#define FIRST_TIMEOUT_US 50000
#define TIMEOUT_MAX_US 3200000
#define RESTARTS_MAX 16
#define CIPHERS "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"
#define SRTP_PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80"
#define EXPORT_LABEL "EXTRACTOR-dtls_srtp"	/* RFC 5764 4.2 */

struct dtls_server {
	SSL_CTX *ctx;
	BIO_METHOD *bio;
	uint8_t fingerprint[DTLS_FINGERPRINT_BYTES];
};

struct dtls {
	struct dtls_server *server;
	SSL *ssl;
	enum dtls_state state;
	const char *reason;
	uint8_t fingerprint[DTLS_FINGERPRINT_BYTES];
	bool fingerprint_equal, fingerprint_wrong;
	uint64_t deadline_ns;
	unsigned restarts;
	struct dtls_bio wire;
};

static const struct {
	unsigned long openssl_id;
	size_t key_bytes, salt_bytes;
} profiles[] = {
	[DTLS_SRTP_AEAD_AES_128_GCM] = { SRTP_AEAD_AES_128_GCM, 16, 12 },
	[DTLS_SRTP_AEAD_AES_256_GCM] = { SRTP_AEAD_AES_256_GCM, 32, 12 },
	[DTLS_SRTP_AES128_CM_SHA1_80] = { SRTP_AES128_CM_SHA1_80, 16, 14 },
};

/* --- the server --------------------------------------------------------------------------------- */

/*
 * The whole check of the peer: not who signed the certificate, but whether it is the one that the
 * authorised offer named.
 */
static int verify(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct dtls *dtls = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get0_cert(store);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	(void)arg;
	if (!cert || X509_digest(cert, EVP_sha256(), digest, &len) != 1)
		return 0;
	dtls->fingerprint_equal = len == DTLS_FINGERPRINT_BYTES &&
				  CRYPTO_memcmp(digest, dtls->fingerprint, len) == 0;
	dtls->fingerprint_wrong = !dtls->fingerprint_equal;
	if (dtls->fingerprint_wrong)
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return dtls->fingerprint_equal;
}

static int configure(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION |
				 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
	SSL_CTX_set_read_ahead(ctx, 1);
	return SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, CIPHERS) == 1 &&
	       SSL_CTX_set1_groups_list(ctx, "X25519:P-256") == 1 &&
	       SSL_CTX_set_tlsext_use_srtp(ctx, SRTP_PROFILES) == 0;	/* 0 is success here */
}

static int use_certificate(struct dtls_server *server, struct err *err)
{
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	unsigned len = 0;
	int ok, rc = dtls_certificate_new(&cert, &key, err);

	if (rc < 0)
		return rc;
	ok = SSL_CTX_use_certificate(server->ctx, cert) == 1 &&
	     SSL_CTX_use_PrivateKey(server->ctx, key) == 1 &&
	     X509_digest(cert, EVP_sha256(), server->fingerprint, &len) == 1;
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok ? 0 : err_set(err, ERR_STATE, "DTLS: OpenSSL does not take its own certificate");
}

int dtls_server_new(struct dtls_server **out, struct err *err)
{
	CLEANUP(dtls_server_freep) struct dtls_server *server = calloc(1, sizeof *server);
	int rc;

	if (!server)
		return err_set(err, ERR_NOMEM, "DTLS: out of memory");
	server->bio = dtls_bio_method_new();
	server->ctx = SSL_CTX_new(DTLS_server_method());
	if (!server->bio || !server->ctx)
		return err_set(err, ERR_NOMEM, "DTLS: out of memory");
	if (!configure(server->ctx))
		return err_set(err, ERR_UNSUPPORTED,
			       "DTLS: this OpenSSL lacks a cipher, curve or SRTP profile");
	rc = use_certificate(server, err);
	if (rc < 0)
		return rc;
	*out = MOVE(server);
	return 0;
}

struct dtls_server *dtls_server_free(struct dtls_server *server)
{
	if (!server)
		return NULL;
	SSL_CTX_free(server->ctx);
	BIO_meth_free(server->bio);
	free(server);
	return NULL;
}

const uint8_t *dtls_server_fingerprint(const struct dtls_server *server)
{
	return server->fingerprint;
}

/* --- one viewer --------------------------------------------------------------------------------- */

static unsigned next_timeout_us(SSL *ssl, unsigned timeout_us)
{
	(void)ssl;
	return timeout_us == 0 ? FIRST_TIMEOUT_US : MIN(timeout_us * 2, TIMEOUT_MAX_US);
}

static int start(struct dtls *dtls)
{
	BIO *bio = BIO_new(dtls->server->bio);

	dtls->ssl = SSL_new(dtls->server->ctx);
	if (!dtls->ssl || !bio) {
		BIO_free(bio);
		return ERR_NOMEM;
	}
	BIO_set_data(bio, &dtls->wire);
	SSL_set_bio(dtls->ssl, bio, bio);
	SSL_set_app_data(dtls->ssl, dtls);
	SSL_set_mtu(dtls->ssl, DTLS_BIO_MTU);
	DTLS_set_link_mtu(dtls->ssl, DTLS_BIO_MTU);
	DTLS_set_timer_cb(dtls->ssl, next_timeout_us);
	SSL_set_accept_state(dtls->ssl);
	return 0;
}

int dtls_new(struct dtls **out, struct dtls_server *server, const uint8_t *fingerprint,
	     uint64_t deadline_ns, void (*send)(void *owner, const uint8_t *bytes, size_t len_bytes),
	     void *owner, struct err *err)
{
	CLEANUP(dtls_freep) struct dtls *dtls = calloc(1, sizeof *dtls);

	if (!dtls)
		return err_set(err, ERR_NOMEM, "DTLS: out of memory");
	dtls->server = server;
	dtls->deadline_ns = deadline_ns;
	dtls->wire = (struct dtls_bio){ .send = send, .owner = owner };
	memcpy(dtls->fingerprint, fingerprint, sizeof dtls->fingerprint);
	if (start(dtls) < 0)
		return err_set(err, ERR_NOMEM, "DTLS: out of memory");
	*out = MOVE(dtls);
	return 0;
}

struct dtls *dtls_free(struct dtls *dtls)
{
	if (!dtls)
		return NULL;
	SSL_free(dtls->ssl);
	free(dtls);
	return NULL;
}

static enum dtls_state fail(struct dtls *dtls, const char *reason)
{
	dtls->state = DTLS_FAILED;
	dtls->reason = reason;
	return DTLS_FAILED;
}

/* The handshake broke on something the peer, or somebody in its name, sent. */
static enum dtls_state restart(struct dtls *dtls)
{
	if (dtls->fingerprint_wrong)
		return fail(dtls, "wrong DTLS fingerprint");
	if (++dtls->restarts > RESTARTS_MAX)
		return fail(dtls, "DTLS handshake failed");
	SSL_free(dtls->ssl);
	dtls->ssl = NULL;
	dtls->fingerprint_equal = false;
	return start(dtls) < 0 ? fail(dtls, "out of memory") : DTLS_SHAKING;
}

static enum dtls_state shake(struct dtls *dtls)
{
	int rc;

	ERR_clear_error();
	rc = SSL_do_handshake(dtls->ssl);
	if (rc == 1 && SSL_is_init_finished(dtls->ssl)) {
		if (!dtls->fingerprint_equal)
			return fail(dtls, "wrong DTLS fingerprint");
		if (!SSL_get_selected_srtp_profile(dtls->ssl))
			return fail(dtls, "no common SRTP profile");
		return dtls->state = DTLS_DONE;
	}
	rc = SSL_get_error(dtls->ssl, rc);
	if (rc == SSL_ERROR_WANT_READ || rc == SSL_ERROR_WANT_WRITE)
		return DTLS_SHAKING;
	return restart(dtls);
}

/* After the handshake: a repeated Finished of the peer is answered by OpenSSL; data is not ours. */
static enum dtls_state read_records(struct dtls *dtls)
{
	uint8_t ignored[256];
	int rc;

	ERR_clear_error();
	do
		rc = SSL_read(dtls->ssl, ignored, sizeof ignored);
	while (rc > 0);
	if (SSL_get_error(dtls->ssl, rc) == SSL_ERROR_ZERO_RETURN) {
		dtls->state = DTLS_CLOSED;
		dtls->reason = "closed by the viewer";
	}
	return dtls->state;
}

enum dtls_state dtls_feed(struct dtls *dtls, const uint8_t *bytes, size_t len_bytes)
{
	dtls->wire.datagram = bytes;
	dtls->wire.datagram_bytes = len_bytes;
	if (dtls->state == DTLS_SHAKING)
		shake(dtls);
	else if (dtls->state == DTLS_DONE)
		read_records(dtls);
	dtls->wire.datagram = NULL;
	return dtls->state;
}

uint64_t dtls_due_ns(const struct dtls *dtls)
{
	struct timeval left;
	uint64_t due_ns;

	if (dtls->state != DTLS_SHAKING)
		return UINT64_MAX;
	if (DTLSv1_get_timeout(dtls->ssl, &left) != 1)
		return dtls->deadline_ns;
	due_ns = clock_mono_ns() + (uint64_t)left.tv_sec * NS_PER_S + (uint64_t)left.tv_usec * 1000;
	return MIN(due_ns, dtls->deadline_ns);
}

enum dtls_state dtls_tick(struct dtls *dtls, uint64_t now_ns)
{
	if (dtls->state != DTLS_SHAKING)
		return dtls->state;
	if (now_ns >= dtls->deadline_ns)
		return fail(dtls, "DTLS timed out");
	ERR_clear_error();
	if (DTLSv1_handle_timeout(dtls->ssl) < 0)
		return restart(dtls);
	return dtls->state;
}

enum dtls_state dtls_state(const struct dtls *dtls)
{
	return dtls->state;
}

const char *dtls_reason(const struct dtls *dtls)
{
	return dtls->reason ? dtls->reason : "";
}

static void cut_keys(struct dtls_keys *out, const uint8_t *material)
{
	memcpy(out->client_key, material, out->key_bytes);
	material += out->key_bytes;
	memcpy(out->server_key, material, out->key_bytes);
	material += out->key_bytes;
	memcpy(out->client_salt, material, out->salt_bytes);
	material += out->salt_bytes;
	memcpy(out->server_salt, material, out->salt_bytes);
}

int dtls_export(struct dtls *dtls, struct dtls_keys *out, struct err *err)
{
	SRTP_PROTECTION_PROFILE *chosen;
	uint8_t material[DTLS_KEYS_MAX];
	size_t profile = 0, len;

	if (dtls->state != DTLS_DONE)
		return err_set(err, ERR_STATE, "DTLS: no keys before the handshake is done");
	chosen = SSL_get_selected_srtp_profile(dtls->ssl);
	while (profile < ARRAY_LEN(profiles) && profiles[profile].openssl_id != chosen->id)
		profile++;
	if (profile == ARRAY_LEN(profiles))
		return err_set(err, ERR_UNSUPPORTED, "DTLS: unknown SRTP profile %s", chosen->name);
	*out = (struct dtls_keys){ .profile = (enum dtls_profile)profile,
				   .key_bytes = profiles[profile].key_bytes,
				   .salt_bytes = profiles[profile].salt_bytes };
	len = 2 * (out->key_bytes + out->salt_bytes);
	if (SSL_export_keying_material(dtls->ssl, material, len, EXPORT_LABEL, strlen(EXPORT_LABEL),
				       NULL, 0, 0) != 1)
		return err_set(err, ERR_STATE, "DTLS: key export failed");
	cut_keys(out, material);
	OPENSSL_cleanse(material, sizeof material);
	return 0;
}

void dtls_close(struct dtls *dtls)
{
	if (dtls->state != DTLS_DONE)
		return;
	ERR_clear_error();
	SSL_shutdown(dtls->ssl);
	dtls->state = DTLS_CLOSED;
}
