/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What both ends of the link agree on: when a pool is one that can be trusted. */
#include "station/camera/link_pool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool link_pool_sane(uint32_t slots, uint64_t slot_bytes)
{
	return slots >= 1 && slots <= LINK_SLOTS_MAX && slot_bytes > 0 &&
	       slot_bytes <= LINK_SLOT_BYTES_MAX && slot_bytes % (uint64_t)sysconf(_SC_PAGESIZE) == 0;
}

uint8_t *link_pool_map(int fd, uint32_t slots, uint64_t slot_bytes)
{
	void *map = mmap(NULL, slots * slot_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return map == MAP_FAILED ? NULL : map;
}

/* A file that its maker can still shrink would kill this process with SIGBUS at the next read. */
bool link_pool_holds(int fd, uint32_t slots, uint64_t slot_bytes)
{
	struct stat stat;
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & LINK_SEALS) == LINK_SEALS && fstat(fd, &stat) == 0 &&
	       stat.st_size >= 0 && (uint64_t)stat.st_size >= slots * slot_bytes;
}
