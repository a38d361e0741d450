/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_pool.h - the shared pages of link.h, as link_source.c and link_sink.c both see them. */
#ifndef OSTEND_CAMERA_LINK_POOL_H
#define OSTEND_CAMERA_LINK_POOL_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>

#include "station/camera/link.h"

#define LINK_SEALS (F_SEAL_SHRINK | F_SEAL_GROW)
#define LINK_SLOT_BYTES_MAX (UINT64_C(64) << 20)

bool link_pool_sane(uint32_t slots, uint64_t slot_bytes);

/** Whether the memfd @fd is sealed and large enough, now and for ever. */
bool link_pool_holds(int fd, uint32_t slots, uint64_t slot_bytes);

/** Its pages, writable and shared; munmap @slots * @slot_bytes of them. NULL when there is no room. */
uint8_t *link_pool_map(int fd, uint32_t slots, uint64_t slot_bytes);

#endif
