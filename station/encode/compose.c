/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A frame of the right size is finished where it lies, in the capture process's memory. Only one of
 * another size, and the slate, need a canvas.
 */
#include "station/encode/compose.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "station/base/clock.h"
#include "station/picture/fit.h"
#include "station/picture/preview_writer.h"
#include "station/picture/slate.h"
#include "station/picture/strip.h"

/* A little under 100 ms, so that every third of 30 frames a second passes whatever their jitter. */
#define PREVIEW_EVERY_NS (95 * NS_PER_MS)

struct compose {
	struct strip *strip;
	struct slate *slate;
	struct preview_writer *preview;
	struct frame *canvas;
	char notice_en[COMPOSE_NOTICE_BYTES], notice_zh[COMPOSE_NOTICE_BYTES];
	_Atomic uint64_t preview_until_ns;	/* the end of the latest lease; set by any thread */
	uint64_t preview_next_ns;
};

struct compose *compose_free(struct compose *compose)
{
	if (!compose)
		return NULL;
	strip_free(compose->strip);
	slate_free(compose->slate);
	preview_writer_free(compose->preview);
	frame_unref(compose->canvas);
	free(compose);
	return NULL;
}

int compose_new(struct compose **out, uint32_t width, uint32_t height, struct err *err)
{
	CLEANUP(compose_freep) struct compose *compose = calloc(1, sizeof *compose);
	int rc;

	if (!compose)
		return err_set(err, ERR_NOMEM, "picture: out of memory");
	rc = strip_new(&compose->strip, width, height, err);
	if (rc == 0)
		rc = slate_new(&compose->slate, width, height, err);
	if (rc == 0)
		rc = preview_writer_new(&compose->preview, err);
	if (rc < 0)
		return rc;
	compose->canvas = frame_new(width, height);
	if (!compose->canvas)
		return err_set(err, ERR_NOMEM, "picture: no memory for %u x %u pixels", width, height);
	*out = MOVE(compose);
	return 0;
}

void compose_set_text(struct compose *compose, const char *case_no, const char *exhibit_no)
{
	strip_set_text(compose->strip, case_no, exhibit_no);
}

void compose_set_pose(struct compose *compose, const struct pose *pose)
{
	strip_set_pose(compose->strip, pose);
}

static void keep(char *to, const char *text, size_t len)
{
	len = MIN(len, (size_t)COMPOSE_NOTICE_BYTES - 1);
	memcpy(to, text, len);
	to[len] = '\0';
}

void compose_set_notice(struct compose *compose, const char *notice)
{
	const char *zh = strchr(notice, '\n');

	keep(compose->notice_en, notice, zh ? (size_t)(zh - notice) : strlen(notice));
	keep(compose->notice_zh, zh ? zh + 1 : "", zh ? strlen(zh + 1) : 0);
}

static void write_preview(struct compose *compose, const struct frame *picture)
{
	uint64_t now_ns = clock_mono_ns();

	if (now_ns >= atomic_load(&compose->preview_until_ns) || now_ns < compose->preview_next_ns)
		return;
	compose->preview_next_ns = now_ns + PREVIEW_EVERY_NS;
	preview_writer_write(compose->preview, picture);
}

static struct frame *scaled(struct compose *compose, struct frame *frame)
{
	struct frame *canvas = compose->canvas;

	if (frame->info.width == canvas->info.width && frame->info.height == canvas->info.height)
		return frame;
	fit_scale(canvas, frame);
	canvas->info.captured_ns = frame->info.captured_ns;
	canvas->info.sequence = frame->info.sequence;
	canvas->info.flags = frame->info.flags;
	frame_unref(frame);
	return frame_ref(canvas);
}

static struct frame *finish(struct compose *compose, struct frame *picture)
{
	strip_draw(compose->strip, picture);
	write_preview(compose, picture);
	return picture;
}

struct frame *compose_picture(struct compose *compose, struct frame *frame)
{
	return finish(compose, scaled(compose, frame));
}

struct frame *compose_slate(struct compose *compose, uint64_t now_ns)
{
	struct frame *canvas = compose->canvas;

	slate_draw(compose->slate, canvas, compose->notice_en, compose->notice_zh);
	canvas->info.captured_ns = now_ns;
	canvas->info.sequence = 0;
	return finish(compose, frame_ref(canvas));
}

int compose_preview(struct compose *compose, uint32_t lease_ms, struct err *err)
{
	uint64_t until_ns = clock_mono_ns() + lease_ms * NS_PER_MS;
	uint64_t known_ns = atomic_load(&compose->preview_until_ns);
	int fd = preview_writer_fd(compose->preview, err);

	/* a short lease does not end somebody else's longer one */
	while (fd >= 0 && known_ns < until_ns &&
	       !atomic_compare_exchange_weak(&compose->preview_until_ns, &known_ns, until_ns))
		;
	return fd;
}
