/* SPDX-License-Identifier: GPL-3.0-or-later */
/* media_rig.h - a clip, a key, a media_sign between them; and what another reader says of what comes out. */
#ifndef OSTEND_TESTS_MEDIA_RIG_H
#define OSTEND_TESTS_MEDIA_RIG_H

#include "station/base/openssl.h"

#include "station/base/nal.h"
#include "station/evidence/media_sign.h"
#include <openssl/evp.h>

#define MEDIA_RIG_PICTURES 60	/* 15 a second, each 15th an IDR, one slice each */
#define MEDIA_RIG_ASKED_MAX 128

struct media_rig_asked {
	uint32_t section;
	uint8_t digest[32];
};

/* A clip in access units, a key that signs on demand, and what came out. */
struct media_rig {
	char *folder, *chain;
	EVP_PKEY *key;
	struct access_unit *pictures[MEDIA_RIG_PICTURES];
	struct media_sign *sign;
	bool at_once;
	struct media_rig_asked asked[MEDIA_RIG_ASKED_MAX];
	size_t asked_count;
	uint8_t out[1 << 20];
	size_t out_bytes;
};

int media_rig_set_up(void **state);
int media_rig_tear_down(void **state);

struct media_sign_config media_rig_config(struct media_rig *rig, uint32_t section_frames);
void media_rig_start(struct media_rig *rig, uint32_t section_frames);
/** Pictures @from to before @to through it, into rig->out. */
void media_rig_pass(struct media_rig *rig, size_t from, size_t to);
void media_rig_end(struct media_rig *rig, size_t pictures);	/* after so many; with what is ready then */
void media_rig_keep(struct media_rig *rig, struct access_unit *au /* stolen */);
/** Sign what was asked for as number @which, where not at_once. */
void media_rig_answer(struct media_rig *rig, size_t which);
uint64_t media_rig_utc_us(size_t picture);
struct media_sign_stats media_rig_stats(struct media_rig *rig);

/** What media_check.py must say of rig->out, all of it. */
void media_rig_assert_verdict(struct media_rig *rig, const char *expected);
#define MEDIA_OK(section) "section " section " ok missing=0 changed=0\n"
#define MEDIA_FOUR_OK MEDIA_OK("1") MEDIA_OK("2") MEDIA_OK("3") MEDIA_OK("4")

/** The next SEI of media signing from *@at on. */
bool media_rig_next_sei(const uint8_t *bytes, size_t len_bytes, size_t *at, struct nal *nal);

/** A file of tests/vectors/media-signing, for free(). */
uint8_t *media_rig_vector(const char *name, size_t *len_bytes);

#endif
