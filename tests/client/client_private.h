/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client_private.h - the parts of the test viewer: ICE and SDP, DTLS, media. */
#ifndef OSTEND_TESTS_CLIENT_PRIVATE_H
#define OSTEND_TESTS_CLIENT_PRIVATE_H

#include "station/base/openssl.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <srtp2/srtp.h>

#include "tests/client/webrtc_client.h"

#define CLIENT_MTU 1500
#define CLIENT_RING 2048	/* packets kept for putting in order; a power of two */
#define CLIENT_DATAGRAMS 16	/* of one DTLS flight */

struct client_slot {		/* a packet that came too early */
	uint8_t *payload;
	size_t len;
	uint32_t ts;
	bool marker;
	uint64_t index;
};

struct client_media {
	srtp_t in, out;
	uint32_t own_ssrc, video_ssrc, rtx_ssrc;
	uint8_t video_pt, rtx_pt;
	bool started;
	uint64_t next;			/* index (64-bit sequence number) that comes next in order */
	uint64_t highest;
	uint64_t received;
	uint64_t gap_since_ns, nacked_ns;
	struct client_slot ring[CLIENT_RING];
	uint8_t *unit;			/* the access unit being put together */
	size_t unit_len, unit_room;
	bool unit_broken, unit_key;
	uint32_t unit_ts;
	uint32_t lsr;
	uint64_t lsr_ns;
	uint32_t random;
	uint64_t next_rr_ns;
};

struct webrtc_client {
	struct webrtc_client_options options;
	struct webrtc_client_counts counts;
	int fd;
	struct sockaddr_in self, remote;
	bool answered, silent;
	char offer[WEBRTC_OFFER_MAX];
	char ufrag[17], pwd[33], remote_ufrag[64], remote_pwd[128];
	uint8_t remote_fingerprint[32];
	uint8_t transaction[12];
	uint64_t next_check_ns;
	/* DTLS */
	X509 *cert, *other_cert;
	EVP_PKEY *key, *other_key;
	SSL_CTX *ctx;
	SSL *ssl;
	BIO_METHOD *bio;
	const uint8_t *datagram;
	size_t datagram_len;
	uint8_t flight[CLIENT_DATAGRAMS][CLIENT_MTU];
	size_t flight_len[CLIENT_DATAGRAMS], flight_count;
	bool hello_sent;
	unsigned flights_dropped;
	struct client_media media;
};

uint64_t client_now_ns(void);
void client_send(struct webrtc_client *client, const void *bytes, size_t len);

/* ICE and SDP */
void client_ice_new(struct webrtc_client *client);
int client_read_answer(struct webrtc_client *client, const char *answer);
bool client_take_stun(struct webrtc_client *client, const uint8_t *bytes, size_t len);
size_t client_make_check(struct webrtc_client *client, uint8_t *out, enum webrtc_stun_fault fault);

/* DTLS */
void client_dtls_new(struct webrtc_client *client);	/* certificate and context */
void client_dtls_free(struct webrtc_client *client);
void client_dtls_fingerprint(struct webrtc_client *client, char *text);	/* of the certificate that the offer names */
void client_dtls_start(struct webrtc_client *client);
void client_dtls_take(struct webrtc_client *client, const uint8_t *bytes, size_t len);
void client_dtls_tick(struct webrtc_client *client);

/* media */
int client_media_start(struct webrtc_client *client, const char *profile, const uint8_t *keys,
		       size_t key_len, size_t salt_len);
void client_media_free(struct webrtc_client *client);
void client_media_take(struct webrtc_client *client, uint8_t *bytes, size_t len);
void client_media_tick(struct webrtc_client *client, uint64_t now_ns);
size_t client_make_pli(struct webrtc_client *client, uint8_t *out);	/* in the clear */
size_t client_protect_rtcp(struct webrtc_client *client, uint8_t *bytes, size_t len);

#endif
