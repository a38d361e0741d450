/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target without libFuzzer: every file of its corpus, each cut at every length up to
 * 2 KiB, then FUZZ_RUNS (20,000) random changes of them from a fixed seed (FUZZ_SEED).
 *
 * Usage: fuzz-NAME CORPUS_FOLDER; the folder by default is $srcdir/tests/fuzz/corpus/NAME.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len_bytes);

#define FILES_MAX 512
#define INPUT_MAX 70000
#define CUTS_MAX 2048

static struct input {
	uint8_t *bytes;
	size_t len_bytes;
} inputs[FILES_MAX];
static size_t input_count;
static uint64_t seed = 1;

static uint32_t random_below(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % limit;
}

/* A copy of its own size each time, so that a sanitizer sees the first byte read past the end. */
static void run(const uint8_t *bytes, size_t len_bytes)
{
	uint8_t *copy = malloc(len_bytes ? len_bytes : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, len_bytes);
	LLVMFuzzerTestOneInput(copy, len_bytes);
	free(copy);
}

static void load(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *bytes = malloc(INPUT_MAX);
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file || !bytes) {
		perror(path);
		exit(1);
	}
	inputs[input_count].bytes = bytes;
	inputs[input_count++].len_bytes = fread(bytes, 1, INPUT_MAX, file);
	fclose(file);
}

static void load_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir) {
		perror(folder);
		exit(1);
	}
	while ((entry = readdir(dir)) && input_count < FILES_MAX)
		if (entry->d_name[0] != '.')
			load(folder, entry->d_name);
	closedir(dir);
	if (!input_count) {
		fprintf(stderr, "%s: no inputs\n", folder);
		exit(1);
	}
}

/* One to eight changes: a bit, a byte, a cut, a repeated piece, a piece of another input. */
static size_t change(uint8_t *bytes, size_t len)
{
	for (uint32_t times = 1 + random_below(8); times > 0; times--) {
		const struct input *other = &inputs[random_below((uint32_t)input_count)];
		size_t at = len ? random_below((uint32_t)len) : 0;
		size_t piece = 1 + random_below(32);

		switch (random_below(5)) {
		case 0:
			if (len)
				bytes[at] ^= (uint8_t)(1u << random_below(8));
			break;
		case 1:
			if (len)
				bytes[at] = (uint8_t)random_below(256);
			break;
		case 2:
			len = at;
			break;
		case 3:
			if (len + piece <= INPUT_MAX && at + piece <= len) {
				memmove(bytes + at + piece, bytes + at, len - at);
				len += piece;
			}
			break;
		default:
			if (other->len_bytes > piece && at + piece <= INPUT_MAX) {
				memcpy(bytes + at, other->bytes + random_below((uint32_t)(other->len_bytes - piece)), piece);
				len = len > at + piece ? len : at + piece;
			}
		}
	}
	return len;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	const char *srcdir = getenv("srcdir"), *runs_text = getenv("FUZZ_RUNS");
	const char *seed_text = getenv("FUZZ_SEED");
	long runs = runs_text ? atol(runs_text) : 20000;
	static uint8_t bytes[INPUT_MAX];
	char folder[4096];

	if (seed_text)
		seed = strtoull(seed_text, NULL, 0) | 1;
	if (strncmp(name, "fuzz-", 5) == 0)
		name += 5;
	snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", name);
	load_folder(argc > 1 ? argv[1] : folder);
	for (size_t i = 0; i < input_count; i++)
		for (size_t cut = 0; cut <= inputs[i].len_bytes && cut <= CUTS_MAX; cut++)
			run(inputs[i].bytes, cut == CUTS_MAX ? inputs[i].len_bytes : cut);
	for (size_t i = 0; i < input_count; i++)
		run(inputs[i].bytes, inputs[i].len_bytes);
	for (long i = 0; i < runs; i++) {
		const struct input *input = &inputs[random_below((uint32_t)input_count)];

		memcpy(bytes, input->bytes, input->len_bytes);
		run(bytes, change(bytes, input->len_bytes));
	}
	printf("%zu inputs, %ld changes: done\n", input_count, runs);
	for (size_t i = 0; i < input_count; i++)
		free(inputs[i].bytes);
	return 0;
}
