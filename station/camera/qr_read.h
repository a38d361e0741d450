/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr_read.h - the QR codes in a picture, by zbar. */
#ifndef OSTEND_CAMERA_QR_READ_H
#define OSTEND_CAMERA_QR_READ_H

#include "station/base/err.h"

#define QR_READ_MAX 8
#define QR_READ_BYTES_MAX 256	/* of one text; a longer one is left out: no label is so long */

struct qr_found {
	size_t count;
	struct {
		char bytes[QR_READ_BYTES_MAX];
		size_t len_bytes;
	} texts[QR_READ_MAX];	/* each text once */
};

/**
 * Find the codes in @luma, rows of @width bytes without padding. At 1080p this takes 50 to 180 ms.
 * What it says may be any bytes: whatever lies before the camera is read. Any thread.
 *
 * @return 0, also when there are none; ERR_NOMEM
 */
int qr_read(struct qr_found *found, const uint8_t *luma, uint32_t width, uint32_t height, struct err *err);

#endif
