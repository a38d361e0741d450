/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bytes.h - numbers in network byte order, read from and written to bytes of any alignment. */
#ifndef OSTEND_STREAM_BYTES_H
#define OSTEND_STREAM_BYTES_H

#include <stdint.h>

static inline uint16_t be16_get(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t be24_get(const uint8_t *at)
{
	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static inline uint32_t be32_get(const uint8_t *at)
{
	return (uint32_t)be16_get(at) << 16 | be16_get(at + 2);
}

static inline uint64_t be64_get(const uint8_t *at)
{
	return (uint64_t)be32_get(at) << 32 | be32_get(at + 4);
}

static inline void be16_put(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void be24_put(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 16);
	at[1] = (uint8_t)(value >> 8);
	at[2] = (uint8_t)value;
}

static inline void be32_put(uint8_t *at, uint32_t value)
{
	be16_put(at, (uint16_t)(value >> 16));
	be16_put(at + 2, (uint16_t)value);
}

static inline void be64_put(uint8_t *at, uint64_t value)
{
	be32_put(at, (uint32_t)(value >> 32));
	be32_put(at + 4, (uint32_t)value);
}

#endif
