/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What signing and recording cost: ten seconds of 1080p30 at the usual rate, given at the camera's pace, once to
 * nobody and once through signatures into a recording. Signing itself is counted too, though another process
 * does it in the station.
 */
#include "station/base/openssl.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "station/base/clock.h"
#include "station/encode/encoder.h"
#include "station/evidence/media_sign.h"
#include "station/evidence/recorder.h"
#include "tests/bench/scene.h"
#include "tests/unit/temp_folder.h"

#define FPS 30
#define SECONDS 10
#define PICTURES (2 * FPS)	/* encoded beforehand, given in turn: the first is the keyframe of each two seconds */
#define LIMIT_PERCENT 3.0

struct bench {
	struct access_unit *pictures[PICTURES];
	EVP_PKEY *key;
	struct media_sign *sign;
	struct recorder *recorder;
	unsigned signatures;
};

static const char chain[] =	/* of the usual length; nobody reads it here */
	"-----BEGIN CERTIFICATE-----\n"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	"-----END CERTIFICATE-----\n";

static void die(const char *what)
{
	fprintf(stderr, "bench-evidence: %s\n", what);
	exit(1);
}

static void encode_pictures(struct bench *bench)
{
	const struct encoder_config config = { .width = 1920, .height = 1080, .fps = FPS, .bitrate_bps = 4000000 };
	struct scene *scene = scene_new();
	struct frame *frame = frame_new(1920, 1080);
	struct encoder *encoder;

	if (!scene || !frame || encoder_open(&encoder, NULL, &config, NULL) < 0)
		die("no encoder");
	for (unsigned i = 0; i < PICTURES; i++) {
		scene_draw(scene, frame, SCENE_TURNING, i);
		frame->info.captured_ns = (i + 1) * NS_PER_S / FPS;
		if (encoder_encode(encoder, frame, i == 0, &bench->pictures[i], NULL) < 0)
			die("a picture could not be encoded");
	}
	encoder_free(encoder);
	frame_unref(frame);
	scene_free(scene);
}

static void ask(void *owner, struct media_sign *sign, uint32_t section, const uint8_t digest[32])
{
	struct bench *bench = owner;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(bench->key, NULL);
	uint8_t der[80];
	size_t len_bytes = sizeof der;

	if (!context || EVP_PKEY_sign_init(context) != 1 ||
	    EVP_PKEY_sign(context, der, &len_bytes, digest, 32) != 1)
		die("a section could not be signed");
	EVP_PKEY_CTX_free(context);
	media_sign_answer(sign, section, der, len_bytes);
	bench->signatures++;
}

static void on_event(void *owner, const struct recorder_event *event)
{
	(void)owner;
	if (event->kind == RECORDER_FAILED || event->kind == RECORDER_GAP)
		die(event->reason);
}

static void on_keyframe(void *owner)
{
	(void)owner;
}

static void open_parts(struct bench *bench, const char *folder)
{
	const struct recorder_config recorder = {
		.folder = folder, .station = "bench", .rate_bps = 4000000, .event = on_event,
		.request_keyframe = on_keyframe,
	};
	const struct media_sign_config sign = {
		.chain_pem = chain, .firmware = "0", .serial = "0", .manufacturer = "bench",
		.section_frames = 15, .section_ms = 1000, .ask = ask, .owner = bench,
	};
	struct err err = { .text = "no key" };

	bench->key = EVP_EC_gen("P-256");
	if (!bench->key || media_sign_new(&bench->sign, &sign, &err) < 0 ||
	    recorder_start(&bench->recorder, &recorder, &err) < 0)
		die(err.text);
	recorder_begin(bench->recorder, 1);
}

/* A copy with times of its own, as the encoder would give it. */
static struct access_unit *next(const struct bench *bench, unsigned i, uint64_t captured_ns)
{
	const struct access_unit *picture = bench->pictures[i % PICTURES];
	struct access_unit *au = access_unit_new(picture->len_bytes);

	if (!au)
		die("out of memory");
	memcpy(au->bytes, picture->bytes, picture->len_bytes);
	au->keyframe = picture->keyframe;
	au->width = picture->width;
	au->height = picture->height;
	au->number = i;
	au->captured_ns = captured_ns;
	return au;
}

static uint64_t cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}

/* Percent of one core. */
static double give_all(struct bench *bench, bool keep)
{
	uint64_t start_ns = clock_mono_ns(), before_ns = cpu_ns();

	for (unsigned i = 0; i < SECONDS * FPS; i++) {
		uint64_t due_ns = start_ns + i * NS_PER_S / FPS, now_ns = clock_mono_ns();
		struct access_unit *au, *out;

		if (due_ns > now_ns)
			usleep((useconds_t)((due_ns - now_ns) / 1000));
		au = next(bench, i, due_ns);
		if (keep) {
			out = media_sign_pass(bench->sign, au, (uint64_t)clock_utc_of_mono_us(due_ns));
			recorder_give(bench->recorder, out);
			access_unit_unref(out);
		}
		access_unit_unref(au);
	}
	return (double)(cpu_ns() - before_ns) * 100 / (double)(clock_mono_ns() - start_ns);
}

int main(void)
{
	struct bench bench = { 0 };
	struct recorder_stats stats;
	char *folder = temp_folder_new();
	double without, with;

	encode_pictures(&bench);
	without = give_all(&bench, false);
	open_parts(&bench, folder);
	with = give_all(&bench, true);
	recorder_stats(bench.recorder, &stats);
	recorder_stop(bench.recorder);
	printf("signing and recording 1080p30: %.2f %% of one core (%.2f with, %.2f without), %u signatures, "
	       "%.2f Mbit/s, longest sync %.1f ms\n", with - without, with, without, bench.signatures,
	       (double)stats.bytes * 8 / SECONDS / 1e6, (double)stats.sync_us_max / 1000);
	media_sign_free(bench.sign);
	EVP_PKEY_free(bench.key);
	for (unsigned i = 0; i < PICTURES; i++)
		access_unit_unref(bench.pictures[i]);
	temp_folder_free(folder);
	if (with - without > LIMIT_PERCENT)
		die("more than 3 %");
	return 0;
}
