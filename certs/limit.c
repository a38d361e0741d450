/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bucket is kept as one time: when it will be full again. Each wrong try moves it by refill_ns; the
 * bucket is empty when it lies burst * refill_ns ahead.
 */
#include "certs/limit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"

struct bucket {
	char key[LIMIT_KEY_SIZE];
	uint64_t full_ns;	/* 0: not in use */
};

struct limit {
	unsigned burst;
	uint64_t refill_ns;
	struct bucket buckets[LIMIT_KEYS];
};

struct limit *limit_new(unsigned burst, uint64_t refill_ns)
{
	struct limit *limit = calloc(1, sizeof *limit);

	if (limit) {
		limit->burst = burst;
		limit->refill_ns = refill_ns;
	}
	return limit;
}

struct limit *limit_free(struct limit *limit)
{
	free(limit);
	return NULL;
}

static struct bucket *find(struct limit *limit, const char *key)
{
	for (size_t i = 0; i < LIMIT_KEYS; i++)
		if (limit->buckets[i].full_ns && !strcmp(limit->buckets[i].key, key))
			return &limit->buckets[i];
	return NULL;
}

/* A free one, or the one nearest to being full: it loses least by being forgotten. */
static struct bucket *take(struct limit *limit, const char *key)
{
	struct bucket *bucket = &limit->buckets[0];

	for (size_t i = 1; i < LIMIT_KEYS; i++)
		if (limit->buckets[i].full_ns < bucket->full_ns)
			bucket = &limit->buckets[i];
	snprintf(bucket->key, sizeof bucket->key, "%s", key);
	bucket->full_ns = 0;
	return bucket;
}

unsigned limit_wait_s(struct limit *limit, const char *key, uint64_t now_ns)
{
	const struct bucket *bucket = find(limit, key);
	uint64_t ready_ns;

	if (!bucket)
		return 0;
	/* one try is allowed while full_ns is at most (burst - 1) refills ahead */
	ready_ns = bucket->full_ns - MIN(bucket->full_ns, (limit->burst - 1) * limit->refill_ns);
	return ready_ns <= now_ns ? 0 : (unsigned)((ready_ns - now_ns + NS_PER_S - 1) / NS_PER_S);
}

void limit_count(struct limit *limit, const char *key, uint64_t now_ns)
{
	struct bucket *bucket = find(limit, key);

	if (!bucket)
		bucket = take(limit, key);
	bucket->full_ns = MAX(bucket->full_ns, now_ns) + limit->refill_ns;
}

void limit_key_of_peer(char *key, const char *peer)
{
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN + 8];
	char *end;

	snprintf(text, sizeof text, "%s", *peer == '[' ? peer + 1 : peer);
	end = *peer == '[' ? strchr(text, ']') : strrchr(text, ':');
	if (end)
		*end = '\0';
	if (inet_pton(AF_INET6, text, &address) == 1 && !IN6_IS_ADDR_V4MAPPED(&address)) {
		memset(address.s6_addr + 8, 0, 8);
		inet_ntop(AF_INET6, &address, text, sizeof text);
	}
	snprintf(key, LIMIT_KEY_SIZE, "%s", text);
}
