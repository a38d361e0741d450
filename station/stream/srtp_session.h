/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * srtp_session.h - a viewer's SRTP and SRTCP, both ways (RFC 3711, RFC 7714), on libsrtp2.
 *
 * Two outgoing SSRCs, fixed for life; a few incoming ones. What fails a check is never changed into
 * something that could be used: the caller counts it and drops it. Thread: stream.
 */
#ifndef OSTEND_STREAM_SRTP_SESSION_H
#define OSTEND_STREAM_SRTP_SESSION_H

#include <stdbool.h>

#include "station/base/err.h"
#include "station/stream/dtls.h"

#define SRTP_ROOM_BYTES 148	/* what libsrtp asks for behind a packet; it uses at most 20 */
#define SRTP_INCOMING_MAX 4	/* SSRCs that one viewer may send with; more are refused */

struct srtp_session;

/** Start libsrtp, once in a process however often it is called; any thread. libsrtp bears no second start. */
bool srtp_session_library_start(void);

/**
 * Send with the server's keys, receive with the client's.
 *
 * @video_ssrc, @rtx_ssrc   the only ones that are sent
 * @return 0; ERR_NOMEM; ERR_UNSUPPORTED when libsrtp lacks the profile
 */
int srtp_session_new(struct srtp_session **out, const struct dtls_keys *keys,
		     uint32_t video_ssrc, uint32_t rtx_ssrc, struct err *err);
struct srtp_session *srtp_session_free(struct srtp_session *session);
DEFINE_FREEP(srtp_session_free, struct srtp_session *)

/** Protect in place; @bytes has SRTP_ROOM_BYTES behind *@len_bytes, which grows. false: not to be sent. */
bool srtp_session_protect_rtp(struct srtp_session *session, uint8_t *bytes, size_t *len_bytes);
bool srtp_session_protect_rtcp(struct srtp_session *session, uint8_t *bytes, size_t *len_bytes);

/** Check and open in place; *@len_bytes shrinks. false: forged, repeated or in the clear; drop it. */
bool srtp_session_open_rtp(struct srtp_session *session, uint8_t *bytes, size_t *len_bytes);
bool srtp_session_open_rtcp(struct srtp_session *session, uint8_t *bytes, size_t *len_bytes);

const char *srtp_session_profile(const struct srtp_session *session);	/* "AEAD_AES_128_GCM", ... */
size_t srtp_session_count(void);	/* how many live in this process */

#endif
