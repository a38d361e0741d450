/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An answer reads again with the offer's m-lines, and holds only printable ASCII and CRLF line ends. */
#include <stdlib.h>
#include <string.h>

#include "station/stream/sdp.h"
#include "station/stream/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

static struct sdp_offer offer, again;
static char text[STREAM_SDP_MAX];

static void check_characters(size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\r' && text[i + 1] == '\n')
			i++;
		else if (text[i] < ' ' || text[i] > '~')
			abort();
	}
	if (strlen(text) != len || len < 2 || text[len - 1] != '\n')
		abort();
}

static void check_answer(void)
{
	if (sdp_parse(&again, text, strlen(text), NULL) < 0 || again.media_count != offer.media_count)
		abort();
	for (size_t i = 0; i < again.media_count; i++) {
		bool served = i == offer.chosen.media;

		if (strcmp(again.media[i].mid, offer.media[i].mid) != 0 ||
		    strcmp(again.media[i].media, offer.media[i].media) != 0)
			abort();
		if ((again.media[i].port != 0) != served || again.media[i].bundled != served)
			abort();
	}
	if (again.media[offer.chosen.media].formats[0].payload_type != offer.chosen.payload_type)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	static const struct sdp_candidate candidate = { "198.18.0.1", 7000 };
	static const struct sdp_answer station = {
		.session_id = 1, .ufrag = "stationX", .pwd = "0123456789abcdef0123456789abcdef",
		.cname = "ostend", .ssrc = 1, .rtx_ssrc = 2, .level_idc = 40,
		.candidates = &candidate, .candidate_count = 1,
	};
	struct err err = { 0 };
	int len;

	if (sdp_parse(&offer, (const char *)bytes, len_bytes, &err) < 0 || sdp_choose(&offer, &err) < 0) {
		if (err.code != ERR_PROTO && err.code != ERR_UNSUPPORTED)
			abort();
		return 0;
	}
	len = sdp_write_answer(text, sizeof text, &offer, &station, &err);
	if (len < 0)
		abort();
	check_characters((size_t)len);
	check_answer();
	return 0;
}
