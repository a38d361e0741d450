/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * webrtc_client.h - a viewer for tests and benchmarks: ICE (controlling), DTLS client, SRTP receiver.
 *
 * Written from the RFCs beside the station's own code and sharing none of its protocols (only the one
 * start of libsrtp in a process), so that a mistake in one shows in the other. The offer and the answer are text: how they travel is the caller's affair. A
 * client belongs to one thread; many clients may be driven together by webrtc_clients_run.
 * It can be made hostile.
 */
#ifndef OSTEND_TESTS_WEBRTC_CLIENT_H
#define OSTEND_TESTS_WEBRTC_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct webrtc_client;

#define WEBRTC_OFFER_MAX 4096

struct webrtc_client_options {
	/* the receiver */
	unsigned loss_percent;		/* of incoming RTP packets, by a fixed generator from @seed */
	uint32_t seed;
	bool nack;			/* ask again for what is missing */
	bool pli_on_gap;		/* ask for a keyframe when a gap is given up */
	unsigned rr_ms;			/* a receiver report each so often; 0: none */
	unsigned check_ms;		/* STUN check each so often once connected; 0: 1000 */
	const char *srtp_profiles;	/* OpenSSL's names; NULL: SHA1_80 first, then GCM, as Chromium lists */
	void (*access_unit)(void *owner, const uint8_t *bytes, size_t len_bytes, uint32_t ts_90k);
	void *owner;			/* whole access units, Annex B, in order */
	/* mistakes and malice */
	bool wrong_fingerprint;		/* the offer names another certificate than DTLS shows */
	bool no_certificate;		/* DTLS shows none */
	unsigned hello_mtu;		/* cut the ClientHello to datagrams of this size; 0: 1200 */
	bool hello_reversed;		/* ... sent last fragment first */
	bool hello_twice;		/* ... and every fragment twice */
	unsigned drop_first_flights;	/* lose this many whole datagrams of the server's DTLS */
	bool never_dtls;		/* STUN only */
};

struct webrtc_client_counts {
	bool checked, connected, closed;	/* STUN answered; SRTP keyed; close_notify or BYE came */
	bool dtls_failed;
	uint64_t datagrams, packets, bytes;	/* all received; RTP that opened */
	uint64_t retransmitted;			/* RTP that came by RTX */
	uint64_t failed;			/* RTP and RTCP that libsrtp refused */
	uint64_t before_keys;			/* RTP or RTCP that came before DTLS was done */
	uint64_t lost_on_purpose, recovered, given_up;
	uint64_t access_units, keyframes, broken_access_units;
	uint64_t srs, byes, wrong_extensions;
	uint64_t stun_answers;
	uint16_t first_sequence, last_sequence;
	uint32_t last_sr_rtp;
	uint64_t last_sr_ntp;
	uint64_t offered_ns, first_packet_ns, first_keyframe_ns;	/* monotonic; keyframe: complete */
	char srtp_profile[32];
};

/** A socket on @bind_ip ("127.0.0.1"), a certificate, ufrag and password. Aborts on a lack of memory. */
struct webrtc_client *webrtc_client_new(const char *bind_ip, const struct webrtc_client_options *options);
struct webrtc_client *webrtc_client_free(struct webrtc_client *client);

/** The offer: one recvonly H.264 section with RTX; valid for the client's life. */
const char *webrtc_client_offer(struct webrtc_client *client);

/** Take the answer and start checking its first candidate; 0, or -1 when the answer lacks something. */
int webrtc_client_answer(struct webrtc_client *client, const char *answer);

/** Handle what has come and what is due; never waits. */
void webrtc_client_step(struct webrtc_client *client);

/**
 * Drive @count clients until @done says so or @timeout_ms have passed.
 * @return what @done said last
 */
bool webrtc_clients_run(struct webrtc_client **clients, size_t count,
			bool (*done)(void *owner, struct webrtc_client **clients, size_t count),
			void *owner, unsigned timeout_ms);

const struct webrtc_client_counts *webrtc_client_counts(const struct webrtc_client *client);
int webrtc_client_fd(const struct webrtc_client *client);
uint16_t webrtc_client_port(const struct webrtc_client *client);
const char *webrtc_client_remote_ufrag(const struct webrtc_client *client);

/* --- single acts --------------------------------------------------------------------------------- */

void webrtc_client_close(struct webrtc_client *client);	/* DTLS close_notify */
void webrtc_client_silence(struct webrtc_client *client);	/* vanish: no check, no report, no NACK */
void webrtc_client_send_pli(struct webrtc_client *client);
void webrtc_client_send_rr(struct webrtc_client *client);
void webrtc_client_send_nack(struct webrtc_client *client, const uint16_t *sequences, size_t count);

enum webrtc_damage {
	WEBRTC_INTACT,
	WEBRTC_TAG,		/* one bit of the tag changed */
	WEBRTC_E_BIT,		/* "not encrypted" */
	WEBRTC_REPLAY,		/* the same protected packet twice */
	WEBRTC_OTHER_PORT,	/* an intact one, from another socket */
};
/** Send a PLI that is damaged so. */
void webrtc_client_send_damaged_pli(struct webrtc_client *client, enum webrtc_damage damage);

enum webrtc_stun_fault {
	STUN_INTACT,
	STUN_NO_INTEGRITY,
	STUN_WRONG_INTEGRITY,
	STUN_WRONG_UFRAG,
	STUN_NO_COLON,
	STUN_WRONG_PEER_UFRAG,
	STUN_NO_FINGERPRINT,
	STUN_NO_PRIORITY,
	STUN_CONTROLLED,
	STUN_NO_USE_CANDIDATE,
};
/** One binding request with a fault, from @fd (another socket) or, when -1, from the client's own. */
void webrtc_client_send_check(struct webrtc_client *client, int fd, enum webrtc_stun_fault fault);

/** A ClientHello of DTLS as a stranger would send it, into @out (at most @size); its length. */
size_t webrtc_stranger_hello(uint8_t *out, size_t size);

#endif
