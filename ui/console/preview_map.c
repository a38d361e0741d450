/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/preview_map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct preview_map {
	const struct preview *shared;
};

int preview_map_open(struct preview_map **out, int fd, struct err *err)
{
	CLEANUP(preview_map_freep) struct preview_map *map = calloc(1, sizeof *map);
	struct stat stat;
	void *shared;

	if (!map)
		return err_set(err, ERR_NOMEM, "preview: out of memory");
	if (fstat(fd, &stat) < 0)
		return err_os(err, "preview: size");
	if (stat.st_size < (off_t)sizeof(struct preview))
		return err_set(err, ERR_PROTO, "preview: the station's picture has only %lld bytes",
			       (long long)stat.st_size);
	shared = mmap(NULL, sizeof(struct preview), PROT_READ, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		return err_os(err, "preview: map");
	map->shared = shared;
	if (map->shared->magic != PREVIEW_MAGIC || map->shared->width != PREVIEW_WIDTH ||
	    map->shared->height != PREVIEW_HEIGHT)
		return err_set(err, ERR_PROTO, "preview: another version of the station");
	*out = MOVE(map);
	return 0;
}

struct preview_map *preview_map_free(struct preview_map *map)
{
	if (!map)
		return NULL;
	if (map->shared)
		munmap((void *)map->shared, sizeof *map->shared);
	free(map);
	return NULL;
}

bool preview_map_take(const struct preview_map *map, struct preview_copy *copy)
{
	const struct preview *shared = map->shared;

	/* the writer needs a fraction of a millisecond; a few tries, then the next round has another */
	for (int tries = 0; tries < 3; tries++) {
		uint32_t before = atomic_load_explicit(&shared->sequence, memory_order_acquire);

		if (before == copy->sequence || before == 0)
			return false;
		if (before % 2 != 0)
			continue;
		copy->captured_ns = shared->captured_ns;
		copy->synthetic = shared->synthetic != 0;
		memcpy(copy->planes, shared->planes, sizeof copy->planes);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&shared->sequence, memory_order_relaxed) == before) {
			copy->sequence = before;
			return true;
		}
	}
	return false;
}
