/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ostendd's end of the link.
 *
 * A frame holds its pool (the mapping) and the pool holds the line (the socket), so that a frame can
 * be given back from any thread, also after the sink has gone. The sink owns which slots are busy:
 * a source that announces a slot which ostendd still reads is lying.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "station/base/ipc.h"
#include "station/camera/link_pool.h"

struct line {
	atomic_uint references;
	int fd;
};

struct pool {
	atomic_uint references;
	atomic_uint busy;		/* one bit for each slot that ostendd reads */
	struct line *line;
	uint32_t number, slots;
	uint64_t slot_bytes;
	uint8_t *pages;
};

struct link_sink {
	struct line *line;
	struct pool *pool;		/* NULL before the first */
	uint64_t dropped;
};

struct sink_frame {
	struct frame frame;
	struct pool *pool;
	uint32_t slot;
};

static bool drop_reference(atomic_uint *references)
{
	return atomic_fetch_sub_explicit(references, 1, memory_order_acq_rel) == 1;
}

static void line_unref(struct line *line)
{
	if (!drop_reference(&line->references))
		return;
	close(line->fd);
	free(line);
}

static void pool_unref(struct pool *pool)
{
	if (!pool || !drop_reference(&pool->references))
		return;
	if (pool->pages)
		munmap(pool->pages, pool->slots * pool->slot_bytes);
	line_unref(pool->line);
	free(pool);
}

int link_sink_new(struct link_sink **out, int fd, struct err *err)
{
	struct link_sink *sink = calloc(1, sizeof *sink);
	struct line *line = calloc(1, sizeof *line);

	if (!sink || !line) {
		free(sink);
		free(line);
		return err_set(err, ERR_NOMEM, "camera link: out of memory");
	}
	line->fd = fd;
	atomic_init(&line->references, 1);
	sink->line = line;
	*out = sink;
	return 0;
}

struct link_sink *link_sink_free(struct link_sink *sink)
{
	if (!sink)
		return NULL;
	/* frames in use keep the descriptor; the capture process shall see the end all the same */
	shutdown(sink->line->fd, SHUT_RDWR);
	pool_unref(sink->pool);
	line_unref(sink->line);
	free(sink);
	return NULL;
}

int link_sink_fd(const struct link_sink *sink)
{
	return sink->line->fd;
}

uint64_t link_sink_dropped(const struct link_sink *sink)
{
	return sink->dropped;
}

static int lie(struct err *err, const char *what)
{
	return err_set(err, ERR_PROTO, "camera link: the capture process sent %s", what);
}

static int take_pool(struct link_sink *sink, const struct link_message *message, int memfd,
		     struct err *err)
{
	struct pool *pool;

	if (!link_pool_sane(message->slots, message->slot_bytes))
		return lie(err, "a pool of an impossible size");
	if (memfd < 0 || !link_pool_holds(memfd, message->slots, message->slot_bytes))
		return lie(err, "a pool whose memory is missing, too small or not sealed");
	if (sink->pool && message->pool <= sink->pool->number)
		return lie(err, "a pool number that does not rise");
	pool = calloc(1, sizeof *pool);
	if (!pool)
		return err_set(err, ERR_NOMEM, "camera link: out of memory");
	atomic_init(&pool->references, 1);
	pool->line = sink->line;
	atomic_fetch_add_explicit(&pool->line->references, 1, memory_order_relaxed);
	pool->number = message->pool;
	pool->slots = message->slots;
	pool->slot_bytes = message->slot_bytes;
	pool->pages = link_pool_map(memfd, pool->slots, pool->slot_bytes);
	if (!pool->pages) {
		pool_unref(pool);
		return err_os(err, "camera link: mapping shared memory");
	}
	pool_unref(sink->pool);
	sink->pool = pool;
	return 0;
}

/*
 * The bit is cleared before the message goes out: the source may fill the slot again at once. A full
 * socket means a source that does not read its releases; it will run out of slots, which is its loss.
 */
static void release(struct frame *frame)
{
	struct sink_frame *own = CONTAINER_OF(frame, struct sink_frame, frame);
	struct link_message message = {
		.type = LINK_RELEASE,
		.pool = own->pool->number,
		.slot = own->slot,
	};

	atomic_fetch_and(&own->pool->busy, ~(1u << own->slot));
	ipc_send(own->pool->line->fd, &message, sizeof message, -1, NULL);
	pool_unref(own->pool);
	free(own);
}

static int make_frame(struct pool *pool, const struct link_message *message, struct frame **out,
		      struct err *err)
{
	struct sink_frame *own = calloc(1, sizeof *own);

	if (!own)
		return err_set(err, ERR_NOMEM, "camera link: out of memory");
	own->pool = pool;
	own->slot = message->slot;
	own->frame.info = message->info;
	own->frame.info.reserved = 0;
	for (int i = 0; i < 3; i++)
		own->frame.plane[i] = pool->pages + message->slot * pool->slot_bytes +
				      message->info.offset[i];
	own->frame.release = release;
	atomic_init(&own->frame.references, 1);
	atomic_fetch_add_explicit(&pool->references, 1, memory_order_relaxed);
	atomic_fetch_or(&pool->busy, 1u << message->slot);
	*out = &own->frame;
	return 1;
}

static int take_frame(struct link_sink *sink, const struct link_message *message,
		      struct frame **out, struct err *err)
{
	struct pool *pool = sink->pool;

	if (!pool || message->pool != pool->number)
		return lie(err, "a picture of an unknown pool");
	if (message->slot >= pool->slots)
		return lie(err, "a picture in a slot that does not exist");
	if (atomic_load(&pool->busy) & 1u << message->slot)
		return lie(err, "a picture in a slot that is in use");
	if (!frame_fits(&message->info, pool->slot_bytes))
		return lie(err, "a picture that does not fit its slot");
	sink->dropped = message->dropped;
	return make_frame(pool, message, out, err);
}

int link_sink_frame(struct link_sink *sink, struct frame **out, struct err *err)
{
	for (;;) {
		CLEANUP(util_closep) int memfd = -1;
		struct link_message message;
		int rc = ipc_receive(sink->line->fd, &message, sizeof message, &memfd, err);

		if (rc == ERR_AGAIN)
			return 0;
		if (rc < 0)
			return rc;
		if (rc != sizeof message)
			return lie(err, "a message of the wrong length");
		if (message.type == LINK_FRAME)
			return take_frame(sink, &message, out, err);
		if (message.type != LINK_POOL)
			return lie(err, "a message of an unknown kind");
		rc = take_pool(sink, &message, memfd, err);
		if (rc < 0)
			return rc;
	}
}
