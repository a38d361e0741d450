/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world.c - the shared file between simulated table and simulated camera.
 *
 * The magic is written last, so a reader that finds it finds a whole file. Two atomics and no lock:
 * the camera draws one number, and a time that is a write older than the angle does no harm.
 */
#include "turntable/world.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int map(struct world **out, int fd, int protection, const char *path, struct err *err)
{
	void *memory = mmap(NULL, sizeof(struct world), protection, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return err_os(err, "world file %s: map", path);
	*out = memory;
	return 0;
}

int world_create(struct world **out, const char *path, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct world *world = NULL;
	struct stat st;
	int rc;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_os(err, "world file %s: open", path);
	if (!S_ISREG(st.st_mode) || (st.st_size != 0 && st.st_size != sizeof *world))
		return err_set(err, ERR_PROTO, "%s is not a world file", path);
	if (ftruncate(fd, sizeof *world) < 0)
		return err_os(err, "world file %s: size", path);
	rc = map(&world, fd, PROT_READ | PROT_WRITE, path, err);
	if (rc < 0)
		return rc;
	if (world->magic != 0 && world->magic != WORLD_MAGIC) {
		world_close(world);
		return err_set(err, ERR_PROTO, "%s is not a world file", path);
	}
	atomic_thread_fence(memory_order_release);
	world->magic = WORLD_MAGIC;
	*out = world;
	return 0;
}

int world_open(const struct world **out, const char *path, struct err *err)
{
	CLEANUP(util_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct world *world = NULL;
	struct stat st;
	int rc;

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_GONE, "world file %s: not there yet", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_os(err, "world file %s: open", path);
	if (st.st_size != sizeof *world)
		return err_set(err, ERR_GONE, "world file %s: not complete yet", path);
	rc = map(&world, fd, PROT_READ, path, err);
	if (rc < 0)
		return rc;
	if (world->magic != WORLD_MAGIC) {
		world_close(world);
		return err_set(err, ERR_GONE, "world file %s: not complete yet", path);
	}
	*out = world;
	return 0;
}

struct world *world_close(const struct world *world)
{
	if (world)
		munmap((void *)(uintptr_t)world, sizeof *world);	/* const came with the mapping */
	return NULL;
}

void world_set(struct world *world, int64_t true_angle_mdeg, uint64_t now_ns)
{
	atomic_store_explicit(&world->true_angle_mdeg, true_angle_mdeg, memory_order_release);
	atomic_store_explicit(&world->updated_ns, now_ns, memory_order_release);
}
