/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libsrtp keeps a list of streams for each session and makes one more for each new incoming SSRC, so
 * that a viewer that invents SSRCs could make it as long as it likes: incoming SSRCs are counted here
 * first. libsrtp also accepts an SRTCP packet whose E bit says "not encrypted" (RFC 3711 3.4) when
 * its tag fits; nothing of ours is ever sent so, hence such a packet is refused before.
 */
#include "station/stream/srtp_session.h"

#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_PACKETS 1024
#define E_BIT 0x80

struct srtp_session {
	srtp_t in, out;
	const char *profile;
	size_t rtcp_tag_bytes_behind_index;	/* CM: the tag is last; GCM: the index is (RFC 7714 9.2) */
	uint32_t incoming[SRTP_INCOMING_MAX];
	size_t incoming_count;
};

static const struct {
	const char *name;
	srtp_profile_t id;
	size_t rtcp_tag_bytes_behind_index;
} profiles[] = {
	[DTLS_SRTP_AEAD_AES_128_GCM] = { "AEAD_AES_128_GCM", srtp_profile_aead_aes_128_gcm, 0 },
	[DTLS_SRTP_AEAD_AES_256_GCM] = { "AEAD_AES_256_GCM", srtp_profile_aead_aes_256_gcm, 0 },
	[DTLS_SRTP_AES128_CM_SHA1_80] = { "AES_CM_128_HMAC_SHA1_80", srtp_profile_aes128_cm_sha1_80, 10 },
};

static atomic_size_t live;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool library_ready;

static void start_library(void)
{
	library_ready = srtp_init() == srtp_err_status_ok;
}

bool srtp_session_library_start(void)
{
	pthread_once(&once, start_library);
	return library_ready;
}

static void join_key(uint8_t *out, const uint8_t *key, size_t key_bytes, const uint8_t *salt,
		     size_t salt_bytes)
{
	memcpy(out, key, key_bytes);
	memcpy(out + key_bytes, salt, salt_bytes);
}

static int fill_policy(srtp_policy_t *policy, srtp_profile_t profile, uint8_t *key)
{
	memset(policy, 0, sizeof *policy);
	policy->key = key;
	policy->window_size = WINDOW_PACKETS;
	if (srtp_crypto_policy_set_from_profile_for_rtp(&policy->rtp, profile) != srtp_err_status_ok ||
	    srtp_crypto_policy_set_from_profile_for_rtcp(&policy->rtcp, profile) != srtp_err_status_ok)
		return ERR_UNSUPPORTED;
	return 0;
}

static int create_out(struct srtp_session *session, srtp_profile_t profile, uint8_t *key,
		      uint32_t video_ssrc, uint32_t rtx_ssrc)
{
	srtp_policy_t video, rtx;

	if (fill_policy(&video, profile, key) < 0 || fill_policy(&rtx, profile, key) < 0)
		return ERR_UNSUPPORTED;
	video.ssrc = (srtp_ssrc_t){ ssrc_specific, video_ssrc };
	rtx.ssrc = (srtp_ssrc_t){ ssrc_specific, rtx_ssrc };
	video.next = &rtx;
	return srtp_create(&session->out, &video) == srtp_err_status_ok ? 0 : ERR_NOMEM;
}

static int create_in(struct srtp_session *session, srtp_profile_t profile, uint8_t *key)
{
	srtp_policy_t any;

	if (fill_policy(&any, profile, key) < 0)
		return ERR_UNSUPPORTED;
	any.ssrc.type = ssrc_any_inbound;
	return srtp_create(&session->in, &any) == srtp_err_status_ok ? 0 : ERR_NOMEM;
}

static int create(struct srtp_session *session, const struct dtls_keys *keys, uint32_t video_ssrc,
		  uint32_t rtx_ssrc)
{
	srtp_profile_t profile = profiles[keys->profile].id;
	uint8_t client[SRTP_MAX_KEY_LEN], server[SRTP_MAX_KEY_LEN];
	int rc;

	join_key(client, keys->client_key, keys->key_bytes, keys->client_salt, keys->salt_bytes);
	join_key(server, keys->server_key, keys->key_bytes, keys->server_salt, keys->salt_bytes);
	rc = create_out(session, profile, server, video_ssrc, rtx_ssrc);
	if (rc == 0)
		rc = create_in(session, profile, client);
	explicit_bzero(client, sizeof client);
	explicit_bzero(server, sizeof server);
	return rc;
}

int srtp_session_new(struct srtp_session **out, const struct dtls_keys *keys,
		     uint32_t video_ssrc, uint32_t rtx_ssrc, struct err *err)
{
	struct srtp_session *session;
	int rc;

	if (!srtp_session_library_start())
		return err_set(err, ERR_UNSUPPORTED, "SRTP: libsrtp does not start");
	session = calloc(1, sizeof *session);
	if (!session)
		return err_set(err, ERR_NOMEM, "SRTP: out of memory");
	atomic_fetch_add(&live, 1);
	session->profile = profiles[keys->profile].name;
	session->rtcp_tag_bytes_behind_index = profiles[keys->profile].rtcp_tag_bytes_behind_index;
	rc = create(session, keys, video_ssrc, rtx_ssrc);
	if (rc < 0) {
		srtp_session_free(session);
		return err_set(err, rc, "SRTP: libsrtp cannot make an %s session",
			       profiles[keys->profile].name);
	}
	*out = session;
	return 0;
}

struct srtp_session *srtp_session_free(struct srtp_session *session)
{
	if (!session)
		return NULL;
	if (session->in)
		srtp_dealloc(session->in);
	if (session->out)
		srtp_dealloc(session->out);
	free(session);
	atomic_fetch_sub(&live, 1);
	return NULL;
}

bool srtp_session_protect_rtp(struct srtp_session *session, uint8_t *bytes, size_t *len_bytes)
{
	int len = (int)*len_bytes;

	if (srtp_protect(session->out, bytes, &len) != srtp_err_status_ok)
		return false;
	*len_bytes = (size_t)len;
	return true;
}

bool srtp_session_protect_rtcp(struct srtp_session *session, uint8_t *bytes, size_t *len_bytes)
{
	int len = (int)*len_bytes;

	if (srtp_protect_rtcp(session->out, bytes, &len) != srtp_err_status_ok)
		return false;
	*len_bytes = (size_t)len;
	return true;
}

static uint32_t read_ssrc(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_known(const struct srtp_session *session, uint32_t ssrc)
{
	for (size_t i = 0; i < session->incoming_count; i++)
		if (session->incoming[i] == ssrc)
			return true;
	return false;
}

static bool may_come(const struct srtp_session *session, uint32_t ssrc)
{
	return is_known(session, ssrc) || session->incoming_count < SRTP_INCOMING_MAX;
}

static void remember(struct srtp_session *session, uint32_t ssrc)
{
	if (!is_known(session, ssrc))
		session->incoming[session->incoming_count++] = ssrc;
}

bool srtp_session_open_rtp(struct srtp_session *session, uint8_t *bytes, size_t *len_bytes)
{
	int len = (int)*len_bytes;
	uint32_t ssrc;

	if (*len_bytes < 12)
		return false;
	ssrc = read_ssrc(bytes + 8);
	if (!may_come(session, ssrc) || srtp_unprotect(session->in, bytes, &len) != srtp_err_status_ok)
		return false;
	remember(session, ssrc);
	*len_bytes = (size_t)len;
	return true;
}

static bool says_encrypted(const struct srtp_session *session, const uint8_t *bytes, size_t len_bytes)
{
	size_t behind = session->rtcp_tag_bytes_behind_index + 4;

	return len_bytes >= 8 + behind && (bytes[len_bytes - behind] & E_BIT) != 0;
}

bool srtp_session_open_rtcp(struct srtp_session *session, uint8_t *bytes, size_t *len_bytes)
{
	int len = (int)*len_bytes;
	uint32_t ssrc;

	if (!says_encrypted(session, bytes, *len_bytes))
		return false;
	ssrc = read_ssrc(bytes + 4);
	if (!may_come(session, ssrc) ||
	    srtp_unprotect_rtcp(session->in, bytes, &len) != srtp_err_status_ok)
		return false;
	remember(session, ssrc);
	*len_bytes = (size_t)len;
	return true;
}

const char *srtp_session_profile(const struct srtp_session *session)
{
	return session->profile;
}

size_t srtp_session_count(void)
{
	return atomic_load(&live);
}
