/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The controlling ICE agent of RFC 8445 with one pair, STUN of RFC 8489, and the SDP of both ways. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "station/base/util.h"
#include "tests/client/client_private.h"

#include <openssl/hmac.h>

#define COOKIE 0x2112a442u

static void put16(uint8_t *out, unsigned value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

static void put32(uint8_t *out, uint32_t value)
{
	put16(out, value >> 16);
	put16(out + 2, value & 0xffff);
}

static unsigned get16(const uint8_t *in)
{
	return (unsigned)in[0] << 8 | in[1];
}

static uint32_t crc32_of(const uint8_t *bytes, size_t len)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

void client_ice_new(struct webrtc_client *client)
{
	uint8_t random[16];
	char fingerprint[100];

	util_random(random, sizeof random);
	util_hex(client->ufrag, random, 8);
	util_random(random, sizeof random);
	util_hex(client->pwd, random, 16);
	client_dtls_fingerprint(client, fingerprint);
	snprintf(client->offer, sizeof client->offer,
		 "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
		 "a=group:BUNDLE 0\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
		 "m=video 9 UDP/TLS/RTP/SAVPF 96 102 103 104\r\nc=IN IP4 0.0.0.0\r\n"
		 "a=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=ice-options:trickle\r\n"
		 "a=fingerprint:sha-256 %s\r\na=setup:actpass\r\na=mid:0\r\n"
		 "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
		 "a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n"
		 "a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
		 "a=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
		 "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\n"
		 "a=rtpmap:102 H264/90000\r\na=rtcp-fb:102 goog-remb\r\na=rtcp-fb:102 transport-cc\r\n"
		 "a=rtcp-fb:102 ccm fir\r\na=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\n"
		 "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
		 "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
		 "a=rtpmap:104 H264/90000\r\n"
		 "a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n",
		 client->ufrag, client->pwd, fingerprint);
}

/* --- the answer ---------------------------------------------------------------------------------- */

static const char *find(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	return at ? at + strlen(line) : NULL;
}

static int read_fingerprint(struct webrtc_client *client, const char *at)
{
	for (size_t i = 0; i < 32; i++) {
		unsigned byte;

		if (sscanf(at + 3 * i, "%2x", &byte) != 1)
			return -1;
		client->remote_fingerprint[i] = (uint8_t)byte;
	}
	return 0;
}

static int read_candidate(struct webrtc_client *client, const char *answer)
{
	const char *at = answer;
	char ip[64];
	unsigned port;

	while ((at = find(at, "a=candidate:"))) {
		if (sscanf(at, "%*s 1 %*[udpUDP] %*u %63s %u typ host", ip, &port) != 2)
			continue;
		if (inet_pton(AF_INET, ip, &client->remote.sin_addr) != 1)
			continue;
		client->remote.sin_family = AF_INET;
		client->remote.sin_port = htons((uint16_t)port);
		return 0;
	}
	return -1;
}

static int read_codecs(struct client_media *media, const char *answer)
{
	const char *at = find(answer, "a=ssrc-group:FID ");
	unsigned pt, apt;

	if (!at || sscanf(at, "%u %u", &media->video_ssrc, &media->rtx_ssrc) != 2)
		return -1;
	at = find(answer, "apt=");
	if (!at || sscanf(at, "%u", &apt) != 1)
		return -1;
	while (at > answer && strncmp(at, "a=fmtp:", 7) != 0)
		at--;
	if (sscanf(at, "a=fmtp:%u", &pt) != 1)
		return -1;
	media->video_pt = (uint8_t)apt;
	media->rtx_pt = (uint8_t)pt;
	return 0;
}

int client_read_answer(struct webrtc_client *client, const char *answer)
{
	const char *ufrag = find(answer, "a=ice-ufrag:"), *pwd = find(answer, "a=ice-pwd:");
	const char *fingerprint = find(answer, "a=fingerprint:sha-256 ");

	if (!ufrag || !pwd || !fingerprint || !strstr(answer, "a=setup:passive") ||
	    !strstr(answer, "a=ice-lite"))
		return -1;
	if (sscanf(ufrag, "%63s", client->remote_ufrag) != 1 || sscanf(pwd, "%127s", client->remote_pwd) != 1)
		return -1;
	if (read_fingerprint(client, fingerprint) < 0 || read_candidate(client, answer) < 0)
		return -1;
	return read_codecs(&client->media, answer);
}

/* --- STUN ---------------------------------------------------------------------------------------- */

static size_t add(uint8_t *out, size_t len, unsigned type, const void *value, size_t value_len)
{
	put16(out + len, type);
	put16(out + len + 2, (unsigned)value_len);
	memset(out + len + 4, 0, (value_len + 3) & ~(size_t)3);
	memcpy(out + len + 4, value, value_len);
	len += 4 + ((value_len + 3) & ~(size_t)3);
	put16(out + 2, (unsigned)(len - 20));
	return len;
}

static void integrity(const uint8_t *message, size_t len, const char *pwd, uint8_t digest[20])
{
	uint8_t copy[1024];
	unsigned digest_len = 20;

	memcpy(copy, message, len);
	put16(copy + 2, (unsigned)(len + 24 - 20));
	HMAC(EVP_sha1(), pwd, (int)strlen(pwd), copy, len, digest, &digest_len);
}

static size_t add_username(struct webrtc_client *client, uint8_t *out, size_t len,
			   enum webrtc_stun_fault fault)
{
	char name[160];

	snprintf(name, sizeof name, "%s%s%s", fault == STUN_WRONG_UFRAG ? "xxxxxxxx" : client->remote_ufrag,
		 fault == STUN_NO_COLON ? "" : ":",
		 fault == STUN_WRONG_PEER_UFRAG ? "yyyyyyyy" : client->ufrag);
	return add(out, len, 0x0006, name, strlen(name));
}

size_t client_make_check(struct webrtc_client *client, uint8_t *out, enum webrtc_stun_fault fault)
{
	uint8_t value[20] = { 0x6e, 0x7f, 0x1e, 0xff };
	size_t len = 20;

	put16(out, 0x0001);
	put32(out + 4, COOKIE);
	memcpy(out + 8, client->transaction, 12);
	len = add_username(client, out, len, fault);
	if (fault != STUN_NO_PRIORITY)
		len = add(out, len, 0x0024, value, 4);
	len = add(out, len, fault == STUN_CONTROLLED ? 0x8029 : 0x802a, "tiebreak", 8);
	if (fault != STUN_NO_USE_CANDIDATE)
		len = add(out, len, 0x0025, "", 0);
	if (fault != STUN_NO_INTEGRITY) {
		integrity(out, len, fault == STUN_WRONG_INTEGRITY ? "not the password" : client->remote_pwd,
			  value);
		len = add(out, len, 0x0008, value, 20);
	}
	if (fault != STUN_NO_FINGERPRINT) {
		put16(out + 2, (unsigned)(len + 8 - 20));
		put32(value, crc32_of(out, len) ^ 0x5354554eu);
		len = add(out, len, 0x8028, value, 4);
	}
	return len;
}

static bool mapped_is_self(const struct webrtc_client *client, const uint8_t *value)
{
	uint32_t ip = ntohl(client->self.sin_addr.s_addr) ^ COOKIE;

	return value[1] == 1 && get16(value + 2) == (ntohs(client->self.sin_port) ^ (COOKIE >> 16)) &&
	       ((uint32_t)get16(value + 4) << 16 | get16(value + 6)) == ip;
}

/* A success response to our request, with our address in it and the right integrity. */
bool client_take_stun(struct webrtc_client *client, const uint8_t *bytes, size_t len)
{
	bool mapped = false, whole = false;
	uint8_t digest[20];

	if (len < 20 || get16(bytes) != 0x0101 || memcmp(bytes + 8, client->transaction, 12) != 0)
		return false;
	for (size_t at = 20; at + 4 <= len; at += 4 + ((get16(bytes + at + 2) + 3u) & ~3u)) {
		unsigned type = get16(bytes + at), size = get16(bytes + at + 2);

		if (at + 4 + size > len)
			return false;
		if (type == 0x0020 && size == 8)
			mapped = mapped_is_self(client, bytes + at + 4);
		if (type == 0x0008 && size == 20) {
			integrity(bytes, at, client->remote_pwd, digest);
			whole = memcmp(digest, bytes + at + 4, 20) == 0;
		}
	}
	return mapped && whole;
}
