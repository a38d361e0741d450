/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Line by line over the text, without copies: a field is a pointer and a length, and only checked characters are
 * kept. One attribute is one row of a table, with the level at which it may stand; unknown ones
 * are passed over, since browsers add new ones every year.
 */
#include "station/stream/sdp.h"

#include <string.h>

#include "station/base/util.h"

const char *const sdp_extension_uris[SDP_EXTENSIONS] = {
	[SDP_EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
	[SDP_EXT_ABS_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
	[SDP_EXT_PLAYOUT_DELAY] = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
	[SDP_EXT_TRANSPORT_CC] =
		"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
};

const char *const sdp_feedback_words[SDP_FEEDBACKS] = {
	"nack", "nack pli", "ccm fir", "goog-remb", "transport-cc",
};

struct text {
	const char *at;
	size_t len;
};

struct parser {
	struct sdp_offer *out;
	struct sdp_media *media;	/* NULL in the session part */
	struct text bundle;		/* mids of a=group:BUNDLE */
	unsigned line, lines_here;
	bool version, origin, name, timing;
	struct err *err;
};

static int fault(const struct parser *parser, const char *what)
{
	return err_set(parser->err, ERR_PROTO, "offer line %u: %s", parser->line, what);
}

/* --- text ------------------------------------------------------------------------------------ */

static bool text_is(struct text text, const char *word)
{
	return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

/* What stands before @separator; @rest goes on behind it, and is empty at the end. */
static struct text text_cut(struct text *rest, char separator)
{
	const char *end = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
	size_t len = end ? (size_t)(end - rest->at) : rest->len;
	struct text field = { rest->at, len };

	rest->at += len + (end ? 1 : 0);
	rest->len -= len + (end ? 1 : 0);
	return field;
}

/* The next word; spaces around it are passed over. */
static struct text text_word(struct text *rest)
{
	while (rest->len && *rest->at == ' ') {
		rest->at++;
		rest->len--;
	}
	return text_cut(rest, ' ');
}

static bool text_equals_fold(struct text text, const char *word)
{
	if (text.len != strlen(word))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != word[i])
			return false;
	}
	return true;
}

/* A decimal number of at most @max. */
static bool text_number(struct text text, uint32_t max, uint32_t *out)
{
	uint64_t value = 0;

	if (text.len == 0 || text.len > 10)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = 10 * value + (uint64_t)(text.at[i] - '0');
	}
	*out = (uint32_t)value;
	return value <= max;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The characters that need no quoting anywhere in an SDP: letters, digits and a few more. */
static bool is_plain(struct text text, const char *more)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c && strchr(more, c))))
			return false;
	}
	return text.len > 0;
}

/* Keep a word of plain characters in a field of @size bytes. */
static bool text_keep(struct text text, const char *more, char *out, size_t size)
{
	if (text.len >= size || !is_plain(text, more))
		return false;
	memcpy(out, text.at, text.len);
	out[text.len] = '\0';
	return true;
}

#define TOKEN_MORE "!#$%&'*+-.^_`{|}~"	/* RFC 8866 9: token-char */

/* --- attributes of both levels ----------------------------------------------------------------- */

static struct sdp_transport *transport_here(struct parser *parser)
{
	return parser->media ? &parser->media->transport : &parser->out->transport;
}

static int read_ice(struct parser *parser, struct text value, char *out, size_t least)
{
	char kept[SDP_ICE_MAX + 1];

	if (value.len < least || !text_keep(value, "+/", kept, sizeof kept))
		return fault(parser, "an ICE user name fragment or password of wrong length or characters");
	if (*out && strcmp(out, kept) != 0)
		return fault(parser, "two different ICE user name fragments or passwords");
	strcpy(out, kept);
	return 0;
}

static int read_ufrag(struct parser *parser, struct text value)
{
	return read_ice(parser, value, transport_here(parser)->ufrag, SDP_UFRAG_MIN);
}

static int read_pwd(struct parser *parser, struct text value)
{
	return read_ice(parser, value, transport_here(parser)->pwd, SDP_PWD_MIN);
}

/* RFC 8122 5: other hash functions may stand beside; only SHA-256 is used. */
static int read_fingerprint(struct parser *parser, struct text value)
{
	struct sdp_transport *transport = transport_here(parser);
	uint8_t bytes[SDP_FINGERPRINT_LEN];

	if (!text_equals_fold(text_word(&value), "sha-256"))
		return 0;
	if (value.len != 3 * SDP_FINGERPRINT_LEN - 1)
		return fault(parser, "a sha-256 fingerprint that has not 32 bytes");
	for (size_t i = 0; i < sizeof bytes; i++) {
		int high = hex_digit(value.at[3 * i]), low = hex_digit(value.at[3 * i + 1]);

		if (high < 0 || low < 0 || (i + 1 < sizeof bytes && value.at[3 * i + 2] != ':'))
			return fault(parser, "a sha-256 fingerprint that is not hexadecimal with colons");
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (transport->has_fingerprint && memcmp(transport->fingerprint, bytes, sizeof bytes) != 0)
		return fault(parser, "two different sha-256 fingerprints");
	transport->has_fingerprint = true;
	memcpy(transport->fingerprint, bytes, sizeof bytes);
	return 0;
}

static int read_setup(struct parser *parser, struct text value)
{
	static const char *const words[] = { "", "actpass", "active", "passive", "holdconn" };

	for (unsigned i = 1; i < ARRAY_LEN(words); i++)
		if (text_is(value, words[i])) {
			transport_here(parser)->setup = (enum sdp_setup)i;
			return 0;
		}
	return fault(parser, "an unknown a=setup role");
}

static int set_direction(struct parser *parser, enum sdp_direction direction)
{
	if (parser->media) {
		parser->media->has_direction = true;
		parser->media->direction = direction;
	} else {
		parser->out->has_direction = true;
		parser->out->direction = direction;
	}
	return 0;
}

static int read_sendrecv(struct parser *parser, struct text value)
{
	(void)value;
	return set_direction(parser, SDP_SENDRECV);
}

static int read_sendonly(struct parser *parser, struct text value)
{
	(void)value;
	return set_direction(parser, SDP_SENDONLY);
}

static int read_recvonly(struct parser *parser, struct text value)
{
	(void)value;
	return set_direction(parser, SDP_RECVONLY);
}

static int read_inactive(struct parser *parser, struct text value)
{
	(void)value;
	return set_direction(parser, SDP_INACTIVE);
}

/* --- attributes of the session ----------------------------------------------------------------- */

static int read_group(struct parser *parser, struct text value)
{
	if (!text_is(text_word(&value), "BUNDLE"))
		return 0;
	if (parser->out->has_bundle)
		return fault(parser, "a second a=group:BUNDLE");
	parser->out->has_bundle = true;
	parser->bundle = value;
	return 0;
}

static int read_ice_lite(struct parser *parser, struct text value)
{
	(void)value;
	parser->out->ice_lite = true;
	return 0;
}

static int read_allow_mixed(struct parser *parser, struct text value)
{
	(void)value;
	if (!parser->media)
		parser->out->extmap_allow_mixed = true;
	return 0;
}

/* --- attributes of a media section ------------------------------------------------------------- */

static int read_mid(struct parser *parser, struct text value)
{
	const struct sdp_offer *offer = parser->out;
	char mid[SDP_MID_MAX + 1];

	if (parser->media->mid[0])
		return fault(parser, "a second a=mid in one m-line");
	if (!text_keep(value, TOKEN_MORE, mid, sizeof mid))
		return fault(parser, "an a=mid that is empty, longer than 16 or no token");
	for (size_t i = 0; i < offer->media_count; i++)
		if (strcmp(offer->media[i].mid, mid) == 0)
			return fault(parser, "an a=mid that another m-line has");
	strcpy(parser->media->mid, mid);
	return 0;
}

static int read_rtcp_mux(struct parser *parser, struct text value)
{
	(void)value;
	parser->media->rtcp_mux = true;
	return 0;
}

static int read_rtcp_rsize(struct parser *parser, struct text value)
{
	(void)value;
	parser->media->rtcp_rsize = true;
	return 0;
}

static int read_bundle_only(struct parser *parser, struct text value)
{
	(void)value;
	parser->media->bundle_only = true;
	return 0;
}

static int read_end_of_candidates(struct parser *parser, struct text value)
{
	(void)value;
	if (parser->media)
		parser->media->end_of_candidates = true;
	return 0;
}

static struct sdp_format *find_format(struct sdp_media *media, struct text text)
{
	uint32_t payload_type;

	if (!text_number(text, 127, &payload_type))
		return NULL;
	for (size_t i = 0; i < media->format_count; i++)
		if (media->formats[i].payload_type == payload_type)
			return &media->formats[i];
	return NULL;
}

/* a=rtpmap:102 H264/90000; one for a type that the m-line does not list is of no use to anyone. */
static int read_rtpmap(struct parser *parser, struct text value)
{
	struct sdp_format *format = find_format(parser->media, text_word(&value));
	struct text rate = value, name = text_cut(&rate, '/');

	if (!format)
		return 0;
	if (format->has_map)
		return fault(parser, "a second a=rtpmap of one payload type");
	format->has_map = true;
	if (text_equals_fold(name, "h264") && text_is(rate, "90000"))
		format->codec = SDP_H264;
	else if (text_equals_fold(name, "opus") && text_is(rate, "48000/2"))
		format->codec = SDP_OPUS;
	else if (text_equals_fold(name, "rtx"))
		format->codec = SDP_RTX;
	return 0;
}

static int read_profile(struct parser *parser, struct sdp_format *format, struct text value)
{
	uint32_t id = 0;

	for (size_t i = 0; i < value.len; i++) {
		int digit = hex_digit(value.at[i]);

		if (digit < 0 || value.len != 6)
			return fault(parser, "a profile-level-id that is not six hexadecimal digits");
		id = id << 4 | (uint32_t)digit;
	}
	format->has_profile = value.len == 6;
	format->profile_level_id = id;
	return 0;
}

static int read_parameter(struct parser *parser, struct sdp_format *format, struct text parameter)
{
	struct text value = parameter, key = text_cut(&value, '=');
	uint32_t number;

	if (text_equals_fold(key, "profile-level-id"))
		return read_profile(parser, format, value);
	if (text_equals_fold(key, "packetization-mode")) {
		if (!text_number(value, 2, &number))
			return fault(parser, "a packetization-mode that is not 0, 1 or 2");
		format->packetization_mode = (uint8_t)number;
	} else if (text_equals_fold(key, "apt")) {
		if (!text_number(value, 127, &number))
			return fault(parser, "an apt that is no payload type");
		format->apt = (uint8_t)number;
	} else if (text_equals_fold(key, "level-asymmetry-allowed")) {
		format->asymmetry_allowed = text_is(value, "1");
	}
	return 0;
}

static int read_fmtp(struct parser *parser, struct text value)
{
	struct sdp_format *format = find_format(parser->media, text_word(&value));
	int rc = 0;

	while (format && rc == 0 && value.len) {
		struct text parameter = text_cut(&value, ';');

		while (parameter.len && *parameter.at == ' ') {
			parameter.at++;
			parameter.len--;
		}
		rc = read_parameter(parser, format, parameter);
	}
	return rc;
}

static uint8_t feedback_bit(struct text value)
{
	for (unsigned i = 0; i < SDP_FEEDBACKS; i++)
		if (text_is(value, sdp_feedback_words[i]))
			return (uint8_t)(1u << i);
	return 0;
}

static int read_rtcp_fb(struct parser *parser, struct text value)
{
	struct text type = text_word(&value);
	struct sdp_format *format = find_format(parser->media, type);
	uint8_t bit = feedback_bit(value);

	for (size_t i = 0; text_is(type, "*") && i < parser->media->format_count; i++)
		parser->media->formats[i].feedback |= bit;
	if (format)
		format->feedback |= bit;
	return 0;
}

static int extension_of(struct text uri)
{
	for (int i = 0; i < SDP_EXTENSIONS; i++)
		if (text_is(uri, sdp_extension_uris[i]))
			return i;
	return -1;
}

/* a=extmap:5/recvonly URI; ids from 15 need the two-byte form, which we do not write (RFC 8285 4.2). */
static int read_extmap(struct parser *parser, struct text value)
{
	struct sdp_media *media = parser->media;
	struct text way = text_word(&value), id_text = text_cut(&way, '/');
	int extension = extension_of(text_word(&value));
	uint32_t id;

	if (!text_number(id_text, 4351, &id) || id == 0)
		return fault(parser, "an a=extmap without an id");
	if (id > 255)
		return 0;	/* only a proposal of ids to be chosen (RFC 8285 7) */
	if (media->extension_ids_seen[id / 32] >> id % 32 & 1)
		return fault(parser, "an a=extmap id used twice in one m-line");
	media->extension_ids_seen[id / 32] |= UINT32_C(1) << id % 32;
	if (extension < 0 || id > 14 || text_is(way, "sendonly") || text_is(way, "inactive"))
		return 0;
	if (media->extension_ids[extension])
		return fault(parser, "an a=extmap extension offered twice in one m-line");
	media->extension_ids[extension] = (uint8_t)id;
	return 0;
}

/* --- lines ----------------------------------------------------------------------------------- */

enum level { SESSION = 1, MEDIA = 2, BOTH = 3 };

static const struct attribute {
	const char *name;
	enum level level;
	int (*read)(struct parser *parser, struct text value);
} attributes[] = {
	{ "ice-ufrag", BOTH, read_ufrag }, { "ice-pwd", BOTH, read_pwd },
	{ "fingerprint", BOTH, read_fingerprint }, { "setup", BOTH, read_setup },
	{ "sendrecv", BOTH, read_sendrecv }, { "sendonly", BOTH, read_sendonly },
	{ "recvonly", BOTH, read_recvonly }, { "inactive", BOTH, read_inactive },
	{ "group", SESSION, read_group }, { "ice-lite", SESSION, read_ice_lite },
	{ "extmap-allow-mixed", BOTH, read_allow_mixed },
	{ "mid", MEDIA, read_mid }, { "rtcp-mux", MEDIA, read_rtcp_mux },
	{ "rtcp-rsize", MEDIA, read_rtcp_rsize }, { "bundle-only", MEDIA, read_bundle_only },
	{ "end-of-candidates", BOTH, read_end_of_candidates },
	{ "rtpmap", MEDIA, read_rtpmap }, { "fmtp", MEDIA, read_fmtp },
	{ "rtcp-fb", MEDIA, read_rtcp_fb }, { "extmap", MEDIA, read_extmap },
};

static int read_attribute(struct parser *parser, struct text line)
{
	struct text value = line, name = text_cut(&value, ':');
	enum level here = parser->media ? MEDIA : SESSION;

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		if (attributes[i].level & here && text_is(name, attributes[i].name))
			return attributes[i].read(parser, value);
	return 0;
}

static int read_formats(struct parser *parser, struct text formats)
{
	struct sdp_media *media = parser->media;
	struct text word = text_word(&formats);

	if (!text_keep(word, TOKEN_MORE, media->first_format, sizeof media->first_format))
		return fault(parser, "an m-line without a format");
	if (media->kind == SDP_OTHER)
		return 0;	/* "webrtc-datachannel" */
	for (; word.len; word = text_word(&formats)) {
		uint32_t payload_type;

		if (!text_number(word, 127, &payload_type))
			return fault(parser, "an m-line with a format that is no payload type");
		if (find_format(media, word))
			return fault(parser, "a payload type twice in one m-line");
		if (media->format_count == SDP_FORMATS_MAX)
			return fault(parser, "too many payload types in one m-line");
		media->formats[media->format_count++] =
			(struct sdp_format){ .payload_type = (uint8_t)payload_type, .apt = 255 };
	}
	return 0;
}

/* m=video 9 UDP/TLS/RTP/SAVPF 96 97 */
static int read_media(struct parser *parser, struct text value)
{
	struct sdp_offer *out = parser->out;
	struct sdp_media *media;
	struct text word;
	uint32_t port;

	if (out->media_count == SDP_MEDIA_MAX)
		return fault(parser, "too many m-lines");
	media = &out->media[out->media_count++];
	parser->media = media;
	parser->lines_here = 0;
	word = text_word(&value);
	if (!text_keep(word, TOKEN_MORE, media->media, sizeof media->media))
		return fault(parser, "an m-line of no known kind");
	media->kind = text_is(word, "audio") ? SDP_AUDIO : text_is(word, "video") ? SDP_VIDEO : SDP_OTHER;
	if (!text_number(text_word(&value), 65535, &port))
		return fault(parser, "an m-line without a port");
	media->port = (uint16_t)port;
	if (!text_keep(text_word(&value), TOKEN_MORE "/", media->proto, sizeof media->proto))
		return fault(parser, "an m-line without a transport");
	return read_formats(parser, value);
}

static int read_session_line(struct parser *parser, char type, struct text value)
{
	if (!parser->version && type != 'v')
		return fault(parser, "not v=0, with which a session description begins");
	if (type == 'v') {
		if (parser->version || !text_is(value, "0"))
			return fault(parser, "not the one version, v=0");
		parser->version = true;
	}
	parser->origin |= type == 'o';
	parser->name |= type == 's';
	parser->timing |= type == 't';
	return 0;
}

static int read_line(struct parser *parser, struct text line)
{
	unsigned most = parser->media ? SDP_MEDIA_LINES_MAX : SDP_SESSION_LINES_MAX;
	char type;

	if (line.len > SDP_LINE_MAX)
		return fault(parser, "longer than 1024 characters");
	if (line.len < 2 || line.at[1] != '=' || line.at[0] < 'a' || line.at[0] > 'z')
		return fault(parser, "not of the form x=value");
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.at[i] < ' ' || line.at[i] == 127)
			return fault(parser, "a control character");
	type = line.at[0];
	line.at += 2;
	line.len -= 2;
	if (type == 'm')
		return parser->version ? read_media(parser, line) : fault(parser, "not v=0");
	if (++parser->lines_here > most)
		return fault(parser, "too many lines in one section");
	if (type == 'a')
		return parser->version ? read_attribute(parser, line) : fault(parser, "not v=0");
	return parser->media ? 0 : read_session_line(parser, type, line);
}

/* The mids of BUNDLE mark their m-lines; each must exist and stand there once. */
static int resolve_bundle(struct parser *parser)
{
	struct text word = text_word(&parser->bundle);

	for (; word.len; word = text_word(&parser->bundle)) {
		struct sdp_media *found = NULL;

		for (size_t i = 0; i < parser->out->media_count; i++)
			if (text_is(word, parser->out->media[i].mid))
				found = &parser->out->media[i];
		if (!found || found->bundled)
			return err_set(parser->err, ERR_PROTO,
				       "offer: a=group:BUNDLE names an m-line that does not exist, or one twice");
		found->bundled = true;
	}
	return 0;
}

int sdp_parse(struct sdp_offer *out, const char *text, size_t len_bytes, struct err *err)
{
	struct parser parser = { .out = out, .err = err, .bundle = { "", 0 } };
	struct text rest = { text, len_bytes };
	int rc = 0;

	memset(out, 0, sizeof *out);
	if (len_bytes > SDP_TEXT_MAX)
		return err_set(err, ERR_PROTO, "offer: %zu bytes, at most %d are read", len_bytes, SDP_TEXT_MAX);
	while (rc == 0 && rest.len) {
		struct text line = text_cut(&rest, '\n');

		parser.line++;
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		if (line.len || rest.len)	/* an empty line may stand at the end, as curl users send it */
			rc = read_line(&parser, line);
	}
	if (rc < 0)
		return rc;
	if (!parser.version || !parser.origin || !parser.name || !parser.timing)
		return err_set(err, ERR_PROTO, "offer: one of the lines v=, o=, s= and t= is missing");
	return resolve_bundle(&parser);
}
