/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.h - cuts bytes into pictures: JPEGs one after the other, or YUV4MPEG2.
 *
 * Which of the two is told by the first bytes. JPEGs may have anything between them: what is no whole
 * JPEG is skipped and counted, and the next SOI starts a new picture. YUV4MPEG2 (mjpegtools,
 * yuv4mpeg(5)) has no such mark; a wrong FRAME header ends it. Pure, apart from memory; one thread.
 */
#ifndef OSTEND_CAMERA_STREAM_H
#define OSTEND_CAMERA_STREAM_H

#include "station/camera/camera.h"

#define STREAM_PICTURE_MAX ((size_t)24 << 20)	/* bytes of one picture */

struct stream;

int stream_new(struct stream **out, struct err *err);	/* ERR_NOMEM */
struct stream *stream_free(struct stream *stream);
DEFINE_FREEP(stream_free, struct stream *)

/** Where the next bytes go: at least @want of them; NULL without memory. Ends all shots. */
uint8_t *stream_space(struct stream *stream, size_t want);
void stream_add(struct stream *stream, size_t len_bytes);	/* so many were put there */

/**
 * The next whole picture: format, bytes, strides, colour and size of @shot are filled.
 * Its bytes stay valid until stream_space.
 *
 * @return 1; 0 when more bytes are needed; ERR_UNSUPPORTED when it is neither of the two, or a kind of
 *         YUV4MPEG2 that the station does not take; ERR_PROTO when a YUV4MPEG2 stream is broken
 */
int stream_next(struct stream *stream, struct camera_shot *shot, struct err *err);

/**
 * The input has ended: a picture that is cut short is dropped and counted, and the next byte is the
 * first of a stream.
 *
 * @return 0; ERR_UNSUPPORTED when nothing in it told what it is
 */
int stream_end(struct stream *stream, struct err *err);

uint64_t stream_rejected(const struct stream *stream);	/* JPEGs that were cut or damaged */
const char *stream_format(const struct stream *stream);	/* "MJPEG", "Y4M", "unknown" */

#endif
