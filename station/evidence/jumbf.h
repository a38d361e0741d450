/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jumbf.h - the boxes of JUMBF (ISO/IEC 19566-5) and their APP11 segments (ISO/IEC 18477-3 B). Any thread. */
#ifndef OSTEND_EVIDENCE_JUMBF_H
#define OSTEND_EVIDENCE_JUMBF_H

#include "station/base/bytes.h"

#define JUMBF_BOX_HEAD 8	/* length and type */

/*
 * A superbox: jumbf_open, then what is in it, then jumbf_close with what jumbf_open gave back. @type is the
 * four letters of the type's UUID: "c2pa", "c2ma", "cbor" ...
 */
size_t jumbf_open(struct bytes *out, const char *type, const char *label);
void jumbf_close(struct bytes *out, size_t at);

/** A content box of CBOR. */
void jumbf_cbor(struct bytes *out, const struct bytes *item);

/** Cut the box @box into APP11 segments, as a JPEG holds them. */
void jumbf_segments(struct bytes *out, const struct bytes *box);
/** How many bytes jumbf_segments makes of a box of @len_bytes. */
size_t jumbf_segments_bytes(size_t len_bytes);

#endif
