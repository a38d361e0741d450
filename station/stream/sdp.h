/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sdp.h - a WHEP viewer's offer, and the answer to it (RFC 8866, RFC 9429 5.3, RFC 8843, RFC 8859).
 *
 * Three steps: sdp_parse reads any session description into fixed-size fields, strictly; sdp_choose
 * decides which video the viewer gets, or says in one sentence why none; sdp_write_answer writes the answer,
 * made only of what was parsed, never of foreign lines. Pure functions, no allocation, any thread.
 * struct sdp_offer is large (about 40 KB): keep it off small stacks.
 */
#ifndef OSTEND_STREAM_SDP_H
#define OSTEND_STREAM_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/base/err.h"

#define SDP_TEXT_MAX 16384
#define SDP_LINE_MAX 1024		/* without its line end */
#define SDP_SESSION_LINES_MAX 64
#define SDP_MEDIA_LINES_MAX 256		/* Chromium's video section alone has about 150 */
#define SDP_MEDIA_MAX 16
#define SDP_FORMATS_MAX 96		/* of one m-line */
#define SDP_EXTENSIONS_MAX 32		/* of one m-line */
#define SDP_MID_MAX 16			/* as the mid extension holds it */
#define SDP_TOKEN_MAX 31
#define SDP_UFRAG_MIN 4			/* RFC 8839 5.4 */
#define SDP_PWD_MIN 22
#define SDP_ICE_MAX 256
#define SDP_FINGERPRINT_LEN 32		/* SHA-256 */
#define SDP_RTX_TIME_MS 200		/* bounds a browser's freeze at three times this */

enum sdp_kind { SDP_AUDIO, SDP_VIDEO, SDP_OTHER };

enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

enum sdp_setup { SDP_SETUP_NONE, SDP_ACTPASS, SDP_ACTIVE, SDP_PASSIVE, SDP_HOLDCONN };

enum sdp_codec { SDP_CODEC_OTHER, SDP_H264, SDP_OPUS, SDP_RTX };

enum sdp_feedback {			/* bits */
	SDP_FB_NACK = 1, SDP_FB_PLI = 2, SDP_FB_FIR = 4, SDP_FB_REMB = 8, SDP_FB_TRANSPORT_CC = 16,
	SDP_FEEDBACKS = 5,
};

enum sdp_extension { SDP_EXT_MID, SDP_EXT_ABS_SEND_TIME, SDP_EXT_PLAYOUT_DELAY, SDP_EXT_TRANSPORT_CC,
		     SDP_EXTENSIONS };

extern const char *const sdp_extension_uris[SDP_EXTENSIONS];
extern const char *const sdp_feedback_words[SDP_FEEDBACKS];	/* in the order of the bits */

struct sdp_format {
	uint8_t payload_type;		/* 0..127 */
	uint8_t codec;			/* enum sdp_codec */
	uint8_t feedback;		/* SDP_FB_ bits, those for "*" among them */
	uint8_t packetization_mode;	/* H.264; 0 when not said (RFC 6184 8.1) */
	bool has_map, has_profile, asymmetry_allowed;
	uint8_t apt;			/* RTX: the payload type it repeats; 255: not said */
	uint32_t profile_level_id;	/* H.264; 24 bits */
};

/* What may stand in the session part and in each media part. */
struct sdp_transport {
	char ufrag[SDP_ICE_MAX + 1], pwd[SDP_ICE_MAX + 1];	/* "" when absent */
	bool has_fingerprint;		/* a sha-256 one */
	uint8_t fingerprint[SDP_FINGERPRINT_LEN];
	enum sdp_setup setup;
};

struct sdp_media {
	enum sdp_kind kind;
	char media[SDP_TOKEN_MAX + 1];	/* "audio", "video", "application"...: token characters only */
	char proto[SDP_TOKEN_MAX + 1];	/* "UDP/TLS/RTP/SAVPF" */
	char first_format[SDP_TOKEN_MAX + 1];	/* echoed when the m-line is refused */
	uint16_t port;
	char mid[SDP_MID_MAX + 1];	/* "" when absent; token characters only */
	bool bundled, bundle_only, rtcp_mux, rtcp_rsize, end_of_candidates;
	bool has_direction;
	enum sdp_direction direction;
	struct sdp_transport transport;
	uint8_t extension_ids[SDP_EXTENSIONS];	/* 1..14, and usable towards the viewer; 0: not offered */
	uint32_t extension_ids_seen[8];	/* all ids of the m-line, one bit each */
	size_t format_count;
	struct sdp_format formats[SDP_FORMATS_MAX];
};

/* The video that the viewer gets: what its session needs to know. */
struct sdp_choice {
	size_t media;			/* index of its m-line */
	uint8_t payload_type, rtx_payload_type;	/* 0: no RTX offered */
	uint8_t feedback;		/* SDP_FB_ bits offered for it */
	uint32_t profile_level_id;	/* as offered */
	struct sdp_transport transport;	/* of the m-line, the session's where it says nothing */
};

struct sdp_offer {
	struct sdp_transport transport;	/* session level */
	bool ice_lite, extmap_allow_mixed;
	bool has_bundle;
	bool has_direction;
	enum sdp_direction direction;
	size_t media_count;
	struct sdp_media media[SDP_MEDIA_MAX];
	struct sdp_choice chosen;	/* by sdp_choose */
};

struct sdp_candidate {
	char address[46];		/* IP literal */
	uint16_t port;
};

/* The station's side of the answer. */
struct sdp_answer {
	uint64_t session_id;		/* random, below 2^63 */
	const char *ufrag, *pwd;	/* ours, made for this viewer: at least 8 and 24 ice-chars */
	uint8_t fingerprint[SDP_FINGERPRINT_LEN];	/* of our DTLS certificate */
	const char *cname;		/* as in SDES; token characters */
	uint32_t ssrc, rtx_ssrc;
	uint8_t level_idc;		/* of the SPS: 40 for 1080p30, 42 for 1080p60 */
	uint16_t rtx_time_ms;		/* 0: SDP_RTX_TIME_MS */
	bool transport_cc;		/* answer transport-cc where it is offered */
	const struct sdp_candidate *candidates;
	size_t candidate_count;
};

/**
 * Read a session description (an offer; an answer of ours reads too). Lines end with CRLF or LF; no
 * other control character is let in, no byte above 126 in what is kept. Refused are: more than the caps
 * above; lines that are not "x=..."; a missing v=0, o=, s=, t=; the same mid, payload type, rtpmap or
 * extension id twice where it must be once; BUNDLE of a mid that does not exist; a second, different
 * sha-256 fingerprint at one level; ICE fragments of a wrong length or character.
 *
 * @return 0, or ERR_PROTO with a sentence that names the line
 */
int sdp_parse(struct sdp_offer *out, const char *text, size_t len_bytes, struct err *err);

/**
 * Choose the first video m-line that the station can serve, and in it the H.264 format: packetization
 * mode 1 and constrained baseline first, baseline second. Audio and everything else is refused.
 *
 * @return 0 and offer->chosen; ERR_UNSUPPORTED when a video m-line could be served but offers no usable
 *         H.264 (the sentence tells a Firefox user of the OpenH264 add-on); ERR_PROTO when no
 *         video m-line can be served, with the reason of the first: no video, only sends, port 0,
 *         not bundled, no rtcp-mux, setup passive, no sha-256 fingerprint, no ICE credentials
 */
int sdp_choose(struct sdp_offer *offer, struct err *err);

/**
 * Write the answer to an offer that sdp_choose accepted: CRLF lines, a final NUL.
 *
 * @return its length; ERR_FULL when @size is too small (STREAM_SDP_MAX always does)
 */
int sdp_write_answer(char *out, size_t size, const struct sdp_offer *offer,
		     const struct sdp_answer *answer, struct err *err);

#endif
