/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DTLS client: datagram by datagram, so that the ClientHello can be sent in odd ways. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/client/client_private.h"

#include <openssl/ec.h>

#define CHROMIUM_PROFILES "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM"

static void make_certificate(X509 **out_cert, EVP_PKEY **out_key)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
				   (const uint8_t *)"viewer", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_set_pubkey(cert, key);
	if (!X509_sign(cert, key, EVP_sha256()))
		abort();
	*out_cert = cert;
	*out_key = key;
}

static int flight_write(BIO *bio, const char *bytes, int len)
{
	struct webrtc_client *client = BIO_get_data(bio);

	if (client->flight_count < CLIENT_DATAGRAMS && len <= CLIENT_MTU) {
		memcpy(client->flight[client->flight_count], bytes, (size_t)len);
		client->flight_len[client->flight_count++] = (size_t)len;
	}
	return len;
}

static int datagram_read(BIO *bio, char *bytes, int size)
{
	struct webrtc_client *client = BIO_get_data(bio);
	int len = (int)client->datagram_len;

	BIO_clear_retry_flags(bio);
	if (!client->datagram || len > size) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(bytes, client->datagram, (size_t)len);
	client->datagram = NULL;
	return len;
}

static long bio_ctrl(BIO *bio, int command, long number, void *ptr)
{
	(void)bio, (void)number, (void)ptr;
	return command == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

/* The station's certificate has to be the one that the answer named. */
static int verify(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct webrtc_client *client = SSL_get_app_data(ssl);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len;

	(void)arg;
	X509_digest(X509_STORE_CTX_get0_cert(store), EVP_sha256(), digest, &len);
	return memcmp(digest, client->remote_fingerprint, 32) == 0;
}

void client_dtls_new(struct webrtc_client *client)
{
	const char *profiles = client->options.srtp_profiles;

	make_certificate(&client->cert, &client->key);
	if (client->options.wrong_fingerprint)
		make_certificate(&client->other_cert, &client->other_key);
	client->bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "client");
	BIO_meth_set_write(client->bio, flight_write);
	BIO_meth_set_read(client->bio, datagram_read);
	BIO_meth_set_ctrl(client->bio, bio_ctrl);
	BIO_meth_set_create(client->bio, bio_create);
	client->ctx = SSL_CTX_new(DTLS_client_method());
	SSL_CTX_set_options(client->ctx, SSL_OP_NO_QUERY_MTU);
	SSL_CTX_set_verify(client->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(client->ctx, verify, NULL);
	if (SSL_CTX_set_tlsext_use_srtp(client->ctx, profiles ? profiles : CHROMIUM_PROFILES) != 0)
		abort();
	if (!client->options.no_certificate) {
		SSL_CTX_use_certificate(client->ctx, client->cert);
		SSL_CTX_use_PrivateKey(client->ctx, client->key);
	}
}

void client_dtls_free(struct webrtc_client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->ctx);
	BIO_meth_free(client->bio);
	X509_free(client->cert);
	X509_free(client->other_cert);
	EVP_PKEY_free(client->key);
	EVP_PKEY_free(client->other_key);
}

void client_dtls_fingerprint(struct webrtc_client *client, char *text)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len;

	X509_digest(client->other_cert ? client->other_cert : client->cert, EVP_sha256(), digest, &len);
	for (unsigned i = 0; i < len; i++)
		sprintf(text + 3 * i, "%02X%s", digest[i], i + 1 < len ? ":" : "");
}

static void send_flight(struct webrtc_client *client)
{
	bool hello = !client->hello_sent && client->flight_count > 0;
	size_t count = client->flight_count;

	for (size_t i = 0; i < count; i++) {
		size_t at = hello && client->options.hello_reversed ? count - 1 - i : i;

		client_send(client, client->flight[at], client->flight_len[at]);
		if (hello && client->options.hello_twice)
			client_send(client, client->flight[at], client->flight_len[at]);
	}
	client->hello_sent |= hello;
	client->flight_count = 0;
}

static unsigned timer(SSL *ssl, unsigned timeout_us)
{
	(void)ssl;
	return timeout_us == 0 ? 100000 : timeout_us * 2;
}

static SSL *start(struct webrtc_client *client, unsigned mtu)
{
	SSL *ssl = SSL_new(client->ctx);
	BIO *bio = BIO_new(client->bio);
	uint8_t alpn[600];

	BIO_set_data(bio, client);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_app_data(ssl, client);
	SSL_set_mtu(ssl, mtu);
	DTLS_set_timer_cb(ssl, timer);
	if (mtu < 1200) {	/* make the ClientHello as long as post-quantum key shares do */
		for (size_t i = 0; i < sizeof alpn; i += 60) {
			memset(alpn + i, 'x', 60);
			alpn[i] = 59;
		}
		SSL_set_alpn_protos(ssl, alpn, sizeof alpn);
	}
	SSL_set_connect_state(ssl);
	return ssl;
}

static void keyed(struct webrtc_client *client)
{
	const char *profile = SSL_get_selected_srtp_profile(client->ssl)->name;
	bool cm = strcmp(profile, "SRTP_AES128_CM_SHA1_80") == 0;
	size_t key_len = strstr(profile, "256") ? 32 : 16, salt_len = cm ? 14 : 12;
	uint8_t keys[92];

	if (SSL_export_keying_material(client->ssl, keys, 2 * (key_len + salt_len), "EXTRACTOR-dtls_srtp",
				       19, NULL, 0, 0) != 1)
		abort();
	snprintf(client->counts.srtp_profile, sizeof client->counts.srtp_profile, "%s", profile);
	client->counts.connected = client_media_start(client, profile, keys, key_len, salt_len) == 0;
}

static void shake(struct webrtc_client *client)
{
	int rc = SSL_do_handshake(client->ssl);

	if (rc == 1)
		keyed(client);
	else if (SSL_get_error(client->ssl, rc) != SSL_ERROR_WANT_READ)
		client->counts.dtls_failed = true;
	send_flight(client);
	ERR_clear_error();
}

void client_dtls_start(struct webrtc_client *client)
{
	client->ssl = start(client, client->options.hello_mtu ? client->options.hello_mtu : 1200);
	shake(client);
}

void client_dtls_take(struct webrtc_client *client, const uint8_t *bytes, size_t len)
{
	char ignored[64];
	int rc;

	if (!client->ssl || client->flights_dropped++ < client->options.drop_first_flights)
		return;
	client->datagram = bytes;
	client->datagram_len = len;
	if (!client->counts.connected) {
		if (!client->counts.dtls_failed)
			shake(client);
		return;
	}
	rc = SSL_read(client->ssl, ignored, sizeof ignored);
	if (rc <= 0 && SSL_get_error(client->ssl, rc) == SSL_ERROR_ZERO_RETURN)
		client->counts.closed = true;
	send_flight(client);
	ERR_clear_error();
}

void client_dtls_tick(struct webrtc_client *client)
{
	if (!client->ssl || client->counts.connected || client->counts.dtls_failed)
		return;
	DTLSv1_handle_timeout(client->ssl);
	send_flight(client);
	ERR_clear_error();
}

void webrtc_client_close(struct webrtc_client *client)
{
	if (!client->counts.connected)
		return;
	SSL_shutdown(client->ssl);
	send_flight(client);
}

size_t webrtc_stranger_hello(uint8_t *out, size_t size)
{
	struct webrtc_client client = { .fd = -1 };
	size_t len;

	client_dtls_new(&client);
	client.ssl = start(&client, 1200);
	SSL_do_handshake(client.ssl);
	len = client.flight_len[0] <= size ? client.flight_len[0] : 0;
	memcpy(out, client.flight[0], len);
	client_dtls_free(&client);
	ERR_clear_error();
	return len;
}
