/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limit.h - how often somebody may be wrong: a token bucket for each key, in a table of fixed size.
 *
 * A full table forgets the key that was wrong longest ago. Thread: the owner's.
 */
#ifndef OSTEND_CERTS_LIMIT_H
#define OSTEND_CERTS_LIMIT_H

#include <stdbool.h>

#include "station/base/util.h"

#define LIMIT_KEYS 1024
#define LIMIT_KEY_SIZE 48

struct limit;

/** @burst wrong tries at once, then one each @refill_ns. NULL when memory is out. */
struct limit *limit_new(unsigned burst, uint64_t refill_ns);
struct limit *limit_free(struct limit *limit);

/** Seconds until @key may try again, rounded up; 0: now. */
unsigned limit_wait_s(struct limit *limit, const char *key, uint64_t now_ns);

/** @key was wrong. */
void limit_count(struct limit *limit, const char *key, uint64_t now_ns);

/**
 * The part of a peer's "ADDRESS:PORT" that it cannot change at will: an IPv4 address, the first 64 bits
 * of an IPv6 address; other text as it is, cut to LIMIT_KEY_SIZE.
 */
void limit_key_of_peer(char *key, const char *peer);

#endif
