/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Access units of any bytes, signatures early, late, refused and for sections that there are not, pauses: what goes in
 * comes out, NAL unit by NAL unit, with nothing but SEI of media signing between, and the counts agree.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/nal.h"
#include "station/evidence/media_sei.h"
#include "station/evidence/media_sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

enum { ANSWER = 1, REFUSE = 2, ANSWER_OTHER = 4, END = 8, REST = 16 };

struct world {
	uint8_t what;
	uint32_t asked;
};

static void require(int holds)
{
	if (!holds)
		abort();
}

static void ask(void *owner, struct media_sign *sign, uint32_t section, const uint8_t digest[32])
{
	struct world *world = owner;

	world->asked = section;
	if (world->what & ANSWER)
		media_sign_answer(sign, section, digest, 32);
	if (world->what & REFUSE)
		media_sign_answer(sign, section, NULL, 0);
}

/* What was put in itself may be such an SEI too: then there are two alike. */
static void require_same(const struct access_unit *in, const struct access_unit *out)
{
	size_t in_at = 0, out_at = 0;
	struct nal in_nal, out_nal;
	bool more = nal_next(&in_nal, in->bytes, in->len_bytes, &in_at);

	while (nal_next(&out_nal, out->bytes, out->len_bytes, &out_at)) {
		if (more && in_nal.len_bytes == out_nal.len_bytes &&
		    memcmp(in_nal.bytes, out_nal.bytes, in_nal.len_bytes) == 0)
			more = nal_next(&in_nal, in->bytes, in->len_bytes, &in_at);
		else
			require(media_sei_is(&out_nal));
	}
	require(!more);
}

static void pass(struct media_sign *sign, const uint8_t *bytes, size_t len_bytes, uint64_t number)
{
	struct access_unit *in = access_unit_new(len_bytes), *out;

	memcpy(in->bytes, bytes, len_bytes);
	in->captured_ns = number * 33000000;
	out = media_sign_pass(sign, in, number * 33000);
	require(out != NULL);
	require_same(in, out);
	access_unit_unref(out);
	access_unit_unref(in);
}

static void rest(struct media_sign *sign)
{
	struct access_unit *out = media_sign_rest(sign);

	if (!out)
		return;
	require_same(&(struct access_unit){ .len_bytes = 0 }, out);
	access_unit_unref(out);
	require(media_sign_rest(sign) == NULL);
}

static void act(struct media_sign *sign, const struct world *world, uint64_t number)
{
	uint8_t junk[80] = { 0x30 };

	if (world->what & ANSWER_OTHER)
		media_sign_answer(sign, world->asked - (world->what >> 5), junk, world->what >> 1);
	if (world->what & END)
		media_sign_end(sign, number * 33000);
	if (world->what & REST)
		rest(sign);
}

/* For each access unit: what to do, its length, its bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes)
{
	struct world world = { 0 };
	const struct media_sign_config config = {
		.chain_pem = "-----BEGIN CERTIFICATE-----\n", .firmware = "", .serial = "", .manufacturer = "",
		.section_frames = 2, .section_ms = 100, .ask = ask, .owner = &world,
	};
	struct media_sign_stats stats;
	struct media_sign *sign = NULL;
	size_t at = 0;

	require(media_sign_new(&sign, &config, NULL) == 0);
	for (uint64_t number = 1; at + 3 <= len_bytes && number < 64; number++) {
		size_t size = (size_t)bytes[at + 1] << 8 | bytes[at + 2];

		world.what = bytes[at];
		at += 3;
		size = size > len_bytes - at ? len_bytes - at : size;
		pass(sign, bytes + at, size, number);
		act(sign, &world, number);
		at += size;
	}
	media_sign_stats(sign, &stats);
	require(stats.sections == stats.last_counter && stats.waiting <= MEDIA_SIGN_WAITING_MAX);
	require(stats.signed_sections + stats.unsigned_sections <= stats.sections);
	media_sign_free(sign);
	return 0;
}
