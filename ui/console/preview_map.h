/* SPDX-License-Identifier: GPL-3.0-or-later */
/* preview_map.h - the reader's side of station/base/preview.h: map it, take whole pictures from it. */
#ifndef OSTEND_UI_CONSOLE_PREVIEW_MAP_H
#define OSTEND_UI_CONSOLE_PREVIEW_MAP_H

#include <stdbool.h>

#include "station/base/err.h"
#include "station/base/preview.h"

struct preview_map;

struct preview_copy {
	uint32_t sequence;
	uint64_t captured_ns;
	bool synthetic;
	uint8_t planes[PREVIEW_PLANES_BYTES];
};

/**
 * Map the descriptor that `preview.open` gave; @fd stays the caller's.
 * @return 0; ERR_OS; ERR_PROTO when it is not a preview of the size this program knows
 */
int preview_map_open(struct preview_map **out, int fd, struct err *err);
struct preview_map *preview_map_free(struct preview_map *map);
DEFINE_FREEP(preview_map_free, struct preview_map *)

/** Copy the newest whole picture: true when it differs from the one in @copy by its sequence. */
bool preview_map_take(const struct preview_map *map, struct preview_copy *copy);

#endif
