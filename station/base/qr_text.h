/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qr_text.h - what stands in the QR code of a label: "OSTEND:E-7K2M-9QXW-B4TZ".
 *
 * All its characters are in the alphanumeric mode of QR codes (ISO/IEC 18004 7.4.4), so that the code stays
 * small. A scanned text comes from whatever lies before the camera: it is read strictly, and never shown raw.
 */
#ifndef OSTEND_BASE_QR_TEXT_H
#define OSTEND_BASE_QR_TEXT_H

#include "station/base/item_code.h"

#define QR_TEXT_SIZE (sizeof "OSTEND:" - 1 + ITEM_CODE_SIZE)

void qr_text_print(char text[QR_TEXT_SIZE], const char code[ITEM_CODE_SIZE]);

/**
 * Read @len_bytes as they came out of a QR code.
 *
 * @return 0; ERR_UNSUPPORTED for a QR code that is nobody's label (a parcel, an address); ERR_RANGE for a label
 *         whose code is damaged
 */
int qr_text_read(char code[ITEM_CODE_SIZE], enum item_code_kind *kind, const char *bytes, size_t len_bytes,
		 struct err *err);

#endif
