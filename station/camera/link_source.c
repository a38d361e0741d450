/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The capture process's end of the link.
 *
 *	slot:  FREE --frame--> FILLING --send--> SENT --release--> FREE
 *	                          '----- frame_unref -----^
 *
 * A new picture size makes a new pool. Slots of the old one that ostendd still reads stay its own
 * (the pages live as long as a mapping does); their releases name the old pool and are ignored.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "station/base/ipc.h"
#include "station/camera/link_pool.h"

#define SLOTS 8		/* ostendd holds at most: one drawn, one encoded, two queued, one previewed */

enum slot_state { SLOT_FREE, SLOT_FILLING, SLOT_SENT };

struct link_source {
	int fd;
	uint32_t pool;			/* number of the newest; 0: none yet */
	uint32_t width, height;
	uint64_t slot_bytes;
	uint8_t *pages;
	enum slot_state slots[SLOTS];
	uint64_t dropped;
};

struct source_frame {
	struct frame frame;
	struct link_source *source;
	uint32_t slot;
};

int link_source_new(struct link_source **out, int fd, struct err *err)
{
	struct link_source *source = calloc(1, sizeof *source);

	if (!source)
		return err_set(err, ERR_NOMEM, "camera link: out of memory");
	source->fd = fd;
	*out = source;
	return 0;
}

static void drop_pool(struct link_source *source)
{
	for (int slot = 0; slot < SLOTS; slot++)
		assert(source->slots[slot] != SLOT_FILLING);	/* its pages are about to go */
	if (source->pages)
		munmap(source->pages, SLOTS * source->slot_bytes);
	source->pages = NULL;
	source->width = source->height = 0;
	memset(source->slots, 0, sizeof source->slots);
}

struct link_source *link_source_free(struct link_source *source)
{
	if (!source)
		return NULL;
	drop_pool(source);
	close(source->fd);
	free(source);
	return NULL;
}

static int announce(struct link_source *source, int memfd, struct err *err)
{
	struct link_message message = {
		.type = LINK_POOL,
		.pool = source->pool,
		.slots = SLOTS,
		.slot_bytes = source->slot_bytes,
	};

	return ipc_send(source->fd, &message, sizeof message, memfd, err);
}

static int make_pool(struct link_source *source, uint32_t width, uint32_t height, struct err *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct frame_info info = { 0 };
	size_t len_bytes = frame_layout(&info, width, height);
	CLEANUP(util_closep) int memfd = -1;
	int rc;

	if (!len_bytes)
		return err_set(err, ERR_RANGE, "camera link: pictures of %u x %u are not possible",
			       width, height);
	drop_pool(source);
	source->slot_bytes = (len_bytes + page - 1) / page * page;
	memfd = memfd_create("ostend-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memfd < 0 || ftruncate(memfd, (off_t)(SLOTS * source->slot_bytes)) < 0 ||
	    fcntl(memfd, F_ADD_SEALS, LINK_SEALS | F_SEAL_SEAL) < 0)
		return err_os(err, "camera link: shared memory for %u x %u", width, height);
	source->pages = link_pool_map(memfd, SLOTS, source->slot_bytes);
	if (!source->pages)
		return err_os(err, "camera link: mapping shared memory");
	source->pool++;
	rc = announce(source, memfd, err);
	if (rc < 0) {
		drop_pool(source);
		return rc;
	}
	source->width = width;
	source->height = height;
	return 0;
}

static void release(struct frame *frame)
{
	struct source_frame *own = CONTAINER_OF(frame, struct source_frame, frame);

	if (own->source->slots[own->slot] == SLOT_FILLING)
		own->source->slots[own->slot] = SLOT_FREE;
	free(own);
}

static int fill_slot(struct link_source *source, uint32_t slot, struct frame **out, struct err *err)
{
	struct source_frame *own = calloc(1, sizeof *own);

	if (!own)
		return err_set(err, ERR_NOMEM, "camera link: out of memory");
	own->source = source;
	own->slot = slot;
	frame_layout(&own->frame.info, source->width, source->height);
	for (int i = 0; i < 3; i++)
		own->frame.plane[i] = source->pages + slot * source->slot_bytes +
				      own->frame.info.offset[i];
	own->frame.release = release;
	atomic_init(&own->frame.references, 1);
	source->slots[slot] = SLOT_FILLING;
	*out = &own->frame;
	return 0;
}

int link_source_frame(struct link_source *source, struct frame **out, uint32_t width,
		      uint32_t height, struct err *err)
{
	int rc = link_source_receive(source, err);

	if (rc == 0 && (width != source->width || height != source->height))
		rc = make_pool(source, width, height, err);
	if (rc < 0)
		return rc;
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (source->slots[slot] == SLOT_FREE)
			return fill_slot(source, slot, out, err);
	source->dropped++;
	return err_set(err, ERR_FULL, "camera link: all %d pictures are in use", SLOTS);
}

int link_source_send(struct link_source *source, struct frame *frame, struct err *err)
{
	struct source_frame *own = CONTAINER_OF(frame, struct source_frame, frame);
	struct link_message message = {
		.type = LINK_FRAME,
		.pool = source->pool,
		.slot = own->slot,
		.info = frame->info,
		.dropped = source->dropped,
	};
	int rc = ipc_send(source->fd, &message, sizeof message, -1, err);

	if (rc == 0)
		source->slots[own->slot] = SLOT_SENT;
	else if (rc == ERR_FULL)
		source->dropped++;
	frame_unref(frame);
	return rc;
}

static void take_release(struct link_source *source, const struct link_message *message)
{
	if (message->pool == source->pool && source->pages && message->slot < SLOTS &&
	    source->slots[message->slot] == SLOT_SENT)
		source->slots[message->slot] = SLOT_FREE;
}

int link_source_receive(struct link_source *source, struct err *err)
{
	struct link_message message;
	int rc;

	for (;;) {
		rc = ipc_receive(source->fd, &message, sizeof message, NULL, err);
		if (rc == ERR_AGAIN)
			return 0;
		if (rc < 0)
			return rc;
		if (rc != sizeof message || message.type != LINK_RELEASE)
			return err_set(err, ERR_PROTO, "camera link: the station sent an unknown message");
		take_release(source, &message);
	}
}
