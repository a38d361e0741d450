/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory is mapped for writing once and then sealed: F_SEAL_FUTURE_WRITE leaves this mapping
 * alone and refuses every later one, also through /proc/PID/fd, where a read-only descriptor by
 * itself could be opened again for writing.
 */
#include "station/picture/preview_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "station/base/preview.h"
#include "station/picture/fit.h"

#define CHROMA_BYTES (PREVIEW_WIDTH / 2 * PREVIEW_HEIGHT / 2)

struct preview_writer {
	struct preview *memory;
	int read_fd;
	struct frame view;		/* the planes in it */
};

struct preview_writer *preview_writer_free(struct preview_writer *writer)
{
	if (!writer)
		return NULL;
	if (writer->memory)
		munmap(writer->memory, sizeof *writer->memory);
	if (writer->read_fd >= 0)
		close(writer->read_fd);
	free(writer);
	return NULL;
}

static struct frame view_of(struct preview *memory)
{
	struct frame view = {
		.info = {
			.width = PREVIEW_WIDTH, .height = PREVIEW_HEIGHT,
			.stride = { PREVIEW_WIDTH, PREVIEW_WIDTH / 2, PREVIEW_WIDTH / 2 },
		},
	};

	view.plane[0] = memory->planes;
	view.plane[1] = view.plane[0] + PREVIEW_WIDTH * PREVIEW_HEIGHT;
	view.plane[2] = view.plane[1] + CHROMA_BYTES;
	return view;
}

static int map_and_seal(struct preview_writer *writer, int memfd)
{
	char path[32];
	void *memory;

	if (ftruncate(memfd, sizeof *writer->memory) < 0)
		return -1;
	memory = mmap(NULL, sizeof *writer->memory, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	if (memory == MAP_FAILED)
		return -1;
	writer->memory = memory;
	if (fcntl(memfd, F_ADD_SEALS,
		  F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", memfd);
	writer->read_fd = open(path, O_RDONLY | O_CLOEXEC);
	return writer->read_fd < 0 ? -1 : 0;
}

int preview_writer_new(struct preview_writer **out, struct err *err)
{
	CLEANUP(preview_writer_freep) struct preview_writer *writer = calloc(1, sizeof *writer);
	CLEANUP(util_closep) int memfd = memfd_create("ostend-preview", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (!writer)
		return err_set(err, ERR_NOMEM, "preview: out of memory");
	writer->read_fd = -1;
	if (memfd < 0 || map_and_seal(writer, memfd) < 0)
		return err_os(err, "preview: shared memory");
	writer->memory->magic = PREVIEW_MAGIC;
	writer->memory->width = PREVIEW_WIDTH;
	writer->memory->height = PREVIEW_HEIGHT;
	memset(writer->memory->planes, 16, PREVIEW_WIDTH * PREVIEW_HEIGHT);
	memset(writer->memory->planes + PREVIEW_WIDTH * PREVIEW_HEIGHT, 128, 2 * CHROMA_BYTES);
	writer->view = view_of(writer->memory);
	*out = MOVE(writer);
	return 0;
}

int preview_writer_fd(const struct preview_writer *writer, struct err *err)
{
	int fd = fcntl(writer->read_fd, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? err_os(err, "preview: descriptor") : fd;
}

void preview_writer_write(struct preview_writer *writer, const struct frame *frame)
{
	struct preview *memory = writer->memory;

	atomic_fetch_add(&memory->sequence, 1);	/* odd: readers wait or throw their copy away */
	fit_scale(&writer->view, frame);
	memory->captured_ns = frame->info.captured_ns;
	memory->synthetic = !!(frame->info.flags & FRAME_SYNTHETIC);
	atomic_fetch_add(&memory->sequence, 1);
}
