/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crc32.h - CRC-32 of ISO 3309, as STUN and ZIP have it. Against accidents, not against people. Pure. */
#ifndef OSTEND_BASE_CRC32_H
#define OSTEND_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/** The CRC of what had @crc before (0: nothing) and of @bytes behind it. */
uint32_t crc32_of(uint32_t crc, const void *bytes, size_t len_bytes);

#endif
