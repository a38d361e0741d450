/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/rig_recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/evidence/media_sign.h"
#include "station/evidence/mp4_write.h"

#define FPS 15
#define SLICE_BYTES 120

/* Parameter sets of a stream of 320x180, as x264 writes them. */
static const uint8_t sps[] = { 0,    0,	   0,	 1,    0x67, 0x42, 0xc0, 0x0c, 0xda,
			       0x05, 0x06, 0x7e, 0x7c, 0x04, 0x40, 0,	 0,    3,
			       0,    0x40, 0,	 0,    7,    0x83, 0xc5, 0x0a, 0xa8 };
static const uint8_t pps[] = { 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80 };

struct recording {
	EVP_PKEY *key;
	struct media_sign *sign;
	struct mp4_writer *writer;
	uint8_t *bytes;
	size_t len_bytes;
};

static void ask(void *owner, struct media_sign *sign, uint32_t section, const uint8_t digest[32])
{
	struct recording *recording = owner;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(recording->key, NULL);
	uint8_t der[80];
	size_t len_bytes = sizeof der;

	assert_true(EVP_PKEY_sign_init(context) &&
		    EVP_PKEY_sign(context, der, &len_bytes, digest, 32));
	EVP_PKEY_CTX_free(context);
	media_sign_answer(sign, section, der, len_bytes);
}

static int keep(void *owner, const void *bytes, size_t len_bytes, struct err *err)
{
	struct recording *recording = owner;

	(void)err;
	recording->bytes = realloc(recording->bytes, recording->len_bytes + len_bytes);
	memcpy(recording->bytes + recording->len_bytes, bytes, len_bytes);
	recording->len_bytes += len_bytes;
	return 0;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t len_bytes)
{
	memcpy(at, bytes, len_bytes);
	return at + len_bytes;
}

/* The first bit behind the header says whether it is the first of its picture. */
static uint8_t *put_slice(uint8_t *at, bool keyframe, bool first, unsigned seed)
{
	*at++ = 0;
	*at++ = 0;
	*at++ = 0;
	*at++ = 1;
	*at++ = keyframe ? 0x65 : 0x41;
	*at++ = first ? 0x88 : 0x48;
	for (unsigned i = 0; i < SLICE_BYTES; i++)
		*at++ = (uint8_t)(((seed * 7919u + i * 104729u) >> 5) | 0x10);	/* no zeros: nothing to escape */
	return at;
}

static struct access_unit *picture(unsigned number)
{
	bool keyframe = number % FPS == 0;
	struct access_unit *au = access_unit_new((keyframe ? sizeof sps + sizeof pps : 0) +
						 2 * (SLICE_BYTES + 6));
	uint8_t *at = au->bytes;

	if (keyframe) {
		at = put(at, sps, sizeof sps);
		at = put(at, pps, sizeof pps);
	}
	at = put_slice(at, keyframe, true, 2 * number);
	put_slice(at, keyframe, false, 2 * number + 1);
	au->keyframe = keyframe;
	au->number = number;
	au->captured_ns = NS_PER_S + number * NS_PER_S / FPS;
	au->ts_90k = access_unit_ts_90k(au->captured_ns);
	return au;
}

static void record(struct recording *recording, unsigned from, int64_t utc_us)
{
	struct mp4_config config = { .station = "station-1",
				     .showing = 3,
				     .number = 1 + from / RIG_PICTURES,
				     .width = 320,
				     .height = 180,
				     .begun_utc_us = (uint64_t)utc_us,
				     .begun_mono_ns = NS_PER_S + from * NS_PER_S / FPS,
				     .write = keep,
				     .owner = recording };
	struct access_unit *rest;

	for (unsigned i = from; i < from + RIG_PICTURES; i++) {
		struct access_unit *au = picture(i);
		struct access_unit *out = media_sign_pass(recording->sign, au,
							  (uint64_t)utc_us + i * 1000000 / FPS);

		if (i == from)
			assert_int_equal(mp4_open(&recording->writer, &config, out->bytes,
						  out->len_bytes, NULL),
					 0);
		assert_int_equal(mp4_picture(recording->writer, out->bytes, out->len_bytes,
					     au->captured_ns, au->keyframe, NULL),
				 0);
		access_unit_unref(out);
		access_unit_unref(au);
	}
	media_sign_end(recording->sign, (uint64_t)utc_us + (from + RIG_PICTURES) * 1000000 / FPS);
	rest = media_sign_rest(recording->sign);
	assert_non_null(rest);
	assert_int_equal(mp4_append(recording->writer, rest->bytes, rest->len_bytes, NULL), 0);
	access_unit_unref(rest);
	assert_int_equal(mp4_finish(recording->writer,
				    NS_PER_S + (from + RIG_PICTURES) * NS_PER_S / FPS, NULL),
			 0);
	recording->writer = mp4_free(recording->writer);
}

void rig_record(struct rig_recordings *out, EVP_PKEY *key, const char *chain_pem,
		int64_t begun_utc_us)
{
	struct recording recording = { .key = key };
	struct media_sign_config config = { .chain_pem = chain_pem,
					    .firmware = "1",
					    .serial = "1",
					    .manufacturer = "1",
					    .section_frames = FPS,
					    .ask = ask,
					    .owner = &recording };

	assert_int_equal(media_sign_new(&recording.sign, &config, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		recording.bytes = NULL;
		recording.len_bytes = 0;
		record(&recording, i * RIG_PICTURES, begun_utc_us);
		out->bytes[i] = recording.bytes;
		out->len_bytes[i] = recording.len_bytes;
	}
	media_sign_free(recording.sign);
}
