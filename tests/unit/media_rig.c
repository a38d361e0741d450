/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "certs/authority.h"
#include "certs/layout.h"
#include "certs/trust.h"
#include "station/base/clock.h"
#include "station/base/nal.h"
#include "station/evidence/media_sei.h"
#include "tests/unit/media_reader.h"
#include "tests/unit/media_rig.h"
#include "tests/unit/temp_folder.h"

#define NAL_TYPE_AUD 9
#define FPS 15
#define START_UTC_US UINT64_C(1767225600000000)	/* 2026-01-01T00:00:00Z, as in the vectors */

/* --- rig ------------------------------------------------------------------------------------------ */

uint8_t *media_rig_vector(const char *name, size_t *len_bytes)
{
	CLEANUP(util_freep) char *path = NULL;

	assert_true(asprintf(&path, "%s/tests/vectors/media-signing/%s", getenv("srcdir") ? getenv("srcdir") : ".",
			     name) > 0);
	return reader_file(path, len_bytes);
}

static struct access_unit *picture_of(const uint8_t *bytes, size_t len_bytes, uint64_t number)
{
	struct access_unit *au = access_unit_new(len_bytes);
	struct nal nal;
	size_t at = 0;

	memcpy(au->bytes, bytes, len_bytes);
	au->number = number;
	au->captured_ns = NS_PER_S + number * NS_PER_S / FPS;
	au->ts_90k = access_unit_ts_90k(au->captured_ns);
	while (nal_next(&nal, bytes, len_bytes, &at))
		au->keyframe |= nal_type(&nal) == NAL_TYPE_IDR;
	return au;
}

/* Each begins with its access unit delimiter. */
static void read_pictures(struct media_rig *rig)
{
	size_t len_bytes, at = 0, begin = 0, count = 0;
	CLEANUP(util_freep) uint8_t *bytes = media_rig_vector("unsigned.h264", &len_bytes);
	struct nal nal;

	while (nal_next(&nal, bytes, len_bytes, &at)) {
		size_t start = (size_t)(nal.bytes - bytes) - 4;

		if (nal_type(&nal) != NAL_TYPE_AUD || start == begin)
			continue;
		rig->pictures[count] = picture_of(bytes + begin, start - begin, count);
		count++;
		begin = start;
	}
	rig->pictures[count] = picture_of(bytes + begin, len_bytes - begin, count);
	assert_int_equal(count + 1, MEDIA_RIG_PICTURES);
}

int media_rig_set_up(void **state)
{
	struct media_rig *rig = calloc(1, sizeof *rig);
	struct authority *authority;
	CLEANUP(util_freep) char *key = NULL, *pem = NULL;
	size_t len_bytes;

	rig->folder = temp_folder_new();
	assert_int_equal(authority_open(&authority, rig->folder, NULL), 0);
	assert_true(authority_init(authority, "Centre", NULL) > 0);
	authority_free(authority);
	key = layout_path(rig->folder, LAYOUT_MEDIA_KEY);
	pem = layout_path(rig->folder, LAYOUT_MEDIA_PEM);
	assert_int_equal(trust_read_key(&rig->key, key, NULL), 0);
	rig->chain = (char *)reader_file(pem, &len_bytes);
	rig->chain[len_bytes] = '\0';
	read_pictures(rig);
	rig->at_once = true;
	*state = rig;
	return 0;
}

int media_rig_tear_down(void **state)
{
	struct media_rig *rig = *state;

	media_sign_free(rig->sign);
	for (size_t i = 0; i < MEDIA_RIG_PICTURES; i++)
		access_unit_unref(rig->pictures[i]);
	EVP_PKEY_free(rig->key);
	free(rig->chain);
	temp_folder_free(rig->folder);
	free(rig);
	return 0;
}

void media_rig_answer(struct media_rig *rig, size_t which)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(rig->key, NULL);
	uint8_t der[80];
	size_t len_bytes = sizeof der;

	assert_int_equal(EVP_PKEY_sign_init(context), 1);
	assert_int_equal(EVP_PKEY_sign(context, der, &len_bytes, rig->asked[which].digest, 32), 1);
	EVP_PKEY_CTX_free(context);
	media_sign_answer(rig->sign, rig->asked[which].section, der, len_bytes);
}

static void ask(void *owner, struct media_sign *sign, uint32_t section, const uint8_t digest[32])
{
	struct media_rig *rig = owner;
	struct media_rig_asked *asked = &rig->asked[rig->asked_count++];

	assert_ptr_equal(sign, rig->sign);
	assert_true(rig->asked_count <= MEDIA_RIG_ASKED_MAX);
	asked->section = section;
	memcpy(asked->digest, digest, sizeof asked->digest);
	if (rig->at_once)
		media_rig_answer(rig, rig->asked_count - 1);
}

struct media_sign_config media_rig_config(struct media_rig *rig, uint32_t section_frames)
{
	return (struct media_sign_config){
		.chain_pem = rig->chain, .firmware = "1.0", .serial = "TEST-0001", .manufacturer = "Test vector",
		.section_frames = section_frames, .ask = ask, .owner = rig,
	};
}

void media_rig_start(struct media_rig *rig, uint32_t section_frames)
{
	struct media_sign_config config = media_rig_config(rig, section_frames);

	assert_int_equal(media_sign_new(&rig->sign, &config, NULL), 0);
}

uint64_t media_rig_utc_us(size_t picture)
{
	return START_UTC_US + picture * 1000000 / FPS;
}

void media_rig_keep(struct media_rig *rig, struct access_unit *au)
{
	assert_true(rig->out_bytes + au->len_bytes < sizeof rig->out);
	memcpy(rig->out + rig->out_bytes, au->bytes, au->len_bytes);
	rig->out_bytes += au->len_bytes;
	access_unit_unref(au);
}

void media_rig_pass(struct media_rig *rig, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		media_rig_keep(rig, media_sign_pass(rig->sign, rig->pictures[i], media_rig_utc_us(i)));
}

void media_rig_end(struct media_rig *rig, size_t pictures)
{
	struct access_unit *rest;

	media_sign_end(rig->sign, media_rig_utc_us(pictures));
	rest = media_sign_rest(rig->sign);
	if (rest)
		media_rig_keep(rig, rest);
}

struct media_sign_stats media_rig_stats(struct media_rig *rig)
{
	struct media_sign_stats stats;

	media_sign_stats(rig->sign, &stats);
	return stats;
}

/* --- the second opinion ---------------------------------------------------------------------------- */

/* What media_check.py says of @bytes, for free(). */
static char *check(struct media_rig *rig, const uint8_t *bytes, size_t len_bytes)
{
	CLEANUP(util_freep) char *path = NULL, *command = NULL;
	char *text = calloc(1, 65536);
	FILE *file;

	assert_true(asprintf(&path, "%s/clip.h264", rig->folder) > 0);
	file = fopen(path, "we");
	assert_int_equal(fwrite(bytes, 1, len_bytes, file), len_bytes);
	fclose(file);
	assert_true(asprintf(&command, "python3 '%s/tests/unit/media_check.py' '%s' '%s/certs/root.pem'",
			     getenv("srcdir") ? getenv("srcdir") : ".", path, rig->folder) > 0);
	file = popen(command, "re");
	assert_true(fread(text, 1, 65535, file) > 0);
	assert_int_equal(pclose(file), 0);
	return text;
}

void media_rig_assert_verdict(struct media_rig *rig, const char *expected)
{
	CLEANUP(util_freep) char *text = check(rig, rig->out, rig->out_bytes);

	assert_string_equal(text, expected);
}

bool media_rig_next_sei(const uint8_t *bytes, size_t len_bytes, size_t *at, struct nal *nal)
{
	while (nal_next(nal, bytes, len_bytes, at))
		if (media_sei_is(nal))
			return true;
	return false;
}
