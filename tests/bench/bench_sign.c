/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_sign.c - what signing costs for each 1080p picture, signatures included, beside two things of the same run:
 * SHA-256 of the same bytes, below which it cannot come, and encoding the picture.
 *
 * usage: bench-sign [PICTURES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/issue.h"
#include "station/base/clock.h"
#include "station/encode/encoder.h"
#include "station/evidence/media_sign.h"
#include "tests/bench/scene.h"
#include <openssl/pem.h>
#include <openssl/sha.h>

#define WIDTH 1920
#define HEIGHT 1080
#define FPS 30
#define BITRATE_BPS 4000000
#define ROUNDS 20

struct bench {
	struct access_unit **pictures;
	unsigned count;
	EVP_PKEY *key;
	char *chain;
	size_t bytes_in, bytes_out;
};

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void must(int rc, const struct err *err)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench-sign: %s\n", err->text);
	exit(1);
}

/* ms of CPU for each picture. */
static double encode_all(struct bench *bench)
{
	const struct encoder_config config = { .width = WIDTH, .height = HEIGHT, .fps = FPS,
					       .bitrate_bps = BITRATE_BPS };
	CLEANUP(encoder_freep) struct encoder *encoder = NULL;
	struct scene *scene = scene_new();
	struct frame *frame = frame_new(WIDTH, HEIGHT);
	struct err err = { 0 };
	double spent_ms = 0, start_ms;

	must(encoder_open(&encoder, NULL, &config, &err), &err);
	for (unsigned i = 0; i < bench->count; i++) {
		scene_draw(scene, frame, SCENE_TURNING, i);
		frame->info.captured_ns = NS_PER_S + i * NS_PER_S / FPS;
		start_ms = cpu_ms();
		must(encoder_encode(encoder, frame, i == 0, &bench->pictures[i], &err), &err);
		spent_ms += cpu_ms() - start_ms;
		bench->bytes_in += bench->pictures[i]->len_bytes;
	}
	frame_unref(frame);
	scene_free(scene);
	return spent_ms / bench->count;
}

static double hash_all(struct bench *bench)
{
	double start_ms = cpu_ms();
	uint8_t digest[32];

	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < bench->count; i++)
			SHA256(bench->pictures[i]->bytes, bench->pictures[i]->len_bytes, digest);
	return (cpu_ms() - start_ms) / bench->count / ROUNDS;
}

static void make_key(struct bench *bench)
{
	const struct issue_request root = { .profile = PROFILE_ROOT, .organization = "Bench",
					    .from_utc_us = clock_utc_us() };
	struct issuer self = { 0 };
	X509 *certificate = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	struct err err = { 0 };
	char *text;
	long len;

	bench->key = EVP_EC_gen("P-256");
	self.key = bench->key;
	must(issue_certificate(&certificate, &root, bench->key, &self, &err), &err);
	/* two of them, as in a station: the media key's and the issuing authority's */
	PEM_write_bio_X509(bio, certificate);
	PEM_write_bio_X509(bio, certificate);
	len = BIO_get_mem_data(bio, &text);
	bench->chain = strndup(text, (size_t)len);
	BIO_free(bio);
	X509_free(certificate);
}

/* Here at once; in a station by the signer's process. */
static void ask(void *owner, struct media_sign *sign, uint32_t section, const uint8_t digest[32])
{
	struct bench *bench = owner;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(bench->key, NULL);
	uint8_t der[80];
	size_t len_bytes = sizeof der;

	if (EVP_PKEY_sign_init(context) != 1 || EVP_PKEY_sign(context, der, &len_bytes, digest, 32) != 1)
		exit(1);
	media_sign_answer(sign, section, der, len_bytes);
	EVP_PKEY_CTX_free(context);
}

static double sign_all(struct bench *bench, struct media_sign_stats *stats)
{
	const struct media_sign_config config = {
		.chain_pem = bench->chain, .firmware = "1", .serial = "1", .manufacturer = "bench",
		.section_frames = 15, .section_ms = 1000, .ask = ask, .owner = bench,
	};
	struct media_sign *sign = NULL;
	struct err err = { 0 };
	double start_ms;

	must(media_sign_new(&sign, &config, &err), &err);
	start_ms = cpu_ms();
	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < bench->count; i++) {
			struct access_unit *out = media_sign_pass(sign, bench->pictures[i], (uint64_t)clock_utc_us());

			bench->bytes_out += out->len_bytes;
			access_unit_unref(out);
		}
	start_ms = (cpu_ms() - start_ms) / bench->count / ROUNDS;
	media_sign_stats(sign, stats);
	media_sign_free(sign);
	return start_ms;
}

int main(int argc, char **argv)
{
	struct bench bench = { .count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 150 };
	struct media_sign_stats stats;
	double encode_ms, hash_ms, sign_ms, added;

	if (bench.count < 30)
		bench.count = 30;
	bench.pictures = calloc(bench.count, sizeof *bench.pictures);
	make_key(&bench);
	encode_ms = encode_all(&bench);
	hash_ms = hash_all(&bench);
	sign_ms = sign_all(&bench, &stats);
	added = (double)bench.bytes_out / ROUNDS / (double)bench.bytes_in - 1;
	printf("%u pictures of %zu bytes, %llu sections signed\n", bench.count, bench.bytes_in / bench.count,
	       (unsigned long long)stats.signed_sections);
	printf("encoding  %8.3f ms a picture\n", encode_ms);
	printf("SHA-256   %8.4f ms a picture\n", hash_ms);
	printf("signing   %8.4f ms a picture: %.2f x SHA-256, %.2f %% of encoding, %.2f %% of a core at %d/s\n",
	       sign_ms, sign_ms / hash_ms, 100 * sign_ms / encode_ms, sign_ms * FPS / 10, FPS);
	printf("the SEI add %.2f %% to the bytes\n", 100 * added);
	for (unsigned i = 0; i < bench.count; i++)
		access_unit_unref(bench.pictures[i]);
	free(bench.pictures);
	free(bench.chain);
	EVP_PKEY_free(bench.key);
	return stats.unsigned_sections ? 1 : 0;
}
