/* SPDX-License-Identifier: GPL-3.0-or-later */
/* preview_writer.h - the station's side of the small shared picture (base/preview.h). */
#ifndef OSTEND_PICTURE_PREVIEW_WRITER_H
#define OSTEND_PICTURE_PREVIEW_WRITER_H

#include "station/base/err.h"
#include "station/picture/frame.h"

struct preview_writer;

/** Make the memory: black, sequence 0. ERR_OS, ERR_NOMEM. */
int preview_writer_new(struct preview_writer **out, struct err *err);
struct preview_writer *preview_writer_free(struct preview_writer *writer);
DEFINE_FREEP(preview_writer_free, struct preview_writer *)

/**
 * A descriptor that can be mapped for reading only: the memory is sealed against any other writer.
 *
 * @return the caller's to close; ERR_OS
 * Thread: any.
 */
int preview_writer_fd(const struct preview_writer *writer, struct err *err);

/** Scale @frame into it as fit_scale does. Thread: one, the writer's. */
void preview_writer_write(struct preview_writer *writer, const struct frame *frame);

#endif
